"""One time question to an NTP server.

Chosen because any client may ask the time, and the answer says how good the clock is. It names no device, so it is
asked only where the port is known open. Control and private messages (modes 6 and 7), which tell versions and peers,
are never sent: they amplify, and old servers fell over them.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.ntp import codec, probe, vet

PROTOCOL = Protocol(
    name="ntp",
    title="NTP",
    version=1,
    transport=Transport.UDP,
    ports=(123,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="client",
            klass=RequestClass.IDENTITY,
            clause="RFC 5905, 7.3",
            meaning="mode 3: the time, with stratum and reference of the server",
            encode=codec.encode,
            arguments={"seed": range(0x10000)},
            varying=(46, 47),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset({"service_name", "service_source", "ntp_version", "ntp_stratum", "ntp_leap", "ntp_reference"}),
    sources=("RFC 5905, Network Time Protocol Version 4",),
    everywhere=True,
    wants=Wants(frozenset()),
)
