"""IEC 60870-5-104: does a station speak it?

Chosen because the test frame is answered to everybody and changes nothing: data transfer stays with the master that
started it. Who the station is, the protocol does not say; only a station that speaks unasked tells its common address.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.iec104 import codec, probe, vet

PROTOCOL = Protocol(
    name="iec104",
    title="IEC 60870-5-104",
    version=1,
    transport=Transport.TCP,
    ports=(2404,),
    framing=codec.FRAMING,
    klass=RequestClass.STATEFUL,
    requests=(
        Request(
            name="test-frame",
            klass=RequestClass.STATEFUL,
            clause="IEC 60870-5-104:2006, 5.2",
            meaning="TESTFR act, to which every station answers TESTFR con; data transfer is not touched",
            encode=codec.encode_test,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset({"service_name", "service_source", "iec104_common_addresses"}),
    sources=(
        "IEC 60870-5-104:2006, 5 (APCI) and 7 (sizes of the address fields)",
        "IEC 60870-5-101:2003, 7.2 and 7.3 (sizes of the information elements)",
    ),
)
