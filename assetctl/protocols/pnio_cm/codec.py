"""What is asked of a PROFINET context manager: which interfaces it offers, and records of its identification.

The endpoint mapper tells one entry at a time; its handle, given back, brings the next one, and is empty at the end. A
record is read without a connection ("implicit"), addressed by the object UUID that the mapper told.

Sources: C706 appendix O (endpoint mapper), IEC 61158-6-10 4.10.3 (CL-RPC), 5.2 (records); PI Profile Guidelines part 1
(identification and maintenance functions).
"""

from dataclasses import dataclass
from uuid import UUID

from assetctl.errors import WireError
from assetctl.protocols.pnio_cm import rpc
from assetctl.protocols.pnio_cm.rpc import Call, Refused
from assetctl.wire import ByteOrder, Reader, decode_text

MAPPER = UUID("e1af8308-5d1f-11c9-91a4-08002b14a0fa")
DEVICE = UUID("dea00001-6c97-11d1-8271-00a02442df7d")
NOBODY = UUID(int=0)
OBJECT = UUID("dea00000-6c97-11d1-8271-000000000000")  # then instance, device id and vendor id, two bytes each
LOOKUP, READ_IMPLICIT = 2, 5  # operations of the two interfaces
NO_HANDLE = bytes(20)
IM0, IM1, IM0_FILTER = 0xAFF0, 0xAFF1, 0xF840
IM0_BLOCK, IM1_BLOCK, FILTER_MODULES = 0x0020, 0x0021, 0x0031
READ_REQUEST, READ_ANSWER, READ_SIZE = 0x0009, 0x8009, 64
_ELSEWHERE = 0xFFFF  # a hardware revision that the profile tells in its own way
MOST_RECORD = 1200  # what fits into one datagram with its headers
MOST_ENTRIES, MOST_MODULES = 8, 64
ANNOTATION_SIZE = 64  # with its end sign
LEAST_ANNOTATION = 54  # up to the letter of the version


@dataclass(frozen=True, slots=True)
class Annotation:
    """The columns of an endpoint's annotation. revision: letter and three numbers, as in "V 4 5 1"."""

    device_type: str
    order_code: str
    hardware: str
    revision: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One entry of the mapper. annotation: as told, without padding at its end."""

    target: UUID
    interface: UUID | None
    annotation: str


@dataclass(frozen=True, slots=True)
class Looked:
    """One answer of the mapper. handle: brings the next entry; empty when there is none."""

    handle: bytes
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Identification:
    """I&M0. profile: id and specific type."""

    vendor_id: int
    order_code: str
    serial_number: str
    hardware: int
    software: str
    profile: tuple[int, int]


def encode_lookup(*, activity: UUID, sequence: int, handle: bytes = NO_HANDLE) -> bytes:
    """The question for the next entry of the endpoint mapper. handle: of the answer before, 20 bytes."""
    body = b"".join(
        (
            bytes(4),  # all registered interfaces
            (1).to_bytes(4, "little") + NOBODY.bytes_le,  # no object in particular
            (2).to_bytes(4, "little") + DEVICE.bytes_le + (1).to_bytes(2, "little") + bytes(2),  # interface, 1.0
            (1).to_bytes(4, "little"),  # any version
            handle,
            (1).to_bytes(4, "little"),  # one entry at a time
        )
    )
    return rpc.encode(Call(MAPPER, 3, LOOKUP, NOBODY, activity, sequence), body)


def encode_read(*, activity: UUID, sequence: int, target: UUID, slot: int, subslot: int, index: int) -> bytes:
    """The question for one record, without a connection. target: object UUID of the device."""
    block = b"".join(
        (
            READ_REQUEST.to_bytes(2) + (READ_SIZE - 4).to_bytes(2) + b"\x01\x00",
            sequence.to_bytes(2) + NOBODY.bytes,  # no application relation
            bytes(4) + slot.to_bytes(2) + subslot.to_bytes(2) + bytes(2),  # API 0, place, padding
            index.to_bytes(2) + MOST_RECORD.to_bytes(4) + bytes(24),  # record, most bytes, no target relation
        )
    )
    most, size = (READ_SIZE + MOST_RECORD).to_bytes(4, "little"), len(block).to_bytes(4, "little")
    body = most + size + most + bytes(4) + size + block
    return rpc.encode(Call(DEVICE, 1, READ_IMPLICIT, target, activity, sequence), body)


def object_of(*, instance: int, device_id: int, vendor_id: int) -> UUID:
    """The object UUID of a device."""
    return UUID(bytes=OBJECT.bytes[:10] + instance.to_bytes(2) + device_id.to_bytes(2) + vendor_id.to_bytes(2))


def ids_of(target: UUID) -> tuple[int, int, int] | None:
    """Instance, device id and vendor id in an object UUID; None when it is another object's."""
    raw = target.bytes
    if raw[:10] != OBJECT.bytes[:10]:
        return None
    return int.from_bytes(raw[10:12]), int.from_bytes(raw[12:14]), int.from_bytes(raw[14:])


