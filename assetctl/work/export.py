"""The inventory as a file for other programs and for spreadsheets."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from assetctl.errors import InputError
from assetctl.model import Asset
from assetctl.text import cell
from assetctl.work import outfile
from assetctl.work.records import PLAIN, asset_records

CSV_COLUMNS = ("id", "realm", "site", "position", "zone", "ip_address", "mac_address", *PLAIN, "protocols", "parent")


def write_assets(assets: Iterable[Asset], path: Path, *, redact: Callable[[Any], Any] = lambda value: value) -> int:
    """Write all assets as .json or .csv; how many. redact: applied to the records. Raises InputError."""
    records = redact(asset_records(assets))
    if path.suffix not in (".json", ".csv"):
        raise InputError(f"{path}: .json or .csv is expected")
    with outfile.text(path) as stream:
        if path.suffix == ".json":
            json.dump(records, stream, indent=2, sort_keys=True)
            stream.write("\n")
        else:
            stream.write(csv_text(records))
    return len(records)


def csv_text(records: Iterable[Mapping[str, Any]], guard: Callable[[str], str] = cell) -> str:
    """Asset records as CSV. guard: makes a text safe for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows([_cell(record[name], guard) for name in CSV_COLUMNS] for record in records)
    return out.getvalue()


def _cell(value: Any, guard: Callable[[str], str]) -> str:
    if isinstance(value, list):
        return guard(", ".join(map(str, value)))
    return guard("" if value is None else str(value))
