"""The command line as a contract: what is on stdout, what is on stderr, which code, and how little help costs."""

import csv
import json
import os
import pty
import re
import select
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.main import get_command

from assetctl.cli.main import app
from assetctl.errors import PRECEDENCE, Exit, worst
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk
from tests.unit.scanned import desk, scan_of, scanned_once, servers, store_of

__all__ = ["desk", "scanned_once", "servers"]

ROOT = Path(__file__).parents[2]
of_programs = pytest.mark.sqlite_only("starts programs of its own, which open files")
PROMISED = """
init demo doctor plan scan stop check schema completion version
quarantine/list quarantine/clear import/nmap import/csv import/xlsx import/flows
zones/list zones/show zones/add zones/assign zones/conduit zones/lint zones/draw zones/suggest
assets/list assets/show assets/why assets/export scans/list scans/show scans/diff
policy/list policy/explain policy/lint policy/test golden/write golden/verify
levels findings/list findings/show findings/assign findings/confirm findings/reject findings/withdraw
waive/add waive/list waive/renew waive/revoke attest/add attest/list attest/renew attest/export attest/import
assets/add assets/edit assets/tag assets/note assets/retire
report/html report/xlsx report/all evidence/list evidence/show evidence/verify evidence/reread
import/pcap import/walk import/zeek import/netbox import/zgrab2 import/glpi assets/history diff golden/accept
assets/import findings/import report/pdf export/json export/csv export/sarif export/junit export/netbox
export/cyclonedx export/oscal export/ocsf export/servicenow export/glpi
keys/make keys/enrol keys/list keys/revoke keys/retire verify report/sign bundle/write bundle/verify bundle/merge
collector/run collector/enrol collector/list collector/status collector/request collector/cancel collector/merge
secrets/set secrets/list secrets/test secrets/rm config/show db/info db/migrate db/backup
"""
HEAVY = "sqlmodel sqlalchemy pysnmp openpyxl jinja2 nmap cryptography alembic ruamel yaml tomlkit rich.progress psycopg"
FIELDS = """
id aliases realm site position ip_address mac_address hostname manufacturer model order_code serial_number
firmware_software_version hardware_version operating_system asset_role_type ports_services protocols modules parent
zone first_seen last_seen confidence sources
"""
COLOR = re.compile(r"\x1b\[[0-9;]*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[0-9;]*m")


def commands(group: Any = None, before: str = "") -> dict[str, Any]:
    """Every command of the program by its path."""
    found = {}
    for name, one in (group or get_command(app)).commands.items():
        inner = getattr(one, "commands", None)
        found |= commands(one, f"{before}{name}/") if inner else {f"{before}{name}": one}
    return found


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"} | more


def on_terminal(desk: Desk, *arguments: str, typed: str = "", at: str = "[y/N]", **environ: str) -> tuple[int, str]:
    """A command on a terminal of its own: its code and all that it showed. typed: as soon as it asks."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "assetctl", *arguments]
    process = subprocess.Popen(
        command, cwd=desk.folder, env=environment(**environ), stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    shown, deadline = b"", monotonic() + 60
    while monotonic() < deadline:
        if select.select([leader], [], [], 0.1)[0]:
            try:
                chunk = os.read(leader, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            shown += chunk
            if typed and at.encode() in shown:
                os.write(leader, f"{typed}\n".encode())
                typed = ""
    os.close(leader)
    return process.wait(10), shown.decode("utf-8", "replace")


def test_every_command_that_was_promised_is_there() -> None:
    assert set(PROMISED.split()) <= set(commands())


@pytest.mark.parametrize("name", sorted(commands()))
def test_the_help_of_every_command_has_a_first_line_and_an_example(name: str) -> None:
    command = commands()[name]
    assert command.help
    assert "assetctl " + name.replace("/", " ") in re.sub(r"--format \w+ ", "", command.epilog or "")
    for parameter in command.params:
        assert parameter.help, f"{name}: {parameter.name}"


def test_help_loads_no_heavy_package() -> None:
    script = """
