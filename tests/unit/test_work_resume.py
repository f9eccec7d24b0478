"""What a killed run leaves, and the terms on which an interrupted one goes on."""

import json
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from assetctl.errors import Exit, InputError, IntegrityFault
from assetctl.model import NetworkKind, ScanState
from assetctl.plan import Plan
from assetctl.safety.ledger import read, reopen
from assetctl.scope import Limits, Target
from assetctl.work import lock, recovery
from tests.live.killed_plant import NETWORK, Plant
from tests.unit.command import Desk
from tests.unit.plants import plan_of, scope, target
from tests.unit.scanned import desk, scan_of, scanned_once, servers, store_of

__all__ = ["desk", "scanned_once", "servers"]


def locks(desk: Desk) -> Path:
    return desk.folder.parent / "locks"


def left_running(desk: Desk, **changes: Any) -> str:
    """The scan as a kill leaves it: running, without head and count, its last step unfinished."""
    scan = scan_of(desk)
    with store_of(desk) as store:
        last = list(store.observations(scan=scan.id))[-1]
        killed = replace(scan, state=ScanState.RUNNING, head="", count=0, ended=None, counts={})
        store.finish_scan(replace(killed, **changes))
        with store.writing() as connection:
            connection.execute(text("DELETE FROM observation WHERE id = :id"), {"id": last.id})
    return scan.id


def state(desk: Desk) -> str:
    rows = json.loads(desk.call("-q", "--format", "json", "scans", "list").out)["data"]
    return str(rows[0]["state"])


def test_a_killed_scan_is_shown_as_interrupted_and_its_chain_is_closed(desk: Desk) -> None:
    whole = scan_of(desk)
    scan = left_running(desk)
    said = desk.call("scans", "list")
    assert "interrupted" in said.out
    assert f"--resume {scan}" in said.err
    assert (scan_of(desk).head, scan_of(desk).count) == (whole.head, whole.count)
    assert desk.call("scans", "list").err == ""


def test_a_scan_that_holds_its_lock_is_running(desk: Desk) -> None:
    scan = left_running(desk)
    with lock.held(locks(desk), "plant", scan):
        assert state(desk) == "running"
        (locks(desk) / "plant.holder").write_text("half a li")
        assert state(desk) == "running"
    assert state(desk) == "interrupted"


def test_a_lock_that_another_scan_holds_does_not_keep_a_killed_one_running(desk: Desk) -> None:
    left_running(desk)
    with lock.held(locks(desk), "plant", "s-other"):
        assert state(desk) == "interrupted"


def test_a_scan_of_another_machine_is_not_judged(desk: Desk) -> None:
    left_running(desk, ledger="/another/machine/s.jsonl")
    assert state(desk) == "running"


def test_what_tripped_before_a_kill_stays_alone(desk: Desk) -> None:
    scan = scan_of(desk)
    ledger = reopen(Path(scan.ledger))
    at = "2026-11-22T12:00:00+00:00"
    ledger.append({"at": at, "do": "trip", "to": f"plant/{NETWORK}.2", "reason": "reset", "step": "x"}, now_s=0)
    ledger.close()
    left_running(desk)
    assert state(desk) == "interrupted"
    rows = json.loads(desk.call("--format", "json", "quarantine", "list").out)["data"]
    assert [(row["id"], row["reason"]) for row in rows] == [(f"plant/{NETWORK}.2", "reset")]


def test_going_on_asks_only_what_is_not_finished(desk: Desk, servers: Plant) -> None:
    scan = left_running(desk)
    with store_of(desk) as store:
        done = store.steps_done(scan)
    servers.clear()
    said = desk.call("--format", "json", "-q", "scan", "--resume", scan, "--yes")
    assert said.code == 0, said.err
    assert set(servers.connects) == {f"{NETWORK}.{n}" for n in (1, 2, 3)} - {
        name.partition("plant/")[2].partition(":")[0] for name in done
    }
    record = json.loads(said.out)["data"]
    assert record["steps"]["answered"] == 3
    assert (record["head"], record["count"]) == (scan_of(desk).head, scan_of(desk).count)
    assert desk.call("evidence", "verify").code == 0


