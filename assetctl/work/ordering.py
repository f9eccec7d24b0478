"""From what a user asked for to an order: scope, credentials, exclusions read anew, and narrowing by evidence."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from assetctl.approval import Approval
from assetctl.approval import read as approval_from
from assetctl.documents import read_toml
from assetctl.errors import InputError
from assetctl.model import Address, Asset, Position, Zone
from assetctl.protocol import Protocol
from assetctl.protocols import registry
from assetctl.scope import CredentialEntry, Scope, Target
from assetctl.scoping.build import build_scope
from assetctl.scoping.offered import Known
from assetctl.secrets.credentials import Secret, resolve
from assetctl.settings import Settings
from assetctl.settle import addresses, settled
from assetctl.store.repo import Store
from assetctl.targets import read_exclusions
from assetctl.work.ingest import Declared
from assetctl.work.order import Order
from assetctl.zones import zone_of

SPANS = {"d": timedelta(days=1), "h": timedelta(hours=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says: targets as typed, and what narrows or deepens the run."""

    realm: str | None
    targets: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    profile: str | None = None
    only: tuple[str, ...] = ()
    depth: tuple[str, ...] = ()
    sweep: bool = False

    @classmethod
    def of_plan(cls, stored: str | None, scan: str) -> "Wish":
        """The wish that an interrupted scan was started with. Raises InputError when nothing is stored."""
        if stored is None:
            raise InputError(f"scan {scan}: nothing is stored to go on with; `assetctl scans list` shows the runs")
        request: dict[str, Any] = json.loads(stored)["request"]
        return cls(
            realm=request["realm"],
            targets=tuple(request["targets"]),
            exclude=tuple(request["exclude"]),
            profile=request["profile"],
            only=tuple(request["only"]),
            depth=tuple(request["depth"]),
            sweep=request["sweep"],
        )


def order_of(
    wish: Wish,
    settings: Settings,
    *,
    zones: tuple[Zone, ...],
    register: tuple[Position, ...] = (),
    scan: str,
    environ: Mapping[str, str],
    resume: str = "",
    fetch: bool = True,
) -> Order:
    """The order for a wish. Names are resolved, credentials fetched unless it is only planned; nothing is sent.

    Raises InputError.
    """
    protocols = registry()
    scope = build_scope(
        settings,
        targets=wish.targets,
        exclude=wish.exclude,
        profile=wish.profile,
        realm=wish.realm,
        probes=wish.only,
        depth=wish.depth,
        sweep=wish.sweep,
        cwd=Path.cwd(),
        known=_offered(protocols),
    )
    realm = _realm_of(scope)
    return Order(
        realm=realm,
        scope=scope,
        protocols=protocols,
        secrets=_secrets(scope.credentials, settings, realm, environ) if fetch else {},
        scan=scan,
        declared=Declared(zones, register, lambda address: scope.network_of(address).site or settings.project.site),
        exclusions=_exclusions(scope, settings, realm),
        zone_of=_zone_of(zones),
        resume=resume,
        request={name: getattr(wish, name) for name in wish.__slots__},
    )


def _offered(protocols: Mapping[str, Protocol]) -> Known:
    return Known(
        probes=(*protocols, "ports", "nmap"),
        depths=tuple(name for p in protocols.values() for name in p.depths),
        parameters={name: p.parameters for name, p in protocols.items() if p.parameters},
    )


def _realm_of(scope: Scope) -> str:
    """The one realm of all targets and segments. Raises InputError for none and for several."""
    realms = {target.realm for target in scope.targets} | {named.segment.realm for named in scope.segments}
    if len(realms) > 1:
        raise InputError(f"targets of several realms ({', '.join(sorted(realms))}); one scan asks one realm")
    if not realms:
        raise InputError("no target: name one, such as 10.20.1.0/24, or set [targets] include in assetctl.toml")
    return realms.pop()


def narrowed(order: Order, store: Store, *, stale: timedelta | None, missing: tuple[str, ...], now: datetime) -> Order:
    """The order for known devices alone: all of them, those not seen for `stale`, or those that lack a value."""
    chosen = [
        asset
        for asset in store.assets(order.realm)
        if (stale is None or now - asset.last_seen >= stale) and (not missing or set(missing) - settled(asset).keys())
    ]
    targets = tuple(_single(order, text) for text in _addresses(chosen) if _wanted(order, text))
    if not targets:
        raise InputError("no known device fits; without --from-evidence, --stale and --missing all targets are planned")
    request = {**order.request, "targets": tuple(str(target) for target in targets)}
    return replace(order, scope=replace(order.scope, targets=targets, segments=()), request=request)


def span(text: str) -> timedelta:
    """A time such as 90d, 12h or 4w. Raises InputError."""
    if text[:-1].isdecimal() and text[-1:] in SPANS:
        return int(text[:-1]) * SPANS[text[-1]]
    raise InputError(f"{text}: a time such as 90d, 12h or 4w is expected")


def read_approval(path: Path) -> Approval:
    """An approval file. Raises InputError with file and key."""
    document = read_toml(path)
    return approval_from(document.root, path.read_bytes(), str(path))


def _secrets(
    entries: Iterable[CredentialEntry], settings: Settings, realm: str, environ: Mapping[str, str]
) -> dict[str, Secret]:
    """The credentials of one realm with their secrets; those of others are not looked for."""
    found = settings.found
    return {
        entry.name: resolve(entry, environ=environ, config_dir=found.folder, user_config=found.trusted)
        for entry in entries
        if entry.realm == realm
    }


def _exclusions(scope: Scope, settings: Settings, realm: str) -> Callable[[], tuple[Target, ...]]:
    """Reads the exclusion file again whenever it changed. What was excluded at the start stays so."""
    if not settings.targets.exclude_file:
        return lambda: scope.excluded
    path = settings.file(settings.targets.exclude_file)
    seen: list[tuple[float, tuple[Target, ...]]] = [(-1.0, ())]

    def current() -> tuple[Target, ...]:
        changed = path.stat().st_mtime if path.exists() else 0.0
        if changed != seen[0][0]:
            seen[0] = (changed, read_exclusions(path, realm) if changed else seen[0][1])
        return scope.excluded + seen[0][1]

    return current


def _zone_of(zones: tuple[Zone, ...]) -> Callable[[Address], str] | None:
    if not zones:
        return None
    return lambda address: zone_of(zones, (address,)) or ""


def _addresses(assets: Iterable[Asset]) -> list[str]:
    return sorted({text for asset in assets for text in addresses(asset)})


def _wanted(order: Order, text: str) -> bool:
    return order.scope.includes(Address(order.realm, ip_address(text)))


def _single(order: Order, text: str) -> Target:
    return Target(order.realm, ip_address(text), ip_address(text))
