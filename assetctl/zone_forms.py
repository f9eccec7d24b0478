"""The forms of a zones file, schema 1 and 2, and what they say as zones and conduits.

Schema 1 has zones with ranges. Schema 2 adds the record that IEC 62443-3-2 ZCR 6.4 asks for: parents, devices that are
put into a zone by name, what a zone is set apart for, approvals, and conduits.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from assetctl.forms import Form
from assetctl.model import DEFAULT_REALM, Allowed, Conduit, SignOff, Zone
from assetctl.traffic import named
from assetctl.values import Filled, Name, Range, Realm, Text, distinct, one_of, shown

FOUNDATIONAL = ("IAC", "UC", "SI", "DC", "RDF", "TRE", "RA")
LEVELS = ("", "0", "1", "2", "3", "3.5", "4", "5")
CRITICALITIES = ("high", "medium", "low")
DESIGNATIONS = ("safety", "wireless", "temporary", "external", "internet", "mail")
"""What a zone may be set apart for: safety systems, radio, devices that come and go, devices with a link of their own
to the outside (remote access), addresses of the Internet, and operational alarms by e-mail."""

TRUSTS = ("", "untrusted", "semi", "trusted")
OPENERS = ("from", "to", "both")
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?\Z", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_WHOLE = re.compile(r"\d{1,9}\Z", re.ASCII)


def whole(written: object) -> object:
    """A whole number from YAML text; anything else is left for the form to refuse."""
    return int(written) if isinstance(written, str) and _WHOLE.match(written) else written


def _flag(written: object) -> object:
    return {"true": True, "false": False}.get(written, written) if isinstance(written, str) else written


def _day(written: object) -> object:
    try:
        return date.fromisoformat(written) if isinstance(written, str) else written
    except ValueError:
        raise ValueError(f"{shown(written)} is not a day such as 2026-09-01") from None


def _sha256(written: str) -> str:
    if written and not _SHA256.match(written):
        raise ValueError(f"{shown(written)} is not a SHA-256: 64 small hexadecimal digits are expected")
    return written


def _ports(written: object) -> object:
    """First and last port of "4840" or "5000-5010"."""
    found = _PORTS.match(written) if isinstance(written, str) else None
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last <= 65535:
        raise ValueError(f"{shown(written)} is not a port such as 4840 or 5000-5010")
    return first, last


def _vector(written: object) -> object:
    """The same level for every foundational requirement from a single number; a mapping as it stands."""
    if isinstance(written, Mapping | Vector):
        return written
    if written not in ("0", "1", "2", "3", "4"):
        raise ValueError(
            f"a level 0 to 4, or one for each of {', '.join(FOUNDATIONAL)} is expected, {shown(written)} was found"
        )
    return dict.fromkeys(FOUNDATIONAL, written)


_LEVEL_WORDS = {"enum": ["0", "1", "2", "3", "4"]}
_VECTOR_WORDS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": dict.fromkeys(FOUNDATIONAL, _LEVEL_WORDS),
}
Level = Annotated[int, BeforeValidator(whole), Field(ge=0, le=4), WithJsonSchema(_LEVEL_WORDS)]
Vlan = Annotated[
    int, BeforeValidator(whole), Field(ge=1, le=4094), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,9}$"})
]
Truth = Annotated[
    bool, BeforeValidator(_flag), Field(strict=True), WithJsonSchema({"enum": ["true", "false", True, False]})
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Digest = Annotated[str, AfterValidator(_sha256)]
Ports = Annotated[
    tuple[int, int],
    BeforeValidator(_ports),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,5}(-[0-9]{1,5})?$"}),
]
Names = Annotated[tuple[Filled, ...], AfterValidator(distinct)]
Designation = Annotated[str, AfterValidator(one_of(*DESIGNATIONS))]


class Vector(Form):
    """SL-T by foundational requirement; one that is not named is not set."""

    IAC: Level | None = None
    UC: Level | None = None
    SI: Level | None = None
    DC: Level | None = None
    RDF: Level | None = None
    TRE: Level | None = None
    RA: Level | None = None

    def as_levels(self) -> dict[str, int]:
        return {name: level for name, level in self.model_dump().items() if level is not None}


Target = Annotated[Vector, BeforeValidator(_vector), WithJsonSchema({"anyOf": [_VECTOR_WORDS, _LEVEL_WORDS]})]


class Approval(Form):
    """Who answers for it. document: a name, or a path from the folder of the zones file."""

    by: Filled
    date: Day
    document: Text = ""
    sha256: Digest = ""

    def as_sign_off(self) -> SignOff:
        return SignOff(self.by, self.date, self.document, self.sha256)


class Zone1(Form):
    id: Name
    realm: Realm = DEFAULT_REALM
    networks: Annotated[tuple[Range, ...], Field(min_length=1)]
    level: Annotated[str, AfterValidator(one_of(*LEVELS))] = ""
    owner: Text = ""
    sl_t: Target = Vector()

    def as_zone(self) -> Zone:
        return Zone(self.id, self.realm, self.networks, self.level, self.owner, self.sl_t.as_levels())


class Zone2(Form):
    id: Name
    parent: Text = ""
    realm: Realm = DEFAULT_REALM
    networks: tuple[Range, ...] = ()
    vlans: Annotated[tuple[Vlan, ...], AfterValidator(distinct)] = ()
    positions: Names = ()
    assets: Names = ()
    level: Annotated[str, AfterValidator(one_of(*LEVELS))] = ""
    owner: Text = ""
    designations: Annotated[tuple[Designation, ...], AfterValidator(distinct)] = ()
    trust: Annotated[str, AfterValidator(one_of(*TRUSTS))] = ""
    criticality: Annotated[str, AfterValidator(one_of("", *CRITICALITIES))] = ""
    access_points: Names = ()
    sl_t: Target = Vector()
    sl_t_source: Text = ""
    approvals: tuple[Approval, ...] = ()

    def as_zone(self) -> Zone:
        return Zone(
            id=self.id,
            realm=self.realm,
            networks=self.networks,
            level=self.level,
            owner=self.owner,
            sl_t=self.sl_t.as_levels(),
            parent=self.parent,
            vlans=self.vlans,
            positions=self.positions,
            assets=self.assets,
            designations=self.designations,
            trust=self.trust,
            criticality=self.criticality,
            access_points=self.access_points,
            sl_t_source=self.sl_t_source,
            approvals=tuple(one.as_sign_off() for one in self.approvals),
        )


class Allow(Form):
    """One line of what may pass. Without a port, the usual ones of the protocol."""

    proto: Text = ""
    port: Ports | None = None
    transport: Annotated[str, AfterValidator(one_of("", "tcp", "udp", "icmp"))] = ""
    security: Text = ""

    def as_allowed(self) -> tuple[Allowed, ...]:
        """Raises ValueError when nothing says which ports are meant."""
        known = named(self.proto)
        name = known.name if known else self.proto.casefold()
        if self.transport == "icmp":
            return (Allowed(name or "icmp", "icmp", (0, 0), self.security),)
        if self.port is not None:
            usual = [port.partition("/") for port in known.ports] if known else []
            guess = next((side for side, _, port in usual if self.port[0] <= int(port) <= self.port[1]), "tcp")
            return (Allowed(name, self.transport or guess, self.port, self.security),)
        if known is None:
            raise ValueError(f"{shown(self.proto)} has no port that is known here; name it with port: 4840")
        sides = (port.partition("/") for port in known.ports)
        ports = [(side, int(port)) for side, _, port in sides if self.transport in ("", side)]
        if not ports:
            raise ValueError(f"{self.proto} has no usual port over {self.transport}; name it with port: 4840")
        return tuple(Allowed(name, side, (port, port), self.security) for side, port in ports)


class ConduitForm(Form):
    id: Name
    source: Text = Field(alias="from")
    target: Text = Field(alias="to")
    opens: Annotated[str, AfterValidator(one_of(*OPENERS))]
    allow: tuple[Allow, ...] = ()
    boundary: Names = ()
    owner: Text = ""
    sl_t: Target = Vector()
    sl_t_source: Text = ""
    tunnel: Text = ""
    trust: Annotated[str, AfterValidator(one_of(*TRUSTS))] = ""
    management: Annotated[str, AfterValidator(one_of("", "out-of-band"))] = ""
    standby: Truth = False
    unmediated: Truth = False
    approvals: tuple[Approval, ...] = ()

    def as_conduit(self) -> Conduit:
        """Raises ValueError for a line of `allow` that names no port."""
        return Conduit(
            id=self.id,
            source=self.source,
            target=self.target,
            opens=self.opens,
            allow=tuple(line for one in self.allow for line in one.as_allowed()),
            boundary=self.boundary,
            owner=self.owner,
            sl_t=self.sl_t.as_levels(),
            tunnel=self.tunnel,
            trust=self.trust,
            management=self.management,
            standby=self.standby,
            unmediated=self.unmediated,
            sl_t_source=self.sl_t_source,
            approvals=tuple(one.as_sign_off() for one in self.approvals),
        )


class System(Form):
    """The system under consideration (ZCR 1)."""

    id: Filled
    standard: Text = ""
    owner: Text = ""
    approvals: tuple[Approval, ...] = ()


class File1(Form):
    schema_number: Annotated[str, AfterValidator(one_of("1", "2"))] = Field(default="1", alias="schema")
    zones: tuple[Zone1, ...]


class File2(Form):
    schema_number: Annotated[str, AfterValidator(one_of("2"))] = Field(alias="schema")
    suc: System | None = None
    zones: tuple[Zone2, ...]
    conduits: tuple[ConduitForm, ...] = ()


def newer_keys(root: Mapping[str, Any]) -> tuple[tuple[str | int, ...], ...]:
    """Where a file of schema 1 uses what only schema 2 has."""
    found: list[tuple[str | int, ...]] = [(key,) for key in ("suc", "conduits") if key in root]
    zones = root.get("zones")
    for at, zone in enumerate(zones if isinstance(zones, list) else ()):
        if isinstance(zone, Mapping):
            new = set(Zone2.model_fields) - set(Zone1.model_fields)
            found += [("zones", at, key) for key in zone if key in new]
    return tuple(found)
