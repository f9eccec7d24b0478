"""Evidence read again gives what it gave, without a packet; a better decoder heals old readings."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assetctl.errors import Exit, WireError
from assetctl.model import Asset, Claim, Observation, Transport
from assetctl.protocol import Context, Protocol
from assetctl.protocols import registry
from assetctl.talk import Open, Talk
from assetctl.work import rereading
from assetctl.work.importing import import_nmap
from assetctl.work.reread import reread
from assetctl.work.rereading import reread_all
from tests.live.killed_plant import Plant
from tests.unit.command import Desk
from tests.unit.plants import NOW
from tests.unit.scanned import desk, scanned_once, servers, store_of

__all__ = ["desk", "scanned_once", "servers"]

REPORTS = Path(__file__).parents[1] / "data" / "nmap"


def inventory(desk: Desk) -> list[Asset]:
    with store_of(desk) as store:
        return sorted(store.assets(), key=lambda asset: asset.id)


def other(protocol: Protocol, *, claims: tuple[Claim, ...]) -> Protocol:
    """The protocol with a decoder that reads more out of the same answers."""

    def probe(context: Context) -> Talk:
        found = yield from protocol.probe(context)
        return (*found, *claims)

    return replace(protocol, probe=probe, version=protocol.version + 1)


def test_reading_again_gives_equal_assets_and_sends_nothing(desk: Desk, servers: Plant) -> None:
    with store_of(desk) as store:
        for report in sorted(REPORTS.glob("*.xml")):
            import_nmap(store, report, realm="plant", now=NOW)
    before = inventory(desk)
    servers.clear()
    said = desk.call("--format", "json", "evidence", "reread")
    assert said.code == 0, said.err
    assert json.loads(said.out)["data"] == []
    assert inventory(desk) == before
    assert not servers.connects
    assert len(before) > 3


def test_every_observation_of_a_probe_is_read_from_its_exchanges_alone(desk: Desk) -> None:
    with store_of(desk) as store:
        for one in reread(store.observations(), registry()):
            assert (one.changed, one.missing, one.fault) == (False, 0, "")
            assert set(one.observation.claims) == set(store.observation(one.observation.id).claims)  # type: ignore[union-attr]


def test_a_better_decoder_shows_and_stores_what_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    better = other(registry()["modbus"], claims=(Claim("hostname", "pump-house"),))
    before = inventory(desk)
    with monkeypatch.context() as patch:
        patch.setattr(rereading, "registry", lambda: registry() | {"modbus": better})
        _shows_and_stores_the_better_reading(desk, better, before)
    desk.call("evidence", "reread")
    assert inventory(desk) == before


def _shows_and_stores_the_better_reading(desk: Desk, better: Protocol, before: list[Asset]) -> None:
    said = desk.call("--format", "json", "evidence", "reread", "--dry-run")
    rows = json.loads(said.out)["data"]
    assert [row["change"] for row in rows] == ["+hostname=pump-house"] * 3
    assert inventory(desk) == before
    assert desk.call("evidence", "reread").code == 0
    with store_of(desk) as store:
        readers = {one.reader for one in store.observations()}
    assert readers == {better.reader}
    hosts = {fact.value for asset in inventory(desk) for fact in asset.facts if fact.key == "hostname"}
    assert hosts == {"pump-house"}
    assert [asset.id for asset in inventory(desk)] == [asset.id for asset in before]
    assert json.loads(desk.call("--format", "json", "evidence", "reread").out)["data"] == []


def test_a_decoder_that_asks_another_question_says_what_is_missing(desk: Desk) -> None:
    asking = asking_otherwise(registry()["modbus"])
    with store_of(desk) as store:
        found = [one for one in reread(store.observations(), registry() | {"modbus": asking}) if one.missing]
    assert len(found) == 3


def asking_otherwise(protocol: Protocol) -> Protocol:
    """The protocol with a decoder whose first question is none that was ever recorded."""

    def probe(context: Context) -> Talk:
        return (yield from protocol.probe(replace(context, seed=context.seed + 1)))

    return replace(protocol, probe=probe, version=protocol.version + 1)


def test_evidence_of_an_older_question_loses_nothing_and_is_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = inventory(desk)
    monkeypatch.setattr(rereading, "registry", lambda: registry() | {"modbus": asking_otherwise(registry()["modbus"])})
    said = desk.call("--format", "json", "evidence", "reread")
    assert said.code == Exit.PARTIAL
    assert json.loads(said.out)["data"] == []
    assert sum("stored reading is kept" in line for line in json.loads(said.out)["warnings"]) == 3
    assert "3 of older questions kept" in said.err
    assert inventory(desk) == before
    with store_of(desk) as store:
        assert {one.reader for one in store.observations()} == {registry()["modbus"].reader}


def test_a_further_question_is_no_reason_to_keep_an_old_reading_that_today_s_holds_whole(desk: Desk) -> None:
    modbus = registry()["modbus"]

    def probe(context: Context) -> Talk:
        found = yield from modbus.probe(context)
        yield Open(Transport.TCP, context.port)
        return (*found, Claim("hostname", "pump-house"))

    with store_of(desk) as store:
        again = list(reread(store.observations(), {"modbus": replace(modbus, probe=probe)}))
    assert [(one.missing, one.kept, one.changed) for one in again] == [(1, False, True)] * 3


def cut_short(one: Observation, *, detail: str) -> Observation:
    """The observation of a talk that ended before its last exchange."""
    return replace(one, exchanges=one.exchanges[:-1], detail=detail)


@pytest.mark.parametrize(("detail", "kept"), [("budget: 24 units are spent in 24 hours", False), ("", True)])
def test_a_question_that_was_denied_then_is_not_an_older_one(desk: Desk, detail: str, kept: bool) -> None:
    with store_of(desk) as store:
        one = cut_short(next(iter(store.observations())), detail=detail)
    (again,) = reread([one], registry())
    assert (again.missing, again.kept) == (1, kept)


def test_a_decoder_that_gives_up_is_a_fault_and_costs_no_other_reading(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    modbus = registry()["modbus"]

    def probe(context: Context) -> Talk:
        yield from modbus.probe(context)
        raise WireError("length: broken")

    broken = replace(modbus, probe=probe)
    monkeypatch.setattr(rereading, "registry", lambda: registry() | {"modbus": broken})
    with store_of(desk) as store:
        done = reread_all(store, dry_run=True)
    assert done.observations == 3
    assert len(done.faults) == 3
    said = desk.call("--format", "json", "evidence", "reread", "--dry-run")
    assert said.code == Exit.PARTIAL
    assert len(json.loads(said.out)["warnings"]) == 3
    before = inventory(desk)
    assert desk.call("evidence", "reread").code == Exit.PARTIAL
    assert inventory(desk) == before


def test_evidence_of_a_protocol_that_is_gone_stays_as_it_was_read(desk: Desk) -> None:
    with store_of(desk) as store:
        found = list(reread(store.observations(), {}))
    assert {one.fault for one in found} == {"no protocol modbus"}
    assert all(one.observation.claims for one in found)
