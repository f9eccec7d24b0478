"""Certificates of x509.log, which names no host: they belong to the servers whose connections of ssl.log show them.

Both name a certificate by its fingerprint. Names are told as a scan tells them, or not at all where Zeek writes them in
another way (attributes that only OpenSSL names, escaped characters).
Source: Zeek's script reference, base/files/x509 (X509::Info) and base/protocols/ssl/files (cert_chain_fps).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from assetctl.exchange.flow_rows import moment
from assetctl.exchange.zeek_rows import Log, Row
from assetctl.exchange.zeek_said import CONFIDENCE
from assetctl.model import Claim, SubjectKind, Value
from assetctl.protocols.tls.certificate import MOST_NAMES, MOST_TEXT

X509 = "x509"
MOST_CERTIFICATES = 50_000
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"(?:CN|L|ST|O|OU|C|STREET|DC|UID)=[^,+\\]*(?:[,+](?:CN|L|ST|O|OU|C|STREET|DC|UID)=[^,+\\]*)*")
_KEYS = {"rsa": "rsa", "dsa": "dsa", "ecdsa": "ec"}

Facts = Mapping[str, Value]


def shown(row: Row) -> str:
    """Fingerprint of the certificate that a server showed, "" where the row does not tell it."""
    leaf = row["cert_chain_fps"].partition(",")[0].lower()
    return leaf if _FINGERPRINT.fullmatch(leaf) else ""


def read_certificates(log: Log) -> dict[str, Facts]:
    """What each certificate of a log says, by fingerprint. Raises InputError when it is none of Zeek."""
    found: dict[str, Facts] = {}
    for row in log.rows():
        fingerprint = row["fingerprint"].lower()
        if log.name == X509 and _FINGERPRINT.fullmatch(fingerprint) and len(found) < MOST_CERTIFICATES:
            try:
                found.setdefault(fingerprint, dict(_facts(row)))
            except (ValueError, OverflowError) as fault:
                log.skip(row.number, str(fault))
    return found


def told_of(claims: Iterable[Claim], certificates: Mapping[str, Facts]) -> Iterator[Claim]:
    """What is known of the certificates that claims name."""
    for one in claims:
        if one.key == "certificate_fingerprint":
            for key, value in certificates.get(str(one.value), {}).items():
                yield Claim(key, value, SubjectKind.CERTIFICATE, one.local_key, confidence=CONFIDENCE)


def _facts(row: Row) -> Iterator[tuple[str, Value]]:
    subject, issuer = row["certificate.subject"], row["certificate.issuer"]
    for key, text in (("certificate_subject", subject), ("certificate_issuer", issuer)):
        if _NAME.fullmatch(text):
            yield key, text[:MOST_TEXT]
    if subject and issuer:
        yield "certificate_self_signed", subject == issuer
    yield "certificate_not_before", _day(row["certificate.not_valid_before"]).isoformat()
    yield "certificate_not_after", _day(row["certificate.not_valid_after"]).isoformat()
    if kind := _KEYS.get(row["certificate.key_type"]):
        yield "certificate_key_type", kind
        yield "certificate_key_bits", int(row["certificate.key_length"])
    if row["certificate.sig_alg"]:
        yield "certificate_signature_algorithm", row["certificate.sig_alg"]
    if names := _alternative(row):
        yield "certificate_names", names


def _day(text: str) -> datetime:
    return moment(text).replace(microsecond=0)


def _alternative(row: Row) -> tuple[str, ...]:
    """Alternative names of one kind; of both, the order that the certificate has is not told."""
    names, addresses = row["san.dns"], row["san.ip"]
    found = [] if names and addresses else (names or addresses).split(",")
    return tuple(dict.fromkeys(one[:MOST_TEXT] for one in found[:MOST_NAMES] if one))
