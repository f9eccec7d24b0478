"""The call for devices and its answer: Who-Is and I-Am.

Source: ASHRAE 135-2020, 16.10, 20.1.3.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.protocols.bacnet.frames import Place, decode_unit, encode_unit
from assetctl.protocols.bacnet.values import (
    ENUMERATED,
    OBJECT_IDENTIFIER,
    UNSIGNED,
    application,
    device_instance,
    number,
)
from assetctl.wire import Reader

_UNCONFIRMED = 1
_WHO_IS = 8
_I_AM = bytes((_UNCONFIRMED << 4, 0))


@dataclass(frozen=True, slots=True)
class IAm:
    """What a device says about itself when it is called. max_apdu: bytes it accepts in one unit."""

    instance: int
    max_apdu: int
    vendor_id: int


def encode_who_is(*, network: int | None = None) -> bytes:
    """The call for devices to name themselves, without limits: the device at one address, or a network behind it."""
    place = None if network is None else Place(network, b"")
    return encode_unit(bytes((_UNCONFIRMED << 4, _WHO_IS)), expects_reply=False, place=place)


def is_i_am(frame: bytes) -> bool:
    """Whether a frame is the I-Am of the device at that address itself: not forwarded, not from behind a router."""
    try:
        unit = decode_unit(frame)
    except WireError:
        return False
    return not unit.is_forwarded and unit.source is None and unit.apdu[:2] == _I_AM


def is_i_am_from(frame: bytes, *, network: int) -> bool:
    """Whether a frame is the I-Am of a device on a network behind the one that sent it."""
    try:
        unit = decode_unit(frame)
    except WireError:
        return False
    is_there = unit.source is not None and unit.source.network == network
    return not unit.is_forwarded and is_there and unit.apdu[:2] == _I_AM


def decode_i_am(frame: bytes) -> IAm:
    """The parameters of an I-Am."""
    r = Reader(decode_unit(frame).apdu)
    r.expect(_I_AM, "I-Am")
    instance = device_instance(application(r, OBJECT_IDENTIFIER, "object identifier"), "object identifier")
    max_apdu = number(application(r, UNSIGNED, "max APDU length"), "max APDU length")
    application(r, ENUMERATED, "segmentation supported")
    vendor_id = number(application(r, UNSIGNED, "vendor id"), "vendor id")
    return IAm(instance, max_apdu, vendor_id)
