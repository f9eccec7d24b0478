"""What the objects say about the device, its parts and its interfaces."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, ip_address

from assetctl.model import Claim, IPAddress, SubjectKind, Value
from assetctl.protocols.snmp import objects as o
from assetctl.protocols.snmp.codec import Varbind
from assetctl.protocols.snmp.objects import Oid
from assetctl.protocols.snmp.walk import Row, Rows
from assetctl.wire import decode_text

ENTERPRISES = (1, 3, 6, 1, 4, 1)
NO_OID = (0, 0)

CHASSIS, CONTAINER, MODULE = 3, 5, 9
CLASSES = (
    *("other", "unknown", "chassis", "backplane", "container", "powerSupply", "fan", "sensor", "module", "port"),
    *("stack", "cpu", "energyObject", "battery", "storageDrive"),
)
ADMIN_STATES = ("up", "down", "testing")
OPER_STATES = ("up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown")

SPEED_TOP = 0xFFFFFFFF  # ifSpeed when the speed does not fit; ifHighSpeed then holds it in megabits
UNICAST = 1
MOST_PARENTS = 16

_NO_TEXT = frozenset(
    {"n/a", "na", "none", "null", "unknown", "not specified", "not available", "not applicable", "default string", "-"}
    | {"to be filled by o.e.m.", "system serial number", "0"}
)
_SYSTEM_TEXTS = {
    o.SYS_DESCR: "description",
    o.SYS_CONTACT: "contact",
    o.SYS_NAME: "hostname",
    o.SYS_LOCATION: "physical_location_address",
}
_ENTITY_TEXTS = {
    o.ENT_MFG_NAME: "manufacturer",
    o.ENT_MODEL_NAME: "model",
    o.ENT_SERIAL_NUM: "serial_number",
    o.ENT_HARDWARE_REV: "hardware_version",
}


def text(row: Mapping[Oid, Varbind], name: Oid) -> str:
    """Text of an object; "" when it is absent, no text, or one of the words for nothing."""
    varbind = row.get(name)
    found = decode_text(varbind.value) if varbind is not None and isinstance(varbind.value, bytes) else ""
    return "" if found.lower() in _NO_TEXT else found


def number(row: Mapping[Oid, Varbind], name: Oid) -> int | None:
    """Number of an object, or None when it is absent or no number."""
    varbind = row.get(name)
    return varbind.value if varbind is not None and isinstance(varbind.value, int) else None


def system_claims(row: Row) -> Iterator[Claim]:
    """The system group and the engine id."""
    for name, key in _SYSTEM_TEXTS.items():
        if found := text(row, name):
            yield Claim(key, found)
    varbind = row.get(o.SYS_OBJECT_ID)
    if varbind is not None and isinstance(varbind.value, tuple) and varbind.value != NO_OID:
        oid = varbind.value
        yield Claim("sys_object_id", ".".join(map(str, oid)))
        if oid[: len(ENTERPRISES)] == ENTERPRISES and len(oid) > len(ENTERPRISES):
            yield Claim("snmp_enterprise_number", oid[len(ENTERPRISES)])
    if (ticks := number(row, o.SYS_UP_TIME)) is not None:
        yield Claim("sys_uptime_s", ticks // 100)
    if (services := number(row, o.SYS_SERVICES)) is not None:
        yield Claim("sys_services", services)
    engine = row.get(o.ENGINE_ID)
    if engine is not None and isinstance(engine.value, bytes) and 5 <= len(engine.value) <= 32:
        yield Claim("snmp_engine_id", engine.value.hex())


def is_whole(row: Row) -> bool:
    """Whether a row of the entity table is a chassis that stands in nothing else."""
    return number(row, o.ENT_CLASS) == CHASSIS and not number(row, o.ENT_CONTAINED_IN)


def entity_claims(rows: Rows) -> Iterator[Claim]:
    """The device itself from its chassis, and a part for each other row with a serial number or of class module.

    The device is the first chassis that stands in nothing else, or the first member of a stack; other chassis are
    parts. Without any chassis it is the first row, which is said with less confidence.
    """
    if not rows:
        return
    chassis = [index for index, row in rows.items() if number(row, o.ENT_CLASS) == CHASSIS]
    whole = [index for index in chassis if is_whole(rows[index])]
    device = min(whole or chassis or rows)
    yield from _described(rows[device], confidence=90 if chassis else 60)
    parts = {index for index, row in rows.items() if index != device and _is_part(row)}
    for index in sorted(parts):
        yield from _part_claims(rows, index, parts)


def _is_part(row: Row) -> bool:
    return number(row, o.ENT_CLASS) in (MODULE, CHASSIS) or bool(text(row, o.ENT_SERIAL_NUM))


def _described(row: Row, part: str = "", confidence: int = 90) -> Iterator[Claim]:
    for name, key in _ENTITY_TEXTS.items():
        if found := text(row, name):
            yield Claim(key, found, part=part, confidence=confidence)
    if version := text(row, o.ENT_SOFTWARE_REV) or text(row, o.ENT_FIRMWARE_REV):
        yield Claim("firmware_software_version", version, part=part, confidence=confidence)


def _part_claims(rows: Rows, index: Oid, parts: set[Oid]) -> Iterator[Claim]:
    row, part = rows[index], _part(index)
    yield from _described(row, part)
    if found := text(row, o.ENT_DESCR):
        yield Claim("description", found, part=part)
    if named := _named(CLASSES, number(row, o.ENT_CLASS)):
        yield Claim("entity_class", named, part=part)
    holder = _holder(rows, index, parts)
    if holder is not None:
        yield Claim("part_of", _part(holder), part=part)
    slot = _slot(rows, row)
    if slot is not None and slot >= 0:
        yield Claim("slot", slot, part=part)


def _part(index: Oid) -> str:
    return f"entity/{index[0]}"


def _holder(rows: Rows, index: Oid, parts: set[Oid]) -> Oid | None:
    """The nearest part around a part; None when that is the device itself. A ring of parents ends after a few."""
    at = index
    for _ in range(MOST_PARENTS):
        at = (number(rows.get(at, {}), o.ENT_CONTAINED_IN) or 0,)
        if at in parts and at != index:
            return at
    return None


def _slot(rows: Rows, row: Row) -> int | None:
    """Position in the container that is the slot; without one, position in whatever holds the part."""
    around = rows.get((number(row, o.ENT_CONTAINED_IN) or 0,), {})
    holder = around if number(around, o.ENT_CLASS) == CONTAINER else row
    return number(holder, o.ENT_PARENT_REL_POS)


def interface_claims(rows: Rows) -> Iterator[Claim]:
    """One interface for each row with an index of one number."""
    for index, row in sorted(rows.items()):
        if len(index) == 1:
            yield from (_of(index[0], key, value) for key, value in _interface(index[0], row))


def _of(index: int, key: str, value: Value) -> Claim:
    return Claim(key, value, SubjectKind.INTERFACE, f"if/{index}")


def _interface(index: int, row: Row) -> Iterator[tuple[str, Value]]:
    yield "interface_index", index
    varbind = row.get(o.IF_PHYS_ADDRESS)
    if varbind is not None and isinstance(varbind.value, bytes) and (mac := mac_address(varbind.value)):
        yield "mac_address", mac
    if name := text(row, o.IF_NAME):
        yield "interface_name", name
    if description := text(row, o.IF_DESCR) or text(row, o.IF_ALIAS):
        yield "interface_description", description
    if (kind := number(row, o.IF_TYPE)) is not None:
        yield "interface_type", kind
    if (speed := _speed_bps(row)) is not None:
        yield "interface_speed_bps", speed
    if admin := _named(ADMIN_STATES, number(row, o.IF_ADMIN_STATUS)):
        yield "interface_admin_status", admin
    if oper := _named(OPER_STATES, number(row, o.IF_OPER_STATUS)):
        yield "interface_oper_status", oper


def mac_address(raw: bytes) -> str:
    """A hardware address in capitals with colons; "" for what names no single adapter: zeros, ones, groups."""
    if len(raw) != 6 or not any(raw) or raw[0] & 1:
        return ""
    return raw.hex(":").upper()


def _speed_bps(row: Row) -> int | None:
    plain, high = number(row, o.IF_SPEED), number(row, o.IF_HIGH_SPEED)
    if high and (plain is None or plain == SPEED_TOP):
        return high * 1_000_000
    return plain or None


def _named(names: tuple[str, ...], value: int | None) -> str:
    return names[value - 1] if value is not None and 1 <= value <= len(names) else ""


def address_claims(rows: Rows) -> Iterator[Claim]:
    """Addresses of the interfaces, from either address table; what names no single host is left out."""
    for index, row in sorted(rows.items()):
        interface = number(row, o.IP_IF_INDEX) or number(row, o.IPV4_IF_INDEX)
        address = _address(index)
        if interface is None or address is None or number(row, o.IP_TYPE) not in (None, UNICAST):
            continue
        if not (address.is_loopback or address.is_unspecified or address.is_link_local or address.is_multicast):
            yield _of(interface, "ip_address", str(address))


def _address(index: Oid) -> IPAddress | None:
    """The address in a row's index: four octets, or type, length and octets; None with a zone or of another type."""
    octets = bytes(sub & 0xFF for sub in index)
    match len(octets), octets[:2]:
        case 4, _:
            return IPv4Address(octets)
        case (6, b"\x01\x04") | (18, b"\x02\x10"):
            return ip_address(octets[2:])
        case _:
            return None