def decode_lookup(frame: bytes) -> Looked | Refused:
    """Read one answer of the endpoint mapper. Raises WireError if the layout is broken."""
    answer = rpc.decode(frame)
    if isinstance(answer, Refused):
        return answer
    r, order = Reader(answer.body), answer.order
    handle = r.take(20, "entry handle")
    r.u32("number of entries", order)
    r.take(8, "most entries and offset")
    count = r.u32("entries", order)
    if count > MOST_ENTRIES:
        raise WireError(f"entries: at most {MOST_ENTRIES} expected, {count} found")
    heads = [_head(r, order) for _ in range(count)]
    towers = [_interface(r, order) if has_tower else None for _, has_tower, _ in heads]
    return Looked(
        handle,
        tuple(Endpoint(target, tower, text) for (target, _, text), tower in zip(heads, towers, strict=True)),
    )


def decode_annotation(text: str) -> Annotation | None:
    """The columns of an annotation; None for a text of another form.

    Type in 25 characters, order code in 20, hardware in 5, letter and version in 10, with a blank between them.
    """
    line = text.ljust(ANNOTATION_SIZE - 1)
    if not LEAST_ANNOTATION <= len(text) < ANNOTATION_SIZE or {line[25], line[46], line[52]} != {" "}:
        return None
    return Annotation(line[:25].strip(), line[26:46].strip(), line[47:52].strip(), line[53:].strip())


def decode_record(frame: bytes, *, index: int) -> bytes | Refused:
    """The record that was asked for. Raises WireError if the layout is broken or it is another one's."""
    answer = rpc.decode(frame)
    if isinstance(answer, Refused):
        return answer
    r, order = Reader(answer.body), answer.order
    status = r.u32("PNIO status", order)
    if status:
        return Refused(status)
    r.take(16, "lengths and counts")
    r.expect(READ_ANSWER.to_bytes(2), "block type")
    r.take(30, "block header, sequence, relation, API, slot and subslot")
    r.u16("padding")
    if (found := r.u16("index")) != index:
        raise WireError(f"index: 0x{index:04x} expected, 0x{found:04x} found")
    length = r.u32("record length")
    r.take(24, "additional values and padding")
    return r.take(length, "record")


def decode_im0(record: bytes) -> Identification:
    """I&M0: who made this, what it is, which piece and in which version."""
    r = _block(record, IM0_BLOCK)
    vendor_id = r.u16("vendor id")
    order_code, serial = r.text(20, "order id"), r.text(16, "serial number")
    hardware = r.u16("hardware revision")
    hardware = 0 if hardware == _ELSEWHERE else hardware
    letter, version = r.text(1, "software revision prefix"), r.take(3, "software revision")
    r.u16("revision counter")
    profile = r.u16("profile id"), r.u16("profile specific type")
    return Identification(vendor_id, order_code, serial, hardware, _version(letter, version), profile)


def decode_im1(record: bytes) -> tuple[str, str]:
    """I&M1: function and location, as people wrote them into the device."""
    r = _block(record, IM1_BLOCK)
    return r.text(32, "function tag"), r.text(22, "location tag")


def decode_modules(record: bytes) -> tuple[tuple[int, int], ...]:
    """Slot and subslot of the submodules that speak for their module, from the I&M0 filter data."""
    r = Reader(record)
    while r.left():
        kind, length = r.u16("block type"), r.u16("block length")
        block = r.part(length, "block")
        if kind == FILTER_MODULES:
            return tuple(_places(block))
    return ()


def _places(r: Reader) -> list[tuple[int, int]]:
    r.u16("block version")
    found: list[tuple[int, int]] = []
    for _ in range(r.u16("APIs")):
        api = r.u32("API")
        for _ in range(r.u16("modules")):
            slot = r.u16("slot")
            r.u32("module ident number")
            for _ in range(r.u16("submodules")):
                place = slot, r.u16("subslot")
                r.u32("submodule ident number")
                if len(found) >= MOST_MODULES:
                    return found
                found += [place] if api == 0 else []
    return found


def _head(r: Reader, order: ByteOrder) -> tuple[UUID, bool, str]:
    """The fixed part of an entry: object, whether a tower follows behind all entries, annotation."""
    target = rpc.read_uuid(r, "object", order)
    has_tower = r.u32("tower reference", order) != 0
    r.u32("annotation offset", order)
    text = decode_text(r.take(r.u32("annotation length", order), "annotation"))
    _align(r)
    return target, has_tower, text


def _interface(r: Reader, order: ByteOrder) -> UUID | None:
    """The interface that the first floor of a tower names. Towers are little-endian, whatever is around them."""
    r.u32("most of the tower", order)
    length = r.u32("tower length", order)
    tower = r.part(length, "tower")
    _align(r)
    tower.u16("floors", "little")
    lhs = tower.part(tower.u16("length of the first floor", "little"), "first floor")
    return rpc.read_uuid(lhs, "interface", "little") if lhs.u8("protocol") == 0x0D else None


def _align(r: Reader) -> None:
    """NDR begins numbers of four bytes at offsets divisible by four; the pad may be missing at the very end."""
    r.take(min(-r.position % 4, r.left()), "alignment")


def _block(record: bytes, kind: int) -> Reader:
    r = Reader(record)
    r.expect(kind.to_bytes(2), "block type")
    block = r.part(r.u16("block length"), "block")
    block.u16("block version")
    return block


def _version(letter: str, version: bytes) -> str:
    """Letter and numbers. V says no more than "version"; other letters are kept. "" for one that was never set.

    All ones stand for a version that the profile tells elsewhere.
    """
    is_told = any(version) and version != b"\xff\xff\xff"
    return letter.removeprefix("V") + ".".join(map(str, version)) if is_told else ""
