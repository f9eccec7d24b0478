"""The inventory as a file for other programs and for spreadsheets."""

import csv
import json
from collections.abc import Callable, Iterable
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
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(CSV_COLUMNS)
            writer.writerows([_cell(record[name]) for name in CSV_COLUMNS] for record in records)
    return len(records)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return cell(", ".join(map(str, value)))
    return cell("" if value is None else str(value))
