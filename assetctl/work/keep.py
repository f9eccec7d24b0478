"""Answers are kept before anybody reads them: what arrives together is committed together."""

import asyncio
from collections.abc import Callable, Sequence

from assetctl.model import Exchange

Put = Callable[[Sequence[tuple[str, str, Exchange]]], None]


class Keeper:
    """Commits exchanges in groups; `keep` returns once its exchange is in the store.

    put: stores (scan, step, exchange) rows in one transaction.
    """

    def __init__(self, scan: str, put: Put) -> None:
        self._scan = scan
        self._put = put
        self._waiting: list[tuple[str, Exchange, asyncio.Future[None]]] = []

    async def keep(self, step: str, exchange: Exchange) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append((step, exchange, done))
        await asyncio.shield(done)

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            self._put([(self._scan, step, exchange) for step, exchange, _ in batch])
        except Exception as fault:  # noqa: BLE001  handed to everyone who waits for this batch
            for _, _, done in batch:
                if not done.done():
                    done.set_exception(fault)
            return
        for _, _, done in batch:
            if not done.done():
                done.set_result(None)
