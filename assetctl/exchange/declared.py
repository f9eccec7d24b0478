"""One cell of a hand-kept list -> a value of its fact key, or the reason why it is none."""

import re
from collections.abc import Callable
from ipaddress import ip_address

from assetctl import keys, makers, oui
from assetctl.exchange.columns import folded
from assetctl.facts import vocabulary
from assetctl.model import Value
from assetctl.text import is_plain

MOST_TEXT = 2000
MOST_NAME = 200
MOST_VALUES = 64

_NOTHING = frozenset(
    {"-", "--", "---", "n/a", "na", "n.a.", "k.a.", "k. a.", "?", "??", "none", "null", "keine", "kein", "unknown"}
    | {"unbekannt", "tbd", "t.b.d.", "#n/a", "#nv", "nicht vorhanden", "nicht bekannt", "–", "/"}
)
_CRITICALITY = {
    "high": ("high", "h", "hoch", "sehr hoch", "very high", "critical", "kritisch"),
    "medium": ("medium", "m", "mittel", "normal", "moderate"),
    "low": ("low", "l", "n", "niedrig", "gering", "unkritisch", "not critical"),
}
_YES = frozenset({"yes", "y", "ja", "j", "true", "wahr", "x", "1"})
_NO = frozenset({"no", "n", "nein", "false", "falsch", "0"})
_SEPARATORS = re.compile(r"[,;\n|]")
_LEADING_ZERO = re.compile(r"(?:\A|\.)0[0-9]")
_DOTTED = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){3}\Z")
_NUMBER = re.compile(r"[0-9]{1,9}\Z")
_LIST = re.compile(r"[,;\s]+")
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]{1,14})?E\+[0-9]{2,3}\Z")  # what spreadsheets show of a long number
_MONTH = r"(?:jan|feb|m[aä]r|mrz|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]{0,8}\.?"
_DAY = re.compile(rf"(?:[0-9]{{1,2}}[. -]{{1,2}}{_MONTH}|{_MONTH}[ -][0-9]{{2,4}})\Z", re.IGNORECASE)
_UNDATED = frozenset(
    {"firmware_software_version", "hardware_version", "os_version", "serial_number", "order_code", "asset_number"}
)
_SUMS = frozenset({"total", "totals", "sum", "subtotal", "grand total", "summe", "gesamt", "gesamtsumme"})
_AS_TEXT = "make the column a text, type the value again and save"
MADE_A_FLAG = f"a spreadsheet has made TRUE or FALSE of it; {_AS_TEXT}"
MADE_A_DATE = f"a spreadsheet has made a date of it; {_AS_TEXT}"


def is_nothing(text: str) -> bool:
    """Whether people mean "no value" by it."""
    return text.strip().casefold() in _NOTHING or not text.strip()


def parse(key: str, text: str) -> Value:
    """The value of a fact key that a cell declares. Raises ValueError with what is expected and what was found."""
    if _ROUNDED.match(text):
        raise ValueError(f"a spreadsheet has rounded this number; {_AS_TEXT}")
    if key in _UNDATED and _DAY.match(text):
        raise ValueError(MADE_A_DATE)
    if key in _READERS:
        return _READERS[key](text)
    match vocabulary()[key].type:
        case "number":
            if not _NUMBER.match(text):
                raise ValueError("a whole number is expected")
            return int(text)
        case "flag":
            return _flag(text)
        case "texts":
            values = (" ".join(part.split()) for part in _SEPARATORS.split(text[:MOST_TEXT]))
            return tuple(dict.fromkeys(value for value in values if value))[:MOST_VALUES]
    return _text(text)


def may_be_a_date(key: str) -> bool:
    """Whether a cell with a day in it can be meant: a version or a name such as 1.2 or 3-4 is made one unasked."""
    return key not in _UNDATED | {"position", "model", "hostname", "ip_address", "mac_address"}


def first_address(text: str) -> tuple[str, tuple[str, ...]]:
    """The first of the addresses in a cell, and the others, which a position cannot also be found by.

    10,20,1,7 is not four of them.
    """
    parts = [part for part in _LIST.split(text.strip()) if part]
    if all(part.isdigit() for part in parts[:2]):
        return text, ()
    return (parts[0] if parts else "", tuple(parts[1:]))


def position_id(text: str) -> str:
    """An identifier of a position. Raises ValueError when it is too long, holds hidden characters or heads a sum."""
    name = " ".join(text.split())
    if name.casefold().rstrip(":") in _SUMS:
        raise ValueError("a sum, not a position")
    if len(name) > MOST_NAME or not is_plain(name):
        raise ValueError(f"an identifier of at most {MOST_NAME} visible characters is expected")
    return name


def _text(text: str) -> str:
    if len(text) > MOST_TEXT:
        raise ValueError(f"longer than {MOST_TEXT} characters")
    return " ".join(text.split())


def _address(text: str) -> str:
    """An address; a prefix length behind it is left out."""
    bare = text.partition("/")[0].strip()
    if _DOTTED.match(bare) and _LEADING_ZERO.search(bare):
        plain = ".".join(str(int(part)) for part in bare.split("."))
        raise ValueError(f"leading zeros make it unclear; write {plain} if that is meant")
    try:
        found = ip_address(bare)
    except ValueError:
        raise ValueError("not an IP address such as 10.20.1.7 or fd00::7") from None
    if found.is_multicast or found.is_unspecified or str(found) == "255.255.255.255" or "%" in bare:
        raise ValueError("not the address of one device")
    return str(found)


def _mac(text: str) -> str:
    found = oui.normal(text)
    if found is None:
        raise ValueError("not a MAC address such as 00:1B:1B:00:00:01")
    if int(found[:2], 16) & 1 or found == "00:00:00:00:00:00":
        raise ValueError("not the MAC address of one device")
    return found


def _serial(text: str) -> str:
    if keys.serial_number(text, maker="any") is None:
        raise ValueError("stands for no serial number")
    return _text(text)


def _hostname(text: str) -> str:
    name = _text(text)
    if len(name) > 253 or not is_plain(name):
        raise ValueError("a name of at most 253 visible characters is expected")
    return name


def _criticality(text: str) -> str:
    word = folded(text)
    for level, words in _CRITICALITY.items():
        if word in words:
            return level
    raise ValueError("high, medium or low (hoch, mittel, niedrig) is expected")


def _flag(text: str) -> bool:
    word = text.strip().casefold()
    if word not in _YES | _NO:
        raise ValueError("yes or no is expected")
    return word in _YES


def _manufacturer(text: str) -> str:
    return makers.canonical(_text(text))


_READERS: dict[str, Callable[[str], Value]] = {
    "asset_criticality": _criticality,
    "hostname": _hostname,
    "ip_address": _address,
    "mac_address": _mac,
    "manufacturer": _manufacturer,
    "serial_number": _serial,
}
