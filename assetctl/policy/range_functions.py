"""Functions about what people declare of zones and networks: target levels, ranges, and whether runs covered them."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address

from assetctl.model import Zone
from assetctl.policy.callables import Function
from assetctl.policy.context import Context
from assetctl.policy.coverage import covers, is_complete
from assetctl.policy.names import FR
from assetctl.policy.values import Operand, Reason, Unknown


def sl_t(c: Context, fr: str) -> Operand:
    """The declared target level, 0 to 4, of the zone for one foundational requirement."""
    zone = c.zone or (c.survey.zone_of(c.view) if c.view else None)
    if zone is None or fr not in zone.sl_t:
        return Unknown(Reason.NOT_DECLARED, f"SL-T({fr})")
    return zone.sl_t[fr]


def in_zone_ranges(c: Context, address: str) -> Operand:
    """Whether an address lies in the ranges that its zone declares; unknown where it declares none."""
    zone = _zone_of(c)
    if zone is None or not zone.networks:
        return Unknown(Reason.NOT_DECLARED, "zone ranges")
    try:
        ip = ip_address(address)
    except ValueError:
        return Unknown(Reason.NOT_COMPARABLE, f"address {address[:40]}")
    return any(ip in network for network in zone.networks)


def zone_has_ranges(c: Context) -> Operand:
    zone = _zone_of(c)
    return Unknown(Reason.NOT_DECLARED, "zone") if zone is None else bool(zone.networks)


def scanned(c: Context, days: int) -> Operand:
    """Whether complete runs within so many days covered the whole declared network; open where they were limited."""
    network, plant = c.network, c.survey.plant
    assert network is not None
    if not plant.scans:
        return Unknown(Reason.NOT_DECLARED, "scan log")
    since = c.survey.now - timedelta(days=days)
    complete = [scan for scan in plant.scans if scan.realm == network.realm and is_complete(scan, since)]
    if not covers(complete, network.range):
        return False
    of_all = [scan for scan in complete if not ((asked := plant.asked(scan.id)) and asked.is_limited)]
    return True if covers(of_all, network.range) else Unknown(Reason.NOT_COVERED, "runs that asked only some probes")


def _zone_of(c: Context) -> Zone | None:
    return c.zone or c.survey.zone_of(c.seen)


RANGES: Mapping[str, Function] = {
    "sl_t": Function(("text",), "number", sl_t, f"target level of the zone for one of {', '.join(FR)}", "zoned"),
    "in_zone_ranges": Function(("text",), "flag", in_zone_ranges, "an address lies in its zone's ranges", "asset"),
    "zone_has_ranges": Function((), "flag", zone_has_ranges, "the asset's zone declares ranges", "zoned"),
    "scanned": Function(("number",), "flag", scanned, "complete runs covered the network within the days", "network"),
}
