"""The first page of a web server.

Chosen because GET of "/" is what every browser asks: it changes nothing (RFC 9110, 9.2.1). One question on one
connection. Where the answer only leads to another page of the same server, that page is asked once more on a connection
of its own; never another host, scheme or port, and no path in which a word says that asking would do something. No link
is followed and no login tried. At most 64 KiB of a page are read.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.http import codec, probe, vet

HOSTS = ("192.0.2.1", "192.0.2.254", "2001:db8::1")
PATHS = ("/login.html", "/Portal/Portal.mwsl?PriNav=Start", "/web/%E4%B8%BB")

PROTOCOL = Protocol(
    name="http",
    title="HTTP",
    version=3,
    transport=Transport.TCP,
    ports=(80,),
    framing=codec.HEAD,
    requests=(
        Request(
            name="get-first-page",
            klass=RequestClass.IDENTITY,
            clause="RFC 9110, 9.3.1; RFC 9112, 3",
            meaning="status, header fields and page at the root; the host is the address that is asked",
            encode=codec.encode,
            arguments={"host": HOSTS, "port": (80, 8080, 65535)},
        ),
        Request(
            name="get-page-it-leads-to",
            klass=RequestClass.IDENTITY,
            clause="RFC 9110, 9.3.1 and 15.4; RFC 9112, 3",
            meaning="the same of the page to which the first one redirects, on the same address and port",
            encode=codec.encode,
            arguments={"host": HOSTS, "port": (80, 8080, 65535), "path": PATHS},
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=4, connections=2),
    claims=frozenset(
        {"http_title", "http_server", "http_generator", "http_realm", "http_redirects_to_tls", "http_asks_login"}
    )
    | {"service_name", "service_source"},
    sources=("RFC 9110, HTTP Semantics", "RFC 9112, HTTP/1.1", "HTML Living Standard, 4.2.2, 4.2.5, 4.10.5"),
    everywhere=True,
)
