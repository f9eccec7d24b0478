"""The envelope that a plant owner approved, and whether a plan lies inside it.

An approval names networks, classes, probes with the digest of their published requests, caps and an end. A plan that
asks more in any respect is refused; so is one whose request list changed since. Names are as stated by the operator.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network, summarize_address_range
from typing import Any

from assetctl.errors import InputError
from assetctl.model import IPAddress, IPNetwork, NetworkKind, RequestClass, Segment
from assetctl.plan import Plan, Row, size
from assetctl.scope import Target, parse_moment
from assetctl.text import counted, near, one_line
from assetctl.values import network

_FIELDS = ("schema", "approved_by", "ticket", "valid_from", "valid_until", "runs", "envelope", "requests")
CAPS = ("most_devices", "most_units", "most_packets", "packets_per_second")
_ENVELOPE = ("realm", "networks", "exclude", "segments", "classes", "probes", "depth", "sweep", *CAPS)


@dataclass(frozen=True)
class Approval:
    """One approval file. runs: how many scans it covers. hash: of the file, to count them and to report."""

    approved_by: tuple[str, ...]
    ticket: str
    valid_from: datetime
    valid_until: datetime
    runs: int
    realm: str
    networks: tuple[IPNetwork, ...]
    exclude: tuple[IPNetwork, ...]
    segments: frozenset[str]
    classes: frozenset[str]
    probes: frozenset[str]
    depth: frozenset[str]
    sweep: bool
    most_devices: int
    most_units: int
    most_packets: int
    packets_per_second: int
    requests: Mapping[str, str]
    hash: str

    @property
    def stated(self) -> str:
        """Who approved, in the words that reports use."""
        who = ", ".join(self.approved_by)
        return (
            f"{who} (as stated by the operator, not verified); {self.ticket or 'no ticket'}; approval {self.hash[:12]}"
        )


def read(content: Mapping[str, Any], raw: bytes, where: str) -> Approval:
    """An approval from the parsed TOML of its file. Raises InputError that names the key at fault."""
    _known(content, _FIELDS, where)
    envelope = content.get("envelope", {})
    _known(envelope, _ENVELOPE, f"{where}: envelope")
    try:
        return Approval(
            approved_by=_texts(content, "approved_by"),
            ticket=_text(content, "ticket", ""),
            valid_from=_moment(content, "valid_from"),
            valid_until=_moment(content, "valid_until"),
            runs=_count(content, "runs", 1),
            realm=_text(envelope, "realm"),
            networks=_ranges(envelope, "networks"),
            exclude=_ranges(envelope, "exclude", []),
            segments=frozenset(_texts(envelope, "segments", [])),
            classes=_classes(envelope),
            probes=frozenset(_texts(envelope, "probes")),
            depth=frozenset(_texts(envelope, "depth", [])),
            sweep=_flag(envelope, "sweep"),
            most_devices=_count(envelope, "most_devices"),
            most_units=_count(envelope, "most_units"),
            most_packets=_count(envelope, "most_packets"),
            packets_per_second=_count(envelope, "packets_per_second"),
            requests=_texts_by_name(content["requests"]),
            hash=hashlib.sha256(raw).hexdigest(),
        )
    except KeyError as missing:
        raise InputError(
            f"{where}: {missing.args[0]} is missing; `assetctl plan --approval FILE` writes a draft"
        ) from None
    except (TypeError, ValueError, AttributeError) as fault:
        raise InputError(f"{where}: {fault}") from None


def draft(plan: Plan, *, now: datetime, until: datetime, realm: str) -> str:
    """An approval file that fits a plan exactly, for people to read, narrow and sign."""
    networks = sorted({str(n) for row in plan.rows for n in _networks(row)})
    excluded = [out for out in plan.scope.excluded if out not in plan.resting]
    spared = sorted({str(n) for out in excluded for one in plan.targets for n in _within(_common(out, one))})
    lines = [
        "# Approval of a scan. Read the plan, narrow what you will, write your names. Nothing outside this is sent.",
        "schema = 1",
        'approved_by = []  # ["name, role"]; nothing is sent while this is empty',
        'ticket = ""',
        f'valid_from = "{now.isoformat(timespec="seconds")}"',
        f'valid_until = "{until.isoformat(timespec="seconds")}"',
        "runs = 1",
        "",
        "[envelope]",
        f'realm = "{realm}"',
        f"networks = {_toml(networks)}",
        f"exclude = {_toml(spared)}",
        f"segments = {_toml(sorted(map(str, plan.segments)))}",
        f"classes = {_toml(sorted({row.klass.value for row in plan.rows}))}",
        f"probes = {_toml(sorted({row.protocol for row in plan.rows}))}",
        f"depth = {_toml(sorted({name for row in plan.rows for name in row.depth}))}",
        f"sweep = {str(plan.sweeps).lower()}",
        f"most_devices = {plan.devices}",
        f"most_units = {plan.units}",
        f"most_packets = {plan.packets}",
        f"packets_per_second = {plan.scope.limits.packets_per_second}",
        "",
        "# digest of each protocol's published request list, see docs/protocols.md",
        "[requests]",
        *(f'{name} = "{digest}"' for name, digest in sorted(plan.digests.items())),
    ]
    return "\n".join(lines) + "\n"


def objections(plan: Plan, approval: Approval, *, now: datetime, runs_used: int, realm: str) -> tuple[str, ...]:
    """Every respect in which a plan goes beyond an approval; empty when it lies inside."""
    found = [
        *_formal(approval, plan, now=now, runs_used=runs_used),
        *([f"realm {realm} instead of {approval.realm}"] if realm != approval.realm else []),
        *_row_objections(plan, approval),
        *(f"{one} is excluded by the approval, not by this plan" for one in approval.exclude if _asks(plan, one)),
    ]
    for what, wanted, allowed in (
        ("devices", plan.devices, approval.most_devices),
        ("units", plan.units, approval.most_units),
        ("packets", plan.packets, approval.most_packets),
        ("packets a second", plan.scope.limits.packets_per_second, approval.packets_per_second),
    ):
        if wanted > allowed:
            found.append(f"{wanted} {what}, approved are {allowed}")
    for name, digest in plan.digests.items():
        if approval.requests.get(name) != digest:
            found.append(f"the request list of {name} is not the approved one")
    return tuple(dict.fromkeys(found))


def _formal(approval: Approval, plan: Plan, *, now: datetime, runs_used: int) -> list[str]:
    found = []
    persons = {name.strip().lower() for name in approval.approved_by if name.strip()}
    if len(persons) < (needed := max(1, plan.scope.persons)):
        found.append(f"{counted(len(persons), 'name')} under approved_by of the approval, {needed} needed")
    if not approval.valid_from <= now <= approval.valid_until:
        found.append(f"valid from {approval.valid_from:%Y-%m-%d %H:%M} to {approval.valid_until:%Y-%m-%d %H:%M} UTC")
    if runs_used >= approval.runs:
        found.append(f"approved for {counted(approval.runs, 'run')}, all used")
    return found


def _row_objections(plan: Plan, approval: Approval) -> list[str]:
    rows, named = plan.rows, frozenset(approval.networks)
    segments = [row.target for row in rows if isinstance(row.target, Segment)]
    outside = [
        row.target
        for row in rows
        if not isinstance(row.target, Segment)
        and not all(network in named or _inside(network, approval.networks) for network in _networks(row))
    ]
    swept = [row.target for row in rows if row.sweep and row.kind is NetworkKind.OT and not approval.sweep]
    classes = [f"{row.klass} ({row.protocol})" for row in rows if row.klass.value not in approval.classes]
    probes = [row.protocol for row in rows if row.protocol not in approval.probes]
    depth = [name for row in rows for name in row.depth if name not in approval.depth]
    return [
        *(f"segment {one} is not approved" for one in segments if str(one) not in approval.segments),
        *(f"{one} is outside the approved networks" for one in outside),
        *_not_approved("class", classes),
        *_not_approved("probe", probes),
        *_not_approved("depth", depth),
        *(f"a sweep of {one} is not approved" for one in swept),
    ]


def _not_approved(what: str, names: list[str]) -> list[str]:
    """One sentence for names of one kind, none where there are none."""
    listed = list(dict.fromkeys(names))
    return [f"not approved: {what} {', '.join(listed)}"] if listed else []


def _asks(plan: Plan, spared: IPNetwork) -> bool:
    """Whether a plan would ask an address of a network, so that it does not exclude all of it by itself."""
    first, last = spared[0], spared[-1]
    spans = [Target(realm, first, last) for realm in {one.realm for one in plan.targets}]
    parts = (_common(span, one) for span in spans for one in plan.targets)
    return any(size(part, plan.scope) for part in parts if part)


def _common(one: Target, other: Target) -> Target | None:
    """The addresses of both."""
    if int(one.first) > int(other.last) or int(other.first) > int(one.last):
        return None
    if one.realm != other.realm or one.first.version != other.first.version:
        return None
    return Target(one.realm, max(one.first, other.first, key=int), min(one.last, other.last, key=int))


def _networks(row: Row) -> tuple[IPNetwork, ...]:
    if isinstance(row.target, Segment):
        return ()
    whole = _whole_network(row.target.first, row.target.last)
    return (whole,) if whole else _within(row.target)


def _within(target: Target | None) -> tuple[IPNetwork, ...]:
    """The networks that hold the addresses of a range and no other."""
    return tuple(summarize_address_range(target.first, target.last)) if target else ()


def _whole_network(first: IPAddress, last: IPAddress) -> IPNetwork | None:
    """The IPv4 network whose devices a range is, without network and broadcast address; None for any other range."""
    size = int(last) - int(first) + 3
    if first.version == 6 or size < 4 or size & (size - 1) or (int(first) - 1) % size:
        return None
    return ip_network((int(first) - 1, 33 - size.bit_length()))


def _inside(network: IPNetwork, allowed: tuple[IPNetwork, ...]) -> bool:
    return any(network.version == a.version and network.subnet_of(a) for a in allowed)  # type: ignore[arg-type]


def _known(content: Mapping[str, Any], fields: tuple[str, ...], where: str) -> None:
    if not isinstance(content, Mapping):
        raise InputError(f"{where}: names with values are expected")
    for key in content:
        if key not in fields:
            raise InputError(f'{where}: unknown key "{key}"{near(key, fields)}')
    if content.get("schema", 1) != 1 or content.get("schema") is True:
        raise InputError(f"{where}: schema: 1 is expected; `assetctl plan --approval FILE` writes a draft")


def _texts(table: Mapping[str, Any], key: str, default: list[str] | None = None) -> tuple[str, ...]:
    """A list of texts. One text is not a list: its letters would count as so many persons or probes."""
    value = table[key] if default is None else table.get(key, default)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{key}: a list of texts is expected")
    return tuple(value)


def _ranges(table: Mapping[str, Any], key: str, default: list[str] | None = None) -> tuple[IPNetwork, ...]:
    try:
        return tuple(network(text) for text in _texts(table, key, default))
    except ValueError as fault:
        raise ValueError(f"{key}: {fault}") from None


def _classes(table: Mapping[str, Any]) -> frozenset[str]:
    known = tuple(klass.value for klass in RequestClass)
    found = _texts(table, "classes")
    for name in found:
        if name not in known:
            raise ValueError(f'classes: "{one_line(name)}" is unknown{near(name, known)}; known are {", ".join(known)}')
    return frozenset(found)


def _texts_by_name(table: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: _text(table, name) for name, _ in table.items()}


def _text(table: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = table[key] if default is None else table.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key}: a text is expected")
    return value


def _moment(table: Mapping[str, Any], key: str) -> datetime:
    """A time as text, or as TOML has it."""
    value = table[key]
    written = value.isoformat() if isinstance(value, datetime) else _text(table, key)
    try:
        return parse_moment(written)
    except ValueError:
        said = f'"{one_line(written)}" is no time with a zone such as 2026-03-01T06:00:00+00:00'
        raise ValueError(f"{key}: {said}") from None


def _flag(table: Mapping[str, Any], key: str) -> bool:
    value = table.get(key, False)
    if type(value) is not bool:
        raise ValueError(f"{key}: true or false is expected")
    return value


def _count(table: Mapping[str, Any], key: str, default: int | None = None) -> int:
    value = table[key] if default is None else table.get(key, default)
    if type(value) is not int:
        raise ValueError(f"{key}: a whole number is expected")
    return value


def _toml(texts: list[str]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"
