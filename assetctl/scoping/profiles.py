"""What a profile does to the declared networks: it tightens, and never loosens."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import ip_network

from assetctl import text
from assetctl.entries import OT_PACKETS_PER_SECOND
from assetctl.errors import InputError
from assetctl.model import NetworkKind
from assetctl.scope import Limits, Network, Target
from assetctl.settings import Settings

PROFILES = {"ot-safe": NetworkKind.OT, "it": NetworkKind.IT, "lab": NetworkKind.LAB}
_CAREFUL_FIRST = (NetworkKind.OT, NetworkKind.IT, NetworkKind.LAB)
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def tightened(kind: NetworkKind, profile: str) -> NetworkKind:
    """A kind of network as a profile leaves it: the more careful of the two. profile: "" for none."""
    return min(kind, PROFILES.get(profile, NetworkKind.LAB), key=_CAREFUL_FIRST.index)


def networks_of(settings: Settings, profile: str, realms: set[str]) -> tuple[Network, ...]:
    """The declared networks as the profile leaves them. Loopback, else lab, is listed where one tightens it."""
    if profile and profile not in PROFILES:
        hint = text.near(profile, tuple(PROFILES))
        raise InputError(
            f'--profile: one of {", ".join(PROFILES)} is expected, "{text.one_line(profile)}" was found{hint}'
        )
    networks = [
        Network(n.realm, n.range, tightened(n.kind, profile), n.fragile, n.substation, n.site)
        for n in settings.networks
    ]
    held = {(network.realm, network.range) for network in networks}
    most = tightened(NetworkKind.LAB, profile)
    if most is not NetworkKind.LAB:
        added = [(realm, loopback) for realm in sorted(realms) for loopback in _LOOPBACK]
        networks += [Network(*where, most) for where in added if where not in held]
    return tuple(networks)


def refuse_loosening(profile: str, targets: Iterable[Target], networks: Sequence[Network]) -> None:
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


def limits_of(settings: Settings, targets: Iterable[Target], networks: Sequence[Network]) -> Limits:
    """The limits; the pace of OT wherever a target may lie in an OT network."""
    limits = Limits(**settings.limits.model_dump())
    free = [network for network in networks if network.kind is not NetworkKind.OT]
    if len(free) == len(networks) and all(_is_covered(target, free) for target in targets):
        return limits
    return replace(limits, packets_per_second=min(limits.packets_per_second, OT_PACKETS_PER_SECOND))
