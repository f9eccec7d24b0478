"""ProConOS messages: bytes to values and back, nothing else.

A message is 0xCC, a version, two bytes that name the function, two that count, the length of its data in
little-endian order, the data, and CRC-16/KERMIT over all of it. The maker publishes no description; the checksum
follows from nine recorded questions, the places of the texts from the tools named in the record.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader, decode_text

_HEADER, _CRC = 8, 2
FRAMING = Length(header=_HEADER, offset=6, width=2, plus=_HEADER + _CRC, most=4096, order="little")

_MAGIC = b"\xcc\x01"
_OS_VERSION, _TEXT = 4, 32  # bytes of the fields that are read


@dataclass(frozen=True, slots=True)
class Information:
    """What a runtime tells; "" for a text that is none.

    runtime: such as ProConOS V4.1.0267 Jul 31 2012. plc_type: as the maker of the controller writes it.
    """

    runtime: str
    plc_type: str


def encode_information() -> bytes:
    """The question for the information: function 0x000B, count 0x4002, no data."""
    return _MAGIC + b"\x00\x0b" + b"\x40\x02" + b"\x00\x00" + b"\x47\xee"


def is_answer(unit: bytes, *, question: bytes) -> bool:
    """Whether a message may answer the question, which it is not itself."""
    return unit.startswith(_MAGIC) and unit != question


def decode(unit: bytes) -> Information:
    """Runtime and type. Raises WireError when the message is another or ends before them."""
    r = Reader(unit)
    r.expect(_MAGIC, "magic and version")
    r.take(4, "function and count")
    length = r.u16("length", "little")
    if length + _CRC != r.left():
        raise WireError(f"length: {r.left() - _CRC} expected, {length} found")
    r.take(_OS_VERSION, "version of the operating system")
    return Information(_text(r.take(_TEXT, "runtime")), _text(r.take(_TEXT, "type")))


def _text(raw: bytes) -> str:
    text = decode_text(raw.split(b"\0", 1)[0])
    return text if text.isprintable() else ""
