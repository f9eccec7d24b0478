"""What an expression may name of a flow."""

from collections.abc import Callable, Mapping

from assetctl.model import Fact, IPAddress, Value, Zone
from assetctl.policy.context import Context, RecordName
from assetctl.policy.flows import SeenFlow, is_named
from assetctl.policy.traffic import traffic_of
from assetctl.policy.values import Operand, Reason, Unknown
from assetctl.policy.zone_names import said
from assetctl.traffic import expected_on, is_readable, recognised


def _of(function: Callable[[SeenFlow], Operand]) -> Callable[[Context, SeenFlow, str], Operand]:
    return lambda _, flow, __: function(flow)


def _zoned(function: Callable[[SeenFlow], Value]) -> Callable[[Context, SeenFlow, str], Operand]:
    def read(c: Context, flow: SeenFlow, _: str) -> Operand:
        return function(flow) if c.survey.plant.zones else Unknown(Reason.NOT_DECLARED, "zones")

    return read


def _level(zone: Zone | None) -> Operand:
    return said(zone.level, f"level of {zone.id}") if zone else Unknown(Reason.NOT_DECLARED, "zone of an address")


def _trust(zone: Zone | None, ip: IPAddress) -> Operand:
    if zone is not None:
        return said(zone.trust, f"trust of {zone.id}")
    return "untrusted" if ip.is_global else Unknown(Reason.NOT_DECLARED, f"zone of {ip}")


def _other(c: Context, flow: SeenFlow) -> tuple[Zone | None, IPAddress]:
    """The end that does not lie in the zone that is judged."""
    is_from = c.zone is not None and flow.from_zone is not None and flow.from_zone.id == c.zone.id
    return (flow.to_zone, flow.target) if is_from else (flow.from_zone, flow.source)


def _established(c: Context, flow: SeenFlow, _: str) -> Operand:
    """An attempt over TCP that nobody answered did not pass; without connections, sending is passing."""
    if flow.last_seen < c.survey.now - c.max_age:
        return Unknown(Reason.STALE, flow.name)
    return flow.transport != "tcp" or any(one.answered for one in flow.told)


def _allowed(_: Context, flow: SeenFlow, __: str) -> Operand:
    """Whether its conduit allows it: by port, and by protocol where the line names one."""
    lines = flow.allowed_by
    if not lines or any(not one.protocol or one.transport == "icmp" for one in lines):
        return bool(lines)
    if not flow.service:
        return Unknown(Reason.NOT_IDENTIFIED, f"{flow.name} (allowed: {', '.join(one.protocol for one in lines)})")
    return any(is_named(one, flow.service) for one in lines)


def _opener_fits(c: Context, flow: SeenFlow, _: str) -> Operand:
    conduit = flow.conduit
    if conduit is None or flow.from_zone is None or flow.to_zone is None:
        return Unknown(Reason.NOT_DECLARED, "conduit")
    if conduit.opens == "both":
        return True
    if not any(one.opened for one in flow.told):
        return Unknown(Reason.NOT_COVERED, f"opening of {flow.name}")
    inside = traffic_of(c.survey).conduits.is_part_of
    along = inside(flow.from_zone.id, conduit.source) and inside(flow.to_zone.id, conduit.target)
    return along == (conduit.opens == "from")


def _readable(_: Context, flow: SeenFlow, __: str) -> Operand:
    told = is_readable(flow.service)
    return Unknown(Reason.NOT_IDENTIFIED, f"protection of {flow.name}") if told is None else told


def _kind(wanted: str) -> Callable[[Context, SeenFlow, str], Operand]:
    """By what the sensor recognised; a usual port alone proves nothing, and rules nothing out."""

    def read(_: Context, flow: SeenFlow, __: str) -> Operand:
        told = recognised(flow.service)
        if told:
            return any(one.kind == wanted for one in told)
        usual = any(one.kind == wanted for one in expected_on(flow.transport, flow.port))
        return Unknown(Reason.NOT_IDENTIFIED, flow.name) if usual else False

    return read


