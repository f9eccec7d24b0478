"""Serves twins: every port of every twin, in one event loop. A harmed twin takes everything and says nothing."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress

from assetctl.errors import WireError
from assetctl.wire import cut
from tests.twins.twin import Twin

LOOK_S = 0.5
CHUNK = 65536


class Rack:
    """The twins and their sockets. `renew` puts healthy twins of the same kinds behind the same sockets."""

    def __init__(self, kinds: Sequence[type[Twin]]) -> None:
        self.kinds = tuple(kinds)
        self.twins: dict[type[Twin], Twin] = {}
        self._datagrams: dict[tuple[str, int], socket.socket] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._talks: set[asyncio.Task[None]] = set()
        self.renew()

    def renew(self) -> None:
        """Replace every twin by a healthy one and end what was said to the old ones."""
        for task in tuple(self._talks):
            task.cancel()
        self.twins = {kind: kind() for kind in self.kinds}

    def states(self) -> dict[str, str]:
        return {kind.address(): twin.state for kind, twin in self.twins.items()}

    def begin(self) -> None:
        """Bind and serve every port. To be called inside the event loop."""
        for kind in self.kinds:
            for address in (kind.address(), *kind.others):
                for port in kind.udp:
                    self._datagrams[address, port] = bound(address, port, socket.SOCK_DGRAM)
        for kind in self.kinds:
            for port in kind.tcp:
                self._run(self._accept(kind, port, bound(kind.address(), port, socket.SOCK_STREAM)), self._tasks)
            for port in kind.udp:
                self._run(self._hear(kind, port), self._tasks)

    def _run(self, work, among: set["asyncio.Task[None]"]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)

    async def _accept(self, kind: type[Twin], port: int, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            peer, _ = await loop.sock_accept(listener)
            peer.setblocking(False)
            self._run(self._talk(self.twins[kind], port, peer), self._talks)

    async def _talk(self, twin: Twin, port: int, peer: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        twin.opened(port, loop.time())
        units = [0]
        watcher = loop.create_task(_watch(twin, port))
        try:
            with suppress(OSError, WireError):
                await self._converse(twin, port, peer, units)
        finally:
            watcher.cancel()
            twin.closed(port, units[0], loop.time())
            peer.close()

    async def _converse(self, twin: Twin, port: int, peer: socket.socket, units: list[int]) -> None:
        loop, buffer = asyncio.get_running_loop(), b""
        while chunk := await loop.sock_recv(peer, CHUNK):
            buffer += chunk
            while (whole := cut(twin.tcp[port], buffer)) is not None:
                frame, buffer = whole
                units[0] += 1
                for said in await _said(twin, port, frame):
                    await loop.sock_sendall(peer, said)

    async def _hear(self, kind: type[Twin], port: int) -> None:
        loop, ear = asyncio.get_running_loop(), self._datagrams[kind.address(), port]
        while True:
            frame, asker = await loop.sock_recvfrom(ear, CHUNK)
            twin = self.twins[kind]
            mouth = self._datagrams[twin.answering_address(), port]
            self._run(_reply(twin, port, frame, mouth, asker), self._talks)


async def _reply(twin: Twin, port: int, frame: bytes, mouth: socket.socket, asker: tuple[str, int]) -> None:
    for said in await _said(twin, port, frame):
        with suppress(OSError):
            await asyncio.get_running_loop().sock_sendto(mouth, said, asker)


async def _said(twin: Twin, port: int, frame: bytes) -> tuple[bytes, ...]:
    """The answers of a healthy twin; what it cannot read it does not answer."""
    await asyncio.sleep(twin.delay_s())
    try:
        answers = await twin.answer(port, frame, asyncio.get_running_loop().time())
    except (WireError, IndexError):
        return ()
    return () if twin.harms else answers


async def _watch(twin: Twin, port: int) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        twin.waited(port, asyncio.get_running_loop().time())


def bound(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setblocking(False)
    made.bind((address, port))
    if kind is socket.SOCK_STREAM:
        made.listen(16)
    return made
