"""What would have to be made or changed in a NetBox so that it holds an inventory. Nothing is ever deleted or emptied.

NetBox is asked through a function, so that a recording or a test can answer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_interface, ip_network
from typing import Any
from urllib.parse import quote_plus

from assetctl.exchange.out_netbox_names import UNKNOWN
from assetctl.exchange.out_netbox_objects import KINDS, OURS, Kind, Link, Objects, Ref, Value, Wanted, Way

MOST_QUERY = 2000  # characters; NetBox's own server takes a request line of 4094
Record = Mapping[str, Any]
Ask = Callable[[str, Sequence[tuple[str, str]]], Iterable[Record]]
"""All records at a path that a query finds."""


@dataclass(frozen=True, slots=True)
class Step:
    """One object to be made or changed. old: what the fields hold that are changed."""

    ref: Ref
    is_new: bool
    fields: Mapping[str, Value]
    old: Mapping[str, str]

    @property
    def path(self) -> str:
        return KINDS[self.ref.kind].path


@dataclass(frozen=True, slots=True)
class Compared:
    """The steps in the order in which they can be done. ids: of what exists. left_out: in words, why."""

    steps: tuple[Step, ...]
    ids: Mapping[Ref, int]
    left_out: tuple[str, ...]


def compare(objects: Objects, ask: Ask) -> Compared:
    """The steps that lead from what a NetBox holds to what is wanted."""
    made = _Comparison(ask)
    steps = [step for name in KINDS for step in made.kind(name, [w for w in objects.wanted if w.ref.kind == name])]
    steps += made.linked(objects.links)
    return Compared(tuple(steps), made.ids, (*objects.left_out, *made.left_out))


class _Comparison:
    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.ids: dict[Ref, int] = {}
        self.left_out: list[str] = []
        self._records: dict[Ref, Record] = {}
        self._out: set[Ref] = set()

    def kind(self, name: str, wanted: Sequence[Wanted]) -> Iterator[Step]:
        """The steps for all objects of one kind; those of the kinds before it are known."""
        here = [one for one in wanted if not self._out_with(one)]
        if name == "cables":
            yield from self._cables(here)
            return
        self._find(KINDS[name], here)
        for one in here:
            if one.ref in self._out:
                continue
            if one.ref not in self.ids:
                yield Step(one.ref, True, one.fields, {})
            elif fields := dict(self._differences(KINDS[name], one)):
                yield self._change(one.ref, fields)

    def linked(self, links: Iterable[Link]) -> Iterator[Step]:
        """Fields that name objects made later, where they are empty."""
        for link in links:
            held = self._records.get(link.of, {})
            if not {link.of, link.to} & self._out and _plain(held.get(link.field)) == "":
                yield Step(link.of, False, {link.field: link.to}, {link.field: ""})

    def _out_with(self, one: Wanted) -> bool:
        """Whether it names something that is left out, and so is left out itself."""
        if any(isinstance(value, Ref) and value in self._out for value in one.fields.values()):
            self._out.add(one.ref)
        return one.ref in self._out

    def _find(self, kind: Kind, wanted: Sequence[Wanted]) -> None:
        taken: set[int] = set()
        for way in kind.ways:
            missing = [one for one in wanted if one.ref not in self.ids and one.ref not in self._out]
            found = self._read(kind, way, missing)
            for one in missing:
                names = self._names(one, way)
                held = [] if names is None else found.get(names, [])
                held = [record for record in held if kind.is_shared or record["id"] not in taken]
                if held:
                    self._take(kind, one, held)
                    taken.add(self.ids.get(one.ref, 0))

    def _read(self, kind: Kind, way: Way, wanted: Iterable[Wanted]) -> dict[tuple[Any, ...], list[Record]]:
        asked = {self._asked(one, way) for one in wanted} - {""}
        found: dict[tuple[Any, ...], list[Record]] = {}
        seen: set[int] = set()
        for query in _queries(way.filter, sorted(asked)):
            for record in self._ask(kind.path, query):
                if record["id"] not in seen:
                    seen.add(record["id"])
                    found.setdefault(tuple(_name(field, record.get(field)) for field in way.fields), []).append(record)
        return found

    def _asked(self, one: Wanted, way: Way) -> str:
        if self._names(one, way) is None:
            return ""
        value = _plain(self._value(one.fields[way.asked]))
        return value.partition("/")[0] if way.asked == "address" else value

    def _names(self, one: Wanted, way: Way) -> tuple[Any, ...] | None:
        """What an object is known by; None where it names something that does not exist yet or has no such name."""
        if not one.fields.get(way.fields[-1]) and way.fields[-1] != "vrf":
            return None
        values = [self._value(one.fields.get(field, "")) for field in way.fields]
        return None if None in values else tuple(map(_name, way.fields, values))

    def _value(self, value: Value) -> str | int | bool | tuple[int, ...] | None:
        return self.ids.get(value) if isinstance(value, Ref) else value

    def _take(self, kind: Kind, one: Wanted, held: Sequence[Record]) -> None:
        """Note which record it is: the one that agrees most; of shared ones the oldest."""
        order = sorted(held, key=lambda record: (-self._agreement(one, record), record["id"]))
        ties = [record for record in order if self._agreement(one, record) == self._agreement(one, order[0])]
        elsewhere = self._elsewhere(one, order[0])
        if len(ties) > 1 and not kind.is_shared:
            self._leave(one, f"NetBox holds {len(ties)} that it may be")
        elif elsewhere:
            self._leave(one, f"NetBox has it at {elsewhere}")
        else:
            self.ids[one.ref] = order[0]["id"]
            self._records[one.ref] = order[0]

    def _elsewhere(self, one: Wanted, record: Record) -> str:
        """What else an address is assigned to; what a person may have meant is not moved."""
        if one.ref.kind != "ip-addresses" or _plain(record.get("assigned_object_id")) == "":
            return ""
        where = (record["assigned_object_type"], record["assigned_object_id"])
        wanted = (one.fields["assigned_object_type"], self._value(one.fields["assigned_object_id"]))
        return "" if where == wanted else f"{where[0]} {where[1]}"

    def _leave(self, one: Wanted, why: str) -> None:
        self._out.add(one.ref)
        self.left_out.append(f"{one.ref.kind} {one.ref.name}: {why}")

    def _agreement(self, one: Wanted, record: Record) -> int:
        return sum(_plain(self._value(value)) == _plain(record.get(field)) for field, value in one.fields.items())

    def _differences(self, kind: Kind, one: Wanted) -> Iterator[tuple[str, Value]]:
        record = self._records[one.ref]
        for field, value in one.fields.items():
            held, wanted = _plain(record.get(field)), self._value(value)
            if wanted is not None and _plain(wanted) == held:
                continue
            fills = field in kind.filled and not held and self._fits(field, one, record)
            if fills or (field in kind.follows and self._follows(field, one, record)):
                yield field, value

    def _fits(self, field: str, one: Wanted, record: Record) -> bool:
        """Whether a field can be filled in: a location belongs to the site at which NetBox has the device."""
        return field != "location" or _plain(record.get("site")) == _plain(self._value(one.fields["site"]))

    def _follows(self, field: str, one: Wanted, record: Record) -> bool:
        """Whether a field is changed: comments if they are ours, a type if none was known or another piece came."""
        held = record.get(field)
        if field == "comments":
            return not held or str(held).startswith(OURS)
        if field != "device_type":
            return True
        is_known = one.fields[field] != Ref("device-types", (UNKNOWN, UNKNOWN))
        was_known = isinstance(held, Mapping) and held.get("model") != UNKNOWN
        serials = {str(one.fields.get("serial", "")), str(record.get("serial", ""))}
        return is_known and (not was_known or len(serials - {""}) > 1)

    def _change(self, ref: Ref, fields: Mapping[str, Value]) -> Step:
        record = self._records[ref]
        return Step(ref, False, fields, {field: _shown(record.get(field)) for field in fields})

    def _cables(self, wanted: Iterable[Wanted]) -> Iterator[Step]:
        """A cable is where both interfaces say so. One that leads elsewhere was put there by somebody, or is old."""
        for one in wanted:
            ends = [self._records.get(end, {}) for end in one.fields.values() if isinstance(end, Ref)]
            held = [_plain(end.get("cable")) for end in ends]
            if not any(held):
                yield Step(one.ref, True, one.fields, {})
            elif held[0] != held[1]:
                self._leave(one, "NetBox has another cable there")


def _queries(filter: str, values: Iterable[str]) -> Iterator[tuple[tuple[str, str], ...]]:
    """The values of a filter in queries of bounded length."""
    query: list[tuple[str, str]] = []
    length = 0
    for value in values:
        more = len(filter) + len(quote_plus(value)) + 2
        if query and length + more > MOST_QUERY:
            yield tuple(query)
            query, length = [], 0
        query.append((filter, value))
        length += more
    if query:
        yield tuple(query)


def _name(field: str, value: Any) -> Any:
    """A value as one by which objects are told apart: NetBox folds case, and writes addresses in its own way."""
    text = _plain(value)
    try:
        if field == "address":
            return ip_interface(text).ip
        if field == "prefix":
            return ip_network(text)
    except ValueError:
        return text
    return text.casefold()


def _plain(value: Any) -> str:
    """A value as NetBox gives or takes it, for comparison: of an object its id, of a choice its word."""
    match value:
        case None | "":
            return ""
        case {"id": id}:
            return str(id)
        case {"value": word}:
            return str(word)
        case list() | tuple():
            return ",".join(map(str, value))
        case _:
            return str(value)


def _shown(value: Any) -> str:
    """What a field holds, for people."""
    if isinstance(value, Mapping):
        return str(value.get("display") or value.get("name") or value.get("label") or value.get("id", ""))
    return _plain(value)
