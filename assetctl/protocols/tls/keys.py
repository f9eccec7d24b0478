"""The keys under which a TLS 1.3 server sends its certificate, and the records that they open.

Source: RFC 8446, sections 4.2.8.2 (share of secp256r1), 5.2 and 5.3 (records, nonces), 7.1 and 7.3 (key schedule);
RFC 5869 (HKDF). Our private key is derived from the seed, so that evidence can be read again. It protects nothing:
nothing is ever sent under it, and a certificate is no secret.
"""

import hashlib
import hmac
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.protocols.tls.codec import Record

TAG_BYTES = 16

_SUITES = {0x1301: ("sha256", 16), 0x1302: ("sha384", 32), 0x1303: ("sha256", 32)}  # RFC 8446, B.4: hash, key bytes
_CHACHA20 = 0x1303
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of secp256r1, SEC 2, 2.4.2


@dataclass(slots=True)
class RecordKey:
    """Opens the handshake records of one server, in their order."""

    suite: int
    key: bytes
    iv: bytes
    sequence: int = 0

    def open(self, record: Record) -> Record:
        """The record that a sealed one holds. Raises WireError when it is not sealed with these keys."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

        if len(record.data) <= TAG_BYTES:
            raise WireError(f"sealed record: more than {TAG_BYTES} bytes expected, {len(record.data)} found")
        nonce = (int.from_bytes(self.iv) ^ self.sequence).to_bytes(12)
        self.sequence += 1
        header = bytes((record.content_type,)) + record.version.to_bytes(2) + len(record.data).to_bytes(2)
        cipher = ChaCha20Poly1305(self.key) if self.suite == _CHACHA20 else AESGCM(self.key)
        try:
            plain = cipher.decrypt(nonce, record.data, header).rstrip(b"\0")
        except InvalidTag:
            raise WireError("sealed record: not under the keys of this handshake") from None
        if not plain:
            raise WireError("sealed record: padding alone")
        return Record(plain[-1], record.version, plain[:-1])


def share(seed: int) -> bytes:
    """Our public key on secp256r1, uncompressed, 65 bytes."""
    from cryptography.hazmat.primitives.asymmetric import ec

    point = ec.derive_private_key(_secret(seed), ec.SECP256R1()).public_key().public_numbers()
    return b"\x04" + point.x.to_bytes(32) + point.y.to_bytes(32)


def agree(seed: int, theirs: bytes, *, suite: int, transcript: bytes) -> RecordKey:
    """The seal of the server's handshake records.

    theirs: its share. transcript: the messages ClientHello and ServerHello. Raises WireError when its share is no
    point of the curve or the suite none of TLS 1.3.
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    if suite not in _SUITES:
        raise WireError(f"cipher suite: 0x{suite:04x} is none of TLS 1.3 that was offered")
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
    except ValueError:
        raise WireError("key share: no point of secp256r1") from None
    shared = ec.derive_private_key(_secret(seed), ec.SECP256R1()).exchange(ec.ECDH(), point)
    name, key_bytes = _SUITES[suite]
    key, iv = traffic(shared, hashlib.new(name, transcript).digest(), name, key_bytes)
    return RecordKey(suite, key, iv)


def traffic(shared: bytes, heard: bytes, name: str, key_bytes: int) -> tuple[bytes, bytes]:
    """Key and IV of the server's handshake records, RFC 8446, section 7.1, without a preshared key.

    shared: the secret of the key exchange. heard: hash of ClientHello and ServerHello. name: of the hash.
    """
    nothing, none = hashlib.new(name, b"").digest(), bytes(len(heard))
    derived = _expand(hmac.digest(none, none, name), "derived", nothing, len(none), name)
    secret = _expand(hmac.digest(derived, shared, name), "s hs traffic", heard, len(none), name)
    return _expand(secret, "key", b"", key_bytes, name), _expand(secret, "iv", b"", 12, name)


def _secret(seed: int) -> int:
    return int.from_bytes(hashlib.sha256(b"assetctl key share" + seed.to_bytes(2)).digest()) % (_ORDER - 1) + 1


def _expand(secret: bytes, label: str, context: bytes, size: int, name: str) -> bytes:
    """HKDF-Expand-Label, RFC 8446, section 7.1; one block is enough for every size here."""
    full = b"tls13 " + label.encode()
    info = size.to_bytes(2) + bytes((len(full),)) + full + bytes((len(context),)) + context
    return hmac.digest(secret, info + b"\x01", name)[:size]
