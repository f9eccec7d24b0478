"""What finished runs looked at: the addresses of their coverage less those that they excluded."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network

from assetctl.model import Fact, IPAddress, IPNetwork, PortState, Scan, ScanState

_Span = tuple[int, int]
_OF_ANY_CONNECT = frozenset({"port_state", "ip_address", "reachable", "service_source"})


@dataclass(frozen=True, slots=True)
class Questions:
    """What a run was planned to ask. is_limited: only some probes were wanted.

    rows: targets as text, each with what was asked there: a protocol, and ports such as "tcp/502".
    """

    rows: tuple[tuple[str, frozenset[str]], ...]
    is_limited: bool = False


Asked = Callable[[str], Questions | None]
"""What a run asked, by its id; None where nobody knows."""


def answers(facts: Iterable[Fact]) -> frozenset[str]:
    """The protocols in which a device answered us, and the ports that we found open."""
    ours = [fact for fact in facts if fact.source.kind == "probe"]
    opened = {fact.subject.local_key for fact in ours if fact.key == "port_state" and fact.value == PortState.OPEN}
    return frozenset({fact.source.name for fact in ours if fact.key not in _OF_ANY_CONNECT} | opened)


def narrowed(scan: Scan, asked: Asked, wanted: frozenset[str]) -> Scan:
    """A run with only the targets at which it asked something of what is wanted."""
    questions = asked(scan.id)
    if questions is None:
        return scan
    return replace(scan, coverage=tuple(text for text, said in questions.rows if said & wanted))


def is_complete(scan: Scan, since: datetime) -> bool:
    """Whether a run ended in full, and not before a time."""
    return scan.state in (ScanState.DONE, ScanState.IMPORTED) and scan.ended is not None and scan.ended >= since


def covers(scans: Iterable[Scan], network: IPNetwork) -> bool:
    """Whether runs together looked at every address of a network that a device can have."""
    looked_at = [part for scan in scans for part in _looked_at(scan, network.version)]
    return _holds(sorted(looked_at), _hosts(network))


def looks_at(scan: Scan, address: IPAddress) -> bool:
    """Whether a run looked at one address of its realm."""
    return any(first <= int(address) <= last for first, last in _looked_at(scan, address.version))


def _hosts(network: IPNetwork) -> _Span:
    first, last = int(network.network_address), int(network.broadcast_address)
    return (first + 1, last - 1) if network.version == 4 and network.prefixlen < 31 else (first, last)


def _holds(spans: list[_Span], wanted: _Span) -> bool:
    """Whether sorted spans together hold every address of another."""
    next_missing = wanted[0]
    for first, last in spans:
        if first <= next_missing:
            next_missing = max(next_missing, last + 1)
    return next_missing > wanted[1]


def _looked_at(scan: Scan, version: int) -> list[_Span]:
    """What a run's coverage in one family of addresses leaves after what that run excluded."""
    parts = _spans(scan.coverage, scan.realm, version)
    for first, last in _spans(scan.excluded, scan.realm, version):
        ends = [((a, min(b, first - 1)), (max(a, last + 1), b)) for a, b in parts]
        parts = [part for pair in ends for part in pair if part[0] <= part[1]]
    return parts


def _spans(texts: Iterable[str], realm: str, version: int) -> list[_Span]:
    return [span for text in texts if (span := _span(text, realm, version))]


@lru_cache(4096)  # a run is asked about each network and position, and says the same each time
def _span(text: str, realm: str, version: int) -> _Span | None:
    """First and last address that one line of a run's coverage names; None in another family, or for no address."""
    named = text.removeprefix(f"{realm}/").partition(" ")[0]
    first, dash, last = named.partition("-")
    try:
        span = ip_network(named, strict=False) if not dash else None
        ends = (span.network_address, span.broadcast_address) if span else (ip_address(first), ip_address(last))
    except ValueError:
        return None
    return (int(ends[0]), int(ends[1])) if ends[0].version == ends[1].version == version else None
