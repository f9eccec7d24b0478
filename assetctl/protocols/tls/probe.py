"""The TLS conversation: one offer, the server's hello and certificate, and the connection is left with a FIN.

What was tried: an accepted version, those between it and the offer (a server takes the highest it has, RFC 5246,
E.1), and a version refused with protocol_version: 1.3 and 1.2 together, the others one by one, since some old servers
refuse what is too new for them instead of choosing. Every other refusal may be about suites and says nothing.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.tls import codec, handshake, names, offer
from assetctl.protocols.tls.certificate import claims as certificate_claims
from assetctl.talk import Ask, Open, Reply, Talk

DEPTH, SUITES_DEPTH = "tls.versions", "tls.suites"
NO_SUITE = (codec.HANDSHAKE_FAILURE, codec.INSUFFICIENT_SECURITY)
OTHERS = (offer.TLS_1_2, offer.TLS_1_1, offer.TLS_1_0)
SSL_3_0 = 0x0300
_REFUSED_WITH = {offer.TLS_1_3: {offer.TLS_1_2}, offer.TLS_1_0: {SSL_3_0}}  # what falls with the highest of an offer


@dataclass(slots=True)
class _Known:
    accepted: set[int] = field(default_factory=set)
    tried: set[int] = field(default_factory=set)
    weak: set[str] = field(default_factory=set)
    leaf: bytes = b""
    spoke: bool = False
    has_all_weak: bool = False  # every kind of weak suite was offered and either taken or refused


def probe(context: Context) -> Talk:
    """Offer TLS 1.3 and all before it, and where the depth question is named each other version that is still open."""
    known = _Known()
    for version in (offer.TLS_1_3, *(OTHERS if DEPTH in context.depth else ())):
        if version in known.tried:
            continue
        reply = yield Open(Transport.TCP, context.port)
        if reply.outcome is not Outcome.ANSWERED:
            return _claims(known, context.port)
        heard = yield from handshake.shake(version, context.seed, context.answer_s)
        _learn(known, heard)
        if heard.ended or not heard.spoke:
            return _claims(known, context.port)
    if SUITES_DEPTH in context.depth and known.spoke:
        yield from _weak(known, context)
    return _claims(known, context.port)


def _weak(known: _Known, context: Context) -> Generator[Open | Ask, Reply, None]:
    """Offer each kind of weak suites alone. A server that has no version before TLS 1.3 has none of them."""
    for kind in offer.WEAK:
        reply = yield Open(Transport.TCP, context.port)
        if reply.outcome is not Outcome.ANSWERED:
            return
        heard = yield from handshake.shake_weak(kind, context.seed, context.answer_s)
        if heard.hello is not None:
            known.weak |= {name for name in (names.weak_suite(heard.hello.suite),) if name}
        elif heard.refused is not None and heard.refused.description == codec.PROTOCOL_VERSION:
            break
        elif heard.refused is None or heard.refused.description not in NO_SUITE:
            return
        if heard.ended:
            return
    known.has_all_weak = True


def _learn(known: _Known, heard: handshake.Heard) -> None:
    known.spoke = known.spoke or heard.spoke
    known.leaf = known.leaf or heard.leaf
    if heard.hello is not None:
        known.accepted.add(heard.hello.version)
        known.tried |= set(range(heard.hello.version, heard.version + 1))
        known.weak |= {name for name in (names.weak_suite(heard.hello.suite),) if name}
    elif heard.refused is not None and heard.refused.description == codec.PROTOCOL_VERSION:
        known.tried |= {heard.version} | _REFUSED_WITH.get(heard.version, set())


def _claims(known: _Known, port: int) -> tuple[Claim, ...]:
    if not known.spoke:
        return ()
    service = f"tcp/{port}"
    told: dict[str, Value] = {
        "service_tunnel": "ssl",
        "tls_versions": tuple(names.version(number) for number in sorted(known.accepted)),
        "tls_versions_tried": tuple(names.version(number) for number in sorted(known.tried)),
        "tls_weak_suites": tuple(sorted(known.weak)),
    }
    empty = {"tls_weak_suites"} if known.has_all_weak else set()
    claims = tuple(
        Claim(key, value, SubjectKind.SERVICE, service) for key, value in told.items() if value or key in empty
    )
    return claims + (certificate_claims(known.leaf, service) if known.leaf else ())
