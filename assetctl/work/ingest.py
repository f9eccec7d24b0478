"""Makes the inventory again from everything that was ever observed. Pure but for the store at both ends.

Nothing is updated in place: clusters, ids and facts follow from the observations, so any order of scans and imports
gives the same assets, and a better decoder or rule heals old mistakes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from assetctl import fingerprint, merge
from assetctl.hearsay import hearsay
from assetctl.identity import Assigned, assign
from assetctl.inventory import Inventory, build_assets
from assetctl.model import Address, Asset, Observation, Position, Zone
from assetctl.sightings import Sighting, sightings
from assetctl.standing import Standing
from assetctl.store.records import Decision
from assetctl.store.repo import Store


@dataclass(frozen=True, slots=True)
class Ingested:
    """The inventory of a realm after a run. new: ids that the run brought. changed: ids with a fact it brought."""

    assets: tuple[Asset, ...]
    standings: tuple[Standing, ...]
    new: frozenset[str]
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Declared:
    """What people declared in files: zones, positions of the register, the site of an address."""

    zones: tuple[Zone, ...] = ()
    register: tuple[Position, ...] = ()
    site_of: Callable[[Address], str] = lambda _: ""


NOTHING = Declared()


def ingest(store: Store, realm: str, declared: Declared = NOTHING) -> Ingested:
    """Derive all assets of a realm from its observations and what was declared, and store them."""
    inventory, assigned = _inventory(store, realm, seen_in(store, realm), declared)
    store.put_identities(assigned.additions)
    store.put_aliases(_other_names(assigned.accepted))
    before = store.replace_assets(realm, inventory.assets)
    new = frozenset(a.id for a in inventory.assets if a.id not in before.ids and before.ids.isdisjoint(a.aliases))
    return Ingested(inventory.assets, inventory.standings, new, before.retold)


def assets_at(store: Store, realm: str, until: datetime, declared: Declared = NOTHING) -> tuple[Asset, ...]:
    """The assets of a realm by what was observed until then, under the ids they have today. Nothing is stored.

    Zones, register and decisions about identity are those of today.
    """
    observed = (one for one in store.observations(realm=realm) if one.ended <= until)
    return _inventory(store, realm, seen(observed), declared)[0].assets


def assets_in(store: Store, realm: str, scan: str, declared: Declared) -> tuple[Asset, ...]:
    """The assets of a realm by what one scan or import saw alone, under the ids they have today. Nothing is stored."""
    return _inventory(store, realm, seen(store.observations(scan=scan)), declared)[0].assets


def _inventory(
    store: Store, realm: str, sighted: tuple[Sighting, ...], declared: Declared
) -> tuple[Inventory, Assigned]:
    clusters = merge.cluster(sighted, pins=pins(store.decisions(realm)))
    assigned = assign(clusters, store.identities(realm=realm))
    by_id = {one.id: one for one in (*store.positions(realm), *declared.register) if one.realm == realm}
    inventory = build_assets(
        clusters,
        assigned.ids,
        assigned.aliases,
        positions=tuple(by_id.values()),
        zones=declared.zones,
        site_of=declared.site_of,
    )
    return inventory, assigned


def seen_in(store: Store, realm: str) -> tuple[Sighting, ...]:
    """Every sighting of a realm, with what the fingerprints make of it."""
    return seen(store.observations(realm=realm))


def seen(observations: Iterable[Observation]) -> tuple[Sighting, ...]:
    """What observations say of the devices that answered, and of their neighbours."""
    every = tuple(observations)
    return (*sightings(every, derive=fingerprint.derive), *hearsay(every, derive=fingerprint.derive))


def pins(decisions: Iterable[Decision]) -> tuple[merge.Pin, ...]:
    """What people decided, for the merge."""
    return tuple(merge.Pin(merge.PinKind(one.kind), one.left, one.right) for one in decisions)


def _other_names(accepted: Mapping[str, str]) -> dict[str, str]:
    return {name: asset for name, asset in accepted.items() if name != asset}
