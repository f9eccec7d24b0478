"""A golden file against stored evidence: what only today's decoders read otherwise, also of stations of a segment."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assetctl.baseline import approved
from assetctl.baseline_text import written
from assetctl.golden.outcome import Outcome
from assetctl.model import STATION, Claim, Exchange, Observation, Scan, ScanState, Transport, Zone
from assetctl.model import Outcome as Answer
from assetctl.protocols import registry
from assetctl.store.repo import Store, open_store
from assetctl.work import contexts
from assetctl.work.golding import compare
from assetctl.work.ingest import Declared, ingest
from assetctl.work.rereading import reread_all
from tests.contracts.captures import Capture, all_captures

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
STATIONS = "profinet_dcp-three_stations"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'plant.db'}") as opened:
        yield opened


def talk(capture: Capture, scan: str = "s1", day: int = 0, claims: frozenset[Claim] | None = None) -> Observation:
    """What a scan kept of a recorded talk with a segment."""
    at = AT + timedelta(days=day)
    exchanges = tuple(
        Exchange(f"{scan}:{number}", request, sent, reply.frames, reply.outcome, at)
        for number, (request, sent, reply) in enumerate(capture.recording)
    )
    said = capture.claims if claims is None else claims
    return Observation(
        id=f"{scan}/dcp@plant/link:eth1",
        scan=scan,
        source="probe",
        reader="profinet_dcp/0",
        realm="plant",
        target=None,
        vantage="eth1/any",
        outcome=Answer.ANSWERED,
        started=at,
        ended=at + timedelta(minutes=1),
        exchanges=exchanges,
        claims=tuple(sorted(said, key=str)),
        port=0x8892,
        transport=Transport.LINK,
        options=contexts.written(capture.context),
    )


def put(store: Store, one: Observation) -> None:
    end = one.ended + timedelta(minutes=1)
    cover = ("plant/link:eth1",)
    store.begin_scan(Scan(one.scan, "plant", ScanState.DONE, one.started, end, "eth1/any", coverage=cover))
    store.put_observations([one])


def cell(store: Store) -> Declared:
    """A zone of every device of the store, by name."""
    ingest(store, "plant")
    return Declared((Zone("cell-1", "plant", (), assets=tuple(one.id for one in store.assets())),))


def golden_file(store: Store, folder: Path, decoders: dict[str, str]) -> Path:
    path = folder / "cell-1.yaml"
    path.write_text(written(approved(store.assets(), zone="cell-1", realm="plant", decoders=decoders)), "utf-8")
    return path


def outcomes(store: Store, path: Path, *, days: int = 1) -> list[tuple[Outcome, str, str]]:
    now = AT + timedelta(days=days)
    found = compare(store, path, registry(), now=now, max_age=None, share=1.0)
    return [(one.outcome, one.field, one.current) for one in found.differences if one.outcome is not Outcome.EQUAL]


def capture() -> Capture:
    return next(one for one in all_captures() if str(one) == STATIONS)


def worse(claim: Claim) -> Claim:
    """What an older decoder made of the same bytes."""
    return replace(claim, value=f"{claim.value}??") if claim.key == "hostname" else claim


def test_a_better_reading_of_the_stations_of_a_segment_is_no_drift(store: Store, tmp_path: Path) -> None:
    put(store, talk(capture(), claims=frozenset(map(worse, capture().claims))))
    declared = cell(store)
    ingest(store, "plant", declared)
    path = golden_file(store, tmp_path, {"profinet_dcp": "0"})
    assert outcomes(store, path) == []
    reread_all(store, declared=declared)
    found = outcomes(store, path)
    assert len(found) == 3
    assert {(outcome, field) for outcome, field, _ in found} == {(Outcome.READING_CHANGED, "hostname")}


def test_another_value_of_the_plant_stays_drift_under_new_decoders(store: Store, tmp_path: Path) -> None:
    put(store, talk(capture(), claims=frozenset(map(worse, capture().claims))))
    declared = cell(store)
    ingest(store, "plant", declared)
    path = golden_file(store, tmp_path, {"profinet_dcp": "0"})
    renamed = frozenset(replace(c, value="other-name") if c.value == "plc-line1" else c for c in capture().claims)
    put(store, talk(capture(), "s2", 1, renamed))
    ingest(store, "plant", declared)
    found = outcomes(store, path, days=2)
    assert (Outcome.CHANGED, "hostname", "other-name") in found
    assert [outcome for outcome, *_ in found].count(Outcome.READING_CHANGED) == 2


def test_a_station_that_a_later_talk_did_not_hear_is_missing(store: Store, tmp_path: Path) -> None:
    put(store, talk(capture()))
    declared = cell(store)
    ingest(store, "plant", declared)
    held = {name: str(protocol.version) for name, protocol in registry().items()}
    path = golden_file(store, tmp_path, held)
    part = next(one.part for one in sorted(capture().claims, key=str) if one.part.startswith(STATION))
    gone = frozenset(one for one in capture().claims if one.part != part)
    put(store, talk(capture(), "s2", 1, gone))
    ingest(store, "plant", declared)
    assert [outcome for outcome, *_ in outcomes(store, path, days=2)] == [Outcome.MISSING]
