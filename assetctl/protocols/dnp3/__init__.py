"""DNP3 over UDP: is there an outstation at this link address?

Chosen because the state of the data link is answered below the application: no point, no event and no clock is
touched. Over UDP there is no connection in which a second master could displace the first; see dnp3_tcp for the other.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.dnp3 import codec, probe, vet
from assetctl.wire import Datagram

PROTOCOL = Protocol(
    name="dnp3",
    title="DNP3 over UDP",
    version=1,
    transport=Transport.UDP,
    ports=(20000,),
    framing=Datagram(),
    wants=Wants(frozenset()),
    parameters=probe.PARAMETERS,
    requests=(
        Request(
            name="request-link-status",
            klass=RequestClass.IDENTITY,
            clause="IEEE 1815-2012, 9.2.4 (function 9)",
            meaning="state of the data link of one outstation, in the name of its configured master",
            encode=codec.encode_request,
            arguments={
                "destination": (*range(0, codec.HIGHEST_ADDRESS + 1, 97), codec.HIGHEST_ADDRESS, codec.SELF_ADDRESS),
                "source": range(codec.HIGHEST_ADDRESS + 1),
            },
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=1 + probe.MOST_STATIONS, connections=1),
    claims=frozenset({"service_name", "service_source", "dnp3_address", "dnp3_master_address"}),
    sources=("IEEE 1815-2012, 9 (data link layer) and 13 (networks)",),
)
