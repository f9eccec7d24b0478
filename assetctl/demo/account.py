"""The two books of a scan compared: what the ledger says was sent, and what the demo plant received."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assetctl.demo.plant import Plant
from assetctl.model import Transport
from assetctl.safety.ledger import read

Port = tuple[str, int]
"""Address and port number."""


@dataclass(frozen=True, slots=True)
class Account:
    """What one side knows of the ports that the plant serves: connections, and units by their SHA-256."""

    connections: Mapping[Port, int]
    units: Mapping[Port, Counter[str]]


def sent(ledger: Path, plant: Plant) -> Account:
    """What a ledger says was sent to the ports that the plant serves; of closed ports the plant knows nothing."""
    streams = {one for one in _served(plant, Transport.TCP)}
    served = streams | set(_served(plant, Transport.UDP))
    connections: Counter[Port] = Counter()
    units: dict[Port, Counter[str]] = {}
    for line in read(ledger):
        entry = line.entry
        if entry.get("do") != "permit":
            continue
        port = entry["to"].partition("/")[2], entry["port"]
        if port not in served:
            continue
        if entry["request"] != "connect":
            units.setdefault(port, Counter())[entry["sha256"]] += 1
        elif entry["units"] and port in streams:
            connections[port] += 1
    return Account(connections, units)


def received(plant: Plant) -> Account:
    """What the plant received, units out of their envelopes."""
    connections: Counter[Port] = Counter()
    units: dict[Port, Counter[str]] = {}
    for one in plant.received.values():
        connections.update((connection.address, connection.port) for connection in one.connections)
        for unit in one.units:
            if unit.payload:
                digest = hashlib.sha256(unit.payload).hexdigest()
                units.setdefault((unit.address, unit.port), Counter())[digest] += 1
    return Account(connections, units)


def differences(ledger: Path, plant: Plant) -> Iterator[str]:
    """Where the two books differ, one line for each port; nothing when they are equal."""
    ours, theirs = sent(ledger, plant), received(plant)
    for port in sorted(ours.connections.keys() | theirs.connections.keys()):
        if (left := ours.connections.get(port, 0)) != (right := theirs.connections.get(port, 0)):
            yield f"{port[0]} port {port[1]}: {left} connections in the ledger, {right} received"
    for port in sorted(ours.units.keys() | theirs.units.keys()):
        mine, other = ours.units.get(port, Counter()), theirs.units.get(port, Counter())
        if mine != other:
            lost, foreign = (mine - other).total(), (other - mine).total()
            yield f"{port[0]} port {port[1]}: {lost} units of the ledger not received, {foreign} received beside it"


def _served(plant: Plant, transport: Transport) -> Iterator[Port]:
    for device in plant.devices:
        for service in device.services:
            if service.transport is transport:
                yield from ((address, service.port) for address in device.addresses)
