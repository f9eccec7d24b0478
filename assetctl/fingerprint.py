"""Facts out of what a device wrote: patterns over one field each, and rules that give an asset its role.

The patterns live in fingerprints/*.toml, each with texts that match and texts that must not. The shipped ones are tried
by the tests and by `assetctl fingerprint test`; those of other folders whenever they are loaded, so that a file that
would read a text wrongly does not load. A wrong value is worse than none.
"""

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain
from types import MappingProxyType
from typing import Any

from assetctl import makers, oui, patterns, products
from assetctl.errors import InputError
from assetctl.facts import is_of_type, vocabulary
from assetctl.model import Claim, SubjectKind, Value
from assetctl.prints import ANY, Fingerprint, Fingerprints
from assetctl.sightings import Derived

CONFIDENCE = 75
ENTERPRISE_CONFIDENCE = 50
MAC_CONFIDENCE = 30
ROUNDS = 2  # a rule may read what a pattern found, and no further
_WITHIN_A_MAKER = frozenset({"model", "order_code"})  # two makers may call different things alike
_NUMBERED = frozenset({"snmp_enterprise_number", "mac_address"})  # read by lists of numbers, not by patterns
_KEYS = frozenset({"name", "pattern", "set", "confidence", "only", "examples", "not", "provenance"})
_FILE_KEYS = frozenset({"field", "provenance", "fingerprint"})
_FIELD = re.compile(r'^field = "(\w+)"$', re.MULTILINE)
ROLES = frozenset(
    {"plc", "rtu", "remote-io", "drive", "hmi", "sensor", "actuator", "robot", "ied", "power-meter", "inverter"}
    | {"building-controller", "communication-module", "gateway", "serial-server", "time-server"}
    | {"switch", "router", "firewall", "access-point", "server", "workstation", "storage", "management-controller"}
    | {"printer", "camera", "phone", "pdu", "ups", "cooling", "environment-monitor"}
)
"""Every role that a fingerprint may give."""


def derive(claims: Sequence[Claim], prints: Fingerprints | None = None) -> tuple[Derived, ...]:
    """What follows from one part's claims, each with the name of its rule; nothing that was claimed already.

    prints: from `load`; the shipped ones by default.
    """
    rules = prints or shipped()
    found = _Found({_what(claim) for claim in claims})
    reading = list(claims)
    named: set[str] = set()  # the house as whose product a name was read: no other has it
    for _ in range(ROUNDS):
        reading = [claim for claim in reading if claim.key in rules.over or claim.key in _NUMBERED]
        houses = _houses([*claims, *found.claims()]) | named
        fresh = found.take(derived for claim in reading for derived in _from(claim, rules, houses))
        if house := _house([*claims, *found.claims()]):
            of_house = found.take(derived for claim in reading for derived in _of_house(claim, rules, house))
            named |= {house for claim in of_house if claim.key in _WITHIN_A_MAKER}
            fresh += of_house
        fresh += found.take(_of_products(reading, chain(claims, found.claims())))
        reading = fresh
    return tuple(sorted(found.best.values(), key=lambda one: (one.rule, one.claim.key, one.claim.local_key)))


_What = tuple[SubjectKind, str, str, Value]


class _Found:
    """What was derived so far, each of it by the surest of its rules. known: what was claimed, and is not derived."""

    def __init__(self, known: set[_What]) -> None:
        self.known = known
        self.best: dict[_What, Derived] = {}

    def claims(self) -> Iterator[Claim]:
        return (one.claim for one in self.best.values())

    def take(self, rows: Iterable[Derived]) -> list[Claim]:
        """Keep what is new, or surer than before: that it is."""
        fresh: list[Claim] = []
        for one in rows:
            what = _what(one.claim)
            if what not in self.known and (what not in self.best or _is_better(one, self.best[what])):
                self.best[what] = one
                fresh.append(one.claim)
        return fresh


def _what(claim: Claim) -> _What:
    return claim.kind, claim.local_key, claim.key, claim.value


def _houses(claims: Iterable[Claim]) -> frozenset[str]:
    """Who is said to have made the device, by more than a number that its agent's maker may have chosen."""
    said = (one for one in claims if one.key == "manufacturer" and one.confidence > ENTERPRISE_CONFIDENCE)
    return frozenset(makers.house(str(one.value)) for one in said)


def _house(claims: Iterable[Claim]) -> str:
    """The house that is said most surely to have made the device, were it by a number; "" where two are, or none."""
    said = [one for one in claims if one.key == "manufacturer" and one.kind is SubjectKind.ASSET]
    surest = max((one.confidence for one in said), default=0)
    houses = {makers.house(str(one.value)) for one in said if one.confidence == surest}
    return houses.pop() if len(houses) == 1 else ""


