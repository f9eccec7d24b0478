"""Version and encryption of Microsoft SQL Server.

Chosen because PRELOGIN is what every client asks before it says who it is. Asked only where the port is known open.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.mssql import codec, probe, vet

PROTOCOL = Protocol(
    name="mssql",
    title="Microsoft SQL Server",
    version=1,
    transport=Transport.TCP,
    ports=(1433,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="prelogin",
            klass=RequestClass.IDENTITY,
            clause="[MS-TDS], 2.2.6.5",
            meaning="version and encryption of the server",
            encode=codec.encode,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset({"service_name", "service_source", "service_product", "service_version", "mssql_encryption"}),
    sources=("[MS-TDS], Tabular Data Stream Protocol",),
    everywhere=True,
    wants=Wants(frozenset()),
)
