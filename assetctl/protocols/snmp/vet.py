"""May this SNMP PDU leave? Reads of the published objects only. Written without the codec, on purpose.

There is no way through for SetRequest, traps, informs, reports and responses: their types are not on the list.
Identity and depth questions are told apart by bit 29 of the request id, since a table's first row and its fortieth are
asked for in the same words but are paid from different purses.
"""

import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

from assetctl.errors import Refusal, WireError
from assetctl.wire import Reader

GET, GET_NEXT, GET_BULK = 0xA0, 0xA1, 0xA5

MOST_VARBINDS = 10
MOST_REPETITIONS = 10
MOST_OID_BYTES = 80  # LLDP's management addresses are filed under up to four numbers and 18 octets

_SCALARS = {
    **dict.fromkeys((bytes.fromhex("2b0601020101") + bytes((at,)) for at in range(1, 8)), "system"),  # sysDescr on
    bytes.fromhex("2b060106030a020101"): "system",  # 1.3.6.1.6.3.10.2.1.1 snmpEngineID
    bytes.fromhex("2b060106030a020102"): "system",  # snmpEngineBoots
    bytes.fromhex("2b060106030a020103"): "system",  # snmpEngineTime
    bytes.fromhex("28c462010102010301"): "lldp-local",  # 1.0.8802.1.1.2.1.3.1 lldpLocChassisIdSubtype
    bytes.fromhex("28c462010102010302"): "lldp-local",  # lldpLocChassisId
    bytes.fromhex("2b6f02862201010d010301"): "lldp-local",  # 1.3.111.2.802.1.1.13.1.3.1 lldpV2LocChassisIdSubtype
    bytes.fromhex("2b6f02862201010d010302"): "lldp-local",  # lldpV2LocChassisId
    bytes.fromhex("2b06010201110101"): "bridge",  # 1.3.6.1.2.1.17.1.1 dot1dBaseBridgeAddress
    bytes.fromhex("2b06010201190102"): "host",  # 1.3.6.1.2.1.25.1.2 hrSystemDate
    bytes.fromhex("2b06010201190202"): "host",  # 1.3.6.1.2.1.25.2.2 hrMemorySize
}
# entry of a published table -> its columns -> the name of the questions about them; no entry begins another
_PUBLISHED: dict[str, dict[str, Sequence[int]]] = {
    # 1.3.6.1.2.1.47.1.1.1.1 entPhysicalEntry
    "2b060102012f01010101": {"entity": (2, 4, 5, 6, 8, 9, 10, 11, 12, 13), "entity-more": (7, 14, 15, 16, 17)},
    "2b06010201020201": {"interface": (2, 3, 5, 6, 7, 8)},  # 1.3.6.1.2.1.2.2.1 ifEntry
    "2b060102011f010101": {"interface": (1, 15, 18)},  # 1.3.6.1.2.1.31.1.1.1 ifXEntry
    "2b06010201042201": {"ip-address": (3, 4)},  # 1.3.6.1.2.1.4.34.1 ipAddressEntry
    "2b06010201041401": {"ipv4-address": (2,)},  # 1.3.6.1.2.1.4.20.1 ipAddrEntry
    "28c46201010201030701": {"lldp-local-port": (2, 3, 4)},  # 1.0.8802.1.1.2.1.3.7.1 lldpLocPortEntry
    "28c46201010201040101": {"lldp-remote": range(4, 13)},  # 1.0.8802.1.1.2.1.4.1.1 lldpRemEntry
    "28c46201010201040201": {"lldp-management": (3, 4)},  # 1.0.8802.1.1.2.1.4.2.1 lldpRemManAddrEntry
    "2b6f02862201010d01040101": {"lldp-v2-remote": range(5, 14)},  # 1.3.111.2.802.1.1.13.1.4.1.1 lldpV2RemEntry
    "2b6f02862201010d01040201": {"lldp-v2-management": (3, 4)},  # lldpV2RemManAddrEntry
    "2b0601040109091701020101": {"cdp-cache": (4, 5, 6, 7, 8, 9, 11, 17, 20)},  # 1.3.6.1.4.1.9.9.23.1.2.1.1
    "2b0601020111010401": {"bridge-port": (2,)},  # 1.3.6.1.2.1.17.1.4.1 dot1dBasePortEntry
    "2b0601020111040301": {"fdb": (2, 3)},  # 1.3.6.1.2.1.17.4.3.1 dot1dTpFdbEntry
    "2b06010201110701020201": {"vlan-fdb": (2, 3)},  # 1.3.6.1.2.1.17.7.1.2.2.1 dot1qTpFdbEntry
    "2b06010201110701040201": {"vlan-current": (3, 4, 5)},  # 1.3.6.1.2.1.17.7.1.4.2.1 dot1qVlanCurrentEntry
    "2b06010201110701040301": {"vlan-static": (1, 2, 4)},  # 1.3.6.1.2.1.17.7.1.4.3.1 dot1qVlanStaticEntry
    "2b06010201110701040501": {"vlan-port": (1,)},  # 1.3.6.1.2.1.17.7.1.4.5.1 dot1qPortVlanEntry
    "2b06010201042301": {"arp": (4, 6)},  # 1.3.6.1.2.1.4.35.1 ipNetToPhysicalEntry
    "2b06010201041601": {"ipv4-arp": (2, 4)},  # 1.3.6.1.2.1.4.22.1 ipNetToMediaEntry
    "2b0601020119030201": {"host-device": (2, 3)},  # 1.3.6.1.2.1.25.3.2.1 hrDeviceEntry
    "2b0601020119060301": {"host-software": (2, 4, 5)},  # 1.3.6.1.2.1.25.6.3.1 hrSWInstalledEntry
}
_TABLES = {
    bytes.fromhex(entry): {column: name for name, columns in parts.items() for column in columns}
    for entry, parts in _PUBLISHED.items()
}


