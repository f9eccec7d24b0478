"""Judges the stored inventory: checks, plant and clock in, findings out, the run kept."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from assetctl.documents import yaml_in
from assetctl.errors import Exit, InputError, worst
from assetctl.garbage import uncollected
from assetctl.model import Asset, Conduit, Position, Result, ScanState, Severity, Zone
from assetctl.packing import Findings, packed
from assetctl.policy.check import Check
from assetctl.policy.coverage import Questions
from assetctl.policy.judge import Judgement, judge
from assetctl.policy.load import checks_folder, load_checks
from assetctl.policy.plant import Approved, DeclaredNetwork, Plant
from assetctl.policy.stated import stated
from assetctl.policy.waivers import waived
from assetctl.protocol import Protocol
from assetctl.safety.nature import safety_system
from assetctl.settings import Settings
from assetctl.store.records import CheckRun
from assetctl.store.repo import Store
from assetctl.text import near
from assetctl.topology import topology
from assetctl.work.advising import with_advisories
from assetctl.work.ingest import Declared, assets_at
from assetctl.work.papers import NO_PAPERS, Papers, word_on
from assetctl.work.retiring import in_use, retired, still_judged
from assetctl.work.tracking import Withdrawal, move_on, rejected

_ID = re.compile(r"""^id:\s*["']?([A-Z]{2,8}-\d{3})\b""", re.MULTILINE)
WORST_FIRST = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)

JUDGED = (ScanState.DONE, ScanState.PARTIAL, ScanState.IMPORTED)
"""Runs that came to an end; what the others brought counts too, but proves no coverage."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One run of the policy. code: against the thresholds it was run with. notices: what must be said aloud."""

    run: CheckRun
    checks: tuple[Check, ...]
    judgement: Judgement
    code: Exit
    notices: tuple[str, ...] = ()

    @property
    def findings(self) -> Findings:
        return self.judgement.findings


def pack(settings: Settings, folders: Sequence[Path] = ()) -> tuple[Check, ...]:
    """The checks that ship with assetctl and those of the user's folders."""
    own = [settings.file(name) for name in settings.files.checks]
    return load_checks([checks_folder(), *own, *folders], params=settings.params)


def check_ids(settings: Settings) -> tuple[str, ...]:
    """The ids of the same checks, without compiling them; what is wrong in a file is said when it is used."""
    folders = [checks_folder(), *(settings.file(name) for name in settings.files.checks)]
    paths = (path for folder in folders if folder.is_dir() for path in yaml_in(folder))
    found = (_ID.search(path.read_text("utf-8", "replace")) for path in paths)
    return tuple(match[1] for match in found if match)


def chosen(checks: tuple[Check, ...], names: Sequence[str]) -> tuple[Check, ...]:
    """The named checks, or all. Raises InputError with a near name for one that is not there."""
    known = {check.id: check for check in checks}
    for name in names:
        if name not in known:
            raise InputError(f"{name}: no such check{near(name, tuple(known))}; `assetctl policy list` shows them")
    return tuple(known[name] for name in names) if names else checks


def plant_of(
    store: Store,
    settings: Settings,
    *,
    zones: tuple[Zone, ...],
    register: tuple[Position, ...],
    protocols: Mapping[str, Protocol],
    conduits: tuple[Conduit, ...] = (),
    assets: tuple[Asset, ...] | None = None,
    approved: tuple[Approved, ...] = (),
) -> Plant:
    """What there is to judge: the inventory, what was declared, what the scans covered and what sensors saw.

    assets: another inventory than that of the store. approved: what golden inventories hold, as compared.
    """
    declared = register or store.positions()
    assets = still_judged(store.assets(packed=True) if assets is None else assets, retired(declared))
    connected = topology(assets)
    return Plant(
        assets=with_advisories(store, assets),
        zones=zones,
        approved=approved,
        positions=in_use(declared),
        scans=tuple(scan for scan in store.scans() if scan.state is not ScanState.RUNNING),
        permitted=frozenset(settings.probes.depth),
        networks=tuple(DeclaredNetwork(n.realm, n.range) for n in settings.networks),
        yields={name: protocol.claims for name, protocol in protocols.items()},
        conduits=conduits,
        flows=store.flows(),
        captures=store.captures(),
        links=tuple((link.one.asset, link.other.asset) for link in connected.links),
        switches=connected.switches,
        safety=dict(_safety_systems(assets)),
        asked=cache(partial(_questions, store)),
    )


