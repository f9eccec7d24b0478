"""Seeds names, addresses, accounts, banners and people into every fact and file, and searches everything written."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

import pytest
from typer.main import get_command

from assetctl.cli.main import app
from assetctl.facts import vocabulary
from assetctl.model import (
    Address,
    Because,
    Claim,
    Exchange,
    Fact,
    Finding,
    Observation,
    Outcome,
    Result,
    Scan,
    ScanState,
    Severity,
    Source,
    Subject,
    SubjectKind,
    Transport,
    Value,
)
from assetctl.packing import Findings, PackedFacts
from assetctl.policy.load import checks_folder
from assetctl.redaction import RedactionLevel
from assetctl.report.redact import Pseudonyms
from assetctl.report.redaction import ACCOUNTS, FREE, RAW, Redaction
from assetctl.report.table import Column, Kind, Ref, table
from assetctl.store.repo import open_store
from tests.unit.command import Desk

HOST, SERIAL, ADDRESS, MAC = "pumpseed-7", "SNSEED4711", "10.99.3.7", "00:1B:1B:99:5E:ED"
SITE, REALM, ZONE, POSITION = "Seedhausen", "seedrealm", "seed-cell", "=SEED1+K7"
ACCOUNT, SECRET, PERSON = "seedaccount", "seedcommunity99", "Paula Seedmann"
BANNER = "220 Seedbanner <&> ready" + ", as was said before" * 8  # longer than a sentence holds of a value
PROJECT, TAG, CONTACT = "Seedbrewery", "seedtag", "+49 5555 735533"
IN_TEXTS = f"{HOST}, {SERIAL} at {ADDRESS} in {SITE}, by {PERSON}"
NAMES = (
    HOST,
    SERIAL,
    ADDRESS,
    MAC,
    SITE,
    REALM,
    ZONE,
    POSITION,
    PERSON,
    PROJECT,
    TAG,
    CONTACT,
    "Seedorg",
    "Seedreviewer",
)
AUDITED = (ACCOUNT, BANNER.split()[1])
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)

SETTINGS = f"""
[project]
name = "{PROJECT}"
site = "{SITE}"
contact = "{CONTACT}"
[[networks]]
range = "10.99.0.0/16"
realm = "{REALM}"
[[credentials]]
name = "seedcredential"
kind = "snmp-v2c"
realm = "{REALM}"
community = {{ env = "SEED_COMMUNITY" }}
[[credentials]]
name = "seeduser"
kind = "snmp-v3"
realm = "{REALM}"
user = "{ACCOUNT}"
[files]
zones = "zones.yaml"
register = "register.yaml"
waivers = "waivers.yaml"
attestations = "attestations.yaml"
"""
ZONES = f"""
schema: 2
zones:
  - {{id: {ZONE}, realm: {REALM}, networks: ["10.99.3.0/24"], owner: "{PERSON}", sl_t: {{IAC: 1}}}}
"""
REGISTER = f"""
schema: 1
positions:
  - id: "{POSITION}"
    realm: {REALM}
    match: {{serial_number: {SERIAL}}}
    declared: {{department_owner: "{PERSON}", user_accounts: ["{ACCOUNT}"], tags: ["{TAG}"]}}
"""
WAIVERS = f"""
schema: 1
waivers:
  - id: W-2026-001
    check: INV-003
    realm: {REALM}
    scope: {{positions: ["{POSITION}"]}}
    reason: "{IN_TEXTS}"
    owner: "{PERSON}"
    approver: "Otto Seedapprover"
    measure: "{IN_TEXTS}"
    ticket: CHG-1
    created: "2026-11-01"
    expires: "2027-03-01"
"""
ATTESTATIONS = f"""
schema: 1
attestations:
  - id: AT-1
    requirement: SR 1.3
    zone: {ZONE}
    answer: "yes"
    statement: "{IN_TEXTS}"
    document: documents/accounts.txt
    author: "{PERSON}"
    organisation: "Seedorg GmbH"
    reviewer: "Otto Seedreviewer"
    date: "2026-11-01"
    valid_until: "2027-03-01"
