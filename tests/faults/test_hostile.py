"""Hostile devices cost their budget and nothing else: not memory, not time without end, not what others answered."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from assetctl.errors import Exit
from assetctl.model import Address, Outcome, Transport
from assetctl.safety.gate import _SEAL
from assetctl.safety.ledger import read
from assetctl.safety.permit import Permit
from assetctl.scope import Vantage
from assetctl.store.repo import open_store
from assetctl.talk import Ask
from assetctl.transport.datagram import open_datagram
from assetctl.wire import Datagram
from assetctl.work.proof import verify
from tests.faults.hostile import BASE, TALKS, Hostile, hostile
from tests.faults.operations import TIMES
from tests.live.killed_plant import NETWORK, UNITS, Plant, plant

ROOT = Path(__file__).parents[2]
GOOD = 3
BUDGET = 24
MEASURED = """
import resource, sys
from assetctl.cli.main import main
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def peers() -> Iterator[Plant]:
    with plant() as running:
        yield running


def scanned(folder: Path, peers: Plant, bad: tuple[str, ...]) -> tuple[int, int, list[dict[str, Any]]]:
    """Exit code, peak memory in KiB and the good devices of one scan by a process of its own."""
    folder.mkdir()
    networks = "".join(f'[[networks]]\nrange = "{ip}/32"\nkind = "it"\n' for ip in bad)
    text = f"""
[[networks]]
range = "{NETWORK}.0/24"
kind = "it"
{networks}
[targets]
include = {json.dumps([f"{NETWORK}.1-{NETWORK}.{GOOD}", *bad])}
[limits]
packets_per_second = 1000
answer_s = 1.0
most_devices = 12
[probes]
only = ["modbus"]
[ports]
modbus = [{peers.port}]
"""
    (folder / "assetctl.toml").write_text(text, "utf-8")
    run = _call(folder, "scan", "--approval", _approval(folder))
    listed = _call(folder, "--format", "json", "assets", "list")
    records = [{k: v for k, v in one.items() if k not in TIMES} for one in json.loads(listed.stdout)["data"]]
    good = [one for one in records if str(one["ip_address"]).find(NETWORK) >= 0]
    return run.returncode, int(run.stderr.splitlines()[-1]), sorted(good, key=str)


def _approval(folder: Path) -> str:
    from tests.faults.place import sign

    assert _call(folder, "plan", "--approval", "approval.toml").returncode == 0
    sign(folder / "approval.toml")
    return "approval.toml"


def _call(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ASSETCTL_LOCKS": str(folder / "locks")}
    return subprocess.run(
        [sys.executable, "-c", MEASURED, "-q", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, peers: Plant) -> tuple[Any, Any, Hostile, Path, Plant]:
    """A scan of good devices alone, and one of the same among hostile ones."""
    folder = tmp_path_factory.mktemp("hostile")
    alone = scanned(folder / "alone", peers, ())
    peers.clear()
    with hostile(peers.port) as bad:
        among = scanned(folder / "among", peers, bad.addresses)
    return alone, among, bad, folder / "among", peers


def test_what_the_others_answered_is_the_same_as_without_the_hostile_ones(both: Any) -> None:
    alone, among, _, _, peers = both
    assert alone[0] == Exit.DONE
    assert len(alone[2]) == GOOD
    assert among[2] == alone[2]
    assert peers.cost() == {f"{NETWORK}.{number}": UNITS for number in range(1, GOOD + 1)}


def test_memory_does_not_grow_with_what_hostile_devices_send(both: Any) -> None:
    alone, among, *_ = both
    assert among[1] < 1.25 * alone[1]


def test_budgets_hold_for_each_hostile_device_and_the_ledger_is_proved(both: Any) -> None:
    _, among, bad, folder, _ = both
    assert among[0] == Exit.DONE
    with open_store(f"sqlite:///{folder / 'assetctl.db'}", create=False) as store:
        scan = store.latest_scan()
        assert scan is not None
        assert [proof.fault for proof in verify(store, scan.id) if proof.fault] == []
        seen = {str(one.target.ip): one for one in store.observations(scan=scan.id) if one.target}
    sent = Counter(
        line.entry["to"].partition("/")[2] for line in read(Path(scan.ledger)) if line.entry["do"] == "permit"
    )
    for address in bad.addresses:
        assert 1 <= sent[address] <= BUDGET
        assert bad.contacts[address] <= 2
    assert seen[bad.half_open].outcome is Outcome.SILENT
    assert {seen[ip].outcome for ip, talk in bad.talks.items() if talk.__name__ != "always_more"} <= {
        Outcome.SILENT, Outcome.GARBLED, Outcome.RESET
    }  # fmt: skip
    assert len(bad.contacts) == len(TALKS)


@contextlib.contextmanager
def flooding(spoofed: bytes, answer: bytes) -> Iterator[int]:
    """A device that answers late, while others flood whoever asks it with answers of their own."""
    over, sockets = threading.Event(), contextlib.ExitStack()
    device = sockets.enter_context(socket.socket(type=socket.SOCK_DGRAM))
    device.bind((f"{BASE}.99.1", 0))
    strangers = [sockets.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(4)]
    for number, stranger in enumerate(strangers, 2):
        stranger.bind((f"{BASE}.99.{number}", device.getsockname()[1]))

    def serve() -> None:
        with contextlib.suppress(OSError):
            _, asker = device.recvfrom(64)
            for number in range(3000):
                strangers[number % 4].sendto(answer, asker)
                if number % 10 == 0:
                    device.sendto(spoofed, asker)
            device.sendto(answer, asker)
            over.wait(0.05)

    thread = threading.Thread(target=serve)
    thread.start()
    with sockets:
        yield device.getsockname()[1]
        over.set()
        thread.join(10)


def test_answers_from_elsewhere_or_to_another_question_are_not_taken_and_cost_no_memory() -> None:
    async def scene(port: int) -> tuple[Outcome, tuple[bytes, ...], int]:
        line = open_datagram(_permit(port), Vantage("plant"))
        ask = Ask(b"?", Datagram(), wait_s=2.0, accepts=lambda unit: unit.startswith(b"right"))
        tracemalloc.start()
        heard = await line.ask(_permit(port, b"?"), ask)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        await line.close()
        return heard.reply.outcome, heard.reply.frames, peak

    with flooding(b"wrong" + bytes(1400), b"right" + bytes(1400)) as port:
        outcome, frames, peak = asyncio.run(scene(port))
    # either the device's own answer came through the flood, or the kernel dropped it: silence, never a stranger's
    assert (outcome, frames) in ((Outcome.ANSWERED, (b"right" + bytes(1400),)), (Outcome.SILENT, ()))
    assert peak < 1_000_000


def _permit(port: int, payload: bytes = b"") -> Permit:
    return Permit(
        _SEAL,
        address=Address("plant", ip_address(f"{BASE}.99.1")),
        transport=Transport.UDP,
        port=port,
        payload=payload,
        request="question",
        action="unit" if payload else "connect",
        step="s",
        sequence=1,
    )
