"""Security levels: the arithmetic of the rows, the cases worked out by hand, and the laws that no plant may break."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl.errors import Exit
from assetctl.model import EVERYWHERE, Conduit, Zone
from assetctl.policy.attestations import Answer, Attestation, Standing
from assetctl.policy.frameworks import IEC, Requirement
from assetctl.policy.level_rows import Against, Assessment, Knowledge, Place, State
from assetctl.policy.levels import LEVELS, Cell, Verdict, required, vectors
from assetctl.policy.load import checks_folder, load_checks, load_frameworks
from assetctl.work.levelling import places
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk
from tests.unit.scanned import desk, scanned_once, servers

__all__ = ["desk", "scanned_once", "servers"]

FR = ("IAC", "UC", "SI", "DC", "RDF", "TRE", "RA")
CELL = Place("cell-1", False, dict.fromkeys(FR, 2), frozenset({"c-1"}))
CONDUIT = Place("c-1", True, {"DC": 1})
PLACES = (CELL, CONDUIT)
# row -> strength of the check that is named like it
CHECKS = {"SVC-001": {"SR 4.1": "R", "SR 1.5": "R"}, "INV-001": {"SR 7.8": "S"}, "CON-001": {"SR 5.1": "S"}}


@cache
def rows() -> tuple[Requirement, ...]:
    return tuple(load_frameworks()[IEC].rows.values())


def answer(row: str, said: str = "yes", *, place: str = "cell-1", fault: str = "", **more: Any) -> Standing:
    told = Attestation(
        id=f"{place}-{row}-{said}",
        requirement=row,
        place=place,
        is_conduit=place == "c-1",
        answer=Answer(said),
        statement="",
        document="d.pdf",
        sha256="0" * 64,
        author="A. Example",
        organisation="Works",
        reviewer="B. Example",
        reviewer_organisation="",
        given=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
    )
    return Standing(replace(told, **more), fault, 100)


def failure(check: str, zone: str = "cell-1", assessment: Assessment = "", **more: Any) -> Against:
    return Against(f"{check}-{zone}-{assessment}", check, frozenset({zone}), assessment, **more)


def knowledge(
    answers: Iterable[Standing] = (),
    against: Sequence[Against] = (),
    seen: Mapping[str, Mapping[str, Mapping[str, int]]] | None = None,
    ran: Iterable[str] = CHECKS,
) -> Knowledge:
    held: dict[tuple[str, str], list[Standing]] = {}
    for one in answers:
        held.setdefault((one.attestation.place, one.attestation.requirement), []).append(one)
    return Knowledge(rows(), CHECKS, seen or {}, frozenset(ran), against, held)


def cell(known: Knowledge, fr: str, place: str = "cell-1") -> Cell:
    return next(one for one in vectors(PLACES, known) if (one.place, one.fr) == (place, fr))


def yes_to(fr: str, level: int, **more: Any) -> list[Standing]:
    return [answer(row.id, **more) for row in required(rows(), fr, level)]


def numbers(one: Cell) -> tuple[int, int, int, Verdict]:
    return one.attested, one.not_contradicted, one.not_contradicted_if, one.verdict


@pytest.mark.parametrize(("level", "count"), [(1, 37), (2, 60), (3, 90), (4, 100)])
def test_the_rows_of_each_level_are_those_of_the_standard(level: int, count: int) -> None:
    assert sum(len(required(rows(), fr, level)) for fr in FR) == count
    assert all(required(rows(), fr, 1) for fr in FR), "an FR without a row at level 1 could be reached by nobody's word"


def test_no_row_is_decided_by_looking_at_a_network() -> None:
    assert {row.strength for row in rows()} == {"N", "R", "S"}


def test_without_an_answer_nothing_is_reached_and_nothing_contradicted() -> None:
    for one in vectors(PLACES, knowledge()):
        verdict = Verdict.UNDETERMINED if one.target else Verdict.NO_TARGET
        assert numbers(one) == (0, 4, 4, verdict)


def test_answers_for_every_row_up_to_a_level_carry_to_it() -> None:
    known = knowledge(yes_to("UC", 2))
    assert numbers(cell(known, "UC")) == (2, 4, 4, Verdict.REACHED)
    assert numbers(cell(knowledge(yes_to("UC", 2)[:-1]), "UC"))[0] < 2
    assert numbers(cell(known, "UC", "c-1"))[0] == 0, "an answer for a zone says nothing of a conduit"
    counts = cell(known, "UC").counts
    assert (counts.rows, counts.met, counts.attested, counts.by_evidence, counts.independently_reviewed) == (
        len(required(rows(), "UC", 2)),
        len(required(rows(), "UC", 2)),
        len(required(rows(), "UC", 2)),
        0,
        0,
    )


def test_a_review_from_elsewhere_is_counted_apart() -> None:
    mine = yes_to("UC", 1)
    other = answer(mine[0].attestation.requirement, reviewer_organisation="Audit")
    counts = cell(knowledge([other, *mine[1:]]), "UC").counts
    assert (counts.attested, counts.independently_reviewed) == (len(mine), 1)


def test_an_answer_with_a_fault_carries_nothing() -> None:
    assert numbers(cell(knowledge(yes_to("UC", 2, fault="expired")), "UC"))[0] == 0


@pytest.mark.parametrize("said", ["no", "partly"])
@pytest.mark.parametrize("fault", ["", "it was valid until 2026-01-01"])
def test_a_no_stands_against_its_row_document_or_not(said: str, fault: str) -> None:
    known = knowledge([*yes_to("DC", 4), answer("SR 4.1", said, fault=fault)])
    assert numbers(cell(known, "DC")) == (0, 0, 0, Verdict.GAP)


def test_a_failure_is_an_indication_until_somebody_confirms_or_rejects_it() -> None:
    def told(assessment: Assessment) -> tuple[int, int, int, Verdict]:
        return numbers(cell(knowledge(yes_to("DC", 2), [failure("SVC-001", assessment=assessment)]), "DC"))

    assert told("") == (0, 4, 0, Verdict.INDICATED)
    assert told("confirmed") == (0, 0, 0, Verdict.GAP)
    assert told("rejected") == (2, 4, 4, Verdict.REACHED)


def test_a_failure_concerns_its_zone_its_conduit_and_what_is_everywhere() -> None:
    def at(zone: str, place: str) -> int:
        return cell(knowledge(against=[failure("SVC-001", zone)]), "DC", place).not_contradicted_if

    assert [at(zone, "cell-1") for zone in ("cell-1", "c-1", EVERYWHERE, "cell-2", "")] == [0, 0, 0, 4, 4]
    assert [at(zone, "c-1") for zone in ("cell-1", "c-1", EVERYWHERE)] == [4, 0, 0]


def test_a_waiver_compensates_in_words_only() -> None:
    known = knowledge(yes_to("DC", 2), [failure("SVC-001", is_compensated=True)])
    assert numbers(cell(known, "DC")) == (0, 4, 0, Verdict.INDICATED)
    assert cell(known, "DC").counts.compensated == 1


def test_an_unknown_leaves_a_row_open_unless_the_answer_names_the_check() -> None:
    seen = {"cell-1": {"INV-001": {"pass": 5, "unknown": 1}}}
    assert numbers(cell(knowledge(yes_to("RA", 2), seen=seen), "RA"))[0] == 1, "SR 7.8 is selected from level 2 on"
    named = [replace(one, attestation=replace(one.attestation, despite=("INV-001",))) for one in yes_to("RA", 2)]
    found = cell(knowledge(named, seen=seen), "RA")
    assert (found.attested, found.counts.by_evidence) == (2, 1)


def test_a_check_that_was_not_run_leaves_its_rows_open() -> None:
    found = cell(knowledge(yes_to("RA", 2), ran=()), "RA")
    assert found.attested == 1
    assert {one.why for one in found.rows if one.row.id == "SR 7.8"} == {"INV-001 was not run, which no answer names"}


def test_what_does_not_apply_needs_an_answer_and_is_counted_apart() -> None:
    known = knowledge([answer(row.id, "not applicable") for row in required(rows(), "TRE", 2)])
    found = cell(known, "TRE")
    assert (found.attested, found.counts.met, found.counts.not_applicable) == (2, 0, found.counts.rows)


def test_a_cell_says_its_numbers_and_its_reasons_in_one_sentence() -> None:
    found = cell(knowledge(against=[failure("SVC-001", assessment="confirmed")]), "DC")
    assert found.text == (
        "DC: attested or evidenced up to 0 (0 of 4 rows: 0 with evidence, 0 attested, 0 independently reviewed),"
        " not contradicted up to 0 (up to 0 if all indications hold),"
        " target 2 -> gap (SR 4.1 contradicted by SVC-001 on 1)"
    )


ROW = st.sampled_from([row.id for row in rows()])
PLACE = st.sampled_from(["cell-1", "c-1"])
ANSWER = st.builds(
    lambda row, said, place, fault, despite: answer(row, said, place=place, fault=fault, despite=despite),
    ROW,
    st.sampled_from(list(Answer)),
    PLACE,
    st.sampled_from(["", "expired"]),
    st.sampled_from([(), tuple(CHECKS)]),
)
FAILURE = st.builds(
    failure,
    st.sampled_from(list(CHECKS)),
    st.sampled_from(["cell-1", "c-1", EVERYWHERE, "", "cell-2"]),
    st.sampled_from(["", "confirmed", "rejected"]),
)
SEEN = st.dictionaries(
    PLACE,
    st.dictionaries(
        st.sampled_from(list(CHECKS)),
        st.dictionaries(st.sampled_from(["pass", "unknown", "error", "not applicable"]), st.integers(0, 3)),
    ),
)
FULL = st.sampled_from([0, 1, 2, 3, 4]).map(
    lambda level: [one for place in ("cell-1", "c-1") for fr in FR for one in yes_to(fr, level, place=place)]
)
KNOWN = st.builds(
    lambda full, more, against, seen, ran: (full + more, against, seen, ran),
    FULL,
    st.lists(ANSWER, max_size=6),
    st.lists(FAILURE, max_size=4),
    SEEN,
    st.sets(st.sampled_from(list(CHECKS))),
)


@settings(max_examples=60, deadline=None)
@given(KNOWN, ANSWER, FAILURE)
def test_a_yes_never_lowers_a_no_never_raises_and_a_failure_never_raises(
    known: Any, more: Standing, fails: Against
) -> None:
    answers, against, seen, ran = known
    before = vectors(PLACES, knowledge(answers, against, seen, ran))
    answered = vectors(PLACES, knowledge([*answers, more], against, seen, ran))
    failed = vectors(PLACES, knowledge(answers, [*against, fails], seen, ran))
    is_no = more.attestation.answer in (Answer.NO, Answer.PARTLY)
    for old, new, worse in zip(before, answered, failed, strict=True):
        assert old.attested <= old.not_contradicted_if <= old.not_contradicted
        if is_no:
            assert new.attested <= old.attested
            assert new.not_contradicted <= old.not_contradicted
            assert new.not_contradicted_if <= old.not_contradicted_if
        else:
            assert new.attested >= old.attested
            assert numbers(new)[1:3] == numbers(old)[1:3]
        assert worse.attested <= old.attested
        assert worse.not_contradicted <= old.not_contradicted
        assert worse.not_contradicted_if <= old.not_contradicted_if


@settings(max_examples=60, deadline=None)
@given(st.lists(FAILURE, max_size=4), SEEN, st.lists(ANSWER, max_size=8))
def test_nothing_attested_nothing_reached_anywhere(
    against: list[Against], seen: Mapping[str, Any], answers: list[Standing]
) -> None:
    without = [replace(one, fault="it names no document with its SHA-256") for one in answers]
    for one in vectors(PLACES, knowledge(without, against, seen)):
        assert one.attested == 0
        assert one.verdict is not Verdict.REACHED
        assert not any(state.state in (State.MET, State.NOT_APPLICABLE) for state in one.rows)


@settings(max_examples=40, deadline=None)
@given(KNOWN)
def test_a_level_is_never_more_than_its_rows_carry(known: Any) -> None:
    answers, against, seen, ran = known
    for one in vectors(PLACES, knowledge(answers, against, seen, ran)):
        for level in LEVELS:
            selected = [state.state for state in one.rows if state.row.from_sl <= level]
            carried = all(state in (State.MET, State.NOT_APPLICABLE) for state in selected)
            assert (one.attested >= level) == carried
            assert (one.not_contradicted >= level) == (State.CONTRADICTED not in selected)
            unindicated = not {State.CONTRADICTED, State.INDICATED} & set(selected)
            assert (one.not_contradicted_if >= level) == unindicated


ZONES = """\
schema: 2
zones:
  - {id: line, networks: [127.0.0.0/8], sl_t: 1}
  - {id: cell, parent: line, networks: [%s.0/24], sl_t: {SI: 1, RA: 2}}
  - {id: office, networks: [10.99.0.0/24]}
