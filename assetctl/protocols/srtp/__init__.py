"""GE SRTP: the CPU type of a GE Fanuc, GE or Emerson controller.

Chosen because these controllers tell their type without a log-in. A client takes a place among the few that a
controller serves, so all of it needs a consent. Beginning a connection and one read service are known here; memory,
programs, privilege and run state have no encoder. Controllers of other makers answer the begin of a connection too.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.srtp import codec, probe, vet

_STATEFUL = RequestClass.STATEFUL

PROTOCOL = Protocol(
    name="srtp",
    title="GE SRTP",
    version=1,
    transport=Transport.TCP,
    ports=(18245,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="begin",
            klass=_STATEFUL,
            clause="Denton et al., DFRWS 2017, section 3: 56 zero bytes",
            meaning="begin of a connection",
            encode=codec.encode_begin,
        ),
        Request(
            name="return-controller-type",
            klass=_STATEFUL,
            clause="GFK-0529, Return Controller Type and ID Information; service request code 0x43",
            meaning="major and minor type of the CPU",
            encode=codec.encode_controller_type,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=3, connections=1),
    claims=frozenset({"model", "srtp_controller_type", "service_name", "service_source"}),
    sources=(
        "Denton et al., Leveraging the SRTP protocol, DFRWS 2017, tables 1, 2 and 4",
        "cisagov and parsitects, icsnpp-ge-srtp; Palatis, Wireshark dissector packet-ge-srtp",
        "GE GFK-2222, PACSystems CPU Reference Manual, RTU message 17: device type and minor types",
        "praetorian-inc/nerva, gesrtp plugin; automayt/ICS-pcap, GE-SRTP notes",
        "jobeastwood/gesrtp-py, on an RX3i; HslCommunication, GeHelper",
    ),
    klass=_STATEFUL,
    verified=False,
    wants=Wants(frozenset({"GE", "Emerson"})),
)
