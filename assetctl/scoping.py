"""From settings and the flags of one command to the scope of one run.

A profile makes networks more careful, never less; targets given on the command line take the place of those in the
file; exclusions add up. Depth and a sweep may be named by either, since the plan shows them before anything is asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from ipaddress import ip_network
from pathlib import Path

from assetctl import entries, text
from assetctl.entries import DAYS, OT_PACKETS_PER_SECOND
from assetctl.errors import InputError
from assetctl.model import DEFAULT_REALM, Address, NetworkKind, Segment
from assetctl.scope import (
    Consent,
    CredentialEntry,
    Limits,
    NamedSegment,
    Network,
    Scope,
    Target,
    Vantage,
    Window,
)
from assetctl.settings import Settings
from assetctl.targets import Resolve, default_resolver, parse_target, read_exclusions
from assetctl.values import realm_name

PROFILES = {"ot-safe": NetworkKind.OT, "it": NetworkKind.IT, "lab": NetworkKind.LAB}
_CAREFUL_FIRST = (NetworkKind.OT, NetworkKind.IT, NetworkKind.LAB)
LINK = "link:"  # before the name or the interface of a segment on the command line
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class Known:
    """What the protocols offer, so that a misspelt name is an error and not a question that is never asked.

    An empty tuple is not checked against.
    """

    probes: tuple[str, ...] = ()
    depths: tuple[str, ...] = ()
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Flags:
    """What one command adds."""

    targets: Sequence[str]
    exclude: Sequence[str]
    profile: str
    realm: str
    probes: Sequence[str]
    depth: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Reader:
    """How texts become targets in this run. realm: of texts that name none."""

    realm: str
    resolve: Resolve | None
    folder: Path

    def read(self, written: Iterable[str], *, key: str, exclude: bool = False) -> tuple[Target, ...]:
        """The targets of a list; an error begins with the key or flag that holds it."""
        found: dict[Target, None] = {}
        for one in written:
            try:
                parsed = parse_target(one, realm=self.realm, resolve=self.resolve, folder=self.folder, exclude=exclude)
            except InputError as error:
                raise InputError(f"{key}: {error}") from None
            found.update(dict.fromkeys(parsed))
        return tuple(found)

    def addresses(self, written: Iterable[str], *, key: str) -> tuple[Address, ...]:
        """One address for each text; anything longer is refused, so that each is named."""
        targets = [self.read((one,), key=key) for one in written]
        for target in (target for found in targets for target in found):
            if target.first != target.last:
                raise InputError(f"{key}: single addresses are expected, {target} was found; name each address")
        return tuple(Address(target.realm, target.first) for found in targets for target in found)


def build_scope(
    settings: Settings,
    *,
    targets: Sequence[str] = (),
    exclude: Sequence[str] = (),
    profile: str | None = None,
    realm: str | None = None,
    probes: Sequence[str] = (),
    depth: Sequence[str] = (),
    sweep: bool = False,
    cwd: Path = Path(),
    resolve: Resolve = default_resolver,
    known: Known = Known(),
) -> Scope:
    """What may be asked in this run. Names are resolved here, once. Raises InputError.

    profile: one of PROFILES. realm: of targets that name none; without it the only one that is declared.
    cwd: what @file on the command line starts from.
    """
    flags = _Flags(targets, exclude, profile or "", realm or "", probes, depth)
    return _build(settings, flags, sweep=sweep, cwd=cwd, resolve=resolve, known=known)


def _build(settings: Settings, flags: _Flags, *, sweep: bool, cwd: Path, resolve: Resolve, known: Known) -> Scope:
    realm = _realm(settings, flags.realm)
    resolve = cache(resolve)  # a name means the same addresses wherever it stands
    listed = _Reader(realm, resolve, settings.found.folder)
    typed = _Reader(realm, resolve, cwd)
    named = _Reader(realm, None, settings.found.folder)
    targets = _targets(settings, flags, listed, typed)
    realms = {realm, *(target.realm for target in targets)}
    networks = _networks(settings, flags.profile, realms)
    if flags.targets:
        _refuse_loosening(flags.profile, targets, networks)
    return Scope(
        targets=targets,
        excluded=_excluded(settings, flags, listed, typed, realms),
        networks=networks,
        vantages=tuple(_vantage(settings)),
        windows=tuple(
            Window(tuple(DAYS.index(day) for day in w.days), w.start, w.end, w.realm) for w in settings.windows
        ),
        timezone=settings.project.timezone,
        limits=_limits(settings, targets, networks),
        probes=_probes(settings, flags, known),
        depth=_depth(settings, flags, known),
        consents=tuple(
            Consent(c.probe, named.read(c.targets, key="consents.targets"), c.by, c.reason) for c in settings.consents
        ),
        credentials=tuple(
            CredentialEntry(c.name, c.kind, c.realm, c.networks, c.secrets(), c.options()) for c in settings.credentials
        ),
        sweep=sweep or settings.sweep.allowed,
        units=_units(settings, named),
        safety_consents=frozenset(named.addresses(settings.safety_consents.addresses, key="safety_consents.addresses")),
        redundant=tuple(
            frozenset(named.addresses(one.addresses, key="redundant.addresses")) for one in settings.redundant
        ),
        ports=_ports(settings, known),
        parameters=_parameters(settings, known),
        segments=_segments(settings, flags, {target.realm for target in targets}),
        persons=settings.approval.persons,
        contact=settings.project.contact,
        lab=flags.profile == "lab",
    )


def _realm(settings: Settings, wanted: str) -> str:
    """The realm of texts that name none: the flag's, the only one that is declared, or the default."""
    declared = tuple(dict.fromkeys(network.realm for network in settings.networks))
    if wanted and declared and wanted not in declared:
        hint = text.near(wanted, declared) or f"; declared are {', '.join(declared)}"
        raise InputError(f'--realm: no [[networks]] of a realm "{text.one_line(wanted)}" in the settings{hint}')
    if wanted:
        try:
            return realm_name(wanted)
        except ValueError as error:
            raise InputError(f"--realm: {error}") from None
    return declared[0] if len(declared) == 1 else DEFAULT_REALM


