"""The UMAS conversation: is this a Modicon CPU, and if so, which?

One connection. Function 43 is asked first, and the question in UMAS follows only where the product code of the answer
is that of a Modicon CPU: drives, meters and communication modules of the same maker are left alone. Nothing is
reserved and no session is opened: the question carries session 0, and the CPU keeps nothing of it.
"""

import re
from collections.abc import Generator
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.modbus import codec as modbus
from assetctl.protocols.umas import codec
from assetctl.talk import Ask, Open, Reply, Talk
from assetctl.wire import decode_text

SELF = 255
UNITS = {"": SELF, "255": SELF, "0": 0}
_MAKER = re.compile(r"schneider|telemecanique|modicon", re.IGNORECASE)
_CPU = re.compile(r"BM[EX] ?(P34|P58|H58)|BMK ?C80|TSX ?(P57|H57|PCI57|PCX57)|140 ?CPU", re.IGNORECASE)


def probe(context: Context) -> Talk:
    """Identify the CPU."""
    unit_id = UNITS.get(context.parameters.get("unit_id", ""), SELF)
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    texts = yield from _identification(context, unit_id)
    if texts is None:
        return ()
    claims = _spoken(context.port)
    if _MAKER.match(texts.get(0, "")) and _CPU.match(texts.get(1, "")):
        found = yield from _read_id(context, unit_id)
        claims += _claims(found) if found else ()
    return claims


def _identification(context: Context, unit_id: int) -> Generator[Ask, Reply, dict[int, str] | None]:
    """Texts by object id, none for a refusal; None where no Modbus was spoken."""
    number = context.seed & 0xFFFF
    question = modbus.encode(transaction=number, unit_id=unit_id, read_code=modbus.BASIC, object_id=0)
    frame = yield from _ask(question, number, context.answer_s)
    try:
        answer = modbus.decode(frame, transaction=number, unit_id=unit_id)
    except WireError:
        return None
    if isinstance(answer, modbus.Exceptional):
        return {}
    return {at: decode_text(raw) for at, raw in answer.objects}


def _read_id(context: Context, unit_id: int) -> Generator[Ask, Reply, codec.PlcId | None]:
    number = (context.seed + 1) & 0xFFFF
    frame = yield from _ask(codec.encode_read_id(transaction=number, unit_id=unit_id), number, context.answer_s)
    try:
        answer = codec.decode_read_id(frame, transaction=number, unit_id=unit_id)
    except WireError:
        return None
    return answer if isinstance(answer, codec.PlcId) else None


def _ask(question: bytes, number: int, wait_s: float) -> Generator[Ask, Reply, bytes]:
    """The answer, or no bytes where none came."""
    accepts = partial(modbus.is_answer, transaction=number)
    reply = yield Ask(question, modbus.FRAMING, wait_s=wait_s, accepts=accepts)
    return reply.frames[0] if reply.outcome is Outcome.ANSWERED else b""


def _spoken(port: int) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, f"tcp/{port}"
    return Claim("service_name", "modbus", *service), Claim("service_source", "probed", *service)


def _claims(found: codec.PlcId) -> tuple[Claim, ...]:
    claims = [Claim("umas_hardware_id", f"0x{found.hardware_id:08x}")]
    name = decode_text(found.name)
    if _CPU.match(name):
        claims += [Claim("manufacturer", "Schneider Electric"), Claim("model", name), Claim("order_code", name)]
    if version := _version(found.firmware):
        claims.append(Claim("firmware_software_version", version, confidence=80))
        claims.append(Claim("umas_internal_revision", found.internal_revision))
    return tuple(claims)


def _version(packed: int) -> str:
    """0x0220 is 2.20: each half-byte one decimal digit. Anything else says nothing."""
    digits = f"{packed:04x}"
    return f"{int(digits[:2])}.{digits[2:]}" if digits.isdecimal() and packed else ""
