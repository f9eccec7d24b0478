"""What an expression may name of zones and conduits, and of an asset in its zone."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assetctl import settle
from assetctl.model import Conduit, Fact, PortState, Subject, Value, Zone
from assetctl.policy.context import Context, RecordName
from assetctl.policy.flows import fitting
from assetctl.policy.segments import segments_of
from assetctl.policy.traffic import traffic_of
from assetctl.policy.values import Operand, Reason, Unknown
from assetctl.policy.view import View
from assetctl.policy.watching import address_known

BUSINESS = ("4", "5")
WIRELESS = "wlanAccessPoint"
TRUST_ORDER = ("untrusted", "semi", "trusted")


def said(value: str, about: str) -> Operand:
    """A declared text; unknown when nobody declared it."""
    return value or Unknown(Reason.NOT_DECLARED, about)


@dataclass(frozen=True, slots=True)
class Standing:
    """A device that a conduit names. view: None when the inventory lacks it. seen: when it last went by that name."""

    name: str
    view: View | None
    seen: datetime | None

    def is_fresh(self, c: Context) -> bool:
        return self.seen is not None and self.seen >= c.survey.now - c.max_age


def boundary_of(c: Context, conduit: Conduit) -> tuple[Standing, ...]:
    """The devices that a conduit names."""
    named = _named(c)
    return tuple(Standing(name, *named.get(name.casefold(), (None, None))) for name in conduit.boundary)


def is_boundary(c: Context, view: View) -> bool:
    """Whether a conduit names the asset as a device of its boundary."""
    found: set[str] | None = c.survey.memo.get("boundaries")
    if found is None:
        named = (one.view for conduit in c.survey.plant.conduits for one in boundary_of(c, conduit))
        found = c.survey.memo["boundaries"] = {one.asset.id for one in named if one is not None}
    return view.asset.id in found


def _named(c: Context) -> dict[str, tuple[View, datetime]]:
    """Assets by what a conduit may call them: position, id, alias, host name, address; a shared name is nobody's."""
    known: dict[str, tuple[View, datetime]] | None = c.survey.memo.get("named")
    if known is not None:
        return known
    told: dict[str, dict[str, datetime]] = {}
    for name, view in c.survey.views.items():
        for one, seen in _names(view):
            told.setdefault(one.casefold(), {})[name] = seen
    alone = {one: next(iter(ids.items())) for one, ids in told.items() if len(ids) == 1}
    named = {one: (c.survey.views[name], seen) for one, (name, seen) in alone.items()}
    c.survey.memo["named"] = named
    return named


def _names(view: View) -> Iterator[tuple[str, datetime]]:
    """What an asset is called, and when it was last seen under that name; a name of people's holds as long as it is."""
    asset = view.asset
    for name in (asset.position, asset.id, *asset.aliases):
        if name:
            yield name, asset.last_seen
    for key in ("hostname", "ip_address"):
        for fact in settle.current(tuple(view.by_key.get(key, ()))):
            if fact.value:
                yield str(fact.value), fact.last_seen


def _zone(function: Callable[[Zone], Operand]) -> Callable[[Context, Any, str], Operand]:
    def read(c: Context, _: object, __: str) -> Operand:
        assert c.zone is not None
        return function(c.zone)

    return read


def _shared(*, by_vlan: bool) -> Callable[[Context, Any, str], Operand]:
    def read(c: Context, _: object, __: str) -> Operand:
        assert c.zone is not None
        found, is_complete = segments_of(c).shared(c.zone, by_vlan=by_vlan)
        what = "VLAN" if by_vlan else "switch"
        return found if found or is_complete else Unknown(Reason.NOT_COVERED, f"{what} of every device of {c.zone.id}")

    return read


def _answered_business(c: Context, _: object, __: str) -> Operand:
    assert c.zone is not None
    return bool(_open_from_business(c, None))


def _open_from_business(c: Context, _: object) -> tuple[Fact, ...]:
    """The ports that were open when they were last asked from there."""
    assert c.zone is not None
    segments = segments_of(c)
    business = [zone.id for zone in c.survey.plant.zones if zone.level in BUSINESS]
    here = segments.members.get(c.zone.id, ())
    asked = (segments.asked.get((zone, view.asset.id), ()) for view in here for zone in business)
    newest: dict[tuple[Subject, str], Fact] = {}
    for fact in sorted((f for facts in asked for f in facts), key=lambda f: (f.last_seen, f.value == PortState.OPEN)):
        newest[fact.subject, fact.vantage] = fact
    return tuple(fact for fact in newest.values() if fact.value == PortState.OPEN and _is_fresh(c, fact))