def _targets(settings: Settings, flags: _Flags, listed: _Reader, typed: _Reader) -> tuple[Target, ...]:
    if not flags.targets:
        found = listed.read(settings.targets.include, key="targets.include")
        return tuple(target for target in found if flags.realm in ("", target.realm))
    found = typed.read((one for one in flags.targets if not one.startswith(LINK)), key="target")
    for target in found:
        if flags.realm not in ("", target.realm):
            raise InputError(f"target {target}: --realm {flags.realm} asks for another realm; give one of the two")
    return found


def _segments(settings: Settings, flags: _Flags, realms: set[str]) -> tuple[NamedSegment, ...]:
    """The segments of a run: those the command line names; without targets there, all of the realms that are asked."""
    declared = [one for one in settings.segments if flags.realm in ("", one.realm)]
    if not flags.targets:
        chosen = [one for one in declared if not realms or one.realm in realms]
    else:
        named = (one.removeprefix(LINK) for one in flags.targets if one.startswith(LINK))
        found = (_segment(declared, name) for name in named)
        chosen = list({(one.realm, one.interface): one for one in found}.values())
    most = PROFILES.get(flags.profile, NetworkKind.LAB)
    return tuple(
        NamedSegment(
            Segment(one.realm, one.interface),
            one.by,
            one.reason,
            min(one.kind, most, key=_CAREFUL_FIRST.index),
            one.name,
            one.site,
        )
        for one in chosen
    )


