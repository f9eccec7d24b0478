"""Fake devices in a process of their own, whose cost nobody counts: SNMP agents, Modbus units, a plant, a packet sink.

Every device has its own loopback address, name and serial number. `python -m bench.fleet KIND ...` prints "ready"
once it can be asked and ends when its standard input does.
"""

import asyncio
import select
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from ipaddress import IPv4Address
from pathlib import Path

from assetctl.demo import ber
from assetctl.demo.snmp import Agent, objects_of
from assetctl.errors import WireError
from assetctl.wire import Reader

FIRST = IPv4Address("127.40.0.1")
COMMUNITY = b"bench"
SNMP_PORT, MODBUS_PORT, SINK_PORT = 161, 502, 9999  # nmap speaks SNMP to port 161 alone
INTERFACES, MODULES = 8, 4
EVERY = 20  # of a sweep's addresses, one in this many is alive
SO_TIMESTAMPNS = 35
BACKLOG = 64


def addresses(count: int) -> list[str]:
    return [str(FIRST + number) for number in range(count)]


def alive(count: int, every: int = EVERY) -> list[str]:
    """The addresses of a sweep that answer: 204 of 4096, unless another share is alive."""
    return [str(FIRST + number) for number in range(every - 1, count, every)]


def name_of(address: str) -> str:
    return f"dev-{address.replace('.', '-')}"


def table_of(address: str) -> dict[str, object]:
    """What one agent holds: 9 scalars, 5 entities, 8 interfaces, its own address."""
    name = name_of(address)
    module = {"class": 9, "contained_in": 1, "maker": "ACME", "model": "IO-16", "hardware": "B", "firmware": "2.1"}
    return {
        "description": "ACME industrial switch, firmware 4.2.1",
        "object_id": "1.3.6.1.4.1.99999.1.7",
        "contact": "control room",
        "name": name,
        "location": "hall 3, cabinet 12",
        "engine_id": f"80000000{int(IPv4Address(address)):08x}",
        "entity": [
            {"class": 3, "contained_in": 0, "maker": "ACME", "model": "SW-8", "serial": name, "software": "4.2.1"},
            *({**module, "place": n, "serial": f"{name}-{n}", "description": f"module {n}"} for n in range(MODULES)),
        ],
        "interface": [
            {"description": f"port {n}", "type": 6, "name": f"ge-0/{n}", "alias": "", "mac": f"02:00:00:00:00:{n:02x}"}
            for n in range(INTERFACES)
        ],
    }


def snmp(devices: list[str], silent: list[str], delay_s: float = 0.0) -> None:
    """UDP agents. The silent ones hold their port, so that nothing tells a sweep that they are not there."""
    poll, agents = select.epoll(), dict[int, tuple[socket.socket, Answer]]()
    for address in devices:
        made = _socket(address, SNMP_PORT)
        agents[made.fileno()] = made, lru_cache(maxsize=64)(Agent(objects_of(table_of(address), (address,))).answer)
        poll.register(made, select.EPOLLIN)
    kept = [_socket(address, SNMP_PORT) for address in silent]
    poll.register(sys.stdin, select.EPOLLIN)
    ready()
    due: deque[_Due] = deque()
    while sys.stdin.fileno() not in (waiting := [number for number, _ in poll.poll(_wait_s(due))]):
        for number in waiting:
            due.extend((time.monotonic() + delay_s, *one) for one in _answers(*agents[number]))
        while due and due[0][0] <= time.monotonic():
            _, made, message, peer = due.popleft()
            made.sendto(message, peer)
    del kept


Answer = Callable[[bytes], bytes]
_Due = tuple[float, socket.socket, bytes, tuple[str, int]]  # on the monotonic clock, from where, what, to whom


def _wait_s(due: deque[_Due]) -> float:
    """Until the next answer is due. The kernel waits up to a millisecond longer, so no answer is early."""
    return max(0.0, due[0][0] - time.monotonic()) if due else -1


def _answers(made: socket.socket, answer: Answer) -> Iterator[tuple[socket.socket, bytes, tuple[str, int]]]:
    """Answers to what waits."""
    while True:
        try:
            message, peer = made.recvfrom(65535)
        except BlockingIOError:
            return
        yield made, reply_to(message, answer), peer


def reply_to(message: bytes, answer: Answer) -> bytes:
    """What an agent says. Questions are told apart without their request id, so each is worked out once."""
    try:
        r = Reader(ber.take(Reader(message), ber.SEQUENCE, "message"))
        head = ber.integer(ber.take_integer(r, "version")) + ber.tlv(4, ber.take(r, 4, "community"))
        tag, body = ber.take_any(r, "PDU")
        r = Reader(body)
        request_id = ber.take_integer(r, "request id")
        whole = Reader(answer(ber.tlv(tag, ber.integer(0) + r.rest())))
        rest = ber.take(whole, 0xA2, "response")[3:]
    except WireError:
        return _REPORT  # what a question in version 3 is told, which is what nmap asks
    return ber.tlv(ber.SEQUENCE, head + ber.tlv(0xA2, ber.integer(request_id) + rest))