def vet(unit: bytes) -> str:
    """Name of the request that a PDU is; raises Refusal for any other unit."""
    try:
        return _read(unit)
    except WireError as broken:
        raise Refusal(f"snmp: not a whole PDU ({broken})") from broken


def _read(unit: bytes) -> str:
    pdu = Reader(unit)
    kind = pdu.u8("PDU type")
    if kind not in (GET, GET_NEXT, GET_BULK):
        raise Refusal(f"snmp: PDU type 0x{kind:02x} is not on the list")
    body = _contents(pdu, "PDU")
    pdu.end("PDU")
    body.expect(b"\x02\x04", "request id type and length")
    request_id = body.u32("request id")
    if not 0x40000000 <= request_id <= 0x7FFFFFFF:
        raise Refusal("snmp: request ids are 0x40000000 to 0x7fffffff")
    return _asked(kind, body.rest(), is_depth=request_id >= 0x60000000)


@lru_cache(maxsize=1024)
def _asked(kind: int, rest: bytes, *, is_depth: bool) -> str:
    """Name of a question by all that stands behind its id; most devices of a plant are asked in the same words."""
    body = Reader(rest)
    body.expect(b"\x02\x01\0\x02\x01", "error status or non-repeaters 0")
    _check_repetitions(kind, body.u8("error index or max-repetitions"))
    body.expect(b"\x30", "variable bindings")
    varbinds = _contents(body, "variable bindings")
    body.end("PDU")
    return _name(kind, _oids(varbinds), is_depth=is_depth)


def _check_repetitions(kind: int, third: int) -> None:
    if kind == GET_BULK and not 1 <= third <= MOST_REPETITIONS:
        raise Refusal(f"snmp: max-repetitions is 1 to {MOST_REPETITIONS}, this one {third}")
    if kind != GET_BULK and third:
        raise Refusal("snmp: the error index of a question is 0")


