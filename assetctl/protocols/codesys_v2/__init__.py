"""CODESYS V2: the operating system under a runtime of CODESYS 2.3, and what the runtime calls itself.

Chosen because controllers of that generation tell it without a log-in, and often nothing else. The maker does not
publish the protocol and the question opens a session, so all of it needs a consent. One question is known here; files,
commands and programs have no encoder. Tools also know a question in big-endian order; no source shows an answer to
it, and it does not follow the framing of the first, so it is not asked.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.codesys_v2 import codec, probe, vet

PROTOCOL = Protocol(
    name="codesys_v2",
    title="CODESYS V2",
    version=1,
    transport=Transport.TCP,
    ports=(2455, 1200),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="begin",
            klass=RequestClass.STATEFUL,
            clause="service 0x01",
            meaning="operating system and product of the runtime",
            encode=codec.encode_begin,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset(
        {"operating_system", "os_version", "codesys_os_details", "codesys_product", "service_name", "service_source"}
    ),
    sources=(
        "Digital Bond Redpoint, codesys-v2-discover",
        "Digital Bond Basecamp, codesys-transfer and codesys-shell",
        "Greenbone, CODESYS service detection and its list of operating systems seen",
    ),
    klass=RequestClass.STATEFUL,
    verified=False,
    wants=Wants(frozenset({"WAGO", "ABB", "Eaton", "Festo", "Bosch Rexroth"})),
)
