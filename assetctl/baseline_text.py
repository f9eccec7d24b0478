"""The golden inventory as a file that people review, and the rules that may stand beside it.

Written in one way only: the same state gives the same bytes. Read strictly: what is not known is refused with file and
line. A file `rules.yaml` in the same folder holds rules for every zone, and for single ones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from assetctl.baseline import DEFAULT, FIELDS, MATCH_KEYS, PORTS, STATES, Approval, Entry, Golden, Rule, parts_of
from assetctl.errors import InputError
from assetctl.text import near

FORMAT = "1"
RULES_FILE = "rules.yaml"
Lines = Mapping[tuple[str | int, ...], int]
"""Line of each value of a file, by the way to it."""

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./ ")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"})


def written(golden: Golden) -> str:
    """The file of a golden inventory."""
    head: dict[str, object] = {"golden": FORMAT, "zone": golden.zone, "realm": golden.realm}
    head["decoders"], head["data"] = dict(sorted(golden.decoders.items())), dict(sorted(golden.data.items()))
    if golden.rules:
        head["rules"] = rules_plain(golden.rules)
    if golden.approvals:
        head["approvals"] = [approval_plain(one) for one in golden.approvals]
    head["entries"] = {one.key: entry_plain(one) for one in sorted(golden.entries, key=lambda one: one.key)}
    lines = ["# Approved state of one zone. Every value is text; a list means: one of these.", *_yaml(head, 0)]
    return "\n".join(lines) + "\n"


def entry_plain(entry: Entry) -> dict[str, Any]:
    """An entry as it stands in the file, empty parts left out."""
    row: dict[str, Any] = {"asset": entry.asset, "parent": entry.parent}
    row["match"] = {name: entry.match[name] for name in sorted(entry.match)}
    row["rules"] = rules_plain(entry.rules)
    row["facts"] = {name: _one_or_list(entry.facts[name]) for name in FIELDS if name in entry.facts}
    row[PORTS] = dict(sorted(entry.ports.items(), key=lambda port: _port_order(port[0])))
    row["evidence"] = list(entry.evidence)
    return {name: value for name, value in row.items() if value}


def approval_plain(one: Approval) -> dict[str, Any]:
    """An approval as it stands in the file."""
    row = {"on": one.on, "by": one.by, "reason": one.reason, "ticket": one.ticket, "changes": list(one.changes)}
    return {name: value for name, value in row.items() if value}


def needs_quotes(value: str) -> bool:
    """Whether some reader of YAML would take a bare value for something else than this text."""
    bare = value[:1].isalpha() and _PLAIN.issuperset(value) and not value.endswith(" ") and "  " not in value
    return not bare or value.casefold() in _WORDS


def read(root: object, *, file: str, lines: Lines | None = None, shared: Mapping[str, Rule] | None = None) -> Golden:
    """The values of a golden file, from YAML in which every scalar was left text.

    shared: rules that `read_rules` gave for its zone. Raises InputError with file and place when something is missing,
    unknown, told twice or of another form.
    """
    top = _Place(file, (), lines or {})
    table = top.table(root, {"golden", "zone", "realm", "decoders", "data", "rules", "approvals", "entries"})
    if table.get("golden") != FORMAT:
        found = str(table.get("golden"))[:60]
        raise top.at("golden").wrong(f'"{FORMAT}" expected, found {found!r}; write the file anew')
    place = top.at("entries")
    rows = place.table(table.get("entries", {}))
    entries = tuple(_entry(place.at(key), key, row) for key, row in sorted(rows.items()))
    _check_entries(place, entries)
    return Golden(
        zone=top.text(table, "zone"),
        realm=top.text(table, "realm"),
        entries=entries,
        decoders=top.texts(table, "decoders"),
        data=top.texts(table, "data"),
        rules=_rules(top, table),
        approvals=_approvals(top.at("approvals"), table.get("approvals", [])),
        shared=shared or {},
    )


def read_rules(root: object, *, zone: str, file: str, lines: Lines | None = None) -> Mapping[str, Rule]:
    """The rules of a rules file for one zone: those of the zone go before those for all. Raises InputError."""
    top = _Place(file, (), lines or {})
    table = top.table(root, {"golden_rules", "rules", "zones"})
    if table.get("golden_rules") != FORMAT:
        raise top.wrong(f'golden_rules: "{FORMAT}" expected, found {str(table.get("golden_rules"))[:60]!r}')
    place = top.at("zones")
    by_zone = {name: _rules_at(place.at(name), row) for name, row in place.table(table.get("zones", {})).items()}
    return {**_rules(top, table), **by_zone.get(zone, {})}


def _entry(place: "_Place", key: str, row: object) -> Entry:
    table = place.table(row, {"asset", "parent", "match", "facts", PORTS, "evidence", "rules"})
    facts = place.at("facts").table(table.get("facts", {}), set(FIELDS))
    match = place.texts(table, "match")
    place.at("match").table(match, set(MATCH_KEYS))
    for ip in parts_of(match.get("ip_address", "")):
        if not _is_ip(ip):
            raise place.at("match").at("ip_address").wrong(f"an IP address expected, found {ip[:60]!r}")
    states = place.texts(table, PORTS)
    for name, state in states.items():
        transport, _, number = name.partition("/")
        if transport not in ("tcp", "udp") or not _is_port(number) or state not in STATES:
            raise place.at(PORTS).at(name).wrong(f'"tcp/502: open" expected, found {name}: {state}')
    return Entry(
        key=key,
        asset=place.text(table, "asset") if "asset" in table else "",
        match=match,
        facts={name: place.at("facts").values(name, value) for name, value in facts.items()},
        ports=states,
        evidence=place.values("evidence", table.get("evidence", [])),
        parent=place.text(table, "parent") if "parent" in table else "",
        rules=_rules(place, table),
    )


def _check_entries(place: "_Place", entries: Iterable[Entry]) -> None:
    """Raise InputError for a part without its device, and for a device that stands twice."""
    keys: dict[str, str] = {}
    by_key = {entry.key: entry for entry in entries}
    for entry in by_key.values():
        if entry.parent and (entry.parent not in by_key or by_key[entry.parent].parent or entry.parent == entry.key):
            raise place.at(entry.key).at("parent").wrong(f"parent {entry.parent!r} is no entry of a device here")
        if entry.asset and keys.setdefault(entry.asset, entry.key) != entry.key:
            at = place.at(entry.key).at("asset")
            raise at.wrong(
                f"asset {entry.asset!r} a second time, it is {keys[entry.asset]!r} too; remove one of the two"
            )


def _approvals(place: "_Place", rows: object) -> tuple[Approval, ...]:
    if not isinstance(rows, list):
        raise place.wrong(f"a list of approvals expected, found {str(rows)[:60]!r}")
    found = []
    for number, row in enumerate(rows):
        here = place.at(number)
        table = here.table(row, {"on", "by", "reason", "ticket", "changes"})
        texts = {name: here.text(table, name) for name in ("on", "by", "reason")}
        ticket = here.text(table, "ticket") if "ticket" in table else ""
        found.append(Approval(**texts, changes=here.values("changes", table.get("changes", [])), ticket=ticket))
    return tuple(found)


def _rules(place: "_Place", table: Mapping[str, object]) -> Mapping[str, Rule]:
    return _rules_at(place.at("rules"), table.get("rules", {}))


def _rules_at(place: "_Place", row: object) -> Mapping[str, Rule]:
    known = {str(rule): rule for rule in Rule}
    table = place.table(row, {*FIELDS, PORTS, DEFAULT})
    for name in table:
        rule = place.text(table, name)
        if rule not in known:
            told = f"one of {', '.join(known)} expected, found {rule!r}{near(rule, tuple(known))}"
            raise place.at(name).wrong(told)
        if rule == Rule.AT_LEAST and not name.endswith("_version"):
            raise place.at(name).wrong("at_least compares versions; give exact, one_of or ignore")
    return {name: known[place.text(table, name)] for name in table}


def rules_plain(rules: Mapping[str, Rule]) -> dict[str, str]:
    return {name: str(rules[name]) for name in sorted(rules)}


def _one_or_list(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_port(number: str) -> bool:
    return number.isascii() and number.isdecimal() and len(number) <= 5 and int(number) <= 65535


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
                for item in value:
                    yield from _item(item, depth + 1)
            case _:
                yield f"{lead}{_scalar(name)}: {_scalar(str(value))}"


def _item(item: object, depth: int) -> Iterator[str]:
    lead = "  " * depth
    if not isinstance(item, Mapping):
        yield f"{lead}- {_scalar(str(item))}"
        return
    first, *more = _yaml(item, depth + 1)
    yield f"{lead}- {first.lstrip()}"
    yield from more


def _scalar(value: str) -> str:
    """A value as YAML text: bare where every reader takes it for text, else in quotes with escapes."""
    return '"' + "".join(_escaped(char) for char in value) + '"' if needs_quotes(value) else value


def _escaped(char: str) -> str:
    code = ord(char)
    if char in '"\\':
        return "\\" + char
    if 0xD800 <= code <= 0xDFFF:
        return "\\uFFFD"
    if char.isprintable():
        return char
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a file a value stands, for messages."""

    file: str
    way: tuple[str | int, ...]
    lines: Lines = field(default_factory=dict)

    def at(self, name: str | int) -> "_Place":
        return _Place(self.file, (*self.way, name), self.lines)

    def wrong(self, what: str) -> InputError:
        known = (self.lines.get(self.way[:length]) for length in range(len(self.way), 0, -1))
        line = next((f":{number}" for number in known if number), "")
        way = ".".join(map(str, self.way))
        return InputError(f"{self.file}{line}: {way}: {what}" if way else f"{self.file}{line}: {what}")

    def table(self, value: object, known: Iterable[str] = ()) -> Mapping[str, object]:
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise self.wrong(f"names with values expected, found {str(value)[:60]!r}")
        names = tuple(sorted(known))
        for name in value:
            if names and name not in names:
                said = f"unknown entry {name[:60]!r}{near(name, names)}; known are {', '.join(names)}"
                raise self.at(name).wrong(said)
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
