"""Beckhoff ADS: the information query of TwinCAT systems.

Chosen because one datagram brings name, AMS net id and versions without a route, a session or a password; it is what
the engineering tools send to list the systems of a network. ADS over TCP is left out: a system keeps one connection per
router, and a second one closes the first. The same port takes new routes (service 6); no encoder for that exists.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.ads import codec, probe, vet

PROTOCOL = Protocol(
    name="ads",
    title="Beckhoff ADS (TwinCAT)",
    version=2,
    transport=Transport.UDP,
    ports=(48899,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="server-info",
            klass=RequestClass.IDENTITY,
            clause="Beckhoff ADS library, UDP service 1 (server info)",
            meaning="AMS net id, host name, versions of TwinCAT and operating system, fingerprint",
            encode=codec.encode,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset(
        {"ads_net_id", "ads_fingerprint", "hostname", "operating_system", "os_version", "application_software_version"}
        | {"service_name", "service_source", "service_product", "service_version"}
    ),
    sources=(
        "Beckhoff ADS library (AdsLib), service and tag numbers of UDP messages",
        "ads-rs, udp module, for the operating system block",
        "Apache PLC4X, protocol description ads-discovery.mspec",
    ),
    wants=Wants(frozenset({"Beckhoff"}), ports=frozenset({"tcp/48898", "tcp/8016"})),
)
