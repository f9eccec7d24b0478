"""The BACnet services that identify a device: ReadProperty, ReadPropertyMultiple, and what answers them.

Every property stands by itself: what the device refused, or wrote so that it cannot be read, is absent with a reason
and takes nothing else with it. An answer about another object than the one that was asked is no answer.
Source: ASHRAE 135-2020, 20.1 (APDU), 15.5 (ReadProperty), 15.7 (ReadPropertyMultiple), 12.11 (Device object),
clause 21 (numbers of properties).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum

from assetctl.errors import WireError
from assetctl.protocols.bacnet import names
from assetctl.protocols.bacnet.frames import Place, decode_unit, encode_unit
from assetctl.protocols.bacnet.values import (
    CHARACTER_STRING,
    DEVICE,
    ENUMERATED,
    OBJECT_IDENTIFIER,
    UNSIGNED,
    Absent,
    Element,
    Form,
    Value,
    application,
    character_string,
    context,
    device_instance,
    element,
    enclosed,
    number,
    opening,
)
from assetctl.wire import Reader

WILDCARD = 0x3FFFFF
"""Instance 4194303: "whichever device you are", from protocol revision 4 on."""

READ_PROPERTY, READ_PROPERTY_MULTIPLE = 12, 14

_CONFIRMED, _COMPLEX_ACK, _ERROR, _REJECT, _ABORT = 0, 3, 5, 6, 7
_SEGMENTED = 0x08
_TAKES_SEGMENTS = 0x02
_1476_BYTES = 0x05  # in a unit at most: what fits one datagram unfragmented; no segments
_8_SEGMENTS = 0x30
_OBJECT_IDENTIFIER_PROPERTY = 75
_DEVICE_BUSY, _UNKNOWN_OBJECT, _OUT_OF_RESOURCES = 3, 31, 9
_TOO_LONG = frozenset({1, 4})  # buffer overflow, segmentation not supported


class Property(IntEnum):
    """The properties of the device object that are asked for, those worth most first."""

    VENDOR_NAME = 121
    MODEL_NAME = 70
    FIRMWARE_REVISION = 44
    OBJECT_NAME = 77
    SERIAL_NUMBER = 372
    APPLICATION_SOFTWARE_VERSION = 12
    VENDOR_IDENTIFIER = 120
    DESCRIPTION = 28
    LOCATION = 58
    PROTOCOL_REVISION = 139
    SYSTEM_STATUS = 112
    PROTOCOL_VERSION = 98


_TAGS = {
    Property.VENDOR_IDENTIFIER: UNSIGNED,
    Property.PROTOCOL_VERSION: UNSIGNED,
    Property.PROTOCOL_REVISION: UNSIGNED,
    Property.SYSTEM_STATUS: ENUMERATED,
}


_ASKED = {int(prop): prop for prop in Property}
_VALUE, _PROPERTY_ERROR = Element(4, True, Form.OPENING), Element(5, True, Form.OPENING)


@dataclass(frozen=True, slots=True)
class Refused:
    """The device answered with an error, a reject or an abort.

    is_busy: it may answer later. is_too_long: its answer does not fit one unit.
    """

    reason: str
    is_busy: bool = False
    is_unknown_object: bool = False
    is_too_long: bool = False


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties in an answer, those it could not give among them; none behind what cannot be read."""

    values: Mapping[Property, Value]


def encode_find(*, invoke_id: int) -> bytes:
    """The question which device this is. invoke_id: 0 to 255."""
    return _confirmed(invoke_id, READ_PROPERTY, _read(WILDCARD, _OBJECT_IDENTIFIER_PROPERTY))


def encode_read(*, invoke_id: int, instance: int, prop: Property, place: Place | None = None) -> bytes:
    """One property of the device object. instance: 0 to 4194303. place: of a device behind the one at an address."""
    return _confirmed(invoke_id, READ_PROPERTY, _read(instance, prop), place)


