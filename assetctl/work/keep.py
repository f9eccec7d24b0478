"""Answers are kept before anybody reads them: what arrives together is committed together."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from assetctl.model import Exchange

T = TypeVar("T")


class Together(Generic[T]):
    """Stores in groups; `add` returns once its item is in the store.

    put: stores items in one transaction.
    """

    def __init__(self, put: Callable[[Sequence[T]], None]) -> None:
        self._put = put
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []

    async def add(self, item: T) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append((item, done))
        await done

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            self._put([item for item, _ in batch])
        except Exception as fault:  # noqa: BLE001  handed to everyone who waits for this batch
            for _, done in batch:
                if not done.done():
                    done.set_exception(fault)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)


class Keeper:
    """Commits exchanges in groups; `keep` returns once its exchange is in the store.

    put: stores (scan, step, exchange) rows in one transaction.
    """

    def __init__(self, scan: str, put: Callable[[Sequence[tuple[str, str, Exchange]]], None]) -> None:
        self._scan = scan
        self._together = Together(put)

    async def keep(self, step: str, exchange: Exchange) -> None:
        await self._together.add((self._scan, step, exchange))
