"""BACnet/IP, heard: who named itself, and what was read of device objects, by whoever read it.

An I-Am that a broadcast management device passed on is its first sender's; devices behind a router are talks of their
own, see `routed`.
Source: ASHRAE 135-2020, annex J.2.5 (Forwarded-NPDU), 15.5, 15.7, 16.10, 20.1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from assetctl.errors import WireError
from assetctl.exchange.capture import routed
from assetctl.model import Exchange, IPAddress, Transport
from assetctl.protocols.bacnet import calls, codec, frames, segments
from assetctl.protocols.bacnet.values import (
    DEVICE,
    OBJECT_IDENTIFIER,
    Element,
    Form,
    application,
    context,
    device_instance,
    element,
    enclosed,
    opening,
)
from assetctl.talk import Ask, Open
from assetctl.wire import Reader

_CONFIRMED, _COMPLEX_ACK, _ERROR, _REJECT, _ABORT = 0, 3, 5, 6, 7
_WHO_IS = b"\x10\x08"
_READS = (codec.READ_PROPERTY, codec.READ_PROPERTY_MULTIPLE)
_UNKNOWN_PROPERTY = bytes.fromhex("9102 9120")  # class property, code unknown-property
_UNRECOGNIZED_SERVICE = 9
_SEGMENTED = 0x08
_OBJECT_IDENTIFIER = 75
_WILDCARD = (DEVICE << 22 | codec.WILDCARD).to_bytes(4)
_OPEN_VALUE = Element(4, True, Form.OPENING)
_Values = dict[int, bytes]


def origin(raw: bytes) -> tuple[IPAddress, bytes] | None:
    """First sender and datagram of one that was passed on."""
    if len(raw) < 12 or raw[:2] != bytes((0x81, frames.FORWARDED)):
        return None
    return IPv4Address(raw[4:8]), frames.frame(frames.UNICAST, raw[10:])


def _apdu(raw: bytes) -> bytes:
    """The application unit of a datagram; empty where there is none."""
    try:
        return frames.decode_unit(raw).apdu
    except WireError:
        return b""


def is_answer(raw: bytes) -> bool:
    """Whether a datagram is an acknowledgement, a refusal, an I-Am, or the word of a router or about a table."""
    apdu = _apdu(raw)
    return (
        alone(raw)
        or routed.is_table(raw)
        or (apdu[:1] != b"" and apdu[0] >> 4 in (_COMPLEX_ACK, _ERROR, _REJECT, _ABORT))
    )


def alone(raw: bytes) -> bool:
    """An I-Am says by itself who sent it, and a router which networks it reaches."""
    return calls.is_i_am(raw) or routed.is_of_router(raw)


def wants(raw: bytes) -> bool:
    """Whether it reads properties of a device object, or asks for the networks of a router or the tables of a BBMD."""
    apdu = _apdu(raw)
    return routed.wants(raw) or (
        len(apdu) > 8
        and apdu[0] >> 4 == _CONFIRMED
        and not apdu[0] & 0x08
        and apdu[3] in _READS
        and apdu[4] == 0x0C
        and int.from_bytes(apdu[5:9]) >> 22 == DEVICE
    )


def belongs(question: bytes, answer: bytes) -> bool:
    """Same invoke id; for an acknowledgement or error the same service. A part of an answer says no more than that."""
    if routed.is_question(question):
        return routed.belongs(question, answer)
    asked, told = _apdu(question), _apdu(answer)
    if len(asked) < 4 or len(told) < 3 or asked[0] >> 4 != _CONFIRMED or asked[2] != told[1]:
        return False
    if told[0] >> 4 == _COMPLEX_ACK and told[0] & _SEGMENTED:
        return told[4] == asked[3]
    if told[0] >> 4 != _COMPLEX_ACK:
        return told[0] >> 4 in (_REJECT, _ABORT) or told[2] == asked[3]
    is_of_it = asked[5:9] == _WILDCARD or told[4:8] == asked[5:9]
    return told[2] == asked[3] and is_of_it


def continues(answer: bytes) -> bool:
    """Whether it is a part of an answer, and not the last."""
    try:
        part = segments.decode_part(answer)
    except WireError:
        return False
    return part is not None and not part.is_last


def key(question: bytes, answers: Sequence[bytes]) -> tuple[bytes, ...]:
    """What was asked without its invoke id, with the way it was answered; or the I-Am."""
    if routed.is_question(question):
        return (question[1:2] + question[4:],)
    if not question:
        return tuple(_apdu(one) or one for one in answers)
    return (_apdu(question)[3:], _apdu(answers[0])[:1] if answers else b"")


def kept(question: bytes, answers: tuple[bytes, ...]) -> tuple[bytes, tuple[bytes, ...]]:
    """Nothing of an answer of which a part is missing."""
    return question, answers if _whole(answers) else ()


def identity(_question: bytes, answers: Sequence[bytes]) -> tuple[str, int] | None:
    """The instance by which a device calls itself."""
    told = answers[0] if answers else b""
    return ("instance", calls.decode_i_am(told).instance) if calls.is_i_am(told) else None


@dataclass(slots=True)
class Answers:
    """The properties of the device object, by instance, and the I-Am."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _values: dict[int, _Values] = field(default_factory=dict)
    _i_am: bytes = b""
    _instance: int | None = None

    def __post_init__(self) -> None:
        for unit in (unit for one in self.exchanges for unit in _whole(one.received)):
            if calls.is_i_am(unit):
                self._i_am = self._i_am or unit
                continue
            try:
                for instance, prop, value in _told(_apdu(unit)):
                    self._values.setdefault(instance, {}).setdefault(prop, value)
            except WireError:
                continue
        self._name_wildcard()
        self._instance = self._own()

    def _name_wildcard(self) -> None:
        """What was told of the wildcard, by a device that repeats it, is its own where it told its instance too."""
        told = self._values.pop(codec.WILDCARD, {})
        try:
            raw = application(Reader(told.get(_OBJECT_IDENTIFIER, b"")), OBJECT_IDENTIFIER, "object identifier")
            instance = device_instance(raw, "object identifier")
        except WireError:
            return
        if instance != codec.WILDCARD:
            self._values[instance] = told | self._values.get(instance, {})

    def _own(self) -> int | None:
        """The instance of the device: the one it was called by, or of which most was read."""
        try:
            named = calls.decode_i_am(self._i_am).instance if self._i_am else None
        except WireError:
            named = None
        if named is not None:
            return named
        read = {instance: len(values) for instance, values in self._values.items()}
        return max(read, key=lambda one: (read[one], -one), default=None)

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        apdu = _apdu(ask.payload)
        if apdu == _WHO_IS:
            return (self._i_am,) if self._i_am else ()
        if routed.is_question(ask.payload):
            return routed.said(self.exchanges, ask.payload)
        if not wants(ask.payload):
            return ()
        invoke = apdu[2]
        if apdu[3] != codec.READ_PROPERTY:
            return (_unit(bytes((_REJECT << 4, invoke, _UNRECOGNIZED_SERVICE))),)
        told = self._read(apdu)
        if told is None:
            return (_unit(bytes((_ERROR << 4, invoke, codec.READ_PROPERTY)) + _UNKNOWN_PROPERTY),)
        return (_unit(bytes((_COMPLEX_ACK << 4, invoke, codec.READ_PROPERTY)) + told),)

    def _read(self, apdu: bytes) -> bytes | None:
        instance, prop = int.from_bytes(apdu[5:9]) & codec.WILDCARD, int.from_bytes(apdu[10:])
        if instance == codec.WILDCARD and prop == _OBJECT_IDENTIFIER:
            if self._instance is None or self._i_am:
                return None
            value = b"\xc4" + (DEVICE << 22 | self._instance).to_bytes(4)
        else:
            found = self._values.get(instance, {}).get(prop)
            if found is None:
                return None
            value = found
        return apdu[4:] + b"\x3e" + value + b"\x3f"


