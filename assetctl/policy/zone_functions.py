"""Functions about zones and conduits. Each is unknown where what was looked at does not decide."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from assetctl.model import Conduit, Fact, PortState, Scan, ScanState, SubjectKind, Zone
from assetctl.policy.callables import Function
from assetctl.policy.context import Context
from assetctl.policy.coverage import answers, looks_at, narrowed
from assetctl.policy.segments import segments_of
from assetctl.policy.traffic import addresses_of
from assetctl.policy.values import Operand, Reason, Unknown
from assetctl.policy.view import Reading, View
from assetctl.policy.watching import watched
from assetctl.policy.zone_names import boundary_of, is_allowed, less_trusted


def has_zone_of_level(c: Context, levels: tuple[str, ...]) -> Operand:
    return _some_zone(c, lambda zone: zone.level, levels, "level")


def has_zone_of_trust(c: Context, trust: str) -> Operand:
    return _some_zone(c, lambda zone: zone.trust, (trust,), "trust")


def _some_zone(c: Context, declared: Callable[[Zone], str], wanted: tuple[str, ...], what: str) -> Operand:
    """Yes when one zone is such; no only when every zone says what it is."""
    values = {zone.id: declared(zone) for zone in c.survey.plant.zones}
    if any(value in wanted for value in values.values()):
        return True
    silent = next((name for name, value in values.items() if not value), None)
    if silent is not None or not values:
        return Unknown(Reason.NOT_DECLARED, f"{what} of zone {silent}" if silent else "zones")
    return False


def zone_has_open(c: Context, ports: tuple[str, ...]) -> Operand:
    """Yes when one answers; no only when every device of the zone was asked on every port."""
    assert c.zone is not None
    missing: Unknown | None = None
    for view in segments_of(c).members.get(c.zone.id, ()):
        for port in ports:
            reading = _port(c, view, port)
            if reading.value == PortState.OPEN:
                c.trace.append(reading)
                return True
            if isinstance(reading.value, Unknown) and missing is None:
                missing = reading.value
                c.trace.append(reading)
    return missing if missing is not None else False


def _port(c: Context, view: View, port: str) -> Reading:
    return view.read(SubjectKind.SERVICE, port, "port_state", c.max_age)


def zone_has_role(c: Context, roles: tuple[str, ...]) -> Operand:
    """Whether another device of the asset's zone has one of the roles; open while the role of one is not known."""
    zone = c.survey.zone_of(c.seen)
    if zone is None:
        return Unknown(Reason.NOT_DECLARED, "zone")
    missing: Unknown | None = None
    for view in segments_of(c).members.get(zone.id, ()):
        if view.root is c.seen.root:
            continue
        reading = _role(c, view)
        if reading.value in roles:
            c.trace.append(reading)
            return True
        if not isinstance(reading.value, str) and missing is None:
            missing = Unknown(Reason.NOT_PROBED, f"role of {view.asset.id}")
    return missing if missing is not None else False


def _role(c: Context, view: View) -> Reading:
    return view.read(SubjectKind.ASSET, "", "asset_role_type", c.max_age)


def stays(c: Context, days: int) -> Operand:
    """Yes when it was seen over so many days; no when it was looked for after it was last seen, and was gone."""
    asset = c.seen.asset
    if asset.last_seen - asset.first_seen >= timedelta(days=days):
        return True
    plant, wanted = c.survey.plant, answers(asset.facts)
    later = (scan for scan in plant.scans if scan.realm == asset.realm and scan.started > asset.last_seen)
    if not any(_looked_again(narrowed(scan, plant.asked, wanted), c.seen) for scan in later):
        return Unknown(Reason.NOT_COVERED, f"presence over {days} days")
    return False


def _looked_again(scan: Scan, view: View) -> bool:
    """Whether a run ended as a whole and covered all addresses of a device."""
    ips = addresses_of(view.asset)
    return scan.state is ScanState.DONE and bool(ips) and all(looks_at(scan, ip) for ip in ips)


