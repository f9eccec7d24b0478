"""What nmap's scripts say about keys: certificates, TLS versions and suites, fingerprints."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assetctl.exchange.nmap_elements import MOST_VALUES, number, table, values
from assetctl.model import Claim, SubjectKind, Value

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SHORT_NAMES = {  # RFC 4514, section 3, in the order in which a name is written
    "commonName": "CN",
    "organizationalUnitName": "OU",
    "organizationName": "O",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "countryName": "C",
}
_SAN = "X509v3 Subject Alternative Name"
_SAN_KINDS = ("DNS:", "IP Address:")
_WEAK_SUITE = re.compile(r"_(NULL|anon|EXPORT|EXPORT1024|RC4|3DES|DES|DES40)(_|\Z)")
_TLS_VERSION = re.compile(r"(SSLv[23]|TLSv1\.[0-3])\Z")
_TRIED = ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,100000})-----END CERTIFICATE-----")


def certificate(script: "Element", key: str) -> Iterator[Claim]:
    """The certificate that a service showed. Without a fingerprint it cannot be told from another, so nothing."""
    told = values(script)
    fingerprint = _fingerprint(told)
    if not fingerprint:
        return
    for fact, value in _certificate_facts(script, told):
        if value not in ("", 0, ()):
            yield Claim(fact, value, SubjectKind.CERTIFICATE, f"{key}/{fingerprint}")
    yield Claim("certificate_fingerprint", fingerprint, SubjectKind.CERTIFICATE, f"{key}/{fingerprint}")


def ciphers(script: "Element", key: str, nmap_version: str) -> Iterator[Claim]:
    """Accepted TLS versions and weak suites, and what was tried: only then is a missing version evidence."""
    accepted: dict[str, tuple[str, ...]] = {}
    for version in script.findall("table"):
        suites = table(version, "ciphers")
        if suites is not None and _TLS_VERSION.match(version.get("key", "")):
            names = (values(suite).get("name", "") for suite in suites.findall("table")[:MOST_VALUES])
            accepted[version.get("key", "")] = tuple(name for name in names if name)
    if not accepted:
        return
    weak = {name for names in accepted.values() for name in names if _WEAK_SUITE.search(name)}
    tried = {*_TRIED, *accepted, *(("TLSv1.3",) if _tries_tls13(nmap_version) else ())}
    for fact, found in (
        ("tls_versions", set(accepted)),
        ("tls_weak_suites", weak),
        ("tls_versions_tried", tried),
    ):
        yield Claim(fact, tuple(sorted(found)), SubjectKind.SERVICE, key)


def ssh_fingerprint(key: str, md5: str) -> str:
    """A host key's fingerprint as OpenSSH writes it; MD5 where the report does not hold the key."""
    try:
        blob = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        blob = b""
    if blob:
        return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"MD5:{md5.lower()}" if md5 else ""


def _tries_tls13(nmap_version: str) -> bool:
    """Seen in the scripts of 7.93; of earlier ones it is not claimed."""
    major, _, minor = nmap_version.partition(".")
    return (number(major), number(minor[:2])) >= (7, 93)


def _fingerprint(told: dict[str, str]) -> str:
    """SHA-256 of the certificate where the report holds it, else its SHA-1 with a prefix."""
    sha1 = told.get("sha1", "").lower()
    der = _der(told.get("pem", ""))
    if der and (not sha1 or hashlib.sha1(der).hexdigest() == sha1):  # noqa: S324 - compared with nmap's, not trusted
        return hashlib.sha256(der).hexdigest()
    return f"sha1:{sha1}" if re.fullmatch(r"[0-9a-f]{40}", sha1) else ""


def _der(pem: str) -> bytes:
    found = _PEM.search(pem)
    try:
        return base64.b64decode("".join(found[1].split()), validate=True) if found else b""
    except (binascii.Error, ValueError):
        return b""


def _certificate_facts(script: "Element", told: dict[str, str]) -> Iterator[tuple[str, Value]]:
    subject, issuer = _name(table(script, "subject")), _name(table(script, "issuer"))
    yield "certificate_subject", subject
    yield "certificate_issuer", issuer
    if subject and issuer:
        yield "certificate_self_signed", subject == issuer
    yield "certificate_names", _alternative_names(script)
    yield "certificate_signature_algorithm", told.get("sig_algo", "")
    if (public := table(script, "pubkey")) is not None:
        key = values(public)
        yield "certificate_key_type", key.get("type", "").lower()
        yield "certificate_key_bits", number(key.get("bits"))
    if (validity := table(script, "validity")) is not None:
        yield "certificate_not_before", _moment(values(validity).get("notBefore", ""))
        yield "certificate_not_after", _moment(values(validity).get("notAfter", ""))


def _name(element: "Element | None") -> str:
    """A distinguished name such as "CN=hmi-3,O=Plant,C=DE", special characters escaped as in RFC 4514."""
    parts = values(element) if element is not None else {}
    order = [*(name for name in _SHORT_NAMES if name in parts), *sorted(set(parts) - set(_SHORT_NAMES))]
    return ",".join(f"{_SHORT_NAMES.get(name, name)}={_escaped(parts[name])}" for name in order)


def _escaped(value: str) -> str:
    return re.sub(r'([,+"\\<>;=])', r"\\\1", value)


def _alternative_names(script: "Element") -> tuple[str, ...]:
    extensions = table(script, "extensions")
    told = [values(e) for e in extensions.findall("table")[:MOST_VALUES]] if extensions is not None else []
    texts = [text for each in told if each.get("name") == _SAN for text in each.get("value", "").split(", ")]
    names = (text.removeprefix(kind) for text in texts[:MOST_VALUES] for kind in _SAN_KINDS if text.startswith(kind))
    return tuple(dict.fromkeys(names))


def _moment(text: str) -> str:
    """A time of the report, which is in UTC, with its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
