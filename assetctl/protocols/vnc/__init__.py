"""Version and security types of a VNC server.

Chosen because both are said before anybody is let in: nothing is chosen, so no screen is shared, nobody displaced, no
password tried. Some servers count a connection that is left here as one failed try and lock out after five in a row; so
there is one connection, without a second.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.vnc import codec, probe, vet

PROTOCOL = Protocol(
    name="vnc",
    title="VNC (RFB)",
    version=1,
    transport=Transport.TCP,
    ports=(5900,),
    framing=codec.TYPES,
    requests=(
        Request(
            name="protocol-version",
            klass=RequestClass.IDENTITY,
            clause="RFC 6143, 7.1.1",
            meaning="our version, after which the server lists its security types",
            encode=codec.encode,
            arguments={"version": codec.SPOKEN},
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset(
        {"service_name", "service_source", "vnc_protocol_version", "vnc_security_types", "anonymous_access"}
    ),
    sources=("RFC 6143, The Remote Framebuffer Protocol", "IANA, Remote Framebuffer (RFB) parameters"),
    everywhere=True,
)
