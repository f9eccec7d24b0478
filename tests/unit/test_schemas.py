"""Every output that has a schema is what its schema says, on stores with something to say."""

import json
import re
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from assetctl.cli.exports import FORMS
from assetctl.cli.output import Output
from assetctl.cli.topology import _record
from assetctl.topology import topology
from assetctl.work.schemas import names, schema_of
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk
from tests.unit.scanned import scanned_once, servers, store_of
from tests.unit.test_golden_command import planted_once
from tests.unit.test_topology import device, lldp

__all__ = ["planted_once", "scanned_once", "servers"]

ADVISORY = Path(__file__).parents[1] / "labelled" / "advisories" / "ssa-900101.json"
PAPERS = 'register = "register.yaml"\nwaivers = "waivers.yaml"\nattestations = "attestations.yaml"\n'
WAIVER = ("SVC-001", "--position", "PRESS-1", "--owner", "A. Example", "--reason", "old", "--measure", "fence")
TERMS = (*WAIVER, "--ticket", "CHG-2", "--approver", "B. Example", "--expires", "90d")
ANSWER = ("SR 1.3", "yes", "--zone", "cell-1", "--author", "A. Example", "--reviewer", "B. Example")


@pytest.fixture(scope="module")
def papered(tmp_path_factory: pytest.TempPathFactory, planted_once: Path) -> Path:
    """A scanned and judged cell with a position, a waiver, an answer and a changed golden file."""
    folder = tmp_path_factory.mktemp("papered") / "desk"
    shutil.copytree(planted_once, folder)
    with pytest.MonkeyPatch.context() as patch:
        desk = Desk(folder, patch)
        settings = folder / "assetctl.toml"
        settings.write_text(settings.read_text("utf-8") + PAPERS, "utf-8")
        desk.write("answer.pdf", b"%PDF-")
        for call in (
            ("assets", "add", "PRESS-1", "--ip", f"{NETWORK}.1", "tags=press"),
            ("waive", "add", *TERMS),
            ("attest", "add", *ANSWER, "--document", "answer.pdf"),
            ("golden", "write", "--replace"),
            ("advisories", "load", str(ADVISORY)),
        ):
            said = desk.call(*call)
            assert said.code == 0, said.err
        assert desk.call("check", "--fail-on", "never").code in (0, 5)
        golden = folder / "golden" / "cell-1.yaml"
        golden.write_text(golden.read_text("utf-8").replace("model: ", "model: OLD-"), "utf-8")
    return folder


CALLS = {
    "assets": ("assets", "list"),
    "findings": ("check", "--fail-on", "never"),
    "findings-register": ("findings", "list", "--state", "all"),
    "waivers": ("waive", "list", "--all"),
    "attestations": ("attest", "list"),
    "levels": ("levels",),
    "golden": ("golden", "verify", "golden"),
    "history": ("assets", "history", "PRESS-1"),
    "diff": ("diff", "golden/cell-1.yaml", "2999-01-01"),
    "plan": ("plan",),
    "scans": ("scans", "list"),
    "advisories": ("advisories", "list"),
}


def valid(name: str, document: object) -> None:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_an_output_is_what_its_schema_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, papered: Path
) -> None:
    shutil.copytree(papered, tmp_path / "desk")
    desk = Desk(tmp_path / "desk", monkeypatch)
    call = CALLS[name]
    if name == "diff":
        with store_of(desk) as store:
            call = (*call[:2], store.scans()[0].id)
    said = desk.call("--format", "json", *call)
    document = json.loads(said.out)
    assert document["schema"] == f"assetctl/{name}/1"
    assert document["data"], "nothing to compare with the schema"
    valid(name, document)
    is_list = isinstance(document["data"], list)
    record = document["data"][0] if is_list else document["data"]
    for changed in ({**record, "unknown": 1}, dict(list(record.items())[1:])):
        with pytest.raises(ValidationError):
            valid(name, {**document, "data": [changed] if is_list else changed})


def test_a_topology_is_what_its_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    assets = (device("sw1", lldp("1", "sw2", "2")), device("sw2", lldp("2", "sw1", "1")), device("alone"))
    record = _record(topology(assets), assets)
    assert record["links"]
    assert record["loose"]
    Output().document("topology", record, command="topology")
    valid("topology", json.loads(capsys.readouterr().out))


def test_every_schema_of_an_output_is_tried_here_or_where_its_command_is() -> None:
    outputs = {name for name in names() if not name.endswith((".yaml", ".toml"))}
    assert outputs == {*CALLS, "topology", "netbox-changes"}


def test_the_page_on_exports_names_every_schema_and_every_format() -> None:
    page = (Path(__file__).parents[2] / "docs" / "exports.md").read_text("utf-8")
    rows = re.findall(r"^\| (?:outputs|files) .*\| (.+) \|$", page, re.M)
    assert sorted(name for row in rows for name in row.split(", ")) == sorted(names())
    told = re.findall(r"^\| ([a-z, ]+)(?: `--to`)? \|", page.partition("## What becomes")[0], re.M)
    assert {name for row in told for name in row.split(", ")} - {"format"} == {form.name for form in FORMS}
