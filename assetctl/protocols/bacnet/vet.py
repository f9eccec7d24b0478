"""May this BACnet/IP unit leave? Only reads of a device object's properties and the acknowledgement of what they bring,
Who-Is to the device or into one network behind it, reads of BBMD tables, and the two questions to a router that change
nothing may.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal

_WHOLE = {
    b"\x81\x0a\x00\x08\x01\x00\x10\x08": "who-is",  # unconfirmed service 8, no limits, no destination network
    b"\x81\x02\x00\x04": "read-bdt",
    b"\x81\x06\x00\x04": "read-fdt",
    b"\x81\x0a\x00\x07\x01\x80\x00": "who-is-router",  # network message 0 without a network: all of them
    b"\x81\x0a\x00\x07\x01\x80\x12": "what-is-network-number",
}
_FIND = b"\x0c\x02\x3f\xff\xff\x19\x4b"  # object identifier (75) of device 4194303
_SINGLE = frozenset(b"\x19" + bytes((number,)) for number in (12, 28, 44, 58, 70, 77, 98, 112, 120, 121, 139)) | {
    b"\x1a\x01\x74"
}  # serial-number, 372
_MULTIPLE = bytes.fromhex("1e 0979 0946 092c 094d 0a0174 090c 0978 091c 093a 098b 0970 0962 1f")
_WHO_IS = b"\x10\x08"
_MOST_ADDRESS = 7


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit in _WHOLE:
        return _WHOLE[unit]
    if unit[:2] != b"\x81\x0a" or int.from_bytes(unit[2:4]) != len(unit):
        raise Refusal("bacnet: only Original-Unicast-NPDU of its stated length, and reads of BBMD tables, may leave")
    if unit[4:7] == b"\x01\x00\x40":
        return _acknowledged(unit[6:])
    if unit[4:8] == b"\x01\x04\x02\x35":
        return _in_segments(unit[6:])
    if unit[4:6] == b"\x01\x04":
        return _confirmed(unit[6:])
    if unit[4:6] == b"\x01\x24":
        return _routed(_confirmed(_behind(unit[6:])))
    if unit[4:6] == b"\x01\x20" and _behind(unit[6:], to_all=True) == _WHO_IS:
        return "routed-who-is"
    raise Refusal("bacnet: the network layer is version 1, for this device or one network behind it")


def _acknowledged(apdu: bytes) -> str:
    """A SegmentACK of a client for one segment of the first eight, without complaint, with a window of one."""
    if len(apdu) != 4 or apdu[2] > 7 or apdu[3] != 1:
        raise Refusal(f"bacnet: {apdu.hex()} acknowledges no segment that is taken here")
    return "acknowledge-segment"


def _in_segments(apdu: bytes) -> str:
    name = _service(apdu[3], apdu[4:]) if len(apdu) > 4 else ""
    if name != "read-property-multiple":
        raise Refusal("bacnet: only the answer to all properties at once may come in segments")
    return f"{name}-in-segments"


def _routed(name: str) -> str:
    if name == "find-device":
        raise Refusal("bacnet: a device behind a router is read by its instance alone")
    return f"routed-{name}"


def _behind(rest: bytes, *, to_all: bool = False) -> bytes:
    """What follows a destination: one network, an address of 1 to 7 bytes or none for all, 255 hops."""
    network, length = int.from_bytes(rest[:2]), rest[2] if len(rest) > 2 else 0
    is_right_length = length == 0 if to_all else 1 <= length <= _MOST_ADDRESS
    if not 0 < network < 0xFFFF or not is_right_length or rest[3 + length : 4 + length] != b"\xff":
        raise Refusal("bacnet: a destination is one network with the address of one device, or a Who-Is for all of it")
    return rest[4 + length :]


def _confirmed(apdu: bytes) -> str:
    if apdu[:2] != b"\x00\x05" or len(apdu) < 4:
        raise Refusal("bacnet: only an unsegmented confirmed request that takes 1476 bytes unsegmented may leave")
    return _service(apdu[3], apdu[4:])


def _service(service: int, request: bytes) -> str:
    is_device = request[:2] == b"\x0c\x02" and len(request) > 5 and request[2] <= 0x3F
    if service == 12 and request == _FIND:
        return "find-device"
    if service == 12 and is_device and request[5:] in _SINGLE:
        return "read-property"
    if service == 14 and is_device and request[5:] == _MULTIPLE:
        return "read-property-multiple"
    raise Refusal(f"bacnet: confirmed service {service} with {request.hex()} is not on the list")
