"""S7comm-plus: identity of S7-1200 and S7-1500 CPUs by the session object they make.

Chosen because such CPUs tell order code and firmware in the answer to the first question, also where a protection
level makes classic S7 refuse its lists. It makes an object on the CPU, so it needs a consent naming the device.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.s7plus import codec, probe, vet

PROTOCOL = Protocol(
    name="s7plus",
    title="S7comm-plus",
    version=1,
    transport=Transport.TCP,
    ports=(102,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="cotp-connect",
            klass=RequestClass.STATEFUL,
            clause="ISO 8073, 13.3; RFC 1006, 5",
            meaning="transport connection to the CPU's root object, by the name that panels use",
            encode=codec.encode_connect,
        ),
        Request(
            name="create-session",
            klass=RequestClass.STATEFUL,
            clause="S7comm-plus function 0x04CA (CreateObject) on the null session",
            meaning="a session object; its answer names order code and firmware of the CPU",
            encode=codec.encode_create,
            arguments={"sequence": range(0x10000)},
            varying=(18, 19),
        ),
        Request(
            name="delete-session",
            klass=RequestClass.STATEFUL,
            clause="S7comm-plus function 0x04D4 (DeleteObject)",
            meaning="the end of that session, in its own name",
            encode=codec.encode_delete,
            arguments={"sequence": range(0x10000), "session": codec.SESSIONS},
            varying=(18, 19),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=4, connections=1),
    claims=frozenset(
        {"manufacturer", "order_code", "firmware_software_version", "service_name", "service_source"}
        | {"s7plus_version", "s7plus_module"}
    ),
    sources=(
        "Wireshark, S7comm-plus dissector plugin",
        "thomas-v2/S7CommPlusDriver, CreateObject and DeleteObject",
        "gijzelaerr/s7commplus, connection and server",
    ),
    klass=RequestClass.STATEFUL,
    verified=False,
    wants=Wants(frozenset({"Siemens"})),
)
