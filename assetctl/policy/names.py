"""What an expression may name besides facts: what the record itself says about an asset, service, zone or network.

`closed` names are always answered: an asset is in the register or it is not. The others can be unknown.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping

from assetctl.facts import vocabulary
from assetctl.model import Fact, PortState, Position, Scan, ScanState, SubjectKind, Value
from assetctl.policy.approved import APPROVED
from assetctl.policy.context import Context, Group, RecordName
from assetctl.policy.counting import DECLARED, STRONG
from assetctl.policy.flow_names import FLOW
from assetctl.policy.survey import Survey
from assetctl.policy.values import Operand, Reason, Unknown
from assetctl.policy.view import View
from assetctl.policy.zone_names import ASSET, CONDUIT, ZONE

FR = ("IAC", "UC", "SI", "DC", "RDF", "TRE", "RA")


def display_name(view: View) -> str:
    """What people call an asset: its position, its name, its first address, or its id."""
    view.named = view.named or _named(view)
    return view.named


def _named(view: View) -> str:
    if view.asset.position:
        return view.asset.position
    told: dict[str, list[str]] = {"hostname": [], "ip_address": []}
    for fact in view.facts:  # not arranged: of most assets nothing but the name is asked
        if fact.key in told and fact.value:
            told[fact.key].append(str(fact.value))
    return min(told["hostname"] or told["ip_address"] or [view.asset.id])


def has_strong(view: View, key: str) -> int:
    """How many distinct sources give a value that is more than a guess."""
    strong = (fact for fact in view.by_key.get(key, ()) if fact.confidence >= STRONG and fact.value not in ("", ()))
    return len({(fact.source.kind, fact.source.name) for fact in strong})


def _registered(c: Context, view: View, _: str) -> Operand:
    if not c.survey.plant.positions:
        return Unknown(Reason.NOT_DECLARED, "register")
    return view.root.asset.position is not None


def _in_one_zone(c: Context, view: View, _: str) -> Operand:
    if not c.survey.plant.zones:
        return Unknown(Reason.NOT_DECLARED, "zones")
    return c.survey.zone_of(view) is not None


def _has_parts(c: Context, view: View, _: str) -> Operand:
    """That none is recorded does not say that there are none."""
    parts = c.survey.parts_of.get(view.asset.id, 0)
    return True if parts else Unknown(Reason.NOT_PROBED, "modules")


def _part_count(c: Context, view: View, _: str) -> Operand:
    return c.survey.parts_of.get(view.asset.id, 0)


def _oldest_fact_days(c: Context, view: View, _: str) -> Operand:
    oldest = _oldest_fact(c, view)
    return (view.now - oldest[0].last_seen).days if oldest else Unknown(Reason.NOT_PROBED, "observed facts")


def _oldest_fact(_: Context, view: View) -> tuple[Fact, ...]:
    """The oldest thing still held to be true, if any: of each fact the newest look counts, and of each open port.

    Other parts go with time, such as a certificate that was renewed, and are nowhere said to be gone.
    """
    newest = []
    for key, facts in view.by_key.items():
        seen = [fact for fact in facts if fact.source.kind != DECLARED]
        if key == "port_state":
            ports: dict[str, Fact] = {}
            for fact in sorted(seen, key=lambda fact: (fact.last_seen, fact.value == PortState.OPEN)):
                ports[fact.subject.local_key] = fact
            newest += [fact for fact in ports.values() if fact.value == PortState.OPEN]
        if seen and not vocabulary()[key].volatile:
            newest.append(max(seen, key=lambda fact: fact.last_seen))
    return (min(newest, key=lambda fact: fact.last_seen),) if newest else ()


def _port_number(_: Context, __: View, local_key: str) -> Operand:
    number = local_key.split("/")[1] if local_key.count("/") else ""
    return int(number) if number.isdecimal() else Unknown(Reason.NOT_COMPARABLE, local_key)


def _of_view(function: Callable[[View], Value]) -> Callable[[Context, View, str], Operand]:
    return lambda _, view, __: function(view)


def _of_key(function: Callable[[str], Value]) -> Callable[[Context, View, str], Operand]:
    return lambda _, __, local_key: function(local_key)


def _network_id(c: Context, _: View, __: str) -> Operand:
    return str(c.network) if c.network else Unknown(Reason.NOT_DECLARED, "networks")


def _group(function: Callable[[Group], Value]) -> Callable[[Context, View, str], Operand]:
    def read(c: Context, _: View, __: str) -> Operand:
        group = c.group if c.group is not None else Unknown(Reason.NOT_COVERED, "group")
        return group if isinstance(group, Unknown) else function(group)

    return read


_ASSET: Mapping[str, RecordName] = {
    "id": RecordName("text", _of_view(lambda v: v.asset.id), "id of the asset"),
    "name": RecordName("text", _of_view(display_name), "position, host name, address or id"),
    "realm": RecordName("text", _of_view(lambda v: v.asset.realm), "address space"),
    "site": RecordName("text", _of_view(lambda v: v.asset.site), "site"),
    "zone": RecordName("text", _of_view(lambda v: v.asset.zone or v.root.asset.zone or ""), "id of its zone, or empty"),
    "position": RecordName("text", _of_view(lambda v: v.asset.position or ""), "id of its position, or empty"),
    "is_part": RecordName("flag", _of_view(lambda v: v.asset.parent is not None), "it is a part of another asset"),
    "has_parts": RecordName("flag", _has_parts, "modules of it are recorded", closed=False),
    "part_count": RecordName("number", _part_count, "how many modules of it are recorded"),
    "registered": RecordName("flag", _registered, "it stands in the register", closed=False),
    "in_one_zone": RecordName("flag", _in_one_zone, "it lies in exactly one zone", closed=False),
    "oldest_fact_days": RecordName(
        "number", _oldest_fact_days, "age of its oldest observed fact", closed=False, facts=_oldest_fact
    ),
    **ASSET,
}

_SERVICE: Mapping[str, RecordName] = {
    "id": RecordName("text", _of_key(str), "transport and port, such as tcp/23"),
    "transport": RecordName("text", _of_key(lambda k: k.split("/")[0]), "tcp or udp"),
    "port": RecordName("number", _port_number, "port number"),
}

_PART: Mapping[str, RecordName] = {"id": RecordName("text", _of_key(str), "its key within the asset")}

_NETWORK: Mapping[str, RecordName] = {
    "id": RecordName("text", _network_id, "realm and range"),
}


def _position(function: Callable[[Position], Value]) -> Callable[[Context, View, str], Operand]:
    def read(c: Context, _: View, __: str) -> Operand:
        return function(c.position) if c.position else Unknown(Reason.NOT_DECLARED, "positions")

    return read


def _declared_tags(position: Position) -> tuple[str, ...]:
    tags = position.declared.get("tags", ())
    return tags if isinstance(tags, tuple) else (str(tags),)


def _run(function: Callable[[Scan], Value | Unknown]) -> Callable[[Context, View, str], Operand]:
    def read(c: Context, _: View, __: str) -> Operand:
        return function(c.run) if c.run else Unknown(Reason.NOT_COVERED, "runs")

    return read


def _members(c: Context, _: View, __: str) -> Operand:
    if c.group is None:
        return Unknown(Reason.NOT_COVERED, "group")
    if isinstance(c.group, Unknown):
        return c.group
    return _others(c.group, c.survey, c.seen.root)


def _others(group: Group, survey: Survey, mine: View) -> tuple[str, ...]:
    """The names of the other devices in order; those of all are put in order once for the whole group."""
    if len(group.members) == group.count:
        return tuple(sorted(display_name(survey.views[id]) for id in group.members))
    if not group.names:
        views = (survey.views[id] for id in (*group.members, mine.asset.id))
        group.names.extend(sorted(map(display_name, views)))
    at = bisect_left(group.names, display_name(mine))
    return (*group.names[:at], *group.names[at + 1 :])


_NOT_LOOKED = ("denied", "aborted", "garbled", "broken")


def _failed_percent(run: Scan) -> int | Unknown:
    """Share of the steps of a run that were not allowed, stopped or not understood, rounded up."""
    steps = sum(count for name, count in run.counts.items() if name not in ("broken", "authentication"))
    failed = sum(run.counts.get(name, 0) for name in _NOT_LOOKED)
    return -(-100 * failed // steps) if steps else Unknown(Reason.NOT_COVERED, "steps of the run")


_GROUP: Mapping[str, RecordName] = {
    "count": RecordName("number", _group(lambda g: g.count), "devices that share the value", closed=False),
    "value": RecordName("text", _group(lambda g: g.value), "the shared value", closed=False),
    "members": RecordName("texts", _members, "the other devices, by what people call them", closed=False),
}

_POSITION: Mapping[str, RecordName] = {
    "id": RecordName("text", _position(lambda p: p.id), "id of the position"),
    "realm": RecordName("text", _position(lambda p: p.realm), "address space"),
    "tags": RecordName("texts", _position(_declared_tags), "tags, as declared"),
}

_RUN: Mapping[str, RecordName] = {
    "id": RecordName("text", _run(lambda r: r.id), "id of the run"),
    "realm": RecordName("text", _run(lambda r: r.realm), "address space"),
    "state": RecordName("text", _run(lambda r: r.state.value), f"one of {', '.join(ScanState)}"),
    "failed_percent": RecordName("number", _run(_failed_percent), "share of steps that brought no look", closed=False),
}

RECORDS: Mapping[str, Mapping[str, RecordName]] = {
    "asset": _ASSET,
    "service": _SERVICE,
    "cert": _PART,
    "interface": _PART,
    "neighbour": _PART,
    "software": _PART,
    "zone": ZONE,
    "conduit": CONDUIT,
    "flow": FLOW,
    "network": _NETWORK,
    "position": _POSITION,
    "approved": APPROVED,
    "run": _RUN,
    "group": _GROUP,
}

FACT_KINDS: Mapping[str, SubjectKind] = {
    "asset": SubjectKind.ASSET,
    "service": SubjectKind.SERVICE,
    "cert": SubjectKind.CERTIFICATE,
    "interface": SubjectKind.INTERFACE,
    "neighbour": SubjectKind.NEIGHBOUR,
    "software": SubjectKind.SOFTWARE,
}

COLLECTIONS: Mapping[str, str] = {
    "services": "service",
    "certificates": "cert",
    "interfaces": "interface",
    "neighbours": "neighbour",
    "programs": "software",
}
"""Collections of an asset and what they hold. They are open: what was not seen may still be there."""
