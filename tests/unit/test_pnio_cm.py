"""Laws of the PROFINET context manager: one call at a time, and never a connection."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import RequestClass
from assetctl.planning import make
from assetctl.protocols import registry
from assetctl.protocols.pnio_cm import PROTOCOL, codec, probe, rpc
from assetctl.protocols.pnio_cm.vet import vet
from assetctl.scope import Consent, Scope
from tests.unit.plants import target

ACTIVITY = probe.activity(0x1234)
TARGET = codec.object_of(instance=1, device_id=0x010D, vendor_id=0x002A)
READ = codec.encode_read(activity=ACTIVITY, sequence=4, target=TARGET, slot=0, subslot=1, index=codec.IM0)
LOOKUP = codec.encode_lookup(activity=ACTIVITY, sequence=0)
S7_1200 = "S7-1200                   6ES7 212-1AE40-0XB0     14 V  4  5  1"  # as such a CPU tells it


def response(body: bytes, *, kind: int = rpc.RESPONSE, sequence: int = 0, flags: int = 0) -> bytes:
    head = bytes((4, kind, flags, 0, 0x10, 0, 0, 0)) + bytes(32) + ACTIVITY.bytes_le + bytes(8)
    return head + sequence.to_bytes(4, "little") + bytes(6) + len(body).to_bytes(2, "little") + bytes(4) + body


@pytest.mark.parametrize("operation", [number for number in range(16) if number != codec.READ_IMPLICIT])
def test_connect_release_write_and_control_do_not_leave(operation: int) -> None:
    unit = bytearray(READ)
    unit[68] = operation
    with pytest.raises(Refusal, match=f"operation {operation} "):
        vet(bytes(unit))


@pytest.mark.parametrize("operation", [number for number in range(8) if number != codec.LOOKUP])
def test_nothing_is_put_into_the_endpoint_mapper_or_taken_out(operation: int) -> None:
    unit = bytearray(LOOKUP)
    unit[68] = operation
    with pytest.raises(Refusal):
        vet(bytes(unit))


@pytest.mark.parametrize("index", [0xAFF2, 0xAFF3, 0x8028, 0xE002, 0xF000, 0])
def test_only_the_named_records_are_read(index: int) -> None:
    unit = READ[:134] + index.to_bytes(2) + READ[136:]
    with pytest.raises(Refusal):
        vet(unit)


def test_an_object_names_instance_device_and_vendor() -> None:
    assert str(TARGET) == "dea00000-6c97-11d1-8271-0001010d002a"
    assert codec.ids_of(TARGET) == (1, 0x010D, 0x002A)
    assert codec.ids_of(UUID("e1af8308-5d1f-11c9-91a4-08002b14a0fa")) is None


def test_an_annotation_is_read_by_its_columns() -> None:
    assert codec.decode_annotation(S7_1200) == codec.Annotation("S7-1200", "6ES7 212-1AE40-0XB0", "14", "V  4  5  1")


@pytest.mark.parametrize(
    "text", ["", "Other text", S7_1200.replace(" ", ""), S7_1200 + "0", S7_1200.replace(" V ", "0V ")]
)
def test_an_annotation_of_another_form_has_no_columns(text: str) -> None:
    assert codec.decode_annotation(text) is None


@pytest.mark.parametrize(
    ("letter", "numbers", "text"),
    [("V", (4, 2, 0), "4.2.0"), ("R", (1, 0, 3), "R1.0.3"), ("V", (0, 0, 0), ""), ("V", (255, 255, 255), "")],
)
def test_a_version_keeps_every_letter_but_v(letter: str, numbers: tuple[int, ...], text: str) -> None:
    content = (42).to_bytes(2) + b" " * 36 + bytes(2) + letter.encode() + bytes(numbers) + bytes(10)
    assert codec.decode_im0(b"\x00\x20\x00\x38\x01\x00" + content).software == text


@pytest.mark.parametrize(("raw", "told"), [(3, 3), (0xFFFF, 0), (0xFFFE, 0xFFFE)])
def test_a_hardware_revision_of_all_ones_is_told_by_the_profile_elsewhere(raw: int, told: int) -> None:
    content = (42).to_bytes(2) + b" " * 36 + raw.to_bytes(2) + b"V\1\0\0" + bytes(10)
    assert codec.decode_im0(b"\x00\x20\x00\x38\x01\x00" + content).hardware == told


def test_an_answer_belongs_to_its_activity_and_number() -> None:
    frame = response(b"", sequence=3)
    assert rpc.is_answer(frame, activity=ACTIVITY, sequence=3)
    assert not rpc.is_answer(frame, activity=ACTIVITY, sequence=2)
    assert not rpc.is_answer(frame, activity=probe.activity(9), sequence=3)
    assert not rpc.is_answer(response(b"", kind=rpc.REQUEST, sequence=3), activity=ACTIVITY, sequence=3)


def test_a_fault_and_a_bad_status_are_refusals_and_a_fragment_is_not_read() -> None:
    assert rpc.decode(response(b"\x03\x00\x01\x1c", kind=rpc.FAULT)) == rpc.Refused(0x1C010003)
    refused = codec.decode_record(response(b"\x00\xb0\x80\xde"), index=codec.IM0)
    assert refused == rpc.Refused(0xDE80B000)
    with pytest.raises(WireError, match="whole answer"):
        rpc.decode(response(b"", flags=rpc.FRAGMENT))


@given(st.binary(max_size=300))
def test_any_body_gives_a_value_or_a_wire_error(body: bytes) -> None:
    frame = response(body)
    for decode in (codec.decode_lookup, lambda f: codec.decode_record(f, index=codec.IM0)):
        try:
            decode(frame)
        except WireError:
            continue
    for record in (codec.decode_im0, codec.decode_im1, codec.decode_modules):
        try:
            record(body)
        except WireError:
            continue


def test_it_stays_stateful_with_depth_and_wants_a_consent() -> None:
    asked = target("10.20.1.7")
    scope = Scope(targets=(asked,), probes=("pnio_cm",), depth=frozenset({probe.DEPTH}))
    assert not make(scope, registry()).rows
    allowed = Scope(
        targets=(asked,), probes=("pnio_cm",), depth=frozenset({probe.DEPTH}),
        consents=(Consent("pnio_cm", (asked,), "A. Engineer", "the line stands still"),),
    )  # fmt: skip
    (row,) = make(allowed, registry()).rows
    assert (row.klass, row.depth) == (RequestClass.STATEFUL, (probe.DEPTH,))
    assert not PROTOCOL.verified
