"""KNXnet/IP: the self-description of an IP interface or router of a KNX installation.

Chosen because one datagram brings name, address, serial number and services without a connection. A tunnelling
connection is never made, as a device has few of them, nor one for management: there is no encoder for either.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.knx import codec, probe, vet

PROTOCOL = Protocol(
    name="knx",
    title="KNXnet/IP",
    version=2,
    transport=Transport.UDP,
    ports=(3671,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="description-request",
            klass=RequestClass.IDENTITY,
            clause="EN 13321-2 / KNX Standard 03/08/02, 7.7.1",
            meaning="name, individual address, serial number, MAC address, medium and services",
            encode=codec.encode,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset(
        {"service_name", "service_source", "description", "serial_number", "mac_address", "knx_individual_address"}
        | {"knx_medium", "knx_services", "knx_additional_addresses", "knx_programming_mode", "knx_manufacturer_id"}
        | {"knx_installation"}
    ),
    sources=("EN 13321-2", "KNX Standard 03/08/02 KNXnet/IP Core, 7.5.4 and 7.7", "xknx, knxip package"),
    wants=Wants(
        frozenset({"Weinzierl", "Gira", "Jung", "Hager", "Theben", "Zennio", "Arcus-EDS"}),
        ports=frozenset({"tcp/3671"}),
    ),
)
