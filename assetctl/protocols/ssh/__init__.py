"""SSH identification and algorithm lists.

Chosen because both sides say them in clear before any key exchange: one line and one packet. A host key is shown in the
middle of a key exchange, after one public value of ours: that is depth, since it costs a server's processor some work,
and one connection for each kind of key. No exchange is completed and no login begun.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.ssh import codec, exchange, probe, vet

PROTOCOL = Protocol(
    name="ssh",
    title="SSH",
    version=1,
    transport=Transport.TCP,
    ports=(22,),
    framing=codec.PACKET,
    requests=(
        Request(
            name="identification",
            klass=RequestClass.IDENTITY,
            clause="RFC 4253, 4.2",
            meaning="our own identification line, after which a server lists its algorithms",
            encode=codec.encode,
        ),
        Request(
            name="key-exchange-start",
            klass=RequestClass.DEPTH,
            clause="RFC 4253, 7.1 and 8; RFC 5656, 4; RFC 8731, 3",
            meaning="our algorithm lists and public value, after which a server shows one host key",
            encode=exchange.encode,
            arguments={
                "host_key": tuple(exchange.HOST_KEYS),
                "group": tuple(dict.fromkeys(exchange.KEX.values())),
                "seed": range(0x10000),
            },
            varying=exchange.COOKIE_OFFSETS,
            depths=("ssh.hostkeys",),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset({*probe.LISTS.values(), "service_name", "service_source", "service_banner"})
    | {"ssh_protocol_version", "ssh_host_key_types", "ssh_host_key_fingerprints"},
    sources=(
        "RFC 4253, The Secure Shell (SSH) Transport Layer Protocol",
        "RFC 4251, 5 (name-list)",
        "RFC 5656 and RFC 8731, elliptic curves",
        "RFC 2409 and RFC 3526, groups of Diffie-Hellman",
    ),
    depths={"ssh.hostkeys": Cost(units=12, connections=4)},
    everywhere=True,
)
