"""BACnet/IP device identification.

Chosen because reading the device object is what every BACnet workstation does with every device: stateless reads of
constants, addressed to one device. Nothing is broadcast, subscribed or registered. Devices behind routers are left
out: they share a slow bus, and a question to one of them is a question to that bus.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.bacnet import codec, frames, probe, vet

_INVOKE_ID = (8,)

PROTOCOL = Protocol(
    name="bacnet",
    title="BACnet/IP",
    version=1,
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
            encode=codec.encode_who_is,
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
            name="read-bdt",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, J.2.3",
            meaning="broadcast distribution table: the networks that a broadcast management device joins",
            encode=frames.encode_read_table,
            arguments={"table": (frames.Table.BROADCAST_DISTRIBUTION,)},
        ),
        Request(
            name="read-fdt",
            klass=RequestClass.DEPTH,
            clause="ASHRAE 135, J.2.7",
            meaning="foreign device table: who takes part in the broadcasts from elsewhere",
            encode=frames.encode_read_table,
            arguments={"table": (frames.Table.FOREIGN_DEVICES,)},
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    # open; a known instance that is wrong: 2; find, Who-Is; all at once; each by itself; one again after a pause
    cost=Cost(units=1 + 2 + 2 + 1 + len(codec.Property) + 1, connections=1),
    depths={probe.DEPTH: Cost(units=len(frames.Table), connections=0)},
    claims=frozenset(
        {*probe.FACTS.values(), *probe.TABLES.values(), "bacnet_device_instance", "bacnet_absent_properties"}
        | {"service_name", "service_source"}
    ),
    sources=("ANSI/ASHRAE 135-2020, BACnet", "ASHRAE's list of assigned vendor identifiers"),
)
