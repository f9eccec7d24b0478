"""The no-harm line: the same questions before and after, told apart by identity, silence and uptime."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assetctl.model import Claim, Exchange, Observation, Outcome, Transport
from assetctl.safety.limits import UPTIME_WRAP_S
from assetctl.work.health import FIRST, lines
from tests.unit.plants import address

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
HERE = address("10.1.1.1")
MODEL = Claim("model", "EDS-408A")


def answer(scan: str, hour: int, *claims: Claim, outcome: Outcome = Outcome.ANSWERED) -> Observation:
    at = START + timedelta(hours=hour)
    return Observation(
        id=f"{scan}/snmp",
        scan=scan,
        source="probe",
        reader="snmp/3",
        realm="plant",
        target=HERE,
        vantage="eth0",
        outcome=outcome,
        started=at,
        ended=at,
        exchanges=(Exchange(f"{scan}:1", "get", b"", (), outcome, at),),
        claims=claims,
        port=161,
        transport=Transport.UDP,
    )


def line(before: tuple[Claim, ...], after: tuple[Claim, ...]) -> str:
    return lines([answer("s-1", 0, *before), answer("s-2", 1, *after)], scan="s-2")[str(HERE)]


def up(seconds: int) -> Claim:
    return Claim("sys_uptime_s", seconds)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((MODEL,), (MODEL,), "same identity"),
        ((MODEL, up(100)), (MODEL, up(3700)), "same identity; uptime went on"),
        ((MODEL, up(100)), (MODEL, up(20)), "same identity; uptime began anew"),
        ((MODEL, up(UPTIME_WRAP_S - 60)), (MODEL, up(3540)), "same identity; uptime went on"),
        ((MODEL,), (Claim("model", "EDS-510A"),), "another identity: model"),
        ((MODEL,), (), "another identity: model"),
    ],
)
def test_answers_are_held_against_those_before(before: tuple[Claim, ...], after: tuple[Claim, ...], said: str) -> None:
    assert line(before, after) == said


def test_a_device_that_fell_silent_is_told() -> None:
    told = lines([answer("s-1", 0, MODEL), answer("s-2", 1, outcome=Outcome.SILENT)], scan="s-2")
    assert told[str(HERE)] == "answered before, not in this run: snmp/161"


def test_first_answers_are_compared_with_nothing() -> None:
    assert lines([answer("s-1", 0, MODEL)], scan="s-1")[str(HERE)] == FIRST


def test_a_later_run_is_not_what_was_before() -> None:
    told = lines([answer("s-1", 0, MODEL), answer("s-2", 1, Claim("model", "EDS-510A"))], scan="s-1")
    assert told[str(HERE)] == FIRST


def test_what_the_gate_kept_back_says_nothing_of_the_device() -> None:
    before = answer("s-1", 0, MODEL)
    for outcome, detail in ((Outcome.DENIED, "budget"), (Outcome.ABORTED, ""), (Outcome.ANSWERED, "budget")):
        cut = replace(answer("s-2", 1, outcome=outcome), detail=detail)
        assert str(HERE) not in lines([before, cut], scan="s-2")
