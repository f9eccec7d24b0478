"""The view: everything a report says, final. Writers and templates only lay it out.

The report id is the digest of every row of every table but the cover, so equal content has an equal id at any time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from assetctl.model import Result
from assetctl.packing import Findings, packed_findings
from assetctl.report import (
    asking,
    catalogue,
    changes,
    coverage,
    findings,
    heat,
    inventory,
    judged_files,
    judgement,
    levels,
    papers,
    places,
    vulnerabilities,
)
from assetctl.report.index import Entry, Links, entries
from assetctl.report.inputs import Evidence, ReportInputs
from assetctl.report.judgement import Judged
from assetctl.report.logo import Logo
from assetctl.report.section import Figure, Section
from assetctl.report.table import MOST_LABEL, Column, Kind, Row, Table, digest, final, moment, ref, table
from assetctl.report.words import STANDARD, words

_EVIDENCE = (
    Column("Evidence", Kind.KEY, 26),
    Column("Kind", width=14, page=False),
    Column("Request", width=30),
    Column("Target", Kind.CODE, 24),
    Column("At", Kind.TIME, 20),
    Column("Vantage", Kind.CODE, 20),
    Column("SHA-256 of the stored form", Kind.CODE, 66),
    Column("Excerpt", Kind.CODE, 60),
    Column("Decoded", width=50),
)
MOST_VANTAGES = 5  # that are named one by one on the cover
_MOST_COVER = 600  # characters of one entry of the cover
_PAIR = (Column("Item", width=28), Column("Value", width=100))
_README = (Column("Sheet", width=18), Column("Rows", Kind.NUMBER, 10), Column("What it holds", width=110))
_GLOSSARY = (Column("Term", width=24), Column("Meaning", width=110))


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report. cover: what it is about and made from. notices: what weakens it.

    front: tables of the workbook that stand before all others (cover, read me). generated_at: RFC 3339 in UTC.
    language: in which the writers say it; all texts here are English. said: the checks' texts in other languages, by
    check and language. company: whose report it is, logo: its picture.
    """

    title: str
    project: str
    site: str
    classification: str
    label: str
    report_id: str
    generated_at: str
    cover: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    sections: tuple[Section, ...]
    front: tuple[Table, ...]
    language: str = "en"
    said: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    company: str = ""
    logo: Logo | None = None

    def tables(self) -> Iterator[Table]:
        """All tables of the content, in the order of the page."""
        return chain.from_iterable(section.tables for section in self.sections)


def build(inputs: ReportInputs) -> ReportView:
    """The view of a report."""
    shown = entries(inputs)
    declared = frozenset(zone.id for zone in inputs.zones), frozenset(one.id for one in inputs.conduits)
    found = packed_findings(inputs.findings)
    links = Links(declared[0], _kept(inputs, shown, found), declared[1])
    judged = Judged(inputs, found, shown, links)
    sections = (
        Section("limits", "Statement of limits", (f"{words().label[:1].upper()}{words().label[1:]}.",), words().limits),
        _summary(inputs, judged, shown),
        asking.authorisation(inputs),
        coverage.coverage(inputs, shown, links),
        asking.traffic(inputs),
        inventory.inventory(judged, shown),
        places.places(judged),
        levels.requirements(levels.grounds(inputs, links), heat.results(inputs.levels)),
        findings.findings(judged),
        vulnerabilities.vulnerabilities(judged),
        changes.changes(judged),
        papers.waivers(inputs),
        papers.attestations(inputs, links),
        judgement.unknowns(judged),
        catalogue.catalogue(judged),
        Section("results", "Results and counts", tables=findings.results(judged)),
        _evidence(inputs, links),
        _glossary(),
        papers.sign_off(),
    )
    view = ReportView(
        title=final(inputs.title, MOST_LABEL),
        project=final(inputs.project, MOST_LABEL),
        site=final(inputs.site, MOST_LABEL),
        classification=final(inputs.classification, MOST_LABEL),
        label=words().label,
        report_id="",
        generated_at=moment(inputs.generated_at),
        cover=(),
        notices=_notices(inputs, shown),
        sections=sections,
        front=(),
        said={check.id: check.said for check in inputs.checks},
        company=final(inputs.company, MOST_LABEL),
    )
    return _covered(view, inputs)


def _covered(view: ReportView, inputs: ReportInputs) -> ReportView:
    id = digest((view.title, view.project, view.site, *view.notices), view.tables())
    cover = tuple((item, final(value, _MOST_COVER)) for item, value in _cover(inputs, id))
    return replace(view, report_id=id, cover=cover, front=(_cover_table(cover), _readme(view)))


def _kept(inputs: ReportInputs, shown: Sequence[Entry], found: Findings) -> frozenset[str]:
    """The evidence that something leads to and that is there."""
    wanted = {*inventory.cited(shown), *found.cited()}
    return frozenset(one.id for one in inputs.evidence() if one.id in wanted)