def boundary_open(c: Context, ports: tuple[str, ...]) -> Operand:
    """Yes when a boundary device answers the side that is trusted less on such a port.

    No only when every device was asked on every port from there. Filtered is what is wanted here, and is an answer.
    """
    assert c.conduit is not None
    side = less_trusted(c, c.conduit)
    if isinstance(side, Unknown):
        return side
    if side is None:
        return False
    missing: Unknown | None = None
    for device in boundary_of(c, c.conduit):
        is_known = device.view is not None and device.is_fresh(c)
        facts = segments_of(c).asked.get((side.id, device.view.asset.id), ()) if device.view and is_known else ()
        for port in ports:
            found = newest_state(c, facts, port)
            if found is not None:
                c.note(found)
                if found.value == PortState.OPEN:
                    return True
            elif missing is None:
                missing = Unknown(Reason.OTHER_VANTAGE, f"{port} of {device.name}, asked from zone {side.id}")
    return missing if missing is not None else False


def denies(c: Context, ports: tuple[str, ...]) -> Operand:
    """Whether ports that a conduit does not allow stay shut to the other side.

    No as soon as one answers. Yes when, from one side, every device of the other was asked on every one of the ports.
    """
    assert c.conduit is not None
    ends = ((c.conduit.source, c.conduit.target), (c.conduit.target, c.conduit.source))
    tested = [_denied_to(c, c.conduit, here, there, ports) for here, there in ends]
    if False in tested:
        return False
    if True in tested:
        return True
    return Unknown(Reason.OTHER_VANTAGE, f"{', '.join(ports)} across {c.conduit.id}")


def _denied_to(c: Context, conduit: Conduit, here: str, there: str, ports: tuple[str, ...]) -> bool | None:
    """None when not everything was asked from `here`."""
    devices = segments_of(c).members.get(there, ())
    is_whole = bool(devices)
    oldest = c.survey.now - c.max_age
    for view in devices:
        facts = segments_of(c).asked.get((here, view.asset.id), ())
        answered = [f for f in facts if f.value == PortState.OPEN and f.last_seen >= oldest]
        for fact in answered:
            newest = newest_state(c, facts, fact.subject.local_key)
            if newest is fact and not is_allowed(c, conduit, fact):
                c.note(fact)
                return False
        for port in ports:
            found = newest_state(c, facts, port)
            is_whole &= found is not None
            if found is not None:
                c.note(found)
    return True if is_whole else None


def newest_state(c: Context, facts: tuple[Fact, ...], port: str) -> Fact | None:
    """What a port said last, fresh; None when it was not asked."""
    oldest = c.survey.now - c.max_age
    told = [
        fact
        for fact in facts
        if fact.subject.local_key == port and fact.last_seen >= oldest and fact.value != PortState.UNPROBED
    ]
    return max(told, key=lambda fact: (fact.last_seen, fact.value == PortState.OPEN), default=None)


_STATE = ("port_state",)
ZONED: Mapping[str, Function] = {
    "watched": Function(("number",), "flag", watched, "sensors saw all its flows for so many days", "watched"),
    "has_zone_of_level": Function(("texts",), "flag", has_zone_of_level, "some zone has one of the levels"),
    "has_zone_of_trust": Function(("text",), "flag", has_zone_of_trust, "some zone has that trust"),
    "zone_has_open": Function(
        ("texts",), "flag", zone_has_open, "a device of the zone has such a port open", "zone", reads=_STATE
    ),
    "zone_has_role": Function(
        arguments=("texts",),
        result="flag",
        run=zone_has_role,
        meaning="another device in the zone of the asset has such a role",
        needs="asset",
        reads=("asset_role_type",),
    ),
    "stays": Function(("number",), "flag", stays, "it was there for so many days; open while nobody looked", "asset"),
    "denies": Function(
        ("texts",), "flag", denies, "what it does not allow is shut to the other side", "conduit", reads=_STATE
    ),
    "boundary_open": Function(
        arguments=("texts",),
        result="flag",
        run=boundary_open,
        meaning="such a port of the boundary answers the side trusted less",
        needs="conduit",
        reads=_STATE,
    ),
}