def _incoming(c: Context, flow: SeenFlow, _: str) -> Operand:
    """Whether its target is what is judged, or lies in it."""
    if c.view is not None:
        return flow.target in traffic_of(c.survey).addresses(c.view.asset)
    return c.zone is not None and flow.to_zone is not None and flow.to_zone.id == c.zone.id


def _is_public(zone: Zone | None, ip: IPAddress) -> bool:
    return "internet" in zone.designations if zone else ip.is_global


def _designations(zone: Zone | None) -> tuple[str, ...]:
    return zone.designations if zone else ()


def _crosses(c: Context, flow: SeenFlow, _: str) -> Operand:
    return not flow.stays_inside if c.survey.plant.zones else Unknown(Reason.NOT_DECLARED, "zones")


def _told(_: Context, flow: SeenFlow) -> tuple[Fact, ...]:
    return flow.facts


def _name(
    key: str, kind: str, read: Callable[[Context, SeenFlow, str], Operand], meaning: str, *, closed: bool = True
) -> tuple[str, RecordName]:
    return key, RecordName(kind, read, meaning, closed=closed, facts=_told)


FLOW: Mapping[str, RecordName] = dict(
    (
        _name("id", "text", _of(lambda f: f.name), "its addresses, transport and port"),
        _name("source", "text", _of(lambda f: str(f.source)), "address that opened it"),
        _name("target", "text", _of(lambda f: str(f.target)), "address that it leads to"),
        _name("transport", "text", _of(lambda f: f.transport), "tcp, udp, icmp or the number of the protocol"),
        _name("port", "number", _of(lambda f: f.port), "port at the target, 0 for none"),
        _name(
            "service",
            "text",
            _of(lambda f: f.service or Unknown(Reason.NOT_IDENTIFIED, f.name)),
            "protocol that the sensor recognised",
            closed=False,
        ),
        _name(
            "from_zone", "text", _zoned(lambda f: f.from_zone.id if f.from_zone else ""), "zone it comes from, or empty"
        ),
        _name("to_zone", "text", _zoned(lambda f: f.to_zone.id if f.to_zone else ""), "zone it goes to, or empty"),
        _name(
            "from_level", "text", _of(lambda f: _level(f.from_zone)), "level of the zone it comes from", closed=False
        ),
        _name("to_level", "text", _of(lambda f: _level(f.to_zone)), "level of the zone it goes to", closed=False),
        _name("from_trust", "text", _of(lambda f: _trust(f.from_zone, f.source)), "trust of its origin", closed=False),
        _name("to_trust", "text", _of(lambda f: _trust(f.to_zone, f.target)), "trust of its target", closed=False),
        _name(
            "to_designations",
            "texts",
            _of(lambda f: _designations(f.to_zone)),
            "what its target's zone is set apart for",
        ),
        _name("other_level", "text", lambda c, f, _: _level(_other(c, f)[0]), "level of its other end", closed=False),
        _name("other_trust", "text", lambda c, f, _: _trust(*_other(c, f)), "trust of its other end", closed=False),
        _name("crosses", "flag", _crosses, "it leaves the zone, or leads from one zone to another", closed=False),
        _name(
            "established", "flag", _established, "it passed: somebody answered, or no answer is needed", closed=False
        ),
        _name(
            "conduit",
            "text",
            _zoned(lambda f: f.conduit.id if f.conduit else ""),
            "conduit that holds for it, or empty",
        ),
        _name("allowed", "flag", _allowed, "its conduit allows its port and protocol", closed=False),
        _name("opener_fits", "flag", _opener_fits, "the side that may open it did", closed=False),
        _name("readable", "flag", _readable, "it passes unprotected", closed=False),
        _name("incoming", "flag", _incoming, "it leads to what is judged"),
        _name(
            "is_public",
            "flag",
            _of(lambda f: _is_public(f.from_zone, f.source) or _is_public(f.to_zone, f.target)),
            "one of its ends lies in the Internet",
        ),
        _name("is_control", "flag", _kind("control"), "it is a session with a controller", closed=False),
        _name("is_remote", "flag", _kind("remote"), "it is remote access", closed=False),
        _name("is_message", "flag", _kind("message"), "it is mail or chat", closed=False),
        _name("is_service", "flag", _kind("service"), "it is a service such as DNS, NTP or a directory", closed=False),
    )
)
