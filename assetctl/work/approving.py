"""The golden inventories of the settings, compared with the store, as entries that checks can be asked about."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from assetctl.baseline import Entry
from assetctl.golden.outcome import Difference, Outcome
from assetctl.model import Asset
from assetctl.policy.approved import MISSING, NEW, THERE, UNSEEN
from assetctl.policy.plant import Approved
from assetctl.protocol import Protocol
from assetctl.settings import Settings
from assetctl.store.repo import Store
from assetctl.work.golding import Verified, compare

MAX_AGE = timedelta(days=30)
"""How long what was seen counts where no --max-age was given."""

_PRESENCE = {
    Outcome.MISSING: MISSING,
    Outcome.NEW: NEW,
    Outcome.NOT_OBSERVED: UNSEEN,
    Outcome.STALE: UNSEEN,
}
_CHANGES = frozenset({Outcome.CHANGED, Outcome.EXCHANGED})


def approved(
    store: Store,
    settings: Settings,
    protocols: Mapping[str, Protocol],
    *,
    now: datetime,
    max_age: timedelta | None = None,
) -> tuple[Approved, ...]:
    """Every entry of every golden inventory, and every device that none of them names."""
    found: list[Approved] = []
    for name in settings.files.golden:
        verified = compare(store, settings.file(name), protocols, now=now, max_age=max_age or MAX_AGE, share=1.0)
        parents = {asset.id: asset for asset in store.assets(verified.golden.realm)}
        found += entries_of(verified, parents)
    return tuple(found)


def entries_of(verified: Verified, assets: Mapping[str, Asset]) -> Iterator[Approved]:
    """The entries of one comparison. assets: by id, to find the device of a part that is new."""
    golden = verified.golden
    entries = {entry.key: entry for entry in golden.entries}
    rows: dict[str, list[Difference]] = defaultdict(list)
    for one in verified.differences:
        rows[one.entry].append(one)
    keys = {one.asset: one.entry for one in verified.differences if one.asset}
    parents = {key: _parent(entries.get(key), told, assets, keys) for key, told in rows.items()}
    for key, told in rows.items():
        parts = [part for part, parent in parents.items() if parent == key]
        yield Approved(
            id=key,
            realm=golden.realm,
            zone=golden.zone,
            presence=_presence(told),
            asset=told[0].asset,
            parent=parents[key],
            changed=_fields(told, _CHANGES, of_ports=False),
            unseen=_fields(told, (Outcome.NOT_OBSERVED,), of_ports=False),
            opened=tuple(one.field for one in told if _is_opened(one)),
            unasked=_fields(told, (Outcome.NOT_OBSERVED,), of_ports=True),
            has_modules=bool(parts),
            modules_changed=tuple(part for part in parts if _differs(rows[part])),
            modules_unseen=tuple(part for part in parts if _is_open(rows[part])),
        )


def _parent(
    entry: Entry | None, told: Iterable[Difference], assets: Mapping[str, Asset], keys: Mapping[str, str]
) -> str:
    """The entry of the device of a part, "" for a device."""
    if entry is not None:
        return entry.parent
    found = next((assets[one.asset] for one in told if one.asset in assets), None)
    return keys.get(found.parent or "", "") if found else ""


def _presence(told: Iterable[Difference]) -> str:
    return next((_PRESENCE[one.outcome] for one in told if not one.field and one.outcome in _PRESENCE), THERE)


def _fields(told: Iterable[Difference], outcomes: Iterable[Outcome], *, of_ports: bool) -> tuple[str, ...]:
    wanted = tuple(outcomes)
    return tuple(one.field for one in told if one.field and ("/" in one.field) is of_ports and one.outcome in wanted)


def _is_opened(one: Difference) -> bool:
    return "/" in one.field and one.current == "open" and one.outcome in (Outcome.NEW, Outcome.CHANGED)


def _differs(told: list[Difference]) -> bool:
    return _presence(told) in (MISSING, NEW) or bool(_fields(told, _CHANGES, of_ports=False))


def _is_open(told: list[Difference]) -> bool:
    return _presence(told) == UNSEEN or bool(_fields(told, (Outcome.NOT_OBSERVED,), of_ports=False))
