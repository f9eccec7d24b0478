"""The conversation with a PROFINET context manager: which interfaces are registered, and which device is behind them?

Each lookup brings one entry, first often the mapper's own, then the device's; at most four are asked for. The object
UUID of the device's entry holds its ids, the annotation its type, order code and revisions. As depth, identification
records are read under that object: the device's own, then those of the modules that say they have one.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from uuid import UUID

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.pnio_cm import codec, rpc
from assetctl.protocols.pnio_cm.codec import Endpoint, Identification
from assetctl.protocols.pnio_cm.rpc import Refused
from assetctl.protocols.profinet_dcp import names
from assetctl.talk import Ask, Open, Reply, Talk

DEPTH = "pnio_cm.im"
MOST_LOOKUPS = 4
MOST_MODULES = 16
OWN_PLACE = (0, 1)  # slot and subslot of the device itself
FAMILY_CONFIDENCE = 60  # the type in the annotation names a family, such as S7-1200
COLUMN_CONFIDENCE = 85  # read by position out of a text; the records have fields of their own
REGISTRY_CONFIDENCE = 70

Step = Generator[Open | Ask, Reply, None]
T = TypeVar("T")


@dataclass(slots=True)
class _Heard:
    """What the device said so far. records: identification by slot, 0 for its own."""

    endpoints: list[Endpoint] = field(default_factory=list)
    records: dict[int, Identification] = field(default_factory=dict)
    tags: tuple[str, str] = ("", "")
    spoke: bool = False
    ended: bool = False


@dataclass(slots=True)
class _Asker:
    """Numbers the calls of one talk."""

    heard: _Heard
    wait_s: float
    activity: UUID
    sequence: int = 0

    def call(
        self, encode: Callable[..., bytes], decode: Callable[[bytes], T | Refused]
    ) -> Generator[Ask, Reply, T | None]:
        """What a call brings; None when it brought nothing, or a refusal."""
        number, self.sequence = self.sequence, self.sequence + 1
        is_answer = partial(rpc.is_answer, activity=self.activity, sequence=number)
        question = encode(activity=self.activity, sequence=number)
        reply = yield Ask(question, rpc.FRAMING, wait_s=self.wait_s, accepts=is_answer, once=not self.heard.spoke)
        if reply.outcome is not Outcome.ANSWERED or not is_answer(reply.frames[0]):
            self.heard.ended = True
            return None
        try:
            told = decode(reply.frames[0])
        except WireError:
            self.heard.ended = True
            return None
        self.heard.spoke = True
        return None if isinstance(told, Refused) else told


def probe(context: Context) -> Talk:
    """Identify the device; with the depth "pnio_cm.im" also read its identification records."""
    heard = _Heard()
    asker = _Asker(heard, context.answer_s, activity(context.seed))
    reply = yield Open(Transport.UDP, context.port)
    if reply.outcome is Outcome.ANSWERED:
        yield from _look_up(asker)
        device = _device(heard)
        if DEPTH in context.depth and device is not None and not heard.ended:
            yield from _read_records(asker, device.target)
    return tuple(_claims(heard, f"{Transport.UDP}/{context.port}"))


def activity(seed: int) -> UUID:
    """The activity of one talk, a random UUID by its form."""
    return UUID(fields=(0xA55E0000 | seed & 0xFFFF, seed & 0xFFFF, 0x4000, 0x80, 0, seed & 0xFFFF))


def _look_up(asker: _Asker) -> Step:
    handle = codec.NO_HANDLE
    for _ in range(MOST_LOOKUPS):
        looked = yield from asker.call(partial(codec.encode_lookup, handle=handle), codec.decode_lookup)
        if looked is None:
            return
        asker.heard.endpoints += looked.endpoints
        handle = looked.handle
        if not looked.endpoints or not any(handle):
            return


def _read_records(asker: _Asker, target: UUID) -> Step:
    own = yield from _read(asker, target, OWN_PLACE, codec.IM0, codec.decode_im0)
    if own is not None:
        asker.heard.records[0] = own
    asker.heard.tags = (yield from _read(asker, target, OWN_PLACE, codec.IM1, codec.decode_im1)) or ("", "")
    modules = yield from _read(asker, target, (0, 0), codec.IM0_FILTER, codec.decode_modules)
    for place in [place for place in modules or () if place[0] > 0][:MOST_MODULES]:
        told = yield from _read(asker, target, place, codec.IM0, codec.decode_im0)
        if told is not None:
            asker.heard.records.setdefault(place[0], told)


def _read(
    asker: _Asker, target: UUID, place: tuple[int, int], index: int, decode: Callable[[bytes], T]
) -> Generator[Ask, Reply, T | None]:
    """One record; None when the device does not have it or has ended the talk."""
    if asker.heard.ended:
        return None
    encode = partial(codec.encode_read, target=target, slot=place[0], subslot=place[1], index=index)
    record = yield from asker.call(encode, partial(codec.decode_record, index=index))
    try:
        return None if record is None else decode(record)
    except WireError:
        return None


def _device(heard: _Heard) -> Endpoint | None:
    """The entry of the device itself, None where the mapper told none."""
    return next((one for one in heard.endpoints if codec.ids_of(one.target)), None)


def _claims(heard: _Heard, service: str) -> Iterator[Claim]:
    if not heard.spoke:
        return
    device = _device(heard)
    if device is not None:
        yield Claim("service_name", "profinet-cm", SubjectKind.SERVICE, service)
        yield Claim("service_source", "probed", SubjectKind.SERVICE, service)
        yield from _endpoint(device)
    for slot, record in sorted(heard.records.items()):
        yield from _identification(record, part=f"slot/{slot}" if slot else "")
    for key, text in zip(("plant_identification", "physical_location_address"), heard.tags, strict=True):
        if text:
            yield Claim(key, text)


def _endpoint(device: Endpoint) -> Iterator[Claim]:
    ids = codec.ids_of(device.target)
    if ids is not None and any(ids):
        for key, number in zip(
            ("profinet_device_instance", "profinet_device_id", "profinet_vendor_id"), ids, strict=True
        ):
            yield Claim(key, number)
        if maker := names.vendor(ids[2]):
            yield Claim("manufacturer", maker, confidence=REGISTRY_CONFIDENCE)
    if not device.annotation:
        return
    yield Claim("profinet_annotation", device.annotation)
    columns = codec.decode_annotation(device.annotation)
    if columns is None:
        return
    told = (
        ("model", columns.device_type, FAMILY_CONFIDENCE),
        ("order_code", columns.order_code, COLUMN_CONFIDENCE),
        ("hardware_version", columns.hardware, COLUMN_CONFIDENCE),
        ("firmware_software_version", _revision(columns.revision), COLUMN_CONFIDENCE),
    )
    for key, text, confidence in told:
        if text:
            yield Claim(key, text, confidence=confidence)


def _revision(text: str) -> str:
    """ "V  4  5  1" as 4.5.1; letters other than V are kept; another form as it is."""
    letter, numbers = text[:1], text[1:].split()
    if letter.isalpha() and len(numbers) == 3 and all(number.isdecimal() for number in numbers):
        return letter.removeprefix("V") + ".".join(numbers)
    return text


def _identification(record: Identification, *, part: str) -> Iterator[Claim]:
    told = (
        ("order_code", record.order_code),
        ("serial_number", record.serial_number),
        ("hardware_version", str(record.hardware) if record.hardware else ""),
        ("firmware_software_version", record.software),
    )
    for key, text in told:
        if text:
            yield Claim(key, text, part=part)
    if maker := names.vendor(record.vendor_id):
        yield Claim("manufacturer", maker, part=part, confidence=REGISTRY_CONFIDENCE)
    if any(record.profile):
        yield Claim("profinet_im_profile", f"0x{record.profile[0]:04x}/0x{record.profile[1]:04x}", part=part)
    if part:
        yield Claim("slot", int(part.removeprefix("slot/")), part=part)
