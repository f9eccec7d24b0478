"""Gathers what a report says from the store, the settings and the last run of the policy; writes nothing itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assetctl import __version__
from assetctl.model import Asset, Exchange, Finding, Position, Result, Scan, Zone
from assetctl.policy.check import Check
from assetctl.policy.levels import Cell
from assetctl.protocol import Protocol
from assetctl.report.inputs import (
    Approval,
    CheckInfo,
    Evidence,
    Exclusion,
    ReportInputs,
    Service,
    Traffic,
    VantageInfo,
)
from assetctl.settings import Settings
from assetctl.settle import services, settled
from assetctl.store.records import StoredExchange
from assetctl.store.repo import Store
from assetctl.work import ledgers
from assetctl.work.clock import CLOCK
from assetctl.work.papers import NO_PAPERS, Papers, waiver_uses

EXCERPT_BYTES = 48


@dataclass(frozen=True)
class Material:
    """What a report is made of besides the store. checks: the pack that was judged with. notices: see `word_of_run`."""

    settings: Settings
    checks: tuple[Check, ...]
    protocols: Mapping[str, Protocol]
    zones: tuple[Zone, ...]
    zones_hash: str
    register: tuple[Position, ...]
    golden_hash: str = ""
    assessor: str = ""
    classification: str = ""
    title: str = ""
    notices: tuple[str, ...] = ()
    levels: tuple[Cell, ...] = ()
    papers: Papers = NO_PAPERS


def inputs(store: Store, material: Material, *, generated_at: datetime) -> ReportInputs:
    """Everything a report says, as of the last run of the policy. Rows of evidence are read when they are written."""
    settings = material.settings
    run = store.latest_run()
    findings = store.findings(run.id) if run else ()
    assets = store.assets()
    scans = store.scans()
    sent = {scan.id: _traffic(scan) for scan in scans}
    wanted = frozenset(_cited(assets, findings))
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
        positions=material.register or store.positions(),
        traffic=tuple(_all_traffic(sent)),
        exclusions=tuple(_exclusions(scans)),
        approvals=tuple(Approval(a.who, a.at, a.verified, a.what) for a in store.approvals()),
        vantages=tuple(_vantages(scans)),
        evidence=lambda: _evidence(store, wanted),
        tallies=_tallies(run.counts if run else {}),
        classification=material.classification or settings.report.classification or "internal",
        assessor=material.assessor,
        golden_hash=material.golden_hash,
        zones_hash=material.zones_hash,
        waivers_hash=run.files.get("waivers", "") if run else "",
        attestations_hash=run.files.get("attestations", "") if run else "",
        pack=f"{len(material.checks)} checks",
        pack_hash=run.pack_hash if run else "",
        versions={name: protocol.reader for name, protocol in sorted(material.protocols.items())},
        thresholds=tuple(text for check in material.checks for text in check.changed),
        clock="; ".join(f"{scan.id}: {scan.note.removeprefix(CLOCK)}" for scan in scans if scan.note.startswith(CLOCK)),
        levels=material.levels,
        lives=store.lives(),
        waivers=waiver_uses(material.papers, findings, tuple(run.checks) if run else (), generated_at.date()),
        attestations=material.papers.attestations,
        notes=material.notices if run else ("No policy was run: `assetctl check` judges the inventory.",),
    )


def _services(asset: Asset) -> Iterator[Service]:
    for view in services(asset):
        fact = view.facts.get("port_state") or next(iter(view.facts.values()), None)
        evidence = fact.source.evidence if fact else ""
        yield Service(
            view.local_key, view.state, view.name, view.product, view.version, view.source, evidence, view.last_seen
        )


def _check_info(check: Check) -> CheckInfo:
    return CheckInfo(
        check.id, check.title, check.severity, check.version, check.assertion.text, check.fix, check.limits, check.maps
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


def _cited(assets: tuple[Asset, ...], findings: tuple[Finding, ...]) -> Iterator[str]:
    """Ids of the exchanges that values and findings rest on."""
    for asset in assets:
        for fact in asset.facts:
            yield fact.source.evidence
    for finding in findings:
        for because in finding.because:
            yield because.evidence


def _evidence(store: Store, wanted: frozenset[str]) -> Iterator[Evidence]:
    for stored in store.exchanges():
        if stored.exchange.id in wanted:
            yield _evidence_row(stored)


def _evidence_row(stored: StoredExchange) -> Evidence:
    exchange: Exchange = stored.exchange
    received = exchange.received[0] if exchange.received else b""
    target = stored.step.partition("@")[2]
    return Evidence(
        exchange.id,
        "exchange",
        exchange.request,
        target,
        exchange.at,
        "",
        stored.received[0] if stored.received else stored.sent,
        received[:EXCERPT_BYTES].hex(),
        exchange.detail or exchange.outcome,
    )


def _tallies(counts: Mapping[str, int]) -> dict[str, dict[Result, int]]:
    """Results that are kept as counts only, by check; the others are told by their findings."""
    found: dict[str, dict[Result, int]] = {}
    for name, count in counts.items():
        check, _, result = name.partition("/")
        if result in (Result.PASS, Result.NOT_APPLICABLE):
            found.setdefault(check, {})[Result(result)] = count
    return found
