"""Pairs of sightings that people labelled: never two devices in one, and seldom one device in two."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest

from assetctl.identity import assign
from assetctl.merge import Cluster, cluster
from assetctl.sightings import Sighting
from tests.labelled.identity import Case, cases

CASES = cases()


def pairs(case: Case) -> Iterator[tuple[str, str, bool, bool]]:
    """Each labelled pair: the two sightings, whether they are one device, and whether they were taken for one."""
    of = {one.id: made.name for made in cluster(case.seen) for one in made.sightings}
    for one, other in combinations(sorted(case.truth), 2):
        together = of.get(one) is not None and of.get(one) == of.get(other)
        yield one, other, case.truth[one] == case.truth[other], together


def test_there_are_cases_enough_and_each_name_stands_once() -> None:
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(len(case.truth) >= 2 for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_two_devices_are_never_taken_for_one(case: Case) -> None:
    assert not [(one, other) for one, other, are_one, together in pairs(case) if together and not are_one]


@pytest.mark.parametrize("case", [case for case in CASES if case.is_knowable], ids=lambda case: case.name)
def test_one_device_is_known_again(case: Case) -> None:
    assert not [(one, other) for one, other, are_one, together in pairs(case) if are_one and not together]


def whole_plant() -> tuple[Sighting, ...]:
    """All cases in one inventory, each in an address space of its own: more than 500 sightings."""
    return tuple(
        replace(
            one,
            realm=f"{copy}-{number}-{one.realm}",
            id=f"{copy}-{number}/{one.id}",
            observation=f"{copy}-{number}/{one.observation}",
            parent=f"{copy}-{number}/{one.parent}" if one.parent else "",
        )
        for copy in range(2)
        for number, case in enumerate(CASES)
        for one in case.seen
    )


def shape(clusters: tuple[Cluster, ...]) -> object:
    assigned = assign(clusters, {})
    return [(one, assigned.ids[one.name], assigned.aliases.get(assigned.ids[one.name])) for one in clusters]


def test_any_order_of_more_than_500_sightings_gives_the_same_devices_ids_and_aliases() -> None:
    plant = whole_plant()
    assert len(plant) >= 500
    expected = shape(cluster(plant))
    for seed in range(5):
        mixed = list(plant)
        Random(seed).shuffle(mixed)
        assert shape(cluster(mixed)) == expected
