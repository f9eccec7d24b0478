"""CODESYS V3 over TCP: the question of codesys_v3 in a connection of its own.

Chosen where no own address can be declared: over TCP the runtime answers on the connection. Stateful, as a runtime
keeps few connections.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.codesys_v3 import PROTOCOL as CODESYS_V3
from assetctl.protocols.codesys_v3_tcp import codec, probe, vet

PROTOCOL = Protocol(
    name="codesys_v3_tcp",
    title="CODESYS V3 over TCP",
    version=1,
    transport=Transport.TCP,
    ports=(11740,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="resolve-address",
            klass=RequestClass.STATEFUL,
            clause="CmpNameService.h, NSPT_RESOLVEADDR",
            meaning="node, device and vendor name, target id and version, serial number",
            encode=codec.encode_resolve,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=CODESYS_V3.claims,
    sources=(
        "CODESYS runtime toolkit, CmpNameService.h: NODEINFOPACKED2 and NODEINFOPACKED3",
        "NothinRandom, nmap pull request 1210: codesys-v3-info; Greenbone, CODESYS service detection",
        "Tenable, TRA-2020-04: the block driver over TCP",
    ),
    klass=RequestClass.STATEFUL,
    verified=False,
    wants=CODESYS_V3.wants,
)
