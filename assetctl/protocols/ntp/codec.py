"""One NTP question and its answer: bytes to values and back, nothing else.

Source: RFC 5905, sections 7.3 (packet header) and 7.4 (kiss codes).
"""

from dataclasses import dataclass
from ipaddress import IPv4Address

from assetctl.errors import WireError
from assetctl.wire import Datagram, Reader

FRAMING = Datagram(most=1024)

HEADER_BYTES = 48
CLIENT, SERVER = 3, 4
LEAPS = ("none", "insert", "delete", "unsynchronised")
UNSYNCHRONISED = 16
_ORIGIN, _TRANSMIT = slice(24, 32), slice(40, 48)


@dataclass(frozen=True, slots=True)
class Answer:
    """leap: 0 to 3. version: 1 to 4. stratum: 1 is a reference clock itself; 0 and 16 tell no time.

    reference: four characters for stratum 0 (why no time is told) and 1, else an address, or a hash of one.
    """

    leap: int
    version: int
    stratum: int
    reference: bytes

    @property
    def reference_text(self) -> str:
        """The reference as text, "" where it holds nothing that can be read."""
        if self.stratum > 1:
            return str(IPv4Address(self.reference)) if any(self.reference) else ""
        text = self.reference.rstrip(b"\0").decode("latin-1")
        return text if text.isascii() and text.isprintable() else ""


def encode(*, seed: int) -> bytes:
    """A client's question: version 4, mode 3, all fields zero but the time of sending, which the answer repeats.

    seed: 0 to 65535. It stands where our time would, so nothing about our clock is told.
    """
    return b"\x23" + bytes(HEADER_BYTES - 1 - 8) + b"assetctl"[:6] + seed.to_bytes(2)


def is_answer(unit: bytes, *, seed: int) -> bool:
    """Whether a unit repeats the time of our question."""
    return unit[_ORIGIN] == encode(seed=seed)[_TRANSMIT]


def decode(unit: bytes, *, seed: int) -> Answer:
    """Read a server's answer; extensions and a signature may follow. Raises WireError if it is none to our question."""
    r = Reader(unit)
    first = r.u8("leap, version and mode")
    if (mode := first & 7) != SERVER:
        raise WireError(f"mode: {SERVER} expected, {mode} found")
    version = first >> 3 & 7
    if not 1 <= version <= 4:
        raise WireError(f"version: 1 to 4 expected, {version} found")
    stratum = r.u8("stratum")
    if stratum > UNSYNCHRONISED:
        raise WireError(f"stratum: 0 to {UNSYNCHRONISED} expected, {stratum} found")
    r.take(10, "poll, precision, root delay and dispersion")
    reference = r.take(4, "reference")
    r.take(8, "reference time")
    r.expect(encode(seed=seed)[_TRANSMIT], "origin time")
    r.take(16, "times of receipt and sending")
    return Answer(first >> 6, version, stratum, reference)
