"""PC Worx: what an Inline controller of Phoenix Contact says of itself to its engineering tool.

Chosen because these controllers tell order number and firmware nowhere else without a log-in. The maker does not
publish the protocol and a session is made, so all of it needs a consent. Three messages are known here, all with fixed
content; starting, stopping and loading have no encoder. How a session is given back is not known: it ends with the
connection.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.pcworx import codec, probe, vet

_SESSION = {"session": range(0x100)}
_STATEFUL = RequestClass.STATEFUL

PROTOCOL = Protocol(
    name="pcworx",
    title="PC Worx",
    version=1,
    transport=Transport.TCP,
    ports=(1962,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="open-session",
            klass=_STATEFUL,
            clause="service 0x01",
            meaning="a session, whose number the answer brings",
            encode=codec.encode_open,
        ),
        Request(
            name="begin-session",
            klass=_STATEFUL,
            clause="service 0x05",
            meaning="the second half of opening it",
            encode=codec.encode_begin,
            arguments=_SESSION,
        ),
        Request(
            name="read-information",
            klass=_STATEFUL,
            clause="service 0x06, information 0x0400",
            meaning="type and order number of the controller, version and date of its firmware",
            encode=codec.encode_information,
            arguments=_SESSION,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=4, connections=1),
    claims=frozenset(
        {"model", "order_code", "firmware_software_version", "pcworx_firmware_date", "service_name", "service_source"}
    ),
    sources=("nmap, pcworx-info", "Digital Bond Redpoint, pcworx-info", "Greenbone, PCWorx service detection"),
    klass=_STATEFUL,
    verified=False,
    wants=Wants(frozenset({"Phoenix Contact"})),
)
