"""MMS, as IEC 61850 servers speak it: who is the server, and which logical devices does it have?

Chosen because identify is a service of its own in the standard: no variable is read, no report enabled. Stateful, as
the question needs an association, of which IEDs keep few.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.mms import codec, layers, probe, vet

PROTOCOL = Protocol(
    name="mms",
    title="IEC 61850 MMS",
    version=1,
    transport=Transport.TCP,
    ports=(102,),
    framing=layers.FRAMING,
    klass=RequestClass.STATEFUL,
    requests=(
        Request(
            name="cotp-connect",
            klass=RequestClass.STATEFUL,
            clause="ISO 8073, 13.3; RFC 1006, 5",
            meaning="transport connection, both TSAPs 0001",
            encode=layers.encode_connect,
        ),
        Request(
            name="associate",
            klass=RequestClass.STATEFUL,
            clause="ISO 8327-1, 8.3.1; ISO 8823-1, 8.2; ISO 8650-1, 9.1; ISO 9506-2, 8.4",
            meaning="session, presentation and association with an MMS initiate request",
            encode=codec.encode_initiate,
        ),
        Request(
            name="identify",
            klass=RequestClass.STATEFUL,
            clause="ISO 9506-2, 9.3 (identify)",
            meaning="vendor, model and revision of the server",
            encode=codec.encode_identify,
            arguments={"invoke_id": range(128)},
        ),
        Request(
            name="get-name-list-domains",
            klass=RequestClass.DEPTH,
            clause="ISO 9506-2, 9.2 (getNameList); IEC 61850-8-1, 7.3.1",
            meaning="names of the domains, which are the logical devices of an IEC 61850 server",
            encode=codec.encode_domains,
            arguments={"invoke_id": range(128), "after": ("", "LD0", "IED1_Meas$1", "A" * 64)},
        ),
        Request(
            name="conclude",
            klass=RequestClass.STATEFUL,
            clause="ISO 9506-2, 8.5 (conclude)",
            meaning="end of the MMS association, in good order",
            encode=codec.encode_conclude,
        ),
        Request(
            name="release",
            klass=RequestClass.STATEFUL,
            clause="ISO 8327-1, 8.3.10 (finish); ISO 8650-1, 9.3 (RLRQ)",
            meaning="release of the association and the session",
            encode=layers.encode_finish,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=6, connections=1),
    depths={probe.DEPTH: Cost(units=probe.MOST_PAGES, connections=0)},
    claims=frozenset(
        {"service_name", "service_source", "service_product", "service_version"}
        | {"manufacturer", "model", "firmware_software_version", "mms_logical_devices"}
    ),
    sources=(
        "ISO 9506-2:2003 (MMS)",
        "IEC 61850-8-1:2011",
        "RFC 1006; ISO 8073; ISO 8327-1; ISO 8823-1; ISO 8650-1; ITU-T X.690",
    ),
)
