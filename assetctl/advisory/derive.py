"""What advisories, the catalogue and life cycles say of each asset, as facts that checks can read.

No fact is the answer where nothing is known: without advisories of the asset's maker, or without a name to look for,
there is none, and a check over it is unknown. An empty list means "looked for and not found" and is as old as the older
of what was looked in and what was looked for; a find is as old as what is known of the asset.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from assetctl import settle
from assetctl.advisory.described import Described, describe
from assetctl.advisory.knowledge import Knowledge
from assetctl.advisory.matching import Match
from assetctl.advisory.settling import Verdict
from assetctl.model import Asset, Fact, Source, Subject, SubjectKind, Value

DECISIONS = "patch_decisions"
CONFIDENCE = 80
_FIXED_SECRET = frozenset({"CWE-259", "CWE-321", "CWE-798", "CWE-1392"})
"""Hard-coded password, cryptographic key and credentials; default credentials."""
_UNTIL = re.compile(r"\buntil (\d{4}-\d{2}-\d{2})\b")
_ADVISORIES = Source(settle.DERIVED, "advisories")
_CATALOGUE = Source(settle.DERIVED, "exploited vulnerabilities")


@dataclass(frozen=True, slots=True)
class _About:
    """One asset with what was found. decisions: advisory id -> text, None when nobody in the plant keeps them."""

    asset: Described
    matches: tuple[Match, ...]
    as_of: datetime
    decisions: Mapping[str, str] | None

    def having(self, *verdicts: Verdict) -> tuple[Match, ...]:
        return tuple(match for match in self.matches if match.verdict in verdicts)

    def fact(self, key: str, value: Value, source: Source = _ADVISORIES, as_of: datetime | None = None) -> Fact:
        return _fact(self.asset, key, value, source, as_of or self.as_of)


def derived(assets: Iterable[Asset], known: Knowledge) -> Mapping[str, tuple[Fact, ...]]:
    """The facts of each asset that has any, by its id."""
    held = {asset.id: asset for asset in assets}
    decisions = {id: decisions_of(asset) for id, asset in held.items()}
    are_kept = any(one is not None for one in decisions.values())
    found: dict[str, tuple[Fact, ...]] = {}
    for id, asset in held.items():
        parent = held.get(asset.parent or "")
        own = {**((parent and decisions[parent.id]) or {}), **(decisions[id] or {})}
        facts = tuple(_facts(describe(asset, parent), known, own if are_kept else None))
        if facts:
            found[id] = facts
    return found


def shown(match: Match) -> str:
    """An advisory in one line: its number, the texts that were compared, and why it is not surer."""
    worst = match.worst
    cves = ", ".join(match.cves(match.verdict)[:6])
    reason = f"; {worst.reason}" if worst.reason else ""
    return f'{match.advisory.id}{f" ({cves})" if cves else ""}: "{worst.ours}" and "{worst.theirs}"{reason}'


def _facts(asset: Described, known: Knowledge, decisions: Mapping[str, str] | None) -> Iterator[Fact]:
    as_of = known.as_of(asset)
    if as_of is not None:
        about = _About(asset, known.matches(asset), as_of, decisions)
        yield from _of_advisories(about)
        yield from _of_decisions(about)
        if known.catalogue is not None:
            yield from _of_catalogue(about, known)
    yield from _of_life_cycle(asset, known)


def _of_advisories(about: _About) -> Iterator[Fact]:
    affected, possible = about.having(Verdict.AFFECTED), about.having(Verdict.POSSIBLE)
    yield about.fact("advisories_naming", tuple(match.advisory.id for match in about.matches))
    yield about.fact("advisories_affected", tuple(map(shown, affected)))
    yield about.fact("advisories_possible", tuple(map(shown, possible)))
    yield about.fact("advisories_fixable", _those(affected, lambda match: match.is_fixable))
    yield about.fact("advisories_unfixed", _those(affected, lambda match: match.lacks_a_fix))
    yield about.fact("advisories_remote", _those(affected, lambda match: match.is_severe_and_remote))
    yield about.fact("advisories_as_of", about.as_of.date().isoformat())
    yield from _of_credentials(about)


def _of_credentials(about: _About) -> Iterator[Fact]:
    """Advisories of a fixed secret. One that names no weakness may be about that too, so it leaves that open."""
    yield about.fact(
        "advisories_fixed_credential",
        _those(about.having(Verdict.AFFECTED), lambda match: bool(match.weaknesses(Verdict.AFFECTED) & _FIXED_SECRET)),
    )
    open_ = about.having(Verdict.AFFECTED, Verdict.POSSIBLE)
    yield about.fact("advisories_fixed_credential_possible", tuple(filter(None, map(_open_about_secrets, open_))))


def _open_about_secrets(match: Match) -> str:
    """What leaves open whether an advisory is about a fixed secret in this asset; "" for nothing."""
    if match.weaknesses(Verdict.POSSIBLE) & _FIXED_SECRET:
        return shown(match)
    if "" in match.weaknesses(Verdict.AFFECTED, Verdict.POSSIBLE):
        return f"{match.advisory.id}: it names no kind of weakness"
    return ""


def _of_decisions(about: _About) -> Iterator[Fact]:
    decisions = about.decisions or {}
    open_ = [match for match in about.having(Verdict.AFFECTED) if match.lacks_a_fix]
    yield about.fact("advisories_unmitigated", _those(open_, lambda match: match.advisory.id not in decisions))
    ends = {found[1] for match in open_ if (found := _UNTIL.search(decisions.get(match.advisory.id, "")))}
    yield about.fact("mitigation_ends", tuple(sorted(ends)))
    if about.decisions is not None:
        waiting = about.having(Verdict.AFFECTED, Verdict.POSSIBLE)
        since = {one.advisory.current.date().isoformat() for one in waiting if one.advisory.id not in decisions}
        yield about.fact("patch_decisions_missing_since", tuple(sorted(since)))


def _of_catalogue(about: _About, known: Knowledge) -> Iterator[Fact]:
    catalogue = known.catalogue
    assert catalogue is not None
    as_of = min(about.as_of, catalogue.released)
    sure = {cve for match in about.matches for cve in match.cves(Verdict.AFFECTED)}
    maybe = {cve for match in about.matches for cve in match.cves(Verdict.POSSIBLE)} - sure
    cleared = {cve for match in about.matches for cve in match.cves(Verdict.NOT_AFFECTED)}
    hit, perhaps = known.listed(sure), known.listed(maybe)
    perhaps += known.exploited(about.asset, sure | maybe | cleared)
    yield about.fact(
        "kev_affected", tuple(f"{one.cve} due {one.due or 'at no date'}" for one in hit), _CATALOGUE, as_of
    )
    yield about.fact(
        "kev_possible", tuple(f"{one.cve} {one.maker} {one.product}".strip() for one in perhaps), _CATALOGUE, as_of
    )
    if due := [one.due for one in hit if one.due]:
        yield about.fact("kev_due_date", min(due).isoformat(), _CATALOGUE, as_of)


def _of_life_cycle(asset: Described, known: Knowledge) -> Iterator[Fact]:
    feeds = [feed.as_of for feed in known.feeds if feed.kind == "life-cycle"]
    for row in known.life_cycle(asset):
        source = Source(settle.DERIVED, f"life cycle: {row.source} ({row.place})")
        for key, day in (("end_of_sale", row.end_of_sale), ("end_of_support", row.end_of_support)):
            if day is not None and feeds:
                yield _fact(asset, key, day.isoformat(), source, max(feeds))


def _fact(asset: Described, key: str, value: Value, source: Source, as_of: datetime) -> Fact:
    """A find is as old as what is known of the asset; that nothing was found, as old as the older of the two.

    Its evidence is that of the version that was compared.
    """
    seen = min(asset.seen or as_of, as_of) if value == () else asset.seen or as_of
    source = replace(source, evidence=asset.evidence)
    return Fact(Subject(SubjectKind.ASSET, asset.asset), key, value, source, "", seen, seen, CONFIDENCE)


def _those(matches: Iterable[Match], test: Callable[[Match], bool]) -> tuple[str, ...]:
    return tuple(match.advisory.id for match in matches if test(match))


def decisions_of(asset: Asset) -> Mapping[str, str] | None:
    """Advisory id -> decision, from entries such as "SSA-1=patch in the March stop"; None when nothing is declared."""
    said = [fact.value for fact in asset.facts if fact.key == DECISIONS and isinstance(fact.value, tuple)]
    entries = [entry.partition("=") for value in said for entry in value]
    return {id.strip(): text.strip() for id, _, text in entries} if said else None
