"""SNMP v1, v2c and v3: who it is; and by depth its parts and interfaces, neighbours, bridge tables, ARP and programs.

The unit is the PDU. Community and USM are put around it below the gate, so no secret is in a unit, and one probe serves
all versions.
"""

from collections.abc import Sequence
from functools import partial

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.snmp import arp, bridge, cdp, codec, depth, host, lldp, objects, probe, vendors, vet
from assetctl.protocols.snmp.walk import Table

_IDENTITY_IDS = range(codec.REQUEST_ID_BASE, codec.REQUEST_ID_BASE | codec.DEPTH_MARK)
_DEPTH_IDS = range(codec.REQUEST_ID_BASE | codec.DEPTH_MARK, 0x80000000)
_REQUEST_ID = (4, 5, 6, 7, 8)  # four bytes, after a PDU length of one byte or two

_OPEN = 2  # datagrams that open SNMPv3: discovery and time; one socket and nothing sent for v1 and v2c


class _Indexes(tuple[objects.Oid, ...]):
    """Indexes of a table: where to go on. These are the ends and some between; any other of the kind is as good."""


_NUMBERS = (1, 127, 128, 67108992, 2**31 - 1)


def _indexes(table: Table) -> _Indexes:
    """Indexes as the table has them: its numbers, and octets from none to the most."""
    numbers = [(number,) * table.numbers for number in _NUMBERS] if table.numbers else [()]
    tails = sorted({(), (1, 4, 10, 20, 1, 5)[: table.octets], tuple([255] * table.octets)})
    return _Indexes(dict.fromkeys([(), *(start + tail for start in numbers for tail in tails)]))


def _get(name: str, meaning: str, wanted: Sequence[tuple[objects.Oid, ...]], depth_name: str = "") -> Request:
    """A Get. wanted: the lists of objects it may ask for."""
    ids = _DEPTH_IDS if depth_name else _IDENTITY_IDS
    return Request(
        name=name,
        klass=RequestClass.DEPTH if depth_name else RequestClass.IDENTITY,
        clause="RFC 3416, 4.2.1",
        meaning=meaning,
        encode=codec.encode_get,
        arguments={"request_id": ids, "objects": wanted},
        varying=_REQUEST_ID,
        depths=(depth_name,) if depth_name else (),
    )


def _next(table: Table, meaning: str) -> Request:
    return Request(
        name=f"next-{table.name}",
        klass=RequestClass.IDENTITY,
        clause="RFC 3416, 4.2.2",
        meaning=meaning,
        encode=partial(codec.encode_walk, repetitions=0),
        arguments={
            "request_id": _IDENTITY_IDS,
            "columns": objects.Subsets(table.columns),
            "index": _indexes(table),
        },
        varying=_REQUEST_ID,
    )


def _walk(table: Table, meaning: str, depths: tuple[str, ...]) -> tuple[Request, Request]:
    """All rows of a table: GetNext first, then GetBulk where the agent bears it."""
    arguments = {"request_id": _DEPTH_IDS, "columns": objects.Subsets(table.columns), "index": _indexes(table)}
    return (
        Request(
            name=f"walk-{table.name}",
            klass=RequestClass.DEPTH,
            clause="RFC 3416, 4.2.2",
            meaning=meaning,
            encode=partial(codec.encode_walk, repetitions=0),
            arguments=arguments,
            varying=_REQUEST_ID,
            depths=depths,
        ),
        Request(
            name=f"bulk-{table.name}",
            klass=RequestClass.DEPTH,
            clause="RFC 3416, 4.2.3",
            meaning=f"{meaning}, several at once",
            encode=codec.encode_walk,
            arguments={**arguments, "repetitions": range(1, 11)},
            varying=_REQUEST_ID,
            depths=depths,
        ),
    )


_WALKS = (
    (depth.ENTITIES, "all rows of entPhysicalTable", (depth.TABLES,)),
    (depth.ENTITIES_MORE, "names, numbers and dates of entPhysicalTable", (depth.TABLES,)),
    (depth.INTERFACES, "all rows of ifTable and ifXTable", (depth.TABLES, depth.NEIGHBOURS, depth.FDB, depth.ARP)),
    (depth.ADDRESSES, "all rows of ipAddressTable", (depth.TABLES,)),
    (depth.IPV4_ADDRESSES, "all rows of ipAddrTable", (depth.TABLES,)),
    (lldp.LOCAL_PORTS, "all rows of lldpLocPortTable", (depth.NEIGHBOURS,)),
    (lldp.REMOTE, "all rows of lldpRemTable", (depth.NEIGHBOURS,)),
    (lldp.MANAGEMENT, "all rows of lldpRemManAddrTable", (depth.NEIGHBOURS,)),
    (lldp.REMOTE_V2, "all rows of lldpV2RemTable", (depth.NEIGHBOURS,)),
    (lldp.MANAGEMENT_V2, "all rows of lldpV2RemManAddrTable", (depth.NEIGHBOURS,)),
    (cdp.CACHE, "all rows of cdpCacheTable", (depth.NEIGHBOURS,)),
    (bridge.BASE_PORTS, "all rows of dot1dBasePortTable", (depth.FDB,)),
    (bridge.VLANS, "all rows of dot1qVlanCurrentTable", (depth.FDB,)),
    (bridge.STATIC_VLANS, "all rows of dot1qVlanStaticTable", (depth.FDB,)),
    (bridge.PORT_VLANS, "all rows of dot1qPortVlanTable", (depth.FDB,)),
    (bridge.Q_FDB, "all rows of dot1qTpFdbTable", (depth.FDB,)),
    (bridge.FDB, "all rows of dot1dTpFdbTable", (depth.FDB,)),
    (arp.PHYSICAL, "all rows of ipNetToPhysicalTable", (depth.ARP,)),
    (arp.MEDIA, "all rows of ipNetToMediaTable", (depth.ARP,)),
    (host.DEVICES, "all rows of hrDeviceTable", (depth.HOST,)),
    (host.SOFTWARE, "all rows of hrSWInstalledTable", (depth.HOST,)),
)