def _questions(store: Store, scan: str) -> Questions | None:
    """What was planned for a run; None for an import, of which nothing is stored."""
    stored = store.plan(scan)
    if stored is None:
        return None
    told = json.loads(stored)
    if not isinstance(told, dict) or not {"plan", "request"} <= told.keys():
        return None
    rows = tuple(
        (target, frozenset({protocol, *(f"{transport}/{port}" for port in ports)}))
        for target, _, protocol, transport, ports, *_ in told["plan"]["rows"]
    )
    return Questions(rows, is_limited=bool(told["request"].get("only")))


def _safety_systems(assets: Iterable[Asset]) -> Iterator[tuple[str, str]]:
    """Assets whose identity is that of a known safety system, and why."""
    for asset in assets:
        if why := safety_system((fact.key, fact.subject.local_key, fact.value) for fact in asset.facts):
            yield asset.id, why


def plant_at(
    store: Store,
    settings: Settings,
    declared: Declared,
    *,
    protocols: Mapping[str, Protocol],
    until: datetime,
    conduits: tuple[Conduit, ...],
) -> Plant:
    """What was known at a time; zones, conduits, register and thresholds are today's."""
    realms = sorted({scan.realm for scan in store.scans()})
    plant = plant_of(
        store,
        settings,
        zones=declared.zones,
        register=declared.register,
        protocols=protocols,
        conduits=conduits,
        assets=tuple(packed(asset) for realm in realms for asset in assets_at(store, realm, until, declared)),
    )
    captures = tuple(one for one in plant.captures if one.ended <= until)
    known = {one.id for one in captures}
    return replace(
        plant,
        scans=tuple(scan for scan in plant.scans if scan.ended is not None and scan.ended <= until),
        captures=captures,
        flows=tuple(flow for flow in plant.flows if flow.capture in known),
    )


def zones_within(declared: Sequence[Zone], names: Sequence[str]) -> frozenset[str]:
    """The named zones with those inside them. Raises InputError with a near name for one that nobody declared."""
    known = tuple(zone.id for zone in declared)
    for name in names:
        if name not in known:
            raise InputError(f"--zone {name}: no such zone in the zones file{near(name, known)}")
    inside = set(names)
    for _ in declared:  # each round goes one zone deeper
        inside |= {zone.id for zone in declared if zone.parent in inside}
    return frozenset(inside)


@dataclass(frozen=True, slots=True)
class Demands:
    """What a run must meet to return 0. fail_on: lowest severity that makes it return 3, None for never.

    known: ids of failures that a baseline holds; like those that an assessor rejected they are shown and do not count.
    max_age: of the evidence by which every position of the register must have been seen, None for any.
    """

    fail_on: Severity | None = Severity.HIGH
    max_unknown: int | None = None
    known: frozenset[str] = frozenset()
    max_age: timedelta | None = None


def younger(checks: tuple[Check, ...], max_age: timedelta) -> tuple[Check, ...]:
    """The checks with evidence that may not be older than that."""
    return tuple(replace(check, max_age=min(check.max_age, max_age)) for check in checks)


