"""Zones and positions as people declare them: zones.yaml and register.yaml.

Zones may lie within each other, then the most specific network decides. Positions hold what is declared about a place
in the plant, whatever device stands there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from assetctl import text
from assetctl.documents import read_yaml
from assetctl.facts import vocabulary
from assetctl.forms import Form, fill
from assetctl.model import DEFAULT_REALM, Address, IPNetwork, Position, SubjectKind, Value, Zone
from assetctl.values import Filled, Mac, Name, Range, Realm, Text, address, one_of, shown

FOUNDATIONAL = ("IAC", "UC", "SI", "DC", "RDF", "TRE", "RA")
LEVELS = ("", "0", "1", "2", "3", "3.5", "4", "5")
CRITICALITIES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """The zones of one file. sha256: of its bytes, by which a report names what it judged by."""

    path: Path
    zones: tuple[Zone, ...]
    sha256: str


def _number(written: object) -> object:
    """A whole number from YAML text; anything else is left for the form to refuse."""
    return int(written) if isinstance(written, str) and written.isascii() and written.isdigit() else written


def _vector(written: object) -> object:
    """The same level for every foundational requirement from a single number; a mapping as it stands."""
    if isinstance(written, Mapping | _Vector):
        return written
    if written not in ("0", "1", "2", "3", "4"):
        raise ValueError(
            f"a level 0 to 4, or one for each of {', '.join(FOUNDATIONAL)} is expected, {shown(written)} was found"
        )
    return dict.fromkeys(FOUNDATIONAL, written)


def _texts(written: object) -> tuple[str, ...]:
    return tuple(written) if isinstance(written, list) and all(isinstance(one, str) for one in written) else ()


def _address_text(written: str) -> str:
    return str(address(written))


AddressText = Annotated[str, AfterValidator(_address_text)]
Level = Annotated[int, BeforeValidator(_number), Field(ge=0, le=4)]


class _Vector(Form):
    """SL-T by foundational requirement; one that is not named is not set."""

    IAC: Level | None = None
    UC: Level | None = None
    SI: Level | None = None
    DC: Level | None = None
    RDF: Level | None = None
    TRE: Level | None = None
    RA: Level | None = None


class _Zone(Form):
    id: Name
    realm: Realm = DEFAULT_REALM
    networks: Annotated[tuple[Range, ...], Field(min_length=1)]
    level: Annotated[str, AfterValidator(one_of(*LEVELS))] = ""
    owner: Text = ""
    sl_t: Annotated[_Vector, BeforeValidator(_vector)] = _Vector()

    def as_zone(self) -> Zone:
        levels = {name: level for name, level in self.sl_t.model_dump().items() if level is not None}
        return Zone(self.id, self.realm, self.networks, self.level, self.owner, levels)


class _Zones(Form):
    schema_number: Annotated[str, AfterValidator(one_of("1"))] = Field(default="1", alias="schema")
    zones: tuple[_Zone, ...]

    @model_validator(mode="after")
    def _agree(self) -> "_Zones":
        _refuse_twice("zone id", (zone.id for zone in self.zones))
        _refuse_twice("network", (f"{zone.realm}/{held}" for zone in self.zones for held in zone.networks))
        return self


class _Match(Form):
    """What ties a device to a position; all that are given must hold."""

    ip_address: AddressText | None = None
    mac_address: Mac | None = None
    serial_number: Filled | None = None
    hostname: Filled | None = None

    @model_validator(mode="after")
    def _ties(self) -> "_Match":
        if not self.model_dump(exclude_none=True):
            raise ValueError(f"at least one of {', '.join(type(self).model_fields)} is expected, none was found")
        return self


class _Position(Form):
    id: Filled
    realm: Realm = DEFAULT_REALM
    match: _Match
    declared: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _declares(self) -> "_Position":
        for key, written in self.declared.items():
            declared_value(key, written)
        return self

    def as_position(self, source: str, declared_at: datetime) -> Position:
        declared = {key: declared_value(key, written) for key, written in self.declared.items()}
        match = self.match.model_dump(exclude_none=True)
        return Position(self.id, self.realm, match, declared, source, declared_at)


class _Register(Form):
    schema_number: Annotated[str, AfterValidator(one_of("1"))] = Field(default="1", alias="schema")
    positions: tuple[_Position, ...]

    @model_validator(mode="after")
    def _agree(self) -> "_Register":
        _refuse_twice("position id", (position.id for position in self.positions))
        matches = (f"{p.realm}: {p.match.model_dump(exclude_none=True)}" for p in self.positions)
        _refuse_twice("match", matches)
        return self


def read_zones(path: Path) -> ZoneFile:
    """The zones of a zones.yaml. Raises InputError with one line per mistake."""
    document = read_yaml(path)
    zones = fill(_Zones, document).zones
    return ZoneFile(path, tuple(zone.as_zone() for zone in zones), document.sha256)


def read_register(path: Path, *, now: datetime) -> tuple[Position, ...]:
    """The positions of a register.yaml. now: since when they are said to hold, aware, in UTC."""
    positions = fill(_Register, read_yaml(path)).positions
    return tuple(one.as_position(path.name, now) for one in positions)


def zone_of(zones: Iterable[Zone], addresses: Iterable[Address]) -> str | None:
    """The zone in which a device with these addresses lies; an address in no zone does not count.

    None when no address lies in a zone, or when they lie in zones of which none is inside all the others.
    """
    declared = tuple(zones)
    found = {most for one in addresses if (most := _most_specific(declared, one))}
    if not found:
        return None
    inner, inner_id = max(found, key=lambda hit: (hit[0].prefixlen, hit[1]))
    related = all(zone_id == inner_id or _holds(outer, inner) for outer, zone_id in found)
    return inner_id if related else None


def declared_value(key: str, written: object) -> Value:
    """The value of a declared fact from its text, or list of texts, by the type that the vocabulary gives its key.

    Raises ValueError for an unknown key, one that is not about an asset, and a value of another type.
    """
    known = {name: fact for name, fact in vocabulary().items() if fact.kind is SubjectKind.ASSET}
    if key not in known:
        hint = text.near(key, tuple(known)) or "; docs/facts.md lists the keys"
        raise ValueError(f"declared: the fact {shown(key)} is unknown{hint}")
    expected = {"text": "a text", "texts": "a list of texts", "number": "a whole number", "flag": "true or false"}
    value = _typed(known[key].type, written)
    if value is None:
        raise ValueError(f"declared: {key}: {expected[known[key].type]} is expected, {shown(written)} was found")
    if key == "asset_criticality" and value not in CRITICALITIES:
        raise ValueError(f"declared: {key}: one of {', '.join(CRITICALITIES)} is expected, {shown(written)} was found")
    return value


def _typed(kind: str, written: object) -> Value | None:
    match kind, written:
        case "text", str() if written.strip():
            return written
        case "texts", list():
            return _texts(written) or None
        case "number", str() if isinstance(number := _number(written), int):
            return number
        case "flag", ("true" | "false"):
            return written == "true"
        case _:
            return None


def _most_specific(zones: Iterable[Zone], one: Address) -> tuple[IPNetwork, str] | None:
    held = [(net, zone.id) for zone in zones if zone.realm == one.realm for net in zone.networks if one.ip in net]
    return max(held, key=lambda hit: hit[0].prefixlen, default=None)


def _holds(outer: IPNetwork, inner: IPNetwork) -> bool:
    return outer.version == inner.version and outer.supernet_of(inner)  # type: ignore[arg-type]


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"the {what} {shown(name)} stands there twice; remove one")
        seen.add(name)
