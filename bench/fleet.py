"""Fake devices in a process of their own, whose cost nobody counts: an SNMP fleet, a Modbus fleet, a packet sink.

Every device has its own loopback address, name and serial number. `python -m bench.fleet KIND ...` prints "ready"
once it can be asked and ends when its standard input does.
"""

import asyncio
import select
import selectors
import socket
import struct
import sys
from functools import lru_cache
from ipaddress import IPv4Address
from pathlib import Path

from assetctl.demo import ber
from assetctl.demo.snmp import Agent, objects_of
from assetctl.errors import WireError
from assetctl.wire import Reader

FIRST = IPv4Address("127.40.0.1")
COMMUNITY = b"bench"
SNMP_PORT, MODBUS_PORT, SINK_PORT = 1161, 502, 9999
INTERFACES, MODULES = 8, 4
EVERY = 20  # of a sweep's addresses, one in this many is alive
SO_TIMESTAMPNS = 35
BACKLOG = 64


def addresses(count: int) -> list[str]:
    return [str(FIRST + number) for number in range(count)]


def alive(count: int) -> list[str]:
    """The addresses of a sweep that answer: 204 of 4096."""
    return [str(FIRST + number) for number in range(EVERY - 1, count, EVERY)]


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


def snmp(devices: list[str], silent: list[str]) -> None:
    """UDP agents. The silent ones hold their port, so that nothing tells a sweep that they are not there."""
    poll = selectors.DefaultSelector()
    for address in devices:
        agent = Agent(objects_of(table_of(address), (address,)))
        poll.register(_socket(address, SNMP_PORT), selectors.EVENT_READ, lru_cache(maxsize=64)(agent.answer))
    kept = [_socket(address, SNMP_PORT) for address in silent]
    poll.register(sys.stdin, selectors.EVENT_READ)
    _ready()
    while True:
        for key, _ in poll.select():
            if key.fileobj is sys.stdin:
                del kept
                return
            _answer_all(key.fileobj, key.data)  # type: ignore[arg-type]


def _answer_all(made: socket.socket, answer: "lru_cache[bytes]") -> None:  # type: ignore[type-arg]
    """Answer what waits. Questions are told apart without their request id, so each is worked out once."""
    while True:
        try:
            message, peer = made.recvfrom(65535)
        except BlockingIOError:
            return
        try:
            r = Reader(ber.take(Reader(message), ber.SEQUENCE, "message"))
            head = ber.integer(ber.take_integer(r, "version")) + ber.tlv(4, ber.take(r, 4, "community"))
            tag, body = ber.take_any(r, "PDU")
            r = Reader(body)
            request_id = ber.take_integer(r, "request id")
            whole = Reader(answer(ber.tlv(tag, ber.integer(0) + r.rest())))
            rest = ber.take(whole, 0xA2, "response")[3:]
        except WireError:
            continue
        made.sendto(ber.tlv(ber.SEQUENCE, head + ber.tlv(0xA2, ber.integer(request_id) + rest)), peer)


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
    _ready()
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
        await loop.create_server(lambda a=address: _Unit(a, delay_s), address, MODBUS_PORT, backlog=BACKLOG)
        for address in devices
    ]
    _ready()
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


def _ready() -> None:
    print("ready", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["snmp", count]:
            snmp(addresses(int(count)), [])
        case ["sweep", count]:
            there = set(alive(int(count)))
            snmp(sorted(there), [a for a in addresses(int(count)) if a not in there])
        case ["modbus", count, delay]:
            modbus(addresses(int(count)), float(delay))
        case ["sink", path]:
            sink(Path(path))
