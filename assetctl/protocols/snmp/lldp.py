"""LLDP neighbours: what the devices on the other ends of the links say of themselves.

A neighbour is filed under a local LLDP port number, which may be the ifIndex, the bridge port, or neither. So the
local port is found by what the agent calls it, and only where exactly one interface has that name. LLDP-V2-MIB, which
some agents have instead, files it under the ifIndex.

Sources: IEEE Std 802.1AB-2005 (LLDP-MIB), 802.1AB-2009 (LLDP-V2-MIB). In BITS, bit 0 is the highest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from assetctl.model import Claim, Value
from assetctl.protocols.snmp.claims import mac_address, number, octets, text
from assetctl.protocols.snmp.neighbours import Neighbours, Port, Ports, printable, told_mac
from assetctl.protocols.snmp.objects import Oid
from assetctl.protocols.snmp.walk import Row, Rows, Table

_V1: Oid = (1, 0, 8802, 1, 1, 2, 1)
_V2: Oid = (1, 3, 111, 2, 802, 1, 1, 13, 1)

LOCAL = (  # chassis id subtype and chassis id, of either MIB
    *((*_V1, 3, 1, 0), (*_V1, 3, 2, 0)),
    *((*_V2, 3, 1, 0), (*_V2, 3, 2, 0)),
)
_PORT: Oid = (*_V1, 3, 7, 1)
PORT_SUBTYPE, PORT_ID, PORT_DESC = (*_PORT, 2), (*_PORT, 3), (*_PORT, 4)
_REMOTE: Oid = (*_V1, 4, 1, 1)
_REMOTE_V2: Oid = (*_V2, 4, 1, 1)
_FIRST, _LAST = 4, 12  # chassis id subtype to capabilities enabled; one further on in LLDP-V2-MIB
_V1_COLUMNS = tuple((*_REMOTE, column) for column in range(_FIRST, _LAST + 1))
_V2_COLUMNS = tuple((*_REMOTE_V2, column + 1) for column in range(_FIRST, _LAST + 1))

LOCAL_PORTS = Table("lldp-local-port", (PORT_SUBTYPE, PORT_ID, PORT_DESC), rounds=30)
REMOTE = Table("lldp-remote", _V1_COLUMNS, rounds=90, numbers=3, objects=20)
MANAGEMENT = Table("lldp-management", ((*_V1, 4, 2, 1, 3), (*_V1, 4, 2, 1, 4)), rounds=20, numbers=3, octets=18)
REMOTE_V2 = Table("lldp-v2-remote", _V2_COLUMNS, rounds=90, numbers=4, objects=20)
MANAGEMENT_V2 = Table("lldp-v2-management", ((*_V2, 4, 2, 1, 3), (*_V2, 4, 2, 1, 4)), rounds=20, numbers=4, octets=18)

CHASSIS_TYPES = (
    *("chassisComponent", "interfaceAlias", "portComponent", "macAddress", "networkAddress"),
    *("interfaceName", "local"),
)
PORT_TYPES = (
    *("interfaceAlias", "portComponent", "macAddress", "networkAddress", "interfaceName"),
    *("agentCircuitId", "local"),
)
CAPABILITIES = (
    *("other", "repeater", "bridge", "wlanAccessPoint", "router", "telephone", "docsisCableDevice", "stationOnly"),
)
MAC, NETWORK, NAME, ALIAS, LOCAL_ID = "macAddress", "networkAddress", "interfaceName", "interfaceAlias", "local"
_FAMILIES = {1: (4, IPv4Address), 2: (16, IPv6Address)}  # IANA address family -> size


@dataclass(frozen=True, slots=True)
class Heard:
    """Rows of the neighbours, of their management addresses, and of the local ports (LLDP-MIB alone)."""

    remote: Rows
    management: Rows
    local: Rows = field(default_factory=dict)


def is_repeated(rows: Rows) -> bool:
    """Whether an agent reads the first index as a filter and gives every row again for each later time."""
    return len({index[1:] for index in rows}) < len(rows)


def local_claims(row: Row) -> Iterator[Claim]:
    """The chassis id under which neighbours know this device."""
    for subtype, chassis in (LOCAL[:2], LOCAL[2:]):
        _, told = identifier(CHASSIS_TYPES, number(row, subtype), octets(row, chassis))
        if told:
            yield Claim("lldp_chassis_id", told)
            return


def identifier(types: tuple[str, ...], subtype: int | None, raw: bytes) -> tuple[str, str]:
    """Name of an id's subtype, and the id: a hardware address, a network address, or text. Both "" for none."""
    kind = types[subtype - 1] if subtype is not None and 1 <= subtype <= len(types) else ""
    if not kind or not raw.strip(b"\0 "):
        return "", ""
    if kind == MAC:
        return kind, told_mac(raw) or printable(raw)
    if kind == NETWORK:
        return kind, _network(raw[0], raw[1:]) or printable(raw)
    return kind, printable(raw)


