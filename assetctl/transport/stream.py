"""TCP: full connect, units cut by the protocol's framing, orderly close. Never a reset by us.

A reset leaves this machine when a socket is closed with unread bytes in it, so closing reads until the peer's FIN,
for 2 seconds at most. A peer that goes on sending after that is told by the kernel; nothing can be done about it.
"""

import asyncio
import errno
import os
import socket
from typing import Protocol as Shape

from assetctl.errors import WireError
from assetctl.model import Outcome
from assetctl.safety.permit import Permit
from assetctl.scope import Vantage
from assetctl.talk import Ask, Reply
from assetctl.transport.sockets import Heard, Listener, bound, ready, told
from assetctl.wire import UntilClose, cut

CHUNK = 65536
MOST_STRAYS = 16
FIN_WAIT_S = 2.0
_UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK}


class Tunnel(Shape):
    """What a stream is wrapped in. ended: the peer says nothing more in it; fault: why, unless that was orderly."""

    ended: bool
    fault: Reply | None

    def seal(self, unit: bytes) -> bytes: ...
    def unseal(self, chunk: bytes) -> bytes: ...
    def opened(self) -> bytes: ...
    def farewell(self) -> bytes: ...


class StreamConnection:
    """One open TCP connection. One question at a time."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made
        self._listener = Listener((made,), _read)
        self._buffer = b""
        self._ended = False  # the peer says nothing more
        self._finished = False  # the peer sent its FIN
        self._tunnel: Tunnel | None = None

    def enter(self, tunnel: Tunnel) -> None:
        """From now on all units travel in a tunnel, which may hold something that was already said."""
        self._tunnel = tunnel
        self._buffer = tunnel.opened()

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        try:
            sent = self._socket.send(data) if data else 0
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            await asyncio.get_running_loop().sock_sendall(self._socket, data[sent:])

    async def receive(self, left_s: float) -> bytes | None:
        """Read once, bytes as they are: b"" for the peer's FIN, None when time is up and nothing lies in the socket."""
        chunk = await self._listener.next(left_s)
        self._finished = self._finished or chunk == b""
        return chunk

    async def ask(self, permit: Permit | None, ask: Ask) -> Heard:
        """Send the permitted unit, or only listen, and gather its answers until `wait_s` is over."""
        loop = asyncio.get_running_loop()
        sent_at = loop.time()
        try:
            if permit is not None:
                await self.send(self._wrapped(permit.use()))
            return await self._gather(ask, sent_at)
        except OSError as fault:
            return Heard(told(fault))

    async def _gather(self, ask: Ask, sent_at: float) -> Heard:
        loop = asyncio.get_running_loop()
        frames: list[bytes] = []
        strays, rtt_ms = 0, None
        while len(frames) < ask.replies:
            try:
                unit = cut(ask.framing, self._buffer, closed=self._ended)
            except WireError as error:
                return Heard(Reply(Outcome.GARBLED, tuple(frames), str(error)), rtt_ms, strays)
            if unit is not None:
                frame, self._buffer = unit
                rtt_ms = rtt_ms if rtt_ms is not None else (loop.time() - sent_at) * 1000
                if ask.accepts is None or ask.accepts(frame):
                    frames.append(frame)
                elif (strays := strays + 1) > MOST_STRAYS:
                    return Heard(
                        Reply(Outcome.GARBLED, detail="too many units that answer no question"), rtt_ms, strays
                    )
                continue
            if self._ended:
                return Heard(_ended(frames, self._tunnel), rtt_ms, strays)
            if not await self._fill(ask, sent_at + ask.wait_s - loop.time()):
                return Heard(_late(frames, self._buffer), rtt_ms, strays)
        return Heard(Reply(Outcome.ANSWERED, tuple(frames)), rtt_ms, strays)

    async def _fill(self, ask: Ask, left_s: float) -> bool:
        """Read once into the buffer; False when time is up and nothing lies in the socket."""
        chunk = await self.receive(left_s)
        if chunk is None:
            return False
        self._buffer += self._tunnel.unseal(chunk) if self._tunnel else chunk
        self._ended = self._tunnel.ended if self._tunnel else not chunk
        if isinstance(ask.framing, UntilClose):
            self._buffer = self._buffer[: ask.framing.most]
        return True

    def _wrapped(self, unit: bytes) -> bytes:
        return self._tunnel.seal(unit) if self._tunnel else unit

    async def close(self, goodbye: Permit | None = None) -> None:
        """Say goodbye, send FIN, and read until theirs, for at most 2 seconds."""
        loop = asyncio.get_running_loop()
        try:
            if goodbye is not None:
                await self.send(self._wrapped(goodbye.use()))
            if self._tunnel is not None:
                await self.send(self._tunnel.farewell())
            self._socket.shutdown(socket.SHUT_WR)
            ends = loop.time() + FIN_WAIT_S
            while not self._finished and loop.time() < ends:
                await self.receive(ends - loop.time())
        except OSError:
            pass  # the peer is gone or will not end; the socket is closed either way
        finally:
            self._listener.close()


def _read(made: socket.socket) -> bytes:
    return made.recv(CHUNK)


async def _connected(made: socket.socket, peer: tuple[str, int], connect_s: float) -> bool:
    """Whether a peer took the connection in time; a near one answers within the call. Raises OSError of its refusal."""
    number = made.connect_ex(peer)
    if number in _UNDER_WAY:
        number = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not number and not _has_peer(made):
            await ready(made, connect_s, to_write=True)
            number = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if number:
        raise OSError(number, os.strerror(number))
    return _has_peer(made)


def _has_peer(made: socket.socket) -> bool:
    try:
        made.getpeername()
    except OSError as fault:
        if fault.errno == errno.ENOTCONN:
            return False
        raise
    return True


async def open_stream(permit: Permit, vantage: Vantage, *, connect_s: float) -> tuple[StreamConnection | None, Heard]:
    """Connect once. The reply is answered with a connection, or refused, silent, ... without one."""
    permit.use()
    loop = asyncio.get_running_loop()
    made = bound(permit.ip, socket.SOCK_STREAM, vantage)
    started = loop.time()
    try:
        is_connected = await _connected(made, (permit.host, permit.port), connect_s)
    except OSError as fault:
        made.close()
        return None, Heard(told(fault))
    except asyncio.CancelledError:
        made.close()
        raise
    if not is_connected:
        made.close()
        return None, Heard(Reply(Outcome.SILENT, detail="no answer to the connect"))
    return StreamConnection(made), Heard(Reply(Outcome.ANSWERED), (loop.time() - started) * 1000)


def _ended(frames: list[bytes], tunnel: Tunnel | None) -> Reply:
    if frames:
        return Reply(Outcome.ANSWERED, tuple(frames))
    return (tunnel.fault if tunnel else None) or Reply(Outcome.RESET, detail="closed")


def _late(frames: list[bytes], rest: bytes) -> Reply:
    if frames:
        return Reply(Outcome.ANSWERED, tuple(frames))
    if rest:
        return Reply(Outcome.GARBLED, detail=f"{len(rest)} bytes of a unit that never became whole")
    return Reply(Outcome.SILENT)
