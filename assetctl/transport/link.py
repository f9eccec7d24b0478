"""Layer 2: a raw socket on one named interface, for one EtherType. Linux only; needs the right to open raw sockets.

A frame has its whole Ethernet header in both directions. Of a frame that is sent, bytes 6 to 11, the source, are zero
in the permit, and our own address is put there. The kernel takes a VLAN tag out of what it receives and tells it beside
the frame; it is put back, so that evidence holds what stood on the wire. Only a socket for all types is told of tags,
so a filter in the kernel leaves the one type through.
"""

import asyncio
import ctypes
import errno
import os
import socket
import struct
import sys

from assetctl.errors import EnvironmentFault, Refusal
from assetctl.model import Outcome, Segment
from assetctl.safety.permit import Permit
from assetctl.talk import Ask, Reply
from assetctl.transport.sockets import Heard, ready, told

MOST_FRAME = 65535
DRAIN_S = 0.2  # after the time is up, for what waits in the socket; a storm does not prolong the listening
HEADER = 14
SOURCE = slice(6, 12)
_SOL_PACKET, _ADD_MEMBERSHIP, _MULTICAST, _AUXDATA = 263, 1, 0, 8  # linux/if_packet.h
_VLAN_IS_VALID, _VLAN_TPID_IS_VALID = 0x10, 0x40
_TAG = 0x8100
_AUXDATA_SIZE = 20
_NO_RIGHT = {errno.EPERM, errno.EACCES}
_OUTGOING = 4
_ALL_TYPES, _ATTACH_FILTER = 0x0003, 26  # linux/if_ether.h, asm-generic/socket.h
_NOBODYS_TYPE = 0x88B5  # IEEE 802, local experimental EtherType 1


class LinkConnection:
    """A socket on one interface for one EtherType."""

    def __init__(self, made: socket.socket, ether_type: int) -> None:
        self._socket = made
        self._ether_type = ether_type
        self._own: bytes = made.getsockname()[4]

    async def ask(self, permit: Permit | None, ask: Ask) -> Heard:
        """Send the permitted frame once, or only listen, and gather what comes until `wait_s` is over."""
        loop = asyncio.get_running_loop()
        try:
            if permit is not None:
                self._socket.send(self._framed(permit.use()))
            return await self._gather(ask, loop.time())
        except OSError as fault:
            return Heard(told(fault))

    def _framed(self, unit: bytes) -> bytes:
        """The frame with our own address. Raises Refusal for what is no frame of this socket's type."""
        if len(unit) < HEADER or unit[12:14] != self._ether_type.to_bytes(2) or any(unit[SOURCE]):
            raise Refusal(f"link: a frame of type 0x{self._ether_type:04x} without a source address is expected")
        return unit[:6] + self._own + unit[12:]

    async def _gather(self, ask: Ask, sent_at: float) -> Heard:
        loop = asyncio.get_running_loop()
        frames: list[bytes] = []
        strays, rtt_ms = 0, None
        ends = sent_at + ask.wait_s
        while len(frames) < ask.replies and loop.time() < ends + DRAIN_S:
            frame = self._received()
            if frame is None:
                if loop.time() >= ends:
                    break
                await ready(self._socket, ends - loop.time())
            elif not frame or not (ask.accepts is None or ask.accepts(frame)):
                strays += 1
                await asyncio.sleep(0)
            else:
                rtt_ms = rtt_ms if rtt_ms is not None else (loop.time() - sent_at) * 1000
                frames.append(frame)
        return Heard(Reply(Outcome.ANSWERED if frames else Outcome.SILENT, tuple(frames)), rtt_ms, strays)

    def _received(self) -> bytes | None:
        """The next frame, its VLAN tag put back; empty for one of our own, None when none lies in the socket."""
        try:
            received = self._socket.recvmsg(MOST_FRAME, socket.CMSG_SPACE(_AUXDATA_SIZE))
        except BlockingIOError:
            return None
        frame: bytes = received[0]
        if received[3][2] == _OUTGOING or len(frame) < HEADER:
            return b""
        return frame[:12] + _tag_of(received[1]) + frame[12:]

    async def close(self, goodbye: Permit | None = None) -> None:  # noqa: ARG002  nobody is said goodbye to here
        self._socket.close()


def open_link(permit: Permit, groups: tuple[bytes, ...]) -> LinkConnection:
    """A socket on the permitted segment. Nothing is sent by it, neither now nor for the groups it listens to.

    Raises EnvironmentFault where this machine has no such interface, or does not let us.
    """
    permit.use()
    if not isinstance(permit.address, Segment):
        raise Refusal("link: frames go to a named segment")
    return LinkConnection(_opened(permit.address.interface, permit.port, groups), permit.port)


def check(interface: str) -> None:
    """Raise EnvironmentFault unless frames can be sent and heard on an interface now. Sends nothing."""
    _opened(interface, _NOBODYS_TYPE, ()).close()


def _tag_of(beside: list[tuple[int, int, bytes]]) -> bytes:
    """The VLAN tag that the kernel took out of a frame, from what it says beside it; empty when there was none."""
    for level, kind, data in beside:
        if (level, kind) == (_SOL_PACKET, _AUXDATA) and len(data) >= _AUXDATA_SIZE:
            status, control, tag_type = struct.unpack("=I12x2H", data[:_AUXDATA_SIZE])
            if status & _VLAN_IS_VALID:
                tag: int = tag_type if status & _VLAN_TPID_IS_VALID else _TAG
                return tag.to_bytes(2) + int(control).to_bytes(2)
    return b""


def _let_through(made: socket.socket, ether_type: int) -> None:
    """Have the kernel drop every frame of another type: load the type, compare, take all or nothing."""
    program = ((0x28, 0, 0, 12), (0x15, 0, 1, ether_type), (0x06, 0, 0, MOST_FRAME), (0x06, 0, 0, 0))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    made.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(code)))


def _opened(interface: str, ether_type: int, groups: tuple[bytes, ...]) -> socket.socket:
    """A raw socket that hears frames of one type, those to us and to these groups."""
    if sys.platform != "linux":
        raise EnvironmentFault(f"segment {interface}: layer 2 is asked on Linux only; leave [[segments]] out here")
    try:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # hears nothing until it is bound
    except OSError as fault:
        if fault.errno in _NO_RIGHT:
            raise EnvironmentFault(
                f"segment {interface}: raw sockets need root or the capability CAP_NET_RAW; or leave [[segments]] out"
            ) from None
        raise EnvironmentFault(f"segment {interface}: no raw socket ({fault.strerror})") from None
    try:
        made.setblocking(False)
        made.setsockopt(_SOL_PACKET, _AUXDATA, 1)
        _let_through(made, ether_type)
        made.bind((interface, _ALL_TYPES))
        if fault_number := made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(fault_number, os.strerror(fault_number))
        for group in groups:
            request = struct.pack("=iHH8s", socket.if_nametoindex(interface), _MULTICAST, len(group), group)
            made.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, request)
    except OSError as fault:
        made.close()
        raise EnvironmentFault(f"segment {interface}: {fault.strerror}; `ip link` shows the interfaces") from None
    return made
