"""Every format, as the command writes it, from devices and results of which each text is hostile."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from jsonschema import Draft202012Validator

from assetctl.cli.exports import FORMS
from assetctl.model import Fact, Subject, SubjectKind
from assetctl.store.records import CheckRun
from assetctl.work.exporting import Found, Material, texts, write
from assetctl.work.schemas import schema_of
from tests.unit.export_plants import NOON, asset
from tests.unit.report_plant import HOSTILE, START, hostile_plant

NAMES = tuple(form.name for form in FORMS)
LONG = "<b>=1+1</b>\x1b[31m\u202e" + "A" * 1_000_000 + "\x00"
SENT = tuple(text for text in HOSTILE if "\ud800" not in text)  # no store takes half of a character
RUN = CheckRun("run-1", START, "plant", "a" * 64, "b" * 64, {})


def found() -> Found:
    """What a store would hand over: addresses are of its own types and so are never hostile."""
    plant = hostile_plant()
    assets = [
        replace(one, facts=tuple(fact for fact in one.facts if fact.key != "ip_address"))
        for one, text in zip(plant.assets, HOSTILE, strict=True)
        if text in SENT
    ]
    given = asset("as-long", {"description": LONG, "hostname": LONG, "manufacturer": LONG})
    neighbour = Subject(SubjectKind.NEIGHBOUR, "as-long", LONG[:50])
    more = Fact(neighbour, "neighbour_name", LONG, given.facts[0].source, "eth1", NOON, NOON, 90)
    kept = tuple(one for one in plant.findings if not any("\ud800" in text for text in (one.id, one.statement)))
    return Found((*assets, replace(given, facts=(*given.facts, more))), RUN, kept, ())


@pytest.fixture(scope="module")
def everything() -> Found:
    return found()


def files(name: str, everything: Found, folder: Path) -> dict[str, str]:
    written = write(name, everything, Material(str), folder / name)
    return {path.name: path.read_text("utf-8") for path in written}


@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_whole_and_plain(name: str, everything: Found, tmp_path: Path) -> None:
    for file, text in files(name, everything, tmp_path).items():
        assert all(letter.isprintable() or letter == "\n" for letter in text), file
        assert "\u202e" not in text
        assert len(text) < 10_000_000
        parsed(name, file, text)


def parsed(name: str, file: str, text: str) -> Any:
    """The content of a file, read as its format is."""
    if name == "junit":
        return fromstring(text)
    if name == "ocsf":
        return [json.loads(line) for line in text.splitlines()]
    if name == "csv" or file.endswith(".csv"):
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len({len(row) for row in rows}) == 1
        assert not {cell[:1] for row in rows for cell in row} & set("=+-@\t\r")
        return rows
    return file.endswith(".md") or json.loads(text)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_hostile_is_seen_and_not_swallowed(name: str, everything: Found, tmp_path: Path) -> None:
    text = "".join(files(name, everything, tmp_path).values())
    assert "cmd|" in text


def test_the_inventory_is_what_its_schema_says_whatever_the_texts_are(everything: Found) -> None:
    (made,) = texts("json", everything, Material(str))
    Draft202012Validator(schema_of("assets")["properties"]["data"]).validate(json.loads(made[1]))
