"""EtherNet/IP and CIP device identification.

Chosen because ListIdentity is what every scanner and engineering tool of the field asks: stateless, one datagram,
answered without touching a controller's program.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.enip import claims, codec, probe, rack, vet

_TRANSACTION = (14, 15)
_SESSION = (4, 5, 6, 7)

PROTOCOL = Protocol(
    name="enip",
    title="EtherNet/IP",
    version=3,
    transport=Transport.UDP,
    fallback_transport=Transport.TCP,
    ports=(44818,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="list-identity",
            klass=RequestClass.IDENTITY,
            clause="CIP Volume 2, 2-4.2",
            meaning="vendor, device type, product code, revision, serial number, product name, state",
            encode=codec.encode_list_identity,
            arguments={"transaction": range(0x10000)},
            varying=_TRANSACTION,
        ),
        Request(
            name="register-session",
            klass=RequestClass.IDENTITY,
            clause="CIP Volume 2, 2-4.4",
            meaning="a session, asked for only where ListIdentity names nobody, or for depth",
            encode=codec.encode_register_session,
            arguments={"transaction": range(0x10000)},
            varying=_TRANSACTION,
        ),
        Request(
            name="unregister-session",
            klass=RequestClass.IDENTITY,
            clause="CIP Volume 2, 2-4.5",
            meaning="the end of that session",
            encode=codec.encode_unregister_session,
            arguments={"transaction": range(0x10000), "session": range(1 << 32)},
            varying=_SESSION + _TRANSACTION,
        ),
        Request(
            name="get-attributes-all",
            klass=RequestClass.IDENTITY,
            clause="CIP Volume 1, 5-2 (Get_Attributes_All); Volume 2, 2-4.7 (SendRRData)",
            meaning="the Identity object, where ListIdentity names nobody",
            encode=codec.encode_read_identity,
            arguments={"transaction": range(0x10000), "session": range(1 << 32)},
            varying=_SESSION + _TRANSACTION,
        ),
        Request(
            name="get-attribute-single",
            klass=RequestClass.DEPTH,
            clause="CIP Volume 2, 5-4 attributes 5 and 6, 5-5 attribute 3 (Get_Attribute_Single)",
            meaning="host name and address of the TCP/IP Interface object, MAC address of the Ethernet Link object",
            encode=codec.encode_read_attribute,
            arguments={
                "transaction": range(0x10000),
                "session": range(1 << 32),
                "attribute": claims.INTERFACE,
            },
            varying=_SESSION + _TRANSACTION,
        ),
        Request(
            name="get-chassis-attributes-all",
            klass=RequestClass.DEPTH,
            clause="CIP Volume 1, 5-2 (Get_Attributes_All) of Rockwell's class 0x66",
            meaning="slot of the device in its chassis, serial number and size of the chassis",
            encode=rack.encode_read_chassis,
            arguments={"transaction": range(0x10000), "session": range(1 << 32)},
            varying=_SESSION + _TRANSACTION,
        ),
        Request(
            name="unconnected-send",
            klass=RequestClass.DEPTH,
            clause="CIP Volume 1, 3-5.5.4 (Unconnected_Send) with Get_Attributes_All of the Identity object",
            meaning="the Identity object of the module in one slot of the rack, over the backplane",
            encode=rack.encode_read_slot,
            arguments={
                "transaction": range(0x10000),
                "session": range(1 << 32),
                "slot": range(rack.MOST_SLOTS),
            },
            varying=_SESSION + _TRANSACTION,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    # over UDP: open, ListIdentity; over TCP: open, ListIdentity, session, identity, identity again when busy, end
    cost=Cost(units=8, connections=2),
    # either opens one connection and a session in it and ends it
    depths={
        probe.INTERFACES: Cost(units=3 + len(claims.INTERFACE), connections=1),
        probe.BACKPLANE: Cost(units=3 + 1 + rack.MOST_SLOTS, connections=1),
    },
    claims=frozenset(
        {"manufacturer", "model", "serial_number", "firmware_software_version", "hostname", "ip_address"}
        | {"mac_address", "cip_vendor_id", "cip_device_type", "cip_device_type_name", "cip_product_code"}
        | {"cip_status", "cip_state", "cip_socket_address", "service_name", "service_source"}
        | {"cip_owned", "cip_configured", "cip_extended_device_status", "cip_faults", "cip_key_switch"}
        | {"cip_chassis_size", "chassis_serial_number", "slot"}
    ),
    sources=(
        "The CIP Networks Library, Volume 1, Common Industrial Protocol",
        "The CIP Networks Library, Volume 2, EtherNet/IP Adaptation of CIP",
        "ODVA PUB00213, EtherNet/IP developers guide",
        "pjkundert/cpppo issue 105 and test data: what modules of two ControlLogix racks answer for class 0x66",
    ),
)
