"""The ProConOS conversation: one question, one answer.

Its runtime must name itself, since nothing else in the answer tells that it is one.
"""

import re
from functools import partial

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.proconos import codec
from assetctl.talk import Ask, Open, Talk, answer_to

_RUNTIME = re.compile(r"(ProConOS(?: eCLR)?) V([0-9][A-Za-z0-9.]{0,20})(?: |\Z)")


def probe(context: Context) -> Talk:
    """Identify one runtime."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    question = codec.encode_information()
    accepts = partial(codec.is_answer, question=question)
    found = yield from answer_to(Ask(question, codec.FRAMING, wait_s=context.answer_s, accepts=accepts), codec.decode)
    if found is None:
        return ()
    named = _RUNTIME.match(found.runtime)
    return _claims(found, named, context.port) if named else ()


def _claims(found: codec.Information, named: re.Match[str], port: int) -> tuple[Claim, ...]:
    service = {
        "service_name": "proconos",
        "service_source": "probed",
        "service_product": named[1],
        "service_version": named[2],
    }
    own = {"proconos_runtime": found.runtime, "proconos_plc_type": found.plc_type}
    return (
        *(Claim(key, text, SubjectKind.SERVICE, f"tcp/{port}") for key, text in service.items()),
        *(Claim(key, text) for key, text in own.items() if text),
    )
