"""SSH identification and algorithm lists.

Chosen because both sides say them in clear before any key exchange: one line and one packet. No key exchange is
completed and no login begun, so the host key is not shown: its type, size and fingerprint stay unknown.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.ssh import codec, probe, vet

PROTOCOL = Protocol(
    name="ssh",
    title="SSH",
    version=1,
    transport=Transport.TCP,
    ports=(22,),
    framing=codec.PACKET,
    requests=(
        Request(
            name="identification",
            klass=RequestClass.IDENTITY,
            clause="RFC 4253, 4.2",
            meaning="our own identification line, after which a server lists its algorithms",
            encode=codec.encode,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset({*probe.LISTS.values(), "service_name", "service_source", "service_banner"})
    | {"ssh_protocol_version"},
    sources=("RFC 4253, The Secure Shell (SSH) Transport Layer Protocol", "RFC 4251, 5 (name-list)"),
    everywhere=True,
)
