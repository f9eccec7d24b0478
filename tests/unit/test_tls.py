"""The beginning of a TLS handshake: what may leave, what the server's part proves, and what a certificate says."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from itertools import pairwise
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.tls import PROTOCOL, certificate, codec, keys, names, offer, probe, vet
from assetctl.talk import Ask, Open, Reply
from assetctl.wire import Length, cut

DEEP = frozenset({probe.DEPTH})
PROTOCOL_VERSION = bytes.fromhex("15030100020246")
HANDSHAKE_FAILURE = bytes.fromhex("15030300020228")
Server = Callable[[bytes], list[bytes]]


def record(data: bytes, content_type: int = 22) -> bytes:
    return bytes((content_type,)) + b"\x03\x03" + len(data).to_bytes(2) + data


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3) + body


def hello(version: int, suite: int = 0xC02F, extensions: bytes = b"") -> bytes:
    tail = len(extensions).to_bytes(2) + extensions if extensions else b""
    return message(2, version.to_bytes(2) + bytes(32) + b"\0" + suite.to_bytes(2) + b"\0" + tail)


def chain(*certificates: bytes) -> bytes:
    inner = b"".join(len(one).to_bytes(3) + one for one in certificates)
    return message(11, len(inner).to_bytes(3) + inner)


SHARED = bytes.fromhex("002b00020304003300450017004104") + bytes.fromhex(  # the generator of secp256r1, SEC 2, 2.4.2
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
RETRY_1_3 = record(hello(0x0303, 0x1301, bytes.fromhex("002b00020304")))


def offered(unit: bytes) -> int:
    """The highest version of a hello of ours: TLS 1.3 stands in an extension."""
    return 0x0304 if bytes.fromhex("002b0009080304") in unit else int.from_bytes(unit[9:11])


def converse(server: Server, depth: frozenset[str] = frozenset()) -> tuple[dict[str, Any], list[int]]:
    """The claims of a talk with a server that answers a hello with records, and the versions it was offered."""
    talk = PROTOCOL.probe(Context(port=443, depth=depth))
    queue: list[bytes] = []
    versions: list[int] = []
    step = next(talk)
    try:
        while True:
            if isinstance(step, Ask) and step.payload:
                versions.append(offered(step.payload))
                queue = server(step.payload)
            if isinstance(step, Open):
                reply = Reply(Outcome.ANSWERED)
            else:
                reply = Reply(Outcome.ANSWERED, (queue.pop(0),)) if queue else Reply(Outcome.SILENT)
            step = talk.send(reply)
    except StopIteration as end:
        return {c.key: c.value for c in end.value}, versions


def of(*accepted: int) -> Server:
    """A server that has these versions and negotiates as RFC 5246, E.1 says."""

    def answer(unit: bytes) -> list[bytes]:
        wanted = offered(unit)
        if wanted == 0x0304 and wanted in accepted:
            return [RETRY_1_3]
        fitting = [version for version in accepted if version <= wanted]
        return [record(hello(max(fitting)) + chain(b"der"))] if fitting else [PROTOCOL_VERSION]

    return answer


@pytest.mark.parametrize(
    ("accepted", "versions", "tried"),
    [
        ((0x0303, 0x0304), ("TLSv1.3",), "TLSv1.3"),
        ((0x0303,), ("TLSv1.2",), "TLSv1.2 TLSv1.3"),
        ((0x0301,), ("TLSv1.0",), "TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3"),
        ((0x0300,), ("SSLv3",), "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3"),
        ((), None, "TLSv1.2 TLSv1.3"),
    ],
)
def test_one_handshake_by_default_and_a_choice_answers_for_the_versions_above_it(
    accepted: tuple[int, ...], versions: tuple[str, ...] | None, tried: str
) -> None:
    claims, made = converse(of(*accepted))
    assert made == [0x0304]
    assert claims["service_tunnel"] == "ssl"
    assert claims.get("tls_versions") == versions
    assert claims["tls_versions_tried"] == tuple(tried.split())


@pytest.mark.parametrize(
    ("accepted", "versions", "tried", "offers"),
    [
        ((0x0303, 0x0304), ("TLSv1.2", "TLSv1.3"), "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3", 4),
        ((0x0304,), ("TLSv1.3",), "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3", 4),
        ((), None, "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3", 3),
        ((0x0301, 0x0302, 0x0303), ("TLSv1.0", "TLSv1.1", "TLSv1.2"), "TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3", 3),
        ((0x0301, 0x0303), ("TLSv1.0", "TLSv1.2"), "TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3", 2),
        ((0x0300, 0x0303), ("SSLv3", "TLSv1.2"), "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3", 2),
        ((0x0301,), ("TLSv1.0",), "TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3", 1),
    ],
)
def test_the_depth_question_offers_each_version_that_is_still_open(
    accepted: tuple[int, ...], versions: tuple[str, ...] | None, tried: str, offers: int
) -> None:
    claims, made = converse(of(*accepted), DEEP)
    assert len(made) == offers
    assert claims.get("tls_versions") == versions
    assert claims["tls_versions_tried"] == tuple(tried.split())


def test_a_refusal_that_may_be_about_suites_is_no_answer_about_versions() -> None:
    claims, _ = converse(lambda _unit: [HANDSHAKE_FAILURE], DEEP)
    assert claims == {"service_tunnel": "ssl"}


def test_a_warning_does_not_end_the_handshake() -> None:
    warning = bytes.fromhex("15030300020170")  # unrecognized_name
    claims, _ = converse(lambda _unit: [warning, record(hello(0x0303)), record(chain(b"der"))])
    assert claims["certificate_fingerprint"] == hashlib.sha256(b"der").hexdigest()


@pytest.mark.parametrize(
    "answer",
    [
        [b"\x17\x03\x03\x00\x01x"],
        [b"HTTP/"],
        [record(chain(b"der"))],
        [record(hello(0x0305))],
        [record(message(2, b"\x03\x03"))],
        [record(b"\x02\xff\xff\xff")],
        [],
    ],
)
def test_an_answer_that_is_no_tls_ends_the_talk_without_a_claim(answer: list[bytes]) -> None:
    claims, made = converse(lambda _unit: answer, DEEP)
    assert claims == {}
    assert len(made) == 1


@pytest.mark.parametrize(
    "answer",
    [
        [record(hello(0x0303, 0xC02F, SHARED))],  # no suite of TLS 1.3
        [record(hello(0x0303, 0x1301, SHARED[:-1] + b"\0"))],  # no point of the curve
        [record(hello(0x0303, 0x1301, SHARED)), record(b"x" * 40, 23)],
        [record(hello(0x0303, 0x1301, SHARED)), record(b"", 23)],
    ],
)
def test_a_certificate_whose_seal_does_not_open_is_not_told(answer: list[bytes]) -> None:
    claims, _ = converse(lambda _unit: list(answer))
    assert claims == {"service_tunnel": "ssl", "tls_versions": ("TLSv1.3",), "tls_versions_tried": ("TLSv1.3",)}


@given(cuts=st.lists(st.integers(0, 80), max_size=6))
def test_messages_may_be_cut_over_records_as_the_server_likes(cuts: list[int]) -> None:
    whole = hello(0x0303) + chain(b"d" * 20)
    edges = [0, *sorted(cuts), len(whole)]
    records = [record(whole[a:b]) for a, b in pairwise(edges) if a < b]
    claims, _ = converse(lambda _unit: list(records))
    assert claims["certificate_fingerprint"] == hashlib.sha256(b"d" * 20).hexdigest()


def test_a_server_that_never_ends_is_left() -> None:
    claims, made = converse(lambda _unit: [record(b"\x02\x00\x10\x00" if at == 0 else b"x") for at in range(99)], DEEP)
    assert (claims, len(made)) == ({}, 1)


def test_a_weak_suite_that_was_chosen_is_named_and_a_good_one_proves_nothing() -> None:
    assert converse(lambda _unit: [record(hello(0x0303, 0x000A))])[0]["tls_weak_suites"] == (
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    )
    assert "tls_weak_suites" not in converse(lambda _unit: [record(hello(0x0303))])[0]


SUITES = frozenset({"tls.suites"})
KINDS = {tuple(suites): kind for kind, suites in offer.WEAK.items()}


def with_weak(answers: dict[str, bytes]) -> tuple[dict[str, Any], list[int]]:
    """The claims of a server of TLS 1.2 that answers each kind of weak suites so, others with a refusal."""

    def answer(unit: bytes) -> list[bytes]:
        size = int.from_bytes(unit[44:46])
        suites = tuple(int.from_bytes(unit[at : at + 2]) for at in range(46, 46 + size, 2))
        kind = KINDS.get(suites, "")
        return [record(hello(0x0303) + chain(b"der"))] if not kind else [answers.get(kind, HANDSHAKE_FAILURE)]

    return converse(answer, SUITES)


def test_a_server_that_refuses_every_kind_of_weak_suites_has_none() -> None:
    claims, made = with_weak({})
    assert claims["tls_weak_suites"] == ()
    assert made == [0x0304] + [0x0303] * len(offer.WEAK)


def test_each_kind_of_weak_suites_that_is_taken_is_named() -> None:
    claims, _ = with_weak({"rc4": record(hello(0x0303, 0x0005)), "null": record(hello(0x0301, 0xC010))})
    assert claims["tls_weak_suites"] == ("TLS_ECDHE_RSA_WITH_NULL_SHA", "TLS_RSA_WITH_RC4_128_SHA")
    assert claims["tls_versions"] == ("TLSv1.2",)


@pytest.mark.parametrize("odd", [bytes.fromhex("15030300020250"), b"HTTP/", record(b"", 23)])
def test_a_kind_that_stays_open_leaves_a_clean_list_untold(odd: bytes) -> None:
    assert "tls_weak_suites" not in with_weak({"rc4": odd})[0]
    found = with_weak({"rc4": odd, "null": record(hello(0x0303, 0x0002))})[0]
    assert found["tls_weak_suites"] == ("TLS_RSA_WITH_NULL_SHA",)


def test_a_server_of_tls_1_3_alone_has_no_weak_suite() -> None:
    claims, made = converse(of(0x0304), SUITES)
    assert claims["tls_weak_suites"] == ()
    assert len(made) == 2


def test_every_weak_suite_that_is_offered_has_a_name_of_its_kind() -> None:
    words = {"null": "NULL", "anonymous": "_anon_", "export": "EXPORT", "rc4": "RC4", "des": "DES"}
    for kind, suites in offer.WEAK.items():
        assert all(words[kind] in names.weak_suite(suite) for suite in suites)


@given(version=st.sampled_from([0x0301, 0x0302, 0x0303, 0x0304]), seed=st.integers(0, 0xFFFF))
def test_a_hello_is_one_record_that_states_its_own_length(version: int, seed: int) -> None:
    unit = offer.encode(version=version, seed=seed)
    assert isinstance(codec.RECORD, Length)
    assert cut(codec.RECORD, unit) == (unit, b"")
    ((kind, body),) = codec.messages(unit[5:])
    assert (kind, int.from_bytes(body[:2])) == (1, min(version, 0x0303))


def test_a_hello_stays_below_the_size_on_which_old_load_balancers_hang() -> None:
    assert all(len(offer.encode(version=version, seed=0)) - 5 < 256 for version in range(0x0301, 0x0305))


def test_what_varies_between_two_hellos_is_random_and_key_alone() -> None:
    first, second = (offer.encode(version=offer.TLS_1_3, seed=seed) for seed in (1, 2))
    differing = {at for at, (a, b) in enumerate(zip(first, second, strict=True)) if a != b}
    assert differing <= set(PROTOCOL.requests[0].varying)
    assert len(PROTOCOL.requests[0].varying) == 32 + 64


def test_the_seal_of_the_published_example_handshake_opens_its_records() -> None:
    """RFC 8448, section 3, has its keys on x25519; from the shared secret on the schedule is the same."""
    secret = bytes.fromhex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d")
    heard = bytes.fromhex("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8")
    key, iv = keys.traffic(secret, heard, "sha256", 16)
    assert key.hex() == "3fce516009c21727d0f2e4e86ee403bc"
    assert iv.hex() == "5d313eb2671276ee13000b30"


@pytest.mark.parametrize(
    ("at", "new"),
    [(43, "20" + "00" * 32), (-4, ""), (5, "02"), (9, "0300")],
)
def test_a_hello_with_a_session_cut_off_or_of_another_kind_may_not_leave(at: int, new: str) -> None:
    unit = offer.encode(version=offer.TLS_1_2, seed=1)
    with pytest.raises(Refusal):
        vet.vet(unit[:at] + bytes.fromhex(new) + (unit[at + len(new) // 2 :] if at > 0 else b""))


def test_a_server_name_may_not_leave() -> None:
    unit = offer.encode(version=offer.TLS_1_2, seed=1)
    name = bytes.fromhex("00000009000700000466697273")
    longer = unit[:3] + (len(unit) - 5 + len(name)).to_bytes(2) + unit[5:] + name
    with pytest.raises(Refusal):
        vet.vet(longer)


# --- certificates -----------------------------------------------------------------------------------------------------

NAME = x509.Name(
    [
        x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Plant, Inc"),
        x509.NameAttribute(x509.NameOID.COMMON_NAME, "hmi-3"),
    ]
)


def made(key: Any, *, issuer: x509.Name = NAME, names: x509.ExtensionType | None = None) -> bytes:
    builder = (
        x509.CertificateBuilder(issuer, NAME, key.public_key(), 7)
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2034, 1, 1, tzinfo=UTC))
    )
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(Encoding.DER)


def told(der: bytes) -> dict[str, Any]:
    return {c.key: c.value for c in certificate.claims(der, "tcp/443")}


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA512()])
def test_a_signature_of_rsassa_pss_is_told_with_the_digest_in_its_parameters(digest: hashes.HashAlgorithm) -> None:
    key = rsa.generate_private_key(65537, 2048)
    days = datetime(2024, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder(NAME, NAME, key.public_key(), 7).not_valid_before(days[0]).not_valid_after(days[1])
    )
    pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
    der = builder.sign(key, digest, rsa_padding=pss).public_bytes(Encoding.DER)
    assert told(der)["certificate_signature_algorithm"] == f"rsassaPss with {digest.name}"


def test_a_certificate_says_who_it_is_for_how_long_and_with_which_key() -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("hmi-3.plant"), x509.IPAddress(ip_address("192.0.2.7"))])
    der = made(ec.generate_private_key(ec.SECP384R1()), names=names)
    assert told(der) == {
        "certificate_fingerprint": hashlib.sha256(der).hexdigest(),
        "certificate_subject": "CN=hmi-3,O=Plant\\, Inc,C=DE",
        "certificate_issuer": "CN=hmi-3,O=Plant\\, Inc,C=DE",
        "certificate_self_signed": True,
        "certificate_names": ("hmi-3.plant", "192.0.2.7"),
        "certificate_names_revocation": False,
        "certificate_not_before": "2024-01-01T00:00:00+00:00",
        "certificate_not_after": "2034-01-01T00:00:00+00:00",
        "certificate_key_type": "ec",
        "certificate_key_bits": 384,
        "certificate_signature_algorithm": "ecdsa-with-SHA256",
    }


@pytest.mark.parametrize(
    ("key", "kind", "bits", "signature"),
    [
        (rsa.generate_private_key(65537, 1024), "rsa", 1024, "sha256WithRSAEncryption"),
        (dsa.generate_private_key(1024), "dsa", 1024, "dsa_with_SHA256"),
        (ed25519.Ed25519PrivateKey.generate(), "ed25519", 256, "ED25519"),
    ],
    ids=["rsa", "dsa", "ed25519"],
)
def test_key_and_signature_are_named(key: Any, kind: str, bits: int, signature: str) -> None:
    facts = told(made(key))
    assert (facts["certificate_key_type"], facts["certificate_key_bits"]) == (kind, bits)
    assert facts["certificate_signature_algorithm"] == signature


def test_an_issuer_of_another_name_is_not_self_signed() -> None:
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Plant CA")])
    facts = told(made(ed25519.Ed25519PrivateKey.generate(), issuer=issuer))
    assert facts["certificate_self_signed"] is False
    assert facts["certificate_issuer"] == "CN=Plant CA"


def _at(method: x509.ObjectIdentifier) -> x509.AuthorityInformationAccess:
    where = x509.UniformResourceIdentifier("http://ca.plant.example")
    return x509.AuthorityInformationAccess([x509.AccessDescription(method, where)])


def _list_of_revoked() -> x509.CRLDistributionPoints:
    where = [x509.UniformResourceIdentifier("http://ca.plant.example/crl")]
    return x509.CRLDistributionPoints([x509.DistributionPoint(where, None, None, None)])


@pytest.mark.parametrize(
    ("extension", "names_revocation"),
    [
        (_list_of_revoked(), True),
        (_at(AuthorityInformationAccessOID.OCSP), True),
        (_at(AuthorityInformationAccessOID.CA_ISSUERS), False),
        (None, False),
    ],
    ids=["list", "responder", "issuer alone", "nothing"],
)
def test_revocation_can_be_checked_by_a_list_or_a_responder(
    extension: x509.ExtensionType | None, names_revocation: bool
) -> None:
    facts = told(made(ed25519.Ed25519PrivateKey.generate(), names=extension))
    assert facts["certificate_names_revocation"] is names_revocation


def test_names_without_end_are_cut() -> None:
    many = x509.SubjectAlternativeName([x509.DNSName(f"h{number}.example") for number in range(500)])
    assert len(told(made(ed25519.Ed25519PrivateKey.generate(), names=many))["certificate_names"]) == 100


DER = made(ed25519.Ed25519PrivateKey.generate())


@given(at=st.integers(0, len(DER) - 1), byte=st.integers(0, 255), size=st.integers(0, len(DER)))
def test_a_broken_certificate_keeps_its_fingerprint_and_raises_nothing(at: int, byte: int, size: int) -> None:
    for der in (DER[:size], DER[:at] + bytes((byte,)) + DER[at + 1 :]):
        assert told(der)["certificate_fingerprint"] == hashlib.sha256(der).hexdigest()


def test_a_chain_without_end_is_refused() -> None:
    with pytest.raises(WireError):
        codec.decode_chain(chain(*[b"x"] * (codec.MOST_CHAIN + 1))[4:])
