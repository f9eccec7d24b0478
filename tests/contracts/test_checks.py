"""Laws that every check and every requirement table keeps, applied to whatever is found."""

from collections import Counter

import pytest

from assetctl.facts import vocabulary
from assetctl.model import Result
from assetctl.policy.cases import NOW, plant_of
from assetctl.policy.check import Check
from assetctl.policy.evaluation import DECLARED_SUBJECTS, finding_of, verdicts
from assetctl.policy.explain import explain
from assetctl.policy.frameworks import IEC, STRENGTHS
from assetctl.policy.lint import lint
from assetctl.policy.load import checks_folder, load_checks, load_frameworks
from assetctl.policy.plant import Plant
from assetctl.policy.survey import Survey
from assetctl.policy.trial import run_tests

CHECKS = load_checks([checks_folder()])
FRAMEWORKS = load_frameworks()
each_check = pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])


@each_check
def test_lint_has_no_complaint(check: Check) -> None:
    assert lint([check], FRAMEWORKS) == ()


@each_check
def test_every_case_gives_what_it_expects_and_no_needed_fact_can_be_lost(check: Check) -> None:
    trials = run_tests(check)
    assert [trial for trial in trials if not trial.is_good] == []
    assert any(trial.mutants for trial in trials if trial.found is Result.PASS) or check.for_each in DECLARED_SUBJECTS


@each_check
def test_every_result_can_be_said_in_a_sentence(check: Check) -> None:
    for plant in (Plant(()), *(plant_of(case) for case in check.cases)):
        for verdict in verdicts(check, Survey(plant, NOW)):
            assert finding_of(check, verdict).statement


@each_check
def test_a_check_is_explained_with_its_facts_and_its_limits(check: Check) -> None:
    text = explain(check, FRAMEWORKS)
    assert check.title in text
    assert check.limits in text
    assert all(vocabulary()[key].meaning in text for key in check.keys)


@each_check
def test_a_mapping_to_the_standard_never_claims_more_than_its_row_allows(check: Check) -> None:
    rows = FRAMEWORKS[IEC].rows
    for mapping in check.maps:
        if mapping.framework == IEC:
            assert STRENGTHS.index(mapping.strength) <= STRENGTHS.index(rows[mapping.requirement].strength)


def test_a_file_is_named_after_its_check() -> None:
    assert [check.path.stem for check in CHECKS] == [check.id for check in CHECKS]


def test_mutants_are_made_and_most_of_them_are_noticed() -> None:
    trials = [trial for check in CHECKS for trial in run_tests(check)]
    mutants = sum(trial.mutants for trial in trials)
    excused = sum(trial.decided_without + trial.by_record + trial.of_peers + trial.of_rivals for trial in trials)
    assert mutants >= 1700
    assert excused < mutants / 4
    assert sum(trial.moved for trial in trials) > sum(trial.flips for trial in trials) / 4


@each_check
def test_some_contrary_fact_moves_the_check(check: Check) -> None:
    reads_facts = any(case.assets[0].facts for case in check.cases) and check.keys
    assert not reads_facts or any(trial.moved for trial in run_tests(check))


def test_the_standard_has_51_requirements_and_49_enhancements() -> None:
    names = FRAMEWORKS[IEC].rows
    assert (sum(" RE " not in name for name in names), sum(" RE " in name for name in names)) == (51, 49)


def test_rows_at_or_below_each_level_are_37_60_90_and_100() -> None:
    rows = FRAMEWORKS[IEC].rows.values()
    assert [sum(row.from_sl <= level for row in rows) for level in (1, 2, 3, 4)] == [37, 60, 90, 100]


def test_no_row_can_be_decided_from_the_network_alone() -> None:
    rows = FRAMEWORKS[IEC].rows.values()
    assert Counter(row.strength for row in rows) == {"N": 57, "R": 27, "S": 16}


def test_an_enhancement_is_never_selected_below_its_requirement() -> None:
    rows = FRAMEWORKS[IEC].rows
    for name, row in rows.items():
        assert row.from_sl >= rows[name.split(" RE ")[0]].from_sl
        assert row.fr == rows[name.split(" RE ")[0]].fr
