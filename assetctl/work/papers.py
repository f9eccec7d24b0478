"""What people put their names to beside the scans: waivers, and which files a run was judged with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from assetctl.errors import InputError
from assetctl.model import Finding
from assetctl.policy.attestations import Known, Standing, read_attestations, standings
from assetctl.policy.attestations import notices as attestation_notices
from assetctl.policy.frameworks import IEC
from assetctl.policy.load import load_frameworks
from assetctl.policy.waivers import NONE as NO_WAIVERS
from assetctl.policy.waivers import State, Use, WaiverFile, notices, read_waivers, uses
from assetctl.settings import Settings
from assetctl.store.repo import Store
from assetctl.work.attesting import digests
from assetctl.zones import ZoneFile

KEPT = ("zones", "positions", "waivers", "attestations")


@dataclass(frozen=True, slots=True)
class Papers:
    """files: name in [files] -> SHA-256 of the bytes, for those that the settings name."""

    waivers: WaiverFile = NO_WAIVERS
    attestations: tuple[Standing, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


NO_PAPERS = Papers()


@dataclass(frozen=True, slots=True)
class Word:
    """Whether the papers of a run are in order. expired: a waiver or attestation that has run out, in its scope."""

    notices: tuple[str, ...] = ()
    expired: bool = False


def read_papers(settings: Settings, zones: ZoneFile, *, today: date, checks: Sequence[str]) -> Papers:
    """The files that the settings name. checks: ids of the pack. Raises InputError with one line per mistake."""
    waivers, attestations = settings.files.waivers, settings.files.attestations
    return Papers(
        waivers=read_waivers(settings.file(waivers), today=today, checks=checks) if waivers else NO_WAIVERS,
        attestations=_standings(settings.file(attestations), zones, today, checks) if attestations else (),
        files=_digests(settings),
    )


def known_to_attest(zones: ZoneFile, checks: Sequence[str]) -> Known:
    """What an attestation may name."""
    return Known(
        rows=tuple(load_frameworks()[IEC].rows),
        zones=tuple(zone.id for zone in zones.zones),
        conduits=tuple(conduit.id for conduit in zones.conduits),
        checks=checks,
    )


def _standings(path: Path, zones: ZoneFile, today: date, checks: Sequence[str]) -> tuple[Standing, ...]:
    told = read_attestations(path, today=today, known=known_to_attest(zones, checks)).attestations
    return standings(told, today=today, digest=digests(path))


def waiver_uses(papers: Papers, findings: Sequence[Finding], checks: Sequence[str], today: date) -> tuple[Use, ...]:
    """The waivers of the checks that were run, each with the failures it covers."""
    return uses((one for one in papers.waivers.waivers if one.check in checks), findings, today)


def word_on(papers: Papers, findings: Sequence[Finding], checks: Sequence[str], today: date) -> Word:
    """What must be said about the papers of a run. checks: ids of those that were run."""
    found = waiver_uses(papers, findings, checks, today)
    said = (*notices(found, today), *attestation_notices(papers.attestations))
    late = any(use.state is State.EXPIRED for use in found) or any(one.is_expired for one in papers.attestations)
    return Word(said, late)


def word_of_run(store: Store, papers: Papers, today: date) -> Word:
    """The same of the last run, as the papers are today."""
    run = store.latest_run()
    return word_on(papers, store.findings(run.id), tuple(run.checks), today) if run else Word()


def _digests(settings: Settings) -> dict[str, str]:
    named = {key: getattr(settings.files, key) for key in KEPT}
    return {key: _digest(settings, name) for key, name in named.items() if name}


def _digest(settings: Settings, name: str) -> str:
    try:
        return sha256(settings.file(name).read_bytes()).hexdigest()
    except OSError as fault:
        raise InputError(f"{settings.file(name)}: cannot be read: {fault.strerror}; check [files]") from None
