"""The chapters about security levels: the vector table, and what is known of every row at every place."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assetctl.model import EVERYWHERE, Life, LifeState, Result
from assetctl.policy.frameworks import IEC, SHALL
from assetctl.policy.level_rows import RowState, State
from assetctl.policy.levels import Cell, Verdict
from assetctl.report.index import Links
from assetctl.report.inputs import ReportInputs
from assetctl.report.section import Drawing, Section
from assetctl.report.table import Column, Kind, Ref, Row, Table, ref, table

MOST_LINKS = 6
MOST_OPEN = 210  # rows of a table that stands open in the page
FR_NAMES = {
    "IAC": "FR 1 Identification and authentication control",
    "UC": "FR 2 Use control",
    "SI": "FR 3 System integrity",
    "DC": "FR 4 Data confidentiality",
    "RDF": "FR 5 Restricted data flow",
    "TRE": "FR 6 Timely response to events",
    "RA": "FR 7 Resource availability",
}
FR = tuple(FR_NAMES)
WORST_FIRST = (Verdict.GAP, Verdict.INDICATED, Verdict.UNDETERMINED, Verdict.REACHED, Verdict.NO_TARGET)
STATES = (State.CONTRADICTED, State.INDICATED, State.UNKNOWN, State.MET, State.NOT_APPLICABLE)

_VECTORS = (
    Column("Zone or conduit", Kind.LINKS, 24),
    Column("Kind", width=10, page=False),
    Column("FR", width=8),
    Column("SL-T", Kind.NUMBER, 7),
    Column("Attested or evidenced up to", Kind.NUMBER, 14),
    Column("Not contradicted up to", Kind.NUMBER, 14),
    Column("Not contradicted if all indications hold", Kind.NUMBER, 16),
    Column("Verdict", Kind.MARK, 26),
    Column("Rows", Kind.NUMBER, 8),
    Column("Met", Kind.NUMBER, 8),
    Column("By evidence", Kind.NUMBER, 10),
    Column("Attested", Kind.NUMBER, 10),
    Column("Independently reviewed", Kind.NUMBER, 14),
    Column("Contradicted", Kind.NUMBER, 13),
    Column("Indicated", Kind.NUMBER, 11),
    Column("Compensated", Kind.NUMBER, 13, page=False),
    Column("Not determined", Kind.NUMBER, 13),
    Column("Not applicable", Kind.NUMBER, 13),
    Column("What stands against it", width=60),
)
_BY_ROW = (
    Column("Requirement", Kind.KEY, 16),
    Column("FR", width=8),
    Column("Name", width=44),
    Column("From SL", Kind.NUMBER, 9),
    Column("Contradicted", Kind.NUMBER, 13),
    Column("Indication against it", Kind.NUMBER, 13),
    Column("Not determined", Kind.NUMBER, 13),
    Column("Met", Kind.NUMBER, 8),
    Column("Not applicable", Kind.NUMBER, 13),
    Column("Contradicted or indicated at", Kind.LINKS, 40),
    Column("Checks", Kind.LINKS, 36),
)
_REQUIREMENTS = (
    Column("Requirement", Kind.KEY, 16),
    Column("FR", width=8),
    Column("Name", width=44),
    Column("From SL", Kind.NUMBER, 9),
    Column("Zone", Kind.LINKS, 22),
    Column("In target", Kind.MARK, 10),
    Column("State", Kind.MARK, 22),
    Column("Decided by", width=56),
    Column("Findings", Kind.LINKS, 24),
    Column("Checks", Kind.LINKS, 24, page=False),
    Column("Pass", Kind.NUMBER, 8),
    Column("Fail", Kind.NUMBER, 8),
    Column("Unknown", Kind.NUMBER, 10),
    Column("Not applicable", Kind.NUMBER, 13),
    Column("Attestations", Kind.LINKS, 22),
    Column("Waivers", Kind.LINKS, 22),
    Column("Comment of auditor", width=40, page=False, by_auditor=True),
)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the rows rest on, arranged by row. checks: those that bear on it as a duty. open: failures by check."""

    inputs: ReportInputs
    links: Links
    checks: Mapping[str, tuple[str, ...]]
    open: Mapping[str, tuple[Life, ...]]
    waived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def concerned(self, place: str) -> frozenset[str]:
        return self.inputs.within.get(place, frozenset()) | {place, EVERYWHERE}

    def failures(self, place: str, row: str) -> Iterator[Life]:
        """Open findings that bear on a row at a place."""
        here = self.concerned(place)
        for check in self.checks.get(row, ()):
            yield from (one for one in self.open.get(check, ()) if here & set(one.zone.split()))

    def counts(self, place: str, row: str) -> Counter[str]:
        """Results of the checks of a row at a place."""
        found: Counter[str] = Counter()
        here = self.concerned(place)
        for check in self.checks.get(row, ()):
            for one in here:
                found.update(self.inputs.seen.get(one, {}).get(check, {}))
        return found


