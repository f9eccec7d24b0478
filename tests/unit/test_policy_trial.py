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
    assert [trial.mutants for trial in trials] == [3, 3, 3]
    assert trials[0].flips >= trials[0].moved > 0
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
    assert trial.survivors == ("tcp/23 port_state removed", "tcp/23 port_state stale", "all stale")
    assert not trial.is_good


def test_an_evaluator_that_passes_a_lost_failure_is_caught(tmp_path: Path) -> None:
    check = check_of(tmp_path)
    honest = check.assertion.run
    careless = replace(check.assertion, run=lambda c: True if isinstance(honest(c), Unknown) else honest(c))
    trial = run_tests(replace(check, assertion=careless))[1]
    assert (trial.found, trial.is_good) == (Result.FAIL, False)
    assert trial.survivors == ("tcp/23 port_state removed", "tcp/23 port_state stale", "all stale")


UNIQUE = (
    ('assert: port(23) == "closed"', "group_by: [asset.serial_number]\nassert: group.count == 1"),
    (
        "{tcp/23 port_state: open}",
        "{serial_number: x}, others: [{facts: {serial_number: x}}]",
    ),
    ("{tcp/23 port_state: closed}", "{serial_number: x}"),
)


def test_the_facts_of_other_assets_are_counted_apart(tmp_path: Path) -> None:
    trial = run_tests(check_of(tmp_path, *UNIQUE))[1]
    assert (trial.found, trial.of_peers, trial.survivors) == (Result.FAIL, 2, ())


def test_a_permission_that_was_withdrawn_takes_no_evidence_away(tmp_path: Path) -> None:
    allowed = ("{tcp/23 port_state: closed}", "{tcp/23 port_state: closed}, permitted: [telnet-login]")
    trial = run_tests(check_of(tmp_path, ("max_age", "permission: telnet-login\nmax_age"), allowed))[0]
    assert (trial.found, trial.mutants, trial.decided_without, trial.survivors) == (Result.PASS, 4, 1, ())


def test_a_fact_that_does_not_matter_is_told_apart(tmp_path: Path) -> None:
    trial = run_tests(check_of(tmp_path, ("{tcp/23 port_state: closed}", "{tcp/23 port_state: closed, model: X}")))[0]
    assert (trial.mutants, trial.decided_without, trial.survivors) == (5, 2, ())


def test_a_look_at_the_record_is_counted_apart(tmp_path: Path) -> None:
    check = check_of(
        tmp_path,
        ('port(23) == "closed"', "sources(asset.model) == 1"),
        ("{tcp/23 port_state: closed}", "{model: X}, declared: {model: X}"),
        ("expect: pass", "expect: fail"),
    )
    trial = run_tests(check)[0]
    assert (trial.found, trial.by_record, trial.survivors) == (Result.FAIL, 2, ())


def test_one_of_two_rivals_may_stand_alone(tmp_path: Path) -> None:
    check = check_of(
        tmp_path,
        ('port(23) == "closed"', 'asset.model == "X"'),
        ("{tcp/23 port_state: closed}", "{model: X}, rivals: {model: Y}"),
        ("expect: pass", "expect: unknown"),
    )
    trial = run_tests(check)[0]
    assert (trial.found, trial.of_rivals, trial.survivors) == (Result.UNKNOWN, 2, ())
