"""Signatures: Ed25519 keys kept in encrypted PEM files, and the canonical JSON (RFC 8785) that is hashed and signed.

A key is named by its fingerprint: SHA-256 over the DER form of its public half, as
`openssl pkey -pubin -outform DER | sha256sum` prints it. A signature is the 64 bytes of RFC 8032 over the file itself,
so `openssl pkeyutl -verify -rawin` checks it too.
"""

import hashlib
import os
import stat
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assetctl.errors import EnvironmentFault, SecretFault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE_BYTES = 64
PUBLIC_BYTES = 32
LEAST_PASSPHRASE = 12  # characters
MOST_KEY_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that was opened. public: base64 of its public half, fingerprint: see above."""

    public: str
    fingerprint: str
    _private: "Ed25519PrivateKey" = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        return self._private.sign(data)


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value, RFC 8785. Text that is no Unicode must be made harmless before."""
    import rfc8785

    return rfc8785.dumps(value)


def fingerprint(public: str) -> str:
    """The fingerprint of a public key in base64. Raises ValueError for anything else."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    whole = _public(public).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(whole).hexdigest()


def is_signed(data: bytes, signature: bytes, public: str) -> bool:
    """Whether the holder of a key signed exactly these bytes."""
    from cryptography.exceptions import InvalidSignature

    try:
        _public(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def make_key(path: Path, passphrase: str) -> SigningKey:
    """A new key in a new file, encrypted, that only its owner can read. Raises SecretFault, EnvironmentFault."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    if len(passphrase) < LEAST_PASSPHRASE:
        raise SecretFault(f"{path}: a passphrase of at least {LEAST_PASSPHRASE} characters is expected, it is shorter")
    private = Ed25519PrivateKey.generate()
    sealed = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(sealed)
    except FileExistsError:
        raise SecretFault(f"{path}: a file stands there already and is never replaced; give another name") from None
    except OSError as error:
        raise EnvironmentFault(f"{path}: cannot be made ({error.strerror}); check the folder and its rights") from None
    return _opened(private)


def open_key(path: Path, passphrase: str) -> SigningKey:
    """The key of a file. Raises SecretFault, which never repeats the passphrase."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    raw = _own_bytes(path)
    try:
        private = load_pem_private_key(raw, passphrase.encode())
    except TypeError:
        raise SecretFault(f"{path}: the key is not encrypted; give it a passphrase: openssl pkey -aes256") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SecretFault(
            f"{path}: no key in PEM form that this passphrase opens; check the file and the passphrase"
        ) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise SecretFault(f"{path}: an Ed25519 key is expected, another kind was found; see: assetctl keys make")
    return _opened(private)


def _opened(private: "Ed25519PrivateKey") -> SigningKey:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = b64encode(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    return SigningKey(public, fingerprint(public), private)


def _public(public: str) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        raw = b64decode(public, validate=True)
    except (NotBase64, ValueError):
        raw = b""
    if len(raw) != PUBLIC_BYTES:
        raise ValueError(f"a public key is expected: base64 of {PUBLIC_BYTES} bytes")
    return Ed25519PublicKey.from_public_bytes(raw)


def _own_bytes(path: Path) -> bytes:
    """A key file that nobody else can read."""
    try:
        found = path.stat()
        if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o077:
            raise SecretFault(
                f"{path}: others have rights on it (mode {stat.S_IMODE(found.st_mode):03o}); chmod 600 it"
            )
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_KEY_BYTES:
            raise SecretFault(f"{path}: a key file of at most {MOST_KEY_BYTES} bytes is expected")
        return path.read_bytes()
    except OSError as error:
        raise SecretFault(f"{path}: cannot be read ({error.strerror}); check the path of the key") from None
