"""The flows of what is judged, and whether a sensor would have seen one that is not among them."""

from datetime import timedelta

from assetctl.policy.context import Context
from assetctl.policy.flows import SeenFlow
from assetctl.policy.traffic import traffic_of
from assetctl.policy.values import Operand, Reason, Unknown
from assetctl.policy.view import View

WITH_FLOWS = ("asset", "zone", "conduit")
"""What a check is for when it may go over `flows`."""


def flows_of(c: Context) -> tuple[SeenFlow, ...]:
    """The flows of the asset, zone or conduit that are not older than the check allows."""
    traffic = traffic_of(c.survey)
    if c.view is not None:
        found = traffic.by_asset.get(c.view.asset.id, ())
    elif c.zone is not None:
        found = traffic.by_zone.get(c.zone.id, ())
    else:
        found = traffic.by_conduit.get(c.conduit.id, ()) if c.conduit else ()
    oldest = c.survey.now - c.max_age
    return tuple(flow for flow in found if flow.last_seen >= oldest)


def unwatched(c: Context) -> Unknown | None:
    """Why a flow may have passed that no sensor saw; None when all of them were in sight for some time."""
    found = watched_for(c)
    if isinstance(found, Unknown):
        return found
    return None if found > timedelta(0) else Unknown(Reason.NO_FLOW_COVERAGE, c.watched_name)


def watched(c: Context, days: int) -> Operand:
    """Yes when sensors saw every flow of the subject for so many days; never no."""
    found = watched_for(c)
    if isinstance(found, Unknown):
        return found
    if found >= timedelta(days=days):
        return True
    hours = found // timedelta(hours=1)
    seen = f" ({hours} of {24 * days} hours)" if found else ""
    return Unknown(Reason.NO_FLOW_COVERAGE, f"{c.watched_name}{seen}")


def address_known(c: Context, view: View) -> Unknown | None:
    """Why the addresses of an asset cannot be relied on; None when they can."""
    if not traffic_of(c.survey).addresses(view.asset):
        return Unknown(Reason.NOT_PROBED, "ip_address")
    facts = view.by_key.get("ip_address", [])
    return None if view.fresh(facts, c.max_age) else Unknown(Reason.STALE, "ip_address")


def watched_for(c: Context) -> timedelta | Unknown:
    """For how long every flow of the subject was in sight: of two zones the shorter time."""
    traffic, since = traffic_of(c.survey), c.survey.now - c.max_age
    if c.view is not None:
        known = address_known(c, c.view)
        if known is not None:
            return known
        return traffic.watched_addresses(c.view.asset.realm, traffic.addresses(c.view.asset), since)
    if c.zone is not None:
        return traffic.watched(c.zone, since)
    if c.flow is not None:
        ends = [zone for zone in (c.flow.from_zone, c.flow.to_zone) if zone is not None]
    else:
        wanted = (c.conduit.source, c.conduit.target) if c.conduit else ()
        ends = [zone for zone in c.survey.plant.zones if zone.id in wanted]
    if not ends:
        return Unknown(Reason.NOT_DECLARED, "zone")
    return min(traffic.watched(zone, since) for zone in ends)
