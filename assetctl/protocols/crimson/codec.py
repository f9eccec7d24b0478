"""Crimson 3 messages: bytes to values and back, nothing else.

A message is the length of what follows, a register and data, in network order. An answer has two bytes of unknown
meaning before its text, which a zero byte ends. The maker publishes no description; three open tools agree on what is
read here.
"""

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

FRAMING = Length(header=2, offset=0, width=2, plus=2, most=1024)

_MANUFACTURER, _MODEL = 0x012B, 0x012A


def encode_manufacturer() -> bytes:
    """The question for the maker."""
    return b"\x00\x04" + _MANUFACTURER.to_bytes(2) + b"\x1b\x00"


def encode_model() -> bytes:
    """The question for the model."""
    return b"\x00\x04" + _MODEL.to_bytes(2) + b"\x1a\x00"


def is_answer(unit: bytes, *, question: bytes) -> bool:
    """Whether a message is about the register that was asked, and not the question come back."""
    return unit[2:4] == question[2:4] and unit != question


def decode(unit: bytes, *, question: bytes) -> str:
    """The text of a register, "" for none. Raises WireError when it is no text, or the message is another."""
    r = Reader(unit)
    if (length := r.u16("length")) != r.left():
        raise WireError(f"length: {r.left()} expected, {length} found")
    r.expect(question[2:4], "register")
    r.take(2, "two bytes of unknown meaning")
    text = r.rest().split(b"\0", 1)[0]
    if not (text.isascii() and text.decode("ascii").isprintable()):
        raise WireError("text: printable ASCII expected")
    return text.decode("ascii").strip()
