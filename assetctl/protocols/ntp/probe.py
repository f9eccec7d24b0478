"""The NTP conversation: one client's question."""

from functools import partial

from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.ntp import codec
from assetctl.talk import Ask, Open, Talk, answer_to


def probe(context: Context) -> Talk:
    """Ask for the time and say who answers."""
    reply = yield Open(Transport.UDP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    accepts = partial(codec.is_answer, seed=context.seed)
    question = Ask(codec.encode(seed=context.seed), codec.FRAMING, wait_s=context.answer_s, accepts=accepts)
    answer = yield from answer_to(question, partial(codec.decode, seed=context.seed))
    return _claims(answer, context.port) if answer is not None else ()


def _claims(answer: codec.Answer, port: int) -> tuple[Claim, ...]:
    told: dict[str, Value] = {
        "service_name": "ntp",
        "service_source": "probed",
        "ntp_version": answer.version,
        "ntp_stratum": answer.stratum,
        "ntp_leap": codec.LEAPS[answer.leap],
        "ntp_reference": answer.reference_text,
    }
    return tuple(Claim(key, value, SubjectKind.SERVICE, f"udp/{port}") for key, value in told.items() if value != "")
