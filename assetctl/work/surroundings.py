"""What a report says besides inventory and findings: flows, advisories, golden files, incidents."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256

from assetctl.advisory.derive import decisions_of
from assetctl.advisory.described import Described, describe
from assetctl.advisory.knowledge import Knowledge
from assetctl.advisory.matching import Match
from assetctl.advisory.settling import Verdict
from assetctl.model import Asset, Capture, Conduit, Flow, Position, Zone
from assetctl.policy.flows import SeenFlow
from assetctl.policy.plant import Plant
from assetctl.policy.survey import Survey
from assetctl.policy.traffic import Traffic
from assetctl.protocol import Protocol
from assetctl.report.inputs import AdvisoryMatch, Compared, FeedInfo, Halt, LifeEnd, Passage
from assetctl.settings import Settings
from assetctl.store.repo import Store
from assetctl.work.approving import MAX_AGE
from assetctl.work.golding import compare


def passages(
    assets: tuple[Asset, ...],
    zones: tuple[Zone, ...],
    conduits: tuple[Conduit, ...],
    positions: tuple[Position, ...],
    flows: tuple[Flow, ...],
    captures: tuple[Capture, ...],
    *,
    now: datetime,
) -> tuple[Passage, ...]:
    """The flows whose ends lie in different zones, or in none."""
    if not flows:
        return ()
    plant = Plant(assets, zones=zones, positions=positions, conduits=conduits, flows=flows, captures=captures)
    traffic = Traffic(Survey(plant, now))
    return tuple(_passage(one, traffic) for one in traffic.flows if not one.stays_inside)


def _passage(one: SeenFlow, traffic: Traffic) -> Passage:
    return Passage(
        source=str(one.source),
        target=str(one.target),
        transport=one.transport,
        port=one.port,
        service=one.service,
        from_zone=one.from_zone.id if one.from_zone else "",
        to_zone=one.to_zone.id if one.to_zone else "",
        conduit=one.conduit.id if one.conduit else "",
        verdict=_verdict(one, traffic),
        connections=sum(row.connections for row in one.told),
        answered=sum(row.answered for row in one.told),
        first_seen=min(row.first_seen for row in one.told),
        last_seen=one.last_seen,
        sensor=", ".join(dict.fromkeys(row.sensor for row in one.told)),
    )


def _verdict(one: SeenFlow, traffic: Traffic) -> str:
    """Against what was declared. The opener counts only where a sensor saw who began."""
    if one.from_zone is None or one.to_zone is None:
        return "no zone"
    if one.conduit is None:
        return "no conduit"
    if not one.allowed_by:
        return "not in its conduit"
    opens = {"from": one.conduit.source, "to": one.conduit.target}.get(one.conduit.opens)
    was_seen = any(row.opened for row in one.told)
    if opens and was_seen and not traffic.conduits.is_part_of(one.from_zone.id, opens):
        return "other opener"
    return "allowed"


def advisories(assets: tuple[Asset, ...], known: Knowledge) -> Iterator[AdvisoryMatch]:
    """Every advisory that names an asset, those that do not affect it included."""
    if not known.feeds:
        return
    held = {asset.id: asset for asset in assets}
    for asset in assets:
        parent = held.get(asset.parent or "")
        own = {**((parent and decisions_of(parent)) or {}), **(decisions_of(asset) or {})}
        described = describe(asset, parent)
        yield from (_match(described, one, known, own) for one in known.matches(described))


def _match(asset: Described, match: Match, known: Knowledge, decided: Mapping[str, str]) -> AdvisoryMatch:
    cves = match.cves(match.verdict)
    is_relevant = match.verdict is not Verdict.NOT_AFFECTED
    listed = known.listed(cves) if is_relevant else ()
    due = [one.due for one in listed if one.due]
    scores = [one.vulnerability.score for one in match.judged if one.verdict is match.verdict]
    highest = max((score for score in scores if score is not None), default=None)
    return AdvisoryMatch(
        asset=asset.asset,
        advisory=match.advisory.id,
        title=match.advisory.title,
        cves=cves,
        score="" if highest is None else f"{highest:.1f}",
        verdict=match.verdict.value,
        ours=match.worst.ours,
        theirs=match.worst.theirs,
        reason=match.worst.reason,
        version=", ".join(asset.device.versions),
        kev=tuple(one.cve for one in listed),
        kev_due=min(due).isoformat() if due else "",
        fix=("offered" if match.is_fixable else "not offered") if match.verdict is Verdict.AFFECTED else "",
        decision=decided.get(match.advisory.id, ""),
        published=match.advisory.issued,
    )


def life_ends(assets: tuple[Asset, ...], known: Knowledge) -> Iterator[LifeEnd]:
    """What life-cycle lists say of the assets; several lines where lists differ."""
    held = {asset.id: asset for asset in assets}
    for asset in assets if known.life_cycles else ():
        for row in known.life_cycle(describe(asset, held.get(asset.parent or ""))):
            sale, support = (str(day) if day else "" for day in (row.end_of_sale, row.end_of_support))
            yield LifeEnd(asset.id, f"{row.maker} {row.product}", sale, support, f"{row.source} ({row.place})")


def feeds(known: Knowledge) -> Iterator[FeedInfo]:
    """The loaded files."""
    for one in known.feeds:
        yield FeedInfo(one.kind.value, one.file, one.as_of, one.stated, one.count, one.sha256)


def golden(
    store: Store, settings: Settings, protocols: Mapping[str, Protocol], *, now: datetime, realm: str = ""
) -> Iterator[Compared]:
    """The golden inventories that the settings name, against the plant. realm: only those of it, "" for all."""
    for name in settings.files.golden:
        path = settings.file(name)
        found = compare(store, path, protocols, now=now, max_age=MAX_AGE, share=1.0)
        if realm in ("", found.golden.realm):
            digest = sha256(path.read_bytes()).hexdigest()
            yield Compared(name, found.golden.zone, found.differences, found.coverage, digest)


def halts(store: Store, realm: str = "") -> Iterator[Halt]:
    """What safety rules ended, and the devices that are or were left alone, in one realm or, for "", in all."""
    for incident in store.incidents():
        if realm in ("", incident.realm):
            yield Halt("incident", incident.subject, incident.reason, incident.at, incident.scan, incident.file)
    for one in store.quarantine_history():
        if realm not in ("", one.realm):
            continue
        cleared = f"{one.cleared_at:%Y-%m-%d} by {one.cleared_by}: {one.cleared_reason}" if one.cleared_at else ""
        yield Halt("quarantine", one.subject, one.reason, one.since, one.scan, one.incident, cleared)


def permitted(settings: Settings) -> tuple[str, ...]:
    """The questions that the scope allows by name, beyond those of identity."""
    consents = (f"{one.probe} on {', '.join(one.targets)}" for one in settings.consents)
    return (*sorted(settings.probes.depth), *sorted(consents))
