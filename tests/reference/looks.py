"""What two runs over the reference plant saw, as scans and observations in its store.

The bytes of an exchange are the facts that were heard, as text: what the plant says is made up, and nothing else is.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count, islice

from assetctl.model import (
    DEFAULT_REALM,
    Address,
    Claim,
    Exchange,
    Observation,
    Outcome,
    Scan,
    ScanState,
    SubjectKind,
    Zone,
)
from assetctl.store.repo import Store
from assetctl.values import address
from tests.reference.devices import IMPORT, Device

NOW, BEFORE = "ref-now", "ref-before"
TOGETHER = 500


def put_scan(store: Store, name: str, held: Sequence[Device], zones: Sequence[Zone], began: datetime) -> None:
    """One run that asked every zone from within."""
    ended = began + timedelta(hours=2)
    gone = sum(one.gone for one in held) if name == NOW else 0
    store.begin_scan(
        Scan(
            id=name,
            realm=DEFAULT_REALM,
            state=ScanState.DONE,
            started=began,
            ended=ended,
            vantage="eth0/10.10.3.5",
            approval="A. Example (stated)",
            counts={"answered": len(held) - gone, "silent": gone},
            coverage=tuple(str(net) for zone in zones for net in zone.networks),
        )
    )
    readers = sorted({reader for one in held for reader in one.says if reader != IMPORT})
    rows = [[str(net), "", reader, "", []] for zone in zones for net in zone.networks for reader in readers]
    store.put_plan(name, json.dumps({"request": {}, "plan": {"rows": rows}}))
    numbers = count(1)
    seen = began + timedelta(hours=1)
    found = (row for one in held for row in _observations(one, name, seen, _learned(one, held), numbers))
    while batch := tuple(islice(found, TOGETHER)):
        store.put_observations(batch)


def _observations(
    one: Device, scan: str, at: datetime, learned: Sequence[Claim], numbers: Iterator[int]
) -> Iterator[Observation]:
    """One for each reader; a device that is gone is asked and silent."""
    told = (("ports", ()),) if one.gone and scan == NOW else tuple(one.claims(at.isoformat()))
    for reader, claims in told:
        is_probe, claims = reader != IMPORT, (*claims, *(learned if reader == "snmp" else ()))
        outcome = Outcome.ANSWERED if claims else Outcome.SILENT
        text = "\n".join(f"{claim.part} {claim.local_key} {claim.key} = {claim.value}" for claim in claims)
        received = (text.encode(),) if claims else ()
        made = Exchange(
            f"{scan}:{next(numbers)}", "recorded answer", b"", received, outcome, at, 1.5 if claims else None
        )
        yield Observation(
            id=f"{scan}/{one.name}/{reader}",
            scan=scan,
            source="probe" if is_probe else IMPORT,
            reader=f"{reader}/1",
            realm=DEFAULT_REALM,
            target=Address(DEFAULT_REALM, address(one.ip)),
            vantage=f"eth0/{one.ip.rpartition('.')[0]}.{5 if 'safety' not in one.zone else 133}" if is_probe else "",
            outcome=outcome,
            started=at,
            ended=at,
            exchanges=(made,) if is_probe else (),
            claims=claims,
            record="" if is_probe else f"row {one.number}",
        )


def _learned(switch: Device, held: Sequence[Device]) -> Sequence[Claim]:
    """The forwarding table of a switch, with a port for each device of the zones that it serves."""
    if switch.role != "switch":
        return ()
    behind = [one for one in held if one.switch == switch.name and one.role != "switch" and not one.gone]
    return tuple(
        Claim(key, value, SubjectKind.NEIGHBOUR, f"F{port}/{one.mac}")
        for port, one in enumerate(behind, 11)
        for key, value in (
            ("neighbour_mac_address", one.mac),
            ("neighbour_local_port", f"F{port}"),
            ("neighbour_entry_types", ("learned",)),
            ("neighbour_learned_by", ("fdb",)),
        )
    )
