"""UMAS: identity of Modicon CPUs.

Chosen because it tells the CPU behind the Ethernet port and its firmware, of which function 43 tells only the port's.
Not published, and the programming tools' own way in: a question of its own, by consent, for devices of one maker.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.modbus import codec as modbus
from assetctl.protocols.umas import codec, probe, vet

_UNITS = tuple(sorted(set(probe.UNITS.values()), reverse=True))


def _encode_identification(*, transaction: int, unit_id: int) -> bytes:
    return modbus.encode(transaction=transaction, unit_id=unit_id, read_code=modbus.BASIC, object_id=0)


PROTOCOL = Protocol(
    name="umas",
    title="UMAS (Modicon)",
    version=1,
    transport=Transport.TCP,
    ports=(502,),
    framing=modbus.FRAMING,
    requests=(
        Request(
            name="read-device-identification",
            klass=RequestClass.IDENTITY,
            clause="Modbus Application Protocol V1.1b3, 6.21",
            meaning="maker and product code, which decide whether the second question is asked",
            encode=_encode_identification,
            arguments={"transaction": range(0x10000), "unit_id": _UNITS},
            varying=(0, 1),
        ),
        Request(
            name="read-plc-id",
            klass=RequestClass.STATEFUL,
            clause="UMAS function 0x02 in Modbus function 0x5A",
            meaning="reference and firmware of the CPU; session 0, nothing is reserved",
            encode=codec.encode_read_id,
            arguments={"transaction": range(0x10000), "unit_id": _UNITS},
            varying=(0, 1),
        ),
    ),
    parameters={"unit_id": "Modbus unit of the CPU: 255 (default) or 0"},
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=3, connections=1),
    claims=frozenset(
        {"manufacturer", "model", "order_code", "firmware_software_version", "service_name", "service_source"}
        | {"umas_hardware_id", "umas_internal_revision"}
    ),
    sources=(
        "Apache PLC4X, protocol description umas.mspec, UmasPDUPlcIdentResponse",
        "Digital Bond Redpoint, modicon-info",
        "Wireshark, UMAS dissector",
    ),
    klass=RequestClass.STATEFUL,
    verified=False,
    wants=Wants(frozenset({"Schneider Electric"}), strict=True),
)
