"""Reading the elements of an nmap report: texts of bounded length, and the tables that scripts write."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_TEXT = 4096
MOST_VALUES = 256


def cut(text: str | None) -> str:
    """A text of the report, stripped and of bounded length."""
    return (text or "").strip()[:MOST_TEXT]


def number(text: str | None, most: int = 65535) -> int:
    """A number from 1 to `most`, or 0 when the text is none."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 10:
        return 0
    return int(text) if int(text) <= most else 0


def values(element: "Element") -> dict[str, str]:
    """The keyed texts directly inside a script or table."""
    return {e.get("key", ""): text for e in element.findall("elem") if e.get("key") and (text := cut(e.text))}


def listed(element: "Element | None") -> tuple[str, ...]:
    """The texts without a key directly inside a table, in order, each once."""
    if element is None:
        return ()
    found = (cut(e.text) for e in element.findall("elem")[:MOST_VALUES] if not e.get("key"))
    return tuple(dict.fromkeys(text for text in found if text))


def table(element: "Element", key: str) -> "Element | None":
    """The table of that name directly inside a script or table."""
    return next((e for e in element.findall("table") if e.get("key") == key), None)


def cpes(elements: list["Element"]) -> tuple[str, ...]:
    """CPE names, each once."""
    return tuple(dict.fromkeys(text for e in elements[:MOST_VALUES] if (text := cut(e.text)).startswith("cpe:")))
