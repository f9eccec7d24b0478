"""SLMP over UDP, the MELSEC communication protocol in 3E and 4E frames: the model of a station.

Chosen because read type name brings a constant of the station itself; no device memory is read. Asked only on ports
that the scope names, as SLMP has none of its own and 5007 is often MELSOFT, which is framed otherwise. Over TCP see
slmp_tcp.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.slmp import codec, probe, vet
from assetctl.wire import Datagram

PROTOCOL = Protocol(
    name="slmp",
    title="SLMP over UDP",
    version=1,
    transport=Transport.UDP,
    ports=(),
    framing=Datagram(),
    parameters=probe.PARAMETERS,
    requests=(
        Request(
            name="read-type-name",
            klass=RequestClass.IDENTITY,
            clause="Mitsubishi Electric SH(NA)-080956ENG, Read Type Name (command 0101)",
            meaning="name and code of the model of the connected station",
            encode=codec.encode,
            arguments={"frame": tuple(codec.Frame), "serial": range(0x10000)},
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset({"service_name", "service_source", "manufacturer", "model", "slmp_model_code"}),
    sources=(
        "Mitsubishi Electric SH(NA)-080956ENG, SLMP Reference Manual",
        "Mitsubishi Electric JY997D56001, MELSEC iQ-F User's Manual (SLMP)",
    ),
)