PROTOCOL = Protocol(
    name="snmp",
    title="SNMP",
    version=3,
    transport=Transport.UDP,
    ports=(161,),
    framing=codec.FRAMING,
    requests=(
        _get("get-system", "system group and SNMP engine", objects.Subsets(objects.SCALARS)),
        _next(depth.ENTITIES, "first rows of entPhysicalTable"),
        _next(probe.FIRST_INTERFACES, "first rows of ifTable"),
        _get("get-vendor", "identity objects of the maker's own", vendors.Selections()),
        _get("get-lldp-local", "the device's own chassis id", objects.Subsets(lldp.LOCAL), depth.NEIGHBOURS),
        _get("get-bridge", "the bridge's own address", objects.Subsets(bridge.BASE), depth.FDB),
        _get("get-host", "clock and memory of a computer", objects.Subsets(host.SYSTEM), depth.HOST),
        *(request for walk in _WALKS for request in _walk(*walk)),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(
        units=_OPEN * probe.MOST_CREDENTIALS + probe.IDENTITY_QUESTIONS,
        connections=probe.MOST_CREDENTIALS,
    ),
    depths={name: Cost(units=most, connections=0) for name, most in depth.QUESTIONS.items()},
    claims=frozenset(
        {"description", "contact", "hostname", "physical_location_address", "sys_object_id", "sys_uptime_s"}
        | {"snmp_enterprise_number", "sys_services", "snmp_engine_id", "snmp_engine_boots", "snmp_engine_time_s"}
        | {"snmp_versions_answered", "snmp_versions_tried", "snmp_levels_refused", "snmp_tables_cut"}
        | {"snmp_security_level", "snmp_auth_protocol", "snmp_priv_protocol", "snmp_default_community_accepted"}
        | {"manufacturer", "model", "order_code", "serial_number", "hardware_version", "firmware_software_version"}
        | {"entity_class", "entity_name", "entity_alias", "entity_asset_id", "entity_is_fru"}
        | {"entity_firmware_revision", "entity_software_revision", "entity_manufacturing_date"}
        | {"part_of", "slot", "mac_address", "ip_address", "interface_alias", "interface_index", "interface_name"}
        | {"interface_description", "interface_type", "interface_speed_bps", "interface_admin_status"}
        | {"interface_oper_status", "service_name", "service_source", "lldp_chassis_id"}
        | {"neighbour_name", "neighbour_port", "neighbour_chassis", "neighbour_local_port", "neighbour_platform"}
        | {"neighbour_local_interface", "neighbour_chassis_type", "neighbour_port_type", "neighbour_port_description"}
        | {"neighbour_description", "neighbour_capabilities", "neighbour_addresses", "neighbour_mac_address"}
        | {"neighbour_vlans", "neighbour_native_vlan", "neighbour_learned_by", "neighbour_entry_types"}
        | {"bridge_mac_address", "bridge_port", "vlans", "interface_vlan"}
        | {"interface_vlans_untagged", "interface_vlans_tagged"}
        | {"host_time", "host_memory_kib", "host_devices"}
        | {"software_name", "software_version", "software_kind", "software_installed_at"}
    ),
    needs_credential=True,
    sources=(
        "RFC 1157, RFC 3416 (PDUs), RFC 3417 (transport), RFC 3412 and 3414 (SNMPv3)",
        "RFC 3418 SNMPv2-MIB, RFC 6933 ENTITY-MIB, RFC 2863 IF-MIB, RFC 4293 IP-MIB, RFC 3411 SNMP-FRAMEWORK-MIB",
        "IEEE 802.1AB-2005 LLDP-MIB, 802.1AB-2009 LLDP-V2-MIB, CISCO-CDP-MIB",
        "RFC 4188 BRIDGE-MIB, RFC 4363 Q-BRIDGE-MIB, RFC 2790 HOST-RESOURCES-MIB",
        "RFC 1628 UPS-MIB, RFC 3805 Printer-MIB, and the MIBs of makers that vendors.toml names object by object",
    ),
)
