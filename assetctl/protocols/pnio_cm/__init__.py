"""PROFINET context manager: what a device is, over IP alone.

Chosen because it answers where the segment is out of reach: the endpoint mapper of every PROFINET device tells type,
order code and revisions, and identification records can be read without a connection. It was not seen to work against
a device that is not ours, and the mapper keeps a place in its table for the asker, so it needs a consent.
"""

from uuid import UUID

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.pnio_cm import codec, probe, rpc, vet

_ACTIVITIES = tuple(probe.activity(seed) for seed in (0, 1, 0x1234, 0xFFFF))
_TARGETS: tuple[UUID, ...] = (
    codec.object_of(instance=1, device_id=0x010D, vendor_id=0x002A),
    codec.object_of(instance=0, device_id=0, vendor_id=0),
    codec.object_of(instance=0xFFFF, device_id=0xFFFF, vendor_id=0xFFFF),
)
_VARYING = tuple(range(40, 56))


def _read(name: str, meaning: str, clause: str, *, slots: tuple[int, ...], index: int) -> Request:
    return Request(
        name=name,
        klass=RequestClass.DEPTH,
        clause=clause,
        meaning=meaning,
        encode=codec.encode_read,
        arguments={
            "activity": _ACTIVITIES,
            "sequence": range(0x100),
            "target": _TARGETS,
            "slot": slots,
            "subslot": (0, 1, 0x8000, 0xFFFF),
            "index": (index,),
        },
        varying=_VARYING,
    )


PROTOCOL = Protocol(
    name="pnio_cm",
    title="PROFINET context manager",
    version=2,
    transport=Transport.UDP,
    ports=(34964,),
    framing=rpc.FRAMING,
    requests=(
        Request(
            name="endpoint-lookup",
            klass=RequestClass.STATEFUL,
            clause="C706 appendix O (ept_lookup); IEC 61158-6-10, 4.10.3",
            meaning="the next registered interface: type, order code, revisions, vendor and device id",
            encode=codec.encode_lookup,
            arguments={
                "activity": _ACTIVITIES,
                "sequence": range(0x100),
                "handle": (codec.NO_HANDLE, bytes(4) + bytes(range(16)), b"\xff" * 20),
            },
            varying=_VARYING,
        ),
        _read(
            "read-im0",
            "I&M0: order code, serial number, hardware and software revision of the device or one module",
            "IEC 61158-6-10, 5.2 (ReadImplicit); I&M 0xAFF0",
            slots=(0, 1, 2, 64, 0xFFFF),
            index=codec.IM0,
        ),
        _read(
            "read-im1",
            "I&M1: function and location, as people wrote them into the device",
            "IEC 61158-6-10, 5.2 (ReadImplicit); I&M 0xAFF1",
            slots=(0,),
            index=codec.IM1,
        ),
        _read(
            "read-im0-filter",
            "the places of the modules that have identification records",
            "IEC 61158-6-10, 5.2 (ReadImplicit); I&M0FilterData 0xF840",
            slots=(0,),
            index=codec.IM0_FILTER,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=1 + probe.MOST_LOOKUPS, connections=1),
    depths={probe.DEPTH: Cost(units=3 + probe.MOST_MODULES, connections=0)},
    claims=frozenset(
        {"manufacturer", "model", "order_code", "serial_number", "hardware_version", "firmware_software_version"}
        | {"plant_identification", "physical_location_address", "slot", "service_name", "service_source"}
        | {"profinet_annotation", "profinet_vendor_id", "profinet_device_id", "profinet_device_instance"}
        | {"profinet_im_profile"}
    ),
    sources=(
        "IEC 61158-6-10, PROFINET application layer: CL-RPC and records",
        "The Open Group C706, DCE 1.1: RPC, chapter 12 and appendix O",
        "PI Profile Guidelines part 1: Identification and maintenance functions",
    ),
    klass=RequestClass.STATEFUL,
    verified=False,
)
