"""Gathers what a report says from the store, the settings and the last run of the policy; writes nothing itself."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from assetctl import __version__
from assetctl.model import Asset, Conduit, Exchange, Finding, Position, Result, Scan, Zone
from assetctl.packing import Findings
from assetctl.policy.check import Check
from assetctl.policy.levels import Cell
from assetctl.protocol import Protocol
from assetctl.report.inputs import Approval, CheckInfo, Evidence, Exclusion, ReportInputs, Service, Traffic, VantageInfo
from assetctl.settings import Settings
from assetctl.settle import as_text, services, settled
from assetctl.store.records import CheckRun, StoredExchange
from assetctl.store.repo import Store
from assetctl.text import counted
from assetctl.topology import topology
from assetctl.work import ledgers
from assetctl.work.advising import knowledge
from assetctl.work.clock import CLOCK
from assetctl.work.levelling import places
from assetctl.work.papers import NO_PAPERS, Papers, waiver_uses, word_on
from assetctl.work.retiring import answering_again, retired
from assetctl.work.site import ALL_SITES, Site
from assetctl.work.surroundings import advisories, feeds, golden, halts, life_ends, passages, permitted
from assetctl.zones import ZoneFile

EXCERPT_BYTES = 48


@dataclass(frozen=True)
class Material:
    """What a report is made of besides the store. checks: the pack that was judged with.

    since, supersedes: time and id of the report before, None and "" without one. site: what it is about; zones,
    register and papers are those of the site.
    """

    settings: Settings
    checks: tuple[Check, ...]
    protocols: Mapping[str, Protocol]
    zones: tuple[Zone, ...]
    register: tuple[Position, ...]
    assessor: str = ""
    classification: str = ""
    title: str = ""
    levels: tuple[Cell, ...] = ()
    papers: Papers = NO_PAPERS
    zone_file: ZoneFile | None = None
    company: str = ""
    since: datetime | None = None
    supersedes: str = ""
    site: Site = ALL_SITES

    @property
    def conduits(self) -> tuple[Conduit, ...]:
        return self.zone_file.conduits if self.zone_file else ()


def inputs(store: Store, material: Material, *, generated_at: datetime) -> ReportInputs:
    """Everything a report says, as of the last run of the policy. Rows of evidence are read when they are written."""
    settings, site = material.settings, material.site
    run = store.latest_run()
    findings = site.findings(store.findings(run.id)) if run else Findings()
    assets = store.assets(site.realm or None, packed=True)
    scans = site.of(store.scans())
    sent = {scan.id: _traffic(scan) for scan in scans}
    wanted = frozenset(_cited(assets, findings))
    positions = site.of(material.register or store.positions())
    flows, captures = site.of(store.flows()), site.of(store.captures())
    known = knowledge(store)
    return ReportInputs(
        title=material.title or settings.report.title or f"OT and IT assets of {settings.project.name or 'the plant'}",
        project=settings.project.name,
        site=settings.project.site,
        tool=f"assetctl {__version__}",
        generated_at=generated_at,
        settled=settled,
        services=_services,
        scans=scans,
        zones=material.zones,
        assets=assets,
        findings=findings,
        checks=tuple(_check_info(check) for check in material.checks),
        positions=positions,
        traffic=tuple(_all_traffic(sent)),
        exclusions=tuple(_exclusions(scans)),
        approvals=tuple(
            Approval(a.who, a.at, a.verified, a.what) for a in store.approvals() if _allows(a.scan, sent, site)
        ),
        vantages=tuple(_vantages(scans)),
        evidence=lambda: _evidence(store, wanted, {scan.id: scan.vantage for scan in scans}),
        tallies=_tallies(site.counts(run) if run else {}),
        classification=material.classification or settings.report.classification or "internal",
        company=material.company or settings.report.company,
        assessor=material.assessor,
        files=material.papers.files,
        judged_files=run.files if run else {},
        run=run.id if run else "",
        pack=f"{counted(len(material.checks), 'check')}",
        pack_hash=run.pack_hash if run else "",
        versions={name: protocol.reader for name, protocol in sorted(material.protocols.items())},
        thresholds=tuple(f"{check.id} {text}" for check in material.checks for text in check.changed),
        clock="; ".join(f"{scan.id}: {scan.note.removeprefix(CLOCK)}" for scan in scans if scan.note.startswith(CLOCK)),
        levels=material.levels,
        lives=site.lives(store.lives()),
        waivers=waiver_uses(material.papers, findings, tuple(run.checks) if run else (), generated_at.date()),
        attestations=material.papers.attestations,
        notes=tuple(_notices(material, run, assets, findings, today=generated_at.date())),
        system=material.zone_file.system if material.zone_file else "",
        system_approvals=material.zone_file.approvals if material.zone_file else (),
        conduits=material.conduits,
        passages=passages(assets, material.zones, material.conduits, positions, flows, captures, now=generated_at),
        captures=captures,
        topology=topology(assets),
        advisories=tuple(advisories(assets, known)),
        life_ends=tuple(life_ends(assets, known)),
        feeds=tuple(feeds(known)),
        golden=tuple(golden(store, settings, material.protocols, now=generated_at, realm=site.realm)),
        halts=tuple(halts(store, site.realm)),
        permitted=permitted(settings),
        judged_at=run.at if run else None,
        since=material.since,
        supersedes=material.supersedes,
        seen=site.seen(run, material.zones, material.conduits) if run else {},
        within=_within(material),
    )


def _notices(
    material: Material, run: CheckRun | None, assets: Sequence[Asset], findings: Sequence[Finding], *, today: date
) -> Iterator[str]:
    """What is left out, wrong with the papers of the run as they are today, or answers although it should not."""
    yield from material.site.word()
    if run is None:
        yield "No policy was run: `assetctl check` judges the inventory."
        return
    yield from word_on(material.papers, findings, tuple(run.checks), today).notices
    yield from answering_again(assets, retired(material.register))


def _allows(scan: str, scans: Container[str], site: Site) -> bool:
    """Whether an approval is part of a report; one that names no run may allow any."""
    return not site.realm or not scan or scan in scans


def _within(material: Material) -> dict[str, frozenset[str]]:
    """By zone and conduit the places whose results concern it too."""
    return {place.id: place.within for place in places(material.zones, material.conduits)}


def _services(asset: Asset) -> Iterator[Service]:
    for view in services(asset):
        fact = view.facts.get("port_state") or next(iter(view.facts.values()), None)
        evidence = fact.source.evidence if fact else ""
        yield Service(
            view.local_key, view.state, view.name, view.product, view.version, view.source, evidence, view.last_seen
        )


def _check_info(check: Check) -> CheckInfo:
    return CheckInfo(
        id=check.id,
        title=check.title,
        severity=check.severity,
        version=check.version,
        statement=check.assertion.text,
        fix=check.fix,
        limits=check.limits,
        maps=check.maps,
        facts=tuple(sorted(check.keys)),
        thresholds=tuple(f"{name} = {as_text(value)}" for name, value in sorted(check.params.items())),
        own=check.own.value,
        said=check.said,
    )


def _traffic(scan: Scan) -> Mapping[str, ledgers.Sent]:
    path = Path(scan.ledger) if scan.ledger else None
    return ledgers.traffic(path) if path is not None and path.exists() else {}


def _all_traffic(sent: Mapping[str, Mapping[str, ledgers.Sent]]) -> Iterator[Traffic]:
    for scan, devices in sorted(sent.items()):
        for address, one in sorted(devices.items()):
            note = "; ".join((scan, *one.trips))
            yield Traffic(
                address, one.units, one.connections, float(one.highest_per_s), one.refusals, len(one.trips), note
            )


def _exclusions(scans: tuple[Scan, ...]) -> Iterator[Exclusion]:
    for target in dict.fromkeys(text for scan in scans for text in scan.excluded):
        yield Exclusion(target, "excluded by the scope", "scope")


def _vantages(scans: tuple[Scan, ...]) -> Iterator[VantageInfo]:
    for realm, vantage in dict.fromkeys((scan.realm, scan.vantage) for scan in scans if scan.vantage):
        verified = "anchor checked" in vantage
        yield VantageInfo(vantage, realm, verified, "" if verified else "cell not verified: no anchor was declared")


def _cited(assets: Iterable[Asset], findings: Iterable[Finding]) -> Iterator[str]:
    """Ids of the exchanges that values and findings rest on."""
    for asset in assets:
        for fact in asset.facts:
            yield fact.source.evidence
    for finding in findings:
        for because in finding.because:
            yield because.evidence


def _evidence(store: Store, wanted: frozenset[str], vantages: Mapping[str, str]) -> Iterator[Evidence]:
    for stored in store.exchanges():
        if stored.exchange.id in wanted:
            yield _evidence_row(stored, vantages.get(stored.scan, ""))


def _evidence_row(stored: StoredExchange, vantage: str) -> Evidence:
    exchange: Exchange = stored.exchange
    received = exchange.received[0] if exchange.received else b""
    target = stored.step.partition("@")[2]
    return Evidence(
        exchange.id,
        "exchange",
        exchange.request,
        target,
        exchange.at,
        vantage,
        stored.received[0] if stored.received else stored.sent,
        received[:EXCERPT_BYTES].hex(),
        exchange.detail or exchange.outcome,
        stored.sent,
        stored.received,
    )


def _tallies(counts: Mapping[str, int]) -> dict[str, dict[Result, int]]:
    """Results that are kept as counts only, by check; the others are told by their findings."""
    found: dict[str, dict[Result, int]] = {}
    for name, count in counts.items():
        check, _, result = name.partition("/")
        if result in (Result.PASS, Result.NOT_APPLICABLE):
            found.setdefault(check, {})[Result(result)] = count
    return found
