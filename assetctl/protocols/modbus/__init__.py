"""Modbus/TCP device identification.

Chosen because function 43/14 reads constants out of the server itself: no process data, no session, no serial line.
Function 17 does so too, in a form of the device's own; it is a depth question for those that have no 43/14.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.modbus import codec, probe, unit, vet

PROTOCOL = Protocol(
    name="modbus",
    title="Modbus/TCP",
    version=3,
    transport=Transport.TCP,
    ports=(502,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="read-device-identification",
            klass=RequestClass.IDENTITY,
            clause="Modbus Application Protocol V1.1b3, 6.21",
            meaning="vendor, product code, revision and further identification texts of one unit",
            encode=codec.encode,
            arguments={
                "transaction": range(0x10000),
                "unit_id": range(256),
                "read_code": (codec.BASIC, codec.REGULAR, codec.EXTENDED, codec.INDIVIDUAL),
                "object_id": range(256),
            },
            varying=(0, 1),
        ),
        Request(
            name="report-server-id",
            klass=RequestClass.DEPTH,
            clause="Modbus Application Protocol V1.1b3, 6.13",
            meaning="id, run indicator and a text of one unit's own, where it has no identification objects",
            encode=codec.encode_server_id,
            arguments={"transaction": range(0x10000), "unit_id": range(256)},
            varying=(0, 1),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=1 + 3 * unit.MOST_CHUNKS, connections=1),
    unit_cost=Cost(units=3 * unit.MOST_CHUNKS, connections=0),
    depths={probe.SERVER_ID: Cost(units=1 + probe.MOST_UNITS, connections=0)},
    claims=frozenset(
        {*probe.OBJECTS.values(), "description", "modbus_objects", "modbus_unit_id", "modbus_conformity_level"}
        | {"modbus_server_id"}
        | {"service_name", "service_source"}
    ),
    sources=(
        "Modbus Application Protocol V1.1b3",
        "Modbus Messaging on TCP/IP Implementation Guide V1.0b",
        "Siemens SFIDK.PS.023.D2, appendix C, for the server id of MAG 6000 and MASS 6000",
    ),
)
