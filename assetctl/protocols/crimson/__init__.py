"""Crimson 3: maker and model of a Red Lion panel or gateway, out of two registers of its programming port.

Chosen because these devices answer hardly anything else. The maker does not publish the protocol and the same port
takes programs, so all of it needs a consent. Two registers can be read here, nothing can be written.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.crimson import codec, probe, vet

_STATEFUL = RequestClass.STATEFUL

PROTOCOL = Protocol(
    name="crimson",
    title="Red Lion Crimson 3",
    version=1,
    transport=Transport.TCP,
    ports=(789,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="read-manufacturer",
            klass=_STATEFUL,
            clause="register 0x012B",
            meaning="name of the maker",
            encode=codec.encode_manufacturer,
        ),
        Request(
            name="read-model",
            klass=_STATEFUL,
            clause="register 0x012A",
            meaning="name of the model",
            encode=codec.encode_model,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=3, connections=1),
    claims=frozenset({"manufacturer", "model", "service_name", "service_source"}),
    sources=("cr3-nmap, cr3-fingerprint and its Wireshark dissector", "praetorian-inc/nerva, crimsonv3 plugin"),
    klass=_STATEFUL,
    verified=False,
    wants=Wants(frozenset({"Red Lion"})),
)
