"""What stations tell everybody on their segment: LLDP, CDP, and their answers to PROFINET DCP.

LLDP and DCP are read by the probes that listen to a segment live. CDP has no live listener, so its few fields are read
here, in the same form: a frame is about its sender.
Source of CDP: the fields that CISCO-CDP-MIB names, in the layout that Wireshark and tcpdump agree on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address

from assetctl.errors import WireError
from assetctl.exchange.capture.answers import drive
from assetctl.exchange.capture.frames import LLDP, PROFINET, Linked
from assetctl.model import STATION, Claim, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols import registry
from assetctl.talk import Ask, Open
from assetctl.wire import Reader, decode_text

MOST_FRAMES = 512  # of one protocol: as many as the LLDP probe listens to
_DCP_ANSWER = bytes.fromhex("feff 0501")
_XID = slice(18, 22)
_CDP_GROUP = "01:00:0C:CC:CC:CC"
_SNAP_CDP = bytes.fromhex("aaaa03 00000c 2000")
CDP = "cdp"
CDP_READER = "cdp/1"
_NAME, _ADDRESSES, _PORT, _VERSION, _PLATFORM = 1, 2, 3, 5, 6


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame that tells of its sender."""

    data: bytes
    number: int
    at: datetime


@dataclass(slots=True)
class Segments:
    """The frames by protocol, each content once. beyond: frames that did not fit."""

    frames: dict[str, list[Frame]] = field(default_factory=dict)
    beyond: int = 0
    _seen: set[tuple[str, bytes]] = field(default_factory=set)

    def take(self, linked: Linked, number: int, at: datetime) -> bool:
        """Take in a frame, if it is one of these. Whether it was."""
        name = _name(linked)
        if not name:
            return False
        content = linked.bare[: _XID.start] + linked.bare[_XID.stop :] if name == "profinet_dcp" else linked.bare
        if (name, content) in self._seen:
            return True
        kept = self.frames.setdefault(name, [])
        if len(kept) >= MOST_FRAMES:
            self.beyond += 1
            return True
        self._seen.add((name, content))
        kept.append(Frame(linked.bare, number, at))
        return True


def _name(linked: Linked) -> str:
    if linked.ether_type == LLDP and linked.bare:
        return "lldp"
    if linked.ether_type == PROFINET and linked.payload[:4] == _DCP_ANSWER:
        return "profinet_dcp"
    is_cdp = linked.destination == _CDP_GROUP and linked.payload[:8] == _SNAP_CDP
    return CDP if is_cdp else ""


@dataclass(slots=True)
class _OnSegment:
    """The frames of one protocol, for its probe. A question has a number that each answer echoes."""

    frames: tuple[bytes, ...]

    def opened(self, step: Open) -> bool:
        return step.transport is Transport.LINK

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        if not ask.payload:
            return self.frames
        number = ask.payload[_XID]
        return tuple(frame[: _XID.start] + number + frame[_XID.stop :] for frame in self.frames)


def claims(name: str, frames: tuple[bytes, ...], context: Context) -> tuple[Claim, ...]:
    """What the senders said, each under its MAC address."""
    if name == CDP:
        return tuple(dict.fromkeys(claim for frame in frames for claim in _cdp(frame)))
    return drive(registry()[name].probe(context), _OnSegment(frames))


def _cdp(frame: bytes) -> Iterator[Claim]:
    """One CDP frame; a broken one says nothing."""
    mac = frame[6:12].hex(":").upper()
    part = f"{STATION}{mac}"
    try:
        told = dict(_fields(Reader(frame[22:])))
        addresses = tuple(_addresses(Reader(told.get(_ADDRESSES, b""))))
    except WireError:
        return
    yield Claim("mac_address", mac, SubjectKind.INTERFACE, mac, part)
    for ip in addresses:
        if not (ip.is_unspecified or ip.is_loopback or ip.is_multicast):
            yield Claim("ip_address", str(ip), SubjectKind.INTERFACE, str(ip), part)
    for code, key in ((_NAME, "hostname"), (_VERSION, "description"), (_PLATFORM, "model")):
        if text := decode_text(told.get(code, b"")):
            yield Claim(key, text, part=part, confidence=80)
    if text := decode_text(told.get(_PORT, b"")):
        yield Claim("interface_name", text, SubjectKind.INTERFACE, mac, part)


def _fields(r: Reader) -> Iterator[tuple[int, bytes]]:
    r.take(4, "version, time to live and checksum")
    while r.left() >= 4:
        code, length = r.u16("type"), r.u16("length")
        if length < 4:
            raise WireError(f"length: at least 4 expected, {length} found")
        yield code, r.take(length - 4, "value")


def _addresses(r: Reader) -> Iterator[IPv4Address]:
    for _ in range(min(r.u32("addresses"), 64) if r.left() else 0):
        kind = r.u8("protocol type")
        protocol = r.take(r.u8("protocol length"), "protocol")
        address = r.take(r.u16("address length"), "address")
        if (kind, protocol, len(address)) == (1, b"\xcc", 4):
            yield IPv4Address(address)
