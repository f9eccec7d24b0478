"""HART-IP version 1: messages, and the HART frames that pass through it; bytes to values and back, nothing else.

A message has a header of 8 bytes; its length counts the header. The frame within is HART's own: delimiter, address,
command, byte count, data, check byte over all of them. An answer's data begin with response code and device status.
Sources: HCF_SPEC-085 (messages), HCF_SPEC-081 (frames), HCF_SPEC-127 (commands 0, 13, 20), TS20151 (74, 84).
"""

from dataclasses import dataclass
from functools import reduce
from operator import xor

from assetctl.errors import WireError
from assetctl.wire import Datagram, Length, Reader, decode_text

MOST_BYTES = 512
DATAGRAM = Datagram(most=MOST_BYTES)
STREAM = Length(header=8, offset=6, width=2, plus=0, most=MOST_BYTES)

_VERSION = 1
_REQUEST, _RESPONSE, _ERROR, _NAK = 0, 1, 3, 15
_INITIATE, _CLOSE, _PASS_THROUGH = 0, 1, 3
_PRIMARY_MASTER = 1
_INACTIVITY_MS = 30_000
_OPENED = (0, 8, 16)  # 8: another time was set than wanted; 16: it is open already, as our question was sent twice

_IDENTIFY, _TAG, _LONG_TAG, _IO_SYSTEM, _SUB_DEVICE = 0, 13, 20, 74, 84
_SHORT_FRAME, _LONG_FRAME = 0x02, 0x82
_FROM_PRIMARY = 0x80
_ADDRESS_BITS = 0x3F
_FRAME_TYPE, _ACK = 0x07, 0x06
_READ = (0, 8, 14, 30)  # success, and the warnings with which the data still stand


@dataclass(frozen=True, slots=True)
class Refused:
    """code: status of the message, or HART response code such as 2 invalid selection, 64 command not implemented."""

    code: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Answer to command 0. device_type: expanded, 16 bits. manufacturer_id, private_label_id: None before HART 7.

    revision: of HART itself, 5 to 7. Before 7, the maker's number is the high byte of the device type.
    """

    device_type: int
    device_id: int
    revision: int
    device_revision: int
    software_revision: int
    hardware_revision: int
    manufacturer_id: int | None
    private_label_id: int | None


@dataclass(frozen=True, slots=True)
class SubDevice:
    """One row of an I/O system's list. io_card, channel: 251 where there is none, as with wireless devices."""

    index: int
    io_card: int
    channel: int
    manufacturer_id: int
    device_type: int
    device_id: int
    revision: int
    long_tag: str
    device_revision: int | None


def encode_initiate(*, sequence: int) -> bytes:
    """Open a session as primary master. sequence: 0 to 65535, as for all that follow."""
    return _message(_INITIATE, sequence, bytes((_PRIMARY_MASTER,)) + _INACTIVITY_MS.to_bytes(4))


def encode_close(*, sequence: int) -> bytes:
    """End the session."""
    return _message(_CLOSE, sequence, b"")


def encode_identify(*, sequence: int) -> bytes:
    """Command 0 to polling address 0, which is the device itself."""
    return _passed(sequence, bytes((_SHORT_FRAME, _FROM_PRIMARY)), _IDENTIFY)


def encode_read_tag(*, sequence: int, device_type: int, device_id: int) -> bytes:
    """Command 13. device_type: 16 bits, device_id: 24 bits, as command 0 told them."""
    return _passed(sequence, _long_address(device_type, device_id), _TAG)


def encode_read_long_tag(*, sequence: int, device_type: int, device_id: int) -> bytes:
    """Command 20."""
    return _passed(sequence, _long_address(device_type, device_id), _LONG_TAG)


def encode_read_io_system(*, sequence: int, device_type: int, device_id: int) -> bytes:
    """Command 74."""
    return _passed(sequence, _long_address(device_type, device_id), _IO_SYSTEM)


def encode_read_sub_device(*, sequence: int, device_type: int, device_id: int, index: int) -> bytes:
    """Command 84. index: from 1; 0 is the I/O system itself."""
    return _passed(sequence, _long_address(device_type, device_id), _SUB_DEVICE, index.to_bytes(2))


def _message(message_id: int, sequence: int, body: bytes) -> bytes:
    head = bytes((_VERSION, _REQUEST, message_id, 0))
    return head + sequence.to_bytes(2) + (8 + len(body)).to_bytes(2) + body


def _passed(sequence: int, address: bytes, command: int, data: bytes = b"") -> bytes:
    frame = address + bytes((command, len(data))) + data
    return _message(_PASS_THROUGH, sequence, frame + bytes((reduce(xor, frame),)))


def _long_address(device_type: int, device_id: int) -> bytes:
    high, low = device_type.to_bytes(2)
    return bytes((_LONG_FRAME, _FROM_PRIMARY | high & _ADDRESS_BITS, low)) + device_id.to_bytes(3)


def is_answer(unit: bytes, *, question: bytes) -> bool:
    """Whether a unit answers a question of ours; what is published unasked does not."""
    return unit[2:3] == question[2:3] and unit[4:6] == question[4:6] and unit[1:2] in (b"\x01", b"\x03", b"\x0f")


