"""The greeting of a MySQL or MariaDB server.

Chosen because the server speaks first: after the connect nothing is sent. A server counts a connection that is left so
and blocks an address after 100 of them in a row without a login (max_connect_errors); so there is one, and only where
the port is known open.
"""

from assetctl.model import Transport
from assetctl.protocol import Cost, Protocol, Wants
from assetctl.protocols.mysql import codec, probe, vet

PROTOCOL = Protocol(
    name="mysql",
    title="MySQL and MariaDB greeting",
    version=1,
    transport=Transport.TCP,
    ports=(3306,),
    framing=codec.FRAMING,
    requests=(),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=1, connections=1),
    claims=frozenset(
        {"service_name", "service_source", "service_banner", "service_product", "service_version"}
        | {"mysql_tls", "mysql_authentication"}
    ),
    sources=("MySQL Source Code Documentation, Client/Server Protocol", "MariaDB, Client/Server Protocol: Connecting"),
    everywhere=True,
    wants=Wants(frozenset()),
)