def test_a_step_that_was_begun_twice_is_not_begun_again(desk: Desk, servers: Plant) -> None:
    scan = left_running(desk)
    with store_of(desk) as store:
        done = store.steps_done(scan)
    path = Path(scan_of(desk).ledger)
    begun = [line.entry for line in read(path) if line.entry.get("begins")]
    lost = next(entry for entry in begun if f"{scan}/{entry['step']}" not in done)
    ledger = reopen(path)
    ledger.append(lost, now_s=0)
    ledger.close()
    servers.clear()
    said = desk.call("--format", "json", "-q", "scan", "--resume", scan, "--yes")
    assert said.code == Exit.PARTIAL
    assert json.loads(said.out)["data"]["steps"]["aborted"] == 1
    assert not servers.connects


def test_a_finished_or_unknown_scan_does_not_go_on(desk: Desk, servers: Plant) -> None:
    servers.clear()
    for name in (scan_of(desk).id, "s-unknown"):
        said = desk.call("-q", "scan", "--resume", name, "--yes")
        assert said.code == Exit.USAGE
        assert len(said.errors) == 1
        assert name in said.errors[0]
    assert not servers.connects


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f'[targets]\ninclude = ["{NETWORK}.1-{NETWORK}.4"]\n', "new or wider"),
        (f'[targets]\ninclude = ["{NETWORK}.1-{NETWORK}.3"]\n[limits]\nanswer_s = 1.5\n', "limits"),
    ],
)
def test_a_scan_does_not_go_on_with_another_plan(desk: Desk, servers: Plant, text: str, word: str) -> None:
    scan = left_running(desk)
    path = desk.folder / "assetctl.toml"
    probes = path.read_text("utf-8").partition("[probes]")[2]
    path.write_text(f"{text}[probes]{probes}", "utf-8")
    servers.clear()
    target = f"{NETWORK}.1-{NETWORK}.4" if word == "new or wider" else f"{NETWORK}.1-{NETWORK}.3"
    said = desk.call("-q", "scan", "--resume", scan, "--yes", target)
    assert said.code == Exit.USAGE
    assert word in said.errors[0]
    assert not servers.connects


def test_what_was_excluded_since_stays_unasked(desk: Desk, servers: Plant) -> None:
    scan = left_running(desk)
    with store_of(desk) as store:
        lost = {f"{NETWORK}.{n}" for n in (1, 2, 3)} - {
            name.partition("plant/")[2].partition(":")[0] for name in store.steps_done(scan)
        }
    path = desk.folder / "assetctl.toml"
    text = path.read_text("utf-8").replace("[targets]", f"[targets]\nexclude = {json.dumps(sorted(lost))}")
    path.write_text(text, "utf-8")
    servers.clear()
    assert desk.call("-q", "scan", "--resume", scan, "--yes").code == 0
    assert not servers.connects


WIDE = scope(target("10.0.0.1", "10.0.0.9"), excluded=(target("10.0.0.9"),))


@pytest.mark.parametrize(
    ("today", "reason"),
    [
        ({}, ""),
        ({"excluded": (target("10.0.0.8"), target("10.0.0.9"))}, ""),
        ({"excluded": ()}, "no longer excluded"),
        ({"limits": Limits(packets_per_second=49)}, "limits"),
        ({"targets": (target("10.0.0.1", "10.0.0.10"),)}, "new or wider"),
        ({"targets": (Target("cell", ip_address("10.0.0.1"), ip_address("10.0.0.9")),)}, "new or wider"),
        ({"probes": ("modbus", "s7")}, "requests"),
        ({"ports": {"modbus": (503,)}}, "new or wider"),
        ({"contact": "another control room"}, ""),
    ],
)
def test_a_plan_may_become_narrower_and_never_wider(today: Mapping[str, Any], reason: str) -> None:
    permitted = json.loads(plan_of(WIDE).canonical())
    found = recovery.wider(permitted, plan_of(replace(WIDE, **today)))
    assert (reason in found) if reason else found == ""


