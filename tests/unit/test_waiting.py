"""A machine that was busy while a time-out passed still takes what had arrived."""

import asyncio
import socket
from ipaddress import ip_address

from assetctl.model import Address, Outcome, Transport
from assetctl.safety.gate import _SEAL
from assetctl.safety.permit import Permit
from assetctl.scope import Vantage
from assetctl.talk import Ask
from assetctl.transport.datagram import open_datagram
from assetctl.transport.sockets import Listener
from assetctl.transport.stream import open_stream
from assetctl.wire import Datagram, UntilClose

WAIT_S = 0.05


def permit(transport: Transport, port: int, payload: bytes = b"") -> Permit:
    return Permit(
        _SEAL,
        address=Address("plant", ip_address("127.0.0.1")),
        transport=transport,
        port=port,
        payload=payload,
        request="question",
        action="unit" if payload else "connect",
        step="s",
        sequence=1,
    )


def be_busy(seconds: float) -> None:
    """Hold the event loop, as a large decode does."""
    ends = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < ends:
        pass


def test_a_datagram_that_came_in_time_is_heard_by_a_loop_that_was_late() -> None:
    async def scene() -> Outcome:
        with socket.socket(type=socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            port = peer.getsockname()[1]
            line = open_datagram(permit(Transport.UDP, port), Vantage("plant"))
            asked = asyncio.create_task(
                line.ask(permit(Transport.UDP, port, b"?"), Ask(b"?", Datagram(), wait_s=WAIT_S))
            )
            await asyncio.sleep(0)
            data, sender = peer.recvfrom(16)
            peer.sendto(data, sender)
            be_busy(2 * WAIT_S)
            heard = await asked
            await line.close()
            return heard.reply.outcome

    assert asyncio.run(scene()) is Outcome.ANSWERED


def test_a_connection_and_an_answer_that_came_in_time_are_seen_by_a_loop_that_was_late() -> None:
    async def scene() -> tuple[Outcome, Outcome]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            opening = asyncio.create_task(open_stream(permit(Transport.TCP, port), Vantage("plant"), connect_s=WAIT_S))
            await asyncio.sleep(0)
            peer, _ = server.accept()
            be_busy(2 * WAIT_S)
            line, opened = await opening
            assert line is not None
            ask = Ask(b"?", UntilClose(most=1), wait_s=WAIT_S)
            asked = asyncio.create_task(line.ask(permit(Transport.TCP, port, b"?"), ask))
            await asyncio.sleep(0)
            with peer:
                peer.sendall(peer.recv(16))
            be_busy(2 * WAIT_S)
            heard = await asked
            await line.close()
            return opened.reply.outcome, heard.reply.outcome

    assert asyncio.run(scene()) == (Outcome.ANSWERED, Outcome.ANSWERED)


def test_a_connect_that_nobody_takes_is_silent() -> None:
    async def scene() -> Outcome:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
            port = server.getsockname()[1]
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            line, opened = await open_stream(permit(Transport.TCP, port), Vantage("plant"), connect_s=WAIT_S)
            for filler in fillers:
                filler.close()
            assert line is None
            return opened.reply.outcome

    assert asyncio.run(scene()) is Outcome.SILENT


def test_what_comes_between_two_questions_is_heard_by_the_next_wait() -> None:
    async def scene() -> list[tuple[bytes, ...]]:
        with socket.socket(type=socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            port = peer.getsockname()[1]
            line = open_datagram(permit(Transport.UDP, port), Vantage("plant"))
            heard = []
            for answers in ((b"first", b"second"), (b"third",)):
                asked = asyncio.create_task(
                    line.ask(permit(Transport.UDP, port, b"?"), Ask(b"?", Datagram(), wait_s=WAIT_S))
                )
                await asyncio.sleep(0)
                _, sender = peer.recvfrom(16)
                for answer in answers:
                    peer.sendto(answer, sender)
                heard.append((await asked).reply.frames)
                await asyncio.sleep(WAIT_S)
            await line.close()
            return heard

    assert asyncio.run(scene()) == [(b"first",), (b"second",)]


def test_a_datagram_that_nobody_answers_is_sent_once_and_no_silence_counts() -> None:
    async def scene() -> tuple[Outcome, bytes]:
        with socket.socket(type=socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            port = peer.getsockname()[1]
            line = open_datagram(permit(Transport.UDP, port), Vantage("plant"))
            heard = await line.ask(permit(Transport.UDP, port, b"!"), Ask(b"!", Datagram(), replies=0, wait_s=0.0))
            await line.close()
            return heard.reply.outcome, peer.recv(16)

    assert asyncio.run(scene()) == (Outcome.ANSWERED, b"!")


def test_a_socket_that_nobody_reads_is_not_watched() -> None:
    async def scene() -> int:
        takes = 0

        def take(made: socket.socket) -> bytes:
            nonlocal takes
            takes += 1
            return made.recv(16)

        mine, other = socket.socketpair()
        mine.setblocking(False)
        listener = Listener((mine,), take)
        with other:
            other.send(b"1")
            assert await listener.next(WAIT_S) == b"1"
            other.send(b"2")
            await asyncio.sleep(WAIT_S)
            assert await listener.next(0) == b"2"
            listener.close()
        return takes

    assert asyncio.run(scene()) == 2
