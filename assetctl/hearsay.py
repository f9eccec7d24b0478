"""Devices that nobody asked, out of what switches and routers say of their neighbours.

An entry of a forwarding or ARP table, of LLDP or of CDP shows that somebody is there: it becomes a sighting of its own,
so that it joins the device it is about, or stands as an asset that was never asked. What is told about others deserves
less confidence than what a device says of itself. An address is taken for one of the reporter's own address space only
when it lies near the address at which the reporter answered, as a router may know other networks of the same numbers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from ipaddress import ip_network

from assetctl.keys import ip_in, mac_address
from assetctl.model import Address, Claim, IPAddress, Observation, Outcome, SubjectKind, Value
from assetctl.sightings import Derive, Sighting

CONFIDENCE = {"lldp": 60, "cdp": 60, "arp": 50, "fdb": 40}
MOST_ADDRESSES_OF_A_MAC = 2  # above it somebody answers for others
NEAR = {4: 24, 6: 64}
_OWN = frozenset({"self", "local", "mgmt"})  # entry types of the reporter's own addresses
_Told = Mapping[tuple[str, Address], Set[str]]
_INTRODUCED = {"neighbour_name": "hostname", "neighbour_description": "description"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One neighbour. key: its local key. mac: universal and of one device, else None."""

    key: str
    facts: Mapping[str, Value]
    learned_by: tuple[str, ...]
    mac: str | None
    addresses: tuple[IPAddress, ...]

    @property
    def introduced_itself(self) -> bool:
        return not {"lldp", "cdp"}.isdisjoint(self.learned_by)

    @property
    def confidence(self) -> int:
        return max((CONFIDENCE.get(how, 0) for how in self.learned_by), default=0)


def hearsay(observations: Iterable[Observation], *, derive: Derive | None = None) -> tuple[Sighting, ...]:
    """One sighting for each neighbour that an observation tells of, sorted by id."""
    every = tuple(observations)
    told = _told_macs(every)
    found = {one.id: one for observation in every for one in _of(observation, derive, told)}
    return tuple(found[name] for name in sorted(found))


def _told_macs(observations: Iterable[Observation]) -> _Told:
    """The hardware addresses that devices told of themselves, by scan and address."""
    found: dict[tuple[str, Address], set[str]] = {}
    for one in observations:
        if one.target is not None:
            own = (mac_address(str(claim.value)) for claim in one.claims if _is_own_mac(claim))
            found.setdefault((one.scan, one.target), set()).update(filter(None, own))
    return found


def _of(observation: Observation, derive: Derive | None, told: _Told) -> Iterator[Sighting]:
    reporter = observation.target
    if reporter is None or not any(claim.kind is SubjectKind.NEIGHBOUR for claim in observation.claims):
        return
    entries = tuple(_entries(observation.claims))
    own = told.get((observation.scan, reporter), set())
    crowded = _crowded(entries)
    for name, group in _by_device(entry for entry in entries if entry.mac not in own).items():
        place = None if name in crowded else _place(group, reporter)
        claims = tuple(_claims(group, place, told.get((observation.scan, place), set()) if place else set()))
        if claims:
            yield _sighting(observation, name, place, claims, derive)


def _by_device(entries: Iterable[_Entry]) -> Mapping[str, Sequence[_Entry]]:
    """Entries of one observation that are about one device: by hardware address, else by entry."""
    groups: dict[str, list[_Entry]] = {}
    for entry in entries:
        if entry.mac or (entry.introduced_itself and entry.addresses):
            groups.setdefault(entry.mac or entry.key, []).append(entry)
    return groups


def _entries(claims: Sequence[Claim]) -> Iterator[_Entry]:
    by_key: dict[str, dict[str, Value]] = {}
    for claim in claims:
        if claim.kind is SubjectKind.NEIGHBOUR and not claim.part:
            by_key.setdefault(claim.local_key, {})[claim.key] = claim.value
    for key, facts in by_key.items():
        if _OWN.isdisjoint(_texts(facts, "neighbour_entry_types")):
            mac = mac_address(str(facts.get("neighbour_mac_address", "")))
            told = map(ip_in, _texts(facts, "neighbour_addresses"))
            addresses = tuple(address for address in told if address is not None)
            yield _Entry(key, facts, _texts(facts, "neighbour_learned_by"), mac, addresses)


def _place(group: Sequence[_Entry], reporter: Address) -> Address | None:
    """The address of a device that lies near the reporter's, where exactly one does."""
    around = ip_network((reporter.ip, NEAR[reporter.ip.version]), strict=False)
    every = {ip for entry in group for ip in entry.addresses if ip.version == around.version}
    places = [ip for ip in every if ip in around and ip != reporter.ip]
    return Address(reporter.realm, places[0]) if len(places) == 1 else None


def _sighting(
    observation: Observation, name: str, place: Address | None, claims: tuple[Claim, ...], derive: Derive | None
) -> Sighting:
    return Sighting(
        id=f"{observation.id}>{name}",
        observation=observation.id,
        part="",
        parent="",
        realm=observation.realm,
        address=place,
        address_confidence=max(claim.confidence for claim in claims),
        scan=observation.scan,
        source=observation.source,
        reader=observation.reader,
        vantage=observation.vantage,
        outcome=Outcome.ANSWERED,
        started=observation.started,
        ended=observation.ended,
        claims=claims,
        derived=derive(claims) if derive else (),
        evidence=next((e.id for e in reversed(observation.exchanges) if e.outcome is Outcome.ANSWERED), ""),
        record=name,
    )


def _claims(group: Sequence[_Entry], place: Address | None, told: Set[str]) -> Iterator[Claim]:
    """Hardware address and what the device said when it introduced itself.

    told: the hardware addresses that the device at this place told itself; then its own word counts. A chassis id
    need not be the address of an interface, so beside an address to find the device by it is left out.
    """
    best = max(entry.confidence for entry in group)
    by_table = any(not entry.introduced_itself for entry in group)
    mac = next((entry.mac for entry in group if entry.mac), None)
    if mac and (by_table or place is None) and (not told or mac in told):
        yield Claim("mac_address", mac, SubjectKind.INTERFACE, mac, confidence=best)
    if introduced := next((entry for entry in group if entry.introduced_itself), None):
        for said, key in _INTRODUCED.items():
            if value := introduced.facts.get(said):
                yield Claim(key, value, confidence=introduced.confidence)


def _crowded(entries: Iterable[_Entry]) -> frozenset[str]:
    """Hardware addresses behind which the reporter knows more addresses than one device has."""
    addresses: dict[str, set[IPAddress]] = {}
    for entry in entries:
        if entry.mac:
            addresses.setdefault(entry.mac, set()).update(entry.addresses)
    return frozenset(
        mac
        for mac, found in addresses.items()
        if max((sum(ip.version == v for ip in found) for v in NEAR), default=0) > MOST_ADDRESSES_OF_A_MAC
    )


def _is_own_mac(claim: Claim) -> bool:
    return claim.kind is SubjectKind.INTERFACE and claim.key == "mac_address"


def _texts(facts: Mapping[str, Value], key: str) -> tuple[str, ...]:
    value = facts.get(key, ())
    return value if isinstance(value, tuple) else (str(value),)
