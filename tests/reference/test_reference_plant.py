"""The whole judgement by the real commands, in one store, against tables that were worked out by hand."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assetctl.errors import Exit
from assetctl.policy.values import REASONS, Reason
from tests.reference.devices import devices
from tests.reference.plant import BASE, IN_CELLS, as_many, build
from tests.reference.tables import (
    CONFIRMED,
    COUNTS,
    FAILURES,
    LEVELS,
    NOT_COUNTING,
    REJECTED,
    UNKNOWNS,
    VERDICTS,
    WAIVERS,
)
from tests.unit.command import Desk

ASSESSOR = ("--by", "F. Assessor, Audit Example", "--reason", "seen on site")
COUNTED = ("rows", "met", "not_applicable", "by_evidence", "attested", "independently_reviewed")


WITHOUT_BYTES = frozenset(
    {"CON-004", "MON-001"}  # nothing was seen
    | {"CON-011", "INV-001", "INV-003", "INV-004", "INV-013", "ZON-008", "ZON-010"}  # what people declared, or did not
    | {"CHG-001", "CHG-002", "CHG-003", "CHG-004", "PLC-005"}  # a comparison, which golden verify tells
)
"""Checks whose failures rest on something else than an exchange or a capture."""


class Answers:
    """What the commands said, one after the other, of one store."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.assets = self._rows("assets", "list")
        self.names = dict(self._named())
        self.checked = self._rows("check", code=Exit.FINDINGS)
        self.waivers = self._rows("waive", "list", "--all", code=Exit.FINDINGS)
        self.attested = self._rows("attest", "list", code=Exit.FINDINGS)
        self.found = self._rows("findings", "list")
        for word, decided in (("confirm", CONFIRMED), ("reject", REJECTED)):
            for check, subject in decided:
                id = next(r["id"] for r in self.found if (r["check"], self.subject(r)) == (check, subject))
                assert desk.call("findings", word, id, *ASSESSOR).code == Exit.DONE
        self.levels = self._rows("levels")
        self.assessed = self._rows("findings", "list")
        self.checked_again = self._rows("check", code=Exit.FINDINGS)
        self.levels_again = self._rows("levels")

    def _rows(self, *words: str, code: Exit = Exit.DONE) -> Sequence[dict[str, Any]]:
        said = self.desk.call("--format", "json", *words)
        assert said.code == code, said.err
        rows: Sequence[dict[str, Any]] = json.loads(said.out)["data"]
        return rows

    def _named(self) -> Iterator[tuple[str, str]]:
        """What has no position, by its id: a part by its device, the device that nobody registered by its name."""
        positions = {row["id"]: row["position"] for row in self.assets}
        for row in self.assets:
            if row["parent"]:
                yield row["id"], f"{positions[row['parent']]} {row['facts']['part']}"
            elif not row["position"]:
                yield row["id"], row["hostname"]

    def subject(self, row: dict[str, Any]) -> str:
        """Where it is, as the tables say it."""
        return str(row["position"] or self.names.get(row["subject"], row["subject"]))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    folder = tmp_path_factory.mktemp("reference") / "plant"
    build(folder, at=datetime.now(UTC))
    with pytest.MonkeyPatch.context() as patch:
        yield Answers(Desk(folder, patch))


def test_the_plant_is_as_large_as_it_is_meant_to_be(answers: Answers) -> None:
    assert len(answers.assets) == BASE
    assert len(FAILURES) >= 25
    assert len({check[:3] for rows in FAILURES.values() for check, _ in rows}) >= 15, "families of checks"
    assert len(UNKNOWNS) >= 10


def test_what_is_wrong_fails_and_nothing_else_does(answers: Answers) -> None:
    failed = sorted((r["check"], answers.subject(r)) for r in answers.checked if r["result"] == "fail")
    assert failed == sorted(row for rows in FAILURES.values() for row in rows)
    assert not [r for r in answers.checked if r["result"] == "error"]