def decode_initiate(unit: bytes, *, question: bytes) -> Refused | None:
    """Nothing when a session is open. Raises WireError as all readers here do."""
    status, _ = _opened(unit, question)
    return None if status in _OPENED else Refused(status)


def decode_identify(unit: bytes, *, question: bytes) -> Identity | Refused:
    """Answer to command 0, in the form of HART 5 (12 bytes), 6 (17) or 7 (22)."""
    r = _data(unit, question)
    if isinstance(r, Refused):
        return r
    r.expect(b"\xfe", "expansion code")
    device_type = r.u16("expanded device type")
    r.u8("preambles wanted")
    revision, device_revision, software = r.u8("HART revision"), r.u8("device revision"), r.u8("software revision")
    hardware = r.u8("hardware revision") >> 3
    r.u8("flags")
    device_id = int.from_bytes(r.take(3, "device id"))
    maker = label = None
    if revision >= 7 and r.left() >= 9:
        r.take(5, "preambles, variables, change counter and status")
        maker, label = r.u16("manufacturer id"), r.u16("private label distributor")
    return Identity(device_type, device_id, revision, device_revision, software, hardware, maker, label)


def decode_tag(unit: bytes, *, question: bytes) -> tuple[str, str] | Refused:
    """Tag and descriptor out of command 13, "" for one that was never set."""
    r = _data(unit, question)
    if isinstance(r, Refused):
        return r
    return packed_text(r.take(6, "tag")), packed_text(r.take(12, "descriptor"))


def decode_long_tag(unit: bytes, *, question: bytes) -> str | Refused:
    """Long tag out of command 20, "" where it was never set."""
    r = _data(unit, question)
    return r if isinstance(r, Refused) else _latin(r.take(32, "long tag"))


def decode_io_system(unit: bytes, *, question: bytes) -> int | Refused:
    """How many devices an I/O system has found, itself among them; 0 to 65535."""
    r = _data(unit, question)
    if isinstance(r, Refused):
        return r
    r.take(3, "cards, channels and devices at most")
    return r.u16("number of devices detected")


def decode_sub_device(unit: bytes, *, question: bytes) -> SubDevice | Refused:
    """One row of an I/O system's list; systems before HART 7.4 end it behind the long tag."""
    r = _data(unit, question)
    if isinstance(r, Refused):
        return r
    index, card, channel = r.u16("index"), r.u8("I/O card"), r.u8("channel")
    if index.to_bytes(2) != question[-3:-1]:
        raise WireError(f"index: {int.from_bytes(question[-3:-1])} expected, {index} found")
    maker, device_type = r.u16("manufacturer id"), r.u16("expanded device type")
    device_id, revision = int.from_bytes(r.take(3, "device id")), r.u8("HART revision")
    long_tag = _latin(r.take(32, "long tag"))
    device_revision = r.u8("device revision") if r.left() else None
    return SubDevice(index, card, channel, maker, device_type, device_id, revision, long_tag, device_revision)


def packed_text(raw: bytes) -> str:
    """Text of six bits a character, four in three bytes; "" for one character over and over, which is no text."""
    bits = int.from_bytes(raw)
    codes = (bits >> at & 0x3F for at in range(len(raw) * 8 - 6, -1, -6))
    return _said("".join(chr(code if code & 0x20 else code | 0x40) for code in codes))


def _latin(raw: bytes) -> str:
    return _said(decode_text(raw.split(b"\0", 1)[0]))


def _said(text: str) -> str:
    text = text.strip()
    return "" if set(text) in ({"?"}, {"@"}) else text


def _opened(unit: bytes, question: bytes) -> tuple[int, Reader]:
    """Status and body of a message that answers the question."""
    r = Reader(unit)
    r.u8("version")
    kind = r.u8("message type")
    r.expect(question[2:3], "message id")
    status = r.u8("status")
    r.expect(question[4:6], "sequence number")
    if (length := r.u16("byte count")) != len(unit):
        raise WireError(f"byte count: {len(unit)} expected, {length} found")
    if kind in (_ERROR, _NAK):
        return status or kind, r
    if kind != _RESPONSE:
        raise WireError(f"message type: {_RESPONSE} expected, {kind} found")
    return status, r


def _data(unit: bytes, question: bytes) -> Reader | Refused:
    """A reader over an answer's data behind its two status bytes, or the refusal."""
    status, r = _opened(unit, question)
    if not r.left():
        return Refused(status)
    frame = r.rest().lstrip(b"\xff")
    r = Reader(frame)
    delimiter = r.u8("delimiter")
    if delimiter & _FRAME_TYPE != _ACK:
        raise WireError(f"delimiter: an answer expected, 0x{delimiter:02x} found")
    r.take(5 if delimiter & 0x80 else 1, "address")
    r.take(delimiter >> 5 & 3, "expansion")
    asked = question[8 + (6 if question[8] & 0x80 else 2)]
    r.expect(bytes((asked,)), "command")
    data = r.part(r.u8("byte count"), "data")
    if r.u8("check byte") != reduce(xor, frame[: r.position - 1]):
        raise WireError("check byte: does not match the frame")
    code = data.u8("response code")
    data.u8("device status")
    return data if code in _READ and data.left() else Refused(code)