def check(
    store: Store,
    checks: tuple[Check, ...],
    plant: Plant,
    *,
    now: datetime,
    demands: Demands = Demands(),
    papers: Papers = NO_PAPERS,
    zones: frozenset[str] = frozenset(),
    keep: bool = True,
    withdrawal: Withdrawal = Withdrawal(),
) -> Checked:
    """Judge, and keep the run. zones: ids of those that the answer is about, none for all; what is compared with what
    stays the whole plant.

    keep: not for a run of less than everything, since reports are made from the last run. withdrawal: see `move_on`.
    """
    judged, today = judge(checks, plant, now=now), now.date()
    whole = judged
    if papers.waivers.waivers:
        whole = replace(judged, findings=Findings(waived(judged.findings, papers.waivers.waivers, today)))
    judgement = _within(whole, zones) if zones else whole
    run = CheckRun(
        id=f"c-{now:%Y%m%dT%H%M%S}-{judgement.snapshot_hash[:6]}",
        at=now,
        realm="",
        pack_hash=pack_hash(checks),
        snapshot_hash=judgement.snapshot_hash,
        counts={f"{name}/{result}": count for (name, result), count in sorted(judgement.counts.items())},
        scans=tuple(scan.id for scan in plant.scans if scan.state in JUDGED),
        checks={one.id: stated(one) for one in checks},
        files=papers.files,
        places=_by_check(judgement.places),
        realms=_by_check(judgement.realms),
    )
    if keep:
        with uncollected():
            store.put_run(run, judgement.findings)
    turned_down = move_on(store, judgement, plant, run, withdrawal) if keep else rejected(store.lives())
    word = word_on(papers, whole.findings, tuple(run.checks), today)
    code = _code(judgement, plant, replace(demands, known=demands.known | set(turned_down)), now=now)
    code = worst(code, Exit.FINDINGS) if word.expired else code
    return Checked(run, checks, judgement, code, word.notices)


def _within(judgement: Judgement, zones: frozenset[str]) -> Judgement:
    """What a judgement says of some zones."""
    places = {key: count for key, count in judgement.places.items() if key[0] in zones}
    findings = Findings(one for one in judgement.findings if zones & set(one.zone.split()))
    counts = Counter((one.check, one.result) for one in findings)  # a flow between two of the zones is one
    for (_, check, result), count in places.items():
        if result in (Result.PASS, Result.NOT_APPLICABLE):
            counts[check, result] += count
    return replace(judgement, findings=findings, counts=dict(counts), places=places)


def pack_hash(checks: tuple[Check, ...]) -> str:
    """SHA-256 over the files of the checks that were run, in the order of their ids."""
    digests = (sha256(one.path.read_bytes()).hexdigest() for one in sorted(checks, key=lambda one: one.id))
    return sha256("\n".join(digests).encode()).hexdigest()


def _by_check(counts: Mapping[tuple[str, str, Result], int]) -> dict[str, dict[str, dict[str, int]]]:
    """As place or realm -> check -> result."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for (place, check, result), count in sorted(counts.items()):
        found.setdefault(place, {}).setdefault(check, {})[result.value] = count
    return found


def _code(judgement: Judgement, plant: Plant, demands: Demands, *, now: datetime) -> Exit:
    codes = []
    if any(judgement.findings.having(Result.ERROR)):
        codes.append(Exit.BUG)
    if demands.fail_on is not None:
        counted = WORST_FIRST[: WORST_FIRST.index(demands.fail_on) + 1]
        failures = (f for f in judgement.findings.having(Result.FAIL) if not f.waiver and f.severity in counted)
        if any(f.id not in demands.known for f in failures):
            codes.append(Exit.FINDINGS)
    if demands.max_unknown is not None and total(judgement, Result.UNKNOWN) > demands.max_unknown:
        codes.append(Exit.FINDINGS)
    if demands.max_age is not None and unseen(plant, now=now, max_age=demands.max_age):
        codes.append(Exit.PARTIAL)
    if not any(scan.state in JUDGED for scan in plant.scans) or not judgement.counts:
        codes.append(Exit.NOTHING)
    return worst(*codes)


def unseen(plant: Plant, *, now: datetime, max_age: timedelta) -> tuple[str, ...]:
    """Positions of the register at which no device was seen within that time; without a register, such assets."""
    fresh = [asset for asset in plant.assets if now - asset.last_seen <= max_age]
    if not plant.positions:
        stale = {asset.id for asset in plant.assets if not asset.parent} - {asset.id for asset in fresh}
        return tuple(sorted(stale))
    held = {(asset.realm, asset.position) for asset in fresh}
    return tuple(sorted(one.id for one in plant.positions if (one.realm, one.id) not in held))


def total(judgement: Judgement, result: Result) -> int:
    """How many subjects of all checks got a result."""
    return sum(count for (_, found), count in judgement.counts.items() if found is result)