def encode_read_multiple(
    *, invoke_id: int, instance: int, place: Place | None = None, in_segments: bool = False
) -> bytes:
    """All properties of `Property` of the device object. in_segments: the answer may come in up to 8 units."""
    request = _device(instance) + b"\x1e" + b"".join(_property(0, prop) for prop in Property) + b"\x1f"
    return _confirmed(invoke_id, READ_PROPERTY_MULTIPLE, request, place, in_segments=in_segments)


def _read(instance: int, prop: int) -> bytes:
    return _device(instance) + _property(1, prop)


def _device(instance: int) -> bytes:
    return b"\x0c" + (DEVICE << 22 | instance).to_bytes(4)


def _property(tag: int, prop: int) -> bytes:
    width = 1 if prop < 0x100 else 2
    return bytes((tag << 4 | 0x08 | width,)) + prop.to_bytes(width)


def _confirmed(
    invoke_id: int, service: int, request: bytes, place: Place | None = None, *, in_segments: bool = False
) -> bytes:
    takes, most = (_TAKES_SEGMENTS, _8_SEGMENTS) if in_segments else (0, 0)
    header = bytes((_CONFIRMED << 4 | takes, most | _1476_BYTES, invoke_id, service))
    return encode_unit(header + request, expects_reply=True, place=place)


def is_answer(frame: bytes, *, invoke_id: int, service: int, place: Place | None = None) -> bool:
    """Whether a frame answers, or refuses, the confirmed question with this invoke id.

    place: of the device behind a router that was asked. What was asked of an address itself may be answered from a
    network too, that of a device which a gateway stands for.
    """
    try:
        unit = decode_unit(frame)
    except WireError:
        return False
    if place is not None and unit.source != place:
        return False
    apdu = unit.apdu
    kind = apdu[0] >> 4 if apdu else -1
    if kind not in (_COMPLEX_ACK, _ERROR, _REJECT, _ABORT) or apdu[1:2] != bytes((invoke_id,)):
        return False
    at = 4 if kind == _COMPLEX_ACK and apdu[0] & _SEGMENTED else 2
    return kind in (_REJECT, _ABORT) or apdu[at : at + 1] == bytes((service,))


def decode_find(frame: bytes, *, invoke_id: int) -> int | Refused:
    """The instance of the device. Raises WireError for an answer about something else."""
    r = _answer(frame, invoke_id, READ_PROPERTY)
    if isinstance(r, Refused):
        return r
    about = device_instance(context(r, 0, "object identifier"), "object identifier")
    _expect_property(context(r, 1, "property identifier"), _OBJECT_IDENTIFIER_PROPERTY)
    opening(r, 3, "property value")
    instance = device_instance(application(r, OBJECT_IDENTIFIER, "property value"), "property value")
    if about not in (WILDCARD, instance):
        raise WireError(f"object identifier: device {about} tells of device {instance}")
    return instance


def decode_read(frame: bytes, *, invoke_id: int, instance: int, prop: Property) -> Value | Refused:
    """The value of one property. Raises WireError for an answer about another object or property."""
    r = _answer(frame, invoke_id, READ_PROPERTY)
    if isinstance(r, Refused):
        return r
    _expect_device(r, instance)
    _expect_property(context(r, 1, "property identifier"), prop)
    try:
        opening(r, 3, "property value")
        return _value(prop, enclosed(r, 3, "property value"))
    except WireError as error:
        return Absent(str(error))


def decode_read_multiple(frame: bytes, *, invoke_id: int, instance: int) -> Properties | Refused:
    """Every property in the answer, each by itself. Raises WireError for an answer about another object."""
    r = _answer(frame, invoke_id, READ_PROPERTY_MULTIPLE)
    if isinstance(r, Refused):
        return r
    _expect_device(r, instance)
    opening(r, 1, "list of results")
    found: dict[Property, Value] = {}
    with suppress(WireError):
        while (first := element(r)).form is not Form.CLOSING:
            told = _result(r, first)
            if told is not None:
                found.setdefault(*told)
    return Properties(found)