def _segment(declared: Sequence[entries.Segment], name: str) -> entries.Segment:
    """The declared segment of a name or interface; its declaration is the consent, so there is no other way."""
    found = [one for one in declared if name in (one.name, one.interface)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{LINK}{name}: several realms have it; choose one with --realm")
    known = tuple(one.name or one.interface for one in declared)
    hint = text.near(name, known) or (f"; declared are {', '.join(known)}" if known else "")
    raise InputError(f"{LINK}{text.one_line(name)}: no [[segments]] entry in the settings allows it{hint}")


def _excluded(
    settings: Settings, flags: _Flags, listed: _Reader, typed: _Reader, realms: Iterable[str]
) -> tuple[Target, ...]:
    """Everything excluded. A text without a realm excludes its addresses in every realm of the run."""
    found: dict[Target, None] = {}
    for realm in sorted(realms):
        here = replace(listed, realm=realm)
        found.update(dict.fromkeys(here.read(settings.targets.exclude, key="targets.exclude", exclude=True)))
        if path := settings.exclusions:
            found.update(dict.fromkeys(read_exclusions(path, realm)))
        found.update(dict.fromkeys(replace(typed, realm=realm).read(flags.exclude, key="--exclude", exclude=True)))
    return tuple(found)


def _networks(settings: Settings, profile: str, realms: set[str]) -> tuple[Network, ...]:
    """The declared networks as the profile leaves them. Loopback, else lab, is listed where one tightens it."""
    if profile and profile not in PROFILES:
        hint = text.near(profile, tuple(PROFILES))
        raise InputError(
            f'--profile: one of {", ".join(PROFILES)} is expected, "{text.one_line(profile)}" was found{hint}'
        )
    most = PROFILES.get(profile, NetworkKind.LAB)
    networks = [
        Network(n.realm, n.range, min(n.kind, most, key=_CAREFUL_FIRST.index), n.fragile, n.substation, n.site)
        for n in settings.networks
    ]
    held = {(network.realm, network.range) for network in networks}
    if most is not NetworkKind.LAB:
        added = [(realm, loopback) for realm in sorted(realms) for loopback in _LOOPBACK]
        networks += [Network(*where, most) for where in added if where not in held]
    return tuple(networks)


def _refuse_loosening(profile: str, targets: Iterable[Target], networks: Sequence[Network]) -> None:
    """An undeclared network stays ot whatever the profile says; saying so beats scanning it otherwise than asked."""
    if profile not in ("it", "lab"):
        return
    for target in targets:
        if not _is_covered(target, networks):
            raise InputError(
                f"--profile {profile}: {target} lies in no network of the settings, so it is ot, and a profile cannot "
                f'change that; declare it in assetctl.toml: [[networks]] range = "...", kind = "{profile}"'
            )


def _is_covered(target: Target, networks: Iterable[Network]) -> bool:
    """Whether every address of a target lies in one of the networks, or is loopback."""
    ranges = [n.range for n in networks if n.realm == target.realm] + list(_LOOPBACK)
    spans = sorted(
        (int(r.network_address), int(r.broadcast_address)) for r in ranges if r.version == target.first.version
    )
    reached = int(target.first)
    for first, last in spans:
        if first <= reached <= last:
            reached = last + 1
    return reached > int(target.last)


def _limits(settings: Settings, targets: Iterable[Target], networks: Sequence[Network]) -> Limits:
    """The limits; the pace of OT wherever a target may lie in an OT network."""
    limits = Limits(**settings.limits.model_dump())
    free = [network for network in networks if network.kind is not NetworkKind.OT]
    if len(free) == len(networks) and all(_is_covered(target, free) for target in targets):
        return limits
    return replace(limits, packets_per_second=min(limits.packets_per_second, OT_PACKETS_PER_SECOND))


def _vantage(settings: Settings) -> Iterable[Vantage]:
    for v in settings.vantages:
        gateway, mac = (v.anchor.gateway, v.anchor.mac) if v.anchor else (None, "")
        yield Vantage(v.realm, v.interface, v.source, gateway, mac, declared=True)


def _probes(settings: Settings, flags: _Flags, known: Known) -> tuple[str, ...]:
    listed = settings.probes.only
    _refuse_unknown("probes.only", listed, known.probes)
    _refuse_unknown("--only", flags.probes, known.probes)
    for name in flags.probes:
        if listed and name not in listed:
            raise InputError(f'--only: "{name}" is not among probes.only of the settings: {", ".join(listed)}')
    return tuple(dict.fromkeys(flags.probes)) or listed


def _depth(settings: Settings, flags: _Flags, known: Known) -> frozenset[str]:
    _refuse_unknown("probes.depth", settings.probes.depth, known.depths)
    _refuse_unknown("--depth", flags.depth, known.depths)
    return frozenset((*settings.probes.depth, *flags.depth))


def _ports(settings: Settings, known: Known) -> dict[str, tuple[int, ...]]:
    _refuse_unknown("ports", settings.ports, known.probes)
    _refuse_unknown("consents.probe", [consent.probe for consent in settings.consents], known.probes)
    return dict(settings.ports)


def _parameters(settings: Settings, known: Known) -> dict[str, Mapping[str, str]]:
    _refuse_unknown("parameters", settings.parameters, tuple(known.parameters))
    for protocol, told in settings.parameters.items():
        _refuse_unknown(f"parameters.{protocol}", told, tuple(known.parameters.get(protocol, ())))
    return dict(settings.parameters)


def _refuse_unknown(key: str, names: Iterable[str], known: tuple[str, ...]) -> None:
    for name in names:
        if known and name not in known:
            hint = text.near(name, known) or f"; known are {', '.join(known)}"
            raise InputError(f'{key}: "{text.one_line(name)}" is unknown{hint}')


def _units(settings: Settings, named: _Reader) -> dict[Address, tuple[int, ...]]:
    found: dict[Address, tuple[int, ...]] = {}
    for written, units in settings.modbus.units.items():
        for address in named.addresses((written,), key="modbus.units"):
            if address in found:
                raise InputError(f"modbus.units: {address} stands there twice; remove one")
            found[address] = units
    return found
