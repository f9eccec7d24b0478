"""What the TLVs of IEEE 802.1 and 802.3, LLDP-MED and PROFINET say, as claims about the sender.

Sources: IEEE 802.1AB-2016 annexes D and E; ANSI/TIA-1057, 10.2.6 (inventory); IEC 61158-6-10 (LLDP extensions).
"""

from collections.abc import Iterator
from uuid import UUID

from assetctl import ethernet
from assetctl.model import Claim, SubjectKind
from assetctl.protocols.lldp.codec import Unit
from assetctl.wire import decode_text

IEEE_802_1, IEEE_802_3, MED, PROFINET = 0x0080C2, 0x00120F, 0x0012BB, 0x000ECF
PORT_VLAN, VLAN_NAME = 1, 3
MAU, MAX_FRAME_SIZE = 1, 4
ALIAS, MRP, INTERFACE_MAC = 3, 4, 5
INVENTORY = {
    5: "hardware_version",
    6: "lldp_med_firmware_revision",
    7: "lldp_med_software_revision",
    8: "serial_number",
    9: "manufacturer",
    10: "model",
    11: "asset_number",
}
INVENTORY_CONFIDENCE = 80


def claims(unit: Unit, *, part: str, port: str) -> Iterator[Claim]:
    """Everything the organisations' TLVs of a unit say. port: local key of the sending port."""
    vlans: list[str] = []
    for owner, kind, value in unit.organisation:
        match owner:
            case _ if owner == IEEE_802_1 and kind == VLAN_NAME and len(value) > 3:
                vlans.append(f"{int.from_bytes(value[:2])} {decode_text(value[3 : 3 + value[2]])}".strip())
            case _ if owner in (IEEE_802_1, IEEE_802_3):
                yield from _port(owner, kind, value, part, port)
            case _ if owner == MED and kind in INVENTORY:
                if text := decode_text(value):
                    yield Claim(INVENTORY[kind], text, part=part, confidence=INVENTORY_CONFIDENCE)
            case _ if owner == PROFINET:
                yield from _profinet(kind, value, part)
    if vlans:
        yield Claim("lldp_vlans", tuple(dict.fromkeys(vlans)), part=part)


def speaks_profinet(unit: Unit) -> bool:
    """Whether the sender adds PROFINET's own TLVs."""
    return any(owner == PROFINET for owner, _, _ in unit.organisation)


def station_name(unit: Unit) -> str:
    """The name of a PROFINET station, which stands in its port id ("port-001.name") or is its chassis id.

    "" where it is not told: newer stations tell their system identification as chassis id.
    """
    if not speaks_profinet(unit) or unit.port.kind != "local":
        return ""
    port, dot, name = unit.port.text.partition(".")
    if not port.startswith("port-"):
        return ""
    return name if dot else unit.chassis.text if unit.chassis.kind == "local" else ""


def system_identification(unit: Unit) -> str:
    """What a newer PROFINET station tells of itself as its chassis id: type, order code, serial number, revisions."""
    is_newer = speaks_profinet(unit) and unit.chassis.kind == "local" and "." in unit.port.text
    return unit.chassis.text if is_newer else ""


def _port(owner: int, kind: int, value: bytes, part: str, port: str) -> Iterator[Claim]:
    where = SubjectKind.INTERFACE, port, part
    if owner == IEEE_802_1 and kind == PORT_VLAN and len(value) == 2 and any(value):
        yield Claim("interface_vlan_id", int.from_bytes(value), *where)
    elif owner == IEEE_802_3 and kind == MAU and len(value) == 5 and any(value[3:]):
        yield Claim("interface_mau_type", int.from_bytes(value[3:]), *where)
    elif owner == IEEE_802_3 and kind == MAX_FRAME_SIZE and len(value) == 2:
        yield Claim("interface_max_frame_size", int.from_bytes(value), *where)


def _profinet(kind: int, value: bytes, part: str) -> Iterator[Claim]:
    if kind == ALIAS and (text := decode_text(value)):
        yield Claim("profinet_alias", text, part=part)
    elif kind == MRP and len(value) >= 16 and any(value[:16]):
        yield Claim("profinet_mrp_domain", str(UUID(bytes=value[:16])), part=part)
    elif kind == INTERFACE_MAC and len(value) == 6 and ethernet.is_single(value):
        mac = ethernet.mac_text(value)
        yield Claim("mac_address", mac, SubjectKind.INTERFACE, mac, part)
