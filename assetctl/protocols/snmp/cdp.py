"""CDP neighbours, which agents of Cisco and some others tell in CISCO-CDP-MIB; filed under the local ifIndex.

Some agents put their LLDP neighbours here too, without a device id: those rows say nothing new.
Source: CISCO-CDP-MIB, cdpCacheTable; addresses are octets, with some agents written out.
"""

from ipaddress import IPv4Address, ip_address

from assetctl.model import Value
from assetctl.protocols.snmp.claims import mac_address, number, octets, text
from assetctl.protocols.snmp.neighbours import Neighbours, Ports, printable
from assetctl.protocols.snmp.objects import Oid
from assetctl.protocols.snmp.walk import Row, Rows, Table
from assetctl.wire import decode_text

_CACHE: Oid = (1, 3, 6, 1, 4, 1, 9, 9, 23, 1, 2, 1, 1)
ADDRESS, VERSION, DEVICE_ID = (*_CACHE, 4), (*_CACHE, 5), (*_CACHE, 6)
DEVICE_PORT, PLATFORM, CAPABILITIES = (*_CACHE, 7), (*_CACHE, 8), (*_CACHE, 9)
NATIVE_VLAN, SYS_NAME, MANAGEMENT = (*_CACHE, 11), (*_CACHE, 17), (*_CACHE, 20)

CACHE = Table(
    "cdp-cache",
    (
        *(ADDRESS, VERSION, DEVICE_ID, DEVICE_PORT, PLATFORM, CAPABILITIES),
        *(NATIVE_VLAN, SYS_NAME, MANAGEMENT),
    ),
    rounds=90,
    numbers=2,
    objects=20,
)
_CAPABILITIES = (  # from the lowest bit
    *("router", "transparentBridge", "sourceRouteBridge", "switch", "host", "igmpCapable", "repeater"),
    *("voipPhone", "remotelyManaged", "cvta", "twoPortMacRelay"),
)
_MOST_CAPABILITIES = 4  # octets


def add_neighbours(found: Neighbours, rows: Rows, ports: Ports) -> None:
    """Put the rows of cdpCacheTable under the interfaces that face them."""
    for index, row in sorted(rows.items()):
        raw = octets(row, DEVICE_ID)
        device = printable(raw) if raw.strip(b"\0 ") else ""
        if not device:
            continue
        is_mac = len(raw) == 6 and device == raw.hex(":").upper()
        facts: dict[str, Value] = {
            "neighbour_chassis": device,
            "neighbour_name": text(row, SYS_NAME) or ("" if is_mac else device),
            "neighbour_mac_address": mac_address(raw) if is_mac else "",
            "neighbour_port": text(row, DEVICE_PORT),
            "neighbour_description": text(row, VERSION),
            "neighbour_platform": text(row, PLATFORM),
            "neighbour_capabilities": capabilities(octets(row, CAPABILITIES)),
            "neighbour_native_vlan": _native_vlan(row),
            "neighbour_addresses": _addresses(row),
            "neighbour_learned_by": ("cdp",),
        }
        found.add(ports.of_interface(index[0]), device, facts)


def capabilities(raw: bytes) -> tuple[str, ...]:
    """Names of the bits that are set in a number of at most four octets."""
    bits = int.from_bytes(raw) if len(raw) <= _MOST_CAPABILITIES else 0
    return tuple(sorted(name for bit, name in enumerate(_CAPABILITIES) if bits >> bit & 1))


def _native_vlan(row: Row) -> Value:
    vlan = number(row, NATIVE_VLAN)
    return vlan if vlan is not None and 1 <= vlan <= 4094 else ""


def _addresses(row: Row) -> tuple[str, ...]:
    found = {_address(octets(row, name)) for name in (ADDRESS, MANAGEMENT)}
    return tuple(sorted(found - {""}))


def _address(raw: bytes) -> str:
    """An IPv4 address from its octets or as written out; "" for the others and for 0.0.0.0."""
    try:
        address = IPv4Address(raw) if len(raw) == 4 else ip_address(decode_text(raw[:40]))
    except ValueError:
        return ""
    return "" if address.is_unspecified else str(address)
