"""Messages of Veeder-Root's serial interface in the computer format: bytes to values and back, nothing else.

An answer is SOH, the function code, data, "&&", a checksum in four hexadecimal digits, and ETX. The checksum and all
bytes before it sum up to zero in 16 bits. Source: Veeder-Root 577013-767, sections 5, 6.1 and 7.4.1.
"""

import re
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Delimiter

FRAMING = Delimiter(mark=b"\x03", most=1024)

_SOH = b"\x01"
_REVISION = b"i90200"
_NOT_UNDERSTOOD = _SOH + b"9999"
_CHECK = 5  # bytes: checksum and ETX
_REPORT = re.compile(
    rb"[0-9]{10}SOFTWARE# {0,4}([0-9A-Za-z]{3,10}-[0-9A-Za-z-]{1,16}) {0,16}CREATED ?- ?([0-9]{2}(?:\.[0-9]{2}){4})&&"
)


@dataclass(frozen=True, slots=True)
class Revision:
    """software: number, version and revision, such as 349783-001-AXM. created: YY.MM.DD.HH.mm. "" where not told."""

    software: str = ""
    created: str = ""


def encode_revision() -> bytes:
    """The question for the system revision level report."""
    return _SOH + _REVISION


def is_answer(unit: bytes) -> bool:
    """Whether a message answers the question, or says that it was not understood."""
    return unit.startswith((_SOH + _REVISION, _NOT_UNDERSTOOD))


def decode(unit: bytes) -> Revision:
    """The software; empty where the console does not know the report.

    Raises WireError when the checksum is wrong, or the message is none of the two.
    """
    said, check = unit[:-_CHECK], unit[-_CHECK:-1]
    if not re.fullmatch(rb"[0-9A-Fa-f]{4}", check):
        raise WireError(f"checksum: four hexadecimal digits expected, {check.hex()} found")
    if (sum(said) + int(check, 16)) & 0xFFFF:
        raise WireError(f"checksum: {-sum(said) & 0xFFFF:04X} expected, {check.decode()} found")
    if said == _NOT_UNDERSTOOD:
        return Revision()
    report = said.removeprefix(_SOH + _REVISION)
    found = _REPORT.match(report)
    if report == said or found is None:
        raise WireError("revision report: SOFTWARE# and CREATED expected")
    return Revision(found[1].decode("ascii"), found[2].decode("ascii"))
