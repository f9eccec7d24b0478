"""TLS version, cipher suite and certificate of a server, from the beginning of one handshake.

Chosen because a server shows them to everybody who connects. TLS 1.3 and all before it are offered; TLS 1.3 seals its
certificate with the keys of the handshake, which our one key share lets us compute. The handshake is left after the
server's part, so no data is sent and no session begun. One depth question offers TLS 1.2, 1.1 and 1.0 on connections of
their own, as far as they are still open; the other offers weak suites alone, kind by kind. What refuses TLS 1.0 as a
version refuses SSL 3.0 too (RFC 5246, E.1), so that is never offered. No server name is sent: addresses have none
(RFC 6066, 3).
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.tls import codec, offer, probe, vet

SEEDS = range(0x10000)

PROTOCOL = Protocol(
    name="tls",
    title="TLS",
    version=2,
    transport=Transport.TCP,
    ports=(443,),
    framing=codec.RECORD,
    requests=(
        Request(
            name="client-hello",
            klass=RequestClass.IDENTITY,
            clause="RFC 8446, 4.1.2 and 4.2.8; RFC 5246, 7.4.1.2",
            meaning="offer of TLS 1.0 to 1.3 with ordinary cipher suites; the server answers with its certificate",
            encode=offer.encode,
            arguments={"version": (offer.TLS_1_3,), "seed": SEEDS},
            varying=(*offer.RANDOM_OFFSETS, *offer.POINT_OFFSETS),
        ),
        Request(
            name="client-hello-of-version",
            klass=RequestClass.DEPTH,
            clause="RFC 2246, 7.4.1.2; RFC 4346, 7.4.1.2; RFC 5246, 7.4.1.2",
            meaning="offer of TLS 1.0, 1.1 or 1.2 at most",
            encode=offer.encode,
            arguments={"version": (offer.TLS_1_0, offer.TLS_1_1, offer.TLS_1_2), "seed": SEEDS},
            varying=offer.RANDOM_OFFSETS,
            depths=("tls.versions",),
        ),
        Request(
            name="client-hello-of-weak-suites",
            klass=RequestClass.DEPTH,
            clause="RFC 5246, 7.4.1.2 and appendix C",
            meaning="offer of TLS 1.2 at most with weak suites alone: null, anonymous, export, RC4, or DES and 3DES",
            encode=offer.encode_weak,
            arguments={"kind": tuple(offer.WEAK), "seed": SEEDS},
            varying=offer.RANDOM_OFFSETS,
            depths=("tls.suites",),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset(
        {"service_tunnel", "tls_versions", "tls_versions_tried", "tls_weak_suites"}
        | {"certificate_subject", "certificate_issuer", "certificate_names", "certificate_self_signed"}
        | {"certificate_names_revocation"}
        | {"certificate_not_before", "certificate_not_after", "certificate_key_type", "certificate_key_bits"}
        | {"certificate_signature_algorithm", "certificate_fingerprint"}
    ),
    sources=(
        "RFC 2246 and RFC 4346, TLS 1.0 and 1.1",
        "RFC 5246, TLS 1.2",
        "RFC 8446, TLS 1.3",
        "RFC 5280, X.509 certificates",
    ),
    depths={"tls.versions": Cost(units=6, connections=3), "tls.suites": Cost(units=10, connections=5)},
    everywhere=True,
)
