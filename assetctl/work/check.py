"""Judges the stored inventory: checks, plant and clock in, findings out, the run kept."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from assetctl.errors import Exit, InputError, worst
from assetctl.model import Asset, Conduit, Finding, Position, Result, Scan, ScanState, Severity, Zone
from assetctl.policy.check import Check
from assetctl.policy.judge import Judgement, judge
from assetctl.policy.load import checks_folder, load_checks
from assetctl.policy.plant import DeclaredNetwork, Plant
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
from assetctl.work.papers import NO_PAPERS, Papers, word_on

WORST_FIRST = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


@dataclass(frozen=True, slots=True)
class Checked:
    """One run of the policy. code: against the thresholds it was run with. notices: what must be said aloud."""

    run: CheckRun
    checks: tuple[Check, ...]
    judgement: Judgement
    code: Exit
    notices: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.judgement.findings


def pack(settings: Settings, folders: Sequence[Path] = ()) -> tuple[Check, ...]:
    """The checks that ship with assetctl and those of the user's folders."""
    own = [settings.file(name) for name in settings.files.checks]
    return load_checks([checks_folder(), *own, *folders], params=settings.params)


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
) -> Plant:
    """What there is to judge: the inventory, what was declared, what the scans covered and what sensors saw."""
    assets = store.assets()
    connected = topology(assets)
    return Plant(
        assets=with_advisories(store, assets),
        zones=zones,
        positions=register or store.positions(),
        scans=tuple(s for s in store.scans() if s.state in (ScanState.DONE, ScanState.PARTIAL, ScanState.IMPORTED)),
        permitted=frozenset(settings.probes.depth),
        networks=tuple(DeclaredNetwork(n.realm, n.range) for n in settings.networks),
        yields={name: protocol.claims for name, protocol in protocols.items()},
        conduits=conduits,
        flows=store.flows(),
        captures=store.captures(),
        links=tuple((link.one.asset, link.other.asset) for link in connected.links),
        switches=connected.switches,
        safety=dict(_safety_systems(assets)),
    )


def _safety_systems(assets: Iterable[Asset]) -> Iterator[tuple[str, str]]:
    """Assets whose identity is that of a known safety system, and why."""
    for asset in assets:
        if why := safety_system((fact.key, fact.subject.local_key, fact.value) for fact in asset.facts):
            yield asset.id, why


def check(
    store: Store,
    checks: tuple[Check, ...],
    plant: Plant,
    *,
    now: datetime,
    fail_on: Severity | None = Severity.HIGH,
    max_unknown: int | None = None,
    papers: Papers = NO_PAPERS,
) -> Checked:
    """Judge and keep the run. fail_on: lowest severity that makes the command return 3, None for never."""
    judged, today = judge(checks, plant, now=now), now.date()
    judgement = replace(judged, findings=waived(judged.findings, papers.waivers.waivers, today))
    run = CheckRun(
        id=f"c-{now:%Y%m%dT%H%M%S}-{judgement.snapshot_hash[:6]}",
        at=now,
        realm="",
        pack_hash=pack_hash(checks),
        snapshot_hash=judgement.snapshot_hash,
        counts={f"{name}/{result}": count for (name, result), count in sorted(judgement.counts.items())},
        scans=tuple(scan.id for scan in plant.scans),
        checks={one.id: stated(one) for one in checks},
        files=papers.files,
        places=_by_place(judgement),
    )
    store.put_run(run, judgement.findings)
    word = word_on(papers, judgement.findings, tuple(run.checks), today)
    code = _code(judgement, plant.scans, fail_on=fail_on, max_unknown=max_unknown)
    code = worst(code, Exit.FINDINGS) if word.expired else code
    return Checked(run, checks, judgement, code, word.notices)


def pack_hash(checks: tuple[Check, ...]) -> str:
    """SHA-256 over the files of the checks that were run, in the order of their ids."""
    digests = (sha256(one.path.read_bytes()).hexdigest() for one in sorted(checks, key=lambda one: one.id))
    return sha256("\n".join(digests).encode()).hexdigest()


def _by_place(judgement: Judgement) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = {}
    for (place, check, result), count in sorted(judgement.places.items()):
        found.setdefault(place, {}).setdefault(check, {})[result.value] = count
    return found


def _code(
    judgement: Judgement,
    scans: tuple[Scan, ...],
    *,
    fail_on: Severity | None,
    max_unknown: int | None,
) -> Exit:
    codes = []
    if any(f.result is Result.ERROR for f in judgement.findings):
        codes.append(Exit.BUG)
    if fail_on is not None:
        counted = WORST_FIRST[: WORST_FIRST.index(fail_on) + 1]
        if any(f.result is Result.FAIL and f.severity in counted and not f.waiver for f in judgement.findings):
            codes.append(Exit.FINDINGS)
    if max_unknown is not None and total(judgement, Result.UNKNOWN) > max_unknown:
        codes.append(Exit.FINDINGS)
    if not scans or not judgement.counts:
        codes.append(Exit.NOTHING)
    return worst(*codes)


def total(judgement: Judgement, result: Result) -> int:
    """How many subjects of all checks got a result."""
    return sum(count for (_, found), count in judgement.counts.items() if found is result)
