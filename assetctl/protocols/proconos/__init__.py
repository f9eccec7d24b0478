"""ProConOS: version and controller type of a runtime of KW-Software, on its own port.

Chosen because controllers of several makers run it and tell their type in one answer. The maker does not publish the
protocol and the same port starts and stops the controller, so all of it needs a consent. One question is known here.
Project names follow in the answer; the sources place them differently, so they are not read.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.proconos import codec, probe, vet

PROTOCOL = Protocol(
    name="proconos",
    title="ProConOS",
    version=1,
    transport=Transport.TCP,
    ports=(20547,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="read-information",
            klass=RequestClass.STATEFUL,
            clause="function 0x0B",
            meaning="version and date of the runtime, type of the controller",
            encode=codec.encode_information,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset(
        {"proconos_runtime", "proconos_plc_type"}
        | {"service_name", "service_source", "service_product", "service_version"}
    ),
    sources=(
        "Digital Bond Redpoint, proconos-info",
        "Greenbone, ProConOS service detection",
        "Tijl Deneut, module on Phoenix Contact controllers in Metasploit",
        "praetorian-inc/nerva, proconos plugin",
    ),
    klass=RequestClass.STATEFUL,
    verified=False,
    wants=Wants(frozenset({"Phoenix Contact", "Advantech", "Emerson", "Yokogawa"})),
)
