"""May this ISO-on-TCP unit leave? Only connection requests, setup and a few system status lists may.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal

_LISTS = {
    b"\x00\x11\x00\x00": "read-szl",
    b"\x00\x1c\x00\x00": "read-szl",
    b"\x01\x32\x00\x04": "read-szl-details",
    b"\x02\x32\x00\x04": "read-szl-details",
    b"\x01\x31\x00\x01": "read-szl-details",
    b"\x00\x37\x00\x00": "read-szl-details",
    b"\x04\x24\x00\x00": "read-szl-details",
    b"\x0d\x91\x00\x00": "read-szl-modules",
    b"\x0d\x91\x00\x01": "read-szl-modules",
    b"\x0d\x91\x00\x02": "read-szl-modules",
    b"\x0d\x91\x00\x03": "read-szl-modules",
}
_TSAPS = (b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x10\x00", b"\x10\x01", b"\x20\x00", b"\x20\x01")


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if not 22 <= len(unit) <= 33 or unit[:4] != b"\x03\x00\x00" + bytes((len(unit),)):
        raise Refusal("s7: a request is one TPKT of 22, 25 or 33 bytes")
    if unit[4:7] == b"\x02\xf0\x80" and unit[7:8] == b"\x32" and unit[9:11] == b"\x00\x00":
        return _pdu(unit[8], unit[13:])  # bytes 11 and 12: the PDU reference
    if unit[4:11] == b"\x11\xe0\x00\x00\x00\x01\x00":
        return _connect(unit[11:])
    raise Refusal("s7: neither a connection request nor a whole S7 PDU")


def _connect(options: bytes) -> str:
    if options[:5] != b"\xc0\x01\x0a\xc1\x02" or options[7:9] != b"\xc2\x02" or len(options) != 11:
        raise Refusal("s7: the options of the connection request are not those on the list")
    own, called = options[5:7], options[9:]
    if own == b"\x01\x00" and called[0] in (1, 2, 3) and called[1] in (1, 2, 3):
        return "cotp-connect" if called[0] == 3 else "cotp-connect-pg-op"
    if own in _TSAPS and called in _TSAPS:
        return "cotp-connect-tsap"
    raise Refusal(f"s7: TSAP {called.hex()} called by {own.hex()} is not on the list")


def _pdu(kind: int, rest: bytes) -> str:
    if kind == 1 and rest == b"\x00\x08\x00\x00\xf0\x00\x00\x01\x00\x01\x01\xe0":
        return "setup-communication"
    if kind == 7 and rest[:16] == b"\x00\x08\x00\x08\x00\x01\x12\x04\x11\x44\x01\x00\xff\x09\x00\x04":
        if rest[16:] in _LISTS:
            return _LISTS[rest[16:]]
        raise Refusal(f"s7: status list {rest[16:].hex()} is not on the list")
    if kind == 7 and rest[:11] == b"\x00\x0c\x00\x04\x00\x01\x12\x08\x12\x44\x01":
        if rest[12:] == b"\x00\x00\x00\x00\x0a\x00\x00\x00":
            return "read-szl-next"
        raise Refusal("s7: the question for the next data unit is not as published")
    raise Refusal(f"s7: PDU type {kind} with {rest[4:12].hex()} is not on the list")
