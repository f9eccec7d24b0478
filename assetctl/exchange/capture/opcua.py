"""OPC UA, heard: what servers told of themselves to whoever asked before logging in.

Any client asks in its own words; an answer is looked up by its service. Questions that name a filter which leaves
something out are not used, and neither is anything within a channel that is signed or encrypted. A channel that was
opened before the capture began is opened anew for the probe, and a service that nobody asked is answered as by a server
without it.
Source: OPC 10000-6, 6.7.2 and 7.1; OPC 10000-4, 5.5.2 and 5.5.4.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from assetctl.errors import WireError
from assetctl.model import Exchange, Transport
from assetctl.protocols.opcua import binary, codec
from assetctl.protocols.opcua.discovery import FIND_SERVERS, GET_ENDPOINTS
from assetctl.talk import Ask, Open
from assetctl.wire import Reader

_HELLO, _OPEN, _MESSAGE = b"HEL", b"OPN", b"MSG"
_CHANNEL, _REQUEST, _BODY = slice(8, 12), slice(20, 24), 24
_OPENED = slice(71, 75)  # request id of an opening without security
_BINARY_PROFILE = "/uatcp-uasc-uabinary"
_LARGEST = 0xFFFF
_UNSUPPORTED = bytes.fromhex("4d534746 30000000 00000000 00000000 00000000 00000000 0100 8d01") + bytes.fromhex(
    "0000000000000000 00000000 00000b80 00 ffffffff 000000"  # Bad_ServiceUnsupported
)

_Frames = tuple[bytes, ...]


def _asked(unit: bytes) -> int | None:
    """The discovery service that a unit asks for, None for any other and where its filter leaves something out."""
    if unit[:4] != b"MSGF" or len(unit) < _BODY:
        return None
    r = Reader(unit[_BODY:])
    try:
        kind = binary.node_id(r, "service").number
        if kind not in (FIND_SERVERS, GET_ENDPOINTS):
            return None
        binary.node_id(r, "authentication token")
        r.take(16, "time, handle and diagnostics")
        binary.byte_string(r, "audit entry")
        r.take(4, "time-out")
        binary.extension_object(r, "additional header")
        binary.byte_string(r, "endpoint url")
        binary.strings(r, "locales")
        wanted = binary.strings(r, "servers or profiles")
    except WireError:
        return None
    is_whole = not wanted or (kind == GET_ENDPOINTS and any(one.endswith(_BINARY_PROFILE) for one in wanted))
    return kind if is_whole else None


def wants(question: bytes) -> bool:
    """Whether it says hello or asks for servers or endpoints."""
    return question[:3] == _HELLO or _asked(question) is not None


def belongs(question: bytes, answer: bytes) -> bool:
    """An acknowledgement of the hello, a channel, or a message with the number of the question; or an error."""
    told = answer[:3]
    if told == b"ERR":
        return True
    match question[:3]:
        case b"HEL":
            return told == b"ACK"
        case b"MSG":
            return told == _MESSAGE and question[_REQUEST] == answer[_REQUEST]
    return question[:3] == told == _OPEN


def continues(answer: bytes) -> bool:
    """Whether another chunk follows."""
    return answer[:4] == b"MSGC"


def key(question: bytes, answers: Sequence[bytes]) -> Hashable:
    """What was asked, and whether it was answered or refused."""
    told = answers[0] if answers else b""
    return question[:3], _asked(question), told[:3], told[_BODY : _BODY + 4] if told[:3] == _MESSAGE else b""


@dataclass(slots=True)
class Answers:
    """The answers by service; one that is no fault goes first."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _welcome: bytes = b""
    _told: dict[int, _Frames] = field(default_factory=dict)
    _rest: _Frames = ()

    def __post_init__(self) -> None:
        for one in sorted(self.exchanges, key=lambda one: any(map(_is_fault, one.received))):
            kind = _asked(one.sent)
            if kind is not None:
                self._told.setdefault(kind, one.received)
            elif one.sent[:3] == _HELLO and one.received:
                self._welcome = self._welcome or one.received[0]

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport and bool(self.exchanges)

    def said(self, ask: Ask) -> _Frames:
        if ask.payload:
            self._rest = self._frames(ask.payload)
        found, self._rest = self._rest[:1], self._rest[1:]
        return found

    def _frames(self, question: bytes) -> _Frames:
        match question[:3]:
            case b"HEL" if self._told and not self._welcome.startswith(b"ACK"):
                return (_acknowledged(),)
            case b"HEL":
                return (self._welcome,) if self._welcome else ()
            case b"OPN":
                return (_opened(question[_OPENED]),) if self._told else ()
            case b"CLO":
                return ()
        units = self._told.get(_asked(question) or 0, (_UNSUPPORTED,) if self._told else ())
        return tuple(
            unit if unit[:3] == b"ERR" else
            unit[:8] + question[_CHANNEL] + unit[12:20] + question[_REQUEST] + unit[_BODY:]
            for unit in units
        )  # fmt: skip


def _is_fault(unit: bytes) -> bool:
    fault = b"\x01\x00" + codec.SERVICE_FAULT.to_bytes(2, "little")
    return unit[:3] == b"ERR" or unit[_BODY : _BODY + 4] == fault


def _acknowledged() -> bytes:
    """The server's word to a hello that was not captured."""
    body = b"".join(number.to_bytes(4, "little") for number in (0, _LARGEST, _LARGEST, 0, 0))
    return b"ACKF" + (8 + len(body)).to_bytes(4, "little") + body


def _opened(number: bytes) -> bytes:
    """The server's word to the opening of channel 1."""
    policy = codec.encode_open(number=0)[12 : _OPENED.start]
    header = b"\x01\x00" + codec.OPENED_CHANNEL.to_bytes(2, "little") + bytes(8) + number + bytes(4)
    header += b"\0" + binary.NULL + bytes(3)  # no diagnostics, no strings, no further header
    one = (1).to_bytes(4, "little")
    body = one + policy + 2 * number + header + bytes(4) + one + one + bytes(12) + binary.NULL
    return b"OPNF" + (8 + len(body)).to_bytes(4, "little") + body
