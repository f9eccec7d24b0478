"""The port that a talk names as its own: who may use it, who hears what, and what when it is taken."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from assetctl.model import Address, NetworkKind, Outcome, Transport
from assetctl.protocol import Context
from assetctl.protocols.bacnet import probe
from assetctl.safety.gate import _SEAL
from assetctl.safety.permit import Permit, Refused
from assetctl.scope import Vantage
from assetctl.talk import Ask, Open, Reply
from assetctl.transport.datagram import open_datagram
from assetctl.wire import Datagram
from tests.unit.plants import first_step, gate, plan_of, scope, target

DEVICE, OTHER, OURS, EVERYBODY = "127.0.0.1", "127.0.0.3", "127.0.0.2", "127.255.255.255"
WAIT_S = 0.5


def _permit(port: int, payload: bytes = b"", *, device: str = DEVICE, source_port: int = 0) -> Permit:
    return Permit(
        _SEAL,
        address=Address("plant", ip_address(device)),
        transport=Transport.UDP,
        port=port,
        payload=payload,
        request="question",
        action="unit" if payload else "connect",
        step="s",
        sequence=1,
        source_port=source_port,
    )


@contextmanager
def _device(host: str = DEVICE, port: int = 0, *, shares: bool = True) -> Iterator[socket.socket]:
    with socket.socket(type=socket.SOCK_DGRAM) as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, shares)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        peer.bind((host, port))
        peer.settimeout(5)
        yield peer


def _asked(
    peer: socket.socket, answer: Callable[[tuple[str, int]], tuple[str, int]], *, source: str = OURS
) -> tuple[Reply, int]:
    """What is heard of an answer to the address that `answer` makes of the asker's, and the port we asked from."""
    host, port = peer.getsockname()

    async def scene() -> tuple[Reply, int]:
        vantage = Vantage("plant", source=ip_address(source))
        line = open_datagram(_permit(port, device=host, source_port=port), vantage)
        asked = asyncio.create_task(line.ask(_permit(port, b"?", device=host), Ask(b"?", Datagram(), wait_s=WAIT_S)))
        await asyncio.sleep(0)
        _, asker = peer.recvfrom(16)
        peer.sendto(b"here", answer(asker))
        heard = await asked
        await line.close()
        return heard.reply, asker[1]

    return asyncio.run(scene())


def test_what_a_device_broadcasts_to_its_port_is_heard_and_the_question_came_from_there() -> None:
    with _device() as peer:
        port = peer.getsockname()[1]
        reply, asked_from = _asked(peer, lambda _: (EVERYBODY, port))
    assert (reply.outcome, reply.frames, asked_from) == (Outcome.ANSWERED, (b"here",), port)


def test_an_answer_to_the_asker_alone_is_heard_as_well() -> None:
    with _device() as peer:
        assert _asked(peer, lambda asker: asker)[0].frames == (b"here",)


def test_a_port_that_another_program_holds_leaves_the_question_another_one() -> None:
    with _device(shares=False) as peer:
        port = peer.getsockname()[1]
        reply, asked_from = _asked(peer, lambda asker: asker)
    assert reply.frames == (b"here",)
    assert asked_from != port


def test_a_device_on_the_same_address_is_not_answered_by_ourselves() -> None:
    with _device() as peer:
        reply, asked_from = _asked(peer, lambda asker: asker, source=DEVICE)
        assert asked_from != peer.getsockname()[1]
    assert reply.frames == (b"here",)


def test_talks_with_two_devices_share_the_port_and_each_hears_its_own_alone() -> None:
    with _device() as first, _device(OTHER, first.getsockname()[1]) as second:
        port = first.getsockname()[1]

        async def scene() -> list[tuple[bytes, ...]]:
            vantage = Vantage("plant", source=ip_address(OURS))
            lines = [open_datagram(_permit(port, device=host, source_port=port), vantage) for host in (DEVICE, OTHER)]
            ask = Ask(b"?", Datagram(), wait_s=WAIT_S, replies=2)
            permits = [_permit(port, b"?", device=host) for host in (DEVICE, OTHER)]
            asked = [asyncio.create_task(line.ask(one, ask)) for line, one in zip(lines, permits, strict=True)]
            await asyncio.sleep(0)
            for peer in (second, first):
                _, asker = peer.recvfrom(16)
                name = peer.getsockname()[0].encode()
                peer.sendto(name, asker)
                peer.sendto(name + b" to all", (EVERYBODY, port))
            heard = [(await one).reply.frames for one in asked]
            for line in lines:
                await line.close()
            return heard

        told = asyncio.run(scene())
    assert [sorted(frames) for frames in told] == [
        [host.encode(), host.encode() + b" to all"] for host in (DEVICE, OTHER)
    ]


@pytest.mark.parametrize(
    ("opened", "is_allowed"),
    [
        (Open(Transport.UDP, 502), True),
        (Open(Transport.UDP, 502, source_port=502), True),
        (Open(Transport.UDP, 502, source_port=53), False),
        (Open(Transport.TCP, 502, source_port=502), False),
    ],
)
def test_the_gate_lets_a_talk_have_the_port_it_asks_and_no_other(
    tmp_path: Path, opened: Open, is_allowed: bool
) -> None:
    plan = plan_of(scope(target("10.20.1.1"), kind=NetworkKind.LAB))
    answer = gate(plan, tmp_path).permit(replace(first_step(plan), transport=opened.transport), opened, opened=opened)
    assert isinstance(answer, Permit if is_allowed else Refused)
    if isinstance(answer, Permit):
        assert answer.source_port == opened.source_port


@pytest.mark.parametrize(("port", "own"), [(47808, 47808), (47823, 47823), (47824, 0), (34567, 0)])
def test_a_talk_with_a_port_of_bacnet_leaves_from_that_port(port: int, own: int) -> None:
    assert next(probe.probe(Context(port=port))) == Open(Transport.UDP, port, source_port=own)
