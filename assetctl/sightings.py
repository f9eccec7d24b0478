"""What was said about one device, or one part of it, in one observation: the smallest thing that merging moves."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_address

from assetctl import makers, placeholders
from assetctl.model import STATION, Address, Claim, Observation, Outcome, PortState, SubjectKind, Transport

PROBE = "probe"
_SAY_NOTHING_ALONE = frozenset({"reachable", "service_source"})
_IDENTITY_TEXTS = frozenset(
    {"manufacturer", "model", "order_code", "module_type", "serial_number", "chassis_serial_number", "hostname"}
)


@dataclass(frozen=True, slots=True)
class Derived:
    """A claim that a rule made out of other claims, and the rule's name."""

    claim: Claim
    rule: str


Derive = Callable[[Sequence[Claim]], tuple[Derived, ...]]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One observation's view of a device (part "") or of one of its parts.

    id: the observation's, for a part with "#" and the part. parent: id of the sighting of the whole device, "" for that
    one itself. evidence: id of the exchange that answered last, "" when the observation has none. address_confidence:
    below 100 where somebody else told of the address.
    """

    id: str
    observation: str
    part: str
    parent: str
    realm: str
    address: Address | None
    scan: str
    source: str
    reader: str
    vantage: str
    outcome: Outcome
    started: datetime
    ended: datetime
    claims: tuple[Claim, ...]
    derived: tuple[Derived, ...] = ()
    evidence: str = ""
    record: str = ""
    address_confidence: int = 100

    @property
    def all_claims(self) -> tuple[Claim, ...]:
        return self.claims + tuple(derived.claim for derived in self.derived)

    @property
    def exists(self) -> bool:
        """Whether this alone shows that there is a device: something answered, or an import says so."""
        if any(_shows_device(claim, self.source) for claim in self.claims):
            return True
        spoke = self.outcome in (Outcome.ANSWERED, Outcome.RESET, Outcome.GARBLED)
        return spoke and not self.claims and not self.part

    @property
    def spoke(self) -> bool:
        """Whether anything at all came from the address, be it only the refusal of a port."""
        refused = self.outcome is Outcome.REFUSED or any(
            claim.key == "port_state" and claim.value == PortState.CLOSED for claim in self.claims
        )
        return self.exists or refused

    @property
    def was_asked(self) -> bool:
        """False when the gate did not let the question out, or we stopped before it was answered."""
        return self.exists or self.outcome not in (Outcome.DENIED, Outcome.ABORTED)


def sightings(observations: Iterable[Observation], *, derive: Derive | None = None) -> tuple[Sighting, ...]:
    """One sighting for each observation and part, sorted by id; the same observation twice counts once.

    derive: rules that make further claims out of one part's claims, see `fingerprint.derive`.
    """
    whole = (one for observation in observations for one in split(observation))
    found = {sighting.id: sighting for one in whole for sighting in _of(one, derive)}
    return tuple(found[name] for name in sorted(found))


def split(observation: Observation) -> tuple[Observation, ...]:
    """One observation for each station that a talk with a segment heard; any other observation as it is.

    The id stays that of the talk; the record is the station's MAC address, the target the first IP address it told.
    """
    if observation.transport is not Transport.LINK:
        return (observation,)
    told: dict[str, list[Claim]] = {}
    for claim in observation.claims:
        if claim.part.startswith(STATION):
            mac, _, part = claim.part.removeprefix(STATION).partition("/")
            told.setdefault(mac, []).append(replace(claim, part=part))
    return tuple(
        replace(observation, record=mac, claims=tuple(claims), target=_told_address(observation.realm, claims))
        for mac, claims in sorted(told.items())
    )


def _told_address(realm: str, claims: Iterable[Claim]) -> Address | None:
    """The first address that a station told and that can be a device's own; None when it told none."""
    for claim in claims:
        if claim.key == "ip_address" and not claim.part:
            ip = ip_address(str(claim.value))
            if not (ip.is_unspecified or ip.is_multicast or ip.is_loopback or ip.is_link_local):
                return Address(realm, ip)
    return None


def _of(observation: Observation, derive: Derive | None) -> Iterable[Sighting]:
    parts = {claim.part for claim in observation.claims} | {""}
    own = f"{observation.id}#{STATION}{observation.record}" if _is_station(observation) else observation.id
    for part in sorted(parts):
        claims = tuple(_canonical(claim) for claim in observation.claims if claim.part == part and _says(claim))
        yield Sighting(
            id=f"{own}#{part}" if part else own,
            observation=observation.id,
            part=part,
            parent=own if part else "",
            realm=observation.realm,
            address=None if part else observation.target,
            scan=observation.scan,
            source=observation.source,
            reader=observation.reader,
            vantage=observation.vantage,
            outcome=observation.outcome,
            started=observation.started,
            ended=observation.ended,
            claims=claims,
            derived=tuple(one for one in derive(claims) if _says(one.claim)) if derive else (),
            evidence=_evidence(observation),
            record=observation.record,
        )


def _is_station(observation: Observation) -> bool:
    return observation.transport is Transport.LINK


def _canonical(claim: Claim) -> Claim:
    """A claim with its maker in the one spelling; what stood on the wire stays in the evidence."""
    if claim.key != "manufacturer" or not isinstance(claim.value, str):
        return claim
    return replace(claim, value=makers.canonical(claim.value))


def _says(claim: Claim) -> bool:
    """Whether a claim says anything: many write "N/A", "None" or zeros where they have nothing. A release may be 0."""
    is_version = claim.key.endswith("_version")
    if not isinstance(claim.value, str) or not (is_version or claim.key in _IDENTITY_TEXTS):
        return True
    return not placeholders.is_placeholder(claim.value) or (is_version and any(map(str.isdigit, claim.value)))


def _evidence(observation: Observation) -> str:
    answered = [exchange.id for exchange in observation.exchanges if exchange.outcome is Outcome.ANSWERED]
    every = answered or [exchange.id for exchange in observation.exchanges]
    return every[-1] if every else ""


def _shows_device(claim: Claim, source: str) -> bool:
    if claim.key == "port_state":
        return claim.value == PortState.OPEN
    if claim.key == "reachable":
        return source != PROBE and claim.value is True
    if claim.kind is SubjectKind.INTERFACE and claim.key == "ip_address":
        return source != PROBE
    return claim.key not in _SAY_NOTHING_ALONE
