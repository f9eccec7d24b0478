"""The SSH conversation: hear who they are, say who we are, hear what they offer, and go.

A server of version 1 alone is not answered: its next packet would be of a protocol that we do not speak.
"""

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.ssh import codec
from assetctl.talk import Ask, Open, Talk

SPOKEN = ("2.0", "1.99")
LISTS = {
    "kex": "ssh_kex_algorithms",
    "host_key": "ssh_host_key_algorithms",
    "encryption": "ssh_encryption_algorithms",
    "mac": "ssh_mac_algorithms",
}


def probe(context: Context) -> Talk:
    """Read the identification, then the algorithm lists."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    reply = yield Ask(b"", codec.LINE, wait_s=context.answer_s, accepts=codec.is_identification)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    try:
        said = codec.decode_identification(reply.frames[0])
    except WireError:
        return ()
    claims = _identified(said, context.port)
    if said.version not in SPOKEN:
        return claims
    reply = yield Ask(codec.encode(), codec.PACKET, wait_s=context.answer_s, accepts=codec.is_algorithms)
    if reply.outcome is not Outcome.ANSWERED:
        return claims
    try:
        offered = codec.decode_algorithms(reply.frames[0])
    except WireError:
        return claims
    return claims + _offered(offered, context.port)


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