def _is_better(one: Derived, other: Derived) -> bool:
    return (-one.claim.confidence, one.rule) < (-other.claim.confidence, other.rule)


def _from(claim: Claim, rules: Fingerprints, houses: frozenset[str]) -> Iterator[Derived]:
    if claim.key in rules.over and not isinstance(claim.value, tuple):
        yield from _printed(claim, rules, houses if claim.key in _WITHIN_A_MAKER else frozenset())
    if claim.key == "snmp_enterprise_number" and isinstance(claim.value, int):
        maker = makers.of_enterprise(claim.value)
        if maker:
            yield Derived(_claim("manufacturer", maker, claim, ENTERPRISE_CONFIDENCE), "enterprise-number")
    if claim.key == "mac_address" and claim.kind is SubjectKind.INTERFACE:
        maker = oui.maker(str(claim.value))
        if maker:
            yield Derived(_claim("mac_maker", makers.canonical(maker), claim, MAC_CONFIDENCE), "mac-prefix")


def _printed(claim: Claim, rules: Fingerprints, houses: frozenset[str]) -> Iterator[Derived]:
    yield from _read(claim, rules.first(claim.key, str(claim.value), houses))


def _of_house(claim: Claim, rules: Fingerprints, house: str) -> Iterator[Derived]:
    if claim.key in rules.over and not isinstance(claim.value, tuple):
        yield from _read(claim, rules.of_house(claim.key, str(claim.value), house))


def _of_products(reading: Iterable[Claim], told: Iterable[Claim]) -> list[Derived]:
    """What a sysObjectID stands for, where the device says no more and no other house is said to have made it."""
    arcs = (claim for claim in reading if claim.key == "sys_object_id")
    found = [(claim, product) for claim in arcs if (product := products.of(str(claim.value)))]
    houses = _houses(said := tuple(told) if found else ())
    return [
        Derived(_claim(key, value, claim, min(confidence, claim.confidence)), f"sysObjectID in {product.source}")
        for claim, product in found
        if not houses or houses & {makers.house(product.agent or product.maker), makers.house(product.maker)}
        for key, value, confidence in product.facts()
        if not _is_told(key, confidence, said)
    ]


def _is_told(key: str, confidence: int, said: Iterable[Claim]) -> bool:
    """Whether the device itself is said to be something, at least as surely."""
    return any(one.key == key and one.kind is SubjectKind.ASSET and one.confidence >= confidence for one in said)


def _read(claim: Claim, one: Fingerprint | None) -> Iterator[Derived]:
    values = one.read(str(claim.value)) if one else None
    if one and values is not None:
        for key, value in {**one.gives, **values}.items():
            yield Derived(_claim(key, value, claim, min(one.confidence, claim.confidence)), one.name)


def _claim(key: str, value: Value, origin: Claim, confidence: int) -> Claim:
    """A claim about the asset, or about the same service that the text came from."""
    kind = vocabulary()[key].kind
    local_key = origin.local_key if kind is origin.kind else ""
    return Claim(key, value, kind, local_key, origin.part, confidence)


@cache
def shipped() -> Fingerprints:
    """The fingerprints that come with the program, neither checked nor tried again."""
    by_field: dict[str, list[Traversable]] = {}
    for file in _toml_files(files("assetctl").joinpath("fingerprints")):
        for field in _FIELD.findall(file.read_text("utf-8")):
            by_field.setdefault(field, []).append(file)
    return Fingerprints({field: cache(partial(_over, field, tuple(rows))) for field, rows in by_field.items()})


def _over(field: str, rows: tuple[Traversable, ...]) -> tuple[Fingerprint, ...]:
    return tuple(one for file in rows for one in _file(file) if one.field == field)


def load(*folders: Traversable) -> Fingerprints:
    """All fingerprints of the folders in their order, files of a folder in the order of their names.

    Raises InputError with file and fingerprint when one breaks a rule, misreads an example or takes another's text.
    """
    prints = parse(*folders)
    for fault in faults(prints):
        raise InputError(fault)
    return prints


def parse(*folders: Traversable) -> Fingerprints:
    """As `load`, but the examples are not tried."""
    found: dict[str, list[Fingerprint]] = {}
    for one in (one for folder in folders for file in _toml_files(folder) for one in _file(file, _check)):
        found.setdefault(one.field, []).append(one)
    return Fingerprints(MappingProxyType({field: partial(tuple, rows) for field, rows in found.items()}))


