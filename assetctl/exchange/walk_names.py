"""Names of MIB objects -> object identifiers, for walks that were printed with names. Only objects that are read.

The table is data/mib_objects.toml; a name that is not in it is counted and left out.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from assetctl.protocols.snmp.objects import Oid

_DIGITS = re.compile(r"\.?[0-9]{1,10}(?:\.[0-9]{1,10}){1,127}\Z")
_NAMED = re.compile(
    r"(?:[\w-]{1,64}::)?\.?((?:[A-Za-z][\w-]{0,63}\.)*)([A-Za-z][\w-]{0,63})((?:\.[0-9]{1,10}){0,127})\Z"
)
_BRACKETS = re.compile(r"\[([^\]\[]{1,256})\]")
_INDEX = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10}){0,63}\Z")
_QUOTED = re.compile(r'(?:\.|\[)"')


def oid_of(text: str) -> Oid | None:
    """The identifier of a name such as .1.3.6.1, iso.3.6.1, IF-MIB::ifDescr.1 or ifDescr[1]; None for one not known."""
    if _DIGITS.match(text):
        return _whole(tuple(map(int, text.strip(".").split("."))))
    if _QUOTED.search(text):
        return None
    text = _BRACKETS.sub(lambda found: f".{found[1]}" if _INDEX.match(found[1]) else '."', text)
    found = _NAMED.match(text)
    if found is None:
        return None
    start = objects().get(found[2])
    tail = tuple(map(int, found[3].strip(".").split("."))) if found[3] else ()
    return None if start is None else _whole(start + tail)


def _whole(oid: Oid) -> Oid | None:
    is_one = 2 <= len(oid) <= 128 and oid[0] <= 2 and oid[1] < 40 and max(oid) < 2**32
    return oid if is_one else None


@cache
def objects() -> Mapping[str, Oid]:
    """Every name with its identifier."""
    table = tomllib.loads(files("assetctl.data").joinpath("mib_objects.toml").read_text("utf-8"))
    return {
        name: tuple(map(int, f"{group['start']}.{tail}".strip(".").split(".")))
        for group in table.values()
        for name, tail in group["objects"].items()
    }


MAC_OBJECTS = frozenset(
    {"ifPhysAddress", "ipNetToMediaPhysAddress", "ipNetToPhysicalPhysAddress", "dot1dBaseBridgeAddress"}
    | {"dot1dTpFdbAddress"}
)


TEXT_OBJECTS = frozenset(
    {"sysDescr", "sysContact", "sysName", "sysLocation", "ifDescr", "ifName", "ifAlias"}
    | {"entPhysicalDescr", "entPhysicalName", "entPhysicalHardwareRev", "entPhysicalFirmwareRev"}
    | {"entPhysicalSoftwareRev", "entPhysicalSerialNum", "entPhysicalMfgName", "entPhysicalModelName"}
    | {"entPhysicalAlias", "entPhysicalAssetID", "upsIdentManufacturer", "upsIdentModel", "upsIdentUPSSoftwareVersion"}
)
"""Objects whose values are texts, also where they look like a number or an address."""


@cache
def _columns(names: frozenset[str]) -> tuple[Oid, ...]:
    return tuple(objects()[name] for name in sorted(names))


def is_mac(oid: Oid) -> bool:
    """Whether an object is a hardware address."""
    return any(oid[: len(column)] == column for column in _columns(MAC_OBJECTS))


def is_text(oid: Oid) -> bool:
    """Whether an object is known to be a text."""
    return any(oid[: len(column)] == column for column in _columns(TEXT_OBJECTS))
