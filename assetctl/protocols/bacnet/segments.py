"""An answer in several units: its parts, their acknowledgement, and what they are together.

One part is taken at a time: its acknowledgement asks for the next one. More parts than were offered are not taken.
Source: ASHRAE 135-2020, 5.2 (segmentation), 20.1.2.4 (segments accepted), 20.1.5 (ComplexACK), 20.1.6 (SegmentACK).
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial

from assetctl.errors import WireError
from assetctl.protocols.bacnet import codec
from assetctl.protocols.bacnet.asker import Asker, Told
from assetctl.protocols.bacnet.frames import decode_unit, encode_unit
from assetctl.talk import Ask, Open, Reply
from assetctl.wire import Reader

MOST = 8
"""Parts of one answer, as the question offers."""

_COMPLEX_ACK, _SEGMENTED, _MORE_FOLLOWS = 0x30, 0x08, 0x04
_SEGMENT_ACK, _ONE_AT_A_TIME = 0x40, 1


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an answer to a confirmed question. number: from 0. is_last: none follows."""

    invoke_id: int
    number: int
    is_last: bool
    service: int
    content: bytes


def encode_acknowledge(*, invoke_id: int, number: int) -> bytes:
    """The word that this part came, and that the next one may."""
    return encode_unit(bytes((_SEGMENT_ACK, invoke_id, number, _ONE_AT_A_TIME)), expects_reply=False)


def decode_part(frame: bytes) -> Part | None:
    """A part of an answer; None for an answer in one unit, and for a refusal."""
    r = Reader(decode_unit(frame).apdu)
    kind = r.u8("APDU type")
    if kind & 0xF0 != _COMPLEX_ACK or not kind & _SEGMENTED:
        return None
    invoke_id, number = r.u8("invoke id"), r.u8("sequence number")
    r.u8("window size")
    return Part(invoke_id, number, not kind & _MORE_FOLLOWS, r.u8("service"), r.rest())


def joined(parts: Sequence[Part]) -> bytes:
    """All parts of an answer, in order, as it would be in one unit."""
    head = bytes((_COMPLEX_ACK, parts[0].invoke_id, parts[0].service))
    return encode_unit(head + b"".join(part.content for part in parts), expects_reply=False)


def read_all(asker: Asker, instance: int) -> Generator[Open | Ask, Reply, Told | None]:
    """Every property at once, in as many units as the device needs; None where no whole answer came."""
    invoke_id = asker.number()
    parts: list[Part] = []
    payload = codec.encode_read_multiple(invoke_id=invoke_id, instance=instance, in_segments=True)
    while True:
        frame = yield from asker.ask(payload, partial(_is_next, invoke_id=invoke_id, number=len(parts)))
        if frame is None:
            return None
        part = decode_part(frame)
        if part is None:
            return _decoded(asker, frame, invoke_id, instance)
        parts.append(part)
        payload = encode_acknowledge(invoke_id=invoke_id, number=part.number)
        if part.is_last:
            yield from asker.tell(payload)
            return _decoded(asker, joined(parts), invoke_id, instance)
        if len(parts) == MOST:
            return None


def _is_next(frame: bytes, *, invoke_id: int, number: int) -> bool:
    """Whether a frame is the part with this number, or an answer that has no parts and comes in place of the first.

    A refusal may come at any time.
    """
    if not codec.is_answer(frame, invoke_id=invoke_id, service=codec.READ_PROPERTY_MULTIPLE):
        return False
    try:
        part = decode_part(frame)
        is_whole = decode_unit(frame).apdu[0] == _COMPLEX_ACK
    except WireError:
        return False
    return part.number == number if part else not (is_whole and number)


def _decoded(asker: Asker, frame: bytes, invoke_id: int, instance: int) -> Told | None:
    try:
        return codec.decode_read_multiple(frame, invoke_id=invoke_id, instance=instance)
    except WireError:
        asker.heard.ended = True
        return None
