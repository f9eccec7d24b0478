"""A plant of many kinds of devices, each at its own address with its own numbers."""

from dataclasses import dataclass, replace
from itertools import cycle, islice

from assetctl.demo.devices import Device, Service, device
from assetctl.demo.responder import Said
from bench.fleet import addresses
from bench.kinds import KINDS, SHARES, Truth

DEVICES = 1000
SILENT = 20  # addresses behind the last device at which nothing is
PORTS = {
    "modbus": 502,
    "s7": 102,
    "enip": 44818,
    "bacnet": 47808,
    "snmp": 161,
    "opcua": 4840,
    "http": 80,
    "ssh": 22,
    "vnc": 5900,
    "rdp": 3389,
}
MIX = tuple(name for name, share in SHARES.items() for _ in range(share))


@dataclass(frozen=True)
class Made:
    """A device of the plant, and what is true of it."""

    address: str
    kind: str
    device: Device
    truth: Truth


def plant(count: int) -> tuple[Made, ...]:
    """The first devices of the plant; every hundred holds the same mix."""
    names = islice(cycle(MIX), count)
    return tuple(_made(number, *pair) for number, pair in enumerate(zip(addresses(count), names, strict=True), 1))


def _made(number: int, address: str, name: str) -> Made:
    kind = KINDS[name]
    about = {"name": f"{name} {number}", "about": name, "addresses": [address]}
    made = device(about | kind.table(number), PORTS)
    if kind.recorded:
        made = replace(made, services=tuple(_renamed(one, kind.recorded, kind.own(number)) for one in made.services))
    return Made(address, name, made, kind.truth(number))


def _renamed(service: Service, recorded: bytes, own: bytes) -> Service:
    """The service of a recording under a name of its own. Both names have one length, so every frame stays whole."""
    assert len(recorded) == len(own)

    def respond(frame: bytes) -> Said | None:
        said = service.responder(frame)
        return said and replace(said, answers=tuple(answer.replace(recorded, own) for answer in said.answers))

    return replace(service, responder=respond)
