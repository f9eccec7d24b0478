"""The chapter about advisories, known exploited vulnerabilities, and the end of sale and support."""

from collections import Counter
from datetime import date
from typing import Final

from assetctl.report.index import Entry
from assetctl.report.inputs import AdvisoryMatch, FeedInfo, LifeEnd, ReportInputs
from assetctl.report.judgement import Judged
from assetctl.report.section import Figure, Section
from assetctl.report.table import Column, Kind, Ref, Row, Table, moment, table

AFFECTED, POSSIBLE = "affected", "possibly affected"
_ORDER: Final = (AFFECTED, POSSIBLE, "not affected")

_ADVISORIES = (
    Column("Result", Kind.MARK, 18),
    Column("Asset", Kind.LINKS, 26),
    Column("Vendor", width=20, page=False),
    Column("Product", width=24, page=False),
    Column("Version", Kind.CODE, 14),
    Column("Advisory", Kind.CODE, 20),
    Column("Title", width=44),
    Column("CVE", Kind.CODE, 36),
    Column("CVSS", width=8),
    Column("Our text", width=30),
    Column("Their text", width=40),
    Column("Comparison", width=44),
    Column("KEV", Kind.CODE, 20),
    Column("KEV due", width=12),
    Column("Fix", width=20),
    Column("Decision", width=26),
    Column("Published", Kind.TIME, 20, page=False),
)
_LIFE = (
    Column("Asset", Kind.LINKS, 26),
    Column("Product", width=36),
    Column("End of sale", width=14),
    Column("End of support", width=14),
    Column("Days left", Kind.NUMBER, 10, is_relative=True),
    Column("State", Kind.MARK, 18),
    Column("Source", width=40),
)
_FEEDS = (
    Column("Kind", width=14),
    Column("File", width=50),
    Column("Tells up to", Kind.TIME, 20),
    Column("As of", width=16),
    Column("Entries", Kind.NUMBER, 10),
    Column("SHA-256", Kind.CODE, 66, page=False),
)


def vulnerabilities(judged: Judged) -> Section:
    """What makers and CISA publish about the devices that are here."""
    inputs = judged.inputs
    counts = Counter(one.verdict for one in inputs.advisories)
    today = inputs.generated_at.date()
    exploited = {one.asset for one in inputs.advisories if one.kev and one.verdict == AFFECTED}
    ended = sum((days := _days(one, today)) is not None and days < 0 for one in inputs.life_ends)
    figures = (
        Figure(str(len({a.asset for a in inputs.advisories if a.verdict == AFFECTED})), "assets affected",
               "bad" if counts[AFFECTED] else "quiet", f"pairs of asset and advisory: {counts[AFFECTED]}"),
        Figure(str(counts[POSSIBLE]), "pairs possibly affected", "warn" if counts[POSSIBLE] else "quiet",
               "to be compared by hand"),
        Figure(str(len(exploited)), "assets with a known exploited vulnerability", "bad" if exploited else "quiet"),
        Figure(str(ended), "assets past the end of support", "bad" if ended else "quiet"),
    )  # fmt: skip
    lead = (
        "No advisory is loaded, so nothing can be said about vulnerabilities."
        if not inputs.feeds
        else "Matching of names and versions can err: the texts that were compared stand beside each other.",
    )
    return Section(
        "vulnerabilities",
        "Advisories, exploited vulnerabilities, end of life",
        lead,
        figures=figures if inputs.feeds else (),
        tables=(_advisories(judged), _life(judged, today), _feeds(inputs)),
    )


def _advisories(judged: Judged) -> Table:
    held = sorted(
        judged.inputs.advisories,
        key=lambda one: (not (one.kev and one.verdict == AFFECTED), _ORDER.index(one.verdict), one.advisory, one.asset),
    )
    return table(
        "advisories",
        "Advisories",
        "Advisories that name an asset, with the texts that were compared; exploited ones first.",
        _ADVISORIES,
        lambda: (_advisory(judged, one) for one in held),
        empty="No loaded advisory names an asset." if judged.inputs.feeds else "No advisory is loaded.",
        most=3_000,
    )


def _advisory(judged: Judged, one: AdvisoryMatch) -> Row:
    entry: Entry | None = judged.entries.get(one.asset)
    return (
        one.verdict,
        entry.link if entry else (Ref("", one.asset),),
        entry.text("manufacturer") if entry else "",
        entry.text("model") if entry else "",
        one.version,
        one.advisory,
        one.title,
        ", ".join(one.cves),
        one.score,
        one.ours,
        one.theirs,
        one.reason,
        ", ".join(one.kev),
        one.kev_due,
        one.fix,
        one.decision,
        moment(one.published),
    )


def _life(judged: Judged, today: date) -> Table:
    held = sorted(judged.inputs.life_ends, key=lambda one: (one.end_of_support or "~", one.asset))
    return table(
        "lifecycle",
        "Life cycle",
        "When the makers end sale and support, by the loaded lists; the earliest first.",
        _LIFE,
        lambda: (_life_end(judged, one, today) for one in held),
        empty="No loaded life-cycle list names an asset.",
        most=3_000,
    )


def _life_end(judged: Judged, one: LifeEnd, today: date) -> Row:
    entry, days = judged.entries.get(one.asset), _days(one, today)
    state = (
        "not stated" if days is None else "support ended" if days < 0 else "ends soon" if days < 366 else "supported"
    )
    link = entry.link if entry else (Ref("", one.asset),)
    return link, one.product, one.end_of_sale, one.end_of_support, "" if days is None else days, state, one.source


def _days(one: LifeEnd, today: date) -> int | None:
    try:
        return (date.fromisoformat(one.end_of_support[:10]) - today).days
    except ValueError:
        return None


def _feeds(inputs: ReportInputs) -> Table:
    def row(one: FeedInfo) -> Row:
        how = "stated" if one.stated else "newest inside"
        return one.kind, one.file, moment(one.as_of), how, one.entries, one.sha256

    return table(
        "feeds",
        "Feeds",
        "The files of advisories, exploited vulnerabilities and life cycles that were loaded.",
        _FEEDS,
        lambda: map(row, inputs.feeds),
        empty="No advisory is loaded.",
    )
