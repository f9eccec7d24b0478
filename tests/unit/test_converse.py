"""Talks over real sockets on loopback, with peers that behave badly in every way the rules name."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assetctl.model import Exchange, NetworkKind, Observation, Outcome
from assetctl.protocol import Context
from assetctl.protocols.modbus import PROTOCOL
from assetctl.safety.ledger import read
from assetctl.scope import Vantage
from assetctl.work.converse import Surroundings, converse, overall
from tests.unit.plants import first_step, gate, plan_of, scope, target

Serve = Callable[[socket.socket], None]
ANSWER = bytes.fromhex("00000000 0015ff 2b0e01 01 00 00 02 00 04 41434d45 01 05 504c432d31".replace(" ", ""))


class Seen:
    """What reached the peer."""

    def __init__(self) -> None:
        self.connections = 0
        self.units: list[bytes] = []
        self.ended_by_fin: list[bool] = []
        self.at_once = 0
        self._now = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        with self._lock:
            self.connections += 1
            self._now += 1
            self.at_once = max(self.at_once, self._now)

    def leave(self, *, fin: bool) -> None:
        with self._lock:
            self._now -= 1
            self.ended_by_fin.append(fin)


@contextmanager
def peer(answer: Callable[[bytes, socket.socket], None]) -> Iterator[tuple[int, Seen]]:
    """A TCP server on loopback that hands every received unit to `answer`."""
    seen = Seen()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve() -> None:
        try:
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=talk, args=(connection,), daemon=True).start()
        except OSError:
            return

    def talk(connection: socket.socket) -> None:
        seen.enter()
        connection.settimeout(10)
        fin = False
        with connection:
            try:
                while unit := connection.recv(4096):
                    seen.units.append(unit)
                    answer(unit, connection)
                fin = True
            except OSError:
                pass
            seen.leave(fin=fin)

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield listener.getsockname()[1], seen


def ask(port: int, tmp_path: Path, *, answer_s: float = 0.3) -> tuple[Observation, list[Exchange]]:
    plan = plan_of(scope(target("127.0.0.1"), kind=NetworkKind.LAB, ports={"modbus": (port,)}))
    kept: list[Exchange] = []

    async def keep(_step: str, exchange: Exchange) -> None:
        kept.append(exchange)

    around = Surroundings("s1", Vantage("plant"), {}, 0.9, keep, lambda: datetime.now(UTC))
    context = Context(port=port, seed=0, answer_s=answer_s)
    talk = converse(
        first_step(plan), PROTOCOL.probe(context), context, PROTOCOL.reader, gate=gate(plan, tmp_path), around=around
    )
    return asyncio.run(talk), kept


def values(observation: Observation) -> dict[str, object]:
    return {claim.key: claim.value for claim in observation.claims}


def test_an_answer_becomes_claims_and_the_peer_saw_one_connection_and_our_fin(tmp_path: Path) -> None:
    with peer(lambda unit, c: c.sendall(ANSWER)) as (port, seen):
        observation, kept = ask(port, tmp_path)
    assert values(observation)["manufacturer"] == "ACME"
    assert values(observation)["port_state"] == "open"
    assert (seen.connections, len(seen.units), seen.ended_by_fin) == (1, 1, [True])
    assert observation.exchanges == tuple(kept)
    assert [e.sent for e in kept if e.sent] == seen.units
    sent = [line.entry for line in read(tmp_path / "ledger") if line.entry["do"] == "permit" and "size" in line.entry]
    assert len(sent) == len(seen.units)


def test_an_answer_in_one_byte_pieces_is_the_same_answer(tmp_path: Path) -> None:
    def dribble(_unit: bytes, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for value in ANSWER:
            connection.sendall(bytes([value]))

    with peer(dribble) as (port, _):
        observation, _ = ask(port, tmp_path, answer_s=2)
    assert values(observation)["order_code"] == "PLC-1"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (lambda unit, c: None, Outcome.SILENT),
        (lambda unit, c: c.sendall(b"\xff" * 400), Outcome.GARBLED),
        (lambda unit, c: c.sendall(ANSWER[:5]), Outcome.GARBLED),
        (lambda unit, c: c.sendall(b"\x77" + ANSWER[1:]), Outcome.SILENT),
        (lambda unit, c: c.sendall(ANSWER[:-1]) or c.shutdown(socket.SHUT_WR), Outcome.GARBLED),
        (lambda unit, c: c.shutdown(socket.SHUT_RDWR), Outcome.RESET),
    ],
    ids=["silent", "noise", "unfinished", "another-question", "cut-short", "hangs-up"],
)
def test_a_bad_answer_costs_its_own_question_only(
    tmp_path: Path, answer: Callable[[bytes, socket.socket], None], outcome: Outcome
) -> None:
    with peer(answer) as (port, seen):
        observation, _ = ask(port, tmp_path)
    assert observation.outcome is outcome
    assert "manufacturer" not in values(observation)
    assert seen.connections == 1
    assert len(seen.units) == 1


def test_a_peer_that_never_stops_sending_is_left_in_bounded_time(tmp_path: Path) -> None:
    def flood(_unit: bytes, connection: socket.socket) -> None:
        while True:
            connection.sendall(b"\x77" + ANSWER[1:])

    with peer(flood) as (port, seen):
        observation, _ = ask(port, tmp_path)
    assert observation.outcome is Outcome.GARBLED
    assert (observation.ended - observation.started).total_seconds() < 5
    assert len(seen.units) == 1


def test_a_closed_port_is_refused_and_known_as_closed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    observation, _ = ask(port, tmp_path)
    assert observation.outcome is Outcome.REFUSED
    assert values(observation)["port_state"] == "closed"


@pytest.mark.parametrize(
    ("detail", "denied", "outcome"),
    [
        ("udp/47808", True, Outcome.DENIED),
        ("udp/47808", False, Outcome.ABORTED),
        ("link/34962", True, Outcome.DENIED),
        ("tcp/502", True, Outcome.ANSWERED),
    ],
)
def test_a_socket_from_which_nothing_left_is_no_answer(detail: str, denied: bool, outcome: Outcome) -> None:
    opened = Exchange("s1:1", "connect", b"", (), Outcome.ANSWERED, datetime(2026, 3, 2, tzinfo=UTC), None, detail)
    assert overall([opened], denied=denied) is outcome
