"""A scan that is killed at any moment loses no answer, repeats no finished step, and passes no budget.

ASSETCTL_KILLS sets the number of kills, ASSETCTL_KILL_SEED their moments. Every scan is a process of its own that
asks a plant on loopback under the rules of an IT network; what reached the plant is compared with store and ledger.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assetctl.cli.main import app
from assetctl.errors import Exit
from assetctl.model import Scan, ScanState
from assetctl.safety.ledger import read
from assetctl.store.repo import Store, open_store
from assetctl.work.proof import verify
from tests.live.killed_plant import DEVICES, NETWORK, UNITS, Plant, plant, settings

KILLS = int(os.environ.get("ASSETCTL_KILLS", "12"))
SEED = int(os.environ.get("ASSETCTL_KILL_SEED", "0")) or random.randrange(1, 2**31)
BUDGET = 24
ROOT = Path(__file__).parents[2]
SPAN_S = DEVICES / 6 * (UNITS - 1) / 20  # six devices at once, twenty units a second
TWICE = 0.3  # share of the kills whose resumed scan is killed too


@dataclass
class Figures:
    """What was counted over all kills; the first five have to stay zero."""

    lost_answers: int = 0
    unproved_ledgers: int = 0
    repeated_steps: int = 0
    third_beginnings: int = 0
    passed_budgets: int = 0
    kills: int = 0
    states: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    in_flight: int = 0  # sent by the device, and the process was dead before they were committed; asked again
    finished: int = 0
    begun_again: int = 0
    given_up: int = 0
    torn: int = 0


@dataclass(frozen=True)
class Place:
    """One folder with its settings, database and approval."""

    folder: Path
    approval: Path

    def command(self, *more: str) -> list[str]:
        return ["scan", "--approval", str(self.approval), *more]

    def start(self, *more: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", "from assetctl.cli.main import main; main()", "-q", *self.command(*more)]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=self.folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, **silent)

    def call(self, *arguments: str) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            return CliRunner().invoke(app, ["-q", "--format", "json", *arguments])

    def store(self) -> Store:
        return open_store(f"sqlite:///{self.folder / 'assetctl.db'}", create=False)

    def assets(self) -> list[dict[str, Any]]:
        """The inventory without times, and without what follows from the name of the scan."""
        found = self.call("assets", "list")
        records = json.loads(found.stdout)["data"]
        for record in records:
            del record["first_seen"], record["last_seen"], record["sources"], record["id"]
        return sorted(records, key=lambda record: str(record["ip_address"]))


@pytest.fixture(scope="module")
def peers() -> Iterator[Plant]:
    with plant() as running:
        yield running


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSETCTL_LOCKS", str(tmp_path / "locks"))


def place(tmp_path: Path, name: str, peers: Plant, *, runs: int = 1) -> Place:
    """A folder of its own; the approval is made and signed in it."""
    folder = tmp_path / name
    folder.mkdir()
    settings(folder, peers.port)
    made = Place(folder, folder / "approval.toml")
    assert made.call("plan", "--approval", str(made.approval)).exit_code == 0
    text = made.approval.read_text("utf-8")
    text = re.sub(r"approved_by = \[\].*", 'approved_by = ["A. Owner, plant"]', text)
    made.approval.write_text(text.replace("runs = 1", f"runs = {runs}"), "utf-8")
    return made


def test_kills_lose_no_answer_repeat_no_step_and_pass_no_budget(tmp_path: Path, locks: None, peers: Plant) -> None:
    whole = place(tmp_path, "whole", peers)
    peers.clear()
    assert whole.call(*whole.command()).exit_code == 0
    assert peers.cost() == dict.fromkeys((f"{NETWORK}.{n}" for n in range(1, DEVICES + 1)), UNITS)
    expected = whole.assets()
    assert len(expected) == DEVICES
    moments, figures = random.Random(SEED), Figures()
    for number in range(KILLS):
        _kill_and_resume(place(tmp_path, f"kill-{number}", peers), peers, moments, figures, expected)
    print(f"\nseed {SEED}: {figures}")
    assert figures.kills == KILLS
    bad = ("lost_answers", "unproved_ledgers", "repeated_steps", "third_beginnings", "passed_budgets")
    assert {name: getattr(figures, name) for name in bad} == dict.fromkeys(bad, 0), f"seed {SEED}"
    assert figures.states["interrupted"] > KILLS / 2
    assert figures.finished
    assert figures.begun_again


def test_the_budget_holds_over_runs(tmp_path: Path, locks: None, peers: Plant) -> None:
    here = place(tmp_path, "budget", peers, runs=4)
    few = here.command(f"{NETWORK}.1-{NETWORK}.3")
    peers.clear()
    assert here.call(*few).exit_code == here.call(*few).exit_code == 0
    assert here.call(*few).exit_code == Exit.PARTIAL
    assert peers.cost() == {f"{NETWORK}.{n}": BUDGET for n in (1, 2, 3)}


@pytest.mark.parametrize("how", ["interrupt", "terminate", "stop"])
def test_a_stop_ends_all_sending_within_a_second_and_the_scan_goes_on(
    tmp_path: Path, locks: None, peers: Plant, how: str
) -> None:
    here = place(tmp_path, how, peers)
    peers.clear()
    process = here.start()
    assert peers.first.wait(90)
    _wait_for_a_finished_step(here)
    if how == "stop":
        assert here.call("stop").exit_code == 0
    else:
        process.send_signal(signal.SIGINT if how == "interrupt" else signal.SIGTERM)
    sleep(1.0)
    sent = len(peers.units)
    code = process.wait(10)
    assert code == {"interrupt": Exit.INTERRUPTED, "terminate": Exit.TERMINATED, "stop": Exit.SAFETY}[how]
    scan = _scan(here)
    assert scan.state is ScanState.INTERRUPTED
    assert len(peers.units) == sent
    assert sent < DEVICES * (UNITS - 1)
    finished = _finished(here, scan)
    assert 0 < len(finished) < DEVICES
    with here.store() as store:
        assert verify(store, scan.id, head=scan.head, count=scan.count)[0].fault == ""
    done = here.call(*here.command("--resume", scan.id))
    assert done.exit_code == 0, done.output
    assert not {unit.address for unit in peers.units[sent:]} & finished
    assert len(here.assets()) == DEVICES
    assert max(peers.cost().values()) <= BUDGET


def _kill_and_resume(
    here: Place, peers: Plant, moments: random.Random, figures: Figures, expected: list[dict[str, Any]]
) -> None:
    peers.clear()
    _kill(here.start(), peers, moments)
    figures.kills += 1
    scan = _judge(here, peers, figures)
    if scan is None:
        assert here.call(*here.command()).exit_code == 0
        assert here.assets() == expected
        return
    if scan.state is ScanState.INTERRUPTED and moments.random() < TWICE:
        finished, before = _finished(here, scan), len(peers.units)
        peers.first.clear()
        _kill(here.start("--resume", scan.id), peers, moments)
        _count_repeats(peers, finished, before, figures)
        _judge(here, peers, figures)
    if _scan(here).state is ScanState.INTERRUPTED:
        _resume(here, scan, peers, figures)
    _count_costs(here, scan, peers, figures)
    given_up = _given_up(here, scan)
    figures.given_up += len(given_up)
    wanted = [one for one in expected if not set(one["ip_address"]) & given_up]
    assert [one for one in here.assets() if not set(one["ip_address"]) & given_up] == wanted


def _kill(process: "subprocess.Popen[bytes]", peers: Plant, moments: random.Random) -> None:
    """Kill a scan at a moment between its first connect, or some time before, and its end."""
    if moments.random() < 0.1:
        sleep(moments.uniform(0.0, 1.0))
    else:
        while not peers.first.wait(0.02) and process.poll() is None:
            pass
        sleep(moments.uniform(0.0, SPAN_S * 1.1))
    process.kill()
    assert process.wait(10) in (-signal.SIGKILL, Exit.DONE, Exit.PARTIAL), "the scan ended by an error of its own"


def _judge(here: Place, peers: Plant, figures: Figures) -> Scan | None:
    """What the kill left: a database that opens, a scan that says so, and every answer that was acted upon."""
    listed = here.call("scans", "list")
    states = [row["state"] for row in json.loads(listed.stdout)["data"]]
    assert listed.exit_code == 0
    figures.states[states[0] if states else "none"] += 1
    if not states:
        assert not peers.units
        return None
    scan = _scan(here)
    assert scan.state is not ScanState.RUNNING
    with here.store() as store:
        assert store.check() == ()
        stored = {
            (one.step.partition("@plant/")[2].partition(":")[0], one.exchange.sent[:2], unit)
            for one in store.exchanges(scan.id)
            for unit in one.exchange.received
        }
        proofs = verify(store, scan.id) if Path(scan.ledger).exists() else ()
        figures.unproved_ledgers += sum(bool(proof.fault) for proof in proofs)
        figures.torn += sum("not finished" in proof.claim for proof in proofs)
    last = {unit.connection: unit for unit in peers.units}
    for unit in peers.units:
        figures.answers += 1
        if (unit.address, unit.transaction.to_bytes(2), unit.answer) not in stored:
            is_last = last[unit.connection] is unit
            figures.in_flight += is_last
            figures.lost_answers += not is_last
    return scan


def _resume(here: Place, scan: Scan, peers: Plant, figures: Figures) -> None:
    finished, before = _finished(here, scan), len(peers.units)
    done = here.call(*here.command("--resume", scan.id))
    assert done.exit_code in (Exit.DONE, Exit.PARTIAL), done.output
    figures.finished += len(finished)
    _count_repeats(peers, finished, before, figures)
    with here.store() as store:
        assert verify(store, scan.id)[0].fault == ""


def _count_repeats(peers: Plant, finished: frozenset[str], before: int, figures: Figures) -> None:
    figures.repeated_steps += len({unit.address for unit in peers.units[before:]} & finished)


def _count_costs(here: Place, scan: Scan, peers: Plant, figures: Figures) -> None:
    begun = _begun(scan)
    figures.begun_again += sum(times == 2 for times in begun.values())
    figures.third_beginnings += sum(times > 2 for times in begun.values())
    figures.third_beginnings += sum(times > 2 for times in peers.connects.values())
    figures.passed_budgets += sum(units > BUDGET for units in peers.cost().values())


def _begun(scan: Scan) -> Mapping[str, int]:
    return Counter(line.entry["step"] for line in read(Path(scan.ledger)) if line.entry.get("begins"))


def _scan(here: Place) -> Scan:
    with here.store() as store:
        found = store.latest_scan()
    assert found is not None
    return found


def _wait_for_a_finished_step(here: Place) -> None:
    for _ in range(1200):
        if _finished(here, _scan(here)):
            return
        sleep(0.05)
    raise AssertionError("no step was finished within a minute")


def _finished(here: Place, scan: Scan) -> frozenset[str]:
    """Addresses whose step is finished."""
    with here.store() as store:
        return frozenset(name.partition("@plant/")[2].partition(":")[0] for name in store.steps_done(scan.id))


def _given_up(here: Place, scan: Scan) -> set[str]:
    with here.store() as store:
        return {str(o.target.ip) for o in store.observations(scan=scan.id) if o.target and "twice" in o.detail}
