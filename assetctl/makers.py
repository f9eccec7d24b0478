"""One spelling for every maker, and the maker behind an IANA enterprise number. The list is data/makers.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType

FILE = "makers.toml"
MOST_CHARACTERS = 256
_LEGAL_FORMS = frozenset(
    {"ag", "gmbh", "mbh", "kg", "co", "company", "inc", "incorporated", "ltd", "limited", "corp", "corporation"}
    | {"llc", "lp", "plc", "sa", "se", "spa", "srl", "bv", "nv", "ab", "oy", "as", "sas", "kk", "pte", "pty"}
)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Makers:
    """spellings: compared form -> written form. enterprises: IANA number -> written form. houses: brand -> owner."""

    spellings: Mapping[str, str]
    enterprises: Mapping[int, str]
    houses: Mapping[str, str]


def canonical(text: str) -> str:
    """The one spelling of a maker's name; a name that is not on the list, with its white space folded."""
    folded = " ".join(text[:MOST_CHARACTERS].split())
    return makers().spellings.get(compared(folded), folded)


def is_listed(name: str) -> bool:
    """Whether a name is on the list in exactly this spelling."""
    return makers().spellings.get(compared(name)) == name


def of_enterprise(number: int) -> str | None:
    """Maker of the devices that answer under an enterprise number; None when that says nothing about the device."""
    return makers().enterprises.get(number)


@lru_cache(maxsize=4096)
def house(name: str) -> str:
    """The company behind a brand or a division, where devices of one are sold under both names; else the maker itself.

    "Siemens Schweiz AG (Formerly: Cerberus AG)" is of the house of Siemens: a listed name stands at its beginning.
    "Mitsubishi Motors" is not of that of Mitsubishi Electric: what is short for a longer name stands for it alone.
    """
    words = compared(name).split()
    heads = [" ".join(words[:size]) for size in range(len(words), 0, -1)]
    listed = ((head, makers().spellings[head]) for head in heads if head in makers().spellings)
    known = next((maker for head, maker in listed if head == heads[0] or not _is_short_for(head, maker)), name)
    return makers().houses.get(known, known)


def _is_short_for(head: str, maker: str) -> bool:
    """Whether words are no more than the beginning of a maker's name."""
    return compared(maker).startswith(head + " ")


def compared(text: str) -> str:
    """The form in which two spellings are compared: words only, lower case, legal forms at the end left out."""
    words = _WORD.findall(text.casefold().replace(".", ""))
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words)


@cache
def makers() -> Makers:
    """The list as shipped. Raises ValueError when one spelling or number stands for two makers."""
    table = tomllib.loads(files("assetctl.data").joinpath(FILE).read_text("utf-8"))
    spellings: dict[str, str] = {}
    enterprises: dict[int, str] = {}
    for name, row in table.items():
        for spelling in (name, *row.get("aliases", ())):
            if spellings.setdefault(compared(spelling), name) != name:
                raise ValueError(f"{FILE}: {spelling!r} stands for {spellings[compared(spelling)]!r} and {name!r}")
        for number in row.get("enterprises", ()):
            if enterprises.setdefault(number, name) != name:
                raise ValueError(f"{FILE}: enterprise {number} stands for {enterprises[number]!r} and {name!r}")
    houses = {name: row["house"] for name, row in table.items() if "house" in row}
    return Makers(MappingProxyType(spellings), MappingProxyType(enterprises), MappingProxyType(houses))
