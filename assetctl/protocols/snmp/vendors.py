"""Identity objects that makers keep in their own part of the tree, for what ENTITY-MIB does not tell of a device.

Which objects are asked of which agent stands in vendors.toml: the entry with the longest prefix of the agent's
sysObjectID, and of that entry only the objects for facts that are still missing. Where several makers' agents share a
prefix, the entries are asked in turn until one has an answer. Every object there is a scalar, or a
column in a row that the MIB fixes; its meaning in the MIB is exactly the fact. An agent without it says noSuchObject,
which claims nothing. Of several objects for one fact the first that has a value counts.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, overload

from assetctl.model import Claim
from assetctl.protocols.snmp.claims import number, text
from assetctl.protocols.snmp.codec import Varbind
from assetctl.protocols.snmp.entities import plain_version
from assetctl.protocols.snmp.objects import Oid, Subsets

KEYS = frozenset(
    {"manufacturer", "model", "order_code", "serial_number", "firmware_software_version", "hardware_version"}
)
CONFIDENCE = 85  # above what a description is read for, below the chassis in ENTITY-MIB
MOST_TEXT = 256
MOST_QUESTIONS = 6  # one; agents of version 1 get one for each group of objects, and for each object they lack


class Form(StrEnum):
    """How a value is told. A number counts only where the MIB has one for the fact."""

    TEXT = "text"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One object with its instance. source: MIB module and name. tells: the maker, where only that maker has it.

    pattern: of the whole text, with the value as its group; None where the text itself is the value.
    """

    oid: Oid
    key: str
    source: str
    form: Form = Form.TEXT
    tells: str = ""
    pattern: re.Pattern[str] | None = None

    def value(self, row: Mapping[Oid, Varbind]) -> str:
        """What the agent gave for it; "" for nothing, a placeholder, another type, or signs that no label has."""
        if self.form is Form.NUMBER:
            return str(number(row, self.oid) or "")
        found = text(row, self.oid)[:MOST_TEXT]
        if self.pattern is not None:
            shaped = self.pattern.fullmatch(found)
            found = shaped[1] if shaped else ""
        if not found.isprintable():
            return ""
        return plain_version(found) if self.key == "firmware_software_version" else found


@dataclass(frozen=True, slots=True)
class Entry:
    """What is asked of agents whose sysObjectID begins with one of the prefixes."""

    maker: str
    prefixes: tuple[Oid, ...]
    scalars: tuple[Scalar, ...]

    @property
    def is_shared(self) -> bool:
        """Whether agents of several makers have the prefix, most of them none of the objects."""
        return any(scalar.tells for scalar in self.scalars)

    def missing(self, told: frozenset[str]) -> tuple[Scalar, ...]:
        """The objects for facts that are not told yet; none where only the maker would be."""
        wanted = tuple(scalar for scalar in self.scalars if scalar.key not in told)
        return wanted if any(scalar.key != "manufacturer" for scalar in wanted) else ()


@cache
def entries() -> tuple[Entry, ...]:
    """The entries of vendors.toml."""
    table = tomllib.loads(files("assetctl.protocols.snmp").joinpath("vendors.toml").read_text("utf-8"))
    shared = {name: tuple(map(_scalar, rows)) for name, rows in table["standard"].items()}
    return tuple(_entry(row, shared) for row in table["maker"])


def _entry(row: Mapping[str, Any], shared: Mapping[str, tuple[Scalar, ...]]) -> Entry:
    own = tuple(map(_scalar, row.get("objects", ())))
    standard = tuple(scalar for name in row.get("standard", ()) for scalar in shared[name])
    return Entry(str(row["maker"]), tuple(map(oid, row["prefixes"])), own + standard)


def _scalar(row: Mapping[str, Any]) -> Scalar:
    form = Form(row.get("form", Form.TEXT))
    pattern = re.compile(row["pattern"], re.ASCII) if "pattern" in row else None
    return Scalar(oid(row["oid"]), str(row["key"]), str(row["source"]), form, str(row.get("tells", "")), pattern)


def oid(dotted: str) -> Oid:
    return tuple(map(int, dotted.split(".")))


def entries_of(sys_object_id: Oid) -> tuple[Entry, ...]:
    """The entries with the longest prefix of a sysObjectID; several where agents of more makers share it than one Get
    has room for, none where nothing of its maker is known."""
    known = _by_prefix()
    sizes = range(len(sys_object_id), 0, -1)
    return next((found for size in sizes if (found := known.get(sys_object_id[:size]))), ())


@cache
def _by_prefix() -> Mapping[Oid, tuple[Entry, ...]]:
    found: dict[Oid, tuple[Entry, ...]] = {}
    for entry in entries():
        for prefix in entry.prefixes:
            found[prefix] = (*found.get(prefix, ()), entry)
    return found


def groups(scalars: Sequence[Scalar]) -> tuple[tuple[Oid, ...], ...]:
    """The objects by the group of the MIB that they are in."""
    by_group: dict[Oid, list[Oid]] = {}
    for scalar in scalars:
        by_group.setdefault(scalar.oid[:-2], []).append(scalar.oid)
    return tuple(map(tuple, by_group.values()))


def vendor_claims(scalars: Sequence[Scalar], row: Mapping[Oid, Varbind]) -> Iterator[Claim]:
    """One claim for each fact that an object has a value for; and its maker, where only that maker has the object."""
    told: dict[str, str] = {}
    for scalar in scalars:
        if value := scalar.value(row):
            told.setdefault(scalar.key, value)
            if scalar.tells:
                told.setdefault("manufacturer", scalar.tells)
    return (Claim(key, value, confidence=CONFIDENCE) for key, value in told.items())


class Selections(Sequence[tuple[Oid, ...]]):
    """Every selection of the objects of one entry, over all entries."""

    def __init__(self) -> None:
        self._subsets = tuple(Subsets(scalar.oid for scalar in entry.scalars) for entry in entries())

    def __len__(self) -> int:
        return sum(map(len, self._subsets))

    @overload
    def __getitem__(self, index: int) -> tuple[Oid, ...]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[Oid, ...]]: ...
    def __getitem__(self, index: int | slice) -> tuple[Oid, ...] | Sequence[tuple[Oid, ...]]:
        if isinstance(index, slice):
            return tuple(self[at] for at in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        at = index % len(self)
        for subsets in self._subsets:
            if at < len(subsets):
                return subsets[at]
            at -= len(subsets)
        raise IndexError(index)

    def __repr__(self) -> str:
        return f"of one maker: {', '.join(map(repr, self._subsets))}"
