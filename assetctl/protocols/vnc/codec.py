"""The beginning of an RFB connection: bytes to values and back, nothing else.

Source: RFC 6143, sections 7.1.1 (ProtocolVersion) and 7.1.2 (Security); version 3.3 in its appendix A.
"""

import re
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Delimiter, Length, Reader

VERSION = Delimiter(mark=b"\n", most=12)
TYPES = Length(header=1, offset=0, width=1, plus=1, most=256)
ONE_TYPE = Length(header=4, offset=0, width=1, plus=4, most=4)  # four bytes, the first of which is zero

V3_3, V3_7, V3_8 = (3, 3), (3, 7), (3, 8)
SPOKEN = (V3_3, V3_7, V3_8)

_GREETING = re.compile(rb"RFB ([0-9]{3})\.([0-9]{3})\n\Z")


@dataclass(frozen=True, slots=True)
class Version:
    """What the server offers at most, such as 3 and 8; Apple says 3.889, RealVNC 4.1 or 5.0."""

    major: int
    minor: int

    @property
    def ours(self) -> tuple[int, int]:
        """The highest version of the RFC that such a server speaks."""
        return max((one for one in SPOKEN if one <= (self.major, self.minor)), default=V3_3)


def encode(*, version: tuple[int, int]) -> bytes:
    """Our version: V3_3, V3_7 or V3_8."""
    return b"RFB %03d.%03d\n" % version


def decode_version(unit: bytes) -> Version:
    """Read the server's greeting. Raises WireError when it is none."""
    found = _GREETING.match(unit)
    if found is None:
        raise WireError("RFB greeting: 'RFB' and a version of three and three digits expected")
    return Version(int(found[1]), int(found[2]))


def decode_types(unit: bytes) -> tuple[int, ...]:
    """Read the security types of version 3.7 and later; none are a refusal, whose reason follows."""
    r = Reader(unit)
    types = r.take(r.u8("number of security types"), "security types")
    r.end("security types")
    return tuple(dict.fromkeys(types))


def decode_one_type(unit: bytes) -> tuple[int, ...]:
    """Read the security type that a server of version 3.3 chose; 0 is a refusal, whose reason follows."""
    r = Reader(unit)
    chosen = r.u32("security type")
    r.end("security type")
    if chosen > 0xFF:
        raise WireError(f"security type: at most 255 expected, {chosen} found")
    return (chosen,) if chosen else ()
