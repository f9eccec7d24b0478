"""What a zones file lacks although it can be read: what an assessor would ask for next."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assetctl.documents import Document
from assetctl.model import Asset, Conduit, Position, SignOff, Zone
from assetctl.settle import addresses, text
from assetctl.work.zoning import hash_of, place_of
from assetctl.zone_forms import FOUNDATIONAL
from assetctl.zones import ZoneFile


@dataclass(frozen=True, slots=True)
class Advice:
    """place: file and line."""

    place: str
    said: str


def advice(file: ZoneFile, assets: Iterable[Asset], positions: Iterable[Position]) -> tuple[Advice, ...]:
    """Everything that is missing, in the order of the file."""
    document = file.document
    if document is None:
        return ()
    known = _names(assets)
    places = {(one.realm, one.id) for one in positions}
    told: list[Advice] = []
    told += (Advice(str(file.path), said) for said in _approved(file.approvals, document, "the system"))
    for zone in file.zones:
        place = place_of(document, "zones", zone.id)
        told += (Advice(place, f"zone {zone.id}: {said}") for said in _zone(zone, document, known, places))
    for conduit in file.conduits:
        place = place_of(document, "conduits", conduit.id)
        told += (Advice(place, f"conduit {conduit.id}: {said}") for said in _conduit(conduit, document, known))
    return tuple(told)


def _zone(zone: Zone, document: Document, known: frozenset[str], places: set[tuple[str, str]]) -> Iterator[str]:
    if not zone.owner:
        yield "no owner; name who answers for it"
    if not zone.level:
        yield "no level; checks about levels stay unknown"
    if not zone.trust:
        yield "no trust; checks about the side trusted less stay unknown"
    if missing := [fr for fr in FOUNDATIONAL if fr not in zone.sl_t]:
        yield f"no SL-T for {', '.join(missing)}"
    if not (zone.networks or zone.positions or zone.assets):
        yield "neither ranges nor devices; nothing lies in it"
    for name in zone.positions:
        if places and (zone.realm, name) not in places:
            yield f"the position {name} does not stand in the register"
    for name in zone.assets:
        if known and name.casefold() not in known:
            yield f"the asset {name} is not in the inventory"
    yield from _approved(zone.approvals, document, "it")


def _conduit(conduit: Conduit, document: Document, known: frozenset[str]) -> Iterator[str]:
    if not conduit.allow:
        yield "no line of allow; every flow through it is a violation"
    if not conduit.boundary and not conduit.unmediated:
        yield "no boundary; name the device that stands between, or say unmediated: true with an approval"
    if conduit.unmediated and not conduit.approvals:
        yield "unmediated without an approval; it counts only with one"
    if not conduit.owner:
        yield "no owner; name who answers for it"
    for name in conduit.boundary:
        if known and name.casefold() not in known:
            yield f"the boundary device {name} is not in the inventory"
    yield from _approved(conduit.approvals, document, "it")


def _approved(approvals: Iterable[SignOff], document: Document, what: str) -> Iterator[str]:
    """Whether the documents that approvals name are those that were approved."""
    told = tuple(approvals)
    if not told:
        yield f"nobody approved {what}"
    for one in told:
        if one.document and not one.sha256:
            yield f"the document {one.document} has no sha256; without it the approval is of any version"
        found = hash_of(document.path.parent / one.document) if one.document and one.sha256 else ""
        if found and found != one.sha256:
            yield f"the document {one.document} is not the one that {one.by} approved; its SHA-256 is {found}"


def _names(assets: Iterable[Asset]) -> frozenset[str]:
    """Everything that a conduit or zone may call an asset."""
    found: set[str] = set()
    for one in assets:
        told = (one.id, *one.aliases, one.position or "", text(one, "hostname"), *addresses(one))
        found |= {name.casefold() for name in told if name}
    return frozenset(found)
