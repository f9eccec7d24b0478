"""BACnet/IP device identification.

Chosen because reading the device object is what every BACnet workstation does with every device: stateless reads of
constants, addressed to one device. Nothing is subscribed or registered, and nothing is broadcast but, in depth, one
Who-Is into each network behind a router. Devices there share a slow bus, and a question to one of them is a question
to that bus: so they are asked only where the scope names that depth. So is an answer in several units, for the time of
which a device has to remember us; it is not taken from behind a router, where it would hold the bus.
"""

from functools import partial

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.bacnet import calls, claims, codec, frames, probe, routed, routers, segments, vet
from assetctl.protocols.bacnet.frames import Place, Table

_INVOKE_ID = (8,)
_PLACES = (  # of every form: MS/TP, ZigBee and virtual, Ethernet and IP, LonTalk
    *(Place(1, b"\x00"), Place(5, b"\x7f"), Place(100, b"\x01\x02\x03")),
    *(Place(2000, b"\x0a\x14\x01\x05\xba\xc0"), Place(65534, bytes(range(7)))),
)

PROTOCOL = Protocol(
    name="bacnet",
    title="BACnet/IP",
    version=3,
    transport=Transport.UDP,
    ports=(47808,),
    framing=frames.FRAMING,
    requests=(
        Request(
            name="find-device",
            klass=RequestClass.IDENTITY,
            clause="ASHRAE 135, 15.5 (ReadProperty with the wildcard instance 4194303)",
            meaning="which device this is: the instance of its device object",
            encode=codec.encode_find,
            arguments={"invoke_id": range(256)},
            varying=_INVOKE_ID,
        ),
        Request(
            name="who-is",
            klass=RequestClass.IDENTITY,
            clause="ASHRAE 135, 16.10",
            meaning="the same, once, where find-device brought an error or silence; sent to the device alone, but many "
            "devices answer it with an I-Am that they broadcast into their network",
            encode=calls.encode_who_is,
        ),
        Request(
            name="read-property-multiple",
            klass=RequestClass.IDENTITY,
            clause="ASHRAE 135, 15.7, 12.11",
            meaning="vendor, model, firmware, names, serial number, location, status: all twelve properties at once",
            encode=codec.encode_read_multiple,
            arguments={"invoke_id": range(256), "instance": range(codec.WILDCARD + 1)},
            varying=_INVOKE_ID,
        ),
        Request(
            name="read-property",
            klass=RequestClass.IDENTITY,
            clause="ASHRAE 135, 15.5, 12.11",
            meaning="one of these properties, where the device refuses to give them all at once",
            encode=codec.encode_read,
            arguments={
                "invoke_id": range(256),
                "instance": range(codec.WILDCARD + 1),
                "prop": tuple(codec.Property),
            },
            varying=_INVOKE_ID,
        ),
        Request(
            name="read-property-multiple-in-segments",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, 15.7, 5.2, 20.1.2.4 (up to 8 segments)",
            meaning="the same twelve properties, where they do not fit one unit of the device: in several units",
            encode=partial(codec.encode_read_multiple, in_segments=True),
            arguments={"invoke_id": range(256), "instance": range(codec.WILDCARD + 1)},
            varying=_INVOKE_ID,
            depths=(probe.SEGMENTS,),
        ),
        Request(
            name="acknowledge-segment",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, 20.1.6 (SegmentACK, window of one)",
            meaning="one unit of that answer came, the next one may",
            encode=segments.encode_acknowledge,
            arguments={"invoke_id": range(256), "number": range(segments.MOST)},
            varying=(7,),
            depths=(probe.SEGMENTS,),
        ),
        Request(
            name="read-bdt",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, J.2.3",
            meaning="broadcast distribution table: the networks that a broadcast management device joins",
            encode=frames.encode_read_table,
            arguments={"table": (Table.BROADCAST_DISTRIBUTION,)},
        ),
        Request(
            name="read-fdt",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, J.2.7",
            meaning="foreign device table: who takes part in the broadcasts from elsewhere",
            encode=frames.encode_read_table,
            arguments={"table": (Table.FOREIGN_DEVICES,)},
        ),
        Request(
            name="who-is-router",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, 6.4.1 (Who-Is-Router-To-Network for all networks)",
            meaning="which networks a router reaches; sent to the device alone, which may broadcast its answer",
            encode=routers.encode_ask_router,
            arguments={"message": (routers.Message.WHO_IS_ROUTER,)},
        ),
        Request(
            name="what-is-network-number",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, 6.4.19",
            meaning="on which network the router was asked; sent to the device alone, which may broadcast its answer",
            encode=routers.encode_ask_router,
            arguments={"message": (routers.Message.WHAT_IS_NUMBER,)},
        ),
        Request(
            name="routed-who-is",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, 16.10, 6.2.2 (destination network)",
            meaning="which devices are on one network behind a router: all of them answer, and many devices broadcast "
            "their answers into every network",
            encode=calls.encode_who_is,
            arguments={"network": range(1, 0xFFFF)},
        ),
        Request(
            name="routed-read-property-multiple",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, 15.7, 12.11, 6.2.2",
            meaning="the twelve properties of a device behind a router",
            encode=codec.encode_read_multiple,
            arguments={"invoke_id": range(256), "instance": range(codec.WILDCARD + 1), "place": _PLACES},
        ),
        Request(
            name="routed-read-property",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, 15.5, 12.11, 6.2.2",
            meaning="one of the six that name it, where it refuses to give them all at once",
            encode=codec.encode_read,
            arguments={
                "invoke_id": range(256),
                "instance": range(codec.WILDCARD + 1),
                "prop": routed.SINGLY,
                "place": _PLACES,
            },
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    # open; a known instance that is wrong: 2; find, Who-Is; all at once; each by itself; one again after a pause
    cost=Cost(units=1 + 2 + 2 + 1 + len(codec.Property) + 1, connections=1),
    depths={
        probe.BBMD: Cost(units=len(Table), connections=0),
        probe.SEGMENTS: Cost(units=1 + segments.MOST, connections=0),
        # two to the router, one into each network, all at once and each by itself of every device
        probe.ROUTED: Cost(
            units=2 + routed.MOST_NETWORKS + routed.MOST_DEVICES * (1 + len(routed.SINGLY)), connections=0
        ),
    },
    claims=frozenset(
        {*claims.FACTS.values(), *claims.TABLES.values(), "bacnet_device_instance", "bacnet_absent_properties"}
        | {"bacnet_routed_networks", "bacnet_network_number", "bacnet_mac_address"}
        | {"service_name", "service_source"}
    ),
    sources=("ANSI/ASHRAE 135-2020, BACnet", "ASHRAE's list of assigned vendor identifiers"),
)
