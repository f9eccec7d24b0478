"""What a computer tells of itself: installed programs, devices, memory and clock.

A program is filed under its name, since its index changes with every installation. Packages of Debian and of RPM are
told in one text with version and architecture, which is taken apart only where that form is certain.

Source: RFC 2790 (HOST-RESOURCES-MIB).
"""

import re
from collections import Counter
from collections.abc import Iterator

from assetctl.model import Claim, SubjectKind
from assetctl.protocols.snmp.claims import named, number, octets, text
from assetctl.protocols.snmp.moments import moment
from assetctl.protocols.snmp.objects import MIB_2, Oid
from assetctl.protocols.snmp.walk import Row, Rows, Table

_HOST: Oid = (*MIB_2, 25)
SYSTEM_DATE: Oid = (*_HOST, 1, 2, 0)
MEMORY_SIZE: Oid = (*_HOST, 2, 2, 0)
DEVICE_TYPE, DEVICE_DESCR = (*_HOST, 3, 2, 1, 2), (*_HOST, 3, 2, 1, 3)
SOFTWARE_NAME, SOFTWARE_TYPE, SOFTWARE_DATE = (*_HOST, 6, 3, 1, 2), (*_HOST, 6, 3, 1, 4), (*_HOST, 6, 3, 1, 5)

SYSTEM = (SYSTEM_DATE, MEMORY_SIZE)
DEVICES = Table("host-device", (DEVICE_TYPE, DEVICE_DESCR), rounds=40)
SOFTWARE = Table("host-software", (SOFTWARE_NAME, SOFTWARE_TYPE, SOFTWARE_DATE), rounds=250)

_DEVICE_TYPES: Oid = (*_HOST, 3, 1)
_DEVICE_NAMES = {
    **{1: "other", 3: "processor", 4: "network", 5: "printer", 6: "disk", 10: "video", 11: "audio"},
    **{12: "coprocessor", 13: "keyboard", 14: "modem", 15: "parallel port", 16: "pointing", 17: "serial port"},
    **{18: "tape", 19: "clock", 20: "volatile memory", 21: "non-volatile memory"},
}
SOFTWARE_KINDS = ("", "operatingSystem", "deviceDriver", "application")
MOST_NAME = 256
_GUESS = "Guessing that"  # net-snmp, of every processor

_DEBIAN = re.compile(
    r"([a-z0-9][a-z0-9+.-]+)_([0-9][0-9A-Za-z.+~:-]*)_(?:all|amd64|i386|arm64|armhf|armel|ppc64el|s390x)"
)
_RPM = re.compile(r"(.+)-([^-\s]+-[^-\s]+\.(?:el|fc|amzn|cm|sles|suse|lp)[0-9][^-\s]*)")
_JUNOS = re.compile(r"(JUNOS .*\S) \[([^\[\]\s]+)\]")
_VERSION_END = re.compile(r"(.*\S) - (?:x86 |x64 )?([0-9]+(?:\.[0-9]+){1,3})")  # as in: ... (x64) - 14.38.33130


def host_claims(system: Row, devices: Rows) -> Iterator[Claim]:
    """Clock, memory and devices."""
    if clock := moment(octets(system, SYSTEM_DATE)):
        yield Claim("host_time", clock)
    if memory := number(system, MEMORY_SIZE):
        yield Claim("host_memory_kib", memory)
    told = {_device(row) for row in devices.values()} - {""}
    if told:
        yield Claim("host_devices", tuple(sorted(told)))


def _device(row: Row) -> str:
    varbind = row.get(DEVICE_TYPE)
    kind = varbind.value if varbind is not None and isinstance(varbind.value, tuple) else ()
    name = _DEVICE_NAMES.get(kind[-1], "") if kind[:-1] == _DEVICE_TYPES else ""
    described = text(row, DEVICE_DESCR)[:MOST_NAME]
    return f"{name}: {described}" if name and described and not described.startswith(_GUESS) else ""


def software_claims(rows: Rows) -> Iterator[Claim]:
    """One subject for each installed program; where two have one name, under what the agent tells of each."""
    told = {text(row, SOFTWARE_NAME)[:MOST_NAME]: row for row in rows.values()}
    names = Counter(parted(one)[0] for one in told)
    for one, row in sorted(told.items()):
        name, version = parted(one)
        if name:
            yield from _program(name if names[name] == 1 else one, name, version, row)


def _program(key: str, name: str, version: str, row: Row) -> Iterator[Claim]:
    subject = SubjectKind.SOFTWARE, key
    yield Claim("software_name", name, *subject)
    if version:
        yield Claim("software_version", version, *subject)
    if kind := named(SOFTWARE_KINDS, number(row, SOFTWARE_TYPE)):
        yield Claim("software_kind", kind, *subject)
    if installed := moment(octets(row, SOFTWARE_DATE)):
        yield Claim("software_installed_at", installed, *subject)


def parted(told: str) -> tuple[str, str]:
    """Name and version of a program as the agent tells it; the version "" where it cannot be told apart for certain."""
    for form in (_DEBIAN, _RPM, _JUNOS, _VERSION_END):
        if found := form.fullmatch(told):
            return found[1], found[2]
    return told, ""
