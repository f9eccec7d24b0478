"""The view says everything once, the same way every time, and never more than the evidence."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.model import Asset, Because, Finding, Result, Severity, SignOff
from assetctl.policy import values as policy
from assetctl.protocols import registry
from assetctl.report.charts import FULL, bars, stack
from assetctl.report.inputs import Approval, Evidence, VantageInfo
from assetctl.report.table import MOST_TEXT, Kind, Ref, Table, final
from assetctl.report.view import MOST_VANTAGES, ReportView, build
from assetctl.report.words import words
from tests.unit.report_plant import GENERATED, START, asset, evidence, plant

VIEW = build(plant())
SHEETS = """SL vectors|Requirements|Findings|Results|Unknowns|Assets|Services|Zones|Conduits|Flows|Topology|Certificates
Advisories|Life cycle|Golden diff|Waivers|Attestations|Evidence|Mapping|Checks|Sign-off|Traffic|Exclusions|Coverage
Authorisation"""


def table(view: ReportView, sheet: str) -> Table:
    return next(one for one in view.tables() if one.sheet == sheet)


def column(view: ReportView, sheet: str, title: str) -> list[object]:
    found = table(view, sheet)
    at = [one.title for one in found.columns].index(title)
    return [row[at] for row in found.rows()]


def records(view: ReportView, sheet: str) -> list[dict[str, object]]:
    found = table(view, sheet)
    return [dict(zip([one.title for one in found.columns], row, strict=True)) for row in found.rows()]


def test_the_cover_names_who_approved_the_system() -> None:
    signed = (SignOff("Plant manager", date(2026, 1, 15)), SignOff("Owner", date(2026, 2, 1)))
    cover = dict(build(plant(system="plant-a", system_approvals=signed)).cover)
    assert cover["System approved by"] == "Plant manager on 2026-01-15; Owner on 2026-02-01"
    assert "System approved by" not in dict(VIEW.cover)


def test_equal_content_has_an_equal_id_at_any_time() -> None:
    later = build(plant(generated_at=GENERATED + timedelta(days=3), tool="assetctl 9"))
    assert later.report_id == VIEW.report_id
    assert later.generated_at != VIEW.generated_at


@pytest.mark.parametrize(
    "lost",
    [
        "assets",
        "findings",
        "zones",
        "traffic",
        "exclusions",
        "approvals",
        "positions",
        "scans",
        "conduits",
        "passages",
        "captures",
        "lives",
        "levels",
        "waivers",
        "attestations",
        "advisories",
        "life_ends",
        "feeds",
        "golden",
        "halts",
    ],
)
def test_any_lost_content_changes_the_id(lost: str) -> None:
    whole = getattr(plant(), lost)
    assert build(plant(**{lost: whole[:-1]})).report_id != VIEW.report_id


def test_lost_evidence_changes_the_id() -> None:
    assert build(plant(evidence=lambda: iter(list(evidence())[:-1]))).report_id != VIEW.report_id


def test_every_promised_sheet_is_there_once() -> None:
    sheets = [one.sheet for one in (*VIEW.front, *VIEW.tables())]
    assert sheets[:2] == ["Cover", "Read me"]
    assert set(SHEETS.replace("\n", "|").split("|")) <= set(sheets)
    assert len(set(sheets)) == len(sheets)
    assert all(len(sheet) <= 31 and not set(sheet) & set("[]:*?/\\") for sheet in sheets)


@pytest.mark.parametrize("one", [*VIEW.front, *VIEW.tables()], ids=lambda one: one.id)
def test_rows_can_be_read_again_and_fit_their_columns(one: Table) -> None:
    first = list(one.rows())
    assert first == list(one.rows())
    assert len(first) == one.count
    assert all(len(row) == len(one.columns) for row in first)
    assert len({column.title for column in one.columns}) == len(one.columns)
    assert [column.kind for column in one.columns].count(Kind.KEY) <= 1


def test_every_link_leads_to_a_row() -> None:
    cells = list(chain.from_iterable(chain.from_iterable(one.rows() for one in VIEW.tables())))
    anchors = [cell.anchor for cell in cells if isinstance(cell, Ref)]
    led = {ref.anchor for cell in cells if isinstance(cell, tuple) for ref in cell if ref.anchor}
    assert led <= set(anchors)
    assert len(set(anchors)) == len(anchors)
    assert any(anchor.startswith("evidence-") for anchor in led)


def test_evidence_that_is_not_kept_is_named_without_a_link() -> None:
    view = build(plant(evidence=lambda: iter(())))
    refs = [ref for cell in column(view, "Findings", "Evidence") if isinstance(cell, tuple) for ref in cell]
    assert refs
    assert all(ref.label and not ref.anchor for ref in refs)


def test_cited_evidence_comes_first() -> None:
    many = (Evidence(f"zz:{number}", "exchange", "q", "t", START, "v", "0" * 64) for number in range(5000))
    view = build(plant(evidence=lambda kept=tuple(many): iter((*kept, *evidence()))))
    labels = [key.label for key in column(view, "Evidence", "Evidence") if isinstance(key, Ref)]
    first_loose = next(at for at, label in enumerate(labels) if label.startswith("zz"))
    assert 0 < first_loose < table(view, "Evidence").most
    cited = {ref.label for cell in column(view, "Findings", "Evidence") if isinstance(cell, tuple) for ref in cell}
    assert cited <= set(labels[:first_loose])


def test_no_result_is_lost_or_taken_for_a_pass() -> None:
    inputs = plant()
    counted = {result: sum(column(VIEW, "Checks", result.value.capitalize())) for result in Result}  # type: ignore[arg-type]
    given_ = {result: sum(finding.result is result for finding in inputs.findings) for result in Result}
    tallied = {result: sum(tally.get(result, 0) for tally in inputs.tallies.values()) for result in Result}
    assert counted == {result: given_[result] + tallied[result] for result in Result}
    assert table(VIEW, "Unknowns").count == given_[Result.UNKNOWN]
    states = Counter(column(VIEW, "Findings", "State"))
    assert states["failing"] == given_[Result.FAIL]
    assert states["error"] == given_[Result.ERROR]
    assert [states[word] for word in ("not re-tested", "closed", "withdrawn")] == [1, 1, 1]


def test_the_gravest_finding_stands_first() -> None:
    listed = column(build(plant(lives=())), "Findings", "Severity")
    ranks = [list(Severity).index(Severity(str(word))) for word in listed]
    assert ranks == sorted(ranks)


def test_unknowns_are_grouped_by_reason_with_a_remedy() -> None:
    reasons = records(VIEW, "Unknown reasons")
    assert sum(int(str(row["Results"])) for row in reasons) == table(VIEW, "Unknowns").count
    assert all(row["What it means"] and row["What would settle it"] for row in reasons)
    assert words().reason("made-up-code").meaning == "made up code"


def test_every_reason_a_check_can_give_has_a_remedy() -> None:
    assert {reason.value for reason in policy.Reason} <= set(words().reasons)


def test_coverage_counts_expected_seen_answered_identified_and_excluded() -> None:
    rows = {str(row["Zone"][0].label): row for row in records(VIEW, "Coverage")}  # type: ignore[index]
    press = rows["cell-press"]
    assert (press["Seen"], press["Answered"], press["Identified"], press["Exclusions"]) == (9, 9, 8, 1)
    assert press["Why excluded"] == "safety controllers"
    expected = sum(int(str(row["Expected"])) for row in rows.values())
    seen = sum(int(str(row["Of these seen"])) for row in rows.values())
    assert expected == len(plant().positions)
    assert expected - seen == table(VIEW, "Not seen").count == 3


def test_what_is_only_declared_has_not_answered() -> None:
    silent = replace(asset(40, {"model": "X"}), zone="cell-press")
    told = tuple(replace(fact, source=replace(fact.source, kind="declared")) for fact in silent.facts)
    view = build(plant(assets=(replace(silent, facts=told),), services=lambda _: ()))
    assert column(view, "Assets", "Answered") == ["no"]
    assert table(view, "Vantages").count == 0


def test_attributes_are_the_fourteen_of_high_priority() -> None:
    assert Counter(column(VIEW, "Attributes", "Priority")) == {"high": 14, "medium": 8, "low": 10}
    for row in records(VIEW, "Assets"):
        missing = [name for name in str(row["Missing attributes"]).split(", ") if name]
        assert int(str(row["Attributes of 14"])) + len(missing) == 14


def test_what_is_not_verified_is_said_on_the_cover() -> None:
    told = " ".join(VIEW.notices)
    assert "cell not verified" in told
    assert "as stated by the operator, not verified" in told
    assert "sc-07 is partial" in told
    proven = build(
        plant(
            vantages=(VantageInfo("eth1/10.20.0.5", "plant", True),),
            approvals=(Approval("A", START, True),),
            scans=(),
        )
    )
    assert proven.notices == ()


@pytest.mark.parametrize(("count", "lines"), [(MOST_VANTAGES, MOST_VANTAGES), (MOST_VANTAGES + 1, 1)])
def test_many_vantages_are_one_line_of_the_cover_and_each_a_row_of_their_table(count: int, lines: int) -> None:
    def seen_from(number: int) -> Asset:
        made = asset(40 + number, {"model": "X"})
        told = (replace(one, vantage=f"eth{number}/10.20.{number}.5") for one in made.facts)
        return replace(made, facts=tuple(told))

    view = build(plant(assets=tuple(seen_from(number) for number in range(count)), services=lambda _: ()))
    told = [one for one in view.notices if "cell not verified" in one]
    assert len(told) == lines
    assert lines > 1 or told[0].startswith(f"{count} vantages, such as eth0/10.20.0.5: ")
    assert len(set(column(view, "Vantages", "Vantage"))) == count


def test_the_decoders_of_all_protocols_stand_whole_on_the_cover() -> None:
    view = build(plant(versions={name: one.reader for name, one in registry().items()}))
    told = dict(view.cover)["Data and decoders"]
    assert all(one.reader in told for one in registry().values())


def test_the_label_and_the_limits_stand_in_page_and_workbook() -> None:
    limits = next(section for section in VIEW.sections if section.id == "limits")
    assert "not a certification, no maturity level" in limits.lead[0]
    assert any("kernel's own packets" in text for text in limits.points)
    assert any("indication" in text for text in limits.points)
    readme = " ".join(str(cell) for row in VIEW.front[1].rows() for cell in row)
    assert VIEW.label in readme
    assert "nmap" in readme


def test_a_finding_about_a_zone_leads_to_the_zone() -> None:
    because = (Because("cell-press", "assets", "9"),)
    about = Finding("fd-z", "ZON-9", 1, "T", Severity.LOW, "cell-press", Result.FAIL, "", "S", because)
    view = build(plant(findings=(about, replace(about, id="fd-i", subject="inventory")), lives=(), waivers=()))
    assert column(view, "Findings", "Subject") == [
        (Ref("", "inventory"),),
        (Ref("zones-cell-press", "cell-press"),),
    ] or (column(view, "Findings", "Subject") == [(Ref("zones-cell-press", "cell-press"),), (Ref("", "inventory"),)])


def test_an_empty_plant_is_reported_without_a_claim() -> None:
    view = build(plant(assets=(), findings=(), checks=(), zones=(), scans=(), positions=(), traffic=(), tallies={}))
    assert "no register" in {figure.note for section in view.sections for figure in section.figures}
    assert "not a proof" in table(view, "Findings").empty


@given(st.text(max_size=400))
def test_a_final_text_has_nothing_hidden(text: str) -> None:
    told = final(text)
    assert not {"\x00", "\x1b", "\n", "\u202e", "\u2066", "\ufffe", "\uffff", "\ud800"} & set(told)
    assert final(text, 10) == final(text, 10)
    assert len(told) <= MOST_TEXT


@given(st.lists(st.tuples(st.text("ab", min_size=1, max_size=3), st.integers(0, 10**6), st.just("good")), max_size=8))
def test_the_parts_of_a_stacked_bar_fill_it_without_a_gap(counts: list[tuple[str, int, str]]) -> None:
    parts = stack("x", "t", counts).parts
    ends = [part.start + part.length for part in parts]
    assert [part.start for part in parts] == [0, *ends][: len(parts)]
    assert not parts or ends[-1] == FULL


def test_bars_beyond_the_tenth_become_one() -> None:
    parts = bars("x", "t", [(f"m{number:02d}", 20 - number) for number in range(13)]).parts
    assert len(parts) == 11
    assert parts[-1].label == "3 others"
    assert sum(part.count for part in parts) == sum(20 - number for number in range(13))
