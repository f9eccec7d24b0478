"""HART-IP: an I/O system or field device on Ethernet, and the HART devices behind it.

Chosen because it is the only way to the identity of instruments that have no address. There is no question without a
session, over UDP neither: a server keeps few of them, so all of it needs a consent. Exactly five commands are known
here; those that write, and those that read process values, have no encoder.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.hartip import codec, probe, vet

_SEQUENCE = {"sequence": range(0x10000)}
_LONG = _SEQUENCE | {"device_type": range(0x10000), "device_id": range(0x1000000)}
_STATEFUL = RequestClass.STATEFUL

PROTOCOL = Protocol(
    name="hartip",
    title="HART-IP",
    version=2,
    transport=Transport.UDP,
    ports=(5094,),
    framing=codec.DATAGRAM,
    requests=(
        Request(
            name="session-initiate",
            klass=_STATEFUL,
            clause="HCF_SPEC-085, session initiate",
            meaning="a session as primary master that ends after 30 s without a question",
            encode=codec.encode_initiate,
            arguments=_SEQUENCE,
            varying=(4, 5),
        ),
        Request(
            name="session-close",
            klass=_STATEFUL,
            clause="HCF_SPEC-085, session close",
            meaning="the end of that session",
            encode=codec.encode_close,
            arguments=_SEQUENCE,
            varying=(4, 5),
        ),
        Request(
            name="read-unique-identifier",
            klass=_STATEFUL,
            clause="HCF_SPEC-127, command 0",
            meaning="maker, device type, device id and revisions of the device itself",
            encode=codec.encode_identify,
            arguments=_SEQUENCE,
            varying=(4, 5),
        ),
        Request(
            name="read-tag-descriptor-date",
            klass=_STATEFUL,
            clause="HCF_SPEC-127, command 13",
            meaning="tag of 8 and descriptor of 16 characters",
            encode=codec.encode_read_tag,
            arguments=_LONG,
            varying=(4, 5),
        ),
        Request(
            name="read-long-tag",
            klass=_STATEFUL,
            clause="HCF_SPEC-127, command 20",
            meaning="tag of 32 characters",
            encode=codec.encode_read_long_tag,
            arguments=_LONG,
            varying=(4, 5),
        ),
        Request(
            name="read-io-system-capabilities",
            klass=_STATEFUL,
            clause="HCF_SPEC-151, command 74",
            meaning="how many devices an I/O system has found",
            encode=codec.encode_read_io_system,
            arguments=_LONG,
            varying=(4, 5),
        ),
        Request(
            name="read-sub-device-identity-summary",
            klass=_STATEFUL,
            clause="HCF_SPEC-151, command 84",
            meaning="maker, type, id, long tag and revisions of one device, out of the list the I/O system keeps",
            encode=codec.encode_read_sub_device,
            arguments=_LONG | {"index": range(1, probe.MOST_SUB_DEVICES + 1)},
            varying=(4, 5),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=10, connections=2),
    depths={probe.SUB_DEVICES: Cost(units=probe.MOST_SUB_DEVICES, connections=0)},
    claims=frozenset(
        {"manufacturer", "firmware_software_version", "hardware_version", "description", "service_name"}
        | {"service_source", "hart_manufacturer_id", "hart_device_type", "hart_device_id", "hart_revision"}
        | {"hart_device_revision", "hart_tag", "hart_long_tag", "hart_devices_detected", "hart_io_card", "hart_channel"}
        | {"hart_private_label_id"}
    ),
    sources=(
        "FieldComm Group HCF_SPEC-085, HCF_SPEC-127 and TS20151, as the analyser icsnpp-hart-ip of CISA cites them",
        "Wireshark, HART-IP dissector",
    ),
    klass=RequestClass.STATEFUL,
    verified=False,
    fallback_transport=Transport.TCP,
    wants=Wants(
        frozenset({"Emerson", "Phoenix Contact", "Pepperl+Fuchs", "Endress+Hauser", "Softing", "R. Stahl"}),
        ports=frozenset({"tcp/5094"}),
    ),
)
