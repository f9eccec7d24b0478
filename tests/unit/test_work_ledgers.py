"""What ledgers tell: budgets over runs, traffic, how often a step was begun; and contexts and commits."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import EnvironmentFault
from assetctl.model import Exchange, Outcome, Scan, ScanState
from assetctl.protocol import Context, Credential
from assetctl.safety.ledger import Ledger
from assetctl.work import contexts, ledgers, lock
from assetctl.work.keep import Keeper
from tests.unit.plants import NOW, address

HOUR = timedelta(hours=1)


def permit(to: str, at: datetime, **more: Any) -> Mapping[str, Any]:
    entry = {"do": "permit", "at": at.isoformat(), "to": f"plant/{to}", "units": 1, "packets": 2, "purse": "identity"}
    return entry | {"request": "connect", "step": f"modbus@plant/{to}:tcp/502"} | more


def run(folder: Path, name: str, *entries: Mapping[str, Any], ended: datetime | None = None) -> Scan:
    ledger = Ledger(folder / name)
    for entry in entries:
        ledger.append(entry, now_s=0.0)
    ledger.close()
    return Scan(name, "plant", ScanState.DONE, NOW, ended, "lo", ledger=str(folder / name))


def test_units_of_all_runs_of_a_day_are_added_by_device_and_purse(tmp_path: Path) -> None:
    first = run(tmp_path, "a", permit("10.0.0.1", NOW - HOUR), permit("10.0.0.1", NOW - HOUR, units=2, purse="tables"))
    second = run(
        tmp_path, "b", permit("10.0.0.1", NOW), permit("10.0.0.2", NOW), {"do": "refuse", "to": "plant/10.0.0.3"}
    )
    assert ledgers.spent([first, second], now=NOW) == {
        address("10.0.0.1"): {"identity": 2, "tables": 2},
        address("10.0.0.2"): {"identity": 1},
    }


def test_units_are_forgotten_after_a_day_one_by_one(tmp_path: Path) -> None:
    scan = run(tmp_path, "a", permit("10.0.0.1", NOW), permit("10.0.0.1", NOW + HOUR))
    counts = [ledgers.spent([scan], now=NOW + timedelta(hours=hours)) for hours in (23, 24.5, 25.5)]
    assert [one.get(address("10.0.0.1"), {}).get("identity", 0) for one in counts] == [2, 1, 0]


def test_a_killed_run_counts_and_one_that_ended_long_ago_is_not_read(tmp_path: Path) -> None:
    killed = run(tmp_path, "a", permit("10.0.0.1", NOW))
    (tmp_path / "old").write_text("not a ledger at all\n")
    old = Scan("old", "plant", ScanState.DONE, NOW, NOW - 48 * HOUR, "lo", ledger=str(tmp_path / "old"))
    assert ledgers.spent([killed, old], now=NOW) == {address("10.0.0.1"): {"identity": 1}}


def test_what_a_torn_line_allowed_was_never_sent(tmp_path: Path) -> None:
    scan = run(tmp_path, "a", permit("10.0.0.1", NOW), permit("10.0.0.1", NOW))
    path = Path(scan.ledger)
    path.write_bytes(path.read_bytes()[:-9])
    assert ledgers.spent([scan], now=NOW) == {address("10.0.0.1"): {"identity": 1}}


def test_traffic_counts_what_left_by_device(tmp_path: Path) -> None:
    moments = [NOW + timedelta(seconds=s) for s in (0, 0.4, 0.9, 1.0, 3)]
    entries = [permit("10.0.0.1", at, request="connect" if at == NOW else "read") for at in moments]
    refused = {"do": "refuse", "to": "plant/10.0.0.1", "reason": "excluded"}
    tripped = {"do": "trip", "to": "plant/10.0.0.1", "reason": "reset"}
    goodbye = permit("10.0.0.1", NOW, units=0, request="goodbye")
    scan = run(tmp_path, "a", *entries, goodbye, refused, tripped, {"do": "answer", "re": 1})
    sent = ledgers.traffic(Path(scan.ledger))["plant/10.0.0.1"]
    assert (sent.units, sent.connections, sent.packets, sent.refusals, sent.trips) == (5, 1, 12, 1, ["reset"])
    assert sent.highest_per_s == 3


@given(st.lists(st.integers(0, 5000), max_size=60))
def test_the_highest_rate_is_that_of_the_fullest_second(milliseconds: list[int]) -> None:
    moments = [ms / 1000 for ms in sorted(milliseconds)]
    fullest = max((sum(start <= at < start + 1.0 for at in moments) for start in moments), default=0)
    assert ledgers.Sent(moments=moments).highest_per_s == fullest


def test_beginnings_and_ended_calls_are_counted(tmp_path: Path) -> None:
    begin = {"do": "permit", "step": "x", "begins": True}
    calls = [{"do": "lease", "sha256": "argv-1"}, {"do": "leased", "re": 3, "sha256": "report-1"}]
    scan = run(tmp_path, "a", begin, begin, *calls, {"do": "lease", "sha256": "argv-2"})
    assert ledgers.begun(Path(scan.ledger)) == {"x": 2}
    assert ledgers.leased(Path(scan.ledger)) == {"argv-1": "report-1"}


@given(
    seed=st.integers(0, 65535),
    depth=st.frozensets(st.text(max_size=20), max_size=3),
    names=st.lists(st.text(max_size=20), max_size=3),
    units=st.lists(st.integers(0, 255), max_size=4).map(tuple),
    known=st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=3),
)
def test_a_context_that_was_written_is_read_as_it_was(
    seed: int, depth: frozenset[str], names: list[str], units: tuple[int, ...], known: dict[str, str]
) -> None:
    credentials = tuple(Credential(name, "snmp-v2c") for name in names)
    context = Context(port=161, seed=seed, depth=depth, credentials=credentials, units=units, answer_s=1.5, known=known)
    assert contexts.read(contexts.written(context)) == context


def exchange(number: int) -> Exchange:
    return Exchange(f"s:{number}", "read", b"?", (b"!",), Outcome.ANSWERED, datetime.now(UTC))


def test_what_arrives_together_is_committed_together_and_before_anybody_goes_on() -> None:
    batches: list[list[str]] = []

    async def both() -> None:
        keeper = Keeper("s", lambda batch: batches.append([one.id for _, _, one in batch]))

        async def one(number: int) -> None:
            await keeper.keep("step", exchange(number))
            assert any(f"s:{number}" in batch for batch in batches)

        await asyncio.gather(*map(one, range(5)))
        await one(5)

    asyncio.run(both())
    assert batches == [[f"s:{n}" for n in range(5)], ["s:5"]]


def test_a_commit_that_fails_reaches_everybody_who_waits() -> None:
    def put(_batch: Sequence[object]) -> None:
        raise EnvironmentFault("the disk is full")

    async def both() -> list[object]:
        keeper = Keeper("s", put)
        return await asyncio.gather(*(keeper.keep("step", exchange(n)) for n in range(3)), return_exceptions=True)

    assert [str(fault) for fault in asyncio.run(both())] == ["the disk is full"] * 3


def test_a_lock_names_its_holder_and_is_free_afterwards(tmp_path: Path) -> None:
    assert lock.holder_of(tmp_path, "plant") == ""
    with lock.held(tmp_path, "plant", "s-1"):
        assert lock.holder_of(tmp_path, "plant") == "s-1"
        assert lock.holder_of(tmp_path, "cell") == ""
        with pytest.raises(EnvironmentFault, match="scan s-1"), lock.held(tmp_path, "plant", "s-2"):
            pass
        assert lock.ask_to_stop(tmp_path, "cell") == ()
        assert len(lock.ask_to_stop(tmp_path)) == 1
    assert lock.holder_of(tmp_path, "plant") == ""
    assert lock.ask_to_stop(tmp_path) == ()


def test_a_holder_that_was_killed_is_told_nothing(tmp_path: Path) -> None:
    with lock.held(tmp_path, "plant", "s-1"):
        pass
    (tmp_path / "plant.holder").write_text('{"scan": "s-0", "pid": 1}')
    assert lock.ask_to_stop(tmp_path) == ()
