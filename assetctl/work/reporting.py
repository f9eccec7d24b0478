"""Gathers what a report says from the store, the settings and the last run of the policy; writes nothing itself."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from assetctl import __version__
from assetctl.model import Asset, Conduit, Finding, Position, Result, Scan, Zone
from assetctl.policy.check import Check
from assetctl.policy.levels import Cell
from assetctl.protocol import Protocol
from assetctl.report.inputs import Approval, CheckInfo, Exclusion, ReportInputs, Service, Traffic, VantageInfo
from assetctl.settings import Settings
from assetctl.settle import as_text, services, settled
from assetctl.store.records import CheckRun
from assetctl.store.repo import Store
from assetctl.text import counted
from assetctl.topology import topology
from assetctl.work import ledgers
from assetctl.work.advising import knowledge
from assetctl.work.cited import cited, evidence_of
from assetctl.work.clock import CLOCK
from assetctl.work.levelling import places
from assetctl.work.papers import NO_PAPERS, Papers, waiver_uses, word_on
from assetctl.work.retiring import answering_again, retired
from assetctl.work.site import ALL_SITES, Site
from assetctl.work.surroundings import advisories, feeds, golden, halts, life_ends, passages, permitted
from assetctl.zones import ZoneFile


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
    said = _said(material, generated_at)
    seen = _seen(store, material, said)
    judged = _judged(store, material, _asked(store, material, seen))
    wanted = frozenset(cited(judged.assets, judged.findings))
    vantages = {scan.id: scan.vantage for scan in judged.scans}
    return replace(judged, evidence=lambda: evidence_of(store, wanted, vantages))


def _said(material: Material, generated_at: datetime) -> ReportInputs:
    """What people say of the plant and of the report, and what it is made with."""
    settings, zone_file = material.settings, material.zone_file
    return ReportInputs(
        title=settings.report.title or f"OT and IT assets of {settings.project.name or 'the plant'}",
        project=settings.project.name,
        site=settings.project.site,
        tool=f"assetctl {__version__}",
        generated_at=generated_at,
        settled=settled,
        services=_services,
        zones=material.zones,
        conduits=material.conduits,
        within=_within(material),
        system=zone_file.system if zone_file else "",
        system_approvals=zone_file.approvals if zone_file else (),
        classification=material.classification or settings.report.classification or "internal",
        company=material.company or settings.report.company,
        assessor=material.assessor,
        since=material.since,
        supersedes=material.supersedes,
        files=material.papers.files,
        attestations=material.papers.attestations,
        levels=material.levels,
        checks=tuple(_check_info(check) for check in material.checks),
        pack=counted(len(material.checks), "check"),
        thresholds=tuple(f"{check.id} {text}" for check in material.checks for text in check.changed),
        versions={name: protocol.reader for name, protocol in sorted(material.protocols.items())},
        permitted=permitted(settings),
    )


def _seen(store: Store, material: Material, said: ReportInputs) -> ReportInputs:
    """With the inventory, the flows, and what advisories and golden files say of it."""
    site, now = material.site, said.generated_at
    assets = store.assets(site.only, packed=True)
    positions = site.of(material.register or store.positions())
    flows, captures = site.of(store.flows()), site.of(store.captures())
    known = knowledge(store)
    return replace(
        said,
        assets=assets,
        positions=positions,
        captures=captures,
        passages=passages(assets, said.zones, said.conduits, positions, flows, captures, now=now),
        topology=topology(assets),
        advisories=tuple(advisories(assets, known)),
        life_ends=tuple(life_ends(assets, known)),
        feeds=tuple(feeds(known)),
        golden=tuple(golden(store, material.settings, material.protocols, now=now, realm=site.realm)),
    )


def _asked(store: Store, material: Material, seen: ReportInputs) -> ReportInputs:
    """With the scans: who allowed them, from where they asked, what they sent and left out, and what was stopped."""
    site = material.site
    scans = site.of(store.scans())
    sent = {scan.id: _traffic(scan) for scan in scans}
    approvals = (one for one in store.approvals() if _allows(one.scan, sent, site))
    return replace(
        seen,
        scans=scans,
        traffic=tuple(_all_traffic(sent)),
        exclusions=tuple(_exclusions(scans)),
        approvals=tuple(Approval(one.who, one.at, one.verified, one.what) for one in approvals),
        vantages=tuple(_vantages(scans)),
        clock="; ".join(f"{scan.id}: {scan.note.removeprefix(CLOCK)}" for scan in scans if scan.note.startswith(CLOCK)),
        halts=tuple(halts(store, site.realm)),
    )


def _judged(store: Store, material: Material, asked: ReportInputs) -> ReportInputs:
    """With the last run of the policy, and what is to be said of it today."""
    site, today = material.site, asked.generated_at.date()
    lives, run = store.lives(site.only), store.latest_run()
    if run is None:
        return replace(
            asked, lives=lives, notes=(*site.word(), "No policy was run: `assetctl check` judges the inventory.")
        )
    findings = store.findings(run.id, site.only)
    return replace(
        asked,
        lives=lives,
        findings=findings,
        tallies=_tallies(site.counts(run)),
        judged_files=run.files,
        run=run.id,
        judged_at=run.at,
        pack_hash=run.pack_hash,
        waivers=waiver_uses(material.papers, findings, tuple(run.checks), today),
        notes=tuple(_notices(material, run, asked.assets, findings, today=today)),
        seen=site.seen(run, material.zones, material.conduits),
    )


def _notices(
    material: Material, run: CheckRun, assets: Sequence[Asset], findings: Sequence[Finding], *, today: date
) -> Iterator[str]:
    """What is left out, wrong with the papers of the run as they are today, or answers although it should not."""
    yield from material.site.word()
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


def _tallies(counts: Mapping[str, int]) -> dict[str, dict[Result, int]]:
    """Results that are kept as counts only, by check; the others are told by their findings."""
    found: dict[str, dict[Result, int]] = {}
    for name, count in counts.items():
        check, _, result = name.partition("/")
        if result in (Result.PASS, Result.NOT_APPLICABLE):
            found.setdefault(check, {})[Result(result)] = count
    return found
