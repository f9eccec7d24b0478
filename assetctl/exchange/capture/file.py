"""Packets of a capture file: pcap of either byte order and clock, and pcapng with all its sections and interfaces.

The whole file is hashed as it lies there, packed with gzip or not. Own reader, since the libraries at hand read the
first interface of a pcapng file and take its link type and clock for those of all.
Sources: draft-ietf-opsawg-pcap (file header, packet record), draft-ietf-opsawg-pcapng (blocks, options).
"""

import gzip
import hashlib
import io
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from assetctl.errors import InputError, WireError
from assetctl.wire import ByteOrder, Reader

MOST_BYTES = 4_000_000_000  # unpacked
MOST_PACKET = 262_144  # the largest snapshot length that tcpdump and Wireshark write
MOST_BLOCK = 16_000_000  # of any kind; what is no packet is passed over in pieces
MOST_INTERFACES = 1024
_PIECE = 64 * 1024
_GZIP = b"\x1f\x8b"
_PCAP: dict[bytes, tuple[ByteOrder, int]] = {
    bytes.fromhex("a1b2c3d4"): ("big", 10**6),
    bytes.fromhex("d4c3b2a1"): ("little", 10**6),
    bytes.fromhex("a1b23c4d"): ("big", 10**9),
    bytes.fromhex("4d3cb2a1"): ("little", 10**9),
}
_SECTION = bytes.fromhex("0a0d0d0a")
_INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED = 1, 2, 3, 6
_RESOLUTION, _OFFSET = 9, 14
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. number: from 1, as Wireshark counts. link_type: of its interface. is_cut: not all of it was kept."""

    number: int
    at: datetime
    link_type: int
    data: bytes
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Interface:
    """link_type: of an interface. units: of its clock in a second. offset_s: added to its clock. snaplen: 0 for all."""

    link_type: int
    units: int = 10**6
    offset_s: int = 0
    snaplen: int = 0


@dataclass(slots=True)
class CaptureFile:
    """A capture that is read once. sha256: of the file, when it was read. broken: what ended it early, else ""."""

    path: Path
    sha256: str = ""
    broken: str = ""
    format: str = ""
    _number: int = 0
    _last: datetime = _EPOCH
    _interfaces: list[_Interface] = field(default_factory=list)

    def packets(self) -> Iterator[Packet]:
        """Every whole packet. Raises InputError when this is no capture."""
        with _opened(self.path) as (stream, hashed):
            source = _Source(stream, self.path)
            magic = source.take(4)
            if magic in _PCAP:
                self.format = "pcap"
                packets = self._pcap(source, *_PCAP[magic])
            elif magic == _SECTION:
                self.format = "pcapng"
                packets = self._pcapng(source)
            else:
                raise InputError(f"{self.path}: no capture; a file of pcap or pcapng is expected, packed or not")
            try:
                yield from packets
            except (WireError, EOFError, zlib.error, gzip.BadGzipFile) as fault:
                self.broken = f"{self.path}: breaks off or is damaged after packet {self._number} ({fault})"
            self.sha256 = hashed.to_end()

    def _pcap(self, source: "_Source", order: ByteOrder, units: int) -> Iterator[Packet]:
        head = source.part(20, "file header")
        head.take(12, "version and zone")
        snaplen, link_type = head.u32("snapshot length", order), head.u32("link type", order) & 0xFFFF
        interface = _Interface(link_type, units, snaplen=snaplen)
        while source.more():
            r = source.part(16, "packet header")
            seconds, parts = r.u32("seconds", order), r.u32("fraction", order)
            kept, whole = r.u32("captured length", order), r.u32("length", order)
            if kept > MOST_PACKET:
                raise WireError(f"captured length: at most {MOST_PACKET} expected, {kept} found")
            data = source.whole(kept, "packet")
            yield self._packet(interface, seconds * units + parts, data, whole)

    def _pcapng(self, source: "_Source") -> Iterator[Packet]:
        order = self._section(source)
        while source.more():
            raw = source.whole(4, "block type")
            if raw == _SECTION:
                order = self._section(source)
                continue
            kind = int.from_bytes(raw, order)
            length = int.from_bytes(source.whole(4, "block length"), order)
            if length < 12 or length % 4 or length > MOST_BLOCK:
                raise WireError(f"block length: 12 to {MOST_BLOCK} in steps of 4 expected, {length} found")
            if kind not in (_INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED):
                source.skip(length - 8)
                continue
            body = Reader(source.whole(length - 12, "block"))
            source.whole(4, "block length")
            found = self._block(kind, body, order)
            if found is not None:
                yield found

    def _section(self, source: "_Source") -> ByteOrder:
        """Begin a section: its byte order; the interfaces are counted anew."""
        raw_length, magic = source.whole(4, "section length"), source.whole(4, "byte order")
        order: ByteOrder = "big" if magic == bytes.fromhex("1a2b3c4d") else "little"
        if order == "little" and magic != bytes.fromhex("4d3c2b1a"):
            raise WireError(f"byte order: {magic.hex()} is none")
        length = int.from_bytes(raw_length, order)
        if length < 28 or length % 4 or length > MOST_BLOCK:
            raise WireError(f"section header: {length} bytes stated")
        source.skip(length - 12)
        self._interfaces = []
        return order

    def _block(self, kind: int, r: Reader, order: ByteOrder) -> Packet | None:
        if kind == _INTERFACE:
            if len(self._interfaces) >= MOST_INTERFACES:
                raise WireError(f"interfaces: at most {MOST_INTERFACES} expected")
            self._interfaces.append(_interface(r, order))
            return None
        if kind == _SIMPLE:
            interface, whole = self._of(0), r.u32("length", order)
            kept = min(whole, interface.snaplen or whole, r.left())
            return self._packet(interface, None, r.take(kept, "packet"), whole)
        number = r.u32("interface", order) if kind == _ENHANCED else r.u16("interface", order)
        if kind == _OLD_PACKET:
            r.u16("drops", order)
        clock = r.u32("clock, high", order) << 32 | r.u32("clock, low", order)
        kept, whole = r.u32("captured length", order), r.u32("length", order)
        return self._packet(self._of(number), clock, r.take(kept, "packet"), whole)

    def _of(self, number: int) -> _Interface:
        if number >= len(self._interfaces):
            raise WireError(f"interface {number}: not described before its packet")
        return self._interfaces[number]

    def _packet(self, interface: _Interface, clock: int | None, data: bytes, whole: int) -> Packet:
        self._number += 1
        if clock is not None:
            seconds, parts = divmod(clock, interface.units)
            try:
                shift = timedelta(seconds=seconds + interface.offset_s, microseconds=parts * 10**6 // interface.units)
                self._last = _EPOCH + shift
            except OverflowError:
                raise WireError(f"time: {clock} units since 1970 is none") from None
        return Packet(self._number, self._last, interface.link_type, data, len(data) < whole)


def _interface(r: Reader, order: ByteOrder) -> _Interface:
    link_type = r.u16("link type", order)
    r.u16("reserved", order)
    snaplen = r.u32("snapshot length", order)
    units, offset_s = 10**6, 0
    while r.left() >= 4:
        code, length = r.u16("option", order), r.u16("option length", order)
        value = r.take(length, "option")
        r.take(min(-length % 4, r.left()), "padding")
        if code == 0:
            break
        if code == _RESOLUTION and length == 1:
            power = value[0] & 0x7F
            units = min(2**power if value[0] & 0x80 else 10**power, 10**18)
        elif code == _OFFSET and length == 8:
            offset_s = int.from_bytes(value, order, signed=True)
    return _Interface(link_type, units, offset_s, snaplen)


@dataclass(slots=True)
class _Source:
    """A stream that is counted and never read beyond its limit."""

    stream: io.BufferedReader
    path: Path
    read: int = 0

    def take(self, count: int) -> bytes:
        """As many bytes as are there, `count` at most."""
        self.read += count
        if self.read > MOST_BYTES:
            raise InputError(f"{self.path}: larger than {MOST_BYTES // 10**9} GB; split the file")
        return self.stream.read(count)

    def whole(self, count: int, what: str) -> bytes:
        data = self.take(count)
        if len(data) < count:
            raise WireError(f"{what}: {count} bytes expected, {len(data)} left")
        return data

    def part(self, count: int, what: str) -> Reader:
        return Reader(self.whole(count, what))

    def skip(self, count: int) -> None:
        while count:
            count -= len(self.whole(min(count, _PIECE), "block"))

    def more(self) -> bool:
        """Whether anything follows."""
        return bool(self.stream.peek(1))


class _Hashed(io.RawIOBase):
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self.file.read(len(buffer))
        self.digest.update(found)
        buffer[: len(found)] = found
        return len(found)

    def to_end(self) -> str:
        """The hash of the whole file, also where its reading ended early."""
        while self.read(_PIECE):
            pass
        return self.digest.hexdigest()


class _Unpacked(io.RawIOBase):
    """The content of a gzip file, as far as it goes: what precedes a fault is handed out first."""

    def __init__(self, file: io.RawIOBase) -> None:
        self.file = gzip.GzipFile(fileobj=file)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self.file.read1(len(buffer))
        buffer[: len(found)] = found
        return len(found)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[io.BufferedReader, _Hashed]]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path}: a file is expected; give its path")
        with path.open("rb") as file:
            is_packed = file.read(2) == _GZIP
            file.seek(0)
            hashed = _Hashed(file)
            yield io.BufferedReader(_Unpacked(hashed) if is_packed else hashed, _PIECE), hashed
    except (OSError, ValueError, EOFError, zlib.error) as fault:
        reason = getattr(fault, "strerror", None) or str(fault) or "it ends too early"
        raise InputError(f"{path}: cannot be read: {reason}; check the file") from None
