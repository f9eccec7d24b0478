"""PC Worx messages: bytes to values and back, nothing else.

A message begins with its kind (0x01, in an answer 0x81), the service, and the length of the whole in network order. The
texts of the information stand at fixed places, each ended by a zero byte. The maker publishes no description; nmap,
Greenbone and recordings of ILC controllers agree on what is read here.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader, decode_text

FRAMING = Length(header=4, offset=2, width=2, plus=0, most=8192)

_ANSWER = 0x81
_OPEN, _BEGIN, _INFORMATION = 0x01, 0x05, 0x06
_SESSION_AT = 17
_TYPE_AT, _FIRMWARE_AT, _DATE_AT, _TIME_AT, _ORDER_AT = 30, 66, 79, 91, 152
_MOST_TEXT = 40


@dataclass(frozen=True, slots=True)
class Information:
    """What a controller tells. type: such as ILC 151 ETH. order_number: seven digits. date: day and time as written."""

    type: str
    firmware: str
    date: str
    order_number: str


def encode_open() -> bytes:
    """The question for a session, under the name that the engineering tool uses."""
    return bytes.fromhex("0101001a" + "00000000" + "788000" + "03" + "000c") + b"IBETH01N0_M\0"


def encode_begin(*, session: int) -> bytes:
    """The second half of opening a session. session: 0 to 255, as the first answer told."""
    return bytes.fromhex("01050016" + "00010000" + "788000") + bytes((session,)) + bytes.fromhex("00000006000402950000")


def encode_information(*, session: int) -> bytes:
    """The question for the information."""
    return bytes.fromhex("0106000e" + "00020000" + "000000") + bytes((session,)) + b"\x04\x00"


def is_answer(unit: bytes, *, question: bytes) -> bool:
    """Whether a message answers a question of ours."""
    return unit[:2] == bytes((_ANSWER, question[1]))


def decode_open(unit: bytes) -> int:
    """The number of the session. Raises WireError, as all readers here, when the message is another."""
    r = _opened(unit, _OPEN)
    r.take(_SESSION_AT - r.position, "head of the answer")
    return r.u8("session")


def decode_begin(unit: bytes) -> None:
    """Nothing, as nothing in this answer has a known meaning."""
    _opened(unit, _BEGIN)


def decode_information(unit: bytes) -> Information:
    """Type, firmware and order number."""
    _opened(unit, _INFORMATION)
    if len(unit) <= _ORDER_AT:
        raise WireError(f"information: more than {_ORDER_AT} bytes expected, {len(unit)} found")
    date = f"{_text(unit, _DATE_AT)} {_text(unit, _TIME_AT)}".strip()
    return Information(_text(unit, _TYPE_AT), _text(unit, _FIRMWARE_AT), date, _text(unit, _ORDER_AT))


def _opened(unit: bytes, service: int) -> Reader:
    r = Reader(unit)
    r.expect(bytes((_ANSWER, service)), "kind and service")
    if (length := r.u16("length")) != len(unit):
        raise WireError(f"length: {len(unit)} expected, {length} found")
    return r


def _text(unit: bytes, at: int) -> str:
    """The text at a place, up to its zero byte; "" for one that is none."""
    raw = unit[at : at + _MOST_TEXT].split(b"\0", 1)[0]
    text = decode_text(raw)
    return text if text.isprintable() else ""
