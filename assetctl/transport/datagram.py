"""UDP: one socket per device, answers only from the address that was asked."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.model import IPAddress, Outcome
from assetctl.safety.permit import Permit
from assetctl.scope import Vantage
from assetctl.talk import Ask, Reply
from assetctl.transport.sockets import Heard, bound, tells_errors, told

MOST = 65535
MOST_STRAYS = 64


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a unit is wrapped for the wire and unwrapped again; unwrap raises WireError."""

    wrap: Callable[[bytes], bytes]
    unwrap: Callable[[bytes], bytes]


def _as_it_is(unit: bytes) -> bytes:
    return unit


BARE = Envelope(_as_it_is, _as_it_is)


class DatagramConnection:
    """A socket for one device and port."""

    def __init__(self, made: socket.socket, ip: IPAddress, port: int, envelope: Envelope) -> None:
        self._socket = made
        self._peer = (str(ip), port)
        self._envelope = envelope

    async def ask(self, permit: Permit | None, ask: Ask) -> Heard:
        """Send the permitted unit once and gather its answers until `wait_s` is over."""
        loop = asyncio.get_running_loop()
        try:
            if permit is not None:
                await loop.sock_sendto(self._socket, self._envelope.wrap(permit.use()), self._peer)
            return await self._gather(ask, loop.time())
        except OSError as fault:
            return Heard(told(fault))

    async def _gather(self, ask: Ask, sent_at: float) -> Heard:
        loop = asyncio.get_running_loop()
        frames: list[bytes] = []
        strays, rtt_ms, fault = 0, None, ""
        while len(frames) < ask.replies and strays <= MOST_STRAYS:
            datagram = await self._receive(sent_at + ask.wait_s - loop.time())
            if datagram is None:
                break
            data, peer = datagram
            try:
                unit = self._envelope.unwrap(data)
            except WireError as error:
                strays, fault = strays + 1, str(error)
                continue
            if peer[:2] != self._peer or not (ask.accepts is None or ask.accepts(unit)):
                strays += 1
                continue
            rtt_ms = rtt_ms if rtt_ms is not None else (loop.time() - sent_at) * 1000
            frames.append(unit)
        if frames:
            return Heard(Reply(Outcome.ANSWERED, tuple(frames)), rtt_ms, strays)
        return Heard(Reply(Outcome.GARBLED if fault else Outcome.SILENT, detail=fault), None, strays)

    async def _receive(self, left_s: float) -> tuple[bytes, tuple[str, int]] | None:
        """The next datagram, or None when time is up and none lies in the socket."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(max(0.0, left_s)):
                return await loop.sock_recvfrom(self._socket, MOST)
        except TimeoutError:
            pass
        try:  # a busy machine may be late to look: what has arrived has arrived
            data, peer = self._socket.recvfrom(MOST)
        except BlockingIOError:
            return None
        return data, peer

    async def close(self, goodbye: Permit | None = None) -> None:
        """Say goodbye where there is one, and close."""
        try:
            if goodbye is not None:
                data = self._envelope.wrap(goodbye.use())
                await asyncio.get_running_loop().sock_sendto(self._socket, data, self._peer)
        except OSError:
            pass  # the peer is gone; there is nobody to say goodbye to
        finally:
            self._socket.close()


def open_datagram(permit: Permit, vantage: Vantage, envelope: Envelope = BARE) -> DatagramConnection:
    """A socket for the permitted address and port. Nothing is sent yet."""
    permit.use()
    made = bound(permit.address.ip, socket.SOCK_DGRAM, vantage)
    tells_errors(made)
    return DatagramConnection(made, permit.address.ip, permit.port, envelope)
