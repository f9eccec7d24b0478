"""The failures that an earlier answer of `check` holds, so that only new ones count."""

import json
from collections.abc import Iterable
from pathlib import Path

from assetctl.errors import InputError
from assetctl.model import Result

MOST_BYTES = 64 * 1024 * 1024


def read_known(path: Path) -> frozenset[str]:
    """Ids of the failures in a file of `check --format json` or `check --output FILE.json`. Raises InputError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: at most {MOST_BYTES >> 20} MiB are expected of a baseline")
        root = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror or error}; write one: assetctl check --format json > FILE"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: JSON of an earlier check is expected: {str(error)[:200]}") from error
    rows = root.get("data") if isinstance(root, dict) else root
    if not isinstance(rows, list):
        raise InputError(f"{path}: the answer of `assetctl check --format json` is expected, no list was found")
    return frozenset(_failures(rows, path))


def _failures(rows: Iterable[object], path: Path) -> Iterable[str]:
    for at, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InputError(f"{path}: row {at + 1}: a finding is expected")
        id, result = row.get("id"), row.get("result", row.get("state"))
        if not isinstance(id, str) or result not in set(Result):
            raise InputError(f"{path}: row {at + 1}: a finding with id and result is expected")
        if result == Result.FAIL:
            yield id