def _contents(r: Reader, field: str) -> Reader:
    """What a length announces, in the short form or the long one of one or two bytes, each as short as can be."""
    size = r.u8(f"{field} length")
    if size == 0x81:
        size = r.u8(f"{field} length")
        if size < 0x80:
            raise Refusal(f"snmp: {field} length is longer than need be")
    elif size == 0x82:
        size = r.u16(f"{field} length")
        if size < 0x100:
            raise Refusal(f"snmp: {field} length is longer than need be")
    elif size >= 0x80:
        raise Refusal(f"snmp: {field} length form 0x{size:02x} is not on the list")
    return r.part(size, field)


def _oids(varbinds: Reader) -> list[bytes]:
    """The names asked for. A name is short, so both lengths before it have one byte each."""
    oids: list[bytes] = []
    while varbinds.left():
        varbinds.expect(b"\x30", "variable binding")
        whole = varbinds.u8("variable binding length")
        varbinds.expect(b"\x06", "name")
        size = varbinds.u8("name length")
        if not 0 < size <= MOST_OID_BYTES or whole != size + 4:
            raise Refusal(f"snmp: an object name has 1 to {MOST_OID_BYTES} bytes and NULL behind it, this one {size}")
        oid = varbinds.take(size, "name")
        if oid[-1] >= 0x80:
            raise Refusal(f"snmp: an object name ends, this one does not: {oid.hex()}")
        varbinds.expect(b"\x05\0", "value NULL")
        oids.append(oid)
    if not 1 <= len(oids) <= MOST_VARBINDS:
        raise Refusal(f"snmp: 1 to {MOST_VARBINDS} objects a question, this one has {len(oids)}")
    return oids


def _name(kind: int, oids: list[bytes], *, is_depth: bool) -> str:
    if kind == GET:
        groups = {_SCALARS.get(oid[:-1], "") if oid[-1] == 0 else "" for oid in oids}
        if not is_depth and any(objects.issuperset(oids) for objects in _of_makers()):
            return "get-vendor"
        if "" in groups or len(groups) != 1 or is_depth != ("system" not in groups):
            raise Refusal("snmp: a Get asks only for published scalars of one group, beyond the system's as depth")
        return f"get-{groups.pop()}"
    tables = {_table(oid) for oid in oids}
    if "" in tables or len(tables) != 1:
        raise Refusal("snmp: a GetNext or GetBulk asks only for columns of one published table")
    (table,) = tables
    if is_depth:
        return f"bulk-{table}" if kind == GET_BULK else f"walk-{table}"
    if kind == GET_BULK or table not in ("entity", "interface"):
        raise Refusal(f"snmp: {table} beyond first rows is a depth question")
    return f"next-{table}"


@cache
def _of_makers() -> tuple[frozenset[bytes], ...]:
    """The objects that may be asked together: those of one entry of vendors.toml."""
    table = tomllib.loads(files("assetctl.protocols.snmp").joinpath("vendors.toml").read_text("utf-8"))
    return tuple(
        frozenset(
            _encoded(row["oid"])
            for rows in (maker.get("objects", ()), *(table["standard"][name] for name in maker.get("standard", ())))
            for row in rows
        )
        for maker in table["maker"]
    )


def _encoded(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    encoded = bytearray((40 * first + second,))
    for arc in rest:
        septets = [arc >> shift & 0x7F for shift in range(28, -1, -7)]
        while len(septets) > 1 and not septets[0]:
            del septets[0]
        encoded += bytes([*(0x80 | septet for septet in septets[:-1]), septets[-1]])
    return bytes(encoded)


def _table(oid: bytes) -> str:
    """The published table whose column an object lies in, or ""."""
    for entry, columns in _TABLES.items():
        if oid.startswith(entry) and len(oid) > len(entry):
            return columns.get(oid[len(entry)], "")
    return ""
