"""CODESYS V3 over UDP: what a runtime tells the engineering tool that searches the network.

Chosen because the name service tells maker, device and serial number without a log-in. The maker publishes the answer
in the headers of its runtime toolkit, not the way there, so it needs a consent. One question is known here, sent to
one address; names, channels and services have no encoder. The runtime answers the address that the question holds,
so nothing is asked without the own address that the scope declares. Over TCP see codesys_v3_tcp.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.codesys_v3 import codec, probe, vet

PROTOCOL = Protocol(
    name="codesys_v3",
    title="CODESYS V3 over UDP",
    version=1,
    transport=Transport.UDP,
    ports=(1740,),
    framing=codec.DATAGRAM,
    requests=(
        Request(
            name="resolve-address",
            klass=RequestClass.STATEFUL,
            clause="CmpNameService.h, NSPT_RESOLVEADDR",
            meaning="node, device and vendor name, target id and version, serial number",
            encode=codec.encode_resolve,
            arguments={
                "own": (0xC0A80132, 0x0A0000FE, 0xAC10FFFE),
                "prefix": codec.PREFIXES,
                "port": codec.PORTS,
                "seed": range(0x10000),
            },
            varying=(6, 7, 16, 17),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=probe.CLAIMS,
    parameters=probe.PARAMETERS,
    sources=(
        "CODESYS runtime toolkit, CmpNameService.h: NODEINFOPACKED2 and NODEINFOPACKED3",
        "Andreas Galauner, nmap pull request 2373: codesys3 library, tried on runtimes of WAGO and of the maker",
        "Kaspersky ICS CERT, CODESYS Runtime, a PLC control framework, part 1: the datagram layer",
    ),
    klass=RequestClass.STATEFUL,
    verified=False,
    wants=Wants(frozenset({"WAGO", "ABB", "Eaton", "Festo", "Bosch Rexroth", "Schneider Electric"})),
)
