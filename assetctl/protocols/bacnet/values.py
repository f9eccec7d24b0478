"""Tagged BACnet values: elements one after another, and the few primitive types that identify a device.

Source: ASHRAE 135-2020, clause 20.2 (encoding of application and context tags), 20.2.4 (unsigned), 20.2.9 (character
string), 20.2.11 (enumerated), 20.2.14 (object identifier).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from assetctl.errors import WireError
from assetctl.wire import Reader

BOOLEAN, UNSIGNED, CHARACTER_STRING, ENUMERATED, OBJECT_IDENTIFIER = 1, 2, 7, 9, 12
DEVICE = 8
"""Object type of the device object."""

_EXTENDED_NUMBER = 15
_EXTENDED_LENGTH, _OPENING, _CLOSING = 5, 6, 7
_LENGTH_16, _LENGTH_32 = 254, 255
_CHARACTER_SETS = {0: "utf-8", 3: "utf-32-be", 4: "utf-16-be", 5: "latin-1"}
_CODE_PAGE_SET = 1  # IBM/Microsoft DBCS: the number of a code page stands before the text
_CODE_PAGES = frozenset({437, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 874, 932, 936, 949, 950})
# letters and signs of Western texts by themselves, or two small letters: other encodings stand in pairs and beyond.
# Not those that Latin-1 has for Iceland alone, nor a capital E with a grave: Turkish and Czech write theirs so
_LATIN = re.compile(
    rb"(?s)(?=.*[A-Za-z].*[A-Za-z]|[\0-\xbf]*$)"
    rb"(?:[\0-\x7f]|(?:[\xb0\xb2\xb3\xb5\xc0-\xc7\xc9-\xcf\xd1-\xdc\xdf-\xef\xf1-\xfc\xff]"
    rb"|[\xdf-\xef\xf1-\xfc\xff]{2})(?![\x80-\xff]))+"
)
_FILL = " \0\t\r\n\ufeff"
_CODE_PAGES |= frozenset(range(1250, 1259))


class Form(StrEnum):
    DATA = "data"
    OPENING = "opening tag"
    CLOSING = "closing tag"


@dataclass(frozen=True, slots=True)
class Element:
    """One element. content: empty for opening and closing tags, and for an application boolean, whose tag is all."""

    number: int
    is_context: bool
    form: Form
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Absent:
    """A value that the device did not give, or not readably. reason: in the words of the standard where it has some."""

    reason: str


Value = str | int | Absent


def element(r: Reader) -> Element:
    """The next element. Raises WireError where a length leads past the end or the tag has no meaning."""
    first = r.u8("tag")
    number, is_context, kind = first >> 4, bool(first & 0x08), first & 0x07
    if number == _EXTENDED_NUMBER:
        number = r.u8("extended tag number")
    if is_context and kind in (_OPENING, _CLOSING):
        return Element(number, is_context, Form.OPENING if kind == _OPENING else Form.CLOSING)
    if kind > _EXTENDED_LENGTH:
        raise WireError(f"tag: 0x{first:02x} is no tag at offset {r.position}")
    if number == BOOLEAN and not is_context:
        return Element(number, is_context, Form.DATA)
    return Element(number, is_context, Form.DATA, r.take(_length(r, kind), "content"))


def _length(r: Reader, kind: int) -> int:
    if kind < _EXTENDED_LENGTH:
        return kind
    length = r.u8("extended length")
    if length == _LENGTH_16:
        return r.u16("extended length")
    return r.u32("extended length") if length == _LENGTH_32 else length


def context(r: Reader, number: int, field: str) -> bytes:
    """The content of the next element, which must bear this context tag."""
    found = element(r)
    if (found.number, found.is_context, found.form) != (number, True, Form.DATA):
        raise WireError(f"{field}: context tag {number} expected, found {found.form} {found.number}")
    return found.content


def application(r: Reader, number: int, field: str) -> bytes:
    """The content of the next element, which must bear this application tag."""
    found = element(r)
    if (found.number, found.is_context) != (number, False):
        raise WireError(f"{field}: application tag {number} expected, found {found.form} {found.number}")
    return found.content


def opening(r: Reader, number: int, field: str) -> None:
    """Take an opening tag."""
    if element(r) != Element(number, True, Form.OPENING):
        raise WireError(f"{field}: opening tag {number} expected")


def enclosed(r: Reader, number: int, field: str) -> tuple[Element, ...]:
    """All elements up to the closing tag of this number, tags of constructed values among them."""
    found: list[Element] = []
    inside = [number]
    while True:
        one = element(r)
        if one.form is Form.CLOSING and one.number != inside.pop():
            raise WireError(f"{field}: closing tag {one.number} closes nothing")
        if not inside:
            return tuple(found)
        if one.form is Form.OPENING:
            inside.append(one.number)
        found.append(one)


def number(content: bytes, field: str) -> int:
    """An unsigned or enumerated value of 1 to 4 bytes."""
    if not 1 <= len(content) <= 4:
        raise WireError(f"{field}: 1 to 4 bytes expected, found {len(content)}")
    return int.from_bytes(content)


def device_instance(content: bytes, field: str) -> int:
    """The instance of an object identifier, which must be a device's."""
    if len(content) != 4:
        raise WireError(f"{field}: 4 bytes expected, found {len(content)}")
    kind, instance = divmod(int.from_bytes(content), 1 << 22)
    if kind != DEVICE:
        raise WireError(f"{field}: object type {DEVICE} expected, found {kind}")
    return instance


def character_string(content: bytes) -> str | Absent:
    """Text without the padding at its ends; absent where its character set is not read or its bytes are not of it.

    Some devices write Latin-1 where they state UTF-8.
    """
    if not content:
        return Absent("a character string without a character set")
    charset, raw = content[0], content[1:]
    codec, told = _CHARACTER_SETS.get(charset), f"character set {charset}"
    if charset == _CODE_PAGE_SET:
        page, raw = int.from_bytes(raw[:2]), raw[2:]
        codec, told = f"cp{page}" if page in _CODE_PAGES else None, f"{told} with code page {page}"
    if codec is None:
        return Absent(f"{told} is not read")
    try:
        return raw.decode(codec).strip(_FILL)
    except UnicodeDecodeError:
        is_latin = charset == 0 and _LATIN.fullmatch(raw)
        return raw.decode("latin-1").strip(_FILL) if is_latin else Absent(f"the bytes are not of {told}")
