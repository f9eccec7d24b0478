"""OPC UA discovery: the application behind a port, its endpoints with their security, and its certificates.

Chosen because discovery needs no session and no security by design: a client has to ask so much before it can know how
to log in. Any server is asked with GetEndpoints whenever a client connects for the first time.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.opcua import codec, discovery, probe, vet

URLS = ("opc.tcp://192.0.2.1:4840", "opc.tcp://192.0.2.254:48020", "opc.tcp://[2001:db8::1]:4840")
CHANNELS = TOKENS = range(1 << 32)
NUMBERS = range(2, 17)

IN_CHANNEL = {"channel": CHANNELS, "token": TOKENS, "number": NUMBERS}
VARYING = tuple(range(8, 16))  # channel and token, which the server chooses

HELLO = Request(
    name="hello",
    klass=RequestClass.IDENTITY,
    clause="OPC 10000-6, 7.1.2.3",
    meaning="largest units that we take, and the URL of the address that is asked",
    encode=codec.encode_hello,
    arguments={"url": URLS},
)
OPEN = Request(
    name="open-secure-channel",
    klass=RequestClass.IDENTITY,
    clause="OPC 10000-4, 5.6.2; OPC 10000-6, 6.7.2",
    meaning="a channel of security policy None for one minute, with which discovery is asked",
    encode=codec.encode_open,
    arguments={"number": range(1, 2)},
)
GET_ENDPOINTS = Request(
    name="get-endpoints",
    klass=RequestClass.IDENTITY,
    clause="OPC 10000-4, 5.5.4",
    meaning="endpoints with security mode, policy, ways to log in and certificate",
    encode=discovery.encode_get_endpoints,
    arguments={**IN_CHANNEL, "url": URLS},
    varying=VARYING,
)
CLOSE = Request(
    name="close-secure-channel",
    klass=RequestClass.IDENTITY,
    clause="OPC 10000-4, 5.6.3; OPC 10000-6, 7.1.4",
    meaning="the end of the channel",
    encode=codec.encode_close,
    arguments=IN_CHANNEL,
    varying=VARYING,
)
FIND_SERVERS = Request(
    name="find-servers",
    klass=RequestClass.IDENTITY,
    clause="OPC 10000-4, 5.5.2",
    meaning="servers known at this place; those at other addresses are not asked",
    encode=discovery.encode_find_servers,
    arguments={**IN_CHANNEL, "url": URLS},
    varying=VARYING,
)

PROTOCOL = Protocol(
    name="opcua",
    title="OPC UA",
    version=1,
    transport=Transport.TCP,
    ports=(4840,),
    framing=codec.FRAMING,
    requests=(HELLO, OPEN, FIND_SERVERS, GET_ENDPOINTS, CLOSE),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=6, connections=1),
    claims=frozenset(
        {"service_name", "service_source", "anonymous_access", "opcua_application_uri", "opcua_application_name"}
        | {"opcua_application_type", "opcua_product_uri", "opcua_discovery_urls", "opcua_endpoints"}
        | {"opcua_security_modes", "opcua_security_policies", "opcua_user_token_types", "opcua_unprotected_passwords"}
        | {"opcua_known_servers", "opcua_application_uri_certified", "certificate_uris"}
        | {"certificate_subject", "certificate_issuer", "certificate_names", "certificate_self_signed"}
        | {"certificate_names_revocation"}
        | {"certificate_not_before", "certificate_not_after", "certificate_key_type", "certificate_key_bits"}
        | {"certificate_signature_algorithm", "certificate_fingerprint"}
    ),
    sources=(
        "OPC 10000-4 release 1.05, OPC Unified Architecture, Services",
        "OPC 10000-6 release 1.05, OPC Unified Architecture, Mappings",
    ),
)
