"""Credentials: their secrets fetched by reference, in the form in which an envelope takes them.

A secret is never part of an error, a log line or a repr.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assetctl.credential_entries import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from assetctl.errors import SecretFault
from assetctl.scope import CredentialEntry
from assetctl.secrets.references import follow
from assetctl.text import near

LEAST_KEY_BYTES = 8  # RFC 3414, 11.2


@dataclass(frozen=True, slots=True)
class Community:
    """An SNMP v1 or v2c community. version: v1 or v2c."""

    name: str
    version: str
    community: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UsmUser:
    """An SNMPv3 user. auth_protocol: "", MD5, SHA, SHA224, SHA256, SHA384, SHA512. priv_protocol: "", DES, AES128,
    AES192, AES256 (Blumenthal key extension), AES192-REEDER, AES256-REEDER."""

    name: str
    user: str
    auth_protocol: str = ""
    auth_key: str = field(default="", repr=False)
    priv_protocol: str = ""
    priv_key: str = field(default="", repr=False)
    context: str = ""


Secret = Community | UsmUser


def resolve(entry: CredentialEntry, *, environ: Mapping[str, str], config_dir: Path, user_config: bool) -> Secret:
    """The credential with its secrets. config_dir: what relative files start from.

    user_config: whether the settings are the user's own or were named by them; only then a command is run.
    Raises SecretFault, which names the credential and the place, never the value.
    """

    def value(part: str) -> str:
        reference = entry.secrets.get(part)
        if reference is None:
            return ""
        what = f'credential "{entry.name}", {part}'
        return follow(reference, what, environ=environ, config_dir=config_dir, user_config=user_config)

    if entry.kind in ("snmp-v1", "snmp-v2c"):
        return Community(entry.name, entry.kind.removeprefix("snmp-"), _community(entry.name, value("community")))
    if entry.kind != "snmp-v3":
        raise SecretFault(f'credential "{entry.name}": the kind "{entry.kind}" is unknown; use snmp-v1, -v2c or -v3')
    options = entry.options
    user = UsmUser(
        entry.name,
        options.get("user", ""),
        options.get("auth_protocol", ""),
        value("auth"),
        options.get("priv_protocol", ""),
        value("priv"),
        options.get("context", ""),
    )
    _check(user)
    return user


def _community(name: str, value: str) -> bytes:
    raw = value.encode()
    if not 1 <= len(raw) <= 255:
        raise SecretFault(
            f'credential "{name}": a community of 1 to 255 bytes is expected, one of {len(raw)} was found'
        )
    return raw


def _check(user: UsmUser) -> None:
    """An SNMPv3 user as RFC 3414 allows it: known protocols, privacy only with authentication, keys long enough."""
    where = f'credential "{user.name}"'
    if not 1 <= len(user.user.encode()) <= 32:
        raise SecretFault(f"{where}: a user name of 1 to 32 bytes is expected")
    pairs = (
        ("auth", user.auth_protocol, user.auth_key, AUTH_PROTOCOLS),
        ("priv", user.priv_protocol, user.priv_key, PRIV_PROTOCOLS),
    )
    for part, protocol, key, known in pairs:
        if bool(protocol) != bool(key):
            raise SecretFault(f"{where}: {part}_protocol and {part} go together; give both or none")
        if protocol and protocol not in known:
            raise SecretFault(f'{where}: {part}_protocol "{protocol}" is unknown{near(protocol, known)}')
        if protocol and len(key.encode()) < LEAST_KEY_BYTES:
            raise SecretFault(f"{where}, {part}: a key of at least {LEAST_KEY_BYTES} bytes is expected, it is shorter")
    if user.priv_protocol and not user.auth_protocol:
        raise SecretFault(f"{where}: priv needs auth; SNMPv3 does not encrypt without authentication")
