"""Laws of asset ids: the same for every order of arrival, and never lost."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from assetctl.identity import Assigned, assign, mint
from assetctl.merge import cluster
from assetctl.model import Claim, Observation, Outcome
from assetctl.sightings import sightings
from tests.unit.test_merge import OBSERVATIONS, OPEN, mac, name, seen, serial


def arrive(*imports: Sequence[Observation]) -> tuple[Assigned, set[str], dict[str, str]]:
    """Everything after the imports came one by one; also every id that was ever handed out, and the table."""
    table: dict[str, str] = {}
    handed_out: set[str] = set()
    known: list[Observation] = []
    last = assign((), table)
    for one in imports:
        known += one
        last = assign(cluster(sightings(known)), table)
        table |= last.additions
        handed_out |= set(last.ids.values())
    return last, handed_out, table


def by_scan(observations: Sequence[Observation]) -> list[list[Observation]]:
    scans = sorted({one.scan for one in observations})
    return [[one for one in observations if one.scan == scan] for scan in scans]


def test_an_id_is_short_and_stable() -> None:
    assert mint("plant serial_number Siemens A1") == "a-ufjvtnro3i"
    assert mint("cell serial_number Siemens A1") != mint("plant serial_number Siemens A1")


def test_later_scans_never_change_an_id() -> None:
    first, later = [seen(OPEN)], [seen(*serial("A1"), scan=2)]
    before, _, table = arrive(first)
    after, _, _ = arrive(first, later)
    assert set(before.ids.values()) == set(after.ids.values())
    assert set(table.values()) == set(before.ids.values())


def test_a_join_keeps_one_id_and_accepts_the_other() -> None:
    alone = [seen(mac("00:0E:8C:00:00:01"))], [seen(*serial("A1"), ip="10.0.0.9", scan=2)]
    _, handed_out, _ = arrive(*alone)
    assert len(handed_out) == 2
    proof = [seen(*serial("A1"), mac("00:0E:8C:00:00:01"), ip="10.0.0.9", scan=3)]
    joined, _, _ = arrive(*alone, proof)
    assert len(set(joined.ids.values())) == 1
    assert {joined.resolve(one) for one in handed_out} == set(joined.ids.values())
    assert joined.resolve("a-0000000000") is None


def test_an_older_import_takes_the_id_over_and_the_younger_one_stays_an_alias() -> None:
    old, young = [seen(mac("00:0E:8C:00:00:01"), scan=1)], [seen(mac("00:0E:8C:00:00:01"), *serial("A1"), scan=2)]
    younger_first, handed_out, _ = arrive(young, old)
    older_first, _, _ = arrive(old, young)
    assert younger_first == older_first or younger_first.ids == older_first.ids
    assert all(younger_first.resolve(one) for one in handed_out)


def test_a_re_used_address_gets_an_id_of_its_own() -> None:
    scans = [seen(OPEN, scan=1)], [seen(outcome=Outcome.SILENT, scan=2)], [seen(OPEN, scan=3)]
    last, _, _ = arrive(*scans)
    assert len(set(last.ids.values())) == 2


def test_an_id_outlives_the_observation_it_came_from() -> None:
    first, second = [seen(mac("00:0E:8C:00:00:01"))], [seen(mac("00:0E:8C:00:00:01"), *serial("A1"), scan=2)]
    before, _, table = arrive(first, second)
    after = assign(cluster(sightings(second)), table)
    (old,) = set(before.ids.values())
    assert after.resolve(old) in after.ids.values()


def test_parts_have_ids_that_follow_their_device() -> None:
    last, _, _ = arrive([seen(OPEN, *serial("A1"), Claim("modbus_unit_id", 7, part="unit/7"))])
    assert len(set(last.ids.values())) == 2


@given(OBSERVATIONS)
def test_no_two_devices_share_an_id_or_alias(observations: list[Observation]) -> None:
    last, _, _ = arrive(observations)
    names = [*last.ids.values(), *(alias for others in last.aliases.values() for alias in others)]
    assert len(names) == len(set(names))


@given(OBSERVATIONS, st.randoms(use_true_random=False))
def test_any_order_of_imports_gives_the_same_ids_and_aliases(observations: list[Observation], random: object) -> None:
    at_once, _, _ = arrive(observations)
    in_time, _, _ = arrive(*by_scan(observations))
    shuffled = by_scan(observations)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    in_disorder, _, _ = arrive(*shuffled)
    assert at_once.ids == in_time.ids == in_disorder.ids
    assert at_once.aliases == in_time.aliases == in_disorder.aliases


@given(OBSERVATIONS)
def test_scans_that_arrive_in_time_never_lose_an_id_while_no_key_turns_out_to_be_copied(
    observations: list[Observation],
) -> None:
    last, handed_out, _ = arrive(*by_scan(observations))
    if not any(group.refused for group in cluster(sightings(observations))):
        assert all(last.resolve(one) for one in handed_out)


def test_a_hostname_is_no_key() -> None:
    last, _, _ = arrive([seen(name("plc"))], [seen(name("plc"), ip="10.0.0.2", scan=2)])
    assert len(set(last.ids.values())) == 2
