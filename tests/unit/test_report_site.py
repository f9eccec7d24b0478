"""A report about one site says what lies there, counts it and nothing else, and all sites together say the same."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from assetctl.cli.app import App
from assetctl.cli.report_view import Wanted, inputs_of
from assetctl.errors import Exit
from assetctl.model import Result
from assetctl.report.inputs import ReportInputs
from assetctl.store.repo import open_store
from tests.unit.command import Desk

DATA = Path(__file__).parents[1] / "data" / "nmap"
SETTINGS = """
[files]
zones = "zones.yaml"
waivers = "waivers.yaml"
attestations = "attestations.yaml"
"""
ZONES = """\
schema: 2
zones:
  - {id: north-cell, realm: north, networks: [127.0.0.0/8, 192.0.2.0/24]}
  - {id: south-cell, realm: south, networks: [192.0.2.0/24]}
  - {id: south-office, realm: south, networks: [198.51.100.0/24]}
conduits:
  - {id: south-way, from: south-cell, to: south-office, opens: both}
"""
WAIVERS = """
waivers:
  - {id: W-1, check: INV-001, realm: north, scope: {zones: [north-cell]}, reason: r, owner: o, approver: a,
     measure: m, ticket: t, created: 2026-01-05, expires: 2026-12-20}
"""
ATTESTATIONS = """
attestations:
  - {id: A-1, requirement: SR 1.1, zone: south-cell, answer: no, author: A, reviewer: B, date: 2026-01-05,
     valid_until: 2026-12-20}
"""


@pytest.fixture(scope="module")
def judged_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sites that share addresses, imported and judged."""
    folder = tmp_path_factory.mktemp("sites") / "desk"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        desk = Desk(folder, patch)
        patch.setenv("SOURCE_DATE_EPOCH", "1790000000")
        for name, text in (("zones", ZONES), ("waivers", WAIVERS), ("attestations", ATTESTATIONS)):
            desk.write(f"{name}.yaml", text)
        desk.write("assetctl.toml", SETTINGS)
        for name, realm in (("ot", "north"), ("web", "north"), ("ot", "south"), ("panel", "south")):
            said = desk.call("import", "nmap", str(DATA / f"{name}.xml"), "--realm", realm)
            assert said.code == Exit.DONE, said.err
        assert desk.call("check", "--fail-on", "never").code in (Exit.DONE, Exit.FINDINGS)
    return folder


@pytest.fixture
def desk(judged_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    shutil.copytree(judged_once, tmp_path / "desk")
    made = Desk(tmp_path / "desk", monkeypatch)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    return made


def told(desk: Desk, realm: str = "") -> ReportInputs:
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}") as store:
        return inputs_of(App(), store, Wanted(realm=realm))


def results(inputs: ReportInputs) -> Mapping[Result, int]:
    found = dict.fromkeys(Result, 0)
    for tally in inputs.tallies.values():
        for result, count in tally.items():
            found[result] += count
    for finding in inputs.findings:
        found[finding.result] += 1
    return found


def test_all_results_of_all_sites_are_those_of_each_and_of_the_inventory(desk: Desk) -> None:
    whole, north, south = told(desk), told(desk, "north"), told(desk, "south")
    of_all = [one for one in whole.findings if not one.realm]
    assert of_all, "some checks are about the inventory"
    assert {one.id for one in north.findings} & {one.id for one in south.findings} == {one.id for one in of_all}
    assert {*north.findings} | {*south.findings} == {*whole.findings}
    shared = dict.fromkeys(Result, 0)
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}") as store:
        run = store.latest_run()
    assert run is not None
    for counts in run.realms[""].values():
        for result, count in counts.items():
            shared[Result(result)] += count
    ours, theirs, every = results(north), results(south), results(whole)
    assert every[Result.PASS] > shared[Result.PASS]
    assert {one: ours[one] + theirs[one] - shared[one] for one in Result} == dict(every)


def test_a_report_names_what_lies_at_its_site_alone(desk: Desk) -> None:
    north, south = told(desk, "north"), told(desk, "south")
    for inputs, realm in ((north, "north"), (south, "south")):
        held = (*inputs.assets, *inputs.scans, *inputs.zones, *inputs.positions)
        assert {one.realm for one in held} == {realm}
        assert {one.realm for one in inputs.lives} <= {realm, ""}
        assert any(f"about {realm} alone" in note for note in inputs.notes)
    assert ([one.waiver.id for one in north.waivers], south.waivers) == (["W-1"], ())
    assert (north.attestations, [one.attestation.id for one in south.attestations]) == ((), ["A-1"])
    assert (north.conduits, [one.id for one in south.conduits]) == ((), ["south-way"])
    assert {*north.seen} == {"north-cell"}
    assert {cell.place for cell in south.levels} <= {"south-cell", "south-office", "south-way"}


def test_page_and_workbook_of_a_site_are_written_and_hold_no_other(desk: Desk) -> None:
    for form in ("html", "xlsx"):
        made = {}
        for realm in ("north", "south"):
            path = desk.folder / f"{realm}.{form}"
            said = desk.call("report", form, "--realm", realm, "--out", str(path))
            assert (said.code, said.errors) == (Exit.DONE, [])
            made[realm] = path.read_bytes()
        assert made["north"] != made["south"]
    assert "north-cell" not in (desk.folder / "south.html").read_text("utf-8")


def test_a_whole_report_of_a_site_is_what_its_manifest_says_and_names_no_other(desk: Desk) -> None:
    folder = desk.folder / "south"
    said = desk.call("report", "all", "--realm", "south", "--out", str(folder))
    assert (said.code, said.errors) == (Exit.DONE, [])
    assert desk.call("verify", str(folder)).code == Exit.DONE
    for name in ("result.json", "report.html"):
        text = (folder / name).read_text("utf-8")
        assert "south-cell" in text
        assert "north-cell" not in text


def test_a_site_that_nobody_saw_is_refused_by_name(desk: Desk) -> None:
    said = desk.call("report", "html", "--realm", "nort")
    assert said.code == Exit.USAGE
    assert 'did you mean "north"?' in said.err
    assert "north, south" in said.err


def test_a_run_that_did_not_count_by_site_is_not_shown_as_if_it_had(desk: Desk) -> None:
    from dataclasses import replace

    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}") as store:
        run = store.latest_run()
        assert run is not None
        store.put_run(replace(run, realms={}), store.findings(run.id))
    said = desk.call("report", "xlsx", "--realm", "north")
    assert said.code == Exit.USAGE
    assert "run `assetctl check` again" in said.err
