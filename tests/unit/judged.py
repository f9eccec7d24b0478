"""A desk with a register and one run of the checks, and the workbook of that run as its auditor changes it."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from assetctl.report.auditor import Form
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk, Said
from tests.unit.scanned import scanned_once, servers

__all__ = ["scanned_once", "servers"]

ONE, TWO = f"{NETWORK}.1", f"{NETWORK}.2"
REGISTER = f"""\
# The press line.
schema: 1
positions:
  - id: PRESS-1
    match: {{ip_address: {ONE}}}
    declared:
      asset_criticality: high  # since the audit
      department_owner: Press
"""
Entries = Mapping[str, Mapping[str, str]]  # id -> heading -> what is typed in


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory, scanned_once: Path) -> Path:
    """A desk with a register, one run of the checks, and the workbook of that run, whole and with three sheets."""
    folder = tmp_path_factory.mktemp("judged") / "desk"
    shutil.copytree(scanned_once, folder)
    with pytest.MonkeyPatch.context() as patch:
        desk = Desk(folder, patch)
        settings = (folder / "assetctl.toml").read_text()
        files = '[files]\nregister = "register.yaml"\n[project]\nname = "Brewhouse"\n'
        desk.write("assetctl.toml", settings + files)
        desk.write("register.yaml", REGISTER)
        assert desk.call("-q", "check", "--fail-on", "never").code == 0
        assert desk.call("-q", "report", "xlsx", "--out", "report.xlsx").code == 0
        book = load_workbook(folder / "report.xlsx")
        for sheet in book.sheetnames:
            if sheet not in ("Cover", "Findings", "Assets"):
                del book[sheet]
        book.save(folder / "short.xlsx")
    return folder


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judged: Path) -> Desk:
    folder = tmp_path / "desk"
    shutil.copytree(judged, folder)
    return Desk(folder, monkeypatch)


def heads(sheet: Any) -> dict[str, int]:
    return {str(cell.value): at for at, cell in enumerate(sheet[1], start=1)}


def ids(desk: Desk, form: Form) -> list[str]:
    sheet = load_workbook(desk.folder / "short.xlsx")[form.sheet]
    at = heads(sheet)[form.told_by[0]]
    return [str(row[at - 1]) for row in sheet.iter_rows(min_row=2, values_only=True)]


def edited(desk: Desk, form: Form, change: Callable[[Any, dict[str, int]], None], name: str = "back.xlsx") -> str:
    """The workbook after somebody changed a sheet."""
    book = load_workbook(desk.folder / "short.xlsx")
    sheet = book[form.sheet]
    change(sheet, heads(sheet))
    book.save(desk.folder / name)
    return name


def filled(desk: Desk, form: Form, entries: Entries) -> str:
    def fill(sheet: Any, at: dict[str, int]) -> None:
        for row in sheet.iter_rows(min_row=2):
            for heading, text in entries.get(row[at[form.told_by[0]] - 1].value, {}).items():
                cell = row[at[heading] - 1]
                assert not cell.protection.locked
                cell.value = text or None
                if text:
                    cell.data_type = "s"

    return edited(desk, form, fill)


def differences(said: Said) -> list[tuple[str, str, str, str]]:
    rows = json.loads(said.out)["data"]
    return sorted((row["id"], row["field"], row["old"], row["new"]) for row in rows)
