"""The inventory and the last run of the policy as files of other systems."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assetctl import __version__
from assetctl.errors import InputError
from assetctl.exchange import out_cyclonedx, out_glpi, out_netbox, out_ocsf, out_oscal, out_servicenow
from assetctl.exchange.outgoing import NEVER, Met, Outgoing, Redact, Results, Rule, clean
from assetctl.exchange.outgoing_devices import areas, cables, devices
from assetctl.exchange.outgoing_results import verdicts
from assetctl.model import Asset, Finding, Zone
from assetctl.policy.check import Check
from assetctl.policy.frameworks import Framework
from assetctl.policy.level_rows import State
from assetctl.policy.levels import Cell
from assetctl.report import junit, sarif
from assetctl.report.machine import finding_rows
from assetctl.store.records import CheckRun
from assetctl.store.repo import Store
from assetctl.text import cell
from assetctl.work import outfile
from assetctl.work.export import csv_text
from assetctl.work.records import asset_records

NO_RUN = "no policy was run, so there are no results to export; run `assetctl check` first"


@dataclass(frozen=True, slots=True)
class Material:
    """What is exported besides the store. cells, framework: the levels as of the last run, for requirements met."""

    redact: Redact
    project: str = ""
    site: str = ""
    checks: tuple[Check, ...] = ()
    cells: tuple[Cell, ...] = ()
    framework: Framework | None = None
    raw: bool = False

    @property
    def guard(self) -> Callable[[str], str]:
        """What keeps a spreadsheet from computing the cells of a CSV."""
        return str if self.raw else cell


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of one realm, or of all. run: None when no policy was run."""

    assets: tuple[Asset, ...]
    run: CheckRun | None
    findings: Sequence[Finding]
    zones: tuple[Zone, ...]


def find(store: Store, zones: tuple[Zone, ...], realm: str | None) -> Found:
    """The assets, results and zones of one realm, or of all."""
    run = store.latest_run()
    return Found(
        store.assets(realm),
        run,
        store.findings(run.id, realm) if run else (),
        tuple(one for one in zones if realm in (None, one.realm)),
    )


def texts(name: str, found: Found, material: Material) -> Iterator[tuple[str, str]]:
    """The files of a format by name; a format of one file gives one without a name. Raises InputError without a run."""
    if name in NEEDS_RUN and found.run is None:
        raise InputError(NO_RUN)
    match name:
        case "json" | "csv":
            yield "", _inventory(name, found, material)
        case "sarif" | "junit":
            yield "", _findings(name, found, material)
        case _ if name in _ONE:
            yield "", _ONE[name](outgoing(found, material))
        case _:
            yield from _MANY[name](outgoing(found, material), material.guard)


def write(name: str, found: Found, material: Material, path: Path) -> tuple[Path, ...]:
    """Write an export; the files that were written.

    Raises InputError when a folder holds files of something else, so that nothing of an older export is taken for new.
    """
    made = tuple(texts(name, found, material))
    if name not in FOLDERS:
        _write(path, made[0][1])
        return (path,)
    _make_folder(path)
    strange = sorted({one.name for one in path.iterdir()} - {file for file, _ in made})
    if strange:
        raise InputError(f"{path}: holds {strange[0]}, which is no part of this export; name an empty folder")
    for file, text in made:
        _write(path / file, text)
    return tuple(path / file for file, _ in made)


def outgoing(found: Found, material: Material) -> Outgoing:
    """Everything a writer may say, redacted."""
    redact = material.redact
    made = devices(found.assets, redact)
    moments = [one.last_seen for one in made] + ([found.run.at] if found.run else [])
    return Outgoing(
        version=__version__,
        as_of=max(moments, default=NEVER),
        devices=made,
        project=clean(material.project, redact),
        site=clean(material.site, redact),
        cables=cables(found.assets, redact),
        areas=areas(found.zones, redact),
        results=_results(found.run, found, material) if found.run else None,
        by_id={one.id: one for one in made},
    )


def _results(run: CheckRun, found: Found, material: Material) -> Results:
    ran = frozenset(run.checks)
    framework = material.framework
    met = {
        Met(clean(one.place, material.redact), row.row.id)
        for one in material.cells
        for row in one.rows
        if row.state is State.MET
    }
    return Results(
        at=run.at,
        verdicts=verdicts(found.findings, material.redact),
        rules=tuple(_rule(check, run) for check in material.checks if not ran or check.id in ran),
        met=tuple(sorted(met, key=lambda one: (one.requirement, one.place))),
        framework=(framework.id, framework.edition) if framework else ("", ""),
    )


def _rule(check: Check, run: CheckRun) -> Rule:
    passes = run.counts.get(f"{check.id}/pass", 0)
    return Rule(clean(check.id), clean(check.title), clean(check.fix), clean(check.limits), check.maps, passes)


def _inventory(name: str, found: Found, material: Material) -> str:
    records = [_redacted(record, material.redact) for record in asset_records(found.assets)]
    if name == "csv":
        return csv_text(records, material.guard)
    return json.dumps(records, indent=2, sort_keys=True) + "\n"


def _redacted(value: Any, redact: Redact) -> Any:
    """The same value with every text in it redacted; the names of members are our own."""
    match value:
        case str():
            return redact(value)
        case list():
            return [_redacted(one, redact) for one in value]
        case dict():
            return {key: _redacted(one, redact) for key, one in value.items()}
        case _:
            return value


def _findings(name: str, found: Found, material: Material) -> str:
    files = {one.id: f"checks/{one.path.name}" for one in material.checks}
    rows = tuple(finding_rows(found.findings, files))
    out = io.StringIO()
    if name == "sarif":
        sarif.write(rows, out, version=__version__, redact=material.redact)
    else:
        at = found.run.at if found.run else NEVER
        junit.write(rows, out, name="assetctl check", generated_at=at, redact=material.redact)
    return out.getvalue()


_ONE: Mapping[str, Callable[[Outgoing], str]] = {
    "cyclonedx": out_cyclonedx.text,
    "oscal": out_oscal.text,
    "ocsf": out_ocsf.text,
}
_MANY: Mapping[str, Callable[[Outgoing, Callable[[str], str]], Iterator[tuple[str, str]]]] = {
    "netbox": out_netbox.files,
    "servicenow": out_servicenow.files,
    "glpi": out_glpi.files,
}
FOLDERS = frozenset(_MANY)
NEEDS_RUN = frozenset({"sarif", "junit", "oscal"})
SAYS_RESULTS = NEEDS_RUN | {"ocsf"}


def _write(path: Path, text: str) -> None:
    with outfile.text(path) as stream:
        stream.write(text)


def _make_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: this is a file; name a folder for the files of this format")
    outfile.make_folder(path)
