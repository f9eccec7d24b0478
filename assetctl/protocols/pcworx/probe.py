"""The PC Worx conversation: open a session, ask for the information, end the connection."""

from collections.abc import Callable, Generator
from functools import partial
from typing import TypeVar

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.pcworx import codec
from assetctl.talk import Ask, Open, Reply, Talk, answer_to

_T = TypeVar("_T")


def probe(context: Context) -> Talk:
    """Identify one controller."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    session = yield from _asked(context, codec.encode_open(), codec.decode_open)
    if session is None:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    spoken = Claim("service_name", "pcworx", *service), Claim("service_source", "probed", *service)
    if not (yield from _asked(context, codec.encode_begin(session=session), _is_begun)):
        return spoken
    question = codec.encode_information(session=session)
    found = yield from _asked(context, question, codec.decode_information)
    return (*spoken, *_claims(found)) if found else spoken


def _asked(context: Context, question: bytes, decode: Callable[[bytes], _T]) -> Generator[Ask, Reply, _T | None]:
    """What the question brought; None where nothing came that can be read."""
    accepts = partial(codec.is_answer, question=question)
    ask = Ask(question, codec.FRAMING, wait_s=context.answer_s, accepts=accepts)
    return (yield from answer_to(ask, decode))


def _is_begun(unit: bytes) -> bool:
    codec.decode_begin(unit)
    return True


def _claims(found: codec.Information) -> tuple[Claim, ...]:
    told = {
        "model": found.type,
        "order_code": found.order_number,
        "firmware_software_version": found.firmware,
        "pcworx_firmware_date": found.date,
    }
    return tuple(Claim(key, text) for key, text in told.items() if text)
