"""The CODESYS V2 conversation: one question, one answer.

Who made the device is not said: the runtime is licensed by many makers, and its product is that of the runtime.
"""

import re

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.codesys_v2 import codec
from assetctl.talk import Ask, Open, Talk, answer_to

_LONGEST = 31  # a text of this length may have been cut
_VERSION = re.compile(r"([0-9]+(?:\.[0-9]+)+[A-Za-z0-9._+-]{0,24})(?: |\Z)")


def probe(context: Context) -> Talk:
    """Identify one runtime."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    question = Ask(codec.encode_begin(), codec.FRAMING, wait_s=context.answer_s, accepts=codec.is_answer)
    runtime = yield from answer_to(question, codec.decode)
    if runtime is None:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    spoken = Claim("service_name", "codesys", *service), Claim("service_source", "probed", *service)
    return (*spoken, *_claims(runtime))


def _claims(runtime: codec.Runtime) -> tuple[Claim, ...]:
    told = {
        "operating_system": runtime.operating_system,
        "os_version": _version(runtime.os_details),
        "codesys_os_details": runtime.os_details,
        "codesys_product": runtime.product,
    }
    return tuple(Claim(key, text) for key, text in told.items() if text)


def _version(details: str) -> str:
    """The version at the begin of the details, "" where none stands there whole."""
    found = _VERSION.match(details)
    return found[1] if found and found.end() < _LONGEST else ""