def test_every_unknown_says_why_and_the_seeded_ones_why_they_are(answers: Answers) -> None:
    unknown = [r for r in answers.checked if r["result"] == "unknown"]
    for row in unknown:
        assert row["reason"] in set(Reason), row
        assert REASONS[Reason(row["reason"])] in row["statement"], row
    told = {(r["check"], answers.subject(r), r["reason"]) for r in unknown}
    assert {why: row for why, row in UNKNOWNS.items() if row not in told} == {}


def test_a_failure_of_what_was_observed_leads_to_its_bytes(answers: Answers) -> None:
    told = [r for r in answers.checked if r["result"] == "fail" and r["check"] not in WITHOUT_BYTES]
    assert len(told) >= 35
    assert [(r["check"], answers.subject(r)) for r in told if not r["evidence"]] == []


def test_waivers_stand_in_the_states_of_their_days_and_speak_of_their_failures(answers: Answers) -> None:
    assert {r["id"]: (r["state"], r["findings"]) for r in answers.waivers} == WAIVERS
    in_force = {id for id, (state, count) in WAIVERS.items() if state in ("live", "expiring") and count}
    marked = {r["waiver"] for r in answers.checked if r["waiver"]}
    assert marked == in_force
    assert all(r["result"] == "fail" for r in answers.checked if r["waiver"]), "a waiver never changes a result"


def test_attestations_count_unless_something_is_wrong_with_them(answers: Answers) -> None:
    faults = {r["id"]: r["note"] for r in answers.attested if not r["counts"]}
    assert faults.keys() == NOT_COUNTING.keys()
    assert not [id for id, word in NOT_COUNTING.items() if word not in faults[id]]


def test_findings_are_indications_until_the_assessor_decides(answers: Answers) -> None:
    assert {r["assessment"] for r in answers.found} == {"indication"}
    decided = {(r["check"], answers.subject(r)): r["assessment"] for r in answers.assessed}
    expected = dict.fromkeys(CONFIRMED, "confirmed") | dict.fromkeys(REJECTED, "rejected")
    assert {what: word for what, word in decided.items() if word != "indication"} == expected


def test_the_levels_of_every_zone_conduit_and_requirement_are_those_of_the_table(answers: Answers) -> None:
    head, *rows = LEVELS.split("\n")[1:-1]
    expected = {
        (place, fr): cell
        for row in rows
        for place, *cells in [row.split()]
        for fr, cell in zip(head.split(), cells, strict=True)
    }
    assert {(r["place"], r["fr"]): _cell(r) for r in answers.levels} == expected


def test_the_levels_say_how_they_rest(answers: Answers) -> None:
    told = {(r["place"], r["fr"]): tuple(r["counts"][name] for name in COUNTED) for r in answers.levels}
    assert {place: told[place] for place in COUNTS} == COUNTS


def test_judging_again_says_the_same_and_keeps_what_the_assessor_decided(answers: Answers) -> None:
    assert answers.checked_again == answers.checked
    assert answers.levels_again == answers.levels


def _cell(row: dict[str, Any]) -> str:
    letter = next(sign for sign, words in VERDICTS.items() if words == row["verdict"])
    bounds = f"{row['not_contradicted']}/{row['not_contradicted_if_indications_hold']}"
    return f"{row['target'] or 0},{row['attested_or_evidenced']}/{bounds},{letter}"


def test_the_same_time_gives_the_same_plant(tmp_path: Path) -> None:
    at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    for name in ("one", "other"):
        build(tmp_path / name, at=at)
    files = [
        path.relative_to(tmp_path / "one") for path in sorted((tmp_path / "one").rglob("*")) if path.suffix != ".db"
    ]
    assert len(files) > 8
    for name in files:
        if (tmp_path / "one" / name).is_file():
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_larger_plant_repeats_the_cells_and_no_key_of_theirs() -> None:
    held = list(devices(300))
    assert sum(one.count for one in held) == BASE + 299 * IN_CELLS
    assert sum(one.count for one in as_many(held, 10_000)) == 10_000
    for key in ("name", "ip", "mac", "position"):
        told = [getattr(one, key) for one in held if getattr(one, key)]
        assert len(told) == len(set(told)), key
