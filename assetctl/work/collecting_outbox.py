"""What a collector has for its centre and could not bring: kept beside the bundles, brought as soon as it can be.

A job is told of once: the centre keeps the first word, and what was brought is struck from here.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from assetctl.errors import IntegrityFault
from assetctl.store.collectors import Centre, Result
from assetctl.work import outfile

MOST_BUNDLE_BYTES = 256 * 1024 * 1024


def keep(result: Result, bundle: Path) -> Path:
    """Note how a job ended beside its bundle, before anything is told; the note."""
    note = bundle.with_suffix(".json")
    written = asdict(result) | {"at": result.at.isoformat(), "bundle": bundle.name}
    with outfile.text(note) as stream:
        stream.write(json.dumps(written, indent=1, sort_keys=True) + "\n")
    return note


def bring(note: Path, centre: Centre) -> Result:
    """Tell the centre what a note says, with its bundle. Raises EnvironmentFault, IntegrityFault for a torn note."""
    result, bundle = _read(note)
    centre.put_result(result, bundle.read_bytes() if _fits(bundle) else None)
    note.unlink(missing_ok=True)
    return result


def bring_all(folder: Path, centre: Centre, say: Callable[[str], None]) -> None:
    """Bring what is left from before. Raises the faults of `bring`."""
    for note in sorted(folder.glob("*.json")):
        result = bring(note, centre)
        say(f"job {result.job}: {result.state}, told now")


def _fits(bundle: Path) -> bool:
    return bundle.stat().st_size <= MOST_BUNDLE_BYTES


def _read(note: Path) -> tuple[Result, Path]:
    try:
        told = json.loads(note.read_text("utf-8"))
        bundle = note.with_name(str(told.pop("bundle")))
        result = Result(**told | {"at": datetime.fromisoformat(told["at"])})
        text = (
            result.note if _fits(bundle) else f"{result.note}; its bundle is too large for the line, bring it: {bundle}"
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
        raise IntegrityFault(
            f"{note}: no result that this version wrote ({fault}); bring {note.stem}.bundle by hand"
        ) from None
    return Result(result.job, result.site, result.state, text, result.at), bundle
