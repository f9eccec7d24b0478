"""UDP: one socket per device, answers only from the address that was asked."""

import asyncio
import errno
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

from assetctl.errors import EnvironmentFault, WireError
from assetctl.model import Outcome
from assetctl.safety.permit import Permit
from assetctl.scope import Vantage
from assetctl.talk import Ask, Reply
from assetctl.transport.sockets import Heard, Sockets, bound, datagrams, tells_errors, told

MOST_LATE = 64  # datagrams looked at after the time is up: those that waited in the socket


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a unit is wrapped for the wire and unwrapped again; unwrap raises WireError."""

    wrap: Callable[[bytes], bytes]
    unwrap: Callable[[bytes], bytes]


def _as_it_is(unit: bytes) -> bytes:
    return unit


BARE = Envelope(_as_it_is, _as_it_is)


class DatagramConnection:
    """A socket for one device and port. ears: sockets on which what it broadcasts is heard; nothing leaves by them."""

    def __init__(self, made: socket.socket, host: str, port: int, envelope: Envelope, *, ears: Sockets = ()) -> None:
        self._socket = made
        self._listener = datagrams((made, *ears))
        self._peer = (host, port)
        self._envelope = envelope

    async def ask(self, permit: Permit | None, ask: Ask) -> Heard:
        """Send the permitted unit once and gather its answers until `wait_s` is over."""
        loop = asyncio.get_running_loop()
        try:
            if permit is not None:
                await self._send(self._envelope.wrap(permit.use()))
            return await self._gather(ask, loop.time())
        except OSError as fault:
            return Heard(told(fault))

    async def _send(self, data: bytes) -> None:
        """Send at once where the system takes it, which it nearly always does; else when it can be written."""
        try:
            self._socket.sendto(data, self._peer)
        except BlockingIOError:
            await asyncio.get_running_loop().sock_sendto(self._socket, data, self._peer)

    async def _gather(self, ask: Ask, sent_at: float) -> Heard:
        if not ask.replies:
            return Heard(Reply(Outcome.ANSWERED))
        loop = asyncio.get_running_loop()
        frames: list[bytes] = []
        strays, late, rtt_ms, fault = 0, 0, None, ""
        while len(frames) < ask.replies and late <= MOST_LATE:
            left_s = sent_at + ask.wait_s - loop.time()
            late += left_s <= 0
            received = await self._listener.next(left_s)
            if received is None:
                break
            unit, why = self._unwrapped(*received)
            if unit is None or not (ask.accepts is None or ask.accepts(unit)):
                strays, fault = strays + 1, why or fault
                continue
            rtt_ms = rtt_ms if rtt_ms is not None else (loop.time() - sent_at) * 1000
            frames.append(unit)
        if frames:
            return Heard(Reply(Outcome.ANSWERED, tuple(frames)), rtt_ms, strays)
        return Heard(Reply(Outcome.GARBLED if fault else Outcome.SILENT, detail=fault), None, strays)

    def _unwrapped(self, data: bytes, peer: tuple[str, int]) -> tuple[bytes | None, str]:
        """The unit in a datagram of the device that was asked, or None and what is wrong with it."""
        if peer != self._peer:
            return None, ""
        try:
            return self._envelope.unwrap(data), ""
        except WireError as error:
            return None, str(error)

    async def close(self, goodbye: Permit | None = None) -> None:
        """Say goodbye where there is one, and close."""
        try:
            if goodbye is not None:
                await self._send(self._envelope.wrap(goodbye.use()))
        except OSError:
            pass  # the peer is gone; there is nobody to say goodbye to
        finally:
            self._listener.close()


def open_datagram(permit: Permit, vantage: Vantage, envelope: Envelope = BARE) -> DatagramConnection:
    """A socket for the permitted address and port. Nothing is sent yet."""
    permit.use()
    made, ears = _on_port(permit, vantage) if permit.source_port else (bound(permit.ip, socket.SOCK_DGRAM, vantage), ())
    tells_errors(made)
    return DatagramConnection(made, permit.host, permit.port, envelope, ears=ears)


def _on_port(permit: Permit, vantage: Vantage) -> tuple[socket.socket, Sockets]:
    """A socket on the port that the permit names, and one that hears broadcasts to it; on any port where it is taken.

    The first is bound to the one device, so that talks with several share the port and each hears its own. A socket
    that is bound to an address hears no broadcast, so that takes a second one, which is bound to none.
    """
    ip, port = permit.ip, permit.source_port
    made: list[socket.socket] = []
    try:
        made.append(bound(ip, socket.SOCK_DGRAM, vantage, port=port))
        if sys.platform == "linux":
            made[0].connect((str(ip), permit.port))  # sends nothing
            if made[0].getsockname()[:2] == (str(ip), permit.port):
                raise OSError(errno.EADDRINUSE, "the device is on this machine, and the port is its own")
            made.append(bound(ip, socket.SOCK_DGRAM, replace(vantage, source=None), port=port))
    except (OSError, EnvironmentFault):
        for one in made:
            one.close()
        return bound(ip, socket.SOCK_DGRAM, vantage), ()
    return made[0], tuple(made[1:])
