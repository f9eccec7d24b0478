"""What a certificate says, read with the cryptography library, part by part: a part it cannot read is left out."""

import hashlib
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from assetctl.model import Claim, SubjectKind, Value
from assetctl.protocols.tls import names

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

PSS = "rsassaPss"  # names no digest: its parameters do
MOST_NAMES = 100
MOST_TEXT = 512


def claims(der: bytes, service: str) -> tuple[Claim, ...]:
    """The facts of one certificate. service: the local key of the service that showed it, such as "tcp/443".

    The fingerprint needs no decoding, so it is known of a broken one too.
    """
    fingerprint = hashlib.sha256(der).hexdigest()
    where = SubjectKind.CERTIFICATE, f"{service}/{fingerprint}"
    told = [("certificate_fingerprint", fingerprint), *_facts(der)]
    return tuple(Claim(key, value, *where) for key, value in told if value not in ("", ()))


def uris(der: bytes) -> tuple[str, ...]:
    """The URIs among the alternative names of a certificate, which OPC UA wants there; () where none can be read."""
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            extensions = x509.load_der_x509_certificate(der).extensions
            found = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except Exception:  # noqa: BLE001 - foreign code over a device's bytes
            return ()
    texts = (name.value[:MOST_TEXT] for name in found if isinstance(name, x509.UniformResourceIdentifier))
    return tuple(dict.fromkeys(list(texts)[:MOST_NAMES]))


def _facts(der: bytes) -> list[tuple[str, Value]]:
    from cryptography import x509

    with warnings.catch_warnings():  # serial numbers and names that only a newer standard forbids
        warnings.simplefilter("ignore")
        try:
            certificate = x509.load_der_x509_certificate(der)
        except Exception:  # noqa: BLE001 - foreign code over a device's bytes; the fingerprint names the evidence
            return []
        return [fact for read in _READERS for fact in _tried(read, certificate)]


def _tried(read: "Callable[[Certificate], Iterator[tuple[str, Value]]]", certificate: "Certificate") -> "_Facts":
    try:
        return list(read(certificate))
    except Exception:  # noqa: BLE001 - the library raises many kinds on odd parts; the other parts are still good
        return []


_Facts = list[tuple[str, Value]]


def _names(certificate: "Certificate") -> Iterator[tuple[str, Value]]:
    subject, issuer = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
    yield "certificate_subject", subject[:MOST_TEXT]
    yield "certificate_issuer", issuer[:MOST_TEXT]
    yield "certificate_self_signed", certificate.subject == certificate.issuer


def _validity(certificate: "Certificate") -> Iterator[tuple[str, Value]]:
    yield "certificate_not_before", certificate.not_valid_before_utc.isoformat()
    yield "certificate_not_after", certificate.not_valid_after_utc.isoformat()


def _signature(certificate: "Certificate") -> Iterator[tuple[str, Value]]:
    name = names.signature(certificate.signature_algorithm_oid.dotted_string)
    if name == PSS and certificate.signature_hash_algorithm is not None:
        name = f"{name} with {certificate.signature_hash_algorithm.name}"
    yield "certificate_signature_algorithm", name


def _key(certificate: "Certificate") -> Iterator[tuple[str, Value]]:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

    key = certificate.public_key()
    match key:
        case rsa.RSAPublicKey():
            kind, bits = "rsa", key.key_size
        case ec.EllipticCurvePublicKey():
            kind, bits = "ec", key.key_size
        case dsa.DSAPublicKey():
            kind, bits = "dsa", key.key_size
        case ed25519.Ed25519PublicKey():
            kind, bits = "ed25519", 256
        case ed448.Ed448PublicKey():
            kind, bits = "ed448", 456
        case _:
            return
    yield "certificate_key_type", kind
    yield "certificate_key_bits", bits


def _alternative_names(certificate: "Certificate") -> Iterator[tuple[str, Value]]:
    from cryptography import x509

    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    texts = (str(name.value)[:MOST_TEXT] for name in found if isinstance(name, x509.DNSName | x509.IPAddress))
    yield "certificate_names", tuple(dict.fromkeys(list(texts)[:MOST_NAMES]))


def _revocation(certificate: "Certificate") -> Iterator[tuple[str, Value]]:
    """Whether it names a list of revoked certificates or an OCSP responder (RFC 5280, 4.2.1.13 and 4.2.2.1)."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    extensions = certificate.extensions
    lists = [one for one in extensions if isinstance(one.value, x509.CRLDistributionPoints)]
    access = [one.value for one in extensions if isinstance(one.value, x509.AuthorityInformationAccess)]
    has_responder = any(way.access_method == AuthorityInformationAccessOID.OCSP for found in access for way in found)
    yield "certificate_names_revocation", bool(lists) or has_responder


_READERS = (_names, _validity, _signature, _key, _alternative_names, _revocation)
