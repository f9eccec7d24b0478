"""PROFINET stations of a segment, by DCP Identify.

Chosen because every engineering tool asks it whenever it opens its list of stations: one multicast frame, which every
station of the segment hears and answers by itself. It cannot be paced per device and nobody can be left out of it, so
it is sent on segments that the settings name, with who allowed it. DCP Set, Get and Hello do not exist here.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.profinet_dcp import codec, probe, vet

PROTOCOL = Protocol(
    name="profinet_dcp",
    title="PROFINET DCP",
    version=1,
    transport=Transport.LINK,
    ports=(codec.ETHER_TYPE,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="identify-all",
            klass=RequestClass.IDENTITY,
            clause="IEC 61158-6-10, 4.3 (DCP-Identify-ReqPDU with AllSelector)",
            meaning="all stations of the segment: name, type, vendor and device id, role, IP parameters, alias",
            encode=codec.encode_identify_all,
            arguments={"xid": range(2**16), "delay_factor": range(1, codec.LONGEST_DELAY + 1)},
            varying=(18, 19, 20, 21, 22, 23),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset(
        {"mac_address", "ip_address", "interface_netmask", "interface_gateway", "hostname", "model", "manufacturer"}
        | {"profinet_type_of_station", "profinet_vendor_id", "profinet_device_id", "profinet_oem_id", "profinet_roles"}
        | {"profinet_alias", "profinet_device_instance", "profinet_ip_status"}
    ),
    sources=(
        "IEC 61158-6-10, PROFINET application layer: DCP",
        "ICSA-17-129-02: stations that stop at malformed DCP frames, hence one well-formed frame and no other",
    ),
    parameters={
        "listen_s": "seconds to wait for the stations, 0.01 to 600; a hundred stations more want about one second more"
    },
    listen_s=probe.LISTEN_S,
)
