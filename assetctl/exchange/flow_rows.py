"""Connections out of a sensor's file, added up as they are read: what is kept grows with flows, not with the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address

from assetctl.errors import InputError
from assetctl.model import IPAddress
from assetctl.text import one_line

MOST_FLOWS = 250_000
MOST_PROBLEMS = 20
MOST_SERVICE = 64
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)

TRANSPORTS = {
    "1": "icmp",
    "58": "icmp",
    "icmp6": "icmp",
    "ipv6-icmp": "icmp",
    "icmpv6": "icmp",
    "6": "tcp",
    "17": "udp",
}
NUMBERED = {"gre": "47", "esp": "50", "ah": "51", "ospf": "89", "vrrp": "112", "sctp": "132", "igmp": "2"}


@dataclass(frozen=True, slots=True)
class Passage:
    """One line of a sensor's file. Texts as they stand there; times aware. opened: the sensor saw which side began."""

    source: str
    target: str
    transport: str
    port: int
    service: str
    begun: datetime
    ended: datetime
    size_bytes: int = 0
    count: int = 1
    answered: bool = True
    opened: bool = True


@dataclass(slots=True)
class Sum:
    """What was added up for one flow."""

    first_seen: datetime
    last_seen: datetime
    connections: int = 0
    answered: int = 0
    opened: int = 0
    size_bytes: int = 0


Key = tuple[IPAddress, IPAddress, str, int, str]


@dataclass(slots=True)
class Gathered:
    """All flows of a file. problems: the first lines that were no flows and why; skipped: how many there were."""

    newest: datetime
    flows: dict[Key, Sum] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    records: int = 0
    skipped: int = 0
    _known: dict[str, IPAddress] = field(default_factory=dict)

    def read(self, place: str, line: Callable[[], Passage | None]) -> None:
        """Take in one line; one that is no flow is told with its place. None from `line`: nothing to take in."""
        try:
            passage = line()
            if passage is not None:
                self._add(passage)
        except (ValueError, OverflowError) as fault:
            self.skip(place, str(fault))

    def skip(self, place: str, reason: str) -> None:
        self.skipped += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(f"{place}: {one_line(reason, most=160)}; the line is left out")

    def _add(self, one: Passage) -> None:
        if not OLDEST <= one.begun <= one.ended <= self.newest:
            raise ValueError(f"the time {one.begun:%Y-%m-%d %H:%M} to {one.ended:%Y-%m-%d %H:%M} cannot be right")
        key = self._ip(one.source), self._ip(one.target), one.transport, one.port, one.service
        held = self.flows.get(key)
        if held is None:
            if len(self.flows) >= MOST_FLOWS:
                raise InputError(f"more than {MOST_FLOWS} different flows; split the file by time or by sensor")
            held = self.flows[key] = Sum(one.begun, one.ended)
        held.first_seen, held.last_seen = min(held.first_seen, one.begun), max(held.last_seen, one.ended)
        held.connections += one.count
        held.answered += one.count if one.answered else 0
        held.opened += one.count if one.opened else 0
        held.size_bytes += one.size_bytes
        self.records += 1

    def _ip(self, text: str) -> IPAddress:
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = address(text)
        return found


def address(text: str) -> IPAddress:
    """An address; an IPv4 address in IPv6 form is the IPv4 address. Raises ValueError."""
    try:
        found = ip_address(text.strip())
    except ValueError:
        raise ValueError(f'"{one_line(text, most=50)}" is not an address') from None
    if found.version == 6 and found.scope_id is not None:
        raise ValueError(f'"{one_line(text, most=50)}" is an address with a zone index')
    return (found.ipv4_mapped or found) if found.version == 6 else found


def transport_of(text: str) -> str:
    """tcp, udp, icmp, or the number of another IP protocol. Raises ValueError."""
    name = text.strip().casefold()
    name = TRANSPORTS.get(name) or NUMBERED.get(name, name)
    if name in ("tcp", "udp", "icmp") or (name.isascii() and name.isdigit() and int(name) <= 255):
        return name
    raise ValueError(f'"{one_line(text, most=30)}" is not tcp, udp, icmp or the number of an IP protocol')


def port_of(text: str, transport: str) -> int:
    """A port at the target; 0 where the transport has none. Raises ValueError."""
    if transport not in ("tcp", "udp"):
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise ValueError(f'"{one_line(text, most=30)}" is not a port')
    return int(text)


def whole(text: str) -> int:
    """A count or size; 0 where none is told."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def moment(text: str) -> datetime:
    """A time from seconds since 1970 or ISO 8601; one without a zone is read as UTC. Raises ValueError."""
    bare = text.strip()
    try:
        return datetime.fromtimestamp(float(bare), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    try:
        found = datetime.fromisoformat(bare)
    except ValueError:
        raise ValueError(f'"{one_line(text, most=40)}" is not a time') from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def words(service: str) -> str:
    """A sensor's name of a protocol, sorted where it gives several, "" where it gives none."""
    told = sorted({word.strip() for word in service[:256].casefold().split(",")} - {"", "-", "(empty)", "unknown"})
    return one_line(",".join(told), most=MOST_SERVICE)


def rows(gathered: Gathered) -> Iterator[tuple[Key, Sum]]:
    """The flows in a fixed order."""

    def order(item: tuple[Key, Sum]) -> tuple[object, ...]:
        source, target, *rest = item[0]
        return (source.version, int(source), target.version, int(target), *rest)

    yield from sorted(gathered.flows.items(), key=order)
