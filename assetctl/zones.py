"""Zones and positions as people declare them: zones.yaml and register.yaml.

Zones may lie within each other, then the most specific network decides. Positions hold what is declared about a place
in the plant, whatever device stands there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from assetctl import text
from assetctl.documents import Document, parse_yaml, read_yaml
from assetctl.errors import InputError
from assetctl.facts import FactKey, vocabulary
from assetctl.forms import MOST_ERRORS, Form, fill
from assetctl.model import (
    DEFAULT_REALM,
    Address,
    Conduit,
    IPNetwork,
    Position,
    Retirement,
    SignOff,
    SubjectKind,
    Value,
    Zone,
)
from assetctl.values import Filled, Mac, Realm, address, one_of, shown
from assetctl.zone_forms import CRITICALITIES, ConduitForm, Day, File1, File2, newer_keys, whole
from assetctl.zone_rules import Problem, disagreements, early


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """The zones and conduits of one file. sha256: of its bytes, by which a report names what it judged by.

    document: what the file holds, for the place of each value. system, standard, approvals: of the system under
    consideration, "" and none where the file does not describe it.
    """

    path: Path
    zones: tuple[Zone, ...]
    sha256: str
    conduits: tuple[Conduit, ...] = ()
    system: str = ""
    standard: str = ""
    approvals: tuple[SignOff, ...] = ()
    schema: str = "1"
    document: Document | None = None


def _texts(written: object) -> tuple[str, ...]:
    return tuple(written) if isinstance(written, list) and all(isinstance(one, str) for one in written) else ()


def _address_text(written: str) -> str:
    return str(address(written))


AddressText = Annotated[str, AfterValidator(_address_text)]


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


class _Retired(Form):
    by: Filled
    on: Day
    reason: Filled


class _Position(Form):
    id: Filled
    realm: Realm = DEFAULT_REALM
    match: _Match
    declared: Mapping[str, Any] = Field(default_factory=dict)
    retired: _Retired | None = None

    @model_validator(mode="after")
    def _declares(self) -> "_Position":
        for key, written in self.declared.items():
            declared_value(key, written)
        return self

    def as_position(self, source: str, declared_at: datetime) -> Position:
        declared = {key: declared_value(key, written) for key, written in self.declared.items()}
        match = self.match.model_dump(exclude_none=True)
        retired = Retirement(self.retired.by, self.retired.on, self.retired.reason) if self.retired else None
        return Position(self.id, self.realm, match, declared, source, declared_at, retired)


class _Register(Form):
    schema_number: Annotated[str, AfterValidator(one_of("1"))] = Field(default="1", alias="schema")
    positions: tuple[_Position, ...]

    @model_validator(mode="after")
    def _agree(self) -> "_Register":
        _refuse_twice("position id", (position.id for position in self.positions))
        matches = (f"{p.realm}: {p.match.model_dump(exclude_none=True)}" for p in self.positions)
        _refuse_twice("match", matches)
        return self


REGISTER_FORM = _Register


def read_zones(path: Path, *, now: datetime | None = None) -> ZoneFile:
    """The zones and conduits of a zones.yaml. Raises InputError with one line per mistake.

    now: against which the dates of approvals are held; None when they are not looked at.
    """
    return _zone_file(read_yaml(path), now)


def parse_zones(written: str, path: Path, *, now: datetime) -> ZoneFile:
    """As `read_zones`, from the text that is to become the file."""
    return _zone_file(parse_yaml(written, path), now)


def _zone_file(document: Document, now: datetime | None) -> ZoneFile:
    if not isinstance(document.root, dict) or document.root.get("schema", "1") != "2":
        _refuse_newer(document)
        old = fill(File1, document)
        found = ZoneFile(document.path, tuple(zone.as_zone() for zone in old.zones), document.sha256)
    else:
        found = _of_schema_2(fill(File2, document), document)
    _agree(found, document, now.date() if now else None)
    return replace(found, document=document)


def _of_schema_2(form: File2, document: Document) -> ZoneFile:
    suc = form.suc
    return ZoneFile(
        path=document.path,
        zones=tuple(zone.as_zone() for zone in form.zones),
        sha256=document.sha256,
        conduits=tuple(_conduit(one, at, document) for at, one in enumerate(form.conduits)),
        system=suc.id if suc else "",
        standard=suc.standard if suc else "",
        approvals=tuple(one.as_sign_off() for one in suc.approvals) if suc else (),
        schema=form.schema_number,
    )


def _conduit(form: ConduitForm, at: int, document: Document) -> Conduit:
    try:
        return form.as_conduit()
    except ValueError as error:
        problem = f"{document.place(('conduits', at, 'allow'))}: conduit {form.id}: {error}"
    raise InputError(problem)


def _refuse_newer(document: Document) -> None:
    """What only schema 2 has, in a file that says schema 1 or nothing."""
    root = document.root if isinstance(document.root, dict) else {}
    if root.get("schema", "1") == "1" and (found := newer_keys(root)):
        key = str(found[0][-1])
        raise InputError(f'{document.place(found[0])}: the key "{key}" is of schema 2; write schema: 2 at the top')


def _agree(found: ZoneFile, document: Document, today: date | None) -> None:
    lines = [f"{document.place(way)}: {said}" for way, said in _problems(found, today)]
    if len(lines) > MOST_ERRORS:
        lines = [*lines[:MOST_ERRORS], f"{document.path}: and {len(lines) - MOST_ERRORS} more"]
    if lines:
        raise InputError("\n".join(lines))


def _problems(found: ZoneFile, today: date | None) -> Iterator[Problem]:
    nested_by_range = found.schema == "1"
    yield from disagreements(found.zones, found.conduits, nested_by_range=nested_by_range, today=today)
    if today is not None:
        yield from early(found.approvals, ("suc",), today)


def read_register(path: Path, *, now: datetime, since: datetime | None = None) -> tuple[Position, ...]:
    """The positions of a register.yaml. now, since: aware, in UTC.

    since: from when on they are said to hold, such as when the file was last written; now when not given.
    """
    return register_of(read_yaml(path), now=now, since=since)


def register_of(document: Document, *, now: datetime, since: datetime | None = None) -> tuple[Position, ...]:
    """As `read_register`, from a document."""
    positions = fill(_Register, document).positions
    for at, one in enumerate(positions):
        if one.retired and one.retired.on > now.date():
            place = document.place(("positions", at, "retired", "on"))
            raise InputError(f"{place}: {one.retired.on} lies in the future (today is {now.date()}); correct the date")
    return tuple(one.as_position(document.path.name, since or now) for one in positions)


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
    known = _declarable()
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


@cache
def _declarable() -> Mapping[str, FactKey]:
    return {name: fact for name, fact in vocabulary().items() if fact.kind is SubjectKind.ASSET}


def _typed(kind: str, written: object) -> Value | None:
    match kind, written:
        case "text", str() if written.strip():
            return written
        case "texts", list():
            return _texts(written) or None
        case "number", str() if isinstance(number := whole(written), int):
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