def _whole(received: Sequence[bytes]) -> Sequence[bytes]:
    """An answer as it came, or in one unit where it came in parts; none where one of them is missing."""
    try:
        parts = {part.number: part for unit in received if (part := segments.decode_part(unit)) is not None}
    except WireError:
        return received
    if not parts:
        return received
    in_order = [parts[number] for number in sorted(parts)]
    is_whole = len(parts) == in_order[-1].number + 1 and in_order[-1].is_last
    return (segments.joined(in_order),) if is_whole else ()


def _unit(apdu: bytes) -> bytes:
    return frames.encode_unit(apdu, expects_reply=False)


def _told(apdu: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Instance, property and encoded value of everything in an acknowledgement about device objects."""
    if len(apdu) < 3 or apdu[0] >> 4 != _COMPLEX_ACK or apdu[0] & 0x08:
        return
    r = Reader(apdu)
    r.take(3, "header")
    if apdu[2] == codec.READ_PROPERTY:
        instance, prop = _object(r), int.from_bytes(context(r, 1, "property"))
        if instance is not None and apdu[r.position : r.position + 1] == b"\x3e" and apdu.endswith(b"\x3f"):
            yield instance, prop, apdu[r.position + 1 : -1]
        return
    while apdu[2] == codec.READ_PROPERTY_MULTIPLE and r.left():
        instance = _object(r)
        opening(r, 1, "list of results")
        for prop, value in _results(r, apdu):
            if instance is not None:
                yield instance, prop, value


def _object(r: Reader) -> int | None:
    """The instance of a device; None for an object of another type."""
    kind, instance = divmod(int.from_bytes(context(r, 0, "object identifier")), 1 << 22)
    return instance if kind == DEVICE else None


def _results(r: Reader, apdu: bytes) -> Iterator[tuple[int, bytes]]:
    while (first := element(r)).form is not Form.CLOSING:
        second = element(r)
        is_indexed = (second.number, second.form) == (3, Form.DATA)
        second = element(r) if is_indexed else second
        start = r.position
        enclosed(r, second.number, "result")
        if second == _OPEN_VALUE and not is_indexed:
            yield int.from_bytes(first.content), apdu[start : r.position - 1]
