"""Keys are enrolled and ended in their file, which people review; and the key that signs here is opened."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assetctl.enrolled import EnrolledKey, key_named, keys_of, read_keys
from assetctl.errors import InputError, SecretFault
from assetctl.secrets.references import follow
from assetctl.settings import Settings
from assetctl.signing import SigningKey, fingerprint, open_key
from assetctl.text import near
from assetctl.work import outfile
from assetctl.work.editing import appended, edit, put

BLANK = """\
# Keys whose signatures count: reports and bundles. Reviewed like code. Compare a fingerprint with its owner before you
# enrol it. A key that was lost or stolen is ended with lost: yes, and nothing that it signed counts any more; one that
# is only retired keeps what it signed until then. `assetctl keys` writes this file and keeps its comments.
schema: 1
keys: []
"""


@dataclass(frozen=True, slots=True)
class Word:
    """Who says so, why and when."""

    by: str
    reason: str
    on: date


class KeyBook:
    """One file of enrolled keys."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def every(self) -> tuple[EnrolledKey, ...]:
        return read_keys(self.path) if self.path.exists() else ()

    def enrol(self, public: str, *, owner: str, by: str, today: date) -> str:
        """Put a public key in, and its fingerprint out. Raises InputError when it is there."""
        name = fingerprint(public)
        if any(one.fingerprint == name for one in self.every()):
            raise InputError(f"{self.path}: the key {name[:16]} is enrolled already; see: assetctl keys list")
        entry = {"fingerprint": name, "owner": owner, "public": public, "enrolled": today.isoformat(), "by": by}
        edit(self.path, lambda document: appended(document["keys"], dict(entry)), check=keys_of, blank=BLANK)
        return name

    def end(self, name: str, word: Word, *, lost: bool) -> str:
        """Revoke a key, or retire it; a retired one can still be revoked. Raises InputError."""
        key = key_named(self.every(), name)
        if key.ended is not None and (key.ended.is_lost or not lost):
            raise InputError(f"{self.path}: the key {key.fingerprint[:16]} was ended already, on {key.ended.on}")
        told = {"on": word.on.isoformat(), "by": word.by, "reason": word.reason, "lost": "yes" if lost else "no"}

        def change(document: Any) -> None:
            entry = next(one for one in document["keys"] if one["fingerprint"] == key.fingerprint)
            put(entry, "ended", dict(told))

        edit(self.path, change, check=keys_of)
        return key.fingerprint


def key_book(settings: Settings) -> KeyBook:
    """The file that the settings name. Raises InputError when they name none."""
    if not settings.files.keys:
        raise InputError('no file of keys is named; set [files] keys = "keys.yaml" in assetctl.toml')
    return KeyBook(settings.file(settings.files.keys))


def enrolled_keys(settings: Settings) -> tuple[EnrolledKey, ...]:
    """The enrolled keys; none when the settings name no file."""
    return key_book(settings).every() if settings.files.keys else ()


def passphrase_of(settings: Settings, name: str) -> tuple[Path, str]:
    """The file of a [[signing]] entry and its passphrase. Raises InputError, SecretFault."""
    entry = next((one for one in settings.signing if one.name == name), None)
    if entry is None:
        known = tuple(one.name for one in settings.signing)
        raise InputError(f"{name}: no [[signing]] of this name in the settings{near(name, known)}")
    secret = follow(
        entry.passphrase.as_entry(),
        f'signing key "{name}", passphrase',
        environ=os.environ,
        config_dir=settings.found.folder,
        user_config=settings.found.trusted,
    )
    return settings.file(entry.key), secret


def signer(settings: Settings, name: str) -> tuple[SigningKey, EnrolledKey]:
    """The key of a [[signing]] entry, opened, and as whose it is enrolled.

    Raises InputError, SecretFault; a key that nobody enrolled, or that was ended, signs nothing.
    """
    path, passphrase = passphrase_of(settings, name)
    key = open_key(path, passphrase)
    found = next((one for one in enrolled_keys(settings) if one.fingerprint == key.fingerprint), None)
    if found is None:
        raise SecretFault(
            f"{path}: the key {key.fingerprint[:16]} is not enrolled; run: assetctl keys enrol, see its help"
        )
    if found.ended is not None:
        raise SecretFault(f"{path}: the key {key.fingerprint[:16]} was ended on {found.ended.on}; make a new one")
    return key, found


def public_key(path: Path) -> str:
    """The public key of a PEM file, in base64. Raises InputError."""
    from base64 import b64encode

    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    try:
        found = load_pem_public_key(path.read_bytes()[:16_384])
    except OSError as fault:
        raise InputError(f"{path}: cannot be read ({fault.strerror})") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(f"{path}: a public key in PEM form is expected; make one: assetctl keys make") from None
    if not isinstance(found, Ed25519PublicKey):
        raise InputError(f"{path}: an Ed25519 public key is expected, another kind was found")
    return b64encode(found.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def write_public(path: Path, public: str) -> None:
    """Write a public key as PEM, for others to enrol and for openssl. Raises EnvironmentFault."""
    from base64 import b64decode

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = Ed25519PublicKey.from_public_bytes(b64decode(public))
    with outfile.binary(path) as stream:
        stream.write(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
