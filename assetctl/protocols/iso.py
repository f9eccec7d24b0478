"""ISO-on-TCP, which carries S7, S7comm-plus and MMS: a unit is one TPKT with one TPDU of class 0 in it.

Source: RFC 1006, section 6; ISO 8073, 13.3 (connection request), 13.4 (confirm), 13.5 (disconnect) and 13.7 (data).
"""

from assetctl.errors import WireError
from assetctl.wire import Reader

_TPKT = b"\x03\x00"
_DATA = b"\x02\xf0\x80"  # length indicator, DT, end of TSDU
_OWN_REFERENCE = b"\x00\x01"
_CONFIRM, _DISCONNECT, _DATA_CODE = 0xD0, 0x80, 0xF0


def encode_connect(options: bytes) -> bytes:
    """A connection request of class 0. options: size of the TPDUs, and the TSAPs."""
    tpdu = b"\xe0\x00\x00" + _OWN_REFERENCE + b"\x00" + options
    return _tpkt(bytes((len(tpdu),)) + tpdu)


def encode_data(carried: bytes) -> bytes:
    """One data TPDU, which is the whole of what it carries."""
    return _tpkt(_DATA + carried)


def _tpkt(tpdu: bytes) -> bytes:
    return _TPKT + (len(tpdu) + 4).to_bytes(2) + tpdu


def refusal(frame: bytes) -> int | None:
    """The reason why a connection is refused, None when it is confirmed. Raises WireError if the unit does neither."""
    header, _ = _tpdu(frame)
    kind = header.u8("TPDU code") & 0xF0
    if kind not in (_CONFIRM, _DISCONNECT):
        raise WireError(f"TPDU code: confirmation or disconnect expected, 0x{kind:02x} found")
    header.expect(_OWN_REFERENCE, "destination reference")
    header.take(2, "source reference")
    last = header.u8("class or reason")
    return last if kind == _DISCONNECT else None


def segment(frame: bytes) -> tuple[bytes, bool]:
    """What one data TPDU carries, and whether that ends it."""
    header, carried = _tpdu(frame)
    if header.u8("TPDU code") & 0xF0 != _DATA_CODE:
        raise WireError("TPDU code: data expected")
    return carried, bool(header.u8("TPDU number") & 0x80)


def _tpdu(frame: bytes) -> tuple[Reader, bytes]:
    """The header of a TPDU behind its length indicator, and the user data that follows it."""
    r = Reader(frame)
    r.expect(_TPKT, "TPKT version")
    if r.u16("TPKT length") != len(frame):
        raise WireError("TPKT length: does not match the unit")
    return r.part(r.u8("length indicator"), "TPDU header"), r.rest()
