"""Who stands at the other end of the cable, by listening to LLDP.

Chosen because it costs nobody anything: switches, controllers and stations tell their neighbours unasked who they are.
Nothing is sent, neither a unit of our own nor a request to be told.
"""

from assetctl.model import Transport
from assetctl.protocol import Cost, Protocol
from assetctl.protocols.lldp import codec, organisation, probe, vet

PROTOCOL = Protocol(
    name="lldp",
    title="LLDP, listened to",
    version=2,
    transport=Transport.LINK,
    ports=(codec.ETHER_TYPE,),
    framing=codec.FRAMING,
    requests=(),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=1, connections=1),
    claims=frozenset(
        {"mac_address", "ip_address", "interface_index", "interface_name", "interface_description", "hostname"}
        | {
            "interface_alias",
            "description",
            "lldp_chassis_id",
            "lldp_capabilities",
            "lldp_enabled_capabilities",
            "lldp_ttl_s",
        }
        | {"lldp_vlans", "interface_vlan_id", "interface_mau_type", "interface_max_frame_size", "profinet_alias"}
        | {
            "profinet_mrp_domain",
            "neighbour_local_port",
            "neighbour_port",
            "neighbour_learned_by",
            *organisation.INVENTORY.values(),
        }
    ),
    sources=(
        "IEEE 802.1AB-2016 (LLDP), clause 8, annexes D and E",
        "ANSI/TIA-1057 (LLDP-MED), 10.2.6",
        "IEC 61158-6-10, LLDP extensions of PROFINET",
    ),
    parameters={"listen_s": "seconds to listen, 0.01 to 600; most senders speak every 5 or 30 seconds"},
    listen_s=probe.LISTEN_S,
)
