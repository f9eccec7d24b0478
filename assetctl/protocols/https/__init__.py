"""The first page of a web server behind TLS.

The questions of `http`, each in a TLS connection. Asked unnamed only of ports behind which TLS was spoken, as the `tls`
step or earlier evidence shows: a device without TLS gets nothing of it, one with TLS a whole handshake beside the hello
of `tls`, which is left after the server's part and keeps the bytes of its certificate. A handshake counts 2 units: our
hello, and our part after the server's. Nothing is verified, no server name sent, no session resumed. What is kept as
evidence is the HTTP inside, so that old answers can be read again.
"""

from functools import partial

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.http import HOSTS, PATHS, codec
from assetctl.protocols.https import probe, vet
from assetctl.talk import HANDSHAKE_UNITS, TLS

PORTS = (443, 8443, 65535)

PROTOCOL = Protocol(
    name="https",
    title="HTTP over TLS",
    version=1,
    transport=Transport.TCP,
    ports=(443,),
    framing=codec.HEAD,
    requests=(
        Request(
            name="get-first-page",
            klass=RequestClass.IDENTITY,
            clause="RFC 9110, 4.2.2 and 9.3.1; RFC 9112, 3",
            meaning="status, header fields and page at the root; the host is the address that is asked",
            encode=partial(codec.encode, scheme="https"),
            arguments={"host": HOSTS, "port": PORTS},
        ),
        Request(
            name="get-page-it-leads-to",
            klass=RequestClass.IDENTITY,
            clause="RFC 9110, 9.3.1 and 15.4; RFC 9112, 3",
            meaning="the same of the page to which the first one redirects, on the same address and port",
            encode=partial(codec.encode, scheme="https"),
            arguments={"host": HOSTS, "port": PORTS, "path": PATHS},
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2 * (2 + HANDSHAKE_UNITS), connections=2),
    claims=frozenset({"http_title", "http_server", "http_generator", "http_realm", "http_asks_login"})
    | {"service_name", "service_source", "service_tunnel"},
    sources=(
        "RFC 9110, HTTP Semantics",
        "RFC 9112, HTTP/1.1",
        "RFC 5246 and RFC 8446, TLS 1.2 and 1.3",
        "HTML Living Standard, 4.2.2, 4.2.5, 4.10.5",
    ),
    everywhere=True,
    wants=Wants(frozenset(), tunnelled=True),
    envelope=TLS,
)
