"""The RDP conversation: which security do you choose of TLS and CredSSP?

A server takes the strongest that it has, so one connection names it. Whether it takes weaker ones too is asked one by
one on connections of their own. The certificate is read on the first connection, where TLS follows the choice.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.rdp import codec
from assetctl.protocols.tls import handshake, offer
from assetctl.protocols.tls.certificate import claims as certificate_claims
from assetctl.talk import Ask, Open, Reply, Talk

SECURITY_DEPTH, CERTIFICATE_DEPTH = "rdp.security", "rdp.certificate"
NAMES = {codec.RDP: "RDP", codec.TLS: "TLS", codec.CREDSSP: "CredSSP"}


@dataclass(slots=True)
class _Known:
    """accepted, refused: of RDP, TLS, CREDSSP. chosen: in answer to the first offer, None when it was refused."""

    accepted: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    chosen: int | None = None
    leaf: bytes = b""


def probe(context: Context) -> Talk:
    """Negotiate once, and where it is named for each security that is still open."""
    known = _Known()
    said = yield from _ask(codec.TLS_OR_CREDSSP, context)
    if not isinstance(said, codec.Selected | codec.Failed):
        return ()
    _learn_first(known, said)
    goes_on = True
    if CERTIFICATE_DEPTH in context.depth and known.chosen in (codec.TLS, codec.CREDSSP):
        heard = yield from handshake.shake(offer.TLS_1_3, context.seed, context.answer_s)
        known.leaf, goes_on = heard.leaf, not heard.ended
    if SECURITY_DEPTH in context.depth and goes_on:
        yield from _others(known, context)
    return _claims(known, context)


def _ask(security: int, context: Context) -> Generator[Open | Ask, Reply, codec.Selected | codec.Failed | Outcome]:
    """One connection and one offer; how it ended where the answer is none of RDP."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return reply.outcome
    reply = yield Ask(codec.encode(security=security), codec.FRAMING, wait_s=context.answer_s)
    if reply.outcome is not Outcome.ANSWERED:
        return reply.outcome
    try:
        return codec.decode(reply.frames[0], security=security)
    except WireError:
        return Outcome.GARBLED


def _learn_first(known: _Known, said: codec.Selected | codec.Failed) -> None:
    """What the answer to the first offer proves. A choice of TLS leaves CredSSP, the stronger, refused."""
    match said:
        case codec.Selected(security):
            known.chosen = security
            known.accepted.add(security)
            known.refused |= {other for other in (codec.TLS, codec.CREDSSP) if other > security}
        case codec.Failed(codec.SSL_NOT_ALLOWED | codec.NO_CERTIFICATE):
            known.refused |= {codec.TLS, codec.CREDSSP}


def _others(known: _Known, context: Context) -> Generator[Open | Ask, Reply, None]:
    for security in (codec.TLS, codec.RDP):
        if security in known.accepted | known.refused:
            continue
        said = yield from _ask(security, context)
        match said:
            case codec.Selected(chosen):
                known.accepted.add(chosen)
                known.refused |= {security} - {chosen}
            case codec.Failed(
                codec.SSL_REQUIRED | codec.SSL_NOT_ALLOWED | codec.NO_CERTIFICATE | codec.HYBRID_REQUIRED
            ):
                known.refused.add(security)
            case codec.Failed():
                pass
            case _:
                return


def _claims(known: _Known, context: Context) -> tuple[Claim, ...]:
    service = f"tcp/{context.port}"
    is_whole = known.accepted | known.refused == set(NAMES)
    told: dict[str, Value | None] = {
        "service_name": "rdp",
        "service_source": "probed",
        "rdp_security": NAMES[known.chosen] if known.chosen is not None else None,
        "rdp_securities": tuple(NAMES[one] for one in sorted(known.accepted)) if is_whole else None,
        "rdp_demands_credssp": known.accepted == {codec.CREDSSP} if is_whole else None,
    }
    claims = tuple(Claim(key, value, SubjectKind.SERVICE, service) for key, value in told.items() if value is not None)
    return claims + (certificate_claims(known.leaf, service) if known.leaf else ())
