"""The golden file: what was approved as the state of one zone, as reviewed text and as values.

It holds what was observed of each device and of its ports, never how sure we were or which source said so. The header
names the decoders and data that read it, and every entry the evidence it rests on, so that a later reading of the same
bytes can be told from a change in the plant.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from assetctl import settle
from assetctl.errors import InputError
from assetctl.model import Asset, Fact, SubjectKind
from assetctl.text import near

FORMAT = "1"
FIELDS = (
    "manufacturer",
    "model",
    "order_code",
    "serial_number",
    "firmware_software_version",
    "hardware_version",
    "hostname",
    "ip_address",
    "asset_role_type",
)
MATCH_KEYS = ("ip_address", "mac_address", "serial_number", "part")
PORTS = "ports"
DEFAULT = "default"
STATES = ("open", "closed", "filtered")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./ ")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"})


class Rule(StrEnum):
    """How a field is compared. A list of values in the file always means: one of these."""

    EXACT = "exact"
    IGNORE = "ignore"
    AT_LEAST = "at_least"  # the version in the file or a later one
    ONE_OF = "one_of"


@dataclass(frozen=True, slots=True)
class Entry:
    """One device or part. key: its position, or its asset id where it has none. parent: key of the device of a part.

    facts: approved values by field, mostly one. ports: state by "tcp/502". evidence: hashes or ids of what it rests on.
    """

    key: str
    asset: str
    match: Mapping[str, str]
    facts: Mapping[str, tuple[str, ...]]
    ports: Mapping[str, str]
    evidence: tuple[str, ...] = ()
    parent: str = ""
    rules: Mapping[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Golden:
    """One zone as approved. decoders, data: versions of what read it. rules: by field, "ports" or "default"."""

    zone: str
    realm: str
    entries: tuple[Entry, ...]
    decoders: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)

    def rule(self, entry: Entry, name: str) -> Rule:
        """How a field of an entry is compared."""
        for rules in (entry.rules, self.rules):
            if name in rules:
                return rules[name]
        return self.rules.get(DEFAULT, Rule.EXACT)


def observed(asset: Asset) -> Mapping[str, Fact]:
    """The fact that stands for each key of an asset itself, of those that were not declared by people."""
    found: dict[str, Fact] = {}
    for fact in sorted(settle.current(asset.facts), key=settle.rank):
        if fact.subject.kind is SubjectKind.ASSET and fact.source.kind != settle.DECLARED:
            found.setdefault(fact.key, fact)
    return found


def ports(asset: Asset) -> Mapping[str, tuple[str, Fact]]:
    """State of each port that somebody looked at, and the fact that says so."""
    found: dict[str, tuple[str, Fact]] = {}
    for view in settle.services(asset):
        said = view.facts.get("port_state") or (view.facts.get("service_source") if view.is_open else None)
        state = view.state or "open"
        if said is not None and state in STATES:
            found[view.local_key] = state, said
    return found


def write(
    assets: Sequence[Asset],
    *,
    zone: str,
    realm: str,
    decoders: Mapping[str, str] = MappingProxyType({}),
    data: Mapping[str, str] = MappingProxyType({}),
    evidence: Mapping[str, Sequence[str]] = MappingProxyType({}),
    rules: Mapping[str, Rule] = MappingProxyType({}),
) -> str:
    """The golden file of one zone as YAML, the same for the same assets in any order.

    assets: those of the realm; the ones in the zone are written. evidence: by asset id; by default the exchanges that
    its facts name. rules: for the header.
    """
    inside = sorted((asset for asset in assets if asset.zone == zone and asset.realm == realm), key=key_of)
    keys = {asset.id: key_of(asset) for asset in inside}
    head: dict[str, object] = {"golden": FORMAT, "zone": zone, "realm": realm}
    head["decoders"], head["data"] = dict(sorted(decoders.items())), dict(sorted(data.items()))
    head["rules"] = {name: str(rule) for name, rule in sorted({DEFAULT: Rule.EXACT, **rules}.items())}
    entries = {keys[asset.id]: _plain(_entry(asset, keys, evidence.get(asset.id))) for asset in inside}
    lines = ["# Approved state of one zone. Every value is text; a list means: one of these.", *_yaml({**head}, 0)]
    return "\n".join([*lines, *_yaml({"entries": entries}, 0)]) + "\n"


def key_of(asset: Asset) -> str:
    """What an asset is called in a golden file: its position, or its id."""
    return asset.position or asset.id


def _entry(asset: Asset, keys: Mapping[str, str], evidence: Sequence[str] | None) -> Entry:
    facts = observed(asset)
    values = {name: settle.as_text(facts[name].value) for name in FIELDS if name in facts}
    addresses = () if asset.parent else settle.addresses(asset)
    if addresses:
        values["ip_address"] = ", ".join(addresses)
    match: dict[str, str] = {name: values[name] for name in ("ip_address", "serial_number") if name in values}
    if macs := settle.texts(asset, "mac_address"):
        match["mac_address"] = macs[0]
    if asset.parent and "part" in facts:
        match["part"] = settle.as_text(facts["part"].value)
    named = {fact.source.evidence for fact in facts.values() if fact.source.evidence}
    return Entry(
        key=key_of(asset),
        asset=asset.id,
        match=match,
        facts={name: (value,) for name, value in values.items()},
        ports={name: state for name, (state, _) in ports(asset).items()},
        evidence=tuple(sorted(named if evidence is None else set(evidence))),
        parent=keys.get(asset.parent or "", ""),
    )


def _plain(entry: Entry) -> Mapping[str, object]:
    row: dict[str, object] = {"asset": entry.asset, "parent": entry.parent, "match": dict(entry.match)}
    row["facts"] = {name: entry.facts[name][0] for name in FIELDS if name in entry.facts}
    row[PORTS] = dict(sorted(entry.ports.items(), key=lambda port: _port_order(port[0])))
    row["evidence"] = list(entry.evidence)
    return {name: value for name, value in row.items() if value}


def _port_order(local_key: str) -> tuple[str, int]:
    transport, _, number = local_key.partition("/")
    return transport, int(number)


def _yaml(table: Mapping[str, object], depth: int) -> Iterator[str]:
    lead = "  " * depth
    for name, value in table.items():
        match value:
            case Mapping() if value:
                yield f"{lead}{_scalar(name)}:"
                yield from _yaml(value, depth + 1)
            case Mapping():
                yield f"{lead}{_scalar(name)}: {{}}"
            case list():
                yield f"{lead}{_scalar(name)}:"
                yield from (f"{lead}  - {_scalar(str(item))}" for item in value)
            case _:
                yield f"{lead}{_scalar(name)}: {_scalar(str(value))}"


def _scalar(value: str) -> str:
    """A value as YAML text: bare where every reader takes it for text, else in quotes with escapes."""
    bare = value[:1].isalpha() and _PLAIN.issuperset(value) and not value.endswith(" ") and "  " not in value
    if bare and value.casefold() not in _WORDS:
        return value
    return '"' + "".join(_escaped(char) for char in value) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    if char in '"\\':
        return "\\" + char
    if char.isprintable() and not 0xD800 <= code <= 0xDFFF:
        return char
    if 0xD800 <= code <= 0xDFFF:
        return "\\uFFFD"
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def read(root: object, *, file: str) -> Golden:
    """The values of a golden file, from YAML in which every scalar was left text.

    Raises InputError with file and place when something is missing, unknown or of another form.
    """
    top = _Place(file, "")
    table = top.table(root, {"golden", "zone", "realm", "decoders", "data", "rules", "entries"})
    if table.get("golden") != FORMAT:
        raise InputError(f'{file}: golden: "{FORMAT}" expected, found {table.get("golden")!r}; write the file anew')
    entries = top.at("entries").table(table.get("entries", {}))
    read_entries = tuple(_read_entry(top.at("entries").at(key), key, row) for key, row in sorted(entries.items()))
    for entry in read_entries:
        if entry.parent and entry.parent not in entries:
            raise top.at("entries").at(entry.key).wrong(f"parent {entry.parent!r} is no entry of this file")
    return Golden(
        zone=top.text(table, "zone"),
        realm=top.text(table, "realm"),
        entries=read_entries,
        decoders=top.texts(table, "decoders"),
        data=top.texts(table, "data"),
        rules=_rules(top, table),
    )


def _read_entry(place: "_Place", key: str, row: object) -> Entry:
    table = place.table(row, {"asset", "parent", "match", "facts", PORTS, "evidence", "rules"})
    facts = place.at("facts").table(table.get("facts", {}), set(FIELDS))
    match = place.texts(table, "match")
    place.at("match").table(match, set(MATCH_KEYS))
    states = place.texts(table, PORTS)
    for name, state in states.items():
        transport, _, number = name.partition("/")
        if transport not in ("tcp", "udp") or not (number.isascii() and number.isdigit()) or state not in STATES:
            raise place.at(PORTS).wrong(f'"tcp/502: open" expected, found {name}: {state}')
    return Entry(
        key=key,
        asset=str(table.get("asset", "")),
        match=match,
        facts={name: place.at("facts").values(name, value) for name, value in facts.items()},
        ports=states,
        evidence=place.values("evidence", table.get("evidence", [])),
        parent=str(table.get("parent", "")),
        rules=_rules(place, table),
    )


def _rules(place: "_Place", table: Mapping[str, object]) -> Mapping[str, Rule]:
    known = {str(rule): rule for rule in Rule}
    named = place.texts(table, "rules")
    place.at("rules").table(named, {*FIELDS, PORTS, DEFAULT})
    for name, rule in named.items():
        if rule not in known:
            raise place.at("rules").wrong(f"{name}: one of {', '.join(known)} expected, found {rule!r}")
    return {name: known[rule] for name, rule in named.items()}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a file a value stands, for messages."""

    file: str
    way: str

    def at(self, name: str) -> "_Place":
        return _Place(self.file, f"{self.way}.{name}" if self.way else name)

    def wrong(self, what: str) -> InputError:
        return InputError(f"{self.file}: {self.way}: {what}" if self.way else f"{self.file}: {what}")

    def table(self, value: object, known: Iterable[str] = ()) -> Mapping[str, object]:
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise self.wrong(f"names with values expected, found {str(value)[:60]!r}")
        names = tuple(sorted(known))
        for name in value:
            if names and name not in names:
                raise self.wrong(f"unknown entry {name!r}{near(name, names)}; known are {', '.join(names)}")
        return value

    def text(self, table: Mapping[str, object], name: str) -> str:
        value = table.get(name, "")
        if not isinstance(value, str) or not value:
            raise self.at(name).wrong(f"a text expected, found {str(value)[:60]!r}")
        return value

    def texts(self, table: Mapping[str, object], name: str) -> Mapping[str, str]:
        place = self.at(name)
        rows = place.table(table.get(name, {}))
        return {key: place.text(rows, key) for key in rows}

    def values(self, name: str, value: object) -> tuple[str, ...]:
        """One text, or a list of texts."""
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) for item in items):
            raise self.at(name).wrong(f"a text or a list of texts expected, found {str(value)[:60]!r}")
        return tuple(items)