def _network(family: int, raw: bytes) -> str:
    size, made = _FAMILIES.get(family, (0, None))
    return str(made(raw)) if made is not None and len(raw) == size else ""


def capabilities(raw: bytes) -> tuple[str, ...]:
    """Names of the bits that are set; none where the bits stand in the order of the wire instead of the MIB's."""
    if len(raw) > 1 and not raw[0] and any(raw[1:]):
        return ()
    first = raw[0] if raw else 0
    return tuple(name for bit, name in enumerate(CAPABILITIES) if first & 0x80 >> bit)


def add_neighbours(found: Neighbours, heard: Heard, ports: Ports) -> None:
    """Put the rows of lldpRemTable, with their addresses, under the ports that face them."""
    for index, row in sorted(heard.remote.items()):
        port = _local_port(index[1], heard.local.get((index[1],), {}), ports)
        _add(found, port, _columns(row, _REMOTE, 0), _addresses(heard.management, index[1:]))


def add_v2_neighbours(found: Neighbours, heard: Heard, ports: Ports) -> None:
    """The same from lldpV2RemTable, which names the interface itself."""
    for index, row in sorted(heard.remote.items()):
        port = ports.of_interface(index[1])
        _add(found, port, _columns(row, _REMOTE_V2, 1), _addresses(heard.management, index[1:]))


def _columns(row: Row, entry: Oid, shift: int) -> Row:
    """A row by the column numbers of LLDP-MIB."""
    return {(name[len(entry)] - shift,): varbind for name, varbind in row.items()}


def _add(found: Neighbours, port: Port, row: Row, addresses: tuple[str, ...]) -> None:
    chassis_type, chassis = identifier(CHASSIS_TYPES, number(row, (4,)), octets(row, (5,)))
    if not chassis:
        return
    port_type, port_id = identifier(PORT_TYPES, number(row, (6,)), octets(row, (7,)))
    facts: dict[str, Value] = {
        "neighbour_chassis": chassis,
        "neighbour_chassis_type": chassis_type,
        "neighbour_port": port_id,
        "neighbour_port_type": port_type,
        "neighbour_port_description": text(row, (8,)),
        "neighbour_name": text(row, (9,)),
        "neighbour_description": text(row, (10,)),
        "neighbour_capabilities": capabilities(octets(row, (12,))),
        "neighbour_mac_address": _own_mac(chassis_type, octets(row, (5,))),
        "neighbour_addresses": addresses,
        "neighbour_learned_by": ("lldp",),
    }
    found.add(port, chassis, facts)


def _own_mac(kind: str, raw: bytes) -> str:
    """The chassis id as an address of one adapter; "" where it is no such address."""
    told = told_mac(raw) if kind == MAC else ""
    return mac_address(bytes.fromhex(told.replace(":", ""))) if told else ""


def _addresses(management: Rows, neighbour: Oid) -> tuple[str, ...]:
    """Management addresses in the rows of one neighbour: after its index come family, length and octets."""
    width = len(neighbour) + 1
    tails = (index[width:] for index in management if index[1:width] == neighbour)
    found = (_network(tail[0], bytes(tail[2:])) for tail in tails if len(tail) > 2 and tail[1] == len(tail) - 2)
    return tuple(sorted(filter(None, found)))


def _local_port(at: int, row: Row, ports: Ports) -> Port:
    """The interface behind a local LLDP port number, or the port by what the agent calls it."""
    kind, called = identifier(PORT_TYPES, number(row, PORT_SUBTYPE), octets(row, PORT_ID))
    described = text(row, PORT_DESC)
    names = (called, described) if kind in (NAME, LOCAL_ID) else (described,)
    told = (ports.macs.get(called), ports.aliases.get(called) if kind == ALIAS else None, *map(ports.with_name, names))
    index = next((index for index in (*told, ports.aliases.get(described)) if index is not None), None)
    if index is not None:
        return ports.of_interface(index)
    label = called if kind == NAME else described or ("" if kind == MAC else called)
    return Port(label or f"port/{at}")
