"""The TLS conversation: one offer, the server's hello and certificate, and the connection is left with a FIN.

No close_notify is sent: no keys were agreed, and it would be one more unit. Records are listened for one by one,
since a server packs its messages as it likes and then waits for a client that says no more.

What was tried: an accepted version, those between it and the offer (a server takes the highest it has, RFC 5246,
E.1), and a version refused with protocol_version. Every other refusal may be about suites and says nothing.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.tls import codec, names, offer
from assetctl.protocols.tls.certificate import claims as certificate_claims
from assetctl.talk import Ask, Open, Reply, Talk

DEPTH = "tls.versions"
OTHERS = (offer.TLS_1_3, offer.TLS_1_1, offer.TLS_1_0)
SSL_3_0 = 0x0300
MOST_RECORDS = 8  # hello and certificate take two or three


@dataclass(slots=True)
class _Heard:
    """What one handshake brought. spoke: a record of TLS came. ended: the talk must not go on."""

    spoke: bool = False
    ended: bool = False
    hello: codec.ServerHello | None = None
    refused: codec.Alert | None = None
    leaf: bytes = b""
    stream: bytes = b""


@dataclass(slots=True)
class _Known:
    accepted: set[int] = field(default_factory=set)
    tried: set[int] = field(default_factory=set)
    weak: set[str] = field(default_factory=set)
    leaf: bytes = b""
    spoke: bool = False


def probe(context: Context) -> Talk:
    """Offer TLS 1.2, and where the depth question is named each other version that is still open."""
    known = _Known()
    for version in (offer.TLS_1_2, *(OTHERS if DEPTH in context.depth else ())):
        if version in known.tried:
            continue
        heard = yield from _handshake(version, context)
        _learn(known, version, heard)
        if heard.ended or not heard.spoke:
            break
    return _claims(known, context.port)


def _handshake(version: int, context: Context) -> Generator[Open | Ask, Reply, _Heard]:
    """One offer on a connection of its own, heard until the certificate, a refusal or the end."""
    heard = _Heard()
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        heard.ended = True
        return heard
    question = offer.encode(version=version, seed=context.seed)
    for _ in range(MOST_RECORDS):
        reply = yield Ask(question, codec.RECORD, wait_s=context.answer_s)
        question = b""
        if reply.outcome is not Outcome.ANSWERED:
            heard.ended = heard.hello is None or reply.outcome is Outcome.DENIED
            return heard
        try:
            is_over = _take(heard, codec.decode_record(reply.frames[0]), version)
        except WireError:
            heard.ended = True
            return heard
        if is_over:
            return heard
    heard.ended = True
    return heard


def _take(heard: _Heard, record: codec.Record, version: int) -> bool:
    """Read one record into `heard`; whether nothing more is wanted. Raises WireError on what no server may say now."""
    if record.content_type == codec.ALERT:
        alert = codec.decode_alert(record)
        heard.spoke = True
        heard.refused = alert if alert.level == codec.FATAL else heard.refused
        return alert.level == codec.FATAL
    if record.content_type != codec.HANDSHAKE:
        raise WireError(f"content type: a handshake expected, {record.content_type} found")
    heard.stream += record.data
    for kind, body in codec.messages(heard.stream):
        if kind == codec.SERVER_HELLO:
            heard.hello = _agreed(codec.decode_server_hello(body), version)
            heard.spoke = True
        elif heard.hello is None:
            raise WireError(f"message: the server's hello expected first, type {kind} found")
        elif kind == codec.CERTIFICATE:
            heard.leaf = next(iter(codec.decode_chain(body)), b"")
            return True
        elif kind == codec.SERVER_HELLO_DONE:
            return True
    return heard.hello is not None and (version != offer.TLS_1_2 or heard.hello.version > offer.TLS_1_2)


def _agreed(hello: codec.ServerHello, version: int) -> codec.ServerHello:
    """A hello that chooses among what was offered."""
    if hello.version > version or (version == offer.TLS_1_3 and hello.version != version):
        raise WireError(f"server version: 0x{hello.version:04x} was not offered")
    return hello


def _learn(known: _Known, version: int, heard: _Heard) -> None:
    known.spoke = known.spoke or heard.spoke
    known.leaf = known.leaf or heard.leaf
    if heard.hello is not None:
        known.accepted.add(heard.hello.version)
        known.tried |= set(range(heard.hello.version, version + 1))
        known.weak |= {name for name in (names.weak_suite(heard.hello.suite),) if name}
    elif heard.refused is not None and heard.refused.description == codec.PROTOCOL_VERSION:
        known.tried |= {version, SSL_3_0} if version == offer.TLS_1_0 else {version}


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
    claims = tuple(Claim(key, value, SubjectKind.SERVICE, service) for key, value in told.items() if value)
    return claims + (certificate_claims(known.leaf, service) if known.leaf else ())
