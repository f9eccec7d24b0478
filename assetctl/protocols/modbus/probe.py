"""The Modbus/TCP conversation: who are you, unit 255?

Unit 255 is the device itself on Modbus/TCP (messaging guide 4.4.1.3). Data, or a refusal by the device itself
(exceptions 1 to 3), ends the matter. A gateway answers 0x0A or 0x0B, or nothing: then only units that the scope
names are asked, never 1 by guess, since every absent unit holds up the serial bus behind it for one time-out.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.modbus import codec
from assetctl.talk import Ask, Open, Reply, Talk
from assetctl.wire import decode_text

SELF = 255
GATEWAY_WAIT_S = 10.0
MOST_CHUNKS = 4  # per read code; 8 objects of the largest size fit into as many
MOST_UNITS = 8
BUSY_WAIT_S = 10.0

OBJECTS = {
    0: "manufacturer",
    1: "order_code",
    2: "firmware_software_version",
    3: "vendor_url",
    5: "model",
    6: "application_name",
}
PRODUCT_NAME = 4


@dataclass(slots=True)
class _Heard:
    """What one unit said so far."""

    conformity_level: int = 0
    objects: dict[int, bytes] = field(default_factory=dict)
    exception: int | None = None
    spoke: bool = False
    was_busy: bool = False
    ended: bool = False  # the connection is gone or the gate said no


def probe(context: Context) -> Talk:
    """Ask the device, then the named units behind it when it is a gateway."""
    transaction = _counter(context.seed)
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    own = yield from _ask_unit(SELF, transaction, context.answer_s)
    if own.objects or own.exception in (codec.ILLEGAL_FUNCTION, codec.ILLEGAL_ADDRESS, codec.ILLEGAL_VALUE):
        return _claims(own, SELF, context.port, part="")
    claims = list(_claims(own, SELF, context.port, part=""))
    if not own.ended:
        claims += yield from _behind(context, transaction)
    return tuple(claims)


def _behind(context: Context, transaction: "Generator[int]") -> Generator[Ask, Reply, list[Claim]]:
    """Units that the scope names; three absent in a row, or two broken paths running, end it."""
    claims: list[Claim] = []
    absent = broken = 0
    for unit_id in context.units[:MOST_UNITS]:
        heard = yield from _ask_unit(unit_id, transaction, GATEWAY_WAIT_S)
        claims += _claims(heard, unit_id, context.port, part=f"unit/{unit_id}")
        absent = absent + 1 if heard.exception == codec.GATEWAY_TARGET else 0
        broken = broken + 1 if heard.exception == codec.GATEWAY_PATH else 0
        if heard.ended or not heard.spoke or absent == 3 or broken == 2:
            break
    return claims


def _ask_unit(unit_id: int, transaction: "Generator[int]", wait_s: float) -> Generator[Ask, Reply, _Heard]:
    """Basic identification, then regular and extended where the conformity level promises them."""
    heard = _Heard()
    for read_code in (codec.BASIC, codec.REGULAR, codec.EXTENDED):
        if read_code > codec.BASIC and (heard.conformity_level & 0x7F) < read_code:
            break
        yield from _read(heard, unit_id, read_code, transaction, wait_s)
        if heard.ended or heard.exception is not None or not heard.objects:
            break
    return heard


def _read(
    heard: _Heard, unit_id: int, read_code: int, transaction: "Generator[int]", wait_s: float
) -> Generator[Ask, Reply, None]:
    """All chunks of one read code, into `heard`. A next object that does not grow ends it."""
    object_id = {codec.BASIC: 0, codec.REGULAR: 3, codec.EXTENDED: 0x80}[read_code]
    for _ in range(MOST_CHUNKS):
        number = next(transaction)
        question = codec.encode(transaction=number, unit_id=unit_id, read_code=read_code, object_id=object_id)
        reply = yield Ask(
            question,
            codec.FRAMING,
            wait_s=wait_s,
            accepts=partial(codec.is_answer, transaction=number),
        )
        if reply.outcome is not Outcome.ANSWERED:
            heard.ended = reply.outcome is not Outcome.SILENT
            return
        try:
            answer = codec.decode(reply.frames[0], transaction=number, unit_id=unit_id)
        except WireError:
            heard.ended = True
            return
        heard.spoke = True
        if isinstance(answer, codec.Exceptional):
            if answer.code == codec.BUSY and not heard.was_busy:
                heard.was_busy = True
                pause = yield Ask(b"", codec.FRAMING, wait_s=BUSY_WAIT_S)
                if pause.outcome is Outcome.SILENT:
                    continue
                heard.ended = True
                return
            heard.exception = answer.code if not heard.objects else None
            return
        heard.conformity_level = answer.conformity_level
        heard.objects.update(answer.objects)
        if not answer.more_follows or answer.next_object_id <= object_id:
            return
        object_id = answer.next_object_id


def _claims(heard: _Heard, unit_id: int, port: int, *, part: str) -> tuple[Claim, ...]:
    if not heard.spoke:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{port}"
    claims = [Claim("service_name", "modbus", *service, part=""), Claim("service_source", "probed", *service, part="")]
    if heard.exception in (codec.GATEWAY_PATH, codec.GATEWAY_TARGET):
        return tuple(claims) if part == "" else ()
    claims.append(Claim("modbus_unit_id", unit_id, part=part))
    if heard.conformity_level:
        claims.append(Claim("modbus_conformity_level", heard.conformity_level, part=part))
    texts = {object_id: text for object_id, raw in sorted(heard.objects.items()) if (text := decode_text(raw))}
    claims += [Claim(OBJECTS[at], text, part=part) for at, text in texts.items() if at in OBJECTS]
    if PRODUCT_NAME in texts:
        key = "description" if 5 in texts else "model"
        claims.append(Claim(key, texts[PRODUCT_NAME], part=part))
    elif 1 in texts and 5 not in texts:
        claims.append(Claim("model", texts[1], part=part, confidence=60))
    private = tuple(f"0x{at:02x}={text}" for at, text in texts.items() if at not in OBJECTS and at != PRODUCT_NAME)
    if private:
        claims.append(Claim("modbus_objects", private, part=part))
    return tuple(claims)


def _counter(seed: int) -> "Generator[int]":
    """Transaction ids from the seed on, 0 to 65535."""
    while True:
        yield seed & 0xFFFF
        seed += 1
