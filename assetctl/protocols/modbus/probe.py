"""The Modbus/TCP conversation: who are you, unit 255?

Unit 255 is the device itself on Modbus/TCP (messaging guide 4.4.1.3). Data, or a refusal by the device itself
(exceptions 1 to 3), ends the matter. A gateway answers 0x0A or 0x0B, or nothing: then only units that the scope
names are asked, never 1 by guess, since every absent unit holds up the serial bus behind it for one time-out.
"""

from collections.abc import Generator

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.modbus import codec, server_id
from assetctl.protocols.modbus.unit import SELF, Heard, Unit, ask
from assetctl.talk import Ask, Open, Reply, Talk
from assetctl.wire import decode_text

GATEWAY_WAIT_S = 10.0
MOST_UNITS = 8
SERVER_ID = "modbus.server-id"

OBJECTS = {
    0: "manufacturer",
    1: "order_code",
    2: "firmware_software_version",
    3: "vendor_url",
    5: "model",
    6: "application_name",
}
PRODUCT_NAME = 4


def probe(context: Context) -> Talk:
    """Ask the device, then the named units behind it when it is a gateway."""
    numbers = _counter(context.seed)
    with_server_id = SERVER_ID in context.depth
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    own = yield from ask(Unit(SELF, numbers, context.answer_s), with_server_id)
    claims = list(_claims(own, SELF, context.port, part=""))
    is_gateway = own.exception in (codec.GATEWAY_PATH, codec.GATEWAY_TARGET) or not own.spoke
    if is_gateway and not own.ended:
        claims += yield from _behind(context, numbers, with_server_id)
    return tuple(claims)


def _behind(context: Context, numbers: "Generator[int]", with_server_id: bool) -> Generator[Ask, Reply, list[Claim]]:
    """Units that the scope names; a silent one, three absent in a row, or two broken paths running, end it."""
    claims: list[Claim] = []
    absent = broken = 0
    for unit_id in context.units[:MOST_UNITS]:
        heard = yield from ask(Unit(unit_id, numbers, GATEWAY_WAIT_S), with_server_id)
        claims += _claims(heard, unit_id, context.port, part=f"unit/{unit_id}")
        absent = absent + 1 if heard.exception == codec.GATEWAY_TARGET else 0
        broken = broken + 1 if heard.exception == codec.GATEWAY_PATH else 0
        if heard.ended or heard.silent or absent == 3 or broken == 2:
            break
    return claims


def _claims(heard: Heard, unit_id: int, port: int, *, part: str) -> tuple[Claim, ...]:
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
    claims += server_id.claims(heard.server_id, part=part)
    return tuple(claims)


def _counter(seed: int) -> "Generator[int]":
    """Transaction ids from the seed on, 0 to 65535."""
    while True:
        yield seed & 0xFFFF
        seed += 1
