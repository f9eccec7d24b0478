"""Neighbours on the network layer: which address has which hardware address, behind which interface.

Sources: RFC 4293 (ipNetToPhysicalTable; ipNetToMediaTable, which it replaces and older agents have alone).
"""

from ipaddress import IPv4Address, IPv6Address

from assetctl.model import IPAddress, Value
from assetctl.protocols.snmp.claims import mac_address, named, number, octets
from assetctl.protocols.snmp.neighbours import Neighbours, Ports
from assetctl.protocols.snmp.objects import MIB_2, Oid
from assetctl.protocols.snmp.walk import Rows, Table

_PHYSICAL: Oid = (*MIB_2, 4, 35, 1)
_MEDIA: Oid = (*MIB_2, 4, 22, 1)
PHYS_ADDRESS, TYPE = (*_PHYSICAL, 4), (*_PHYSICAL, 6)
MEDIA_PHYS_ADDRESS, MEDIA_TYPE = (*_MEDIA, 2), (*_MEDIA, 4)

PHYSICAL = Table("arp", (PHYS_ADDRESS, TYPE), rounds=280, octets=22)
MEDIA = Table("ipv4-arp", (MEDIA_PHYS_ADDRESS, MEDIA_TYPE), rounds=280, octets=4)

TYPES = ("other", "invalid", "dynamic", "static", "local")
INVALID = 2
_IPV4, _IPV6 = ((1, 4), 6), ((2, 16), 18)


def has_ipv4(rows: Rows) -> bool:
    """Whether ipNetToPhysicalTable tells of IPv4; some agents have only IPv6 in it."""
    return any(index[1:3] == _IPV4[0] for index in rows)


def add_neighbours(found: Neighbours, physical: Rows, media: Rows, ports: Ports) -> None:
    """Put every entry of both tables under its interface."""
    for index, row in sorted({**media, **physical}.items()):
        raw = octets(row, PHYS_ADDRESS) or octets(row, MEDIA_PHYS_ADDRESS)
        mac, address = mac_address(raw), _address(index[1:])
        kind = number(row, TYPE) or number(row, MEDIA_TYPE)
        if not mac or address is None or kind == INVALID:
            continue
        facts: dict[str, Value] = {
            "neighbour_mac_address": mac,
            "neighbour_addresses": (str(address),),
            "neighbour_entry_types": (named(TYPES, kind),) if named(TYPES, kind) else (),
            "neighbour_learned_by": ("arp",),
        }
        found.add(ports.of_interface(index[0]), mac, facts)


def _address(tail: Oid) -> IPAddress | None:
    """The address after the ifIndex: four octets, or family, length and octets; None for what is no single host."""
    address: IPAddress
    if len(tail) == 4:
        address = IPv4Address(bytes(tail))
    elif (tail[:2], len(tail)) == _IPV4:
        address = IPv4Address(bytes(tail[2:]))
    elif (tail[:2], len(tail)) == _IPV6:
        address = IPv6Address(bytes(tail[2:]))
    else:
        return None
    return None if address.is_multicast or address.is_unspecified or address.is_loopback else address
