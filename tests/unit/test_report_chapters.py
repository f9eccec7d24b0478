"""The chapters of levels, requirements, flows, papers, changes: nothing better than it is, the worst on top."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from assetctl.model import LifeState, Zone
from assetctl.policy.frameworks import IEC
from assetctl.policy.load import load_frameworks
from assetctl.report.heat import MOST_ROWS, heat_maps
from assetctl.report.table import Kind, Ref, Table
from assetctl.report.topology import Device, drawing
from assetctl.report.view import ReportView, build
from assetctl.report.words import words
from assetctl.report.zones_drawing import MOST_BOXES, legible
from tests.unit import report_papers as papers
from tests.unit.report_plant import GENERATED, START, plant
from tests.unit.test_report_topology import plant as network
from tests.unit.test_zones_drawing import plant as zoned


@cache
def view() -> ReportView:
    return build(plant())


def table(sheet: str, of: ReportView | None = None) -> Table:
    return next(one for one in (of or view()).tables() if one.sheet == sheet)


def records(sheet: str, of: ReportView | None = None) -> list[dict[str, object]]:
    found = table(sheet, of)
    return [dict(zip([one.title for one in found.columns], row, strict=True)) for row in found.rows()]


def label(cell: object) -> str:
    return ", ".join(one.label for one in cell) if isinstance(cell, tuple) else getattr(cell, "label", str(cell))


def test_every_row_of_the_standard_stands_once_at_each_place() -> None:
    rows = len(load_frameworks()[IEC].rows)
    places = len(plant().zones) + len(plant().conduits)
    assert table("Requirements").count == rows * places
    assert table("Rows").count == rows
    assert all(
        sum(
            int(str(row[word]))
            for word in ("Contradicted", "Indication against it", "Not determined", "Met", "Not applicable")
        )
        == places
        for row in records("Rows")
    )


def test_a_row_is_met_by_an_answer_that_counts_and_by_nothing_else() -> None:
    met = [row for row in records("Requirements") if row["State"] == "met"]
    assert [(label(row["Requirement"]), label(row["Zone"]), label(row["Attestations"])) for row in met] == [
        ("SR 1.1", "cell-press", "at-1")
    ]
    states = {
        label(row["Requirement"]): row["State"] for row in records("Requirements") if label(row["Zone"]) == "cell-press"
    }
    assert states["SR 1.2"] == "contradicted", "an answer that says no"
    assert states["SR 1.3"] == "not determined", "an answer that ran out"


def test_no_level_is_better_than_what_stands_against_it() -> None:
    for row in records("SL vectors"):
        attested, confirmed = int(str(row["Attested or evidenced up to"])), int(str(row["Not contradicted up to"]))
        assert attested <= int(str(row["Not contradicted if all indications hold"])) <= confirmed


def test_what_ran_out_stands_first_and_no_waiver_counts_for_a_level() -> None:
    rows = records("Waivers")
    assert [row["State"] for row in rows] == ["expired", "expiring", "live", "revoked"]
    assert {row["Counts for SL"] for row in rows} == {"no"}
    assert [int(str(row["Days left"])) for row in rows[:2]] == [-21, 9]
    assert [row["State"] for row in records("Attestations")] == [
        "expired",
        "does not count",
        "stands against",
        "counts",
    ]


def test_flows_that_nobody_declared_stand_first() -> None:
    assert [row["Verdict"] for row in records("Flows")] == [
        "no conduit",
        "not in its conduit",
        "other opener",
        "no zone",
        "allowed",
    ]
    verdicts = {(label(row["Conduit"]), row["Port"]): row["Verdict"] for row in records("Conduits")}
    assert verdicts == {
        ("c-press", "tcp/4840"): "seen",
        ("c-press", "tcp/102"): "seen",
        ("c-filling", "tcp/4840"): "not seen",
        ("c-bare", ""): "nothing allowed",
    }
    blind = build(plant(captures=(), passages=()))
    assert {row["Verdict"] for row in records("Conduits", blind)} == {"no sensor", "nothing allowed"}


def test_the_register_of_findings_keeps_what_ended_and_says_why() -> None:
    rows = {row["Finding id"]: row for row in records("Findings")}
    assert rows["fd-later"]["State"] == "not re-tested"
    assert rows["fd-later"]["Owner"] == "Ada"
    assert (rows["fd-over"]["State"], rows["fd-over"]["Why it ended"]) == ("closed", "passed")
    assert (rows["fd-away"]["State"], rows["fd-away"]["Why it ended"]) == ("withdrawn", "retired")
    assert Counter(row["Assessment"] for row in rows.values())["confirmed"] == 1


def test_drift_stands_before_what_nobody_looked_at_and_equal_is_only_counted() -> None:
    outcomes = [row["Outcome"] for row in records("Golden diff")]
    assert "equal" not in outcomes
    assert set(outcomes[:4]) == {"changed", "exchanged", "missing", "new"}
    assert records("Golden files")[0]["Looked at, percent"] == 87
    assert records("Golden files")[0]["Equal"] == 1


def test_changes_are_told_since_the_report_before_and_only_then() -> None:
    kinds = Counter(row["Change"] for row in records("Changes"))
    assert kinds["new asset"] == 30
    assert kinds["finding closed"] == kinds["finding withdrawn"] == 1
    later = build(plant(since=GENERATED))
    assert table("Changes", later).count == 0
    assert "Changes" not in {one.sheet for one in build(plant(since=None)).tables()}


def test_a_value_that_one_source_says_differently_is_a_change() -> None:
    one = plant().assets[0]
    old = next(fact for fact in one.facts if fact.key == "firmware_software_version")
    new = replace(old, value="V9", first_seen=START + timedelta(days=1), last_seen=START + timedelta(days=1))
    changed = replace(one, facts=(*one.facts, new), first_seen=START - timedelta(days=99))
    found = records("Changes", build(plant(assets=(changed,), since=START + timedelta(hours=9), lives=(), waivers=())))
    assert [(row["Change"], label(row["What"]), row["From"], row["To"]) for row in found] == [
        ("value changed", "firmware_software_version", "V2.9.4", "V9")
    ]


def test_an_exploited_vulnerability_stands_first_and_an_ended_support_is_counted() -> None:
    assert records("Advisories")[0]["KEV"] == "CVE-2026-90"
    assert [row["State"] for row in records("Life cycle")] == ["support ended", "ends soon", "not stated"]


def test_every_mark_has_a_sign_and_a_tone() -> None:
    marks = words().marks
    for one in view().tables():
        columns = [at for at, column in enumerate(one.columns) if column.kind is Kind.MARK]
        told = {row[at] for row in one.rows() for at in columns}
        assert told <= set(marks), one.sheet


def test_cells_for_the_auditor_are_empty_or_what_the_store_knows() -> None:
    for one in view().tables():
        at = [at for at, column in enumerate(one.columns) if column.by_auditor]
        told = {row[place] for row in one.rows() for place in at}
        assert told <= {"", "Ada"}
    assert {row["Role"] for row in records("Sign-off")} >= {"Assessor", "Owner of the plant"}


@pytest.mark.parametrize("count", [6, 60, 250])
def test_a_drawing_of_zones_stays_legible(count: int) -> None:
    zones, conduits = zoned(count, 2 * count)
    drawn = legible(zones, conduits, {}, nowhere=0)
    assert sum(shape.tag == "rect" for shape in drawn.shapes) <= max(MOST_BOXES, 24)
    assert drawn.width < 2_000
    assert drawn == legible(zones[::-1], conduits[::-1], {}, nowhere=0)


@pytest.mark.parametrize("stations", [0, 60, 600, 6000])
def test_a_drawing_of_the_network_stays_legible(stations: int) -> None:
    found, assets = network(stations)
    devices = {one.id: Device(one.id, "plc", f"z{at // 600}") for at, one in enumerate(assets)}
    drawn = drawing(found, devices)
    assert sum(shape.tag == "rect" for shape in drawn.shapes) <= 60
    assert drawn.height < 1_500


def test_a_heat_map_shows_the_worst_places_and_says_how_many_it_leaves_out() -> None:
    zones = tuple(Zone(f"z{n:02}", "plant", (), sl_t={"IAC": 2}) for n in range(60))
    lives = tuple(
        replace(one, zone="z59", state=LifeState.OPEN)
        for one in papers.lives(plant().findings)
        if one.check == "SNM-001"
    )
    maps = heat_maps(papers.levels(zones, (), lives))
    assert [drawn.height // 38 for drawn in maps] == [MOST_ROWS] * 3
    assert next(shape.words for shape in maps[0].shapes if shape.tone == "bold") == "z59"
    assert maps[-1].notes[-1].startswith("15 more places")
    assert all(Ref("", drawn.title).label in drawn.title and drawn.description for drawn in maps)
