"""Answers are kept before anybody reads them: what arrives together is committed together."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from assetctl.model import Exchange

REST = 0.5

T = TypeVar("T")


class Together(Generic[T]):
    """Stores in groups; `add` returns once its item is in the store.

    put: stores items in one transaction. After each it rests for `REST` times as long as that took, so that the more
    there is to store, the more is stored at once.
    """

    def __init__(self, put: Callable[[Sequence[T]], None]) -> None:
        self._put = put
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._rests_until = 0.0

    async def add(self, item: T) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if not self._waiting:
            if self._rests_until > loop.time():
                loop.call_at(self._rests_until, self._flush)
            else:
                loop.call_soon(self._flush)
        self._waiting.append((item, done))
        try:
            await done
        except asyncio.CancelledError:  # the loop may end before the rest does
            self._flush()
            raise

    def _flush(self) -> None:
        if not self._waiting:
            return
        began_s = time.monotonic()
        self._put_all()
        ended_s = time.monotonic()
        self._rests_until = ended_s + REST * (ended_s - began_s)

    def _put_all(self) -> None:
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
