"""The security negotiation of Remote Desktop.

Chosen because every client asks it before anything else: it names no user, and the server shows neither a desktop nor a
login before what follows. No CredSSP is spoken and no session begun.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.rdp import codec, probe, vet
from assetctl.protocols.tls import PROTOCOL as TLS
from assetctl.protocols.tls import offer

PROTOCOL = Protocol(
    name="rdp",
    title="Remote Desktop (RDP)",
    version=1,
    transport=Transport.TCP,
    ports=(3389,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="negotiate",
            klass=RequestClass.IDENTITY,
            clause="[MS-RDPBCGR], 2.2.1.1",
            meaning="offer of TLS and CredSSP, of which the server chooses",
            encode=codec.encode,
            arguments={"security": (codec.TLS_OR_CREDSSP,)},
        ),
        Request(
            name="negotiate-one",
            klass=RequestClass.DEPTH,
            clause="[MS-RDPBCGR], 2.2.1.1",
            meaning="offer of TLS alone, or of the security of RDP alone",
            encode=codec.encode,
            arguments={"security": (codec.RDP, codec.TLS)},
            depths=("rdp.security",),
        ),
        Request(
            name="client-hello",
            klass=RequestClass.DEPTH,
            clause="RFC 8446, 4.1.2; [MS-RDPBCGR], 5.4.5.1",
            meaning="beginning of the TLS handshake that a choice of TLS or CredSSP opens; as in TLS",
            encode=offer.encode,
            arguments=TLS.requests[0].arguments,
            varying=TLS.requests[0].varying,
            depths=("rdp.certificate",),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset(
        {"service_name", "service_source", "rdp_security", "rdp_securities", "rdp_demands_credssp"}
        | {key for key in TLS.claims if key.startswith("certificate_")}
    ),
    sources=("[MS-RDPBCGR], Remote Desktop Protocol: Basic Connectivity and Graphics Remoting",),
    depths={"rdp.security": Cost(units=4, connections=2), "rdp.certificate": Cost(units=1, connections=0)},
    everywhere=True,
)
