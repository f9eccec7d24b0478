"""OPC UA build information, read in a session that is entered as nobody and ended at once.

Apart from discovery, because servers on controllers have few sessions and somebody may be waiting for one: so each
device needs a consent. A name and a password are never sent; where nobody may enter without, nothing is read.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols import opcua
from assetctl.protocols.opcua.codec import FRAMING
from assetctl.protocols.opcua_session import codec, probe, vet

TOKENS = (
    b"\x02\x01\x00\x01\x02\x03\x04",  # numeric, of namespace 1
    b"\x04\x01\x00" + bytes(range(16)),  # GUID
    b"\x03\x00\x00\x03\x00\x00\x00abc",  # string
    b"\x05\x00\x00\x20\x00\x00\x00" + bytes(range(32)),  # opaque
)
POLICY_IDS = (b"anonymous", b"0", b"")

PROTOCOL = Protocol(
    name="opcua-session",
    title="OPC UA session",
    version=1,
    transport=Transport.TCP,
    ports=(4840,),
    framing=FRAMING,
    requests=(
        opcua.HELLO,
        opcua.OPEN,
        opcua.GET_ENDPOINTS,
        Request(
            name="create-session",
            klass=RequestClass.STATEFUL,
            clause="OPC 10000-4, 5.7.2",
            meaning="a session that ends by itself after ten seconds, or after the server's shortest time",
            encode=codec.encode_create_session,
            arguments={**opcua.IN_CHANNEL, "url": opcua.URLS},
            varying=opcua.VARYING,
        ),
        Request(
            name="activate-session",
            klass=RequestClass.STATEFUL,
            clause="OPC 10000-4, 5.7.3 and 7.40.3",
            meaning="enter the session with the anonymous token",
            encode=codec.encode_activate_session,
            arguments={**opcua.IN_CHANNEL, "authentication": TOKENS, "policy_id": POLICY_IDS},
            varying=opcua.VARYING,
        ),
        Request(
            name="read-build-info",
            klass=RequestClass.STATEFUL,
            clause="OPC 10000-4, 5.11.2; OPC 10000-5, 12.4",
            meaning="product, maker, version, build number and date of the server software",
            encode=codec.encode_read_build_info,
            arguments={**opcua.IN_CHANNEL, "authentication": TOKENS},
            varying=opcua.VARYING,
        ),
        Request(
            name="close-session",
            klass=RequestClass.STATEFUL,
            clause="OPC 10000-4, 5.7.4",
            meaning="the end of the session",
            encode=codec.encode_close_session,
            arguments={**opcua.IN_CHANNEL, "authentication": TOKENS},
            varying=opcua.VARYING,
        ),
        opcua.CLOSE,
    ),
    vet=vet.vet,
    probe=probe.probe,
    # connect, hello, channel, endpoints, session made, entered, read and ended, channel closed
    cost=Cost(units=9, connections=1),
    claims=frozenset(
        {"service_name", "service_source", "service_product", "service_version", "opcua_build_product_uri"}
        | {"opcua_manufacturer_name", "opcua_build_number", "opcua_build_date"}
    ),
    sources=(
        "OPC 10000-4 release 1.05, OPC Unified Architecture, Services",
        "OPC 10000-5 release 1.05, OPC Unified Architecture, Information Model",
        "OPC 10000-6 release 1.05, OPC Unified Architecture, Mappings",
    ),
    klass=RequestClass.STATEFUL,
)
