"""The ledgers of a store: what earlier runs spent, and what a traffic record says of a run."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from assetctl.model import Address, Destination, Scan, Segment
from assetctl.safety.ledger import read
from assetctl.scope import parse_moment

BUDGET_SPAN = timedelta(hours=24)


@dataclass
class Sent:
    """What one device was sent in one run, counted from the ledger."""

    units: int = 0
    connections: int = 0
    packets: int = 0
    refusals: int = 0
    trips: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    @property
    def highest_per_s(self) -> int:
        """The most units in any one second."""
        most, start = 0, 0
        for end, moment in enumerate(self.moments):
            while moment - self.moments[start] >= 1.0:
                start += 1
            most = max(most, end - start + 1)
        return most


def spent(scans: Iterable[Scan], *, now: datetime) -> dict[Destination, dict[str, int]]:
    """Units that each device was sent in the last 24 hours, by purse, from the ledgers of all runs."""
    since = now - BUDGET_SPAN
    totals: dict[Destination, dict[str, int]] = {}
    for scan in scans:
        path = Path(scan.ledger)
        if not scan.ledger or not path.exists() or (scan.ended is not None and scan.ended < since):
            continue
        for line in read(path):
            entry = line.entry
            if entry.get("do") == "permit" and entry.get("units") and parse_moment(entry["at"]) >= since:
                purses = totals.setdefault(destination(entry["to"]), {})
                purses[entry["purse"]] = purses.get(entry["purse"], 0) + entry["units"]
    return totals


def begun(path: Path) -> Mapping[str, int]:
    """How often each step was begun, according to a ledger."""
    return Counter(line.entry["step"] for line in read(path) if line.entry.get("begins"))


def leased(path: Path) -> Mapping[str, str]:
    """SHA-256 of each nmap argument list that was run to its end -> of the report it brought."""
    called: dict[int, str] = {}
    ended: dict[str, str] = {}
    for line in read(path):
        if line.entry.get("do") == "lease":
            called[line.number] = line.entry["sha256"]
        elif line.entry.get("do") == "leased":
            ended[called[line.entry["re"]]] = line.entry["sha256"]
    return ended


def traffic(path: Path) -> dict[str, Sent]:
    """What each address was sent in a run, by address."""
    found: dict[str, Sent] = {}
    for line in read(path):
        entry = line.entry
        if "to" not in entry:
            continue
        sent = found.setdefault(entry["to"], Sent())
        if entry["do"] == "permit":
            sent.units += entry["units"]
            sent.packets += entry["packets"]
            sent.connections += entry["request"] == "connect" and entry["units"] > 0
            if entry["units"]:
                sent.moments.append(parse_moment(entry["at"]).timestamp())
        elif entry["do"] == "refuse":
            sent.refusals += 1
        elif entry["do"] == "trip":
            sent.trips.append(entry["reason"])
    return found


def destination(text: str) -> Destination:
    """An address or a segment as the ledger writes it."""
    realm, _, interface = text.partition("/link:")
    return Segment(realm, interface) if interface else address(text)


def address(text: str) -> Address:
    """An address as the ledger writes it, realm/IP."""
    realm, _, ip = text.partition("/")
    return Address(realm, ip_address(ip))


def incident(
    path: Path, *, scan: Scan, subject: str, reason: str, at: datetime, last: Iterable[str], contact: str
) -> None:
    """Write the file that stands for an incident: what tripped, the last exchanges, the plan, whom to call."""
    content = {
        "subject": subject,
        "reason": reason,
        "at": at.isoformat(),
        "scan": scan.id,
        "plan": scan.plan_hash,
        "vantage": scan.vantage,
        "contact": contact,
        "last_exchanges": list(last),
        "next": f"look at the device, then: assetctl quarantine clear {subject} --by NAME --reason TEXT",
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", "utf-8")
