"""Takes advisories in, and lays what they say beside the assets, so that checks can read it."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assetctl.advisory import csaf, eol, kev
from assetctl.advisory.derive import derived
from assetctl.advisory.described import describe
from assetctl.advisory.knowledge import Knowledge
from assetctl.advisory.matching import Match
from assetctl.advisory.records import Advisory, Catalogue, Feed, FeedKind, LifeCycle
from assetctl.documents import read_json
from assetctl.errors import InputError
from assetctl.model import Asset
from assetctl.packing import PackedFacts
from assetctl.store.repo import Store

MOST_FILES = 50_000
TOLERANCE = timedelta(days=1)  # documents are dated in their makers' time zones
LISTS = (".csv", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one loading did. refused: one line for each file that could not be relied on. others: JSON of other kinds.

    older: files left out because something newer is stored. as_of: up to when the advisories tell, None without any.
    """

    advisories: tuple[str, ...] = ()
    exploited: int = 0
    life_cycles: int = 0
    refused: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    as_of: datetime | None = None
    stated: bool = False

    @property
    def taken(self) -> int:
        return len(self.advisories) + bool(self.exploited) + bool(self.life_cycles)


@dataclass(slots=True)
class _Found:
    advisories: list[tuple[Path, Advisory]] = field(default_factory=list)
    catalogues: list[tuple[Path, Catalogue]] = field(default_factory=list)
    lists: list[tuple[Path, str, tuple[LifeCycle, ...]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def load(store: Store, paths: Sequence[Path], *, now: datetime, as_of: datetime | None = None) -> Loaded:
    """Read files and folders and keep what they say; a broken file is named and stops no other.

    as_of: when the user says that the files were fetched. Without it the newest date inside counts, since a copy is
    never older than what stands in it. Raises InputError when a file is not there, or as_of cannot be.
    """
    found = _Found()
    for path, is_named in _files(paths):
        _read(path, found, now, is_named=is_named)
    newest = max((advisory.current for _, advisory in found.advisories), default=None)
    _check_time(now, as_of, newest)
    told = as_of or newest
    older = [
        str(path) for path, one in found.advisories if not store.put_advisory(_feed(path, one, now, told, as_of), one)
    ]
    for path, catalogue in found.catalogues:
        feed = Feed(catalogue.sha256, FeedKind.KEV, path.name, now, catalogue.released, False, len(catalogue.entries))
        if not store.put_catalogue(feed, catalogue):
            older.append(str(path))
    for path, sha256, rows in found.lists:
        feed = Feed(sha256, FeedKind.LIFE_CYCLE, path.name, now, as_of or now, as_of is not None, len(rows))
        store.put_life_cycles(feed, rows)
    return Loaded(
        advisories=tuple(sorted(one.id for path, one in found.advisories if str(path) not in older)),
        exploited=sum(len(one.entries) for path, one in found.catalogues if str(path) not in older),
        life_cycles=sum(len(rows) for _, _, rows in found.lists),
        refused=tuple(found.refused),
        others=tuple(found.others),
        older=tuple(older),
        as_of=told if found.advisories else None,
        stated=as_of is not None,
    )


def knowledge(store: Store) -> Knowledge:
    """Everything that was loaded."""
    return Knowledge(store.advisories(), store.catalogue(), store.life_cycles(), store.feeds())


def with_advisories(store: Store, assets: tuple[Asset, ...]) -> tuple[Asset, ...]:
    """The assets, with what advisories and life cycles say of each beside what was observed."""
    if not store.feeds():
        return assets
    found = derived(assets, knowledge(store))
    return tuple(
        replace(asset, facts=PackedFacts((*asset.facts, *found[asset.id]))) if asset.id in found else asset
        for asset in assets
    )


def matches(store: Store, assets: Iterable[Asset]) -> Iterator[tuple[Asset, datetime | None, tuple[Match, ...]]]:
    """Each asset with the advisories that name it, and up to when those of its maker tell; None when there are none."""
    known = knowledge(store)
    held = {asset.id: asset for asset in store.assets()}
    for asset in assets:
        described = describe(asset, held.get(asset.parent or ""))
        yield asset, known.as_of(described), known.matches(described)


def _feed(path: Path, advisory: Advisory, now: datetime, told: datetime | None, stated: datetime | None) -> Feed:
    as_of = told or advisory.current
    return Feed(advisory.sha256, FeedKind.CSAF, path.name, now, as_of, stated is not None, len(advisory.products))


def _check_time(now: datetime, as_of: datetime | None, newest: datetime | None) -> None:
    if as_of is not None and as_of > now + TOLERANCE:
        raise InputError(f"--fetched {as_of.date()}: lies in the future; give the day on which the files were fetched")
    if as_of is not None and newest is not None and as_of < newest - TOLERANCE:
        raise InputError(f"--fetched {as_of.date()}: one of the files is dated {newest.date()}, so they are younger")


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Files in a fixed order, with whether the user named them; links to folders are not followed."""
    count = 0
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        for folder, inner, names in os.walk(path):
            inner.sort()
            for name in sorted(name for name in names if name.casefold().endswith(".json")):
                count += 1
                if count > MOST_FILES:
                    raise InputError(f"{path}: at most {MOST_FILES} files are read, there are more; load it in parts")
                yield Path(folder) / name, False


def _read(path: Path, found: _Found, now: datetime, *, is_named: bool) -> None:
    try:
        if path.suffix.casefold() in LISTS:
            rows = eol.read_file(path)
            found.lists.append((path, _digest(path), rows))
            return
        document = read_json(path, most=csaf.MOST_BYTES, depth=csaf.MOST_DEPTH)
        if csaf.is_csaf(document.root):
            advisory = csaf.read(document)
            _require_past(path, advisory.current, now)
            found.advisories.append((path, advisory))
        elif kev.is_kev(document.root):
            catalogue = kev.read(document)
            _require_past(path, catalogue.released, now)
            found.catalogues.append((path, catalogue))
        elif is_named:
            found.refused.append(f"{path}: a CSAF document or the KEV catalogue is expected, other JSON was found")
        else:
            found.others.append(str(path))
    except InputError as error:
        found.refused.append(str(error))


def _require_past(path: Path, dated: datetime, now: datetime) -> None:
    if dated > now + TOLERANCE:
        raise InputError(f"{path}: dated {dated.date()}, which lies in the future; is the clock of this machine right?")


def _digest(path: Path) -> str:
    from hashlib import sha256

    return sha256(path.read_bytes()).hexdigest()


def day(text: str, option: str) -> datetime:
    """A day that a user gave, at its beginning in UTC."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise InputError(f"{option} {text[:40]!r}: a day such as 2026-01-31 is expected") from None
