"""From settings and the flags of one command to the scope of one run.

A profile makes networks more careful, never less; targets given on the command line take the place of those in the
file; exclusions add up. Depth and a sweep may be named by either, since the plan shows them before anything is asked.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from assetctl import text
from assetctl.entries import DAYS
from assetctl.errors import InputError
from assetctl.model import DEFAULT_REALM
from assetctl.scope import Consent, CredentialEntry, Scope, Target, Vantage, Window
from assetctl.scoping.flags import Flags
from assetctl.scoping.offered import Known, depth_of, parameters_of, ports_of, probes_of
from assetctl.scoping.profiles import limits_of, networks_of, refuse_loosening
from assetctl.scoping.segments import segments_of
from assetctl.scoping.written import Reader, excluded, targets_of, units_of
from assetctl.settings import Settings
from assetctl.targets import Resolve, default_resolver
from assetctl.values import realm_name


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
    flags = Flags(targets, exclude, profile or "", realm or "", probes, depth)
    return _build(settings, flags, sweep=sweep, cwd=cwd, resolve=resolve, known=known)


def _build(settings: Settings, flags: Flags, *, sweep: bool, cwd: Path, resolve: Resolve, known: Known) -> Scope:
    realm = _realm(settings, flags.realm)
    resolve = cache(resolve)  # a name means the same addresses wherever it stands
    listed = Reader(realm, resolve, settings.found.folder)
    typed = Reader(realm, resolve, cwd)
    named = Reader(realm, None, settings.found.folder)
    targets = targets_of(settings, flags, listed, typed)
    _refuse_stray(settings, targets)
    realms = {realm, *(target.realm for target in targets)}
    networks = networks_of(settings, flags.profile, realms)
    if flags.targets:
        refuse_loosening(flags.profile, targets, networks)
    return Scope(
        targets=targets,
        excluded=excluded(settings, flags, listed, typed, realms),
        networks=networks,
        vantages=tuple(_vantage(settings)),
        windows=tuple(
            Window(tuple(DAYS.index(day) for day in w.days), w.start, w.end, w.realm) for w in settings.windows
        ),
        timezone=settings.project.timezone,
        limits=limits_of(settings, targets, networks),
        probes=probes_of(settings, flags, known),
        depth=depth_of(settings, flags, known),
        consents=tuple(
            Consent(c.probe, named.read(c.targets, key="consents.targets"), c.by, c.reason) for c in settings.consents
        ),
        credentials=tuple(
            CredentialEntry(c.name, c.kind, c.realm, c.networks, c.secrets(), c.options()) for c in settings.credentials
        ),
        sweep=sweep or settings.sweep.allowed,
        units=units_of(settings, named),
        safety_consents=frozenset(named.addresses(settings.safety_consents.addresses, key="safety_consents.addresses")),
        redundant=tuple(
            frozenset(named.addresses(one.addresses, key="redundant.addresses")) for one in settings.redundant
        ),
        ports=ports_of(settings, known),
        parameters=parameters_of(settings, known),
        segments=segments_of(settings, flags, {target.realm for target in targets}),
        persons=settings.approval.persons,
        contact=settings.project.contact,
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


def _refuse_stray(settings: Settings, targets: Iterable[Target]) -> None:
    """Refuse a target of the default realm where several others are declared: it was meant for one of them."""
    declared = sorted({network.realm for network in settings.networks})
    for target in targets:
        if len(declared) > 1 and target.realm == DEFAULT_REALM and DEFAULT_REALM not in declared:
            raise InputError(
                f"target {target}: no [[networks]] of this realm in the settings; declared are {', '.join(declared)}: "
                f"write {declared[0]}/{target.first} or give --realm"
            )


def _vantage(settings: Settings) -> Iterable[Vantage]:
    for v in settings.vantages:
        gateway, mac = (v.anchor.gateway, v.anchor.mac) if v.anchor else (None, "")
        yield Vantage(v.realm, v.interface, v.source, gateway, mac, declared=True)
