"""Credentials by reference: where a secret is kept, and the values that travel only as far as an envelope."""

from dataclasses import dataclass, field


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
