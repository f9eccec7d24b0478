"""May this datagram leave? Only lookups in the endpoint mapper and reads of three identification records may.

Written without the codec, on purpose. Connect, Release, Write and Control have no form that passes here.
"""

from assetctl.errors import Refusal

_HEAD = bytes.fromhex("04002000 10000000")  # version 4, request, idempotent, little-endian
_MAPPER = bytes.fromhex("0883afe1 1f5d c911 91a408002b14a0fa")
_DEVICE = bytes.fromhex("0100a0de 976c d111 827100a02442df7d")
_OBJECT = bytes.fromhex("0000a0de 976c d111 8271")
_HINTS = b"\xff\xff\xff\xff"
_BEFORE_HANDLE = bytes(4) + b"\x01" + bytes(19) + b"\x02\0\0\0" + _DEVICE + b"\x01\0\0\0" + b"\x01\0\0\0"
_SIZES = bytes.fromhex("f0040000 40000000 f0040000 00000000 40000000")
_PLACES = {0xAFF0: "read-im0", 0xAFF1: "read-im1", 0xF840: "read-im0-filter"}


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if len(unit) not in (156, 164) or unit[:8] != _HEAD or any(unit[56:60]) or any(unit[76:80]):
        raise Refusal("pnio_cm: a request is one whole little-endian RPC datagram of 156 or 164 bytes")
    if unit[72:74] != _HINTS[:2] or unit[70:72] != _HINTS[:2] or unit[74:76] != (len(unit) - 80).to_bytes(2, "little"):
        raise Refusal("pnio_cm: hints and length are not those of a request")
    if unit[24:40] == _MAPPER and len(unit) == 156:
        return _lookup(unit)
    if unit[24:40] == _DEVICE and len(unit) == 164:
        return _read(unit)
    raise Refusal("pnio_cm: neither the endpoint mapper nor the device interface is asked")


def _lookup(unit: bytes) -> str:
    is_lookup = unit[60:64] == b"\x03\0\0\0" and unit[68:70] == b"\x02\0" and not any(unit[8:24])
    if not is_lookup or unit[80:132] != _BEFORE_HANDLE or unit[152:] != b"\x01\0\0\0":
        raise Refusal("pnio_cm: of the endpoint mapper only the next entry of all is asked")
    return "endpoint-lookup"


def _read(unit: bytes) -> str:
    if unit[60:64] != b"\x01\0\0\0" or unit[68:70] != b"\x05\0":
        raise Refusal(f"pnio_cm: operation {unit[68]} is not on the list; only implicit reads are")
    if unit[8:18] != _OBJECT or unit[80:100] != _SIZES or unit[100:106] != b"\x00\x09\x00\x3c\x01\x00":
        raise Refusal("pnio_cm: the read names a PROFINET object and holds one read block")
    if any(unit[108:128]) or any(unit[132:134]) or unit[136:140] != b"\x00\x00\x04\xb0" or any(unit[140:]):
        raise Refusal("pnio_cm: the read belongs to no relation, to API 0, and takes 1200 bytes")
    index = int.from_bytes(unit[134:136])
    if index not in _PLACES:
        raise Refusal(f"pnio_cm: record 0x{index:04x} is not on the list")
    return _PLACES[index]
