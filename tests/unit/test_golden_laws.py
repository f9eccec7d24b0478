"""Laws of golden inventories over random plants: written and compared it is equal; one change is one difference."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assetctl import baseline, baseline_text
from assetctl.baseline import FIELDS, MANY, Entry, Golden, Rule
from assetctl.documents import parse_yaml
from assetctl.golden.comparison import verify
from assetctl.golden.outcome import UNSEEN, Difference, Outcome
from assetctl.model import Asset, Claim, Fact, Observation, SubjectKind
from assetctl.work.accepting import taken_in
from assetctl.work.golding import at_least
from tests.unit.test_golden import assets, port
from tests.unit.test_merge import mac, seen, serial

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PLACE = Path("cell-1.yaml")
HOSTILE = st.sampled_from(
    ["no", "1.10", "0x1F", "- a", "a: b #", "*x", "\u202eabc", '"', "\\", "\x00", "\ud83d", "a, b", "ä"]
)
TEXT = st.one_of(HOSTILE, st.text(min_size=1, max_size=8).filter(str.strip))
TOLD = ("model", "order_code", "firmware_software_version", "hardware_version", "hostname", "operating_system")
STATES = ("open", "closed", "filtered")


@st.composite
def talks(draw: st.DrawFn) -> list[Observation]:
    """What scans heard of some devices with racks, at addresses of their own."""
    found = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        claims = [Claim(key, draw(TEXT)) for key in TOLD if draw(st.booleans())]
        claims += serial(f"SN-{number}000{number}") if draw(st.booleans()) else []
        claims += [mac(f"00:1B:1B:00:00:{number:02X}")] if draw(st.booleans()) else []
        claims += [port(at, draw(st.sampled_from(STATES))) for at in draw(st.sets(st.sampled_from([22, 80, 102])))]
        for slot in draw(st.sets(st.integers(1, 3), max_size=2)):
            claims += [Claim("model", draw(TEXT), part=f"slot/{slot}")]
            claims += serial(f"MOD-{number}{slot}77", part=f"slot/{slot}")
        claims = claims or [Claim("model", "X")]
        scans = draw(st.integers(1, 2))
        talk = [seen(*claims, ip=f"10.0.0.{number}", scan=scan, reader="s7/1") for scan in range(1, scans + 1)]
        found += [replace(one, id=f"{one.scan}/{number}") for one in talk]
    return found


PLANTS = talks().map(lambda observations: assets(*observations))


def file_of(held: tuple[Asset, ...]) -> str:
    return baseline_text.written(baseline.approved(held, zone="cell-1", realm="plant"))


def approved(held: tuple[Asset, ...]) -> Golden:
    return baseline_text.read(parse_yaml(file_of(held), PLACE).root, file=str(PLACE))


def compared(one: Golden, held: tuple[Asset, ...]) -> list[Difference]:
    return list(verify(one, held, looked_at=lambda *_: None, now=NOW, at_least=at_least))


def differing(one: Golden, held: tuple[Asset, ...]) -> list[tuple[str, str]]:
    return [(found.entry, found.field) for found in compared(one, held) if found.outcome is not Outcome.EQUAL]


@given(PLANTS)
@settings(max_examples=60, deadline=None)
def test_what_was_written_is_equal_to_what_it_was_written_from(held: tuple[Asset, ...]) -> None:
    one = approved(held)
    assert len(one.entries) == len([asset for asset in held if asset.zone])
    assert differing(one, held) == []
    assert len(compared(one, held)) == len(one.entries)


@given(PLANTS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_assets_and_entries_never_matters(held: tuple[Asset, ...], chance: object) -> None:
    shuffled = list(held)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert file_of(tuple(shuffled)) == file_of(held)
    one = approved(held)
    entries = list(one.entries)
    chance.shuffle(entries)  # type: ignore[attr-defined]
    other = replace(one, entries=tuple(entries))
    assert compared(other, tuple(shuffled)) == compared(one, held)
    assert baseline_text.written(other) == file_of(held)


@given(PLANTS, st.data())
@settings(max_examples=100, deadline=None)
def test_any_single_change_is_one_difference_on_its_field(held: tuple[Asset, ...], data: st.DataObject) -> None:
    one = approved(held)
    entry = data.draw(st.sampled_from(one.entries))
    fields = [name for name in (*entry.facts, *entry.ports) if name != "ip_address"]
    assume(fields)
    field = data.draw(st.sampled_from(fields))
    old = entry.facts.get(field, (entry.ports.get(field, ""),))[0]
    value = next(state for state in STATES if state != old) if field in entry.ports else f"other than {old}"[:40]
    now = changed(held, entry.asset, field, value)
    assert differing(one, now) == [(entry.key, field)]
    ignored = replace(one, rules={field if field in FIELDS else baseline.PORTS: Rule.IGNORE})
    assert differing(ignored, now) == []


@given(PLANTS)
@settings(max_examples=30, deadline=None)
def test_a_file_that_is_read_and_written_again_is_the_same(held: tuple[Asset, ...]) -> None:
    assert baseline_text.written(approved(held)) == file_of(held)


@given(PLANTS, st.data())
@settings(max_examples=60, deadline=None)
def test_an_entry_or_device_more_is_one_difference(held: tuple[Asset, ...], data: st.DataObject) -> None:
    one = approved(held)
    devices = [entry for entry in one.entries if not entry.parent]
    entry = data.draw(st.sampled_from(devices))
    family = {asset.id for asset in held if entry.asset in (asset.id, asset.parent)}
    fewer = tuple(asset for asset in held if asset.id not in family)
    unseen = {found.entry: found.outcome for found in compared(one, fewer) if found.outcome is not Outcome.EQUAL}
    assert unseen == {other.key: Outcome.NOT_OBSERVED for other in one.entries if other.asset in family}
    new = {
        found.asset: found.outcome
        for found in compared(without(one, family), held)
        if found.outcome is not Outcome.EQUAL
    }
    assert new == dict.fromkeys(family, Outcome.NEW)


@given(PLANTS, PLANTS)
@settings(max_examples=60, deadline=None)
def test_what_is_accepted_whole_is_equal_afterwards(held: tuple[Asset, ...], later: tuple[Asset, ...]) -> None:
    one = approved(held)
    found = verify(one, later, looked_at=lambda *_: NOW - timedelta(days=90), now=NOW, at_least=at_least)
    missing = {entry.key for entry in one.entries} & {
        row.entry for row in found if row.outcome in UNSEEN and not row.field
    }
    chosen = [row for row in found if row.outcome not in (Outcome.EQUAL, *UNSEEN)]
    taken = taken_in(one, chosen, [row for row in found if row not in chosen], {asset.id: asset for asset in later})
    again = baseline_text.read(parse_yaml(baseline_text.written(taken), PLACE).root, file=str(PLACE))
    left = [row for row in compared(again, later) if row.outcome is not Outcome.EQUAL and row.entry not in missing]
    assert {row.outcome for row in left} <= UNSEEN


def without(one: Golden, family: set[str]) -> Golden:
    kept: tuple[Entry, ...] = tuple(entry for entry in one.entries if entry.asset not in family)
    return replace(one, entries=kept)


def changed(held: tuple[Asset, ...], asset: str, field: str, value: str) -> tuple[Asset, ...]:
    """The same plant in which one device says something else in one field."""

    def otherwise(fact: Fact) -> Fact:
        is_port = fact.key == "port_state" and fact.subject.local_key == field
        is_fact = fact.key == field and (fact.subject.kind is SubjectKind.ASSET or field in MANY)
        return replace(fact, value=value) if is_port or is_fact else fact

    return tuple(replace(one, facts=tuple(map(otherwise, one.facts))) if one.id == asset else one for one in held)


def test_two_readers_that_say_the_same_make_the_same_file() -> None:
    told: Mapping[str, str] = {"model": "CPU 315", "hostname": "plc-1"}
    claims = [Claim(key, value) for key, value in told.items()]
    one = assets(seen(*serial("A1234"), *claims, reader="s7/1"))
    both = assets(seen(*serial("A1234"), *claims, reader="s7/1"), seen(*serial("A1234"), *claims, reader="snmp/1"))
    assert file_of(one) == file_of(both)