def _report() -> bytes:
    """An SNMPv3 message which says that the engine id asked with is not known (RFC 3414, section 3.2)."""
    engine, counter = ber.tlv(4, bytes.fromhex("80001f8804")), ber.object_id((1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0))
    nobody = ber.tlv(4, b"")
    header = ber.integer(0) + ber.integer(65507) + nobody[:1] + b"\1\0" + ber.integer(3)
    security = ber.tlv(ber.SEQUENCE, engine + ber.integer(0) * 2 + nobody * 3)
    counted = ber.tlv(ber.SEQUENCE, ber.tlv(ber.SEQUENCE, counter + ber.tlv(0x41, b"\1")))
    scoped = engine + nobody + ber.tlv(0xA8, ber.integer(0) * 3 + counted)
    whole = ber.integer(3) + ber.tlv(ber.SEQUENCE, header) + ber.tlv(4, security) + ber.tlv(ber.SEQUENCE, scoped)
    return ber.tlv(ber.SEQUENCE, whole)


_REPORT = _report()


def listen(places: list[tuple[str, int]]) -> None:
    """TCP ports that take a connection and end it when the other side does; every other port refuses."""
    asyncio.run(_listen(places))


async def _listen(places: list[tuple[str, int]]) -> None:
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(asyncio.Protocol, address, port) for address, port in places]
    await _until_told(servers)


def _socket(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, port))
    made.setblocking(False)
    return made


def sink(out: Path) -> None:
    """Note when the kernel received each datagram on any address of this namespace, which has loopback alone."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    made.bind(("0.0.0.0", SINK_PORT))
    ready()
    times: list[int] = []
    while sys.stdin not in select.select([made, sys.stdin], [], [])[0]:
        _, ancillary, _, _ = made.recvmsg(2048, 64)
        whole, part = struct.unpack("qq", ancillary[0][2])
        times.append(whole * 1_000_000_000 + part)
    out.write_text("\n".join(map(str, times)))


def modbus(devices: list[str], delay_s: float) -> None:
    asyncio.run(_modbus(devices, delay_s))


async def _modbus(devices: list[str], delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(partial(_Unit, address, delay_s), address, MODBUS_PORT, backlog=BACKLOG)
        for address in devices
    ]
    await _until_told(servers)


async def _until_told(servers: list[asyncio.Server]) -> None:
    loop = asyncio.get_running_loop()
    ready()
    over = loop.create_future()
    loop.add_reader(sys.stdin, over.set_result, None)
    await over
    loop.remove_reader(sys.stdin)
    for server in servers:
        server.close()


class _Unit(asyncio.Protocol):
    """A Modbus/TCP server that knows report-server-id (what nmap asks too) and read-device-identification."""

    def __init__(self, address: str, delay_s: float) -> None:
        self._objects = [b"ACME Controls", f"PLC-{name_of(address)}".encode(), b"V4.2.1"]
        self._delay_s = delay_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if len(data) < 8:
            return
        if self._delay_s:
            asyncio.get_running_loop().call_later(self._delay_s, self._answer, data)
        else:
            self._answer(data)

    def _answer(self, frame: bytes) -> None:
        if frame[7:9] == b"\x2b\x0e":
            objects = b"".join(bytes((n, len(text))) + text for n, text in enumerate(self._objects))
            pdu = bytes((0x2B, 0x0E, 1, 0x81, 0, 0, len(self._objects))) + objects
        elif frame[7] == 0x11:
            pdu = bytes((0x11, len(self._objects[1]) + 1)) + self._objects[1] + b"\xff"
        else:
            pdu = bytes((frame[7] | 0x80, 1))
        if not self._transport.is_closing():
            self._transport.write(frame[:4] + (len(pdu) + 1).to_bytes(2) + frame[6:7] + pdu)


def snmpd(devices: list[str]) -> None:
    from bench.agents import running

    with running(devices):
        ready()
        sys.stdin.read()


def mixed(count: int) -> None:
    """A plant of many kinds, with no limit to what a device bears."""
    from assetctl.demo.plant import Plant
    from assetctl.demo.received import Received
    from bench.mixed import plant

    devices = tuple(made.device for made in plant(count))
    served = Plant("127.40.", devices, {device.name: Received(device.name) for device in devices})
    served.bind()
    serving = threading.Thread(target=served.run)
    serving.start()
    ready()
    sys.stdin.read()
    served.stop()
    serving.join()
    served.release()


def ready() -> None:
    print("ready", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["snmp", count]:
            snmp(addresses(int(count)), [])
        case ["snmp", count, delay]:
            snmp(addresses(int(count)), [], float(delay))
        case ["sweep", count]:
            there = set(alive(int(count)))
            snmp(sorted(there), [a for a in addresses(int(count)) if a not in there])
        case ["wildcard", count, every]:
            from bench.wildcard import serve

            serve(int(count), int(every))
        case ["ports", *places]:
            listen([(address, int(port)) for address, _, port in (place.partition(":") for place in places)])
        case ["snmpd", count]:
            snmpd(addresses(int(count)))
        case ["plant", count]:
            mixed(int(count))
        case ["modbus", count, delay]:
            modbus(addresses(int(count)), float(delay))
        case ["sink", path]:
            sink(Path(path))
