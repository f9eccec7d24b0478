"""The chapter about changes: against the golden inventories, and since the report before."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache

from assetctl.facts import vocabulary
from assetctl.golden.outcome import DRIFT, UNSEEN, Difference, Outcome
from assetctl.model import Asset, Fact, LifeState, SubjectKind
from assetctl.report.charts import Chart, bars
from assetctl.report.index import Entry
from assetctl.report.inputs import Compared
from assetctl.report.judgement import Judged
from assetctl.report.section import Figure, Section
from assetctl.report.table import Column, Kind, Ref, Row, Table, moment, ref, table
from assetctl.settle import as_text

NEW_ASSET, NEW_VALUE = "new asset", "value changed"
_OPENED, _ENDED = "finding opened", {LifeState.CLOSED: "finding closed", LifeState.WITHDRAWN: "finding withdrawn"}
_OUTCOMES = tuple(Outcome)

_GOLDEN = (
    Column("Outcome", Kind.MARK, 16),
    Column("Zone", Kind.LINKS, 18),
    Column("Entry", width=24),
    Column("Asset", Kind.LINKS, 26),
    Column("Field", Kind.CODE, 26),
    Column("Golden", width=36),
    Column("Current", width=36),
    Column("Note", width=40),
    Column("File", width=30, page=False),
)
_FILES = (
    Column("File", width=36),
    Column("Zone", Kind.LINKS, 18),
    Column("Looked at, percent", Kind.NUMBER, 12),
    *(Column(outcome.value.capitalize(), Kind.NUMBER, 13) for outcome in _OUTCOMES),
)
_CHANGES = (
    Column("Change", width=20),
    Column("When", Kind.TIME, 20),
    Column("Subject", Kind.LINKS, 26),
    Column("What", Kind.LINKS, 26),
    Column("From", width=30),
    Column("To", width=40),
)


def changes(judged: Judged) -> Section:
    """Drift from what was approved, and what is different since the report before."""
    inputs = judged.inputs
    tables = [_files(judged), _golden(judged)]
    charts: tuple[Chart, ...] = ()
    lead = "There is no earlier report to compare with: name its day with --since."
    if inputs.since is not None:
        lead = f"What is different since {moment(inputs.since)}, the time of the report before."
        tables.append(_since(judged, inputs.since))
        counts = Counter(str(row[0]) for row in _changed(judged, inputs.since))
        charts = (bars("changes", "Changes since the last report", counts.items()),)
    drift = sum(one.outcome in DRIFT for held in inputs.golden for one in held.differences)
    unseen = sum(one.outcome in UNSEEN and not one.field for held in inputs.golden for one in held.differences)
    figures = (
        Figure(str(drift), "deviations from the golden inventory", "bad" if drift else "good"),
        Figure(str(unseen), "entries not looked at", "warn" if unseen else "quiet", "never counted as equal"),
    )
    return Section(
        "changes",
        "Changes",
        (lead,),
        figures=figures if inputs.golden else (),
        charts=charts,
        tables=tuple(tables),
    )


def _files(judged: Judged) -> Table:
    def row(one: Compared) -> Row:
        counts = Counter(difference.outcome for difference in one.differences)
        share = int(one.coverage * 100)
        return one.file, judged.links.zone(one.zone), share, *(counts[outcome] for outcome in _OUTCOMES)

    return table(
        "goldenfiles",
        "Golden files",
        "The approved inventories, how much of each was looked at, and how often each outcome occurred.",
        _FILES,
        lambda: map(row, judged.inputs.golden),
        empty="No golden inventory is named, so nothing was compared with an approved state.",
    )


def _golden(judged: Judged) -> Table:
    held = [(one, difference) for one in judged.inputs.golden for difference in one.differences]
    held = [pair for pair in held if pair[1].outcome is not Outcome.EQUAL]
    held.sort(key=lambda pair: (pair[1].outcome not in DRIFT, pair[0].file, pair[1].entry, pair[1].field))
    return table(
        "golden",
        "Golden diff",
        "Every deviation from an approved inventory, and what was not looked at. Drift stands first.",
        _GOLDEN,
        lambda: (_difference(judged, *pair) for pair in held),
        empty="Nothing deviates." if judged.inputs.golden else "Nothing was compared with an approved state.",
        most=3_000,
    )


def _difference(judged: Judged, held: Compared, one: Difference) -> Row:
    entry: Entry | None = judged.entries.get(one.asset)
    link = entry.link if entry else ((Ref("", one.asset),) if one.asset else ())
    return (
        one.outcome.value,
        judged.links.zone(held.zone),
        one.entry,
        link,
        one.field,
        one.golden,
        one.current,
        one.note,
        held.file,
    )


def _since(judged: Judged, since: datetime) -> Table:
    return table(
        "changes",
        "Changes",
        "Assets that are new, values that changed, and findings that were opened or ended since the report before.",
        _CHANGES,
        lambda: _changed(judged, since),
        empty="Nothing changed.",
        folded=True,
        most=3_000,
    )


def _changed(judged: Judged, since: datetime) -> Iterator[Row]:
    for entry in judged.entries.values():
        if entry.asset.first_seen > since:
            yield NEW_ASSET, moment(entry.asset.first_seen), entry.link, (), "", entry.text("model")
        else:
            for key, before, after in _values(entry.asset, since):
                yield (
                    NEW_VALUE,
                    moment(after.first_seen),
                    entry.link,
                    (Ref("", key),),
                    as_text(before.value),
                    as_text(after.value),
                )
    for life in sorted(judged.inputs.lives, key=lambda one: (one.check, one.id)):
        link = (ref("findings", life.id, life.check),)
        if life.first_seen > since:
            yield _OPENED, moment(life.first_seen), judged.subject(life.subject), link, "", life.title
        if life.ended_at is not None and life.ended_at > since:
            yield _ENDED[life.state], moment(life.ended_at), judged.subject(life.subject), link, life.title, life.ended


def _values(asset: Asset, since: datetime) -> Iterator[tuple[str, Fact, Fact]]:
    """What one source said of the asset itself before, and says differently since."""
    said: dict[tuple[str, str, str, str], list[Fact]] = {}
    for fact in asset.facts:
        if fact.subject.kind is SubjectKind.ASSET:
            said.setdefault((fact.key, fact.source.kind, fact.source.name, fact.vantage), []).append(fact)
    told: set[str] = set()
    for (key, *_), facts in sorted(said.items()):
        facts.sort(key=lambda fact: (fact.first_seen, fact.last_seen))
        earlier, after = [fact for fact in facts if fact.first_seen <= since], facts[-1]
        is_new = after.first_seen > since and key not in told and key not in _volatile()
        if earlier and is_new and earlier[-1].value != after.value:
            told.add(key)
            yield key, earlier[-1], after


@cache
def _volatile() -> frozenset[str]:
    return frozenset(key.name for key in vocabulary().values() if key.volatile)
