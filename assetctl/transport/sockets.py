"""Sockets bound to the vantage, waiting for them, and what an operating system error says about a device.

A read that is given up when its time is over can lose what it had just read, and on a busy machine that is how devices
that answered come to be called dead. So waiting takes nothing out of a socket, or hands it over with the end of the
wait, and when the time is over the socket is looked at once more.
"""

import asyncio
import errno
import select
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from assetctl.errors import EnvironmentFault
from assetctl.model import IPAddress, Outcome
from assetctl.scope import Vantage
from assetctl.talk import Reply

IP_RECVERR, IPV6_RECVERR = 11, 25  # Linux: ICMP errors are told to a socket that is not connected
IP_BIND_ADDRESS_NO_PORT = 24  # Linux: the port of a TCP socket is chosen at the connect, so that ports can be shared
POLL_S = 0.01
MOST_DATAGRAM = 65535

Sockets = tuple[socket.socket, ...]
T = TypeVar("T")


@dataclass(slots=True, unsafe_hash=True)
class Heard:
    """A reply with the time to its first byte, and how many units came that did not answer the question."""

    reply: Final[Reply]
    rtt_ms: Final[float | None] = None
    strays: Final[int] = 0


def bound(ip: IPAddress, kind: socket.SocketKind, vantage: Vantage, *, port: int = 0) -> socket.socket:
    """A non-blocking socket that can only leave by the vantage's interface and source address.

    port: of a datagram socket of our own, 0 for any; on Linux several such sockets share it.
    Raises EnvironmentFault when the machine has no such interface or address, or no socket to spare.
    """
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        made = socket.socket(family, kind)
    except OSError as fault:
        raise EnvironmentFault(f"no socket: {fault.strerror}; raise the limit of open files (ulimit -n)") from None
    made.setblocking(False)
    try:
        if vantage.declared and vantage.interface and sys.platform == "linux":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, vantage.interface.encode() + b"\0")
        if kind == socket.SOCK_STREAM and ip.version == 4 and sys.platform == "linux":
            made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        if port and sys.platform == "linux":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if vantage.source is not None and vantage.source.version == ip.version:
            made.bind((str(vantage.source), port))
        elif port:
            made.bind(("", port))
    except OSError as fault:
        made.close()
        raise EnvironmentFault(f"vantage {vantage.name}: {fault.strerror}; see `assetctl doctor`") from None
    return made


def tells_errors(made: socket.socket) -> None:
    """Have ICMP errors reported on a datagram socket, where the system can."""
    if sys.platform == "linux":
        level, option = (socket.IPPROTO_IP, IP_RECVERR)
        if made.family == socket.AF_INET6:
            level, option = (socket.IPPROTO_IPV6, IPV6_RECVERR)
        made.setsockopt(level, option, 1)


async def ready(made: socket.socket, left_s: float, *, to_write: bool = False, also: Sockets = ()) -> None:
    """Wait until a socket can be read, or written, or the time is over; which of them, the caller sees by trying.

    also: further sockets that can be read.
    """
    if left_s <= 0:
        return
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":  # its event loop cannot watch a socket without reading it
        ends = loop.time() + left_s
        while loop.time() < ends and not any(
            select.select([] if to_write else [made], [made] if to_write else [], [], 0)
        ):
            await asyncio.sleep(POLL_S)
        return
    over: asyncio.Future[None] = loop.create_future()
    watch, forget = (loop.add_writer, loop.remove_writer) if to_write else (loop.add_reader, loop.remove_reader)
    numbers = [one.fileno() for one in (made, *also)]
    for number in numbers:
        watch(number, _tell, over)
    timer = loop.call_later(left_s, _tell, over)
    try:
        await over
    finally:
        timer.cancel()
        for number in numbers:
            forget(number)


def _tell(over: "asyncio.Future[None]") -> None:
    if not over.done():
        over.set_result(None)


class Listener(Generic[T]):
    """Sockets that are watched from the first wait until they close, since a talk waits for each of its answers.

    take: reads once from one of them. What comes while nobody waits stays in the kernel, which bounds it.
    """

    __slots__ = ("_is_watching", "_sockets", "_take", "_waiter")

    def __init__(self, sockets: Sockets, take: Callable[[socket.socket], T]) -> None:
        self._sockets = sockets
        self._take = take
        self._waiter: asyncio.Future[T | None] | None = None
        self._is_watching = False

    async def next(self, left_s: float) -> T | None:
        """What comes next on any of them, or None when time is up and nothing lies in one. Raises OSError."""
        if sys.platform == "win32":
            await ready(self._sockets[0], left_s, also=self._sockets[1:])
        elif left_s > 0:
            heard = await self._heard_within(left_s)
            if heard is not None:
                return heard
        for one in self._sockets:
            try:
                return self._take(one)
            except BlockingIOError:
                continue
        return None

    async def _heard_within(self, left_s: float) -> T | None:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T | None] = loop.create_future()
        self._waiter = waiter
        if not self._is_watching:
            self._is_watching = True
            for one in self._sockets:
                loop.add_reader(one.fileno(), self._hear, one)
        timer = loop.call_later(left_s, _over, waiter)
        try:
            return await waiter
        finally:
            timer.cancel()

    def _hear(self, one: socket.socket) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            self._forget()
            return
        try:
            waiter.set_result(self._take(one))
        except BlockingIOError:
            return
        except OSError as fault:
            waiter.set_exception(fault)

    def _forget(self) -> None:
        if self._is_watching:
            self._is_watching = False
            for one in self._sockets:
                asyncio.get_running_loop().remove_reader(one.fileno())

    def close(self) -> None:
        """Close the sockets."""
        self._forget()
        for one in self._sockets:
            one.close()


def _over(waiter: "asyncio.Future[T | None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


def datagrams(sockets: Sockets) -> Listener[tuple[bytes, tuple[str, int]]]:
    """Datagrams with their senders."""
    return Listener(sockets, _datagram)


def _datagram(made: socket.socket) -> tuple[bytes, tuple[str, int]]:
    data, peer = made.recvfrom(MOST_DATAGRAM)
    return data, peer[:2]


_CLOSED = {errno.ECONNREFUSED}
_RESET = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED}
_ABSENT = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EHOSTDOWN}


def told(fault: OSError) -> Reply:
    """What an operating system error means for an exchange."""
    detail = fault.strerror or str(fault)
    if fault.errno in _CLOSED:
        return Reply(Outcome.REFUSED, detail=detail)
    if fault.errno in _RESET:
        return Reply(Outcome.RESET, detail=detail)
    if fault.errno in _ABSENT:
        return Reply(Outcome.SILENT, detail=detail)
    return Reply(Outcome.ABORTED, detail=detail)
