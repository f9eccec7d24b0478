"""What FTP, Telnet and SMTP servers say unasked.

Chosen because these servers speak first: after the connect nothing is sent, no name, no password and no answer to a
Telnet negotiation. Which protocol it is follows from the words, and from the port only where the words leave it open.
"""

from assetctl.model import Transport
from assetctl.protocol import Cost, Protocol
from assetctl.protocols.greeting import codec, probe, vet

PROTOCOL = Protocol(
    name="greeting",
    title="Greetings of FTP, Telnet and SMTP",
    version=1,
    transport=Transport.TCP,
    ports=(21, 23),
    framing=codec.AS_IT_COMES,
    requests=(),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=1, connections=1),
    claims=frozenset({"service_name", "service_source", "service_banner"}),
    sources=(
        "RFC 959, 4.2 and 5.4 (FTP replies, connection establishment)",
        "RFC 5321, 3.1 and 4.2 (SMTP session initiation, replies)",
        "RFC 854 (Telnet commands)",
    ),
    everywhere=True,
)