def _cover(inputs: ReportInputs, id: str) -> Iterator[tuple[str, str]]:
    begun = min((scan.started for scan in inputs.scans), default=None)
    ended = max((scan.ended or scan.started for scan in inputs.scans), default=None)
    rows = (
        ("Company", inputs.company),
        ("Project", inputs.project),
        ("Site", inputs.site),
        ("System under consideration", inputs.system),
        ("System approved by", "; ".join(f"{one.by} on {one.on}" for one in inputs.system_approvals)),
        ("Period", f"{moment(begun)} to {moment(ended)}" if begun else "no scan or import"),
        ("Generated", moment(inputs.generated_at)),
        ("Report id", id),
        ("Supersedes", inputs.supersedes),
        ("Classification", inputs.classification),
        ("Assessed by", inputs.assessor or "not stated"),
        ("Standard", STANDARD),
        ("Tool", inputs.tool),
        ("Run of the checks", inputs.run),
        ("Check pack", " ".join(filter(None, (inputs.pack, inputs.pack_hash)))),
        *judged_files.cover(inputs),
        ("Golden inventory SHA-256", _golden_files(inputs) or "no golden inventory"),
        ("Data and decoders", ", ".join(_decoders(inputs.versions))),
        ("Thresholds that differ from the default", "; ".join(inputs.thresholds) or "none"),
        ("Clock of the scanner", inputs.clock or "not recorded"),
    )
    return ((item, value) for item, value in rows if value)


def _decoders(versions: Mapping[str, str]) -> Iterator[str]:
    """Each with its version; one that bears the name of its protocol is named once."""
    for name, version in sorted(versions.items()):
        yield version if version.partition("/")[0] == name else f"{name} {version}"


def _golden_files(inputs: ReportInputs) -> str:
    return ", ".join(f"{one.file} {one.sha256}" for one in inputs.golden)


def _notices(inputs: ReportInputs, shown: Sequence[Entry]) -> tuple[str, ...]:
    """What a reader must know before the first number."""
    said = words()
    verified = {one.name for one in inputs.vantages if one.verified}
    unproven = sorted({name for entry in shown for name in entry.vantages} - verified)
    stated = sorted({one.who for one in inputs.approvals if not one.verified})
    found = [f"Vantage {name}: {said.unverified_cell}." for name in unproven]
    if len(unproven) > MOST_VANTAGES:  # the table of vantages names each
        found = [f"{len(unproven)} vantages, such as {unproven[0]}: {said.unverified_cell}."]
    found += [f"Approval by {who}: {said.unverified_name}." for who in stated]
    found += [
        f"Scan {scan.id} is {scan.state.value}." for scan in inputs.scans if scan.state not in ("done", "imported")
    ]
    return tuple(final(text, _MOST_COVER) for text in (*judged_files.notices(inputs), *found, *inputs.notes))


def _summary(inputs: ReportInputs, judged: Judged, shown: Sequence[Entry]) -> Section:
    fails, unknown = judged.count(Result.FAIL), judged.total(Result.UNKNOWN)
    grave = sum(
        count
        for sort, count in judged.sorts.items()
        if sort.result is Result.FAIL and sort.severity in ("critical", "high")
    )
    identified = sum(entry.identified for entry in shown)
    held = {entry.asset.position for entry in shown}
    expected = len(inputs.positions)
    reached = sum(position.id in held for position in inputs.positions)
    figures = (
        Figure(str(len(shown)), "assets", note=f"{identified} identified"),
        Figure(
            f"{reached} / {expected}" if expected else "–",
            "expected positions seen",
            "warn" if reached < expected or not expected else "good",
            "" if expected else "no register",
        ),
        Figure(str(fails), "FAIL, indications", "bad" if fails else "good", f"{grave} critical or high"),
        Figure(str(unknown), "UNKNOWN", "warn" if unknown else "good", "never counted as PASS"),
        Figure(str(judged.total(Result.PASS)), "PASS", "quiet", "nothing contrary seen"),
    )
    drawings = heat.heat_maps(inputs.levels)
    charts = (judgement.results_chart(judged), judgement.severity_chart(judged))
    return Section(
        "summary",
        "Summary",
        figures=figures,
        charts=charts,
        drawings=drawings,
        tables=(levels.vectors(inputs, judged.links), judgement.worst(judged)),
    )


def _evidence(inputs: ReportInputs, links: Links) -> Section:
    """What something leads to comes first, so that the page holds it however much evidence there is."""
    lead = ("The bytes themselves stay in the store, under the SHA-256 of their stored form.",)
    purpose = "Every kept exchange or record: question, target, time, vantage, digest of the stored form."

    def rows() -> Iterator[Row]:
        for first in (True, False):
            yield from (_evidence_row(one) for one in inputs.evidence() if (one.id in links.kept) is first)

    made = table("evidence", "Evidence", purpose, _EVIDENCE, rows, empty="No evidence is kept.", folded=True)
    return Section("evidence", "Evidence index", lead, tables=(replace(made, most=max(len(links.kept), 2_000)),))


def _evidence_row(one: Evidence) -> Row:
    key = ref("evidence", one.id)
    return (
        key, one.kind, one.request, one.target, moment(one.at), one.vantage, one.sha256, one.excerpt[:256], one.decoded
    )  # fmt: skip


def _glossary() -> Section:
    rows = tuple(words().glossary.items())
    return Section(
        "glossary", "Glossary", tables=(table("terms", "Glossary", "Words.", _GLOSSARY, lambda: rows, empty=""),)
    )


def _cover_table(cover: tuple[tuple[str, str], ...]) -> Table:
    return table("cover", "Cover", "What this report is about and made from.", _PAIR, lambda: cover, empty="")


def _readme(view: ReportView) -> Table:
    """How to read the workbook: its sheets, its limits, and what weakens it."""
    sheets = tuple((one.sheet, one.count, one.purpose) for one in view.tables())
    limits = tuple(("Limits", "", text) for text in (view.label, *words().limits))
    notices = tuple(("Notice", "", text) for text in view.notices)
    return table("readme", "Read me", "How to read this.", _README, lambda: notices + sheets + limits, empty="")
