"""The [[credentials]] of assetctl.toml as forms: what kind they are of, and where their secrets are kept."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from assetctl.forms import Form
from assetctl.model import DEFAULT_REALM
from assetctl.values import Filled, Name, Range, Realm, Text, entry_name, one_of

AUTH_PROTOCOLS = ("MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512")
PRIV_PROTOCOLS = ("DES", "AES128", "AES192", "AES256", "AES192-REEDER", "AES256-REEDER")
SECRET_WAYS = ("env", "file", "keyring", "command")


class Reference(Form):
    """Where a secret is kept: exactly one of the four. command: the program and its arguments, no shell."""

    env: Filled | None = None
    file: Filled | None = None
    keyring: Filled | None = None
    command: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_no_literal(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError(
                "a secret itself must not stand here: write where it is kept, such as "
                '{ env = "SNMP_COMMUNITY" } or { file = "secrets.toml#core" } (see assetctl secrets set)'
            )
        return value

    @model_validator(mode="after")
    def _is_one(self) -> "Reference":
        given = [way for way in SECRET_WAYS if getattr(self, way) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(SECRET_WAYS)} is expected, {len(given)} were found")
        if self.file is not None:
            path, _, name = self.file.rpartition("#")
            if not path:
                raise ValueError('file: a path and a name are expected, such as "secrets.toml#core"')
            entry_name(name)
        if self.keyring is not None and not all(self.keyring.partition("/")):
            raise ValueError('keyring: a service and a name are expected, such as "assetctl/core"')
        return self

    def as_entry(self) -> Mapping[str, str]:
        """As `scope.CredentialEntry` holds it; a command as a JSON list, since its arguments may hold anything."""
        if self.command is not None:
            return {"command": json.dumps(self.command)}
        return {way: kept for way in SECRET_WAYS if (kept := getattr(self, way)) is not None}


class Credential(Form):
    """A credential by reference. networks: where it may be used, () for everywhere in its realm."""

    name: Name
    kind: Literal["snmp-v1", "snmp-v2c", "snmp-v3"]
    realm: Realm = DEFAULT_REALM
    networks: tuple[Range, ...] = ()
    community: Reference | None = None
    user: Text = ""
    auth_protocol: Annotated[str, AfterValidator(one_of("", *AUTH_PROTOCOLS))] = ""
    auth: Reference | None = None
    priv_protocol: Annotated[str, AfterValidator(one_of("", *PRIV_PROTOCOLS))] = ""
    priv: Reference | None = None
    context: Text = ""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Credential":
        if self.kind != "snmp-v3":
            if self.community is None:
                raise ValueError(f'{self.kind} needs community = {{ env = "..." }}')
            if self.user or self.auth_protocol or self.priv_protocol or self.auth or self.priv or self.context:
                raise ValueError(f"{self.kind} has a community only; user, auth, priv and context belong to snmp-v3")
        elif self.community is not None or not 1 <= len(self.user.encode()) <= 32:
            raise ValueError("snmp-v3 needs a user of 1 to 32 bytes and has no community")
        if bool(self.auth_protocol) != bool(self.auth) or bool(self.priv_protocol) != bool(self.priv):
            raise ValueError("auth_protocol goes with auth, and priv_protocol with priv; give both of a pair")
        if self.priv and not self.auth:
            raise ValueError("priv needs auth: SNMPv3 does not encrypt without authentication")
        return self

    def secrets(self) -> Mapping[str, Mapping[str, str]]:
        """Part of the credential to reference, for the parts it has."""
        parts = {"community": self.community, "auth": self.auth, "priv": self.priv}
        return {part: kept.as_entry() for part, kept in parts.items() if kept is not None}

    def options(self) -> Mapping[str, str]:
        """What is not secret of an SNMPv3 user."""
        names = ("user", "auth_protocol", "priv_protocol", "context")
        return {name: value for name in names if (value := str(getattr(self, name)))}
