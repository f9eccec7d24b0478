"""Gathers what must not be read at a level of redaction: from inventory, settings and the files that people write."""

from collections.abc import Iterator
from datetime import date

from assetctl.errors import InputError
from assetctl.model import DEFAULT_REALM, Position
from assetctl.redaction import RedactionLevel as Level
from assetctl.report.redact import Pseudonyms, names_of
from assetctl.report.redaction import Redaction, hidden_texts, names_in
from assetctl.settings import Settings
from assetctl.store.repo import Store
from assetctl.text import one_line, visible
from assetctl.work.papers import read_papers
from assetctl.zones import ZoneFile


def redaction(
    level: Level, key: bytes, settings: Settings, store: Store | None, zones: ZoneFile, register: tuple[Position, ...]
) -> Redaction:
    """What a level takes out. key: the owner's. store: None where there is no inventory yet."""
    if level is Level.INTERNAL:
        return Redaction(level, Pseudonyms(key))
    names = set(_accounts(settings))
    if store is not None:
        facts = (fact for asset in store.assets() for fact in asset.facts)
        names.update(hidden_texts(facts, level))
    if level is Level.SHARE:
        names.update(_names(settings, store, zones, register))
    spelled = {form for name in names for form in (name, visible(name), one_line(name).removesuffix("…"))}
    return Redaction(level, Pseudonyms(key, spelled, addresses=level is Level.SHARE))


def _accounts(settings: Settings) -> Iterator[str]:
    for credential in settings.credentials:
        yield credential.user


def _names(settings: Settings, store: Store | None, zones: ZoneFile, register: tuple[Position, ...]) -> Iterator[str]:
    project = settings.project
    yield from (project.name, project.site, project.contact, settings.report.title, settings.report.company)
    yield from (one.name for one in settings.credentials)
    for network in settings.networks:
        yield from (network.site, network.realm if network.realm != DEFAULT_REALM else "")
    assets, captures = (store.assets(), store.captures()) if store else ((), ())
    positions = (*register, *(store.positions() if store else ()))
    yield from names_of(assets, zones.zones, positions, zones.conduits, captures)
    yield from names_in((zones.zones, zones.conduits, positions))
    try:
        papers = read_papers(settings, zones, today=date.max, checks=())
    except InputError:  # what is wrong in them is told by the commands that need them
        return
    yield from names_in((papers.waivers.waivers, papers.attestations))
    if store:
        yield from names_in((store.lives(), store.approvals(), store.decisions(revoked=True)))