"""
OUT = "{out}"
EXPORTS = ("json", "csv", "sarif", "junit", "netbox", "cyclonedx", "oscal", "servicenow", "glpi", "ocsf")
WITH_ARGUMENTS: dict[str, list[list[str]]] = {
    "assets show": [[ADDRESS]],
    "assets why": [[ADDRESS]],
    "assets export": [[f"{OUT}/assets.json"], [f"{OUT}/assets.csv"]],
    "report all": [["--out", f"{OUT}/all"]],
    "report html": [],  # `report all` writes the same page and workbook
    "report xlsx": [],
    "report pdf": [],
    "check": [["--policy", "INV-003", "--output", f"{OUT}/check.{end}"] for end in ("sarif", "xml", "github")],
    "golden write": [["--out", f"{OUT}/golden"]],
    "topology": [["--draw", "svg", "--out", f"{OUT}/t.svg"], ["--draw", "dot", "--out", f"{OUT}/t.dot"], []],
    "zones draw": [["--out", f"{OUT}/zones.svg"], []],
    "zones show": [[ZONE]],
    "scans show": [["seed-scan"]],
    "diff": [["2026-11-01", "seed-scan"]],
    "assets history": [[ADDRESS]],
    "evidence list": [[]],
    "evidence show": [["seed-scan:1"]],
    "attest list": [[]],
    "waive list": [[]],
    "config show": [[]],
    "db info": [[]],
    **{f"export {name}": [["--out", f"{OUT}/{name}/{name}.out"]] for name in EXPORTS},
}
KEEPS_NAMES = {
    "attest export": f"{OUT}/questions.xlsx",
    "bundle write": f"{OUT}/plant.bundle --key audit",
    "db backup": f"{OUT}/copy.db",
    f"plan {ADDRESS} --save": f"{OUT}/plan.json",
}
# what asks a device, changes or sets up, or is about files of one's own that nobody is handed
NOT_HANDED_ON = """
demo scan plan init doctor stop completion version schema config db secrets import keys waive attest quarantine golden
policy evidence fingerprints advisories verify bundle collector
"""


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeded") / "desk"
    folder.mkdir()
    for name, text in (("assetctl.toml", SETTINGS), ("zones.yaml", ZONES), ("register.yaml", REGISTER)):
        (folder / name).write_text(text)
    (folder / "waivers.yaml").write_text(WAIVERS)
    (folder / "attestations.yaml").write_text(ATTESTATIONS)
    with open_store(f"sqlite:///{folder / 'assetctl.db'}") as store:
        scan = Scan("seed-scan", REALM, ScanState.DONE, AT, AT, f"eth0 {ADDRESS}", approval=PERSON, note=IN_TEXTS)
        store.begin_scan(scan)
        store.put_observations([observed()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEED_COMMUNITY", SECRET)
        said = Desk(folder, patch).call("-q", "check")
        assert said.code in (0, 3), said.err
    return folder


def observed() -> Observation:
    """One device that says the names in every text there is a fact for."""
    asked = Exchange("seed-scan:1", "identity", b"?", (BANNER.encode(),), Outcome.ANSWERED, AT, 1.0, "")
    claims = tuple(claim for name in sorted(vocabulary()) if (claim := seed(name)) is not None)
    return Observation(
        id=f"seed-scan/tcp/{ADDRESS}",
        scan="seed-scan",
        source="probe",
        reader="modbus/1",
        realm=REALM,
        target=Address(REALM, ip_address(ADDRESS)),
        vantage=f"eth0 {ADDRESS}",
        outcome=Outcome.ANSWERED,
        started=AT,
        ended=AT,
        exchanges=(asked,),
        claims=claims,
        port=502,
        transport=Transport.TCP,
    )


def seed(name: str) -> Claim | None:
    key = vocabulary()[name]
    exact: dict[str, Value] = {
        "hostname": HOST,
        "serial_number": SERIAL,
        "ip_address": ADDRESS,
        "mac_address": MAC,
        "service_banner": BANNER,
        "port_state": "open",
        "manufacturer": "Siemens",
        "model": f"CPU 315 {HOST}",
        "tags": (TAG,),
        "user_accounts": (ACCOUNT,),
    }
    wholes: dict[str, Value] = {"text": IN_TEXTS, "texts": (IN_TEXTS,)}
    value = exact.get(name, wholes.get(key.type))
    told_otherwise = name.startswith(("advisor", "kev_", "mitigation", "patch_", "part", "certificate_not", "end_of_"))
    if value is None or told_otherwise:
        return None
    local = {"interface": "if1", "service": "tcp/21", "certificate": "tcp/443/aa", "neighbour": "P1/x", "software": "s"}
    return Claim(name, value, key.kind, local.get(key.kind.value, ""))


@pytest.mark.parametrize("level", [RedactionLevel.AUDITOR, RedactionLevel.SHARE])
def test_nothing_that_was_taken_out_is_in_any_output(
    level: RedactionLevel, seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(seeded, monkeypatch)
    monkeypatch.setenv("SEED_COMMUNITY", SECRET)
    wanted = (*AUDITED, SECRET, *(NAMES if level is RedactionLevel.SHARE else ()))
    called = 0
    for name in EXPORTS:
        (tmp_path / name).mkdir()
    for arguments in handed_on(tmp_path, every=level is RedactionLevel.SHARE):
        for form in ("json", "table") if level is RedactionLevel.SHARE else ("json",):
            said = desk.call("-f", form, "--redact", level, *arguments)
            assert said.code in (0, 3, 4, 5, 6), (arguments, said.err)
            assert not leaked(said.out, wanted), (arguments, form, leaked(said.out, wanted))
            assert not leaked(said.err, wanted), (arguments, form, leaked(said.err, wanted))
            called += 1
            if any(str(tmp_path) in one for one in arguments):
                break  # the same file whatever the form
    assert called > 12
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 10
    for path in files:
        for member, text in texts(path):
            assert not leaked(text, wanted), (path.name, member, leaked(text, wanted))


@pytest.mark.parametrize("level", [RedactionLevel.AUDITOR, RedactionLevel.SHARE])
@pytest.mark.parametrize("command", KEEPS_NAMES)
def test_what_is_of_no_use_without_its_names_is_not_written_redacted(
    command: str, level: RedactionLevel, seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [one.replace(OUT, str(tmp_path)) for one in f"{command} {KEEPS_NAMES[command]}".split()]
    said = Desk(seeded, monkeypatch).call("--redact", level, *arguments)
    assert said.code == 2
    assert "keeps its names" in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("level", [RedactionLevel.AUDITOR, RedactionLevel.SHARE])
@pytest.mark.parametrize("flags", [(), ("--plain-names",)])
def test_a_check_of_ones_own_tells_machines_no_more_than_the_level_allows(
    flags: tuple[str, ...], level: RedactionLevel, seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "own", tmp_path / "check.sarif"
    folder.mkdir()
    shipped = (checks_folder() / "AUT-002.yaml").read_text().replace("AUT-002", "SITE-001")
    told = shipped.replace("names: [ftp, telnet]", f'names: ["{IN_TEXTS}"]')
    told = told.replace("greets without", "of {asset.serial_number} greets '{service.service_banner}' without")
    told = told[: told.index("de:\n")] + told[told.index("tests:\n") :]
    (folder / "SITE-001.yaml").write_text(told)
    arguments = ("check", "--checks", str(folder), "--policy", "SITE-001", "--output", str(out), *flags)
    assert Desk(seeded, monkeypatch).call("--redact", level, *arguments).code in (0, 3)
    assert "greets" in out.read_text()
    assert not leaked(out.read_text(), (*AUDITED, *(NAMES if level is RedactionLevel.SHARE else ())))


def test_every_stream_of_a_table_is_redacted() -> None:
    held = [(Ref("", IN_TEXTS),) for _ in range(2)]
    made = table("t", "T", "T.", (Column("C", Kind.KEY),), lambda: held, empty="", page_rows=lambda: held)
    told = Redaction(RedactionLevel.SHARE, Pseudonyms(bytes(32), NAMES)).of(made)
    streams = [getattr(told, field.name) for field in fields(told) if callable(getattr(told, field.name))]
    assert len(streams) == 2
    for rows in streams:
        assert not leaked(str(list(rows())), NAMES)


@pytest.mark.parametrize("level", [RedactionLevel.AUDITOR, RedactionLevel.SHARE])
def test_what_is_packed_is_redacted_like_what_is_loose(level: RedactionLevel) -> None:
    redaction, key = Redaction(level, Pseudonyms(bytes(32), NAMES)), min(RAW)
    because = Because("as-1", key, BANNER)
    told = Finding("f-1", "SVC-001", 1, "Telnet is off", Severity.HIGH, "as-1", Result.FAIL, "", IN_TEXTS, (because,))
    said = Fact(Subject(SubjectKind.ASSET, "as-1"), key, BANNER, Source("probe", "snmp"), "eth0", AT, AT, 90)
    for loose, packed in (((told,), Findings([told])), ((said,), PackedFacts([said]))):
        found = redaction.of(packed)
        assert type(found) is type(packed)
        assert list(found) == list(redaction.of(loose))
        assert not leaked(str(list(found)), (*NAMES, *AUDITED))


def test_the_same_search_finds_everything_where_nothing_is_taken_out(
    seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(seeded, monkeypatch)
    found: set[str] = set()
    out = str(tmp_path / "out")
    for arguments in (["report", "all", "--out", out], ["assets", "export", f"{tmp_path}/assets.json"]):
        assert desk.call("-q", *arguments).code == 0
    for path in tmp_path.rglob("*.*"):
        for _, text in texts(path):
            found |= set(leaked(text, (*NAMES, *AUDITED, SECRET)))
    assert found >= {one.lower() for one in (*NAMES, *AUDITED)} - {CONTACT}
    assert SECRET not in found


def test_two_reports_of_one_owner_compare_and_a_signed_one_verifies(
    seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(seeded, monkeypatch)
    results = []
    for name in ("one", "two"):
        out = tmp_path / name
        assert desk.call("--redact", "share", "report", "all", "--out", str(out)).code == 0
        assert desk.call("verify", str(out)).code == 0
        results.append(json.loads((out / "result.json").read_bytes()))
    assert results[0]["report_id"] == results[1]["report_id"]
    assert results[0]["tables"] == results[1]["tables"]
    assert "redacted: share" in results[0]["classification"]


def test_a_redacted_report_links_what_the_whole_one_links(
    seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, found = Desk(seeded, monkeypatch), []
    for level in RedactionLevel:
        assert desk.call("--redact", level, "report", "all", "--out", str(tmp_path / level)).code == 0
        tables = json.loads((tmp_path / level / "result.json").read_bytes())["tables"]
        found.append({one["id"]: json.dumps(one["rows"]).count('"anchor": "assets-') for one in tables})
    assert found[0]["findings"] > 0
    assert found == found[:1] * len(found)


def test_every_level_names_facts_that_exist() -> None:
    assert set(vocabulary()) >= ACCOUNTS | RAW | FREE


def handed_on(out: Path, *, every: bool) -> Iterator[list[str]]:
    """The commands of the table that write files; every: also all others that need no argument."""
    for path, needs in sorted(commands(get_command(app))):
        if path in WITH_ARGUMENTS:
            rows = [[*path.split(), *(one.replace(OUT, str(out)) for one in row)] for row in WITH_ARGUMENTS[path]]
            yield from (row for row in rows if every or any(str(out) in one for one in row))
        elif every and path.split()[0] not in NOT_HANDED_ON.split() and not needs:
            yield path.split()


def commands(group: Any, before: str = "") -> Iterator[tuple[str, bool]]:
    """Each command with whether it needs an argument."""
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, f"{before}{name} ")
        else:
            yield f"{before}{name}", any(parameter.required for parameter in one.params)


def leaked(text: str, wanted: tuple[str, ...]) -> list[str]:
    low = unescape(text, {"&#34;": '"', "&#39;": "'"}).lower()
    plain = low.replace("\\u002b", "+").replace("&#43;", "+")
    return [one.lower() for one in wanted if one.lower() in plain or one.encode().hex() in plain]


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Everything that can be read in a file, and its name."""
    yield "", path.name
    if not zipfile.is_zipfile(path):
        yield "", path.read_text("utf-8")
        return
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield name, archive.read(name).decode()
