"""The report of the reference plant, made by the real command, says nothing of its own in English."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from assetctl.errors import Exit
from assetctl.report.speech import speech
from tests.reference.plant import build
from tests.unit.command import Desk

DE = speech("de")
_DEVICE = "Wert Dekodiert Hostname Von Nach Soll Ist Schlagworte Modell Dienst Rolle"
DEVICE_COLUMNS = frozenset(_DEVICE.split())


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("german")
        build(folder)
        desk = Desk(folder, patch)
        assert desk.call("check").code == Exit.FINDINGS
        said = desk.call("report", "xlsx", "--out", "de.xlsx", "--since", "2026-01-01", "--language", "de")
        assert said.code == Exit.DONE, said.err
        yield folder / "de.xlsx"


def test_no_text_of_the_catalogue_is_left_in_english(book: Path) -> None:
    held = load_workbook(book, read_only=True)
    left: dict[str, set[str]] = {}
    for sheet in held.worksheets:
        rows = sheet.iter_rows(values_only=True)
        heads = [str(head).removesuffix(" (UTC)") for head in next(rows)]
        assert [head for head in (sheet.title, *heads) if is_english(head)] == []
        for row in rows:
            for head, cell in zip(heads, row, strict=False):
                if isinstance(cell, str) and is_english(cell) and head not in DEVICE_COLUMNS:
                    left.setdefault(f"{sheet.title}: {head}", set()).add(cell)
    assert left == {}


def is_english(text: str) -> bool:
    """Whether a text is one that the catalogue has in other words."""
    german = DE.texts.get(text, text)
    return german.casefold() != text.casefold() and text not in DE.texts.values()
