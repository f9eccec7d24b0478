"""The sections of assetctl.toml as forms: one class per section or entry, each value checked as far as it goes alone.

Bounds of [limits] are those of the rules for OT networks: a file may only be more careful. The one exception, the pace
of a plant without any OT network, is decided in `settings`.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from assetctl.credential_entries import Reference
from assetctl.forms import Form
from assetctl.model import DEFAULT_REALM, NetworkKind
from assetctl.values import (
    IP,
    Clock,
    Depth,
    Filled,
    Flag,
    Mac,
    Name,
    Port,
    Range,
    Rate,
    Realm,
    Text,
    Timezone,
    Wait,
    distinct,
)

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OT_PACKETS_PER_SECOND = 50
MOST_UNITS = 8  # behind one gateway: each absent one holds up its serial line for a time-out


def _database_url(url: str) -> str:
    """The address itself is not repeated in the error: it may hold a password."""
    if not re.fullmatch(r"[a-z][a-z0-9+]*://\S*", url):
        raise ValueError("an address such as sqlite:///assetctl.db or postgresql+psycopg://user@host/name is expected")
    return url


class Project(Form):
    name: Text = ""
    site: Text = ""
    timezone: Timezone = "UTC"
    contact: Text = ""


class Database(Form):
    """url: an SQLAlchemy address; a relative SQLite file lies beside the settings file."""

    url: Annotated[str, AfterValidator(_database_url)] = Field(default="sqlite:///assetctl.db", repr=False)


class Network(Form):
    """One range and how careful it is treated. An it or lab range of more than a /8 (IPv6: /32) is taken for a slip."""

    range: Range
    kind: NetworkKind = NetworkKind.OT
    realm: Realm = DEFAULT_REALM
    fragile: Flag = False
    substation: Flag = False
    site: Text = ""

    @model_validator(mode="after")
    def _is_not_everything(self) -> "Network":
        shortest = 8 if self.range.version == 4 else 32
        if self.kind is not NetworkKind.OT and self.range.prefixlen < shortest:
            raise ValueError(
                f"{self.range} is too wide to be marked {self.kind}; name the networks, at least /{shortest}"
            )
        return self


class Targets(Form):
    """include, exclude: addresses, networks, ranges, names and @files, read by `targets`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    exclude_file: Text = ""


class Anchor(Form):
    """The neighbour that must be seen before the first OT frame: a gateway and its hardware address."""

    gateway: IP
    mac: Mac


class Vantage(Form):
    realm: Realm = DEFAULT_REALM
    interface: Text = ""
    source: IP | None = None
    anchor: Anchor | None = None


class Window(Form):
    """A weekly time; an end before the start lies on the next day. realm: "" for every realm."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = DAYS
    start: Clock
    end: Clock
    realm: Realm | Literal[""] = ""

    @model_validator(mode="after")
    def _has_a_length(self) -> "Window":
        if self.start == self.end:
            raise ValueError('start and end are the same; for a whole day write start = "00:00", end = "23:59"')
        return self


class Limits(Form):
    """See `scope.Limits`. Upper bounds are the OT rules; connect_s may be raised for slow links."""

    packets_per_second: Annotated[int, Field(strict=True, ge=1, le=1000)] = OT_PACKETS_PER_SECOND
    ot_units_per_second: Annotated[Rate, Field(le=2)] = 2.0
    it_units_per_second: Annotated[Rate, Field(le=20)] = 20.0
    devices_per_24: Annotated[int, Field(strict=True, ge=1, le=4)] = 4
    identity_units: Annotated[int, Field(strict=True, ge=1, le=24)] = 24
    connect_s: Annotated[Wait, Field(le=5)] = 0.9
    answer_s: Annotated[Wait, Field(le=10)] = 2.0
    most_devices: Annotated[int, Field(strict=True, ge=1, le=64)] = 64


class Probes(Form):
    """only: protocols by name, () for every one whose class is allowed. depth: questions such as snmp.tables."""

    only: Annotated[tuple[Name, ...], AfterValidator(distinct)] = ()
    depth: Annotated[tuple[Depth, ...], AfterValidator(distinct)] = ()


class Consent(Form):
    probe: Name
    targets: Annotated[tuple[Filled, ...], Field(min_length=1)]
    by: Filled
    reason: Filled


def _interface_name(name: str) -> str:
    """Linux: at most 15 bytes, neither blank nor slash."""
    if not re.fullmatch(r"[^\s/\x00-\x1f]{1,15}", name) or len(name.encode()) > 15:
        raise ValueError("the name of a network interface such as eth0 is expected, see `ip link`")
    return name


class Segment(Form):
    """An Ethernet segment on which frames to every station may be sent, who allowed it and why that does no harm."""

    interface: Annotated[str, AfterValidator(_interface_name)]
    by: Filled
    reason: Filled
    realm: Realm = DEFAULT_REALM
    kind: NetworkKind = NetworkKind.OT
    name: Name | Literal[""] = ""
    site: Text = ""


class Sweep(Form):
    allowed: Flag = False


class Modbus(Form):
    """units: address of a gateway to the units behind it that may be asked."""

    units: Mapping[
        str,
        Annotated[
            tuple[Annotated[int, Field(strict=True, ge=1, le=247)], ...],
            Field(min_length=1, max_length=MOST_UNITS),
            AfterValidator(distinct),
        ],
    ] = Field(default_factory=dict)


Ports = Mapping[Name, Annotated[tuple[Port, ...], Field(min_length=1, max_length=16), AfterValidator(distinct)]]


Parameters = Mapping[Name, Mapping[Name, Filled]]


class SafetyConsents(Form):
    addresses: tuple[Filled, ...] = ()


class Redundant(Form):
    """Members of one redundancy group, each by its address."""

    addresses: Annotated[tuple[Filled, ...], Field(min_length=2)]


class Approval(Form):
    persons: Annotated[int, Field(strict=True, ge=1, le=2)] = 1


class Report(Form):
    """What the reports say of themselves. language: en or de. logo: a PNG or JPEG file, templates: a folder, both
    relative to the folder of the settings file; "" for none."""

    title: Text = ""
    company: Text = ""
    classification: Text = ""
    language: Literal["en", "de"] = "en"
    logo: Text = ""
    templates: Text = ""


class Files(Form):
    """Further files, relative to the folder of the settings file; "" for none. positions: the register."""

    zones: Text = ""
    positions: Text = Field(default="", alias="register")
    waivers: Text = ""
    attestations: Text = ""
    checks: tuple[Filled, ...] = ()
    golden: tuple[Filled, ...] = ()
    keys: Text = ""


class Collector(Form):
    """Where a collector works. centre: address of the centre's PostgreSQL. centre_key: fingerprint that jobs are signed
    with. key: the `signing` entry that signs results. approval: file that every job must lie inside, too."""

    site: Text = ""
    centre: Text = Field(default="", repr=False)
    centre_key: Text = ""
    key: Text = ""
    approval: Text = ""


class Signing(Form):
    """A key of one's own, in an encrypted PEM file, and where its passphrase is kept."""

    name: Name
    key: Filled
    passphrase: Reference
