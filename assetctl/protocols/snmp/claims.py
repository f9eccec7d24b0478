"""What the objects say about the device and its interfaces; about its parts see `entities`."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, ip_address

from assetctl.model import Claim, IPAddress, SubjectKind, Value
from assetctl.placeholders import is_placeholder
from assetctl.protocols.snmp import objects as o
from assetctl.protocols.snmp.codec import Varbind
from assetctl.protocols.snmp.factory import is_factory_setting
from assetctl.protocols.snmp.objects import Oid
from assetctl.protocols.snmp.walk import Row, Rows
from assetctl.wire import decode_text

ENTERPRISES = (1, 3, 6, 1, 4, 1)
NO_OID = (0, 0)

ADMIN_STATES = ("up", "down", "testing")
OPER_STATES = ("up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown")

SPEED_TOP = 0xFFFFFFFF  # ifSpeed when the speed does not fit; ifHighSpeed then holds it in megabits
UNICAST = 1
SHORT, REMEMBERED = (
    64,
    4096,
)  # bytes of a text, and how many such texts, that are read once: devices say the same things
MOST_ENGINE_ID = 32

_SYSTEM_TEXTS = {
    o.SYS_DESCR: "description",
    o.SYS_CONTACT: "contact",
    o.SYS_NAME: "hostname",
    o.SYS_LOCATION: "physical_location_address",
}


def text(row: Mapping[Oid, Varbind], name: Oid) -> str:
    """Text of an object; "" when it is absent, no text, or one of the words for nothing."""
    varbind = row.get(name)
    if varbind is None or not isinstance(varbind.value, bytes):
        return ""
    return _short(varbind.value) if len(varbind.value) <= SHORT else _told(varbind.value)


def _told(raw: bytes) -> str:
    found = decode_text(raw)
    return "" if is_placeholder(found) else found


_short = lru_cache(REMEMBERED)(_told)


def number(row: Mapping[Oid, Varbind], name: Oid) -> int | None:
    """Number of an object, or None when it is absent or no number."""
    varbind = row.get(name)
    return varbind.value if varbind is not None and isinstance(varbind.value, int) else None


def octets(row: Mapping[Oid, Varbind], name: Oid) -> bytes:
    """Octets of an object; none when it is absent or of another type."""
    varbind = row.get(name)
    return varbind.value if varbind is not None and isinstance(varbind.value, bytes) else b""


def object_id(row: Mapping[Oid, Varbind]) -> Oid:
    """sysObjectID; () when it is absent, of another type, or 0.0."""
    varbind = row.get(o.SYS_OBJECT_ID)
    found = varbind.value if varbind is not None and isinstance(varbind.value, tuple) else ()
    return () if found == NO_OID else found


def system_claims(row: Row) -> Iterator[Claim]:
    """The system group and the engine id."""
    description = text(row, o.SYS_DESCR)
    for name, key in _SYSTEM_TEXTS.items():
        found = text(row, name)
        if found and not is_factory_setting(key, found, description):
            yield Claim(key, found)
    if oid := object_id(row):
        yield Claim("sys_object_id", ".".join(map(str, oid)))
        if oid[: len(ENTERPRISES)] == ENTERPRISES and len(oid) > len(ENTERPRISES):
            yield Claim("snmp_enterprise_number", oid[len(ENTERPRISES)])
    if (ticks := number(row, o.SYS_UP_TIME)) is not None:
        yield Claim("sys_uptime_s", ticks // 100)
    if (services := number(row, o.SYS_SERVICES)) is not None:
        yield Claim("sys_services", services)
    if 5 <= len(engine := octets(row, o.ENGINE_ID)) <= MOST_ENGINE_ID:
        yield Claim("snmp_engine_id", engine.hex())
    for name, key in ((o.ENGINE_BOOTS, "snmp_engine_boots"), (o.ENGINE_TIME, "snmp_engine_time_s")):
        if (found_number := number(row, name)) is not None:
            yield Claim(key, found_number)


def interface_claims(rows: Rows) -> Iterator[Claim]:
    """One interface for each row with an index of one number."""
    for index, row in sorted(rows.items()):
        if len(index) == 1:
            yield from (_of(index[0], key, value) for key, value in _interface(index[0], row))


def _of(index: int, key: str, value: Value) -> Claim:
    return Claim(key, value, SubjectKind.INTERFACE, f"if/{index}")


def _interface(index: int, row: Row) -> Iterator[tuple[str, Value]]:
    yield "interface_index", index
    if mac := mac_address(octets(row, o.IF_PHYS_ADDRESS)):
        yield "mac_address", mac
    if name := text(row, o.IF_NAME):
        yield "interface_name", name
    if description := text(row, o.IF_DESCR) or text(row, o.IF_ALIAS):
        yield "interface_description", description
    if alias := text(row, o.IF_ALIAS):
        yield "interface_alias", alias
    if (kind := number(row, o.IF_TYPE)) is not None:
        yield "interface_type", kind
    if (speed := _speed_bps(row)) is not None:
        yield "interface_speed_bps", speed
    if admin := named(ADMIN_STATES, number(row, o.IF_ADMIN_STATUS)):
        yield "interface_admin_status", admin
    if oper := named(OPER_STATES, number(row, o.IF_OPER_STATUS)):
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


def named(names: tuple[str, ...], value: int | None) -> str:
    """The name with this number, from 1; "" for a number without one."""
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