def _link_leaks(c: Context, _: object, __: str) -> Operand:
    """Devices of other zones that were heard on the Ethernet segment of a vantage in this zone."""
    assert c.zone is not None
    segments, zone = segments_of(c), c.zone
    rows = [(name, fact) for name, fact in segments.heard.get(zone.id, ()) if _is_fresh(c, fact)]
    if not rows:
        return Unknown(Reason.OTHER_VANTAGE, f"the Ethernet segment of zone {zone.id}")
    names = sorted({name for name, _ in rows})
    leaks = [name for name in names if (other := segments.zone_of[name]) and not _shares(zone, other, c)]
    if not leaks and any(segments.zone_of[name] is None for name in names):
        return Unknown(Reason.NOT_DECLARED, "zone of a device that was heard there")
    return tuple(leaks)


def _shares(zone: Zone, other: Zone, c: Context) -> bool:
    related = traffic_of(c.survey).conduits.are_related(zone.id, other.id)
    return zone.id == other.id or related or bool(set(zone.vlans) & set(other.vlans))


def _is_fresh(c: Context, fact: Fact) -> bool:
    return fact.last_seen >= c.survey.now - c.max_age


ZONE: Mapping[str, RecordName] = {
    "id": RecordName("text", _zone(lambda z: z.id), "id of the zone"),
    "realm": RecordName("text", _zone(lambda z: z.realm), "address space"),
    "owner": RecordName("text", _zone(lambda z: z.owner), "accountable owner"),
    "parent": RecordName("text", _zone(lambda z: z.parent), "id of the zone it is part of, or empty"),
    "level": RecordName("text", _zone(lambda z: said(z.level, "level")), "level, as declared", closed=False),
    "trust": RecordName("text", _zone(lambda z: said(z.trust, "trust")), "trusted, semi or untrusted", closed=False),
    "designations": RecordName("texts", _zone(lambda z: z.designations), "what it is set apart for"),
    "has_networks": RecordName("flag", _zone(lambda z: bool(z.networks)), "it has address ranges"),
    "has_members": RecordName(
        "flag", _zone(lambda z: bool(z.networks or z.positions or z.assets)), "it has ranges, or devices by name"
    ),
    "has_approval": RecordName("flag", _zone(lambda z: bool(z.approvals)), "somebody approved its record"),
    "sl_t_complete": RecordName("flag", _zone(lambda z: len(z.sl_t) == 7), "it has all seven SL-T"),
    "shared_vlans": RecordName("texts", _shared(by_vlan=True), "VLANs that an unrelated zone is in", closed=False),
    "shared_switches": RecordName(
        "texts", _shared(by_vlan=False), "switches on which an unrelated zone hangs", closed=False
    ),
    "answered_business": RecordName(
        "flag",
        _answered_business,
        "the record holds a port that answered a question from a zone of level 4 or 5",
        facts=_open_from_business,
        by_fact=True,
    ),
    "link_leaks": RecordName("texts", _link_leaks, "devices of other zones on its Ethernet segment", closed=False),
}


def _asset_zone(function: Callable[[Zone], Value]) -> Callable[[Context, View, str], Operand]:
    def read(c: Context, view: View, _: str) -> Operand:
        zone = c.survey.zone_of(view)
        value = function(zone) if zone else ""
        return value if zone and value != "" else Unknown(Reason.NOT_DECLARED, "zone" if zone is None else "its level")

    return read


def _address_zones(c: Context, view: View, _: str) -> Operand:
    """The zones in which its current addresses lie; open while one of several lies in no zone and no two differ."""
    if not c.survey.plant.zones:
        return Unknown(Reason.NOT_DECLARED, "zones")
    known = address_known(c, view)
    if isinstance(known, Unknown):
        return known
    traffic = traffic_of(c.survey)
    found = traffic.zones_of(view.asset)
    reaching = [ip for ip in traffic.addresses(view.asset) if not (ip.is_link_local or ip.is_loopback)]
    outside = [ip for ip in reaching if traffic.where.of_address(view.asset.realm, ip) is None]
    if outside and len(reaching) > 1 and len(found) < 2:
        return Unknown(Reason.NOT_DECLARED, f"zone of {outside[0]}")
    return found


def _public_address(c: Context, view: View, _: str) -> Operand:
    known = address_known(c, view)
    return (
        known if isinstance(known, Unknown) else any(ip.is_global for ip in traffic_of(c.survey).addresses(view.asset))
    )


def _recorded(key: str) -> Callable[[Context, Any], tuple[Fact, ...]]:
    return lambda _, view: tuple(view.by_key.get(key, ()))


def _texts(fact: Fact) -> tuple[str, ...]:
    return fact.value if isinstance(fact.value, tuple) else ()


