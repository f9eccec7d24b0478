"""What a bridge has learned: which hardware address is behind which port, and which VLANs each port carries.

Bridge ports are numbered apart from interfaces; dot1dBasePortIfIndex joins the two, and nothing else does. An entry of
dot1qTpFdbTable is filed under a filtering database, whose VLAN is told only where exactly one VLAN says it uses it.

Sources: RFC 4188 (BRIDGE-MIB), RFC 4363 (Q-BRIDGE-MIB). A PortList has port 1 in the highest bit of its first octet.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from assetctl.model import Claim, SubjectKind, Value
from assetctl.protocols.snmp.claims import mac_address, named, number, octets, text
from assetctl.protocols.snmp.neighbours import Neighbours, Port, Ports
from assetctl.protocols.snmp.objects import MIB_2, Oid
from assetctl.protocols.snmp.walk import Row, Rows, Table

_BRIDGE: Oid = (*MIB_2, 17)
_Q: Oid = (*_BRIDGE, 7, 1)

BASE_ADDRESS: Oid = (*_BRIDGE, 1, 1, 0)
PORT_IF_INDEX: Oid = (*_BRIDGE, 1, 4, 1, 2)
FDB_PORT, FDB_STATUS = (*_BRIDGE, 4, 3, 1, 2), (*_BRIDGE, 4, 3, 1, 3)
Q_FDB_PORT, Q_FDB_STATUS = (*_Q, 2, 2, 1, 2), (*_Q, 2, 2, 1, 3)
VLAN_FDB, VLAN_EGRESS, VLAN_UNTAGGED = (*_Q, 4, 2, 1, 3), (*_Q, 4, 2, 1, 4), (*_Q, 4, 2, 1, 5)
STATIC_NAME, STATIC_EGRESS, STATIC_UNTAGGED = (*_Q, 4, 3, 1, 1), (*_Q, 4, 3, 1, 2), (*_Q, 4, 3, 1, 4)
PVID: Oid = (*_Q, 4, 5, 1, 1)

BASE = (BASE_ADDRESS,)
BASE_PORTS = Table("bridge-port", (PORT_IF_INDEX,), rounds=140)
FDB = Table("fdb", (FDB_PORT, FDB_STATUS), rounds=300, numbers=0, octets=6)
Q_FDB = Table("vlan-fdb", (Q_FDB_PORT, Q_FDB_STATUS), rounds=300, octets=6)
VLANS = Table("vlan-current", (VLAN_FDB, VLAN_EGRESS, VLAN_UNTAGGED), rounds=60, numbers=2, least=1)
STATIC_VLANS = Table("vlan-static", (STATIC_NAME, STATIC_EGRESS, STATIC_UNTAGGED), rounds=60)
PORT_VLANS = Table("vlan-port", (PVID,), rounds=140)

STATUSES = ("other", "invalid", "learned", "self", "mgmt")
INVALID = 2
MOST_VLAN = 4094
MOST_PORTS = 4096
_WRITTEN_OUT = re.compile(rb"[0-9]+(?:,[0-9]+)+")  # Juniper writes a PortList as numbers


@dataclass(frozen=True, slots=True)
class Bridge:
    """The rows of all tables of a bridge. forwarding: of one of the two tables; is_by_vlan: of the one by VLAN."""

    base: Row
    ports: Rows
    forwarding: Rows
    is_by_vlan: bool
    vlans: Rows
    static_vlans: Rows
    port_vlans: Rows


def is_repeated(rows: Rows) -> bool:
    """Whether an agent reads the time before a VLAN as a filter and gives every VLAN again for each later time."""
    return len({index[-1] for index in rows}) < len(rows)


def bridge_claims(bridge: Bridge) -> Iterator[Claim]:
    """The bridge's own address, its VLANs, and what each port carries."""
    if mac := mac_address(octets(bridge.base, BASE_ADDRESS)):
        yield Claim("bridge_mac_address", mac)
    if names := _vlan_names(bridge):
        yield Claim("vlans", names)
    interfaces = _interfaces(bridge.ports)
    for port, index in sorted(interfaces.items()):
        yield _of(index, "bridge_port", port)
        vlan = number(bridge.port_vlans.get((port,), {}), PVID)
        if vlan is not None and 1 <= vlan <= MOST_VLAN:
            yield _of(index, "interface_vlan", vlan)
    for key, carried in _carried(bridge).items():
        for port, vlans in sorted(carried.items()):
            if port in interfaces:
                yield _of(interfaces[port], key, spans(vlans))


