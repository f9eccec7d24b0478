"""A walk of an SNMP agent, as a file -> its objects.

Read are the output of net-snmp's snmpwalk, snmpbulkwalk and snmpget with numbers (-On) or names (-OS, -Of, -OX and the
default), with types or without them (-OQ, -Oq), and the record files of snmpsim. Text may go over several lines. What
stands in no line that can be read is counted with its first places.
"""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.rows import read_file
from assetctl.exchange.walk_lines import lines_of, printed
from assetctl.exchange.walk_names import is_mac, is_text, oid_of
from assetctl.exchange.walk_values import of_net_snmp, of_snmprec
from assetctl.protocols.snmp.objects import Oid
from assetctl.text import one_line

MOST_OBJECTS = 500_000
MOST_PROBLEMS = 10
_RECORD = re.compile(r"\.?([0-9]+(?:\.[0-9]+)+)\|([0-9]{1,3}x?(?::\w+|e)?)\|(.*)\Z", re.DOTALL)


@dataclass(slots=True)
class Walk:
    """The objects of one walk. format: net-snmp or snmprec. unknown: lines with a name that is not read."""

    format: str
    sha256: str
    raw: bytes
    objects: dict[Oid, bytes] = field(default_factory=dict)
    unknown: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)

    def skip(self, number: int, reason: str) -> None:
        """Count a line that cannot be read."""
        self.skipped += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(f"line {number}: {one_line(reason)}")

    def add(self, oid: Oid, value: bytes | None) -> None:
        """Take in an object; the first value of a name counts."""
        if value is not None and len(self.objects) < MOST_OBJECTS:
            self.objects.setdefault(oid, value)


def read_walk(path: Path) -> Walk:
    """Every object in a file. Raises InputError when it is no walk."""
    raw = read_file(path)
    found = parse(raw, str(path))
    if not found.objects:
        said = f"; {found.problems[0]}" if found.problems else ""
        raise InputError(
            f"{path}: no object was found in it; the output of snmpwalk -On, or a file of snmprec, is expected{said}"
        )
    return found


def parse(raw: bytes, what: str) -> Walk:
    """The objects in the bytes of a walk. Raises InputError when they are no text."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # what PowerShell makes of ">"
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError as fault:
            raise InputError(f"{what}: neither UTF-8 nor UTF-16 ({fault.reason}); save it as UTF-8") from None
    elif b"\0" in raw[:4096]:
        raise InputError(f"{what}: no text; the output of snmpwalk -On, or a file of snmprec, is expected")
    else:
        text = raw.decode("utf-8-sig", "surrogateescape")
    lines = lines_of(text)
    is_record = any(_RECORD.match(line) for line in lines[:50])
    found = Walk("snmprec" if is_record else "net-snmp", sha256(raw).hexdigest(), raw)
    (_records if is_record else _printed)(lines, found)
    return found


def _records(lines: list[str], found: Walk) -> None:
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        told = _RECORD.match(line)
        if told is None:
            found.skip(number, "OID|type|value is expected")
            continue
        if ":" in told[2] or told[2].endswith("e"):
            found.skip(number, "a value that a module of the simulator makes up")
            continue
        oid = oid_of(told[1])
        try:
            value = of_snmprec(told[2], told[3])
        except ValueError as fault:
            found.skip(number, str(fault))
            continue
        if oid is not None:
            found.add(oid, value)


def _printed(lines: list[str], found: Walk) -> None:
    for line in printed(lines):
        if not line.name:
            found.skip(line.number, f'"{one_line(line.value, most=40)}" begins with no name of an object')
            continue
        oid = oid_of(line.name)
        if oid is None:
            found.unknown += 1
            continue
        try:
            found.add(oid, of_net_snmp(line.value, is_mac=is_mac(oid), is_text=is_text(oid), oid_of=oid_of))
        except ValueError as fault:
            found.skip(line.number, str(fault))
