"""What the entity table says about the device itself and about its parts.

Tables differ: the first row may be a power supply, a stack stands around its members, a fixed switch lists itself two
or three times.

The running version is the software revision: the table has it for programs and firmware that are loaded. The firmware
revision is with many makers that of the boot loader, so it counts only where there is no other, with less confidence,
and never where its text or its maker says that it is the boot loader's. Both stand as told beside it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from assetctl.model import Claim
from assetctl.protocols.snmp import objects as o
from assetctl.protocols.snmp.claims import named, number, octets, text
from assetctl.protocols.snmp.moments import moment
from assetctl.protocols.snmp.objects import Oid
from assetctl.protocols.snmp.walk import Row, Rows

OTHER, UNKNOWN, CHASSIS, CONTAINER, POWER, MODULE, STACK = 1, 2, 3, 5, 6, 9, 11
TRUE = 1
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
_AS_TOLD = {
    o.ENT_NAME: "entity_name",
    o.ENT_ALIAS: "entity_alias",
    o.ENT_ASSET_ID: "entity_asset_id",
    o.ENT_FIRMWARE_REV: "entity_firmware_revision",
    o.ENT_SOFTWARE_REV: "entity_software_revision",
}
MAYBE_BOOT = 60  # a description that names the running version is believed before a firmware revision
# their firmware revision is the boot loader, and the version that runs stands in the software revision or in sysDescr
_BOOTS_FROM_FIRMWARE = re.compile(r"(?:cisco|hp|hewlett|aruba|procurve|extreme|d-link|dell|brocade|westermo)", re.I)
_BOOT = re.compile(r"boot|\brom|bios|loader|fpga|cpld", re.I)
# as in: Version 5.170; FortiGate-60E v6.0.4,build0231 (GA); FWB_AZURE 5.91,build1618; and the words with which Cisco
# ends a version
_VERSION = re.compile(
    r"(?:(?:VRP \(R\) software, )?Version |[A-Za-z][0-9A-Za-z_-]{0,30} (?=v[0-9]|[0-9.]{3,8},build))?(.+?)"
    r"(?:, RELEASE SOFTWARE.*| \(GA\))?",
    re.S,
)
_USB_ID = re.compile(r"0x[0-9a-f]{4}", re.I)
# the chassis of RouterOS has no model and no revision, but a description: RouterOS 6.40.5 (stable) on RB952Ui-5ac2nD
_ROUTER_OS = re.compile(
    r"RouterOS ([0-9][0-9a-z.]{1,15})(?: \([a-z-]{1,16}\))? on (?!x86|CHR)([0-9A-Za-z][0-9A-Za-z+ -]{1,40})"
)


def is_whole(row: Row) -> bool:
    """Whether a row of the entity table is a chassis that stands in nothing else."""
    return number(row, o.ENT_CLASS) == CHASSIS and not number(row, o.ENT_CONTAINED_IN)


def entity_claims(rows: Rows) -> Iterator[Claim]:
    """The device itself from its chassis, and its parts: see `_is_part`.

    The device is the first chassis that stands in nothing else, or the first member of a stack. Without any chassis it
    is the first row that stands in nothing else and may be a whole, said with less confidence.
    """
    chassis = [index for index, row in rows.items() if number(row, o.ENT_CLASS) == CHASSIS]
    whole = [index for index in chassis if is_whole(rows[index])]
    maybe = [index for index, row in rows.items() if _may_be_whole(row)]
    device = min(whole or chassis or maybe, default=None)
    if device is not None:
        yield from _described(rows[device], confidence=90 if chassis else 60)
        yield from _of_router_os(rows[device])
    tree = _Tree(rows, device, _parts(rows, device))
    told = [text(rows[index], o.ENT_SERIAL_NUM) for index in (*tree.parts, *([device] if device is not None else []))]
    shared = frozenset(serial for serial, count in Counter(told).items() if count > 1)
    for index in sorted(tree.parts):
        yield from _part_claims(tree, index, shared)


@dataclass(frozen=True, slots=True)
class _Tree:
    """The rows of the table, which of them is the device, and which are its parts."""

    rows: Rows
    device: Oid | None
    parts: frozenset[Oid]

    def holder(self, index: Oid) -> Oid | None:
        """The nearest part around a part; None when that is the device itself."""
        around = (at for at in _around(self.rows, index) if at == self.device or at in self.parts)
        found = next(around, None)
        return None if found == self.device else found


def _parts(rows: Rows, device: Oid | None) -> frozenset[Oid]:
    """The rows that are parts, and not the device, or what stands around them, once more."""
    maybe = (index for index, row in rows.items() if index != device and _is_part(row))
    own = [rows[device]] if device is not None else []
    return frozenset(
        index
        for index in maybe
        if not any(_is_again(rows[index], other) for other in (*own, *(rows[at] for at in _around(rows, index))))
    )


def _may_be_whole(row: Row) -> bool:
    """A row of no particular class around everything: power supplies, fans and ports come first in some tables."""
    stands_free = not number(row, o.ENT_CONTAINED_IN)
    return stands_free and number(row, o.ENT_CLASS) in (None, OTHER, UNKNOWN, MODULE, STACK) and not _is_usb(row)


def _is_part(row: Row) -> bool:
    """A chassis, what has a serial number, and modules and power supplies that have a model or can be replaced.

    Modules without any of these are sections of a board that the agent tells apart. A stack is its members.
    """
    klass = number(row, o.ENT_CLASS)
    if _is_usb(row) or klass == STACK:
        return False
    can_be_pulled = bool(text(row, o.ENT_MODEL_NAME)) or number(row, o.ENT_IS_FRU) == TRUE
    return klass == CHASSIS or bool(text(row, o.ENT_SERIAL_NUM)) or (klass in (MODULE, POWER) and can_be_pulled)


def _is_usb(row: Row) -> bool:
    """Agents on Linux list host controllers, with the driver's name for a serial number that all of them share."""
    return bool(_USB_ID.fullmatch(text(row, o.ENT_MFG_NAME)))