def _of(index: int, key: str, value: Value) -> Claim:
    return Claim(key, value, SubjectKind.INTERFACE, f"if/{index}")


def _interfaces(rows: Rows) -> dict[int, int]:
    """ifIndex by bridge port, where it is told."""
    told = ((index, number(row, PORT_IF_INDEX)) for index, row in rows.items())
    return {index[0]: interface for index, interface in told if interface}


def add_neighbours(found: Neighbours, bridge: Bridge, ports: Ports) -> None:
    """Put every forwarding entry under the port that leads to it."""
    interfaces = _interfaces(bridge.ports)
    status, to_port = (Q_FDB_STATUS, Q_FDB_PORT) if bridge.is_by_vlan else (FDB_STATUS, FDB_PORT)
    vlan_of = _vlan_of_database(bridge.vlans) if bridge.is_by_vlan else {}
    for index, row in sorted(bridge.forwarding.items()):
        mac = mac_address(bytes(index[-6:])) if len(index) == (7 if bridge.is_by_vlan else 6) else ""
        port, kind = number(row, to_port), number(row, status)
        if not mac or port is None or kind == INVALID:
            continue
        interface = interfaces.get(port)
        vlan = vlan_of.get(index[0], "")
        facts: dict[str, Value] = {
            "neighbour_mac_address": mac,
            "neighbour_vlans": (vlan,) if vlan else (),
            "neighbour_entry_types": (named(STATUSES, kind),) if named(STATUSES, kind) else (),
            "neighbour_learned_by": ("fdb",),
        }
        found.add(Port(f"port/{port}") if interface is None else ports.of_interface(interface), mac, facts)


def _vlan_of_database(rows: Rows) -> dict[int, str]:
    """The VLAN of a filtering database that belongs to one VLAN alone."""
    found: dict[int, set[int]] = {}
    for index, row in rows.items():
        database = number(row, VLAN_FDB)
        if database is not None and 1 <= index[-1] <= MOST_VLAN:
            found.setdefault(database, set()).add(index[-1])
    return {database: str(min(vlans)) for database, vlans in found.items() if len(vlans) == 1}


def _vlan_names(bridge: Bridge) -> tuple[str, ...]:
    """VLANs as "10 control", in the order of their numbers."""
    names = {index[-1]: "" for index in bridge.vlans if 1 <= index[-1] <= MOST_VLAN}
    names |= {i[0]: text(row, STATIC_NAME) for i, row in bridge.static_vlans.items() if 1 <= i[0] <= MOST_VLAN}
    return tuple(f"{vlan} {name}".rstrip() for vlan, name in sorted(names.items()))


def _carried(bridge: Bridge) -> Mapping[str, Mapping[int, set[int]]]:
    """VLANs by bridge port, without and with a tag: those in force, or those configured where the others are untold."""
    found: dict[str, dict[int, set[int]]] = {"interface_vlans_untagged": {}, "interface_vlans_tagged": {}}
    for vlan, egress, untagged in _memberships(bridge):
        plain = members(untagged)
        for key, ports in zip(found, (plain, members(egress) - plain), strict=True):
            for port in ports:
                found[key].setdefault(port, set()).add(vlan)
    return found


def _memberships(bridge: Bridge) -> Iterator[tuple[int, bytes, bytes]]:
    """VLAN, its ports, and those of them without a tag."""
    if any(VLAN_EGRESS in row for row in bridge.vlans.values()):
        rows, names = bridge.vlans, (VLAN_EGRESS, VLAN_UNTAGGED)
    else:
        rows, names = bridge.static_vlans, (STATIC_EGRESS, STATIC_UNTAGGED)
    for index, row in rows.items():
        if 1 <= index[-1] <= MOST_VLAN and all(name in row for name in names):
            yield index[-1], octets(row, names[0]), octets(row, names[1])


def members(raw: bytes) -> set[int]:
    """The bridge ports of a PortList; none of one that is written out, which some octets could mean either way."""
    if _WRITTEN_OUT.fullmatch(raw):
        return set()
    bits = raw[: MOST_PORTS // 8]
    return {at * 8 + bit + 1 for at, octet in enumerate(bits) if octet for bit in range(8) if octet & 0x80 >> bit}


def spans(numbers: Iterable[int]) -> tuple[str, ...]:
    """Numbers as "7" and "10-19"."""
    found: list[list[int]] = []
    for one in sorted(numbers):
        if found and one == found[-1][1] + 1:
            found[-1][1] = one
        else:
            found.append([one, one])
    return tuple(str(low) if low == high else f"{low}-{high}" for low, high in found)
