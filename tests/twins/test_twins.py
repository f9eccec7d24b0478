"""assetctl through the rack of fragile twins with its usual limits: none is harmed, what they tell is found."""

from collections.abc import Iterator

import pytest

from tests.live.namespace import Unable
from tests.twins.devices import KINDS
from tests.twins.devices.redundant_pair import RedundantPrimary, RedundantStandby
from tests.twins.devices.safety_controller import SafetyController
from tests.twins.rack import Passage, Run, racked, through
from tests.twins.twin import Twin

pytestmark = [pytest.mark.live, pytest.mark.slow]

TRIP = 10


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    try:
        with racked() as (spaces, rack):
            yield through(spaces, rack, "assetctl", tmp_path_factory.mktemp("rack"))
    except Unable as why:
        pytest.fail(f"the rack needs network namespaces: {why}")


def passage(run: Run, kind: type[Twin]) -> Passage:
    return next(one for one in run.passages if one.kind is kind)


def test_no_twin_is_harmed(run: Run) -> None:
    assert run.harmed == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not RedundantStandby])
def test_all_that_a_twin_tells_is_found(run: Run, kind: type[Twin]) -> None:
    assert set(passage(run, kind).found) == set(kind.truth)


def test_the_standby_is_left_for_a_later_run(run: Run) -> None:
    assert passage(run, RedundantPrimary).units
    assert (passage(run, RedundantStandby).units, passage(run, RedundantStandby).connections) == (0, 0)


def test_nothing_at_all_reaches_a_declared_safety_controller(run: Run) -> None:
    assert (passage(run, SafetyController).units, passage(run, SafetyController).connections) == (0, 0)


def test_devices_in_trouble_end_their_talk_and_are_reported(run: Run) -> None:
    assert run.outcome.code == TRIP
    for kind in KINDS:
        assert (f"{kind.address()} was left alone" in run.outcome.said) == kind.trips