def grounds(inputs: ReportInputs, links: Links) -> Grounds:
    """The grounds of a report."""
    checks: dict[str, list[str]] = {}
    for info in inputs.checks:
        for row in dict.fromkeys(m.requirement for m in info.maps if m.framework == IEC and m.duty == SHALL):
            checks.setdefault(row, []).append(info.id)
    still: dict[str, list[Life]] = {}
    for life in inputs.lives:
        if life.state is LifeState.OPEN:
            still.setdefault(life.check, []).append(life)
    waived: dict[str, list[str]] = {}
    for use in inputs.waivers:
        for finding in use.findings:
            waived.setdefault(finding, []).append(use.waiver.id)
    return Grounds(
        inputs,
        links,
        {row: tuple(sorted(names)) for row, names in checks.items()},
        {check: tuple(found) for check, found in still.items()},
        {finding: tuple(names) for finding, names in waived.items()},
    )


def vectors(inputs: ReportInputs, links: Links) -> Table:
    """Three numbers for each place and FR, never one."""
    return table(
        "vectors",
        "SL vectors",
        "For each zone, conduit and FR: the target, and how far word, evidence and contradictions reach.",
        _VECTORS,
        lambda: (_vector(cell, links) for cell in inputs.levels),
        empty="No zones file was given, so there is no place to have a level.",
        folded=len(inputs.levels) > MOST_OPEN,
        most=3_000,
        gathers="Zone or conduit" if len(inputs.levels) > MOST_OPEN else "",
    )


def requirements(base: Grounds, drawings: tuple[Drawing, ...] = ()) -> Section:
    """The rows of the standard: over the plant, and place by place."""
    cells = base.inputs.levels
    lead = (
        "A row is met only when somebody answers for it on a document that somebody else reviewed. "
        "Contradicted: a failure that an assessor confirmed, or an answer that says no. "
        "Indication: a failure that nobody has assessed yet.",
    )
    by_row = table(
        "rows",
        "Rows",
        "Each row of the standard over all zones and conduits: at how many places it has which state.",
        _BY_ROW,
        lambda: _rows_over_all(base, cells),
        empty="No zones file was given, so no row can be placed.",
        most=1_000_000,
    )
    placed = tuple(_requirement(base, cell, state) for cell in cells for state in cell.rows)
    every = table(
        "requirements",
        "Requirements",
        "Each row at each zone and conduit: its state, who or what decided it, and what it rests on.",
        _REQUIREMENTS,
        lambda: placed,
        empty="No zones file was given, so no row can be placed.",
        folded=True,
        most=3_000,
        gathers="Zone",
    )
    return Section("requirements", "Results by FR and SR", lead, drawings=drawings, tables=(by_row, every))


def _vector(cell: Cell, links: Links) -> Row:
    counts = cell.counts
    return (
        links.places((cell.place,)),
        "conduit" if cell.is_conduit else "zone",
        cell.fr,
        "" if cell.target is None else cell.target,
        cell.attested,
        cell.not_contradicted,
        cell.not_contradicted_if,
        cell.verdict.value,
        counts.rows,
        counts.met,
        counts.by_evidence,
        counts.attested,
        counts.independently_reviewed,
        counts.contradicted,
        counts.indicated,
        counts.compensated,
        counts.unknown,
        counts.not_applicable,
        cell.reasons,
    )


def _rows_over_all(base: Grounds, cells: Sequence[Cell]) -> Iterator[Row]:
    found: dict[str, list[tuple[str, RowState]]] = {}
    for cell in cells:
        for state in cell.rows:
            found.setdefault(state.row.id, []).append((cell.place, state))
    for id, held in found.items():
        row = held[0][1].row
        counts = Counter(state.state for _, state in held)
        against = [place for place, state in held if state.state in (State.CONTRADICTED, State.INDICATED)]
        told = base.links.places(against[:MOST_LINKS])
        more = (Ref("", f"and {len(against) - MOST_LINKS} more"),) if len(against) > MOST_LINKS else ()
        checks = tuple(ref("checks", name) for name in base.checks.get(id, ()))
        yield (
            ref("rows", id.replace(" ", "-"), id), row.fr, row.name, row.from_sl,
            *(counts[state] for state in STATES), (*told, *more), checks,
        )  # fmt: skip


def _requirement(base: Grounds, cell: Cell, state: RowState) -> Row:
    row, counts = state.row, base.counts(cell.place, state.row.id)
    failures = list(base.failures(cell.place, row.id))
    waivers = dict.fromkeys(name for life in failures for name in base.waived.get(life.id, ()))
    return (
        ref("requirements", f"{cell.place}:{row.id.replace(' ', '-')}", row.id),
        row.fr,
        row.name,
        row.from_sl,
        base.links.places((cell.place,)),
        "yes" if cell.target and row.from_sl <= cell.target else "no",
        state.state.value,
        state.why,
        _some(tuple(ref("findings", life.id, life.check) for life in failures)),
        tuple(ref("checks", name) for name in base.checks.get(row.id, ())),
        counts[Result.PASS],
        counts[Result.FAIL],
        counts[Result.UNKNOWN] + counts[Result.ERROR],
        counts[Result.NOT_APPLICABLE],
        tuple(ref("attestations", name) for name in state.attested),
        tuple(ref("waivers", name) for name in waivers),
        "",
    )


def _some(refs: tuple[Ref, ...]) -> tuple[Ref, ...]:
    more = (Ref("", f"and {len(refs) - MOST_LINKS} more"),) if len(refs) > MOST_LINKS else ()
    return (*refs[:MOST_LINKS], *more)
