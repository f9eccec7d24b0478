"""The printed lines of a walk -> a name and its value each, put together where a value goes over several lines.

A walk is printed with a mark between name and value, " = ", or without one (-Oq). A text in quotes goes on until they
close, hexadecimal bytes and text without quotes until the next name or a word of the tool itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assetctl.exchange.walk_names import oid_of
from assetctl.exchange.walk_values import NOTHING

MOST_LINES_OF_A_VALUE = 2000
_BEGUN = re.compile(r"\s{0,32}(\S{1,512}) = (.*)\Z", re.DOTALL)
_BARE = re.compile(
    r"\s{0,32}((?:[\w-]{1,64}::)?[\w.-]{1,400}(?:\.\d{1,10}|\[\d{1,10}\]|UpTimeInstance)) (.*)\Z", re.DOTALL
)
_QUOTED = re.compile(r'(?:Wrong Type [^:]{0,80}: )?(?:STRING: )?"')
_PLAIN = re.compile(r"(?:Wrong Type [^:]{0,80}: )?STRING: ")
_OCTETS = re.compile(r"[\s0-9A-Fa-f:]*(?:\[.{0,64}\])?\s*\Z")
_SHELL = re.compile(r"\A\S{0,80}[$#>%]\s*\Z|\bsnmp(?:bulk)?(?:walk|get|getnext)\b")
_TOOL = (
    *NOTHING,
    "Timeout",
    "Error ",
    "Reason:",
    "Failed object",
    "MIB search path",
    "Cannot find module",
    "End of MIB",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One object as it was printed. number: of its first line. name: "" where there is none, for what is no object."""

    number: int
    name: str
    value: str


def lines_of(text: str) -> list[str]:
    """The lines of a text, also of one from Windows; a carriage return within a value stays."""
    lines = text.split("\n")
    ended = sum(line.endswith("\r") for line in lines)
    if ended * 10 >= (len(lines) - 1) * 9:
        lines = [line.removesuffix("\r") for line in lines]
    return lines


def printed(lines: list[str]) -> Iterator[Line]:
    """Every object, and every line that is none."""
    is_bare = not any(_BEGUN.match(line) for line in lines)
    at = 0
    while at < len(lines):
        number, found = at + 1, _begun(lines[at], is_bare=is_bare)
        line, at = lines[at], at + 1
        if found is None:
            if line.strip() and not line.strip().startswith(NOTHING):
                yield Line(number, "", line)
            continue
        more = _more(found[1], lines, at, is_bare=is_bare)
        at += len(more)
        separator = " " if _is_hex(found[1]) else "\n"
        yield Line(number, found[0], separator.join((found[1], *more)))


def _begun(line: str, *, is_bare: bool) -> tuple[str, str] | None:
    """Name and value of the line with which an object begins."""
    found = _BEGUN.match(line) if not is_bare else _BARE.match(line)
    if found is None or (is_bare and oid_of(found[1]) is None):
        return None
    return found[1], found[2]


def _more(value: str, lines: list[str], at: int, *, is_bare: bool) -> list[str]:
    """The lines that go on with a value."""
    is_hex, is_text, is_plain = _is_hex(value), bool(_QUOTED.match(value)), bool(_PLAIN.match(value))
    if not (is_hex or is_text or is_plain):
        return []
    piece, more = value.partition('"')[2] if is_text else value, list[str]()
    for line in lines[at : at + MOST_LINES_OF_A_VALUE]:
        if (is_text and _is_closed(piece)) or _begun(line, is_bare=is_bare):
            break
        if (is_hex and not _OCTETS.match(line)) or (not is_text and _is_of_tool(line)):
            break
        more.append(line)
        piece = line
    while more and not is_text and not more[-1].strip():
        del more[-1]
    return more


def _is_hex(value: str) -> bool:
    return value.startswith(("Hex-STRING: ", "BITS: ", "OPAQUE: ")) or "): Hex-STRING: " in value[:100]


def _is_closed(piece: str) -> bool:
    """Whether a text ends with this line, in a quote that no backslash takes back."""
    if not piece.endswith('"'):
        return False
    before = piece[:-1]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 0


def _is_of_tool(line: str) -> bool:
    """Whether the tool or the shell says it."""
    return line.startswith(_TOOL) or _SHELL.search(line[:200]) is not None
