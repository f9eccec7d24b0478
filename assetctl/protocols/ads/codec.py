"""The information query of TwinCAT systems: bytes to values and back, nothing else. Numbers are little-endian.

The maker's own open library holds the numbers of services and tags; the operating system block is a Windows
OSVERSIONINFO, which the systems without Windows fill in their own way.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Datagram, Reader, decode_text

FRAMING = Datagram(most=2048)

_COOKIE = b"\x03\x66\x14\x71"
_SERVER_INFO = b"\x01\x00\x00\x00"
_SERVER_INFO_RESPONSE = b"\x01\x00\x00\x80"
_VERSION, _OS, _HOST_NAME, _FINGERPRINT = 3, 4, 5, 18
_MOST_TAGS = 32
_VERSION_BYTES, _OS_BYTES = 4, 20

PLATFORM_BSD, PLATFORM_NT, PLATFORM_CE = 0, 2, 3


@dataclass(frozen=True, slots=True)
class OsVersion:
    """platform: 2 Windows, 3 Windows CE, 0 TwinCAT/BSD; others occur. service_pack: text of a Windows, often ""."""

    platform: int
    major: int
    minor: int
    build: int
    service_pack: str


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """One answer. net_id: six numbers with dots. twincat: such as 3.1.4024. None and "" for what was not told."""

    net_id: str
    host_name: str
    twincat: str
    os: OsVersion | None
    fingerprint: str


def encode() -> bytes:
    """The question: cookie, invoke id 0, service 1, no address of ours, no tags."""
    return _COOKIE + bytes(4) + _SERVER_INFO + bytes(12)


def is_answer(unit: bytes) -> bool:
    """Whether a unit answers the question; answers to others' questions carry other invoke ids or services."""
    return unit[:12] == _COOKIE + bytes(4) + _SERVER_INFO_RESPONSE


def decode(unit: bytes) -> ServerInfo:
    """Read one answer; a tag that has another form than it should says nothing. Raises WireError when it is none."""
    r = Reader(unit)
    r.expect(_COOKIE + bytes(4) + _SERVER_INFO_RESPONSE, "cookie, invoke id and service")
    net_id = ".".join(map(str, r.take(6, "AMS net id")))
    r.u16("AMS port", "little")
    tags = _tags(r, r.u32("number of tags", "little"))
    return ServerInfo(
        net_id,
        _text(tags.get(_HOST_NAME, b"")),
        _version(tags.get(_VERSION, b"")),
        _os(tags.get(_OS, b"")),
        _text(tags.get(_FINGERPRINT, b"")),
    )


def _tags(r: Reader, count: int) -> Mapping[int, bytes]:
    """Values by tag, of a tag that is told twice the first; what stands there whole counts."""
    if count > _MOST_TAGS:
        raise WireError(f"number of tags: at most {_MOST_TAGS} expected, {count} found")
    tags: dict[int, bytes] = {}
    with suppress(WireError):
        for _ in range(count):
            tag = r.u16("tag", "little")
            tags.setdefault(tag, r.take(r.u16("tag length", "little"), f"tag {tag}"))
    return tags


def _text(raw: bytes) -> str:
    return decode_text(raw.split(b"\0", 1)[0])


def _version(raw: bytes) -> str:
    if len(raw) < _VERSION_BYTES:
        return ""
    r = Reader(raw)
    return f"{r.u8('major')}.{r.u8('minor')}.{r.u16('build', 'little')}"


def _os(raw: bytes) -> OsVersion | None:
    """The first five numbers and, of a Windows, the text behind them. Some systems send the block without its end."""
    if len(raw) < _OS_BYTES:
        return None
    r = Reader(raw)
    r.u32("size", "little")
    major, minor, build, platform = (r.u32(name, "little") for name in ("major", "minor", "build", "platform"))
    is_windows = platform in (PLATFORM_NT, PLATFORM_CE)
    return OsVersion(platform, major, minor, build, _service_pack(r.rest()) if is_windows else "")


def _service_pack(raw: bytes) -> str:
    """The text behind the numbers, in characters of two bytes or, from older systems, of one; "" for anything else."""
    wide = raw[: len(raw) & ~1].decode("utf-16-le", "replace").split("\0", 1)[0].strip()
    narrow = raw.split(b"\0", 1)[0].strip()
    return next((text for text in (wide, narrow.decode("latin-1")) if text.isascii() and text.isprintable()), "")
