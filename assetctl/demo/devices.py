"""The devices of the demo plant, from plant.toml to services that can be served."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from assetctl.demo import bacnet, enip, modbus, recorded, s7, snmp
from assetctl.demo.received import Fragility
from assetctl.demo.responder import Responder, mute, plain
from assetctl.model import Transport
from assetctl.protocols import registry
from assetctl.wire import Datagram, Framing

NETWORK = "127.20."  # as plant.toml and the folder's files write it; another demo beside it uses 127.21. and so on
MOST_GREETING_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Service:
    """One port. greeting: sent to whoever connects. responder: None where a connect is all that is served."""

    transport: Transport
    port: int
    framing: Framing
    responder: Responder
    greeting: bytes = b""


@dataclass(frozen=True, slots=True)
class Device:
    """One device. delay_s: before each answer. fragility: what it bears, None where nothing harms it."""

    name: str
    about: str
    addresses: tuple[str, ...]
    services: tuple[Service, ...]
    delay_s: float = 0.0
    most_connections: int = 0
    most_per_s: int = 0

    def fragility(self) -> Fragility | None:
        return Fragility(self.most_connections, self.most_per_s) if self.most_connections else None


def load(network: str = NETWORK) -> tuple[Device, ...]:
    """Every device of plant.toml. network: the first two octets and their dots, for a second plant on one machine."""
    text = files("assetctl.demo").joinpath("plant.toml").read_text("utf-8").replace(NETWORK, network)
    content = tomllib.loads(text)
    return tuple(device(table, content["ports"]) for table in content["device"])


def device(table: Mapping[str, Any], ports: Mapping[str, int]) -> Device:
    """A device as one [[device]] table of plant.toml describes it. ports: of each protocol by name."""
    fragile = table.get("fragile", {})
    return Device(
        name=table["name"],
        about=table["about"],
        addresses=tuple(table["addresses"]),
        services=tuple(_services(table, ports)),
        delay_s=table.get("delay_s", 0.0),
        most_connections=fragile.get("most_connections", 0),
        most_per_s=fragile.get("most_per_s", 0),
    )


def _services(table: Mapping[str, Any], ports: Mapping[str, int]) -> Iterator[Service]:
    addresses = tuple(table["addresses"])
    for name in (known for known in _RESPONDERS if known in table):
        protocol = registry()[name]
        responder = _RESPONDERS[name](table[name], addresses)
        yield Service(protocol.transport, ports[name], _framing(protocol.transport, protocol.framing), responder)
        if protocol.fallback_transport is not None:
            yield Service(protocol.fallback_transport, ports[name], protocol.framing, responder)
    for name, capture in table.get("recorded", {}).items():
        protocol = registry()[name]
        responder, greeting = recorded.from_capture(protocol, capture), recorded.greeting_of(protocol, capture)
        # a question comes in one piece, and its framing need not be that of the answers
        yield Service(protocol.transport, ports[name], Datagram(), responder, greeting)
    for name in table.get("mute", ()):
        yield Service(Transport.TCP, ports[name], registry()[name].framing, mute)
    for name, raw in table.get("rubbish", {}).items():
        yield Service(Transport.TCP, ports[name], registry()[name].framing, _always(bytes.fromhex(raw)))
    for name, text in table.get("answers", {}).items():
        yield Service(Transport.TCP, ports[name], registry()[name].framing, _always(_raw(text)))
    for name, greeting in table.get("greets", {}).items():
        yield Service(Transport.TCP, ports[name], Datagram(MOST_GREETING_BYTES), mute, greeting.encode("utf-8"))


def _framing(transport: Transport, framing: Framing) -> Framing:
    return Datagram() if transport is Transport.UDP else framing


def _always(raw: bytes) -> Responder:
    """Answers every unit of its port's protocol with the same bytes."""
    return plain(lambda _frame: (raw,))


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode("utf-8")


def _without_addresses(make: Callable[[Mapping[str, Any]], Responder]) -> Callable[..., Responder]:
    return lambda table, _addresses: make(table)


_RESPONDERS: Mapping[str, Callable[[Mapping[str, Any], tuple[str, ...]], Responder]] = {
    "modbus": _without_addresses(modbus.from_table),
    "s7": _without_addresses(s7.from_table),
    "enip": _without_addresses(enip.from_table),
    "bacnet": _without_addresses(bacnet.from_table),
    "snmp": snmp.from_table,
}
