"""The tests of checks: they must be able to fail, and mutants must catch an evaluator that is sure without a fact."""

from dataclasses import replace
from pathlib import Path

from assetctl.model import Result
from assetctl.policy.trial import run_tests
from assetctl.policy.values import Unknown
from tests.unit.policy_plants import check_of


def test_each_case_is_run_and_mutated(tmp_path: Path) -> None:
    trials = run_tests(check_of(tmp_path))
    assert [trial.found for trial in trials] == [Result.PASS, Result.FAIL, Result.UNKNOWN]
    assert [trial.mutants for trial in trials] == [2, 0, 0]
    assert all(trial.is_good for trial in trials)


def test_no_tests_are_not_good(tmp_path: Path) -> None:
    (trial,) = run_tests(replace(check_of(tmp_path), cases=()))
    assert not trial.is_good


def test_a_wrong_expectation_is_not_good(tmp_path: Path) -> None:
    trials = run_tests(check_of(tmp_path, ("expect: fail", "expect: pass")))
    assert [trial.is_good for trial in trials] == [True, False, True]


def test_an_evaluator_that_passes_without_its_fact_is_caught(tmp_path: Path) -> None:
    check = check_of(tmp_path)
    honest = check.assertion.run
    careless = replace(check.assertion, run=lambda c: True if isinstance(honest(c), Unknown) else honest(c))
    trial = run_tests(replace(check, assertion=careless))[0]
    assert trial.survivors == ("tcp/23 port_state removed", "tcp/23 port_state stale")
    assert not trial.is_good


def test_a_fact_that_does_not_matter_is_told_apart(tmp_path: Path) -> None:
    trial = run_tests(check_of(tmp_path, ("{tcp/23 port_state: closed}", "{tcp/23 port_state: closed, model: X}")))[0]
    assert (trial.mutants, trial.decided_without, trial.survivors) == (4, 2, ())


def test_a_look_at_the_record_is_counted_apart(tmp_path: Path) -> None:
    check = check_of(
        tmp_path,
        ('port(23) == "closed"', "not conflicts(asset.model)"),
        ("{tcp/23 port_state: closed}", "{model: X}, rivals: {model: X}"),
    )
    trial = run_tests(check)[0]
    assert (trial.found, trial.by_record, trial.survivors) == (Result.PASS, 4, ())
