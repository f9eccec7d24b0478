"""What the entity table says about the device itself and about its parts.

Tables differ: the first row may be a power supply, a stack stands around its members, a fixed switch lists itself two
or three times, and the firmware revision is with many makers that of the boot loader.
"""

import re
from collections.abc import Iterator

from assetctl.model import Claim
from assetctl.protocols.snmp import objects as o
from assetctl.protocols.snmp.claims import named, number, text
from assetctl.protocols.snmp.objects import Oid
from assetctl.protocols.snmp.walk import Row, Rows

OTHER, UNKNOWN, CHASSIS, CONTAINER, MODULE, STACK = 1, 2, 3, 5, 9, 11
CLASSES = (
    *("other", "unknown", "chassis", "backplane", "container", "powerSupply", "fan", "sensor", "module", "port"),
    *("stack", "cpu", "energyObject", "battery", "storageDrive"),
)
MOST_PARENTS = 16
MOST_VERSION = 256

_ENTITY_TEXTS = {
    o.ENT_MFG_NAME: "manufacturer",
    o.ENT_MODEL_NAME: "model",
    o.ENT_SERIAL_NUM: "serial_number",
    o.ENT_HARDWARE_REV: "hardware_version",
}
MAYBE_BOOT = 60  # a description that names the running version is believed before a firmware revision
# their firmware revision is the boot loader, and the version that runs stands in the software revision or in sysDescr
_BOOTS_FROM_FIRMWARE = re.compile(r"(?:cisco|hp|hewlett|aruba|procurve|extreme|d-link|dell|brocade|westermo)", re.I)
_BOOT = re.compile(r"boot|\brom|bios|loader", re.I)
# as in: Version 5.170; FortiGate-60E v6.0.4,build0231 (GA); and the words with which Cisco ends a version
_VERSION = re.compile(
    r"(?:Version |[A-Za-z][0-9A-Za-z-]{0,30} (?=v[0-9]))?(.+?)(?:, RELEASE SOFTWARE.*| \(GA\))?", re.S
)
_USB_ID = re.compile(r"0x[0-9a-f]{4}", re.I)


def is_whole(row: Row) -> bool:
    """Whether a row of the entity table is a chassis that stands in nothing else."""
    return number(row, o.ENT_CLASS) == CHASSIS and not number(row, o.ENT_CONTAINED_IN)


def entity_claims(rows: Rows) -> Iterator[Claim]:
    """The device itself from its chassis, and a part for each other row with a serial number or of class module.

    The device is the first chassis that stands in nothing else, or the first member of a stack; other chassis are
    parts. Without any chassis it is the first row that stands in nothing else and may be a whole, said with less
    confidence.
    """
    chassis = [index for index, row in rows.items() if number(row, o.ENT_CLASS) == CHASSIS]
    whole = [index for index in chassis if is_whole(rows[index])]
    maybe = [index for index, row in rows.items() if _may_be_whole(row)]
    device = min(whole or chassis or maybe, default=None)
    if device is not None:
        yield from _described(rows[device], confidence=90 if chassis else 60)
    own = rows.get(device, {}) if device is not None else {}
    parts = {index for index, row in rows.items() if index != device and _is_part(row) and not _is_again(row, own)}
    for index in sorted(parts):
        yield from _part_claims(rows, index, parts)


def _may_be_whole(row: Row) -> bool:
    """A row of no particular class around everything: power supplies, fans and ports come first in some tables."""
    stands_free = not number(row, o.ENT_CONTAINED_IN)
    return stands_free and number(row, o.ENT_CLASS) in (None, OTHER, UNKNOWN, MODULE, STACK) and not _is_usb(row)


def _is_part(row: Row) -> bool:
    has_number = bool(text(row, o.ENT_SERIAL_NUM))
    return (number(row, o.ENT_CLASS) in (MODULE, CHASSIS) or has_number) and not _is_usb(row)


def _is_usb(row: Row) -> bool:
    """Agents on Linux list host controllers, with the driver's name for a serial number that all of them share."""
    return bool(_USB_ID.fullmatch(text(row, o.ENT_MFG_NAME)))


def _is_again(row: Row, device: Row) -> bool:
    """Whether a row is the device once more: a fixed switch lists itself as chassis, supervisor and module."""
    serial, model = text(row, o.ENT_SERIAL_NUM), text(row, o.ENT_MODEL_NAME)
    return serial != "" and serial == text(device, o.ENT_SERIAL_NUM) and model in ("", text(device, o.ENT_MODEL_NAME))


def _described(row: Row, part: str = "", confidence: int = 90) -> Iterator[Claim]:
    model = text(row, o.ENT_MODEL_NAME)
    for name, key in _ENTITY_TEXTS.items():
        found = text(row, name)
        if found and not (name == o.ENT_HARDWARE_REV and found == model):
            yield Claim(key, found, part=part, confidence=confidence)
    if version := text(row, o.ENT_SOFTWARE_REV):
        yield Claim("firmware_software_version", _version(version), part=part, confidence=confidence)
    elif version := _firmware(row):
        yield Claim("firmware_software_version", version, part=part, confidence=min(confidence, MAYBE_BOOT))


def _firmware(row: Row) -> str:
    """The firmware revision, where it is not the boot loader's."""
    found, maker = text(row, o.ENT_FIRMWARE_REV), text(row, o.ENT_MFG_NAME)
    return "" if _BOOTS_FROM_FIRMWARE.match(maker) or _BOOT.search(found) else _version(found)


def _version(text: str) -> str:
    """A version without the words that some makers put around it."""
    found = _VERSION.fullmatch(text[:MOST_VERSION])
    return found[1] if found else text


def _part_claims(rows: Rows, index: Oid, parts: set[Oid]) -> Iterator[Claim]:
    row, part = rows[index], _part(index)
    yield from _described(row, part)
    if found := text(row, o.ENT_DESCR):
        yield Claim("description", found, part=part)
    if klass := named(CLASSES, number(row, o.ENT_CLASS)):
        yield Claim("entity_class", klass, part=part)
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
