"""EtherNet/IP, heard: ListIdentity answers, and reads of the Identity, TCP/IP and Ethernet objects.

Connected messages and messages through a backplane are left out: whom they reach is not said in the message itself.
Source: The CIP Networks Library, Volume 2, 2-3 to 2-6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assetctl.errors import Refusal, WireError
from assetctl.model import Exchange, Transport
from assetctl.protocols.enip import codec
from assetctl.protocols.enip.vet import vet
from assetctl.talk import Ask, Open
from assetctl.wire import Reader

_SESSION = b"\x01\0\0\0"
_UNSUPPORTED = 0x08  # general status: service not supported
_PRODUCT, _SERIAL = slice(48, 54), slice(58, 62)  # of a ListIdentity answer; revision and status stand between
_CLASSES = (0x01, 0xF5, 0xF6)
_SERVICES = (codec.GET_ATTRIBUTES_ALL, codec.GET_ATTRIBUTE_SINGLE)


def _command(unit: bytes) -> int:
    return int.from_bytes(unit[:2], "little") if len(unit) >= 24 else 0


def cip(unit: bytes) -> bytes:
    """The unconnected CIP message in a SendRRData unit, empty where there is none."""
    if _command(unit) != codec.SEND_RR_DATA:
        return b""
    r = Reader(unit[24:])
    try:
        r.take(6, "interface handle and time-out")
        for _ in range(min(r.u16("item count", "little"), 8)):
            kind = r.u16("item type", "little")
            item = r.take(r.u16("item length", "little"), "item")
            if kind == 0x00B2:
                return item
    except WireError:
        return b""
    return b""


def wants(question: bytes) -> bool:
    """Whether it lists identities or reads an object that tells who the device is."""
    if _command(question) == codec.LIST_IDENTITY:
        return True
    request = cip(question)
    if len(request) >= 6 and request[0] in _SERVICES and request[2] == 0x20 and request[3] in _CLASSES:
        return True
    return bool(request) and _is_published(question)


def _is_published(question: bytes) -> bool:
    try:
        vet(question)
    except Refusal:
        return False
    return True


def belongs(question: bytes, answer: bytes) -> bool:
    """Same command and sender context; for CIP the answer to the service asked."""
    if question[:2] != answer[:2] or question[12:20] != answer[12:20]:
        return False
    request, told = cip(question), cip(answer)
    return not request or bool(told)


def is_answer(unit: bytes) -> bool:
    """A question for identities has no data, an answer does."""
    return _command(unit) == codec.LIST_IDENTITY and len(unit) > 24


alone = is_answer


def identity(_question: bytes, answers: Sequence[bytes]) -> tuple[str, bytes] | None:
    """Vendor, type, product code and serial number of a ListIdentity answer, without revision, status and state."""
    told = answers[0] if answers else b""
    if _command(told) != codec.LIST_IDENTITY or len(told) < _SERIAL.stop:
        return None
    return "identity", told[_PRODUCT] + told[_SERIAL]


def key(question: bytes, answers: Sequence[bytes]) -> bytes:
    """What was asked and how it went, or what identities were told."""
    if request := cip(question):
        return request + bytes(_status(answer) for answer in answers)
    return b"".join(answer[24:] for answer in answers)


def _status(answer: bytes) -> int:
    told = cip(answer)
    return told[2] if len(told) > 2 else 0xFF


@dataclass(slots=True)
class Answers:
    """The answers, over either transport. A session is opened wherever objects were read."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _is_there: bool = False

    def opened(self, step: Open) -> bool:
        self._is_there = step.transport is self.transport
        return True  # a datagram that nobody heard answered is met with silence

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        if not self._is_there:
            return ()
        match _command(ask.payload):
            case codec.LIST_IDENTITY:
                found = [
                    unit for one in self.exchanges for unit in one.received if _command(unit) == codec.LIST_IDENTITY
                ]
                if not found and self._has_reads():
                    found = [ask.payload[:2] + b"\x02\0" + ask.payload[4:] + b"\0\0"]
                return tuple(unit[:12] + ask.payload[12:20] + unit[20:] for unit in found[:1])
            case codec.REGISTER_SESSION if self._has_reads():
                return (ask.payload[:4] + _SESSION + ask.payload[8:],)
            case codec.SEND_RR_DATA:
                return self._read(ask.payload)
        return ()

    def _has_reads(self) -> bool:
        return any(cip(one.sent) for one in self.exchanges)

    def _read(self, question: bytes) -> tuple[bytes, ...]:
        request = cip(question)
        for one in sorted(self.exchanges, key=lambda one: any(map(_status, one.received))):
            if cip(one.sent) == request and one.received:
                answer = one.received[0]
                return (answer[:4] + question[4:8] + answer[8:12] + question[12:20] + answer[20:],)
        refusal = bytes((request[0] | 0x80, 0, _UNSUPPORTED, 0)) if request else b""
        body = question[24:38] + len(refusal).to_bytes(2, "little") + refusal
        return (question[:2] + len(body).to_bytes(2, "little") + question[4:24] + body,)
