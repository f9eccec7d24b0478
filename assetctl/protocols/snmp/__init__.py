"""SNMP v1, v2c and v3: system group, entities and interfaces.

The unit is the PDU. Community and USM are put around it below the gate, so no secret is in a unit, and one probe serves
all versions.
"""

from functools import partial

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.snmp import codec, objects, probe, vet

_IDENTITY_IDS = range(codec.REQUEST_ID_BASE, codec.REQUEST_ID_BASE | codec.DEPTH_MARK)
_DEPTH_IDS = range(codec.REQUEST_ID_BASE | codec.DEPTH_MARK, 0x80000000)
_REQUEST_ID = (4, 5, 6, 7, 8)  # four bytes, after a PDU length of one byte or two

_OPEN = 2  # datagrams that open SNMPv3: discovery and time; one socket and nothing sent for v1 and v2c


class _Indexes(tuple[objects.Oid, ...]):
    """Indexes of a table: where to go on. These are the ends and some between; any other of the kind is as good."""


_NUMBERS = _Indexes([(), (1,), (127,), (128,), (1001,), (67108992,), (2**31 - 1,)])
_IPV4 = _Indexes([(), (10, 20, 1, 5), (255, 255, 255, 255)])
_TYPED = _Indexes([(), (1, 4, 10, 20, 1, 5), (2, 16, *range(0xF0, 0x100)), (4, 20, *[255] * 20)])


def _next(name: str, meaning: str, columns: tuple[objects.Oid, ...]) -> Request:
    return Request(
        name=name,
        klass=RequestClass.IDENTITY,
        clause="RFC 3416, 4.2.2",
        meaning=meaning,
        encode=partial(codec.encode_walk, repetitions=0),
        arguments={"request_id": _IDENTITY_IDS, "columns": objects.Subsets(columns), "index": _NUMBERS},
        varying=_REQUEST_ID,
    )


def _walk(name: str, meaning: str, columns: tuple[objects.Oid, ...], indexes: _Indexes) -> Request:
    return Request(
        name=name,
        klass=RequestClass.DEPTH,
        clause="RFC 3416, 4.2.2 and 4.2.3",
        meaning=meaning,
        encode=codec.encode_walk,
        arguments={
            "request_id": _DEPTH_IDS,
            "columns": objects.Subsets(columns),
            "index": indexes,
            "repetitions": range(11),
        },
        varying=_REQUEST_ID,
    )


PROTOCOL = Protocol(
    name="snmp",
    title="SNMP",
    version=1,
    transport=Transport.UDP,
    ports=(161,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="get-system",
            klass=RequestClass.IDENTITY,
            clause="RFC 3416, 4.2.1",
            meaning="system group, number of interfaces and engine id",
            encode=codec.encode_get,
            arguments={"request_id": _IDENTITY_IDS, "objects": objects.Subsets(objects.SCALARS)},
            varying=_REQUEST_ID,
        ),
        _next("next-entity", "first rows of entPhysicalTable", objects.ENTITY),
        _next("next-interface", "first rows of ifTable", objects.FIRST_INTERFACES),
        _walk("walk-entity", "all rows of entPhysicalTable", objects.ENTITY, _NUMBERS),
        _walk("walk-interface", "all rows of ifTable and ifXTable", objects.INTERFACES, _NUMBERS),
        _walk("walk-ip-address", "all rows of ipAddressTable", objects.ADDRESSES, _TYPED),
        _walk("walk-ipv4-address", "all rows of ipAddrTable", objects.IPV4_ADDRESSES, _IPV4),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(
        units=_OPEN * probe.MOST_CREDENTIALS + probe.IDENTITY_QUESTIONS,
        connections=probe.MOST_CREDENTIALS,
    ),
    depths={probe.DEPTH: Cost(units=probe.DEPTH_QUESTIONS, connections=0)},
    claims=frozenset(
        {"description", "contact", "hostname", "physical_location_address", "sys_object_id", "sys_uptime_s"}
        | {"snmp_enterprise_number", "sys_services", "snmp_engine_id", "snmp_versions_answered"}
        | {"snmp_security_level", "snmp_auth_protocol", "snmp_priv_protocol", "snmp_default_community_accepted"}
        | {"manufacturer", "model", "serial_number", "hardware_version", "firmware_software_version"}
        | {"entity_class", "part_of", "slot", "mac_address", "ip_address"}
        | {"interface_index", "interface_name", "interface_description", "interface_type", "interface_speed_bps"}
        | {"interface_admin_status", "interface_oper_status", "service_name", "service_source"}
    ),
    needs_credential=True,
    sources=(
        "RFC 1157, RFC 3416 (PDUs), RFC 3417 (transport), RFC 3412 and 3414 (SNMPv3)",
        "RFC 3418 SNMPv2-MIB, RFC 6933 ENTITY-MIB, RFC 2863 IF-MIB, RFC 4293 IP-MIB, RFC 3411 SNMP-FRAMEWORK-MIB",
    ),
)
