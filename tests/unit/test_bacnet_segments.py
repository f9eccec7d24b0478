"""BACnet/IP answers in several units: taken in depth alone, one at a time, up to a bound, and whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols.bacnet import PROTOCOL, codec, probe, segments
from assetctl.protocols.bacnet.codec import Property
from assetctl.protocols.bacnet.frames import decode_unit, encode_unit
from assetctl.talk import Ask, Open, Reply
from tests.unit import test_bacnet as plain

DEEP = frozenset({probe.SEGMENTS})
TOO_LONG = b"\x71\x04"  # abort: segmentation not supported
LONG = "x" * 900


@dataclass
class Device:
    """A device whose answer to all at once takes parts of `size` bytes.

    breaks: the part number in place of which something else is said, and that. refuses: what it says where parts are
    offered.
    """

    size: int = 200
    values: Mapping[Property, bytes] | None = None
    breaks: tuple[int, bytes] = (-1, b"")
    refuses: bytes = b""
    repeats: bool = False

    def __post_init__(self) -> None:
        self.inner = plain.Device(values=self.values or plain.PROPERTIES, multiple=TOO_LONG)
        self.whole = replace(self.inner, multiple=None)

    def answer(self, unit: bytes) -> tuple[bytes, ...]:
        name = PROTOCOL.vet(unit)
        if name == "read-property-multiple-in-segments":
            self.apdu = decode_unit(self.whole.answer(unit[:6] + b"\x00\x05" + unit[8:]).frames[0]).apdu
            refusal = self.refuses[:1] + unit[8:9] + self.refuses[1:]
            return (encode_unit(refusal, expects_reply=False),) if self.refuses else self._part(0)
        if name == "acknowledge-segment":
            return self._part(unit[8] + 1)
        return self.inner.answer(unit).frames

    def _part(self, number: int) -> tuple[bytes, ...]:
        head, content = self.apdu[1:3], self.apdu[3:]
        parts = [content[at : at + self.size] for at in range(0, len(content), self.size)]
        if number == len(parts):
            return ()
        follows = 0x04 if number + 1 < len(parts) else 0
        part = bytes((0x38 | follows,)) + head[:1] + bytes((number, 4)) + head[1:] + parts[number]
        told = (encode_unit(part, expects_reply=False),)
        if number == self.breaks[0]:
            other = self.breaks[1][:1] + head[:1] + self.breaks[1][1:]
            return (encode_unit(other, expects_reply=False),) if self.breaks[1] else ()
        return (self._part(number - 1) if self.repeats and number else ()) + told


def talk(device: Device, *, depth: frozenset[str] = DEEP) -> tuple[list[str], dict[str, object]]:
    context = Context(port=47808, depth=depth)
    conversation, asked = probe.probe(context), []
    reply: Reply | None = None
    try:
        while True:
            step = next(conversation) if reply is None else conversation.send(reply)
            asked.append("connect" if isinstance(step, Open) else PROTOCOL.vet(step.payload))
            reply = Reply(Outcome.ANSWERED) if isinstance(step, Open) else _heard(device, step)
    except StopIteration as end:
        assert len(asked) <= PROTOCOL.limit(context).units
        return asked, {claim.key: claim.value for claim in end.value}


def _heard(device: Device, step: Ask) -> Reply:
    frames = [frame for frame in device.answer(step.payload) if step.accepts is None or step.accepts(frame)]
    is_heard = frames or not step.replies
    return Reply(Outcome.ANSWERED if is_heard else Outcome.SILENT, tuple(frames[: step.replies]))


BEGIN = ["connect", "find-device", "read-property-multiple"]
OFFER, ACK = "read-property-multiple-in-segments", "acknowledge-segment"
SINGLY = ["read-property"] * 12


@pytest.mark.parametrize(("size", "parts"), [(30, 6), (60, 3), (100, 2), (200, 1)])
def test_an_answer_in_parts_says_what_it_would_say_in_one(size: int, parts: int) -> None:
    asked, claims = talk(Device(size=size))
    assert asked == [*BEGIN, OFFER, *[ACK] * parts]
    assert claims == plain.EXPECTED


def test_a_part_that_comes_twice_counts_once() -> None:
    asked, claims = talk(Device(size=60, repeats=True))
    assert asked == [*BEGIN, OFFER, *[ACK] * 3]
    assert claims == plain.EXPECTED


def test_a_text_longer_than_a_unit_is_read_whole() -> None:
    values = {**plain.PROPERTIES, Property.LOCATION: plain._text(LONG)}
    assert talk(Device(values=values))[1]["physical_location_address"] == LONG


def test_without_the_depth_no_parts_are_offered() -> None:
    asked, claims = talk(Device(), depth=frozenset())
    assert asked == [*BEGIN, *SINGLY]
    assert claims == plain.EXPECTED


def test_more_parts_than_offered_are_not_taken_and_each_property_is_read_by_itself() -> None:
    asked, claims = talk(Device(size=10))
    assert asked == [*BEGIN, OFFER, *[ACK] * (segments.MOST - 1), *SINGLY]
    assert claims == plain.EXPECTED


@pytest.mark.parametrize("other", [b"", b"\x71\x00"])  # silence, an abort
def test_parts_that_end_early_say_nothing_and_each_property_is_read_by_itself(other: bytes) -> None:
    asked, claims = talk(Device(size=60, breaks=(2, other)))
    assert asked == [*BEGIN, OFFER, *[ACK] * 2, *SINGLY]
    assert claims == plain.EXPECTED


def test_a_device_that_has_no_parts_costs_one_question_more() -> None:
    asked, claims = talk(Device(refuses=TOO_LONG))
    assert asked == [*BEGIN, OFFER, *SINGLY]
    assert claims == plain.EXPECTED


def test_an_answer_in_one_unit_in_place_of_a_later_part_is_none() -> None:
    whole = b"\x30\x0e" + plain._about(plain.INSTANCE) + b"\x1e\x1f"
    asked, claims = talk(Device(size=60, breaks=(1, whole)))
    assert asked == [*BEGIN, OFFER, ACK, *SINGLY]
    assert claims == plain.EXPECTED


@pytest.mark.parametrize(
    "unit",
    [
        "810a000a0100 42 01 00 01",  # a complaint
        "810a000a0100 41 01 00 01",  # as a server
        "810a000a0100 40 01 08 01",  # beyond what was offered
        "810a000a0100 40 01 00 02",  # a window
        "810a000b0100 40 01 00 01 00",
        "810a000a0104 40 01 00 01",
        "810a000e0120 0005 00 ff 40 01 00 01",
        "810a0011 0104 0235 01 0c 0c020004d2 1979",  # a single property
        "810a0011 0104 0245 01 0e 0c020004d2 1979",
    ],
)
def test_no_other_acknowledgement_or_offer_may_leave(unit: str) -> None:
    raw = bytes.fromhex(unit)
    with pytest.raises(Refusal):
        PROTOCOL.vet(raw[:2] + len(raw).to_bytes(2) + raw[4:])


def test_only_all_at_once_may_be_offered_parts_and_only_by_name() -> None:
    offer = codec.encode_read_multiple(invoke_id=3, instance=9, in_segments=True)
    assert PROTOCOL.vet(offer) == OFFER
    assert PROTOCOL.classes[OFFER] is PROTOCOL.classes[ACK] is RequestClass.DEPTH
    assert PROTOCOL.named_by[OFFER] == PROTOCOL.named_by[ACK] == (probe.SEGMENTS,)
    for more in (offer + b"\0", offer[:-1]):
        with pytest.raises(Refusal):
            PROTOCOL.vet(more[:2] + len(more).to_bytes(2) + more[4:])


@pytest.mark.parametrize("length", range(10))
def test_a_cut_part_is_no_part(length: int) -> None:
    whole = encode_unit(b"\x3c\x01\x00\x04\x0eabc", expects_reply=False)
    assert segments.decode_part(whole) == segments.Part(1, 0, is_last=False, service=14, content=b"abc")
    with pytest.raises(WireError):
        segments.decode_part(whole[:length])
