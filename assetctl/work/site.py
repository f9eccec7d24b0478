"""A report about one site of many: what lies in its realm, and what the inventory says that no realm says alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from assetctl.errors import InputError
from assetctl.model import Conduit, Zone
from assetctl.store.records import CheckRun
from assetctl.store.repo import Store
from assetctl.text import near
from assetctl.work.papers import Papers
from assetctl.zones import ZoneFile

Counts = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Place -> check -> result."""


class _InRealm(Protocol):
    @property
    def realm(self) -> str: ...


T = TypeVar("T", bound=_InRealm)


@dataclass(frozen=True, slots=True)
class Site:
    """realm: its address space, "" for all sites together."""

    realm: str = ""

    @property
    def only(self) -> str | None:
        """Its realm as the store takes it."""
        return self.realm or None

    def of(self, items: Iterable[T]) -> tuple[T, ...]:
        """Those that lie there."""
        return tuple(one for one in items if self.realm in ("", one.realm))

    def zone_file(self, file: ZoneFile) -> ZoneFile:
        """Its zones, and the conduits that begin or end in one of them."""
        if not self.realm:
            return file
        zones = self.of(file.zones)
        ids = {zone.id for zone in zones}
        return replace(file, zones=zones, conduits=tuple(c for c in file.conduits if ids & {c.source, c.target}))

    def papers(self, papers: Papers, zones: ZoneFile) -> Papers:
        """Its waivers, and what people attested for its zones and conduits. zones: of the site."""
        if not self.realm:
            return papers
        ids = {zone.id for zone in zones.zones} | {one.id for one in zones.conduits}
        told = tuple(one for one in papers.attestations if one.attestation.place in ids)
        waivers = replace(papers.waivers, waivers=self.of(papers.waivers.waivers))
        return replace(papers, waivers=waivers, attestations=told)

    def seen(self, run: CheckRun, zones: Iterable[Zone], conduits: Iterable[Conduit]) -> Counts:
        """What a run counted by place. zones, conduits: of the site."""
        ids = {zone.id for zone in zones} | {one.id for one in conduits}
        return {place: counts for place, counts in run.places.items() if place in ids} if self.realm else run.places

    def counts(self, run: CheckRun) -> Mapping[str, int]:
        """What a run counted, as check/result, of the site and of the inventory as a whole."""
        if not self.realm:
            return run.counts
        found: dict[str, int] = {}
        for realm in (self.realm, ""):
            for check, counts in run.realms.get(realm, {}).items():
                for result, count in counts.items():
                    found[f"{check}/{result}"] = found.get(f"{check}/{result}", 0) + count
        return found

    def word(self) -> Iterator[str]:
        """What the report says of what it leaves out."""
        if self.realm:
            yield f"This report is about {self.realm} alone; other sites of the same inventory are left out."


ALL_SITES = Site()


def site(store: Store, realm: str) -> Site:
    """A site by its realm, all of them for "". Raises InputError for one that is not there, or was not counted."""
    known = tuple(sorted({scan.realm for scan in store.scans()}))
    if realm and realm not in known:
        raise InputError(f"--realm {realm}: nothing was seen there{near(realm, known)}; there are {', '.join(known)}")
    run = store.latest_run()
    if realm and run is not None and not run.realms:
        raise InputError(f"--realm {realm}: the last check did not count by realm; run `assetctl check` again")
    return Site(realm)
