"""S7comm-plus over ISO-on-TCP: a session object, what the CPU says when it makes one, and its end; nothing else.

The protocol is unpublished. Layouts are those on which Wireshark's dissector, the S7CommPlusDriver and the s7commplus
library agree. A PDU has a four-byte head (0x72, version, length) before each part and the same with length 0 after the
last one. Numbers inside are of variable length, seven bits a byte, highest first.
Source: the three named above.
"""

import re
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.protocols import iso
from assetctl.wire import Length, Reader

FRAMING = Length(header=4, offset=2, width=2, plus=0, most=2048)

VERSION_1 = 1
SYSTEM_EVENT = 0xFE  # stands where the version stands, in parts that answer nothing
NULL_SESSION = 288
SESSIONS = range(0x300, 1 << 31)  # ids of sessions of a CPU; the lower ones name objects that every CPU has
NAME = b"assetctl"

_MARK = 0x72
_REQUEST, _RESPONSE = 0x31, 0x32
_CREATE, _DELETE = 0x04CA, 0x04D4
_OBJECT, _ATTRIBUTE, _END = b"\xa1", b"\xa3", b"\xa2"
_UDINT, _RID, _AID, _WSTRING, _STRUCT = 0x04, 0x12, 0x13, 0x15, 0x17
_NEW_RID, _SESSION_CLASS, _SUBSCRIPTIONS_CLASS, _SESSION_CONTAINER = 211, 287, 255, 285
_TYPE_NAME, _CLIENT_RID, _SESSION_VERSION, _MODULE_TEXT = 233, 300, 306, 319
_MOST_TEXT = 80

_TSAPS = b"\xc1\x02\x06\x00" + b"\xc2\x10SIMATIC-ROOT-HMI"
_MODULE = re.compile(r"\d{1,3};(?P<code>[^;]{1,24});(?P<version>[A-Z]\d{1,3}\.\d{1,3}(\.\d{1,3})?)")


@dataclass(frozen=True, slots=True)
class Session:
    """What came of making a session.

    id: 0 when there is none that a session can have. module: such as "1;6ES7 215-1AG40-0XB0 ;V4.2".
    """

    version: int
    id: int
    module: str


def encode_connect() -> bytes:
    """The connection request to the CPU's root object, by the name that panels use."""
    return iso.encode_connect(b"\xc0\x01\x0a" + _TSAPS)


def encode_create(*, sequence: int) -> bytes:
    """The question for a session object. sequence: 0 to 65535.

    The texts are those without which some firmware (S7-1200 V4.2) leaves its own out of the answer.
    """
    session = _OBJECT + _NEW_RID.to_bytes(4) + _number(_SESSION_CLASS) + b"\0\0"
    session += _text(_TYPE_NAME, NAME) + _text(289, b"1:::6.0::" + NAME) + _text(296, NAME)
    session += _text(297, b"") + _text(298, NAME) + _ATTRIBUTE + _number(299) + bytes((0, _UDINT)) + _number(1)
    session += _ATTRIBUTE + _number(_CLIENT_RID) + bytes((0, _RID)) + (0x80C3C901).to_bytes(4) + _text(301, b"")
    session += _OBJECT + _NEW_RID.to_bytes(4) + _number(_SUBSCRIPTIONS_CLASS) + b"\0\0"
    session += _text(_TYPE_NAME, b"SubscriptionContainer") + _END + _END
    body = _SESSION_CONTAINER.to_bytes(4) + bytes((0, _UDINT, 0)) + bytes(4) + session
    return _request(_CREATE, sequence, NULL_SESSION, 0x36, body)


def encode_delete(*, sequence: int, session: int) -> bytes:
    """The end of our own session. sequence: 0 to 65535. session: the id from the answer, below 2**31."""
    qualifier = (1256).to_bytes(4) + _number(1257) + bytes((0, _RID)) + bytes(4)
    qualifier += _number(1258) + bytes((0, _AID, 0)) + _number(1259) + bytes((0, _UDINT, 0)) + b"\0"
    return _request(_DELETE, sequence, session, 0x34, session.to_bytes(4) + b"\0" + qualifier)


def _request(function: int, sequence: int, session: int, flags: int, body: bytes) -> bytes:
    head = bytes((_REQUEST, 0, 0)) + function.to_bytes(2) + b"\0\0" + sequence.to_bytes(2)
    data = head + session.to_bytes(4) + bytes((flags,)) + body + bytes(4)
    mark = bytes((_MARK, VERSION_1))
    return iso.encode_data(mark + len(data).to_bytes(2) + data + mark + b"\0\0")


def _text(attribute: int, text: bytes) -> bytes:
    return _ATTRIBUTE + _number(attribute) + bytes((0, _WSTRING)) + _number(len(text)) + text


def _number(value: int) -> bytes:
    """A number of variable length."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def read_number(r: Reader, field: str, *, most: int = 5) -> int:
    """A number of at most `most` bytes; in one of nine, the last carries eight bits."""
    value = 0
    for at in range(most):
        byte = r.u8(field)
        if at == 8:
            return value << 8 | byte
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            return value
    raise WireError(f"{field}: a number of at most {most} bytes expected")


def part(pdu: bytes) -> tuple[int, bytes, bool]:
    """Version and content of one part of a PDU, and whether it is the last."""
    r = Reader(pdu)
    r.expect(bytes((_MARK,)), "protocol id")
    version = r.u8("version")
    content = r.take(r.u16("length"), "data")
    return version, content, r.left() >= 4


def decode_create(version: int, data: bytes, *, sequence: int) -> Session:
    """Read the answer to a question for a session. Raises WireError if it is none or answers another question."""
    r = Reader(data)
    r.expect(bytes((_RESPONSE,)), "opcode")
    r.take(2, "reserved")
    r.expect(_CREATE.to_bytes(2), "function")
    r.take(2, "reserved")
    r.expect(sequence.to_bytes(2), "sequence number")
    r.u8("transport flags")
    read_number(r, "return value", most=9)
    count = r.u8("object ids")
    ids = [read_number(r, "object id") for _ in range(min(count, 8))]
    return Session(version, _session(ids), _module(r.rest()))


def _session(ids: list[int]) -> int:
    """A CPU counts its sessions from above; servers made of software begin with 1."""
    known_objects = (_SESSION_CONTAINER, _SESSION_CLASS, NULL_SESSION)
    return ids[0] if ids and 0 < ids[0] < SESSIONS.stop and ids[0] not in known_objects else 0


def _module(objects: bytes) -> str:
    """The text of the module inside the session version, "" where there is none.

    The tree of objects is searched by the bytes that begin the attribute and the member; the text's own form
    decides, see `module`.
    """
    begin = objects.find(_ATTRIBUTE + _number(_SESSION_VERSION) + bytes((0, _STRUCT)))
    at = objects.find(member := _number(_MODULE_TEXT) + bytes((0, _WSTRING)), begin) if begin >= 0 else -1
    if at < 0:
        return ""
    r = Reader(objects[at + len(member) :])
    raw = r.take(min(read_number(r, "text length"), _MOST_TEXT), "module text")
    return raw.decode("utf-8", "replace")


def module(text: str) -> tuple[str, str]:
    """Order code and firmware version in a module text; empty where it has another form."""
    found = _MODULE.fullmatch(text.strip("\0 "))
    return (found["code"].strip(), found["version"]) if found else ("", "")