import contextlib, io, sys
from assetctl.cli.main import app
for line in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()):
        app([*line.split("/"), "--help"], standalone_mode=False)
print(*(name for name in %r if name in sys.modules))
"""
    run = subprocess.run(
        [sys.executable, "-c", script % HEAVY.split(), *commands()],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == ""


READING = [
    ("plan",),
    ("assets", "list"),
    ("assets", "show", f"{NETWORK}.1"),
    ("assets", "why", f"{NETWORK}.1"),
    ("assets", "list", "--zone", "nowhere"),
    ("scans", "list"),
    ("check",),
    ("check", "--fail-on", "low"),
    ("policy", "list"),
    ("policy", "lint"),
    ("policy", "test"),
    ("evidence", "list"),
    ("evidence", "verify"),
    ("evidence", "reread", "--dry-run"),
    ("quarantine", "list"),
    ("secrets", "test"),
    ("config", "show", "--origin"),
    ("db", "info"),
    ("doctor",),
    ("schema",),
    ("version",),
    ("scan", "--yes"),
    ("scan", "--dry-run"),
]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_json_on_stdout_is_one_envelope_that_knows_the_exit_code(desk: Desk, command: tuple[str, ...]) -> None:
    said = desk.call("--format", "json", *command)
    envelope = json.loads(said.out)
    assert set(envelope) == {"schema", "version", "generated_at", "command", "exit", "data", "warnings"}
    assert envelope["exit"] == said.code
    assert re.fullmatch(r"assetctl/[a-z-]+/\d+", envelope["schema"])
    assert all(f"warning: {line}" in said.err for line in envelope["warnings"])


@pytest.mark.parametrize("command", [("scans", "show"), ("scans", "diff"), ("evidence", "show")], ids=" ".join)
def test_json_of_one_thing_is_an_envelope_too(desk: Desk, command: tuple[str, ...]) -> None:
    scan = scan_of(desk).id
    with store_of(desk) as store:
        exchange = next(one.exchange.id for one in store.exchanges())
    names = {"show": (scan,), "diff": (scan, scan)}[command[1]] if command[0] == "scans" else (exchange,)
    said = desk.call("--format", "json", *command, *names)
    assert json.loads(said.out)["exit"] == said.code == 0


def test_the_assets_are_what_their_schema_says(desk: Desk) -> None:
    schema = json.loads(desk.call("schema", "assets").out)
    Draft202012Validator.check_schema(schema)
    document = json.loads(desk.call("--format", "json", "assets", "list").out)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(document)] == []
    assert len(document["data"]) == 3
    for record in document["data"]:
        assert set(FIELDS.split()) <= set(record)
        told = {name for name in ("ip_address", "manufacturer", "model", "order_code") if record[name]}
        assert told <= set(record["sources"])
    document["data"][0]["ip_address"] = "not a list"
    assert list(validator.iter_errors(document))


def test_the_findings_are_what_their_schema_says(desk: Desk) -> None:
    schema = json.loads(desk.call("schema", "findings").out)
    document = json.loads(desk.call("--format", "json", "check").out)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []
    assert document["data"]


def test_lines_and_cells_hold_the_same_records(desk: Desk) -> None:
    records = json.loads(desk.call("--format", "json", "assets", "list").out)["data"]
    lines = [json.loads(line) for line in desk.call("--format", "jsonl", "assets", "list").out.splitlines()]
    assert lines == records
    rows = list(csv.DictReader(desk.call("--format", "csv", "assets", "list").out.splitlines()))
    assert [row["id"] for row in rows] == [record["id"] for record in records]
    table = [line.split()[:2] for line in desk.call("assets", "list").out.splitlines()[1:]]
    assert sorted(name for name, _ in table) == [record["id"] for record in records]
    assert [address for _, address in table] == [f"{NETWORK}.1", f"{NETWORK}.2", f"{NETWORK}.3"]


@of_programs
def test_what_is_copied_from_a_table_is_whole(desk: Desk) -> None:
    scan = scan_of(desk)
    shown = desk.call("scans", "show", scan.id).out
    assert scan.head in shown
    assert scan.plan_hash in shown
    assert (
        on_terminal(desk, "scans", "show", scan.id)[1].replace("\r\n", "").replace(" ", "").count(scan.head[-20:]) == 1
    )


def test_talk_goes_to_stderr_and_quiet_is_quiet(desk: Desk) -> None:
    said = desk.call("scan", "--yes")
    assert said.out == ""
    assert "for the ticket: ledger head" in said.err
    assert desk.call("-q", "scan", "--yes").err == ""
    said = desk.call("-q", "assets", "list")
    assert said.err == ""
    assert said.out


def test_two_golden_files_are_one_document(desk: Desk) -> None:
    desk.write(
        "zones.yaml",
        f"schema: 1\nzones:\n- {{id: a, networks: [{NETWORK}.1/32]}}\n- {{id: b, networks: [{NETWORK}.2/31]}}\n",
    )
    path = desk.folder / "assetctl.toml"
    path.write_text(path.read_text("utf-8") + '[files]\nzones = "zones.yaml"\n', "utf-8")
    assert desk.call("check", "--fail-on", "never").code in (0, 5)
    assert desk.call("golden", "write").code == 0
    files = sorted(str(one) for one in (desk.folder / "golden").glob("*.yaml"))
    assert len(files) == 2
    said = desk.call("--format", "json", "golden", "verify", *files)
    assert said.code == 0, said.err
    document = json.loads(said.out)
    assert {row["zone"] for row in document["data"]} == {"a", "b"}


@of_programs
def test_a_pipe_gets_no_escape_sequence(desk: Desk) -> None:
    for arguments in (["assets", "list"], ["--help"], ["policy", "explain", "INV-001"]):
        command = [sys.executable, "-m", "assetctl", *arguments]
        run = subprocess.run(command, cwd=desk.folder, env=environment(), capture_output=True, check=True)
        assert b"\x1b" not in run.stdout + run.stderr


@of_programs
def test_a_terminal_gets_a_table_and_no_colour_when_none_is_wanted(desk: Desk) -> None:
    code, shown = on_terminal(desk, "assets", "list")
    assert code == 0
    assert "\x1b[" in shown
    for arguments, environ in ((("assets", "list"), {"NO_COLOR": "1"}), (("--no-color", "assets", "list"), {})):
        code, shown = on_terminal(desk, *arguments, **environ)
        assert code == 0
        assert NETWORK in shown
        assert not COLOR.search(shown)


@of_programs
def test_the_prompt_asks_once_and_a_no_sends_nothing(desk: Desk) -> None:
    before = len(os.listdir(desk.folder / "assetctl.ledgers"))
    for typed in ("n", "", "maybe"):
        code, shown = on_terminal(desk, "scan", typed=typed or " ")
        assert code == Exit.USAGE
        assert shown.count("[y/N]") == 1
        assert "nothing was sent" in shown
    assert len(os.listdir(desk.folder / "assetctl.ledgers")) == before


@of_programs
def test_a_yes_at_the_prompt_is_on_record_as_stated(desk: Desk) -> None:
    code, shown = on_terminal(desk, "scan", typed="y")
    assert code == 0, shown
    assert "at the prompt (as stated by the operator, not verified)" in scan_of(desk).approval


def test_a_secret_is_typed_unseen_and_kept_for_its_owner_alone(desk: Desk) -> None:
    code, shown = on_terminal(desk, "secrets", "set", "ro", typed="s3cret", at="ro:")
    assert code == 0, shown
    assert "s3cret" not in shown
    path = desk.folder / "secrets.toml"
    assert "s3cret" in path.read_text("utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    said = desk.call("--format", "json", "secrets", "list")
    assert [row["name"] for row in json.loads(said.out)["data"]] == ["ro"]
    assert "s3cret" not in said.out + said.err


def test_what_init_writes_is_understood(desk: Desk) -> None:
    assert desk.call("init", "fresh").code == 0
    assert desk.call("--config", "fresh/assetctl.toml", "plan", "127.0.0.1").code == 0
    before = (desk.folder / "fresh" / "assetctl.toml").read_bytes()
    desk.write("fresh/assetctl.toml", b"# mine\n" + before)
    assert "kept" in desk.call("init", "fresh").err
    assert (desk.folder / "fresh" / "assetctl.toml").read_bytes().startswith(b"# mine")


@pytest.mark.sqlite_only("looks at the file that a first run makes")
def test_the_first_run_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    fresh = Desk(tmp_path / "empty", monkeypatch)
    said = fresh.call("scan", "127.77.0.0/30", "--yes")
    assert said.code == 0, said.err
    assert "done" in said.err
    names = {path.name for path in fresh.folder.iterdir()}
    assert (
        {"assetctl.db", "assetctl.ledgers"}
        <= names
        <= {"assetctl.db", "assetctl.db-wal", "assetctl.db-shm", "assetctl.ledgers"}
    )
    assert oct((fresh.folder / "assetctl.db").stat().st_mode & 0o777) == "0o600"
    assert fresh.call("evidence", "verify").code == 0


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("::1", "plant/::1"),
        ("2001:db8::10-2001:db8::1f", "plant/2001:db8::10-2001:db8::1f"),
        ("localhost", "127.0.0.1 (localhost)"),
        ("cell-9/127.0.0.0/30", "cell-9/127.0.0.1-127.0.0.2"),
        ("10.20.1.0/24", "plant/10.20.1.1-10.20.1.254"),
    ],
)
def test_targets_of_every_form_are_planned_under_their_realm(desk: Desk, target: str, shown: str) -> None:
    said = desk.call("plan", target)
    assert said.code == 0, said.err
    assert shown in said.out
    rows = json.loads(desk.call("--format", "json", "plan", target).out)["data"]["rows"]
    assert any(shown in row["target"] for row in rows)


def test_a_list_of_hosts_is_a_target(desk: Desk) -> None:
    desk.write("hosts.txt", "127.77.0.1\n# a note\ncell-2/127.77.0.2\n")
    said = desk.call("plan", "@hosts.txt")
    assert said.code == Exit.USAGE
    assert "several realms" in said.errors[0]
    desk.write("hosts.txt", "127.77.0.1\n# a note\n127.77.0.2-127.77.0.3\n")
    assert "127.77.0.2-127.77.0.3" in desk.call("plan", "@hosts.txt").out


def test_a_plan_of_any_size_is_read_in_forty_lines(desk: Desk) -> None:
    for targets in (["10.0.0.0/16"], [f"10.{n}.0.0/20" for n in range(60)], [f"10.0.{n}.7" for n in range(200)]):
        said = desk.call("plan", *targets)
        assert said.code == 0, said.err
        assert len(said.out.splitlines()) <= 40
        rows = json.loads(desk.call("--format", "json", "plan", *targets).out)["data"]["rows"]
        assert len(rows) >= len(targets)
        shown = {line.split()[2] for line in said.out.splitlines() if line.startswith("  plant/")}
        asked = {row["protocol"] for row in rows if not row["hinted"]}
        assert asked <= {word for line in said.out.splitlines() for word in line.split()}, shown


def test_the_worst_code_is_the_one_that_counts() -> None:
    order = [Exit.SAFETY, Exit.INTEGRITY, Exit.BUG, Exit.ENVIRONMENT, Exit.SECRET]
    order += [Exit.FINDINGS, Exit.DRIFT, Exit.PARTIAL, Exit.NOTHING]
    assert [code for code in PRECEDENCE if code in order] == order
    for first, second in combinations(order, 2):
        assert worst(second, first) == worst(first, second) == first
    assert worst() == worst(Exit.DONE) == Exit.DONE
    assert set(PRECEDENCE) == set(Exit) - {Exit.DONE}


def test_a_global_option_behind_its_command_is_told_where_it_stands(desk: Desk) -> None:
    said = desk.call("assets", "list", "--format", "json")
    assert said.code == 2
    assert len(said.errors) == 1
    assert "--format stands before the command: " in said.errors[0]