def faults(prints: Fingerprints) -> Iterator[str]:
    """What the fingerprints say of themselves that is not so, one line each."""
    every = [one for rows in prints.by_field.values() for one in rows]
    times = Counter(one.name for one in every)
    yield from (f"fingerprint {name!r} stands there more than once: rename one" for name in times if times[name] > 1)
    for one in every:
        yield from (f"fingerprint {one.name}: {fault}" for fault in _faults(one, prints))


def _toml_files(folder: Traversable) -> list[Traversable]:
    return sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)


def _file(file: Traversable, check: Callable[[Fingerprint], None] | None = None) -> Iterable[Fingerprint]:
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"{file}: not readable as TOML: {error}") from None
    if not {"field", "fingerprint"} <= set(table) <= _FILE_KEYS or table["field"] not in vocabulary():
        wanted = '"field" (a fact key), "provenance" and a list of [[fingerprint]]'
        raise InputError(f"{file}: expected {wanted}, found {sorted(table)}")
    for at, row in enumerate(table["fingerprint"], 1):
        try:
            one = _fingerprint(table["field"], {"provenance": table.get("provenance", ""), **row})
            if check is not None:
                check(one)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{file}: fingerprint {at} {row.get('name', '')!r}: {error}") from None
        yield one


def _fingerprint(field: str, row: Mapping[str, Any]) -> Fingerprint:
    unknown = set(row) - _KEYS
    if unknown:
        raise ValueError(f"unknown entries {sorted(unknown)}; known are {sorted(_KEYS)}")
    source = str(row["pattern"])
    return Fingerprint(
        name=str(row["name"]),
        field=field,
        source=source,
        gives=dict(row.get("set", {})),
        confidence=int(row.get("confidence", CONFIDENCE)),
        examples=tuple((one["text"], dict(one.get("gives", {}))) for one in row["examples"]),
        others=tuple(row["not"]),
        provenance=str(row["provenance"]).strip(),
        beginnings=patterns.beginnings(source),
        only=str(row.get("only", "")),
    )


def _check(one: Fingerprint) -> None:
    """Raises ValueError when a rule is broken."""
    groups = one.pattern.groupindex
    if not one.examples or not one.others or not one.provenance:
        raise ValueError("at least one example, one text under not, and a provenance are needed")
    for key in groups:
        if key not in vocabulary() or vocabulary()[key].type != "text":
            raise ValueError(f"group {key!r} is no fact key of type text")
    if one.only not in ("", ANY) and not makers.is_listed(one.only):
        raise ValueError(f"only: the maker {one.only!r} is spelled {makers.canonical(one.only)!r}, or not on the list")
    _check_set(one.gives)


def _check_set(gives: Mapping[str, Value]) -> None:
    for key, value in gives.items():
        if key not in vocabulary() or not is_of_type(vocabulary()[key], value):
            raise ValueError(f"set: {key!r} is no fact key, or {value!r} is not of its type")
    maker = gives.get("manufacturer")
    if maker is not None and not makers.is_listed(str(maker)):
        raise ValueError(f"set: the maker {maker!r} is spelled {makers.canonical(str(maker))!r}, or not on the list")
    if gives.get("asset_role_type", "plc") not in ROLES:
        raise ValueError(f"set: the role {gives['asset_role_type']!r} is not one of {', '.join(sorted(ROLES))}")


def _faults(one: Fingerprint, prints: Fingerprints) -> Iterator[str]:
    """Every example is read by its own fingerprint with its values, and every counter-example is not."""
    used: set[str] = set()
    for text, values in one.examples:
        house = makers.house(one.only)
        reader = prints.of_house(one.field, text, house) if one.only else prints.first(one.field, text)
        if reader is not one:
            yield f"{text!r} is read by {reader.name if reader else 'none'}"
        elif one.read(text) != values:
            yield f"{text!r} gives {one.read(text)}, expected {values}"
        used |= set(values)
    missing = sorted(set(one.pattern.groupindex) - used)
    if missing:
        yield f"no example shows {', '.join(missing)}"
    yield from (f"{text!r} must not match, but does" for text in one.others if one.read(text) is not None)


def data_versions() -> Mapping[str, str]:
    """A short hash of each data file that readings depend on; a golden file names them."""
    data, prints = files("assetctl.data"), files("assetctl").joinpath("fingerprints")
    tables = {name: [data.joinpath(name)] for name in (makers.FILE, oui.FILE)}
    tables["fingerprints"] = _toml_files(prints)
    tables["products"] = [*products.every()]
    return {
        name: hashlib.sha256(b"\0".join(one.read_bytes() for one in rows)).hexdigest()[:12]
        for name, rows in sorted(tables.items())
    }