def _is_again(row: Row, other: Row) -> bool:
    """Whether a row is another once more: a fixed switch lists itself as chassis, supervisor and module."""
    serial, model = text(row, o.ENT_SERIAL_NUM), text(row, o.ENT_MODEL_NAME)
    return serial != "" and serial == text(other, o.ENT_SERIAL_NUM) and model in ("", text(other, o.ENT_MODEL_NAME))


def _described(row: Row, part: str = "", confidence: int = 90) -> Iterator[Claim]:
    model = text(row, o.ENT_MODEL_NAME)
    for name, key in _ENTITY_TEXTS.items():
        found = text(row, name)
        if found and not (name == o.ENT_HARDWARE_REV and found == model):
            yield Claim(key, found, part=part, confidence=confidence)
    if version := text(row, o.ENT_SOFTWARE_REV):
        yield Claim("firmware_software_version", plain_version(version), part=part, confidence=confidence)
    elif version := _firmware(row):
        yield Claim("firmware_software_version", version, part=part, confidence=min(confidence, MAYBE_BOOT))
    for name, key in _AS_TOLD.items():
        if found := text(row, name):
            yield Claim(key, found, part=part, confidence=confidence)
    if is_fru := number(row, o.ENT_IS_FRU):
        yield Claim("entity_is_fru", is_fru == TRUE, part=part, confidence=confidence)
    if made := moment(octets(row, o.ENT_MFG_DATE)):
        yield Claim("entity_manufacturing_date", made, part=part, confidence=confidence)


def _of_router_os(row: Row) -> Iterator[Claim]:
    """Model and version, where the description of the chassis is RouterOS's."""
    if shaped := _ROUTER_OS.fullmatch(text(row, o.ENT_DESCR)):
        yield Claim("firmware_software_version", shaped[1], confidence=90)
        yield Claim("model", shaped[2], confidence=90)


def _firmware(row: Row) -> str:
    """The firmware revision, where it is not the boot loader's."""
    found, maker = text(row, o.ENT_FIRMWARE_REV), text(row, o.ENT_MFG_NAME)
    return "" if _BOOTS_FROM_FIRMWARE.match(maker) or _BOOT.search(found) else plain_version(found)


def plain_version(text: str) -> str:
    """A version without the words that some makers put around it."""
    found = _VERSION.fullmatch(text[:MOST_VERSION])
    return found[1] if found else text


def _part_claims(tree: _Tree, index: Oid, shared: frozenset[str]) -> Iterator[Claim]:
    """What one row says of a part. shared: serial numbers of several rows, which are those of something else."""
    row, part = tree.rows[index], _part(index)
    yield from (one for one in _described(row, part) if one.key != "serial_number" or one.value not in shared)
    if found := text(row, o.ENT_DESCR):
        yield Claim("description", found, part=part)
    klass = named(CLASSES, number(row, o.ENT_CLASS))
    if klass:
        yield Claim("entity_class", klass, part=part)
    holder = tree.holder(index)
    if holder is not None:
        yield Claim("part_of", _part(holder), part=part)
    slot = _slot(tree.rows, row)
    if slot is not None and slot >= 0 and klass != "port":
        yield Claim("slot", slot, part=part)


def _part(index: Oid) -> str:
    return f"entity/{index[0]}"


def _around(rows: Rows, index: Oid) -> Iterator[Oid]:
    """The rows around a row, from the inside out. A ring of parents ends after a few."""
    at = index
    for _ in range(MOST_PARENTS):
        at = (number(rows.get(at, {}), o.ENT_CONTAINED_IN) or 0,)
        if at not in rows or at == index:
            return
        yield at


def _slot(rows: Rows, row: Row) -> int | None:
    """Position in the container that is the slot; without one, position in whatever holds the part."""
    around = rows.get((number(row, o.ENT_CONTAINED_IN) or 0,), {})
    holder = around if number(around, o.ENT_CLASS) == CONTAINER else row
    return number(holder, o.ENT_PARENT_REL_POS)
