"""What this machine missed while it was stopped, starved or asleep is not told against a device."""

import asyncio
import signal
import socket
import struct
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assetctl.model import Exchange, NetworkKind, Observation, Outcome
from assetctl.protocol import Context
from assetctl.protocols.modbus import PROTOCOL
from assetctl.safety.gate import Gate
from assetctl.safety.limits import SLOWER_BY_MS
from assetctl.safety.permit import Permit
from assetctl.scope import Vantage
from assetctl.talk import Ask, Open, Talk
from assetctl.work.converse import Surroundings, converse
from assetctl.work.presence import GAP_S, JITTER_S, LOOK_S, Absence, Presence
from tests.unit.plants import Clock as Moved
from tests.unit.plants import first_step, gate, plan_of, scope, target
from tests.unit.test_converse import ANSWER, peer


def looked(late_s: tuple[float, ...], *, overdue_s: float = 0.0) -> Absence:
    """What is known after looks that came so late each, and while the next one is overdue."""
    clock = Moved()

    async def scene() -> Absence:
        presence = Presence(clock)
        assert presence.absence == Absence()
        with presence.watched():
            for late in late_s:
                clock.seconds += LOOK_S + late
                presence.look()
            clock.seconds += LOOK_S + overdue_s
            return presence.absence

    return asyncio.run(scene())


def test_looks_that_come_in_time_tell_of_no_absence() -> None:
    assert looked((0.0, JITTER_S / 2, 0.0)) == Absence()


def test_what_looks_come_too_late_is_absence_and_long_ones_are_counted() -> None:
    told = looked((0.0, 0.3, GAP_S + 0.5, 0.0))
    assert told.late_s == pytest.approx(GAP_S + 0.8)
    assert told.gaps == 1


def test_a_look_that_is_overdue_counts_already() -> None:
    told = looked((0.1,), overdue_s=3600.0)
    assert told.late_s == pytest.approx(3600.1)
    assert told.gaps == 1


def test_a_device_took_at_least_what_is_left_of_a_measured_time() -> None:
    assert Absence(0.75).least_ms(1000.0) == 250.0
    assert Absence(5.0).least_ms(1000.0) == 0.0
    assert Absence().least_ms(12.5) == 12.5
    assert Absence(5.0).least_ms(None) is None


QUESTIONS = 6
STOPPED_S = 0.6
UNIT = bytes.fromhex("0000 0000 0005 ff 2b0e0100")


def asking(port: int) -> Talk:
    """The same harmless question again and again."""
    yield Open(PROTOCOL.transport, port)
    for _ in range(QUESTIONS):
        yield Ask(UNIT, PROTOCOL.framing, wait_s=10.0)
    return ()


def talked(port: int, folder: Path, presence: Presence | None = None) -> tuple[Gate, list[float]]:
    """The gate after a talk with a device of an IT network, and the times that were measured."""
    plan = plan_of(scope(target("127.0.0.1"), kind=NetworkKind.IT, ports={"modbus": (port,)}))
    asked, measured = gate(plan, folder, clock=time.monotonic), []

    async def keep(_step: str, exchange: Exchange) -> None:
        assert presence is not None or exchange.outcome is Outcome.ANSWERED
        if exchange.sent and exchange.outcome is Outcome.ANSWERED:
            measured.append(exchange.rtt_ms or 0.0)

    async def scene() -> Observation:
        around = Surroundings(
            "s1", Vantage("plant"), {}, 0.9, keep, lambda: datetime.now(UTC), presence=presence or Presence()
        )
        context = Context(port=port, seed=0, answer_s=10.0)
        with around.presence.watched():
            return await converse(first_step(plan), asking(port), context, PROTOCOL.reader, gate=asked, around=around)

    observation = asyncio.run(scene())
    assert len(measured) == QUESTIONS or presence or asked.tripped, observation
    return asked, measured


def test_a_process_that_was_stopped_does_not_call_its_device_slow(tmp_path: Path) -> None:
    """The main thread stands still from before the answer is sent until long after."""
    asked = iter(range(QUESTIONS))
    goes_on = threading.Event()

    def answer(_unit: bytes, connection: socket.socket) -> None:
        is_stopped = next(asked) >= QUESTIONS // 2
        if is_stopped:
            goes_on.clear()
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        connection.sendall(ANSWER)
        if is_stopped:
            threading.Event().wait(STOPPED_S)
            goes_on.set()

    before = signal.signal(signal.SIGUSR1, lambda *_: goes_on.wait() and None)
    try:
        with peer(answer) as (port, _):
            gate_after, measured = talked(port, tmp_path)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert min(measured[QUESTIONS // 2 :]) > SLOWER_BY_MS + max(measured[: QUESTIONS // 2])
    assert gate_after.tripped == {}


def test_a_device_that_answers_late_is_called_slow(tmp_path: Path) -> None:
    asked = iter(range(QUESTIONS))

    def answer(_unit: bytes, connection: socket.socket) -> None:
        if next(asked) >= QUESTIONS // 2:
            threading.Event().wait(STOPPED_S * 2)
        connection.sendall(ANSWER)

    with peer(answer) as (port, _):
        gate_after, _ = talked(port, tmp_path)
    assert "slowed down" in next(iter(gate_after.tripped.values()))


@pytest.mark.parametrize("ends", [(Outcome.SILENT, Outcome.SILENT), (Outcome.RESET,)])
def test_silence_and_resets_count_unless_this_machine_was_away(tmp_path: Path, ends: tuple[Outcome, ...]) -> None:
    for is_ours in (True, False):
        plan = plan_of(scope(target("127.0.0.1"), ports={"modbus": (502,)}))
        folder = tmp_path / str(is_ours)
        folder.mkdir()
        clock = Moved()
        asked = gate(plan, folder, clock=clock)
        step, opened = first_step(plan), Open(PROTOCOL.transport, 502)
        for number, ended in enumerate((Outcome.ANSWERED, Outcome.ANSWERED, *ends)):
            clock.seconds += 60.0
            action = Ask(bytes([0, number]) + UNIT[2:], PROTOCOL.framing) if number else opened
            permit = asked.permit(step, action, opened=opened)
            assert isinstance(permit, Permit), permit
            asked.answered(step, permit, ended, (), None, "", is_ours=is_ours)
        assert bool(asked.tripped) is not is_ours


@pytest.mark.parametrize(("away_before", "trips"), [(1, True), (QUESTIONS - 1, False)])
def test_an_answer_after_an_absence_ends_what_the_absence_excuses(
    tmp_path: Path, away_before: int, trips: bool
) -> None:
    """The device resets the connection at the last question; before which question we were away decides."""
    clock, asked = Moved(), iter(range(QUESTIONS))

    def answer(_unit: bytes, connection: socket.socket) -> None:
        number = next(asked)
        if number == away_before:
            clock.seconds += 2 * GAP_S
        if number < QUESTIONS - 1:
            connection.sendall(ANSWER)
        else:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

    with peer(answer) as (port, _):
        gate_after, _ = talked(port, tmp_path, Presence(clock))
    assert bool(gate_after.tripped) is trips
