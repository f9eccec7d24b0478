"""What an asset answers to other zones, on which switch it hangs, and whether a zone is watched."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from assetctl import settle
from assetctl.model import Fact, PortState, Zone
from assetctl.policy.callables import Function
from assetctl.policy.context import Context
from assetctl.policy.segments import segments_of
from assetctl.policy.traffic import traffic_of
from assetctl.policy.values import Operand, Reason, Unknown
from assetctl.policy.zone_functions import newest_state
from assetctl.policy.zone_names import is_allowed


def answers_outside(c: Context, ports: tuple[str, ...]) -> Operand:
    """Yes when the asset answers on one of the ports to a zone that has no conduit for it.

    No when each port was asked from some other zone and none answered; that a UDP port is silent is no answer.
    """
    own = c.survey.zone_of(c.seen)
    if own is None:
        return Unknown(Reason.NOT_DECLARED, "zone")
    unasked = set(ports)
    for zone, fact in _asked_from_elsewhere(c, own, ports):
        c.note(fact)
        if fact.value == PortState.OPEN and not _is_passed(c, own, zone, fact):
            return True
        if fact.value != PortState.FILTERED or fact.subject.local_key.startswith("tcp/"):
            unasked.discard(fact.subject.local_key)
    if unasked:
        return Unknown(Reason.OTHER_VANTAGE, f"{', '.join(sorted(unasked))} of {c.seen.asset.id}")
    return False


def _asked_from_elsewhere(c: Context, own: Zone, ports: tuple[str, ...]) -> Iterator[tuple[Zone, Fact]]:
    """What the ports said last to each zone that is not related to the asset's own."""
    traffic = traffic_of(c.survey)
    for zone, facts in segments_of(c).asked_of.get(c.seen.asset.id, ()):
        if zone.realm != own.realm:
            continue
        if traffic.conduits.is_part_of(zone.id, own.id) or traffic.conduits.is_part_of(own.id, zone.id):
            continue
        for port in ports:
            found = newest_state(c, facts, port)
            if found is not None:
                yield zone, found


def _is_passed(c: Context, own: Zone, zone: Zone, fact: Fact) -> bool:
    """Whether a conduit between two zones allows what answered."""
    return any(is_allowed(c, conduit, fact) for conduit in traffic_of(c.survey).conduits.between(own.id, zone.id))


def has_switch_port(c: Context) -> Operand:
    """Whether some switch told the port of the asset; no only where switches told those of others in its zone.

    What passes frames on itself is at the end of a cable, which one of both must tell of. A device that was not seen
    any more when the switches were read cannot stand in their tables.
    """
    segments, asset = segments_of(c), c.seen.asset
    if asset.id in segments.attached:
        return True
    if asset.id in c.survey.plant.switches:
        return True if _is_cabled(c, asset.id) else Unknown(Reason.NOT_COVERED, "switches")
    own = c.survey.zone_of(c.seen)
    if own is None:
        return Unknown(Reason.NOT_DECLARED, "zone")
    told = segments.switches_of_zone.get(own.id, frozenset())
    if not told:
        return Unknown(Reason.NOT_COVERED, "switches")
    read_at = max(c.survey.views[name].asset.last_seen for name in told)
    return Unknown(Reason.STALE, "presence") if asset.last_seen < read_at - settle.SAME_LOOK else False


def _is_cabled(c: Context, name: str) -> bool:
    """Whether a device seen lately is at the other end of a cable of the asset."""
    others = segments_of(c).cables.get(name, ())
    return any(c.survey.views[other].asset.last_seen >= c.survey.now - c.max_age for other in others)


def monitored(c: Context) -> Operand:
    """Whether a sensor saw all flows of the zone lately; no only where sensors that say what they cover do not name it.

    A sensor of which nobody declared what it sees may see the zone.
    """
    assert c.zone is not None
    since = c.survey.now - c.max_age
    if traffic_of(c.survey).watched(c.zone, since) > timedelta(0):
        return True
    heard = [one for one in c.survey.plant.captures if one.realm == c.zone.realm and one.ended >= since]
    if not heard or not all(one.covers for one in heard):
        return Unknown(Reason.NO_FLOW_COVERAGE, c.zone.id)
    return False


REACH: Mapping[str, Function] = {
    "monitored": Function((), "flag", monitored, "a sensor saw all its flows lately", "zone"),
    "answers_outside": Function(
        arguments=("texts",),
        result="flag",
        run=answers_outside,
        meaning="it answers on such a port to a zone without a conduit for it",
        needs="asset",
        reads=("port_state",),
    ),
    "has_switch_port": Function((), "flag", has_switch_port, "the switch port is known on which it hangs", "asset"),
}
