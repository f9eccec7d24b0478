"""A plant of Modbus servers on loopback that notes what reached it, and the files for scanning it under budgets."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

NETWORK = "127.81.7"
DEVICES = 15
OBJECTS = {
    1: {0: b"ACME", 1: b"PLC-%d", 2: b"v2.%d"},
    2: {3: b"https://acme.example", 4: b"Pump %d", 5: b"P-%d", 6: b"station %d"},
    3: {0x80 + at: b"private %d" for at in range(4)},
}
UNITS = 1 + sum(map(len, OBJECTS.values()))  # the connect, and one object to a chunk: twice that is just the budget


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit at the receiving side. transaction: of the question, which follows from scan and step."""

    address: str
    connection: int
    transaction: int
    answer: bytes


@dataclass
class Plant:
    """What reached the plant since it was cleared."""

    port: int
    units: list[Unit] = field(default_factory=list)
    connects: Counter[str] = field(default_factory=Counter)
    first: threading.Event = field(default_factory=threading.Event)
    connections: int = 0

    def clear(self) -> None:
        self.units, self.connects = [], Counter()
        self.first.clear()

    def cost(self) -> Counter[str]:
        """Units that each device got, a connect counted as one."""
        return self.connects + Counter(unit.address for unit in self.units)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        self.connections += 1
        connection = self.connections
        self.connects[address] += 1
        self.first.set()
        try:
            while True:
                question = await reader.readexactly(11)
                answer = _answer(question, int(address.rpartition(".")[2]))
                self.units.append(Unit(address, connection, int.from_bytes(question[:2]), answer))
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


@contextmanager
def plant() -> Iterator[Plant]:
    """The servers, in a thread of their own, until the block ends."""
    held = Plant(_port())
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def serve() -> None:
        hosts = [f"{NETWORK}.{number}" for number in range(1, DEVICES + 1)]
        server = await asyncio.start_server(held.talk, hosts, held.port)
        loop.call_soon(ready.set)
        async with server:
            await server.serve_forever()

    task = loop.create_task(serve())

    def work() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.run_until_complete(_ended())

    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(10)
    try:
        yield held
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)
        loop.close()


def settings(folder: Path, port: int, *, units_per_second: float = 20.0) -> None:
    """An IT network with its pace, budget and approval: nothing here counts as lab."""
    text = f"""
[project]
contact = "control room"
[[networks]]
range = "{NETWORK}.0/24"
kind = "it"
[targets]
include = ["{NETWORK}.1-{NETWORK}.{DEVICES}"]
[limits]
it_units_per_second = {units_per_second}
packets_per_second = 1000
most_devices = 6
[probes]
only = ["modbus"]
[ports]
modbus = [{port}]
"""
    (folder / "assetctl.toml").write_text(text, "utf-8")


async def _ended() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _answer(question: bytes, number: int) -> bytes:
    """One object to a chunk, so that a device costs several questions."""
    unit, read_code, object_id = question[6], question[9], question[10]
    objects = OBJECTS[read_code]
    at = object_id if object_id in objects else min(objects)
    more = at + 1 in objects
    text = objects[at] % number if b"%d" in objects[at] else objects[at]
    body = bytes((0x2B, 0x0E, read_code, 0x83, 0xFF if more else 0, at + 1 if more else 0, 1, at, len(text))) + text
    return question[:4] + (len(body) + 1).to_bytes(2) + bytes((unit,)) + body


def _port() -> int:
    with socket.create_server((f"{NETWORK}.1", 0)) as probe:
        return int(probe.getsockname()[1])
