"""A set of finding ids says of every id what a set of texts says."""

from hypothesis import given
from hypothesis import strategies as st

from assetctl.policy.ids import Ids

IDS = st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}")


def of(ids: list[str]) -> Ids:
    made = Ids()
    for one in ids:
        made.add(one)
    return made


@given(st.lists(IDS), st.lists(IDS), IDS)
def test_what_was_added_is_found_and_nothing_else(first: list[str], second: list[str], other: str) -> None:
    made = of(first)
    assert (other in made) is (other in first)
    for one in second:  # also after somebody has asked
        made.add(one)
    assert all(one in made for one in (*first, *second))
    assert (other in made) is (other in {*first, *second})
    assert len(made) == len(first) + len(second)


@given(st.permutations([f"{number:016x}" for number in range(0, 2**64, 2**61)]))
def test_the_order_of_adding_tells_nothing(ids: list[str]) -> None:
    assert of(ids) == of(sorted(ids))
    assert of(ids) != of(ids[1:])


def test_what_is_no_id_is_not_among_them() -> None:
    assert "no id" not in of(["00000000000000ff"])
