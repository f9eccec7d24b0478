"""The life of findings: what opens them, what alone closes them, and that no word and no run is lost."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Exit, InputError
from assetctl.model import Because, Finding, Life, LifeEvent, LifeState, Position, Result, Retirement, Severity, Zone
from assetctl.packing import Findings
from assetctl.policy.judge import judge
from assetctl.policy.life import Absent, RunSaid, Word, advance, assessed, assigned, counted, withdrawn
from assetctl.policy.plant import Plant
from assetctl.policy.stated import stated
from assetctl.store.repo import Store, open_store
from assetctl.work.retiring import answering_again, retired, still_judged
from assetctl.work.tracking import Absences, find, say
from tests.unit.command import Desk
from tests.unit.policy_plants import NOW, asset, asset_of, check_of, fact
from tests.unit.scanned import desk, scanned_once, servers

__all__ = ["desk", "scanned_once", "servers"]

WORD = Word("A. Assessor", "seen on site", NOW)
CHECK = "SVC-001"
SAME, OTHER_LIMIT, OTHER_LOGIC = "aa.11", "aa.22", "bb.11"


def failure(days: float = 0, id: str = "f1", **more: Any) -> Finding:
    made = Finding(
        id=id,
        check=CHECK,
        check_version=1,
        title="Telnet is off",
        severity=Severity.HIGH,
        subject="as-1",
        result=Result.FAIL,
        reason="",
        statement="It is on.",
        because=(Because("as-1", "port_state", "open", observed_at=NOW - timedelta(days=days)),),
        realm="plant",
        zone="cell-1",
    )
    return replace(made, **more)


def run(
    *findings: Finding,
    at: datetime = NOW,
    passed: Mapping[str, datetime | None] | None = None,
    not_applicable: frozenset[str] = frozenset(),
    said: str = SAME,
    absent: Absent | None = None,
    checks: tuple[str, ...] = (CHECK,),
) -> RunSaid:
    return RunSaid(
        at, "operator", Findings(findings), passed or {}, not_applicable, dict.fromkeys(checks, said), lambda _: absent
    )


def moved(held: Mapping[str, Life], said: RunSaid) -> tuple[tuple[Life, ...], tuple[LifeEvent, ...]]:
    steps = tuple(advance(held, said))
    return tuple(life for life, _ in steps), tuple(event for _, events in steps for event in events)


def after(*runs: RunSaid) -> tuple[dict[str, Life], list[LifeEvent]]:
    held: dict[str, Life] = {}
    events: list[LifeEvent] = []
    for one in runs:
        lives, told = moved(held, one)
        held |= {life.id: life for life in lives}
        events += told
    return held, events


def life(*runs: RunSaid) -> Life:
    return after(*runs)[0]["f1"]


LATER = NOW + timedelta(days=7)
FAILED = run(failure(days=1))


def test_a_failure_opens_a_finding_and_every_further_one_moves_its_last_day() -> None:
    once = life(FAILED)
    assert (once.state, once.first_seen, once.last_seen) == (LifeState.OPEN, NOW, NOW)
    assert once.evidence_at == NOW - timedelta(days=1)
    twice = life(FAILED, run(failure(days=-6), at=LATER))
    assert (twice.first_seen, twice.last_seen, twice.evidence_at) == (NOW, LATER, NOW + timedelta(days=6))
    assert [one.what for one in after(FAILED, run(failure(), at=LATER))[1]] == ["opened"]


@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        (NOW - timedelta(days=2), LifeState.OPEN),
        (NOW - timedelta(days=1), LifeState.OPEN),
        (NOW, LifeState.CLOSED),
        (None, LifeState.CLOSED),
    ],
)
def test_only_a_pass_with_newer_evidence_closes(evidence: datetime | None, state: LifeState) -> None:
    found = life(FAILED, run(passed={"f1": evidence}, at=LATER))
    assert found.state is state
    assert found.latest == "pass"
    assert not found.is_retested


@pytest.mark.parametrize("result", [Result.UNKNOWN, Result.ERROR])
def test_an_unknown_leaves_a_finding_open_and_not_retested(result: Result) -> None:
    found = life(FAILED, run(failure(result=result), at=LATER))
    assert (found.state, found.latest, found.is_retested) == (LifeState.OPEN, result, False)
    assert found.last_seen == NOW


def test_a_pass_closes_nothing_while_another_subject_of_the_same_id_is_unknown() -> None:
    found = life(FAILED, run(failure(result=Result.UNKNOWN), passed={"f1": LATER}, at=LATER))
    assert (found.state, found.latest) == (LifeState.OPEN, Result.UNKNOWN)


def test_what_was_not_run_or_not_looked_at_changes_nothing_else() -> None:
    assert life(FAILED, run(checks=())) == replace(life(FAILED), latest="not run")
    assert life(FAILED, run()) == replace(life(FAILED), latest="not looked at")


@pytest.mark.parametrize("said", [OTHER_LIMIT, OTHER_LOGIC])
def test_a_pass_of_another_statement_withdraws_and_does_not_close(said: str) -> None:
    found = life(FAILED, run(passed={"f1": LATER}, at=LATER, said=said))
    assert found.state is LifeState.WITHDRAWN
    assert "changed" in found.ended


def test_a_finding_that_two_subjects_share_opens_once_as_the_last_of_them_says() -> None:
    lives, events = moved({}, run(failure(statement="One."), failure(id="f2"), failure(statement="Two.")))
    assert [(one.id, one.statement) for one in lives] == [("f1", "Two."), ("f2", "It is on.")]
    assert [(one.finding, one.reason) for one in events] == [("f1", "Two."), ("f2", "It is on.")]


def test_a_changed_check_that_fails_is_a_new_finding_under_the_old_id() -> None:
    held, _ = after(FAILED)
    confirmed, _ = assessed(held["f1"], "confirmed", WORD)
    lives, events = moved({"f1": confirmed}, run(failure(), at=LATER, said=OTHER_LOGIC))
    assert (lives[0].assessment, lives[0].first_seen) == ("", LATER)
    assert [one.what for one in events] == ["withdrawn", "reopened"]
    kept, events = moved({"f1": confirmed}, run(failure(), at=LATER, said=OTHER_LIMIT))
    assert (kept[0].assessment, kept[0].first_seen, [one.what for one in events]) == ("confirmed", NOW, ["restated"])


def test_what_is_out_of_scope_or_retired_is_withdrawn_by_name() -> None:
    found, events = after(FAILED, run(not_applicable=frozenset({"f1"}), at=LATER))
    assert (found["f1"].state, events[-1].by) == (LifeState.WITHDRAWN, "operator")
    found, events = after(FAILED, run(absent=Absent("sold", by="B. Example"), at=LATER))
    assert (found["f1"].state, events[-1].by, events[-1].reason) == (LifeState.WITHDRAWN, "B. Example", "sold")
    closed = life(FAILED, run(absent=Absent("tcp/23 is closed", is_closed=True), at=LATER))
    assert closed.state is LifeState.CLOSED


def test_a_finding_reopens_as_an_indication_and_its_history_stays() -> None:
    held, events = after(FAILED)
    confirmed, told = assessed(held["f1"], "confirmed", WORD)
    for ending in (run(passed={"f1": LATER}, at=LATER), run(absent=Absent("sold"), at=LATER)):
        ended, _ = moved({"f1": confirmed}, ending)
        again, reopened = moved({"f1": ended[0]}, run(failure(), at=LATER + timedelta(days=1)))
        assert (again[0].state, again[0].assessment, again[0].is_retested) == (LifeState.OPEN, "", True)
        assert [one.what for one in (*events, *told, *reopened)] == ["opened", "confirmed", "reopened"]


def test_only_open_findings_are_assessed_assigned_or_withdrawn() -> None:
    closed = life(FAILED, run(passed={"f1": LATER}, at=LATER))
    for step in (
        lambda: assessed(closed, "confirmed", WORD),
        lambda: withdrawn(closed, WORD),
        lambda: assigned(closed, "B", "", WORD),
    ):
        with pytest.raises(InputError, match="only an open finding"):
            step()
    confirmed, _ = assessed(life(FAILED), "confirmed", WORD)
    with pytest.raises(InputError, match="is confirmed already"):
        assessed(confirmed, "confirmed", WORD)
    assert assessed(confirmed, "rejected", WORD)[0].assessment == "rejected"


@pytest.mark.parametrize(("by", "reason"), [("", "x"), ("A", " ")])
def test_a_word_needs_a_name_and_a_reason(by: str, reason: str) -> None:
    with pytest.raises(InputError, match="a name and a reason"):
        Word(by, reason, NOW)


MOMENT = st.integers(-5, 5).map(lambda days: NOW + timedelta(days=days))
RUN = st.one_of(
    st.just("fail"),
    st.just("unknown"),
    st.just("nothing"),
    st.tuples(st.just("pass"), MOMENT),
)


@given(st.lists(RUN, max_size=8))
def test_a_finding_is_closed_exactly_when_a_newer_pass_was_the_last_word(steps: list[Any]) -> None:
    held: dict[str, Life] = {}
    is_open, evidence = False, NOW
    for number, step in enumerate(steps):
        at = NOW + timedelta(hours=number)
        said = run(at=at)
        if step == "fail":
            said, is_open, evidence = run(failure(), at=at), True, NOW
        elif step == "unknown":
            said = run(failure(result=Result.UNKNOWN), at=at)
        elif step != "nothing":
            said = run(passed={"f1": step[1]}, at=at)
            is_open = is_open and step[1] <= evidence
        held |= {one.id: one for one in moved(held, said)[0]}
    assert bool(held and held["f1"].state is LifeState.OPEN) == is_open
    assert counted(held.values())["open"] == int(is_open)


def absent(of: Life, plant: Plant, *gone: Position) -> Absent | None:
    return Absences(plant, gone).of(of)


def test_why_a_subject_is_not_judged_any_more() -> None:
    place = Position("P-1", "plant", {"ip_address": "10.0.0.1"}, {}, "register.yaml", NOW)
    sold = replace(place, retired=Retirement("B. Example", date(2026, 1, 1), "sold"))
    at_place = replace(life(FAILED), position="P-1")
    one = asset_of({"model": "x"}, id="as-1")
    held = replace(one, position="P-1")
    assert absent(at_place, Plant((held,), positions=(place,))) is None
    told = absent(at_place, Plant(()), sold)
    assert told == Absent("P-1 was retired on 2026-01-01: sold", by="B. Example")
    assert "no position P-1" in str(absent(at_place, Plant((one,))))
    assert absent(life(FAILED), Plant((one,))) is None
    assert "at position P-1 now" in str(absent(life(FAILED), Plant((held,), positions=(place,))))
    assert "is known as as-2 now" in str(absent(life(FAILED), Plant((replace(one, id="as-2", aliases=("as-1",)),))))
    assert "neither in the inventory" in str(absent(life(FAILED), Plant(())))
    zone = Zone("cell-1", "plant", ())
    assert absent(replace(life(FAILED), subject="cell-1"), Plant((), zones=(zone,))) is None
    assert absent(replace(life(FAILED), subject="flow 10.0.0.1 to 10.0.0.2 tcp/23"), Plant(())) is None


def test_a_service_that_is_gone_closes_only_when_its_port_was_seen_closed_later() -> None:
    of = replace(life(FAILED), part="tcp/443/ab")

    def told(state: str, days: float) -> Absent | None:
        return absent(of, Plant((asset(fact("tcp/443 port_state", state, asset="as-1", days=days), id="as-1"),)))

    assert told("closed", 0) == Absent("tcp/443/ab is closed, as seen on 2026-03-01 08:00 UTC", is_closed=True)
    assert told("closed", 2) is None
    assert told("filtered", 0) is None


def test_what_stood_at_a_retired_position_is_judged_only_when_it_answers_again() -> None:
    place = Position(
        "P-1", "plant", {}, {}, "register.yaml", NOW, Retirement("B. Example", NOW.date() - timedelta(days=3), "sold")
    )
    back = asset(id="as-1", position="P-1")
    silent = replace(back, last_seen=NOW - timedelta(days=3))
    part = replace(silent, id="as-2", position=None, parent="as-1")
    gone = retired([place])
    assert still_judged((silent, part), gone) == ()
    assert still_judged((back, part), gone) == (back, part)
    assert answering_again((silent,), gone) == ()
    (warning,) = answering_again((back,), gone)
    assert "P-1 was retired on 2026-02-26 by B. Example (sold), and as-1 answers there again" in warning


def test_the_digest_of_a_statement_tells_logic_from_thresholds(tmp_path: Path) -> None:
    first = stated(check_of(tmp_path))
    reworded = check_of(tmp_path, ("title: Telnet", "title: No telnet"), ("severity: high", "severity: low"))
    assert stated(reworded) == first
    other = stated(check_of(tmp_path, ('"closed"', '"open"')))
    assert other.partition(".")[0] != first.partition(".")[0]

    def limited(most: int) -> str:
        limit = ("max_age: 30d", f"params: {{most: {most}}}\nmax_age: 30d")
        return stated(check_of(tmp_path, limit, ("assert:", "applies_to: asset.slot < params.most\nassert:")))

    assert limited(3) != limited(4)
    assert limited(3).partition(".")[0] == limited(4).partition(".")[0]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with open_store(f"sqlite:///{tmp_path / 'a.db'}") as opened:
        yield opened


def test_lives_and_events_come_back_as_they_were_put(store: Store) -> None:
    lives, events = moved({}, FAILED)
    store.change_lives(lambda held: advance(held, FAILED))
    assert store.lives() == lives
    assert store.life_events("f1") == events
    say(store, "f1", lambda one: assigned(one, "B. Example", "2026-04-01", WORD))
    confirmed = say(store, "f1", lambda one: assessed(one, "confirmed", WORD))
    assert (confirmed.owner, confirmed.due, confirmed.assessment) == ("B. Example", "2026-04-01", "confirmed")
    assert [one.what for one in store.life_events("f1")] == ["opened", "assigned", "confirmed"]
    with pytest.raises(InputError, match="no such finding"):
        find(store.lives(), "f2")


def test_the_judgement_gives_a_life_everything_it_needs(tmp_path: Path) -> None:
    opened = asset_of({"tcp/23 port_state": "open"})
    judged = judge([check_of(tmp_path)], Plant((replace(opened, position="P-1"),)), now=NOW)
    (finding,) = judged.findings
    assert (finding.realm, finding.position, finding.part, finding.zone) == ("plant", "P-1", "", "")


def test_an_assessor_speaks_and_the_next_check_remembers(desk: Desk) -> None:
    def rows(*more: str) -> list[dict[str, Any]]:
        out = desk.call("--format", "jsonl", "findings", "list", *more).out
        return [json.loads(line) for line in out.splitlines()]

    assert desk.call("check", "--fail-on", "low").code == Exit.FINDINGS
    first = rows()
    assert first
    assert all(one["assessment"] == "indication" for one in first)
    for one in first:
        assert desk.call("findings", "reject", one["id"], "--by", "A. Assessor", "--reason", "a test rig").code == 0
    assert desk.call("check", "--fail-on", "low").code != Exit.FINDINGS
    assert {one["id"] for one in rows("--state", "rejected")} == {one["id"] for one in first}
    name = first[0]["id"]
    assert desk.call("findings", "confirm", name[:8], "--by", "B. Assessor", "--reason", "it is one").code == 0
    assert desk.call("findings", "assign", name, "--owner", "C.", "--due", "30d", "--by", "B.").code == 0
    told = json.loads(desk.call("--format", "json", "findings", "show", name).out)["data"]
    assert [one["what"] for one in told["history"]] == ["opened", "rejected", "confirmed", "assigned"]
    assert told["owner"] == "C."
    withdrawn_one = desk.call("findings", "withdraw", name, "--by", "B.", "--reason", "sold")
    assert "withdrawn on" in withdrawn_one.err
    assert desk.call("check", "--policy", told["check"]).code in (0, 3)
    assert name not in {one["id"] for one in rows()}, "a run of less than everything moves nothing on"
    desk.call("check", "--fail-on", "never")
    assert name in {one["id"] for one in rows("--state", "indication")}
    said = desk.call("findings", "list", "--state", "closed").err
    assert f"{len(first)} open, 1 indications, 0 confirmed, {len(first) - 1} rejected" in said


def test_a_run_moves_on_what_an_assessor_said_before_it(store: Store) -> None:
    store.change_lives(lambda held: advance(held, run(failure(), failure(id="f2"))))
    say(store, "f1", lambda one: assessed(one, "confirmed", WORD))
    store.change_lives(lambda held: advance(held, run(failure(), failure(id="f2"), at=LATER)))
    assert {one.id: (one.assessment, one.last_seen) for one in store.lives()} == {
        "f1": ("confirmed", LATER),
        "f2": ("", LATER),
    }
