"""The parts of a check's tests that are about zones, conduits and flows."""

import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TypeVar

from assetctl.errors import InputError
from assetctl.forms import Form, fill_from
from assetctl.model import Capture, Conduit, Flow
from assetctl.policy.check import Case, CaseCapture, CaseFlow
from assetctl.policy.fields import Fields
from assetctl.values import address, network
from assetctl.zone_forms import ConduitForm

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
"""The time at which all tests of checks take place."""

REALM = "plant"
CAPTURE = "capture-0"
_FLOW = re.compile(r"(\S+) > (\S+) (tcp|udp|icmp)(?:/(\d{1,5}))?(?: ([\w,-]+))?((?: (?:unanswered|middle))*)\Z")
F = TypeVar("F", bound=Form)


def declared(row: Fields, form: type[F]) -> F:
    """A zone or conduit as the zones file has it."""
    return fill_from(form, row.values, place=lambda way: row.document.place((*row.way, *way)))


def conduit(row: Fields) -> Conduit:
    """A conduit of the zones file; of each protocol that it allows the port must be known."""
    try:
        return declared(row, ConduitForm).as_conduit()
    except ValueError as error:
        problem = str(error)
    return row.refuse("allow", problem)


def flow(row: Fields, text: str) -> CaseFlow:
    """A flow such as "10.0.0.1 > 10.0.1.1 tcp/502 modbus"; a service of "-" was not recognised.

    Words behind it: unanswered when nobody answered, middle when its opening was not seen.
    """
    found = _FLOW.match(text)
    try:
        ends = [str(address(end)) for end in (found[1], found[2])] if found else []
    except ValueError as error:
        problem = str(error)
    else:
        if found is not None:
            service = "" if found[5] in (None, "-") else found[5]
            said = found[6].split()
            port = int(found[4] or 0)
            return CaseFlow(ends[0], ends[1], found[3], port, service, "unanswered" not in said, "middle" not in said)
        problem = 'a flow such as "10.0.0.1 > 10.0.1.1 tcp/502 modbus" is expected'
    return row.refuse("flows", problem)


def capture(row: Fields) -> CaseCapture:
    """One entry of `captures`: the networks that a sensor covered, and for how many days."""
    row.only(("covers", "days"), required=("covers",))
    try:
        covers = tuple(str(network(text)) for text in row.texts("covers"))
    except ValueError as error:
        problem = str(error)
    else:
        return CaseCapture(covers, row.number("days", "30"))
    return row.refuse("covers", problem)


def link(row: Fields, text: str) -> tuple[str, str]:
    """Two assets that are connected, such as "subject - other-1"."""
    one, _, other = text.partition(" - ")
    if not one or not other:
        raise InputError(f'{row.document.place(row.way)}: links: "subject - other-1" is expected')
    return one, other


def built_flow(case: Case, one: CaseFlow) -> Flow:
    """A flow of a case as a sensor would have told it, at the age of the case."""
    seen = NOW - timedelta(days=case.age_days)
    return Flow(
        capture=CAPTURE,
        realm=REALM,
        source=ip_address(one.source),
        target=ip_address(one.target),
        transport=one.transport,
        port=one.port,
        service=one.service,
        first_seen=seen,
        last_seen=seen,
        connections=1,
        answered=int(one.answered),
        opened=int(one.opened),
        size_bytes=100,
        sensor="trial",
    )


def built_capture(case: Case, one: CaseCapture, at: int) -> Capture:
    ended = NOW - timedelta(days=case.age_days)
    started = ended - timedelta(days=one.days)
    return Capture(f"capture-{at}", REALM, "trial", "zeek", "conn.log", "", started, ended, NOW, one.covers)