def test_a_plan_for_another_kind_of_network_is_wider() -> None:
    permitted = json.loads(plan_of(WIDE).canonical())
    networks = tuple(replace(network, kind=NetworkKind.LAB) for network in WIDE.networks)
    assert recovery.wider(permitted, plan_of(replace(WIDE, networks=networks)))


def test_without_a_stored_plan_every_plan_is_wider() -> None:
    made: Plan = plan_of(WIDE)
    assert recovery.wider({}, made)


def test_a_ledger_that_is_behind_the_store_is_not_built_on(desk: Desk) -> None:
    """As after a power cut: numbers would be given out a second time."""
    scan = left_running(desk)
    path = Path(scan_of(desk).ledger)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))
    said = desk.call("-q", "scan", "--resume", scan, "--yes")
    assert said.code == Exit.INTEGRITY
    assert "lost its end" in said.errors[0]
    assert "new scan" in said.errors[0]


def test_a_torn_last_line_is_cut_off_and_the_scan_goes_on(desk: Desk, servers: Plant) -> None:
    scan = left_running(desk)
    with Path(scan_of(desk).ledger).open("ab") as stream:
        stream.write(b'{"n":99,"at":"2026')
    assert desk.call("-q", "scan", "--resume", scan, "--yes").code == 0
    assert desk.call("evidence", "verify").code == 0


def test_a_narrowed_scan_goes_on_with_the_devices_it_was_narrowed_to(desk: Desk, servers: Plant) -> None:
    said = desk.call("-q", "--format", "json", "scan", "--yes", "--from-evidence", "--missing", "serial_number")
    assert said.code == 0, said.err
    scan = left_running(desk)
    servers.clear()
    assert desk.call("-q", "scan", "--resume", scan, "--yes").code == 0
    assert len(servers.connects) == 1


def test_faults_of_going_on_are_the_users_or_of_the_evidence(desk: Desk) -> None:
    with store_of(desk) as store:
        with pytest.raises(InputError):
            recovery.resumed(store, "s-unknown", plan_of(WIDE))
        store.finish_scan(replace(scan_of(desk), state=ScanState.INTERRUPTED, head="0" * 64))
        stored = json.loads(store.plan(scan_of(desk).id) or "")["plan"]
        assert recovery.wider(stored, plan_of(WIDE))
    said = desk.call("-q", "scan", "--resume", scan_of(desk).id, "--yes")
    assert said.code == IntegrityFault.exit


def test_a_scan_that_left_a_safety_system_alone_goes_on_with_its_approval(desk: Desk, servers: Plant) -> None:
    known = f"- {{id: ESD, match: {{ip_address: {NETWORK}.2}}, declared: {{asset_role_type: safety-controller}}}}"
    desk.write("register.yaml", f"schema: 1\npositions:\n{known}\n")
    desk.write("assetctl.toml", '[files]\nregister = "register.yaml"\n' + (desk.folder / "assetctl.toml").read_text())
    assert desk.call("-q", "plan", "--approval", "approval.toml").code == 0
    signed = desk.folder / "approval.toml"
    signed.write_text(signed.read_text().replace("approved_by = []", 'approved_by = ["A. Example"]'))
    assert f"{NETWORK}.2/32" in signed.read_text()
    assert desk.call("-q", "scan", "--approval", "approval.toml").code == 0
    scan = left_running(desk)
    servers.clear()
    again = desk.call("-q", "scan", "--resume", scan, "--approval", "approval.toml")
    assert (again.code, again.err) == (0, "")
    assert len(servers.connects) == 1
