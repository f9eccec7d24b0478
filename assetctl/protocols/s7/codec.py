"""S7 communication over ISO-on-TCP: bytes to values and back, for the few questions that identify a CPU.

The first TPDU asks for a connection and names the rack and slot in the called TSAP; every later one carries (a segment
of) an S7 PDU.
Source: Siemens "System Software for S7-300/400 System and Standard Functions", chapter System Status Lists, for what
stands in the answers. The PDU layout itself is unpublished: it is the one that Wireshark's dissector and the snap7
library agree on.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.protocols import iso
from assetctl.wire import Length, Reader

FRAMING = Length(header=4, offset=2, width=2, plus=0, most=2048)

PG, OP, BASIC = 1, 2, 3  # connection types, the first byte of the called TSAP

Szl = tuple[int, int]
"""A system status list: its id and index, such as (0x001C, 0)."""
Tsaps = tuple[int, int]
"""Our own and the called TSAP, such as (0x0300, 0x0200)."""

_TPDU_SIZE = b"\xc0\x01\x0a"  # 2^10
_JOB, _ACK, _ACK_DATA, _USER_DATA = 1, 2, 3, 7
_SETUP = 0xF0
_USER_DATA_HEAD = b"\x00\x01\x12"
_MOST_RECORDS = 128


@dataclass(frozen=True, slots=True)
class Refused:
    """The device understood and said no. code: disconnect reason, error class and code, or return code."""

    code: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One data unit of a status list. sequence: what to name when asking for the next, unless this is the last."""

    sequence: int
    last: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class StatusList:
    """The whole records of one system status list. There are none where the device states no length or count."""

    id: int
    index: int
    records: tuple[bytes, ...]


def encode_connect(*, connection_type: int, slot: int) -> bytes:
    """A connection request to rack 0. connection_type: 1 PG, 2 OP, 3 basic. slot: 0 to 31."""
    options = _TPDU_SIZE + b"\xc1\x02\x01\x00" + b"\xc2\x02" + bytes((connection_type, slot))
    return iso.encode_connect(options)


def encode_connect_tsap(*, tsaps: Tsaps) -> bytes:
    """A connection request between two TSAPs that somebody set up on purpose, as LOGO! and S7-200 want it."""
    options = _TPDU_SIZE + b"\xc1\x02" + tsaps[0].to_bytes(2) + b"\xc2\x02" + tsaps[1].to_bytes(2)
    return iso.encode_connect(options)


def encode_setup(*, reference: int) -> bytes:
    """The agreement on one job each way and PDUs of at most 480 bytes. reference: 0 to 65535."""
    parameters = bytes((_SETUP, 0)) + (1).to_bytes(2) + (1).to_bytes(2) + (480).to_bytes(2)
    return iso.encode_data(_pdu(_JOB, reference, parameters, b""))


def encode_read(*, reference: int, szl: Szl) -> bytes:
    """The question for a system status list. reference: 0 to 65535."""
    # parameter length, request, group 4 (CPU functions), subfunction 1 (read SZL), sequence number 0
    parameters = _USER_DATA_HEAD + b"\x04\x11\x44\x01\x00"
    data = b"\xff\x09" + (4).to_bytes(2) + szl[0].to_bytes(2) + szl[1].to_bytes(2)
    return iso.encode_data(_pdu(_USER_DATA, reference, parameters, data))


def encode_next(*, reference: int, sequence: int) -> bytes:
    """The question for the next data unit of a list. sequence: 0 to 255, from the data unit before."""
    parameters = _USER_DATA_HEAD + b"\x08\x12\x44\x01" + bytes((sequence,)) + b"\x00\x00\x00\x00"
    return iso.encode_data(_pdu(_USER_DATA, reference, parameters, b"\x0a\x00\x00\x00"))


def _pdu(kind: int, reference: int, parameters: bytes, data: bytes) -> bytes:
    lengths = len(parameters).to_bytes(2) + len(data).to_bytes(2)
    return bytes((0x32, kind, 0, 0)) + reference.to_bytes(2) + lengths + parameters + data


def is_answer(frame: bytes, *, reference: int) -> bool:
    """Whether a unit begins an S7 PDU with the reference of our question."""
    return frame[7:8] == b"\x32" and frame[11:13] == reference.to_bytes(2)


def decode_connect(frame: bytes) -> Refused | None:
    """None when the connection is confirmed. Raises WireError if the unit is neither a confirmation nor a refusal."""
    reason = iso.refusal(frame)
    return Refused(reason) if reason is not None else None


def decode_setup(pdu: bytes, *, reference: int) -> int | Refused:
    """PDU size that the device agrees to. Raises WireError on another answer."""
    answer = _answer(pdu, reference)
    if isinstance(answer, Refused):
        return answer
    kind, parameters, _ = answer
    if kind != _ACK_DATA:
        raise WireError(f"PDU type: 3 expected, {kind} found")
    r = Reader(parameters)
    r.expect(bytes((_SETUP,)), "function")
    r.take(5, "jobs")
    return r.u16("PDU size")


def decode_fragment(pdu: bytes, *, reference: int) -> Fragment | Refused:
    """One data unit of a status list. Raises WireError if the layout is broken or answers another question."""
    answer = _answer(pdu, reference)
    if isinstance(answer, Refused):
        return answer
    kind, parameters, data = answer
    if kind != _USER_DATA:
        raise WireError(f"PDU type: 7 expected, {kind} found")
    p = Reader(parameters)
    p.expect(_USER_DATA_HEAD + b"\x08\x12\x84\x01", "answer to read SZL")
    sequence = p.u8("sequence number")
    p.u8("data unit reference")
    last = p.u8("last data unit") == 0
    if error := p.u16("error"):
        return Refused(error)
    d = Reader(data)
    if (code := d.u8("return code")) != 0xFF:
        return Refused(code)
    d.u8("transport size")
    return Fragment(sequence, last, d.take(d.u16("data length"), "data"))


def _answer(pdu: bytes, reference: int) -> tuple[int, bytes, bytes] | Refused:
    """Type, parameters and data of a PDU, fill bytes behind them left out; one with an error is a refusal."""
    r = Reader(pdu)
    r.expect(b"\x32", "protocol id")
    kind = r.u8("PDU type")
    r.take(2, "reserved")
    r.expect(reference.to_bytes(2), "PDU reference")
    parameter_length, data_length = r.u16("parameter length"), r.u16("data length")
    if kind in (_ACK, _ACK_DATA) and (error := r.u16("error")):
        return Refused(error)
    parameters = r.take(parameter_length, "parameters")
    return kind, parameters, r.take(data_length, "data")


def decode_list(data: bytes, *, szl: Szl) -> StatusList:
    """Cut a status list into its records: as many whole ones as are stated and are there.

    Raises WireError when it is another list. A stated record length or count of 0 yields no records (seen from
    python-snap7 3.x), whatever follows.
    """
    r = Reader(data)
    r.expect(szl[0].to_bytes(2), "SZL id")
    index, length, count = r.u16("SZL index"), r.u16("record length"), r.u16("record count")
    whole = min(count, r.left() // length, _MOST_RECORDS) if length else 0
    return StatusList(szl[0], index, tuple(r.take(length, "record") for _ in range(whole)))
