"""Whether a PostgreSQL server speaks TLS.

Chosen because it is what every client may ask before it says who it is; the server tells no version without a login.
Asked only where the port is known open. The server may note a broken TLS handshake in its log.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.postgres import codec, probe, vet

PROTOCOL = Protocol(
    name="postgres",
    title="PostgreSQL",
    version=1,
    transport=Transport.TCP,
    ports=(5432,),
    framing=codec.AS_IT_COMES,
    requests=(
        Request(
            name="ssl-request",
            klass=RequestClass.IDENTITY,
            clause="PostgreSQL documentation, Message Formats: SSLRequest",
            meaning="whether TLS is accepted: one byte, S or N",
            encode=codec.encode,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset({"service_name", "service_source", "postgres_tls"}),
    sources=("PostgreSQL documentation, Frontend/Backend Protocol",),
    everywhere=True,
    wants=Wants(frozenset()),
)