ASSET: Mapping[str, RecordName] = {
    "zone_level": RecordName("text", _asset_zone(lambda z: z.level), "level of its zone", closed=False),
    "zone_designations": RecordName(
        "texts", _asset_zone(lambda z: z.designations), "what its zone is set apart for", closed=False
    ),
    "address_zones": RecordName(
        type="texts",
        read=_address_zones,
        meaning="zones in which its recorded addresses lie",
        closed=False,
        facts=_recorded("ip_address"),
        by_fact=True,
    ),
    "says_wireless": RecordName(
        "flag",
        lambda _, view, __: any(WIRELESS in _texts(fact) for fact in view.by_key.get("lldp_capabilities", ())),
        "it once told over LLDP that it is an access point",
        facts=_recorded("lldp_capabilities"),
        by_fact=True,
    ),
    "is_boundary": RecordName(
        "flag", lambda c, view, _: is_boundary(c, view.root), "a conduit names it as a device of its boundary"
    ),
    "has_public_address": RecordName("flag", _public_address, "one of its addresses is public", closed=False),
    "shows_safety": RecordName(
        "flag",
        lambda c, view, _: view.asset.id in c.survey.plant.safety,
        "its identity is that of a known safety system",
    ),
}


def _conduit(function: Callable[[Conduit], Operand]) -> Callable[[Context, Any, str], Operand]:
    def read(c: Context, _: object, __: str) -> Operand:
        assert c.conduit is not None
        return function(c.conduit)

    return read


def _boundary_known(c: Context, _: object, __: str) -> Operand:
    assert c.conduit is not None
    return all(one.view is not None for one in boundary_of(c, c.conduit))


def _boundary_seen(c: Context, _: object, __: str) -> Operand:
    """Unknown when one was not seen lately: a device that does not answer may still be there."""
    assert c.conduit is not None
    for one in boundary_of(c, c.conduit):
        if not one.is_fresh(c):
            return Unknown(Reason.STALE if one.view else Reason.NOT_PROBED, one.name)
    return True


def less_trusted(c: Context, conduit: Conduit) -> Zone | Unknown | None:
    """The end that is trusted less, None when both are trusted alike."""
    ends = [zone for zone in c.survey.plant.zones if zone.id in (conduit.source, conduit.target)]
    if len(ends) != 2 or not all(zone.trust for zone in ends):
        return Unknown(Reason.NOT_DECLARED, "trust of both zones")
    low, high = sorted(ends, key=lambda zone: TRUST_ORDER.index(zone.trust))
    return None if low.trust == high.trust else low


def _less_trusted(c: Context, _: object, __: str) -> Operand:
    assert c.conduit is not None
    found = less_trusted(c, c.conduit)
    return found if isinstance(found, Unknown) else found.id if found else ""


def is_allowed(c: Context, conduit: Conduit, fact: Fact) -> bool:
    """Whether a conduit lets the vantage of a port's fact reach that port: by the side it asked from, and the port."""
    zone = segments_of(c).vantage_zone(c.survey.views[fact.subject.asset].asset.realm, fact.vantage)
    inside = traffic_of(c.survey).conduits.is_part_of
    is_from = zone is not None and zone.id != conduit.target and inside(zone.id, conduit.source)
    side = "from" if is_from else "to"
    transport, _, port = fact.subject.local_key.partition("/")
    return conduit.opens in (side, "both") and port.isdecimal() and bool(fitting(conduit, transport, int(port)))


CONDUIT: Mapping[str, RecordName] = {
    "id": RecordName("text", _conduit(lambda one: one.id), "id of the conduit"),
    "from_zone": RecordName("text", _conduit(lambda one: one.source), "id of the zone it leads from"),
    "to_zone": RecordName("text", _conduit(lambda one: one.target), "id of the zone it leads to"),
    "opens": RecordName("text", _conduit(lambda one: one.opens), "the side that opens sessions: from, to or both"),
    "owner": RecordName("text", _conduit(lambda one: one.owner), "accountable owner"),
    "tunnel": RecordName("text", _conduit(lambda one: one.tunnel), "what protects the traffic, or empty"),
    "trust": RecordName(
        "text", _conduit(lambda one: said(one.trust, "trust")), "trust of the network it crosses", closed=False
    ),
    "is_standby": RecordName("flag", _conduit(lambda one: one.standby), "it is kept for emergencies"),
    "is_unmediated": RecordName(
        "flag",
        _conduit(lambda one: one.unmediated and bool(one.approvals)),
        "it is declared, with an approval, to have no device at its boundary",
    ),
    "management": RecordName("text", _conduit(lambda one: one.management), "out-of-band, or empty"),
    "has_boundary": RecordName("flag", _conduit(lambda one: bool(one.boundary)), "it names a device at its boundary"),
    "boundary_known": RecordName("flag", _boundary_known, "the devices it names stand in the inventory"),
    "boundary_seen": RecordName("flag", _boundary_seen, "they were seen lately", closed=False),
    "less_trusted_zone": RecordName("text", _less_trusted, "the end that is trusted less, or empty", closed=False),
}
