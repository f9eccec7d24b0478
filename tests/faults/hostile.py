"""Devices on loopback that misbehave on purpose, each in a network of its own, and what reached them."""

import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

BASE = "127.82"
PATIENCE_S = 30.0
RESET = struct.pack("ii", 1, 0)

Talk = Callable[[socket.socket, threading.Event], None]


def tarpit(line: socket.socket, over: threading.Event) -> None:
    """Takes every connection and never says a word."""
    while line.recv(64):
        pass


def drip(line: socket.socket, over: threading.Event) -> None:
    """Answers one byte at a time, so slowly that no unit ever becomes whole."""
    question = line.recv(64)
    for byte in question[:4] + b"\0\xff" + bytes(250):
        if over.wait(0.4):
            return
        line.sendall(bytes((byte,)))


def never_reads(line: socket.socket, over: threading.Event) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    over.wait(PATIENCE_S)


def endless_bytes(line: socket.socket, over: threading.Event) -> None:
    line.recv(64)
    while not over.is_set():
        line.sendall(bytes(65536))


def endless_units(line: socket.socket, over: threading.Event) -> None:
    """Well-formed answers to questions that nobody asked."""
    question = line.recv(64)
    other = (int.from_bytes(question[:2]) ^ 0x5555).to_bytes(2)
    while not over.is_set():
        line.sendall((other + question[2:4] + b"\0\x03\xff\xab\x01") * 5000)


def always_more(line: socket.socket, over: threading.Event) -> None:
    """Every answer says that there is more."""
    while question := line.recv(64):
        body = (
            bytes((0x2B, 0x0E, question[9], 0x83, 0xFF, (question[10] + 1) & 0xFF, 1, question[10], 200)) + b"A" * 200
        )
        line.sendall(question[:4] + (len(body) + 1).to_bytes(2) + question[6:7] + body)


def resets_at_once(line: socket.socket, over: threading.Event) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def resets_when_asked(line: socket.socket, over: threading.Event) -> None:
    line.recv(64)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


TALKS: tuple[Talk, ...] = (
    tarpit, drip, never_reads, endless_bytes, endless_units, always_more, resets_at_once, resets_when_asked
)  # fmt: skip


@dataclass
class Hostile:
    """The devices by address. contacts: connections by address."""

    port: int
    talks: dict[str, Talk]
    half_open: str
    contacts: Counter[str] = field(default_factory=Counter)

    @property
    def addresses(self) -> tuple[str, ...]:
        return (*self.talks, self.half_open)


@contextlib.contextmanager
def hostile(port: int) -> Iterator[Hostile]:
    """All of them, until the block ends; what they still send ends with it."""
    talks = {f"{BASE}.{number}.1": talk for number, talk in enumerate(TALKS, 1)}
    held, over = Hostile(port, talks, f"{BASE}.{len(TALKS) + 1}.1"), threading.Event()
    with contextlib.ExitStack() as stack:
        threads = [_serving(stack, held, address, talk, over) for address, talk in talks.items()]
        full = stack.enter_context(socket.create_server((held.half_open, port), backlog=0))
        for _ in range(4):  # what nobody accepts fills the queue, and the next connect stays half open
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        try:
            yield held
        finally:
            over.set()
    for thread in threads:
        thread.join(10)


def _serving(
    stack: contextlib.ExitStack, held: Hostile, address: str, talk: Talk, over: threading.Event
) -> threading.Thread:
    listener = stack.enter_context(socket.create_server((address, held.port)))
    listener.settimeout(0.2)

    def serve() -> None:
        while not over.is_set():
            try:
                line, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            held.contacts[address] += 1
            line.settimeout(PATIENCE_S)
            threading.Thread(target=_talk, args=(talk, line, over), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def _talk(talk: Talk, line: socket.socket, over: threading.Event) -> None:
    with line, contextlib.suppress(OSError):
        talk(line, over)
