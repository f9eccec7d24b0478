"""What goes into a store comes out of it. tests/live/test_postgres.py applies the same laws to PostgreSQL."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from assetctl.errors import EnvironmentFault, InputError, IntegrityFault
from assetctl.model import Asset, Because, Claim, Outcome, Result, Retirement, ScanState
from assetctl.store.bundle_rows import understood
from assetctl.store.bundles import BundleMark
from assetctl.store.columns import ForeignText, canonical
from assetctl.store.records import PRUNED, Approval, Incident, Quarantined, Replaced, Span
from assetctl.store.repo import Store, open_store
from assetctl.store.schema import SHIPPED, drift
from tests.unit import stored
from tests.unit.stored import HOSTILE, at

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/plant 100% #1?.db") as opened:
        yield opened


def tamper(store: Store, statement: str, **values: object) -> None:
    with store.writing() as connection:
        connection.execute(text(statement), values)


# scans


def test_a_scan_comes_back_as_it_was_put(store: Store) -> None:
    store.begin_scan(stored.scan())
    assert store.scan("s1") == stored.scan()
    assert store.scan("s2") is None


def test_the_end_of_a_scan_replaces_its_beginning(store: Store) -> None:
    store.begin_scan(replace(stored.scan(), state=ScanState.RUNNING, ended=None))
    store.finish_scan(stored.scan())
    assert store.scans() == (stored.scan(),)


def test_scans_are_ordered_by_time_and_chosen_by_realm(store: Store) -> None:
    late, early, other = (
        stored.scan("a", minutes=9),
        stored.scan("b"),
        stored.scan("c", realm="line-2", minutes=20),
    )
    for scan in (late, early, other):
        store.begin_scan(scan)
    assert store.scans() == (early, late, other)
    assert store.scans("plant") == (early, late)
    assert store.latest_scan() == other
    assert store.latest_scan("plant") == late
    assert store.latest_scan("nowhere") is None


def test_times_of_any_zone_come_back_in_utc_and_naive_ones_are_refused(store: Store) -> None:
    east = stored.NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
    store.begin_scan(replace(stored.scan(), started=east))
    found = store.scan("s1")
    assert found is not None
    assert found.started == stored.NOON
    assert found.started.utcoffset() == timedelta(0)
    with pytest.raises(ValueError, match="without a zone"):
        store.begin_scan(replace(stored.scan(), started=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_a_plan_comes_back_and_the_newer_one_replaces_it(store: Store) -> None:
    store.begin_scan(stored.scan())
    assert store.plan("s1") is None
    store.put_plan("s1", "[]")
    store.put_plan("s1", '["\\u0000", 1]')
    assert store.plan("s1") == '["\\u0000", 1]'


# exchanges


def test_an_exchange_comes_back_with_its_place_and_digests(store: Store) -> None:
    store.begin_scan(stored.scan())
    one = stored.exchange(7, received=(b"", b"abc"))
    store.put_exchanges("s1", "step", [one])
    found = store.exchange("s1:7")
    assert found is not None
    assert (found.scan, found.step, found.exchange, found.is_pruned) == ("s1", "step", one, False)
    assert found.received == (EMPTY_SHA256, hashlib.sha256(b"abc").hexdigest())
    assert store.exchange("s1:8") is None


def test_an_exchange_put_again_stays_as_it_was_first(store: Store) -> None:
    store.begin_scan(stored.scan())
    first = stored.exchange(1)
    for again in (first, first, replace(first, received=(b"other",))):
        store.put_exchanges("s1", "step", [again])
    assert [found.exchange for found in store.exchanges()] == [first]


def test_exchanges_are_ordered_by_number_not_by_text(store: Store) -> None:
    store.begin_scan(stored.scan())
    store.put_exchanges("s1", "step", [stored.exchange(number) for number in (10, 9, 100, 1)])
    assert [found.exchange.id for found in store.exchanges("s1")] == ["s1:1", "s1:9", "s1:10", "s1:100"]


def test_exchanges_are_complete_over_many_pages(store: Store) -> None:
    store.begin_scan(stored.scan())
    store.begin_scan(stored.scan("s2"))
    put = [(scan, "step", stored.exchange(n, scan_id=scan)) for scan in ("s2", "s1") for n in range(1203)]
    store.put_batch(put)
    found = [(one.scan, one.step, one.exchange) for one in store.exchanges()]
    assert found == sorted(put, key=lambda placed: (placed[0], int(placed[2].id.partition(":")[2])))
    assert len(list(store.exchanges("s1"))) == 1203


def test_equal_units_are_kept_once(store: Store) -> None:
    store.begin_scan(stored.scan())
    same = [replace(stored.exchange(number), sent=b"question", received=(b"answer",)) for number in range(50)]
    store.put_exchanges("s1", "step", same)
    counts = store.evidence_counts()
    assert (counts.exchanges, counts.blobs, counts.size_bytes) == (50, 2, 14)


def test_an_exchange_of_an_unknown_scan_is_refused_whole(store: Store) -> None:
    store.begin_scan(stored.scan())
    batch = [("s1", "step", stored.exchange(1)), ("s9", "step", stored.exchange(2, scan_id="s9"))]
    with pytest.raises(IntegrityFault, match="contradicts"):
        store.put_batch(batch)
    assert list(store.exchanges()) == []


# observations


def test_observations_come_back_in_order_with_exchanges_and_claims(store: Store) -> None:
    store.begin_scan(stored.scan())
    put = [stored.observation(number) for number in range(12)]
    store.put_observations(reversed(put))
    assert list(store.observations()) == sorted(put, key=lambda one: (one.started, one.id))
    assert store.observation("s1-step-3") == put[3]
    assert store.observation("s1-step-99") is None


def test_observations_are_complete_over_many_pages(store: Store) -> None:
    store.begin_scan(stored.scan())
    put = [stored.observation(number, of=1) for number in range(407)]
    store.put_observations(put)
    assert list(store.observations()) == sorted(put, key=lambda one: (one.started, one.id))


def test_observations_are_chosen_by_scan_and_realm(store: Store) -> None:
    store.begin_scan(stored.scan())
    store.begin_scan(stored.scan("s2", realm="line-2"))
    mine, theirs = stored.observation(1), stored.observation(1, scan_id="s2", realm="line-2")
    store.put_observations([mine, theirs])
    assert list(store.observations(scan="s1")) == [mine]
    assert list(store.observations(realm="line-2")) == [theirs]
    assert list(store.observations(scan="s1", realm="line-2")) == []


def test_a_record_without_address_comes_back(store: Store) -> None:
    store.begin_scan(stored.scan())
    store.put_observations([stored.record(7)])
    assert store.observation("row-7") == stored.record(7)


def test_a_reread_observation_replaces_the_claims_and_keeps_the_bytes(store: Store) -> None:
    store.begin_scan(stored.scan())
    first = stored.observation(1)
    reread = replace(first, reader="modbus/2", claims=(Claim("model", "M340"),))
    store.put_observations([first])
    store.put_observations([reread])
    assert list(store.observations()) == [reread]
    assert store.evidence_counts().exchanges == len(first.exchanges)


def test_an_observation_is_not_taken_as_kept_while_its_bytes_are_not(store: Store) -> None:
    store.begin_scan(stored.scan())
    one = stored.observation(1)
    with pytest.raises(IntegrityFault):
        store.put_observations([one], are_kept=True)
    store.put_batch([("s1", one.id, exchange) for exchange in one.exchanges])
    store.put_observations([one], are_kept=True)
    assert list(store.observations()) == [one]


def test_of_equal_ids_in_one_call_the_last_wins(store: Store) -> None:
    store.begin_scan(stored.scan())
    first, last = stored.observation(1, of=3), stored.observation(1, of=1)
    store.put_observations([first, last])
    assert list(store.observations()) == [last]


def test_observations_that_fail_in_the_middle_leave_nothing(store: Store) -> None:
    store.begin_scan(stored.scan())
    with pytest.raises(IntegrityFault):
        store.put_observations([stored.observation(1), stored.observation(2, scan_id="unknown")])
    assert list(store.observations()) == []
    assert store.evidence_counts().blobs == 0


def test_a_step_is_done_unless_it_was_aborted_or_denied(store: Store) -> None:
    store.begin_scan(stored.scan())
    aborted = replace(stored.observation(2), outcome=Outcome.ABORTED)
    denied = replace(stored.observation(3), outcome=Outcome.DENIED)
    store.put_observations([stored.observation(1), aborted, denied])
    assert store.steps_done("s1") == {"s1-step-1"}
    assert store.steps_done("s2") == frozenset()


def test_exchanges_of_a_step_that_never_ended_are_orphans_until_it_does(store: Store) -> None:
    store.begin_scan(stored.scan())
    killed = stored.observation(1)
    store.put_observations([stored.observation(2)])
    for one in killed.exchanges:
        store.put_exchanges("s1", killed.id, [one])
    assert store.orphan_exchanges("s1") == {killed.id: killed.exchanges}
    store.put_observations([killed])
    assert store.orphan_exchanges("s1") == {}
    assert store.observation(killed.id) == killed


def test_a_resumed_step_keeps_what_its_first_start_had_heard(store: Store) -> None:
    store.begin_scan(stored.scan())
    heard_before = stored.exchange(1)
    again = replace(stored.observation(5), exchanges=(stored.exchange(8), stored.exchange(9)))
    store.put_exchanges("s1", again.id, [heard_before])
    store.put_observations([again])
    assert store.observation(again.id) == again
    assert [found.exchange.id for found in store.exchanges("s1") if found.step == again.id] == ["s1:1", "s1:8", "s1:9"]


# bytes


@given(data=st.binary(max_size=300))
def test_bytes_come_back_by_their_digest(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "blobs.db"
    with open_store(f"sqlite:///{path}") as opened:
        digest = opened.put_blob(data)
        assert digest == hashlib.sha256(data).hexdigest()
        assert opened.blob(digest) == data


def test_bytes_that_were_never_stored_are_none(store: Store) -> None:
    assert store.blob("00" * 32) is None


def test_changed_bytes_are_an_integrity_fault_wherever_they_are_read(store: Store) -> None:
    store.begin_scan(stored.scan())
    store.put_observations([stored.observation(1)])
    victim = store.put_blob(b"a" * 2)  # a unit of that observation
    other = store.put_blob(b"something else")
    tamper(store, "UPDATE blob SET data=(SELECT data FROM blob WHERE digest=:other) WHERE digest=:victim",
           other=other, victim=victim)  # fmt: skip
    for read in (lambda: store.blob(victim), lambda: list(store.observations()), lambda: list(store.exchanges())):
        with pytest.raises(IntegrityFault, match=victim):
            read()
    assert store.check() == (f"blob: the bytes of {victim} do not match their digest",)


def test_bytes_that_unpack_without_end_are_an_integrity_fault(store: Store) -> None:
    bomb = store.put_blob(b"\0" * 20_000_000)
    tamper(store, "UPDATE blob SET size=10 WHERE digest=:bomb", bomb=bomb)
    with pytest.raises(IntegrityFault):
        store.blob(bomb)


@pytest.mark.parametrize(
    "change", ["outcome='perhaps'", "claims='[{]'", "claims='[7]'", "target='plant/nowhere'", "options='7'"]
)
def test_a_row_that_makes_no_sense_is_an_integrity_fault(store: Store, change: str) -> None:
    store.begin_scan(stored.scan())
    store.put_observations([stored.observation(1)])
    tamper(store, f"UPDATE observation SET {change}")
    with pytest.raises(IntegrityFault, match="row that cannot be read"):
        list(store.observations())


def test_pruning_drops_bytes_that_no_other_scan_needs_and_keeps_digests(store: Store) -> None:
    store.begin_scan(stored.scan())
    store.begin_scan(stored.scan("s2"))
    shared = replace(stored.exchange(1), sent=b"shared", received=(b"old",))
    store.put_exchanges("s1", "a", [shared])
    store.put_exchanges("s2", "b", [replace(shared, id="s2:1", received=(b"new",))])
    imported = store.put_blob(b"imported file")
    before = store.exchange("s1:1")
    assert store.prune_blobs(["s1"]).blobs == 1
    assert store.prune_blobs(["s1"]).blobs == 0
    found, kept = store.exchange("s1:1"), store.exchange("s2:1")
    assert before is not None
    assert found is not None
    assert kept is not None
    assert (found.sent, found.received, found.is_pruned) == (before.sent, before.received, True)
    assert (found.exchange.sent, found.exchange.received) == (b"shared", ())
    assert found.exchange.detail.endswith(PRUNED)
    assert kept.exchange.received == (b"new",)
    assert store.blob(imported) == b"imported file"
    assert store.evidence_counts().pruned == 1
    assert store.check() == ()


def test_pruned_bytes_that_are_heard_again_come_back(store: Store) -> None:
    store.begin_scan(stored.scan())
    store.put_exchanges("s1", "a", [stored.exchange(1)])
    store.prune_blobs(["s1"])
    store.begin_scan(stored.scan("s2"))
    again = replace(stored.exchange(1), id="s2:1")
    store.put_exchanges("s2", "a", [again])
    found = store.exchange("s2:1")
    assert found is not None
    assert found.exchange == again


# inventory


def test_assets_come_back_sorted_with_every_fact(store: Store) -> None:
    put = [stored.asset(name) for name in ("a-9", "a-10", "a-2")]
    store.replace_assets("plant", put)
    assert store.assets() == tuple(sorted(put, key=lambda one: one.id))


def test_a_realm_is_replaced_as_a_whole_and_others_stay(store: Store) -> None:
    other = stored.asset("b-1", realm="line-2")
    store.replace_assets("line-2", [other])
    store.replace_assets("plant", [stored.asset("a-1"), stored.asset("a-2")])
    store.replace_assets("plant", [stored.asset("a-2", facts=1), stored.asset("a-3", facts=0)])
    assert store.assets("plant") == (stored.asset("a-2", facts=1), stored.asset("a-3", facts=0))
    assert store.assets("line-2") == (other,)
    assert (store.count_assets(), store.count_assets("plant"), store.count_assets("none")) == (3, 2, 0)
    store.replace_assets("plant", [])
    assert store.assets() == (other,)


def test_replacing_tells_what_was_there_and_writes_only_what_differs(store: Store) -> None:
    store.replace_assets("plant", [stored.asset("a-1"), stored.asset("a-2")])
    note_inserted_facts(store)
    again = [stored.asset("a-1"), stored.asset("a-2", facts=1)]
    assert store.replace_assets("plant", again) == Replaced(frozenset({"a-1", "a-2"}), frozenset({"a-2"}))
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT asset FROM written").scalars().all() == ["a-2"]
    assert store.assets() == tuple(again)


def note_inserted_facts(store: Store) -> None:
    """Let the database itself note in a table of its own of which assets it is given facts."""
    put = "INSERT INTO written VALUES (new.asset);"
    trigger = "CREATE TRIGGER note AFTER INSERT ON fact FOR EACH ROW"
    by_engine = {
        "sqlite": [f"{trigger} BEGIN {put} END"],
        "postgresql": [
            f"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {put} RETURN new; END'",
            f"{trigger} EXECUTE FUNCTION note()",
        ],
    }
    with store.writing() as connection:
        for statement in ("CREATE TABLE written (asset TEXT)", *by_engine[store.engine.dialect.name]):
            connection.exec_driver_sql(statement)


def seen_later(asset: Asset) -> Asset:
    facts = tuple(replace(fact, last_seen=fact.last_seen + timedelta(days=1)) for fact in asset.facts)
    return replace(asset, facts=facts, last_seen=asset.last_seen + timedelta(days=1))


def told_otherwise(asset: Asset) -> Asset:
    return replace(asset, facts=(replace(asset.facts[0], value="another"), *asset.facts[1:]))


RE_SCANS: dict[str, tuple[Callable[[Asset], Asset], bool]] = {
    "seen later": (seen_later, False),
    "moved alone": (lambda asset: replace(asset, zone="cell-2"), False),
    "another value": (told_otherwise, True),
    "later and another value": (lambda asset: seen_later(told_otherwise(asset)), True),
    "a fact more": (lambda asset: replace(asset, facts=stored.asset(asset.id, facts=5).facts), True),
    "a fact less": (lambda asset: replace(asset, facts=asset.facts[1:]), True),
    "no facts": (lambda asset: replace(asset, facts=()), True),
    "in another order": (lambda asset: replace(asset, facts=asset.facts[::-1]), False),
}


@pytest.mark.parametrize("name", RE_SCANS)
def test_what_is_seen_again_is_stored_as_if_for_the_first_time(store: Store, name: str) -> None:
    change, is_news = RE_SCANS[name]
    store.replace_assets("plant", [stored.asset("a-1"), stored.asset("a-2")])
    changed, same = change(stored.asset("a-1")), stored.asset("a-2")
    replaced = store.replace_assets("plant", [changed, same])
    assert replaced.retold == ({"a-1"} if is_news else frozenset())
    assert store.assets() == (changed, same)
    for key in {fact.key for fact in (*changed.facts, *same.facts)}:
        held = [fact for fact in (*changed.facts, *same.facts) if fact.key == key]
        assert list(store.facts(key=key)) == held, "by way of the index on the key"


def test_whatever_of_a_device_is_seen_when_is_stored_as_it_was_seen(store: Store) -> None:
    one, whole = stored.asset("a-1", facts=3), stored.asset("a-2", facts=3)
    before = (at(0), at(0), at(1)), (at(0), at(1), at(2))
    for seen, later, news in product(before, product((at(0), at(1), at(3)), repeat=3), (False, True)):
        store.replace_assets("plant", [seen_at(one, seen), seen_at(whole, seen)])
        changed = seen_at(told_otherwise(one) if news else one, later), seen_at(whole, (at(2), at(0), at(1)))
        assert store.replace_assets("plant", changed).retold == ({"a-1"} if news else frozenset())
        assert store.assets() == changed


def seen_at(asset: Asset, times: Iterable[datetime]) -> Asset:
    """Each fact as it is when its answer came at that time."""
    said = zip(asset.facts, times, strict=True)
    facts = (replace(f, last_seen=at, source=replace(f.source, evidence=f"s:{at:%M}")) for f, at in said)
    return replace(asset, facts=tuple(facts))


def test_what_is_seen_again_keeps_its_rows(store: Store) -> None:
    store.replace_assets("plant", [stored.asset("a-1"), stored.asset("a-2")])
    note_inserted_facts(store)
    store.replace_assets("plant", [seen_later(stored.asset("a-1")), stored.asset("a-2")])
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT asset FROM written").scalars().all() == []
    assert store.assets() == (seen_later(stored.asset("a-1")), stored.asset("a-2"))


def test_a_realm_is_replaced_by_one_at_a_time(store: Store) -> None:
    at = store.engine.url
    url = f"sqlite:///{at.database}" if at.drivername == "sqlite" else at.render_as_string(hide_password=False)
    store.replace_assets("plant", [stored.asset("a-1")])
    fewer = stored.asset("a-1", facts=2)
    with open_store(url, wait_s=0.1) as other:

        def meanwhile() -> Iterator[Asset]:
            with pytest.raises(EnvironmentFault, match="is locked by another program"):
                other.replace_assets("plant", [told_otherwise(fewer)])
            yield fewer

        store.replace_assets("plant", meanwhile())
    assert store.assets() == (fewer,)


def test_the_keys_of_one_realm_or_of_some_assets_are_found_without_the_others(store: Store) -> None:
    held = {"plant serial:1": "a-1", "plant mac:2": "a-2", "plant_ serial:1": "b-1", "PLANT2 serial:1": "c-1"}
    store.put_identities(held)
    assert store.identities(realm="plant") == {"plant serial:1": "a-1", "plant mac:2": "a-2"}
    assert store.identities(assets=("b-1", "c-1", "d-1")) == {"plant_ serial:1": "b-1", "PLANT2 serial:1": "c-1"}
    assert store.identities() == held


def test_a_replacement_that_fails_leaves_the_old_inventory(store: Store) -> None:
    store.replace_assets("plant", [stored.asset("a-1")])
    foreign = stored.asset("a-3", realm="line-2")
    confused = replace(stored.asset("a-4"), facts=stored.asset("a-5").facts)
    for wrong in (foreign, confused):
        with pytest.raises(ValueError, match=wrong.id):
            store.replace_assets("plant", [stored.asset("a-2"), wrong])
    assert store.assets() == (stored.asset("a-1"),)


def test_an_asset_is_found_by_id_and_by_every_alias_it_ever_had(store: Store) -> None:
    store.replace_assets("plant", [stored.asset("a-3", aliases=("a-5", "a-6")), stored.asset("a-4")])
    joined = stored.asset("a-2", aliases=("a-3", "a-4"))
    store.replace_assets("plant", [joined])
    for name in ("a-2", "a-3", "a-4", "a-5", "a-6"):
        assert store.asset(name) == joined
    assert store.asset("a-7") is None


def test_ids_that_change_places_still_find_the_asset(store: Store) -> None:
    store.replace_assets("plant", [stored.asset("a-1", aliases=("a-2", "a-3"))])
    swapped = stored.asset("a-2", aliases=("a-1",))
    store.replace_assets("plant", [swapped])
    assert [store.asset(name) for name in ("a-1", "a-2", "a-3")] == [swapped] * 3
    assert store.aliases() == {"a-1": "a-2", "a-3": "a-1"}


def test_an_alias_that_two_assets_claim_means_the_smaller_id(store: Store) -> None:
    store.replace_assets("plant", [stored.asset("a-2", aliases=("old",)), stored.asset("a-1", aliases=("old",))])
    assert store.asset("old") == stored.asset("a-1", aliases=("old",))


def test_facts_are_found_by_key_over_all_assets(store: Store) -> None:
    put = [stored.asset("a-1"), stored.asset("a-2")]
    store.replace_assets("plant", put)
    assert list(store.facts()) == [fact for one in put for fact in one.facts]
    assert list(store.facts(key="mtu", realm="plant")) == [one.facts[1] for one in put]
    assert list(store.facts(realm="line-2")) == []


def test_facts_are_rows_that_sql_can_ask(store: Store) -> None:
    store.replace_assets("plant", [stored.asset("a-1")])
    with store.reading() as connection:
        asked = text("SELECT asset, value FROM fact WHERE key='modbus_objects' AND confidence > 80")
        assert connection.execute(asked).all() == [("a-1", '["b","a"]')]


def test_identities_are_remembered_and_updated(store: Store) -> None:
    store.put_identities({"plant serial:1": "a-1", HOSTILE * 500: "a-2"})
    store.put_identities({"plant serial:1": "a-3"})
    store.put_identities({})
    assert store.identities() == {"plant serial:1": "a-3", HOSTILE * 500: "a-2"}


def test_positions_come_back_and_are_replaced_by_source(store: Store) -> None:
    gone = Retirement("A. Example", date(2026, 1, 31), "line taken out")
    first, second, other = (
        replace(stored.position("=A1"), retired=gone),
        stored.position("=A2"),
        stored.position("=B1", source="list.xlsx"),
    )
    store.put_positions([other, second, first])
    assert store.positions() == (first, second, other)
    store.put_positions([replace(other, declared={})])
    store.replace_positions("register.yaml", [second])
    assert store.positions() == (second, replace(other, declared={}))
    assert store.positions("nowhere") == ()


# runs


def test_a_run_keeps_what_did_not_pass_in_order(store: Store) -> None:
    results = (Result.FAIL, Result.PASS, Result.UNKNOWN, Result.ERROR, Result.NOT_APPLICABLE)
    put = [stored.finding(9 - number, result) for number, result in enumerate(results)]
    store.put_run(stored.run(), put)
    assert store.latest_run() == stored.run()
    assert store.findings("r1") == (put[0], *put[2:])
    store.put_run(stored.run(), put[:1])
    assert store.findings("r1") == (put[0],)


def test_the_newest_run_of_a_realm_is_found(store: Store) -> None:
    assert store.latest_run() is None
    early, late, other = stored.run("r9"), stored.run("r1", minutes=5), stored.run("r3", minutes=9, realm="line-2")
    for run in (late, other, early):
        store.put_run(run, [])
    assert store.runs() == (early, late, other)
    assert store.latest_run("plant") == late


def test_what_a_finding_rests_on_is_stored_as_canonical_json(store: Store) -> None:
    store.put_run(stored.run(), [stored.finding(1)])
    with store.reading() as connection:
        held = connection.execute(text("SELECT because FROM finding")).scalar_one()
    assert held == canonical(json.loads(held))
    assert [Because(**one | {"observed_at": None}) for one in json.loads(held)] == [
        replace(one, observed_at=None) for one in stored.finding(1).because
    ]


def test_a_finding_spans_the_runs_in_which_it_failed(store: Store) -> None:
    unknown = stored.finding(1, Result.UNKNOWN)
    for number, found in enumerate(([stored.finding(1), stored.finding(2)], [stored.finding(1)], [unknown])):
        store.put_run(stored.run(f"r{number}", minutes=number), found)
    assert store.finding_spans() == {"f-1": Span(at(0), at(1)), "f-2": Span(at(0), at(0))}
    assert store.finding_spans(Result.UNKNOWN) == {"f-1": Span(at(2), at(2))}


# custody


def test_quarantine_holds_until_it_is_cleared_and_stays_as_history(store: Store) -> None:
    one = Quarantined("plant/10.0.0.1", "plant", HOSTILE, at(0), "s1", "/tmp/incident-1.json")
    two = Quarantined("line-2/10.0.0.1", "line-2", "reset", at(1))
    store.quarantine([one, two])
    store.quarantine([replace(one, reason="said again")])
    assert store.quarantined() == (two, one)
    assert store.clear_quarantine(one.subject, by="Ada", reason="cable was loose", at=at(9)) == 1
    assert store.quarantined() == (two,)
    assert store.quarantined("plant") == ()
    cleared = replace(one, cleared_at=at(9), cleared_by="Ada", cleared_reason="cable was loose")
    assert store.quarantine_history("plant") == (cleared,)
    store.quarantine([replace(one, since=at(20))])
    assert store.quarantined("plant") == (replace(one, since=at(20)),)


def test_clearing_needs_a_name_a_reason_and_something_to_clear(store: Store) -> None:
    store.quarantine([Quarantined("plant/10.0.0.1", "plant", "reset", at(0))])
    for by, reason in (("", "fixed"), ("Ada", " ")):
        with pytest.raises(InputError, match="--by"):
            store.clear_quarantine("plant/10.0.0.1", by=by, reason=reason, at=at(1))
    with pytest.raises(InputError, match=r'did you mean "plant/10\.0\.0\.1"'):
        store.clear_quarantine("plant/10.0.0.2", by="Ada", reason="fixed", at=at(1))
    assert len(store.quarantined()) == 1


def test_incidents_and_approvals_are_only_appended(store: Store) -> None:
    incident = Incident("i1", "plant", at(0), "plant/10.0.0.1", HOSTILE, "s1", "/tmp/i1.json")
    store.put_incident(incident)
    store.put_incident(replace(incident, reason="changed"))
    assert store.incidents() == (incident,)
    assert store.incidents("line-2") == ()
    approval = Approval("Ada", "scan of cell 1", at(0), "ab" * 32, "s1", verified=True)
    store.put_approval(approval)
    store.put_approval(replace(approval, who="Bob", verified=False))
    store.put_approval(approval)
    assert [one.who for one in store.approvals()] == ["Ada", "Bob", "Ada"]
    assert store.approvals()[0] == approval


# the database itself


def test_an_empty_store_has_nothing_and_is_sound(store: Store) -> None:
    assert store.check() == ()
    assert (store.assets(), store.positions(), store.scans(), list(store.observations())) == ((), (), (), [])
    assert store.evidence_counts().stored_bytes == 0


def test_info_counts_rows_and_names_schema_and_address(store: Store) -> None:
    store.begin_scan(stored.scan())
    info = store.info()
    assert info.schema == SHIPPED.head
    assert info.counts["scan"] == 1
    assert info.size_bytes > 0
    assert info.url.startswith(store.engine.dialect.name)


def test_models_and_migrations_agree(store: Store) -> None:
    assert drift(store.engine, store.where, SHIPPED) == ""


def test_an_exchange_that_lost_its_bytes_is_reported(store: Store) -> None:
    store.begin_scan(stored.scan())
    store.put_exchanges("s1", "step", [replace(stored.exchange(1), received=(b"answer",))])
    digest = hashlib.sha256(b"answer").hexdigest()
    tamper(store, "DELETE FROM blob WHERE digest=:digest", digest=digest)
    assert store.check() == (f"exchange: s1:1 refers to bytes {digest} that are not stored",)
    with pytest.raises(IntegrityFault, match="not stored"):
        store.exchange("s1:1")


def test_reading_goes_on_while_somebody_writes(store: Store) -> None:
    store.begin_scan(stored.scan())
    store.put_observations([stored.observation(number, of=1) for number in range(3)])
    reread = (replace(one, reader="modbus/2") for one in store.observations())
    for one in reread:
        store.put_observations([one])
    assert {one.reader for one in store.observations()} == {"modbus/2"}


# columns


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_survives_its_column(value: str) -> None:
    column = ForeignText()
    put = column.process_bind_param(value, None)
    assert put is not None
    put.encode("utf-8")
    assert "\x00" not in put
    assert column.process_result_value(put, None) == value


def test_json_has_one_text() -> None:
    assert canonical({"b": ("x", 1), "a": "\x00é"}) == '{"a":"\\u0000\\u00e9","b":["x",1]}'


def test_what_one_store_sends_another_takes_in_as_it_was(store: Store, tmp_path: Path) -> None:
    mark = BundleMark("ab" * 32, "in", "cd" * 32, 1, "", at(0), {"plant": "plant"})
    with open_store(f"sqlite:///{tmp_path}/cell.db") as cell:
        cell.begin_scan(stored.scan())
        cell.put_plan("s1", HOSTILE)
        cell.put_observations([stored.observation(1), stored.observation(2)])
        cell.put_approval(Approval("Ada", HOSTILE, at(0), "ab" * 32, "s1"))
        cell.quarantine([Quarantined("plant/10.0.0.7", "plant", HOSTILE, at(0))])
        rows = [(kind, understood(kind, json.loads(text))) for kind, text in cell.outgoing({"s1"}, {"plant"})]
        for _ in range(2):
            store.take_in(rows, mark)
            assert (store.scans(), store.plan("s1")) == (cell.scans(), cell.plan("s1"))
            assert list(store.observations()) == list(cell.observations())
            assert list(store.exchanges()) == list(cell.exchanges())
            assert (store.approvals(), store.quarantined()) == (cell.approvals(), cell.quarantined())
            assert store.bundles() == (mark,)
    assert store.check() == ()
