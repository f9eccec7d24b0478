"""The SSH conversation: hear who they are, say who we are, hear what they offer, and go.

A server of version 1 alone is not answered: its next packet would be of a protocol that we do not speak. A host key is
shown in the middle of a key exchange, one kind on a connection, so each kind that is offered takes one.
"""

from collections.abc import Generator
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.ssh import codec, exchange
from assetctl.talk import Ask, Open, Reply, Talk

SPOKEN = ("2.0", "1.99")
LISTS = {
    "kex": "ssh_kex_algorithms",
    "host_key": "ssh_host_key_algorithms",
    "encryption": "ssh_encryption_algorithms",
    "mac": "ssh_mac_algorithms",
}


DEPTH = "ssh.hostkeys"
EXCHANGE_WAIT_S = 10.0  # small processors take seconds over a key exchange


@dataclass(slots=True)
class _Met:
    """How far a connection came."""

    said: codec.Identification | None = None
    offered: codec.Algorithms | None = None


def probe(context: Context) -> Talk:
    """Read the identification and the algorithm lists, and where it is named the host keys."""
    met = yield from _meet(context)
    claims = _identified(met.said, context.port) if met.said else ()
    if met.offered is None:
        return claims
    claims += _offered(met.offered, context.port)
    if DEPTH in context.depth:
        claims += yield from _host_keys(met.offered, context)
    return claims


def _meet(context: Context) -> Generator[Open | Ask, Reply, _Met]:
    """A connection up to the algorithm lists."""
    met = _Met()
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return met
    reply = yield Ask(b"", codec.LINE, wait_s=context.answer_s, accepts=codec.is_identification)
    if reply.outcome is not Outcome.ANSWERED:
        return met
    try:
        met.said = codec.decode_identification(reply.frames[0])
        if met.said.version not in SPOKEN:
            return met
        reply = yield Ask(codec.encode(), codec.PACKET, wait_s=context.answer_s, accepts=codec.is_algorithms)
        if reply.outcome is Outcome.ANSWERED:
            met.offered = codec.decode_algorithms(reply.frames[0])
    except WireError:
        return met
    return met


def _host_keys(first: codec.Algorithms, context: Context) -> Generator[Open | Ask, Reply, tuple[Claim, ...]]:
    """The host key of each kind that is offered; told only when none of them is missing."""
    kinds = [kind for kind, names in exchange.HOST_KEYS.items() if set(names) & set(first.host_key)]
    found: list[exchange.HostKey] = []
    for kind in kinds:
        met = yield from _meet(context)
        key = (yield from _host_key(kind, met.offered, context)) if met.offered else None
        if key is None:
            return ()
        found.append(key)
    told = {
        "ssh_host_key_types": tuple(f"{key.kind} {key.bits}" if key.bits else key.kind for key in found),
        "ssh_host_key_fingerprints": tuple(key.fingerprint for key in found),
    }
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    return tuple(Claim(key, tuple(dict.fromkeys(values)), *service) for key, values in told.items() if values)


def _host_key(kind: str, offered: codec.Algorithms, context: Context) -> Generator[Ask, Reply, exchange.HostKey | None]:
    """One host key, None where it is not shown."""
    group = next((group for name, group in exchange.KEX.items() if name in offered.kex), "")
    if not group:
        return None
    question = exchange.encode(host_key=kind, group=group, seed=context.seed)
    reply = yield Ask(question, codec.PACKET, wait_s=EXCHANGE_WAIT_S, accepts=exchange.is_reply)
    if reply.outcome is not Outcome.ANSWERED:
        return None
    try:
        return exchange.decode_host_key(reply.frames[0])
    except WireError:
        return None


def _identified(said: codec.Identification, port: int) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, f"tcp/{port}"
    return (
        Claim("service_name", "ssh", *service),
        Claim("service_source", "probed", *service),
        Claim("service_banner", said.line, *service),
        Claim("ssh_protocol_version", said.version, *service),
    )


def _offered(offered: codec.Algorithms, port: int) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, f"tcp/{port}"
    named = ((key, getattr(offered, field)) for field, key in LISTS.items())
    return tuple(Claim(key, names, *service) for key, names in named if names)
