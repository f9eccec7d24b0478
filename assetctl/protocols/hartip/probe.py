"""The HART-IP conversation: a session, who are you, what are you called, whom do you know?

UDP first; TCP where the session got no answer there. The session is closed by the goodbye, however the talk ends. A
device that is no I/O system refuses command 74 and has no list. Where the depth question is named, the list is read
from index 1 to the number of devices found, until an index is refused; the instruments themselves hear nothing of it,
as an I/O system answers command 84 out of its own memory.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.hartip import codec, names
from assetctl.talk import Ask, Open, Reply, Talk

_T = TypeVar("_T")

SUB_DEVICES = "hartip.sub-devices"
MOST_SUB_DEVICES = 250
_NO_REVISION = 250  # from here on numbers mean "not used", "unknown" and the like


@dataclass(slots=True)
class _Line:
    """An open session. sequence: of the next question. dead: it answers no more, or not in a form that can be read."""

    transport: Transport
    wait_s: float
    sequence: int
    dead: bool = False

    def number(self) -> int:
        self.sequence = self.sequence + 1 & 0xFFFF
        return self.sequence


def probe(context: Context) -> Talk:
    """Identify the device, and the devices behind it where that is named."""
    line = yield from _session(context)
    if line is None:
        return ()
    identity = yield from _asked(line, codec.encode_identify(sequence=line.number()), codec.decode_identify)
    if not isinstance(identity, codec.Identity):
        return ()
    claims = [*_spoken(line.transport, context.port), *_identity(identity)]
    me = {"device_type": identity.device_type, "device_id": identity.device_id}
    long_tag = yield from _asked(line, codec.encode_read_long_tag(sequence=line.number(), **me), codec.decode_long_tag)
    claims += _named("hart_long_tag", long_tag)
    tag = yield from _asked(line, codec.encode_read_tag(sequence=line.number(), **me), codec.decode_tag)
    if isinstance(tag, tuple):
        claims += [*_named("hart_tag", tag[0]), *_named("description", tag[1])]
    found = yield from _asked(line, codec.encode_read_io_system(sequence=line.number(), **me), codec.decode_io_system)
    if isinstance(found, int):
        claims.append(Claim("hart_devices_detected", found))
        if SUB_DEVICES in context.depth:
            claims += yield from _sub_devices(line, me, min(found, MOST_SUB_DEVICES))
    return tuple(claims)


def _session(context: Context) -> Generator[Open | Ask, Reply, _Line | None]:
    """A session over UDP or else over TCP; None where neither came about."""
    for transport in (Transport.UDP, Transport.TCP):
        line = _Line(transport, context.answer_s, context.seed & 0xFFFF)
        goodbye = codec.encode_close(sequence=line.sequence)
        reply = yield Open(transport, context.port, goodbye=goodbye)
        if reply.outcome is Outcome.ANSWERED:
            question = codec.encode_initiate(sequence=line.number())
            reply = yield _ask(line, question)
            if reply.outcome is Outcome.ANSWERED:
                return line if _is_open(reply.frames[0], question) else None
        if reply.outcome in (Outcome.DENIED, Outcome.ABORTED, Outcome.GARBLED):
            return None
    return None


def _is_open(unit: bytes, question: bytes) -> bool:
    try:
        return codec.decode_initiate(unit, question=question) is None
    except WireError:
        return False


def _ask(line: _Line, question: bytes) -> Ask:
    framing = codec.DATAGRAM if line.transport is Transport.UDP else codec.STREAM
    return Ask(question, framing, wait_s=line.wait_s, accepts=partial(codec.is_answer, question=question))


def _asked(line: _Line, question: bytes, decode: Callable[..., _T]) -> Generator[Ask, Reply, _T | None]:
    """What the question brought; None without a question where the line is dead, or where nothing can be read."""
    if line.dead:
        return None
    reply = yield _ask(line, question)
    if reply.outcome is not Outcome.ANSWERED:
        line.dead = True
        return None
    try:
        return decode(reply.frames[0], question=question)
    except WireError:
        line.dead = True
        return None


def _sub_devices(line: _Line, me: dict[str, int], most: int) -> Generator[Ask, Reply, list[Claim]]:
    """The list of an I/O system, one part a device; a device that is told twice stands where it was told first."""
    parts: dict[str, list[Claim]] = {}
    for index in range(1, most + 1):
        question = codec.encode_read_sub_device(sequence=line.number(), index=index, **me)
        device = yield from _asked(line, question, codec.decode_sub_device)
        if not isinstance(device, codec.SubDevice):
            break
        part = f"hart/{device.io_card}/{device.channel}/{device.device_type:04x}{device.device_id:06x}"
        parts.setdefault(part, list(_sub_device(device, part)))
    return [claim for claims in parts.values() for claim in claims]


def _spoken(transport: Transport, port: int) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, f"{transport}/{port}"
    return Claim("service_name", "hart-ip", *service), Claim("service_source", "probed", *service)


def _identity(found: codec.Identity) -> tuple[Claim, ...]:
    maker = found.manufacturer_id if found.revision >= 7 else found.device_type >> 8
    told: dict[str, Value | None] = {
        "manufacturer": names.manufacturer(maker) if maker is not None else None,
        "hart_manufacturer_id": maker,
        "hart_private_label_id": found.private_label_id,
        "hart_device_type": f"{found.device_type:04X}",
        "hart_device_id": f"{found.device_id:06X}",
        "hart_revision": found.revision,
        "hart_device_revision": found.device_revision,
        "firmware_software_version": str(found.software_revision) if found.software_revision < _NO_REVISION else None,
        "hardware_version": str(found.hardware_revision),
    }
    return tuple(Claim(key, value) for key, value in told.items() if value is not None)


def _sub_device(found: codec.SubDevice, part: str) -> tuple[Claim, ...]:
    told: dict[str, Value | None] = {
        "manufacturer": names.manufacturer(found.manufacturer_id),
        "hart_manufacturer_id": found.manufacturer_id,
        "hart_device_type": f"{found.device_type:04X}",
        "hart_device_id": f"{found.device_id:06X}",
        "hart_revision": found.revision,
        "hart_device_revision": found.device_revision,
        "hart_long_tag": found.long_tag or None,
        "hart_io_card": found.io_card if found.io_card < _NO_REVISION else None,
        "hart_channel": found.channel if found.channel < _NO_REVISION else None,
    }
    return tuple(Claim(key, value, part=part) for key, value in told.items() if value is not None)


def _named(key: str, text: object) -> tuple[Claim, ...]:
    return (Claim(key, text),) if isinstance(text, str) and text else ()