def _answer(frame: bytes, invoke_id: int, service: int) -> Reader | Refused:
    """A reader over the acknowledgement, or the refusal."""
    if not is_answer(frame, invoke_id=invoke_id, service=service):
        raise WireError(f"APDU: no answer to service {service} with invoke id {invoke_id}")
    r = Reader(decode_unit(frame).apdu)
    kind, flags = divmod(r.u8("APDU type"), 16)
    r.u8("invoke id")
    if kind != _COMPLEX_ACK:
        return _refusal(r, kind)
    if flags & _SEGMENTED:
        return Refused("a segmented answer, which was not asked for")
    r.u8("service")
    return r


def _refusal(r: Reader, kind: int) -> Refused:
    """Why an error, a reject or an abort was answered, also where its reason is mangled."""
    try:
        if kind == _ERROR:
            r.u8("service")
            return _error(r)
        reason = r.u8("reason")
    except WireError:
        return Refused("a refusal that cannot be read")
    if kind == _REJECT:
        return Refused(names.reject(reason))
    is_too_long = reason in _TOO_LONG
    return Refused(names.abort(reason), is_busy=reason == _OUT_OF_RESOURCES, is_too_long=is_too_long)


def _error(r: Reader) -> Refused:
    error_class = number(application(r, ENUMERATED, "error class"), "error class")
    code = number(application(r, ENUMERATED, "error code"), "error code")
    reason = names.error(error_class, code)
    return Refused(reason, is_busy=code == _DEVICE_BUSY, is_unknown_object=code == _UNKNOWN_OBJECT)


def _expect_device(r: Reader, instance: int) -> None:
    about = device_instance(context(r, 0, "object identifier"), "object identifier")
    if about != instance:
        raise WireError(f"object identifier: device {instance} was asked, device {about} is told of")


def _expect_property(content: bytes, prop: int) -> None:
    if number(content, "property identifier") != prop:
        raise WireError(f"property identifier: {prop} was asked, found {content.hex()}")


def _result(r: Reader, first: Element) -> tuple[Property, Value] | None:
    """One result of a ReadPropertyMultiple answer from its property identifier on; None for one not asked for."""
    if (first.number, first.is_context, first.form) != (2, True, Form.DATA):
        raise WireError(f"property identifier: context tag 2 expected, found {first.form} {first.number}")
    asked = number(first.content, "property identifier")
    second = element(r)
    is_indexed = (second.number, second.is_context, second.form) == (3, True, Form.DATA)
    second = element(r) if is_indexed else second
    if second not in (_VALUE, _PROPERTY_ERROR):
        raise WireError(f"result: value or error expected, found {second.form} {second.number}")
    inside = enclosed(r, second.number, "result")
    if is_indexed or asked not in _ASKED:
        return None
    prop = _ASKED[asked]
    return prop, (_value(prop, inside) if second == _VALUE else Absent(_property_error(inside)))


def _property_error(inside: tuple[Element, ...]) -> str:
    codes = [int.from_bytes(one.content) for one in inside if one.number == ENUMERATED and len(one.content) <= 4]
    return names.error(codes[0], codes[1]) if len(codes) == 2 else "an error that cannot be read"


def _value(prop: Property, inside: tuple[Element, ...]) -> Value:
    """The value, which must be one primitive element of the property's type; anything else is absent."""
    tag = _TAGS.get(prop, CHARACTER_STRING)
    if len(inside) != 1 or inside[0].is_context or inside[0].number != tag:
        return Absent("a value of another type")
    content = inside[0].content
    if tag == CHARACTER_STRING:
        return character_string(content)
    return number(content, prop.name) if 1 <= len(content) <= 4 else Absent("a number of no or too many bytes")
