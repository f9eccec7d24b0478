"""What leaves for other systems: devices, cables and results as texts, redacted once, harmless and of bounded length.

Every writer of an export is handed an `Outgoing` and nothing else, so that no file holds what was not redacted. Times
are those of the evidence and ids follow from what they name: equal content gives equal bytes at any time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from uuid import UUID, uuid5

from assetctl.model import IPAddress, RequirementMapping, Result, Severity
from assetctl.text import visible

MOST_TEXT = 1000  # characters of one value
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when nothing was seen
_NAMESPACE = UUID("6b0e3a52-9f0c-5d7e-8a41-3d1f5c9b7e20")

Redact = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Port:
    """One interface of a device, or one address of it. type: IANAifType, None where nobody told it.

    addresses: of this interface, in numeric order. enabled, up: None where nobody told.
    """

    key: str
    name: str = ""
    description: str = ""
    addresses: tuple[str, ...] = ()
    mac: str = ""
    netmask: str = ""
    type: int | None = None
    index: int | None = None
    speed_bps: int | None = None
    enabled: bool | None = None
    up: bool | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One open port. transport: tcp or udp."""

    transport: str
    port: int
    name: str = ""
    product: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """One device or part. name: what people know it by, its id where nothing better was told. "" is not known.

    addresses, macs: of all its interfaces. parent: id of the device of which it is a part. software: name and version.
    """

    id: str
    realm: str
    name: str
    first_seen: datetime
    last_seen: datetime
    site: str = ""
    zone: str = ""
    position: str = ""
    parent: str = ""
    slot: str = ""
    hostname: str = ""
    maker: str = ""
    model: str = ""
    order_code: str = ""
    serial: str = ""
    firmware: str = ""
    application: str = ""
    hardware: str = ""
    os: str = ""
    os_version: str = ""
    role: str = ""
    description: str = ""
    location: str = ""
    criticality: str = ""
    owner: str = ""
    asset_number: str = ""
    confidence: int = 0
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    services: tuple[Service, ...] = ()
    software: tuple[tuple[str, str], ...] = ()

    @property
    def product(self) -> str:
        """What the maker sells it as, "" when not known."""
        return self.model or self.order_code


@dataclass(frozen=True, slots=True, order=True)
class Cable:
    """One cable of which both ends told. one, other: device id and port as that device calls it."""

    one: tuple[str, str]
    other: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Area:
    """One zone that was declared. networks: as text."""

    id: str
    realm: str
    networks: tuple[str, ...]
    level: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact on which a result rests. text: what was read, or why it was not known."""

    text: str
    evidence: str = ""
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One result of a check that was not a pass. subject: id of a device or zone, or "inventory"."""

    id: str
    check: str
    title: str
    severity: Severity
    result: Result
    reason: str
    statement: str
    subject: str
    zone: str = ""
    part: str = ""
    waiver: str = ""
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One check of the pack that was judged with. passes: for how many subjects it passed."""

    id: str
    title: str
    fix: str = ""
    limits: str = ""
    maps: tuple[RequirementMapping, ...] = ()
    passes: int = 0


@dataclass(frozen=True, slots=True)
class Met:
    """One requirement of the table for which somebody answers at one place, with nothing standing against it."""

    place: str
    requirement: str


@dataclass(frozen=True, slots=True)
class Results:
    """The last run of the policy. framework: of the requirements that are met, with its edition."""

    at: datetime
    verdicts: tuple[Verdict, ...]
    rules: tuple[Rule, ...]
    met: tuple[Met, ...] = ()
    framework: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Everything an export may say. as_of: newest evidence. results: None when no policy was run."""

    version: str
    as_of: datetime
    devices: tuple[Device, ...]
    project: str = ""
    site: str = ""
    cables: tuple[Cable, ...] = ()
    areas: tuple[Area, ...] = ()
    results: Results | None = None
    by_id: Mapping[str, Device] = field(default_factory=dict)
    _held: dict[str, list[Device]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def wholes(self) -> tuple[Device, ...]:
        """The devices that are no part of another one."""
        return tuple(one for one in self.devices if one.parent not in self.by_id)

    def parts(self, device: Device) -> tuple[Device, ...]:
        """Its parts and theirs, each after the one that holds it."""
        if not self._held:
            for one in self.devices:
                self._held.setdefault(one.parent, []).append(one)
        found, front, seen = list[Device](), [device.id], set[str]()
        while front:
            id = front.pop(0)
            inside = [] if id in seen else self._held.get(id, [])
            seen.add(id)
            found += inside
            front += [one.id for one in inside]
        return tuple(found)


def clean(text: str, redact: Redact = str) -> str:
    """Text as it may leave: redacted, in one line, nothing hidden in it, cut at `MOST_TEXT`."""
    return visible(" ".join(redact(text).split()), most=MOST_TEXT)


def uuid_of(kind: str, *names: str) -> str:
    """The UUID of a thing: always the same for the same names."""
    return str(uuid5(_NAMESPACE, "\x1f".join((kind, *names))))


def real(addresses: Sequence[str]) -> tuple[IPAddress, ...]:
    """Those that are addresses and not pseudonyms of such."""
    found = []
    for text in addresses:
        try:
            found.append(ip_address(text))
        except ValueError:
            continue
    return tuple(found)


def is_mac(text: str) -> bool:
    """Whether it is a hardware address and not a pseudonym of one."""
    pairs = text.split(":")
    return len(pairs) == 6 and all(len(pair) == 2 and set(pair) <= set("0123456789abcdefABCDEF") for pair in pairs)


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
