"""LLDP: the units in which a port tells its neighbour who it is. Nothing here can be sent.

A unit is a row of TLVs, each 7 bits of type, 9 of length and the value. Chassis id, port id and time to live come first
and in this order, End is the last; what follows it is padding of the frame. A TLV of which the value is too short for
its layout is left out, since the others still say what they say.

Sources: IEEE 802.1AB-2016 clause 8, annexes D and E (802.1 and 802.3 TLVs); ANSI/TIA-1057 (LLDP-MED);
IEC 61158-6-10 (PROFINET TLVs).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from assetctl import ethernet
from assetctl.errors import WireError
from assetctl.model import IPAddress
from assetctl.wire import Datagram, Reader, decode_text

FRAMING = Datagram(most=1522)
ETHER_TYPE = 0x88CC
NEAREST_BRIDGE = bytes.fromhex("0180c200000e")
NEAREST_TPMR, NEAREST_CUSTOMER = bytes.fromhex("0180c2000003"), bytes.fromhex("0180c2000000")
GROUPS = (NEAREST_BRIDGE, NEAREST_TPMR, NEAREST_CUSTOMER)

END, CHASSIS, PORT, TTL, PORT_DESCRIPTION, SYSTEM_NAME, SYSTEM_DESCRIPTION, CAPABILITIES, MANAGEMENT = range(9)
ORGANISATION = 127
MOST_TLVS = 128

CHASSIS_KINDS = {
    **{1: "chassisComponent", 2: "interfaceAlias", 3: "portComponent", 4: "macAddress", 5: "networkAddress"},
    **{6: "interfaceName", 7: "local"},
}
PORT_KINDS = {
    **{1: "interfaceAlias", 2: "portComponent", 3: "macAddress", 4: "networkAddress", 5: "interfaceName"},
    **{6: "agentCircuitId", 7: "local"},
}
CAPABILITY_NAMES = (
    *("other", "repeater", "bridge", "wlanAccessPoint", "router", "telephone", "docsisCableDevice", "stationOnly"),
    *("cVLANComponent", "sVLANComponent", "twoPortMACRelay"),
)


@dataclass(frozen=True, slots=True)
class Id:
    """A chassis or port id. kind: of it, in the words of LLDP-MIB. text: a MAC or IP address in its usual form."""

    kind: str
    text: str

    @property
    def mac(self) -> str:
        return self.text if self.kind == "macAddress" else ""


@dataclass(frozen=True, slots=True)
class Management:
    """An address under which the sender is managed. interface: its ifIndex, None where another number stands there."""

    ip: IPAddress
    interface: int | None


@dataclass(frozen=True, slots=True)
class Unit:
    """One LLDPDU. ttl_s: 0 when the sender goes away. organisation: (OUI, subtype) to the values that were told."""

    chassis: Id
    port: Id
    ttl_s: int
    port_description: str = ""
    system_name: str = ""
    system_description: str = ""
    capabilities: tuple[str, ...] = ()
    enabled: tuple[str, ...] = ()
    managements: tuple[Management, ...] = ()
    organisation: tuple[tuple[int, int, bytes], ...] = ()


def is_lldp(frame: bytes) -> bool:
    """Whether a frame holds an LLDPDU."""
    try:
        return ethernet.decode(frame).ether_type == ETHER_TYPE
    except WireError:
        return False


def decode(data: bytes) -> Unit:
    """Read one LLDPDU, the payload of its frame. Raises WireError if the layout is broken or a mandatory TLV misses."""
    tlvs = tuple(_tlvs(Reader(data)))
    if tuple(kind for kind, _ in tlvs[:3]) != (CHASSIS, PORT, TTL):
        raise WireError("LLDPDU: chassis id, port id and time to live are expected first")
    chassis, port = _id(tlvs[0][1], CHASSIS_KINDS, "chassis id"), _id(tlvs[1][1], PORT_KINDS, "port id")
    ttl_s = Reader(tlvs[2][1]).u16("time to live")
    told: dict[int, bytes] = {}
    for kind, value in tlvs[3:]:
        told.setdefault(kind, value)
    capabilities, enabled = _capabilities(told.get(CAPABILITIES, b""))
    return Unit(
        chassis,
        port,
        ttl_s,
        decode_text(told.get(PORT_DESCRIPTION, b"")),
        decode_text(told.get(SYSTEM_NAME, b"")),
        decode_text(told.get(SYSTEM_DESCRIPTION, b"")),
        capabilities,
        enabled,
        tuple(found for kind, value in tlvs if kind == MANAGEMENT and (found := _management(value))),
        tuple(_organisation(value) for kind, value in tlvs if kind == ORGANISATION and len(value) >= 4),
    )


def _tlvs(r: Reader) -> Iterator[tuple[int, bytes]]:
    for _ in range(MOST_TLVS):
        if not r.left():
            return  # some senders leave the End TLV out
        head = r.u16("TLV header")
        kind, length = head >> 9, head & 0x1FF
        if kind == END:
            return
        yield kind, r.take(length, "TLV value")


def _id(value: bytes, kinds: dict[int, str], field: str) -> Id:
    r = Reader(value)
    kind, raw = kinds.get(r.u8(field), ""), r.rest()
    if not raw:
        raise WireError(f"{field}: empty")
    if kind == "macAddress" and len(raw) == 6:
        return Id(kind, ethernet.mac_text(raw))
    if kind == "networkAddress" and (ip := _ip(raw)):
        return Id(kind, str(ip))
    is_binary = kind in ("macAddress", "networkAddress") or any(byte < 0x20 for byte in raw.rstrip(b"\0"))
    return Id(
        kind if kind not in ("macAddress", "networkAddress") else "", raw.hex() if is_binary else decode_text(raw)
    )


def _ip(raw: bytes) -> IPAddress | None:
    """An address behind its IANA family number; None for another family or length."""
    if raw[:1] == b"\x01" and len(raw) == 5:
        return IPv4Address(raw[1:])
    if raw[:1] == b"\x02" and len(raw) == 17:
        return IPv6Address(raw[1:])
    return None


def _capabilities(value: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if len(value) != 4:
        return (), ()
    return _names(int.from_bytes(value[:2])), _names(int.from_bytes(value[2:]))


def _names(bits: int) -> tuple[str, ...]:
    return tuple(name for at, name in enumerate(CAPABILITY_NAMES) if bits & 1 << at)


def _management(value: bytes) -> Management | None:
    """An IP address under which the sender is managed; None for another kind or a broken one."""
    try:
        r = Reader(value)
        ip = _ip(r.take(r.u8("address length"), "address"))
        is_index, number = r.u8("numbering") == 2, r.u32("interface number")
    except WireError:
        return None
    return None if ip is None else Management(ip, number if is_index and number else None)


def _organisation(value: bytes) -> tuple[int, int, bytes]:
    return int.from_bytes(value[:3]), value[3], value[4:]
