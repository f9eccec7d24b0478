"""CODESYS V2 messages: bytes to values and back, nothing else.

A message begins with 0xBBBB and the length of what follows it, in the order of the asking side. In the answer three
texts stand at fixed places, 32 bytes each, ended or padded by zero bytes. The maker publishes no description; the
tools named in the record agree on what is read here, and on nothing between.
"""

from dataclasses import dataclass

from assetctl.wire import Reader, UntilClose, decode_text

_MAGIC = b"\xbb\xbb"
_HEAD, _TEXT = 62, 32  # bytes between the magic and the first text; bytes of a text

# what is read of the answer ends here; its length field is not known well enough to be relied on
FRAMING = UntilClose(most=len(_MAGIC) + _HEAD + 3 * _TEXT)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a runtime tells; "" for a text that is none.

    operating_system: such as Linux. os_details: such as 2.6.29.6-rt24atom, cut by the runtime at 31 characters.
    """

    operating_system: str
    os_details: str
    product: str


def encode_begin() -> bytes:
    """The question with which a talk begins: magic, one byte follows, service 0x01."""
    return _MAGIC + (1).to_bytes(4, "little") + b"\x01"


def is_answer(unit: bytes) -> bool:
    """Whether what came begins as a message."""
    return unit.startswith(_MAGIC)


def decode(unit: bytes) -> Runtime:
    """The three texts. Raises WireError when the answer is shorter, or no message."""
    r = Reader(unit)
    r.expect(_MAGIC, "magic")
    r.take(_HEAD, "head of the answer")
    return Runtime(*(_text(r.take(_TEXT, name)) for name in ("operating system", "details", "product")))


def _text(raw: bytes) -> str:
    text = decode_text(raw.split(b"\0", 1)[0])
    return text if text.isprintable() else ""