conduits:
  - {id: c-1, from: cell, to: office, opens: from, sl_t: {DC: 1}}
"""
SETTINGS = '[files]\nzones = "zones.yaml"\nattestations = "attestations.yaml"\n'


def told(desk: Desk, *more: str) -> dict[tuple[str, str], dict[str, Any]]:
    out = desk.call("--format", "jsonl", "levels", *more).out
    return {(row["place"], row["fr"]): row for row in map(json.loads, out.splitlines())}


def test_the_levels_of_a_plant_follow_from_its_files_and_its_assessor(desk: Desk) -> None:
    desk.write("assetctl.toml", (desk.folder / "assetctl.toml").read_text() + SETTINGS)
    desk.write("zones.yaml", ZONES % NETWORK)
    desk.write("attestations.yaml", "schema: 1\nattestations: []\n")
    empty = desk.call("levels")
    assert (empty.code, "nothing was judged yet" in empty.err) == (Exit.NOTHING, True)
    desk.call("check", "--fail-on", "never")
    before = told(desk)
    assert {place for place, _ in before} == {"line", "cell", "office", "c-1"}
    assert {row["attested_or_evidenced"] for row in before.values()} == {0}
    registered = [json.loads(x) for x in desk.call("--format", "jsonl", "findings", "list").out.splitlines()]
    against = {row["id"] for row in registered if row["check"] in checks_of("SR 7.8") and row["zone"] == "cell"}
    assert against, "a run of three addresses does not cover the ranges of the zones"
    assert numbers_of(before["cell", "RA"]) == (2, 0, 4, 1, "gap if the indications hold")
    assert numbers_of(before["line", "RA"]) == (1, 0, 4, 1, "undetermined"), "SR 7.8 is selected from level 2 on"
    assert numbers_of(before["office", "RA"]) == (None, 0, 4, 1, "no target")
    assert numbers_of(before["c-1", "DC"]) == (1, 0, 4, 4, "undetermined")
    for name in against:
        assert desk.call("findings", "confirm", name, "--by", "A. Assessor", "--reason", "known").code == 0
    after = told(desk)
    assert numbers_of(after["cell", "RA"]) == (2, 0, 1, 1, "gap")
    assert numbers_of(after["line", "RA"]) == (1, 0, 1, 1, "undetermined"), "the cell is part of it"
    assert numbers_of(after["office", "RA"]) == (None, 0, 4, 1, "no target")
    assert "SR 7.8 contradicted by" in told(desk, "--zone", "cell")["cell", "RA"]["note"]
    table = desk.call("levels", "--zone", "cell")
    assert "not a certification" in table.err
    assert desk.call("levels", "--zone", "cel").errors[0].count("did you mean") == 1


def numbers_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    bounds = ("not_contradicted", "not_contradicted_if_indications_hold", "verdict")
    return (row["target"], row["attested_or_evidenced"], *(row[key] for key in bounds))


def checks_of(requirement: str) -> set[str]:
    return {one.id for one in load_checks([checks_folder()]) if requirement in {m.requirement for m in one.maps}}


def test_a_zone_answers_for_what_lies_in_it_and_for_its_conduits() -> None:
    zones = (
        Zone("site", "plant", ()),
        Zone("line", "plant", (), parent="site"),
        Zone("cell", "plant", (), parent="line"),
        Zone("dmz", "plant", ()),
    )
    conduit = Conduit("c-1", "cell", "dmz", "from", sl_t={"DC": 1})
    found = {one.id: one.within for one in places(zones, (conduit,))}
    assert found == {
        "site": {"line", "cell", "c-1"},
        "line": {"cell", "c-1"},
        "cell": {"c-1"},
        "dmz": {"c-1"},
        "c-1": frozenset(),
    }
