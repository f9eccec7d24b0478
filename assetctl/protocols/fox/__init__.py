"""Niagara Fox: what a station says of itself in its hello.

Chosen because the first message of a station names host, versions and station before anybody has logged in. Nothing is
sent but our half of the hello, and the connection ends. Fox over TLS (port 4911) is not asked.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.fox import codec, probe, vet

PROTOCOL = Protocol(
    name="fox",
    title="Niagara Fox",
    version=2,
    transport=Transport.TCP,
    ports=(1911,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="hello",
            klass=RequestClass.IDENTITY,
            clause="Fox 1.0, hello",
            meaning="names of host and station, host id, brand, versions of Niagara and of what it runs on",
            encode=codec.encode,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset(
        {"hostname", "application_name", "application_software_version", "operating_system", "os_version"}
        | {"fox_host_id", "fox_brand_id", "fox_vm", "fox_host_address", "fox_version"}
        | {"service_name", "service_source", "service_product", "service_version"}
    ),
    sources=("nmap, fox-info", "Digital Bond Redpoint, fox-info", "w3h/icsmaster, recorded hello of a station"),
    wants=Wants(
        frozenset({"Tridium", "Distech Controls", "Lynxspring"}),
        ports=frozenset({"tcp/4911", "tcp/3011", "tcp/5011"}),
    ),
)
