"""Bad input costs one clear line and its exit code, never a traceback, and never what the database holds."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from assetctl.errors import Exit
from assetctl.work import lock
from tests.unit.command import Desk, Said

pytestmark = pytest.mark.sqlite_only("damages files, and starts programs of its own")

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "tests" / "data" / "nmap" / "web.xml"
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><nmaprun>&b;</nmaprun>'
FOREIGN_ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><nmaprun>&a;</nmaprun>'
GARBAGE = bytes(range(256)) * 20
DEEP = "[" * 5000
ALIAS = "a: &x [1]\nb: *x\n"
OBJECT = "!!python/object:os.system x\n"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one imported report."""
    folder = tmp_path_factory.mktemp("filled") / "desk"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        assert Desk(folder, patch).call("import", "nmap", str(REPORT)).code == 0
    return folder / "assetctl.db"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filled: Path) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    shutil.copy(filled, folder / "assetctl.db")
    return Desk(folder, monkeypatch)


def content(path: Path) -> str:
    """Everything a database holds, as text."""
    with sqlite3.connect(path) as connection:
        text = "\n".join(connection.iterdump())
    connection.close()
    return text


def refused(said: Said, code: Exit, *words: str) -> None:
    assert said.code == code, said.err
    assert len(said.errors) == 1, said.err
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.errors[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema = [", ("c.toml:1", "TOML")),
        (b"\xff\xfe\0", ("c.toml", "UTF-8")),
        (GARBAGE, ("c.toml",)),
        ("schema = 2", ("c.toml:1", "version")),
        ("schema = 1\ntargetz = 3", ("c.toml:2", 'did you mean "targets"?')),
        ("a." * 5000 + "b = 1", ("c.toml", "deep")),
        ("[limits]\npackets_per_second = 5000", ("c.toml:2", "packets_per_second")),
        ('[project]\ntimezone = "Mars/Base"', ("c.toml:2", "time zone")),
        ('[[windows]]\ndays = ["mon"]\nstart = "25:00"\nend = "04:00"', ("c.toml:3", "25:00")),
        ('[[networks]]\nrange = "10.0.0.0/33"', ("c.toml:2",)),
        ('[targets]\nexclude_file = "none.txt"', ("none.txt", "cannot be read")),
        ('[files]\nzones = "none.yaml"', ("none.yaml", "cannot be read")),
    ],
)
def test_settings_that_cannot_be_used(desk: Desk, text: str | bytes, words: tuple[str, ...]) -> None:
    desk.write("c.toml", text)
    refused(desk.call("--config", "c.toml", "plan", "127.0.0.1"), Exit.USAGE, *words)


def test_every_mistake_in_the_settings_is_a_line_of_its_own(desk: Desk) -> None:
    desk.write("c.toml", 'targetz = 3\n[limits]\nanswer_s = "x"\n')
    said = desk.call("--config", "c.toml", "plan", "127.0.0.1")
    assert said.code == Exit.USAGE
    assert {line.split(": ")[1].rpartition(":")[2] for line in said.errors} == {"1", "3"}


@pytest.mark.skipif(os.name != "posix", reason="file modes are of POSIX")
def test_settings_that_others_may_write_are_not_followed(desk: Desk) -> None:
    desk.write("assetctl.toml", "schema = 1").chmod(0o666)
    refused(desk.call("assets", "list"), Exit.USAGE, "chmod go-w")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("300.1.1.1", ("300.1.1.1",)),
        ("no-such-name.invalid", ("no address",)),
        ("@none.txt", ("none.txt", "cannot be read")),
        ("10.0.0.0/8", ("65536",)),
        ("2001:db8::/64", ("65536",)),
        ("10.0.0.9-10.0.0.1", ("10.0.0.9",)),
        ("", ("target",)),
        ("a/b/c/10.0.0.1", ("b/c/10.0.0.1",)),
        ("10.0.0.1; rm -rf", ("10.0.0.1",)),
    ],
)
@pytest.mark.parametrize("command", ["plan", "scan"])
def test_targets_that_cannot_be_used(desk: Desk, command: str, target: str, words: tuple[str, ...]) -> None:
    refused(desk.call(command, target), Exit.USAGE, *words)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        b"\0\0",
        GARBAGE,
        DEEP,
        "schema = 1\nvalid_from = 'x'",
        "schema = 1\nanything = 1",
        "[envelope]\nnetworks = 3",
    ],
)
def test_approvals_that_cannot_be_used(desk: Desk, text: str | bytes) -> None:
    desk.write("a.toml", text)
    refused(desk.call("-q", "scan", "127.77.0.1", "--approval", "a.toml"), Exit.USAGE, "a.toml")


@pytest.mark.parametrize("text", [ALIAS, OBJECT, DEEP, ": : :", b"\xff\xfe", "id: X-001\ntitle: t\n", "- 1", GARBAGE])
@pytest.mark.parametrize("command", [("check",), ("policy", "list"), ("policy", "lint"), ("policy", "test")])
def test_checks_that_cannot_be_used(desk: Desk, command: tuple[str, ...], text: str | bytes) -> None:
    (desk.folder / "checks").mkdir()
    desk.write("checks/x.yaml", text)
    refused(desk.call(*command, "--checks", "checks"), Exit.USAGE, "x.yaml")


def test_an_expression_that_would_run_code_is_refused(desk: Desk) -> None:
    (desk.folder / "checks").mkdir()
    good = (ROOT / "checks" / "AUT-001.yaml").read_text("utf-8").replace("AUT-001", "AUT-999")
    bad = good.replace("assert: not service.anonymous_access", "assert: __import__('os').system('id')")
    assert bad != good
    desk.write("checks/AUT-999.yaml", bad)
    refused(desk.call("check", "--checks", "checks"), Exit.USAGE, "AUT-999.yaml")


@pytest.mark.parametrize("text", [ALIAS, OBJECT, "{" * 3000, "", "- 1", b"\0\0", "golden: 99", GARBAGE])
def test_golden_files_that_cannot_be_used(desk: Desk, text: str | bytes) -> None:
    desk.write("g.yaml", text)
    refused(desk.call("golden", "verify", "g.yaml"), Exit.USAGE, "g.yaml")


@pytest.mark.parametrize(
    "text",
    [BOMB, FOREIGN_ENTITY, "", "hello", GARBAGE, "<nmaprun>" + "<a>" * 100_000, "<html></html>"],
)
def test_reports_of_nmap_that_cannot_be_used(desk: Desk, text: str | bytes) -> None:
    before = content(desk.folder / "assetctl.db")
    desk.write("x.xml", text)
    refused(desk.call("import", "nmap", "x.xml"), Exit.USAGE, "x.xml")
    assert content(desk.folder / "assetctl.db") == before


def test_an_import_that_is_given_a_folder_or_nothing(desk: Desk) -> None:
    for kind in ("nmap", "csv", "xlsx"):
        refused(desk.call("import", kind, "."), Exit.USAGE, ".:")
        refused(desk.call("import", kind, "none"), Exit.USAGE, "none")


def packed_bomb() -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<x/>")
        made.writestr("xl/workbook.xml", bytes(200_000_000))
    return stream.getvalue()


def test_workbooks_and_lists_that_cannot_be_used(desk: Desk) -> None:
    before = content(desk.folder / "assetctl.db")
    for number, raw in enumerate((b"", b"PK\x03\x04" + GARBAGE, packed_bomb(), b"no table at all")):
        desk.write(f"{number}.xlsx", raw)
        refused(desk.call("import", "xlsx", f"{number}.xlsx"), Exit.USAGE, f"{number}.xlsx")
    desk.write("x.csv", GARBAGE)
    refused(desk.call("import", "csv", "x.csv"), Exit.USAGE, "x.csv")
    desk.write("good.csv", "IP address,Serial\n10.0.0.1,A1\n")
    desk.write("map.toml", '"IP address" = "nonsense"')
    refused(desk.call("import", "csv", "good.csv", "--map", "map.toml"), Exit.USAGE, "map.toml", "nonsense")
    assert content(desk.folder / "assetctl.db") == before


@pytest.mark.parametrize(
    "command", [("assets", "list"), ("check",), ("scan", "127.77.0.1", "--yes"), ("db", "migrate")]
)
def test_a_database_that_is_none(desk: Desk, command: tuple[str, ...]) -> None:
    good = (desk.folder / "assetctl.db").read_bytes()
    desk.write("text.db", "no database at all, only a text")
    refused(desk.call("--db", "text.db", *command), Exit.USAGE, "text.db", "not a database")
    refused(desk.call("--db", ".", *command), Exit.USAGE, "folder")
    desk.write("torn.db", good[:5000])
    refused(desk.call("--db", "torn.db", *command), Exit.INTEGRITY, "torn.db", "damaged", "backup")
    assert (desk.folder / "torn.db").read_bytes() == good[:5000]


@pytest.mark.parametrize(
    "command", [("assets", "list"), ("scan", "127.77.0.1", "--yes"), ("db", "migrate"), ("db", "info")]
)
def test_a_database_of_a_newer_program(desk: Desk, command: tuple[str, ...]) -> None:
    with sqlite3.connect(desk.folder / "assetctl.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = content(desk.folder / "assetctl.db")
    refused(desk.call(*command), Exit.ENVIRONMENT, "9999", "newer")
    assert content(desk.folder / "assetctl.db") == before


@pytest.mark.parametrize("command", [("assets", "list"), ("check",), ("report", "html"), ("evidence", "verify")])
def test_a_database_that_is_not_there_is_not_taken_for_an_empty_plant(desk: Desk, command: tuple[str, ...]) -> None:
    refused(desk.call("--db", "none.db", *command), Exit.USAGE, "none.db", "does not exist")
    assert not (desk.folder / "none.db").exists()


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.argv = ["assetctl", *sys.argv[2:]]
from assetctl.cli.main import main
main()
"""


@pytest.mark.parametrize(
    "command",
    [
        ("import", "nmap", str(REPORT.with_name("os.xml"))),
        ("scan", "127.77.0.0/27", "--yes"),
        ("check",),
        ("report", "html"),
        ("db", "backup", "copy.db"),
    ],
)
@pytest.mark.parametrize("room", [1000, 20_000])
def test_a_full_disk_ends_the_command_and_loses_nothing(desk: Desk, command: tuple[str, ...], room: int) -> None:
    """A limit on the size of files stands for the full disk: the same calls fail with the same kind of error."""
    before = content(desk.folder / "assetctl.db")
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(room), "-q", *command],
        cwd=desk.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    refused(Said(run.returncode, run.stdout, run.stderr), Exit.ENVIRONMENT)
    with sqlite3.connect(desk.folder / "assetctl.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    if command[0] != "scan":  # a scan that could not go on leaves its row, as interrupted
        assert content(desk.folder / "assetctl.db") == before
    assert desk.call("assets", "list").code == 0


def test_a_page_larger_than_browsers_open_is_written_with_a_word(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assetctl.cli.reports.EASY_PAGE_BYTES", 1)
    said = desk.call("report", "html")
    assert said.code == 0
    assert (desk.folder / "report.html").stat().st_size > 1
    assert "few browsers open it" in said.err


def test_a_report_that_finds_no_room_leaves_the_one_before(desk: Desk) -> None:
    assert desk.call("report", "html").code == 0
    before = (desk.folder / "report.html").read_bytes()
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, "20000", "report", "html"],
        cwd=desk.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
    )
    assert run.returncode == Exit.ENVIRONMENT
    assert (desk.folder / "report.html").read_bytes() == before
    assert sorted(path.name for path in desk.folder.glob("report.html*")) == ["report.html"]


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "127.0.0.1", "--save", "no/where.json"),
        ("plan", "127.0.0.1", "--save", "."),
        ("plan", "127.0.0.1", "--approval", "no/where.toml"),
        ("assets", "export", "no/where.json"),
        ("check", "--output", "no/where.sarif"),
        ("report", "html", "--out", "assetctl.db/x.html"),
        ("init", "assetctl.db"),
    ],
)
def test_a_file_that_cannot_be_written(desk: Desk, command: tuple[str, ...]) -> None:
    refused(desk.call(*command), Exit.ENVIRONMENT, command[-1].rpartition("/")[0] or command[-1])


def test_no_permission(desk: Desk) -> None:
    """Root may write everywhere but into what the kernel makes up."""
    place = "/proc" if os.geteuid() == 0 else str(desk.folder)
    desk.folder.chmod(0o500)
    try:
        refused(desk.call("--db", f"{place}/new.db", "scan", "127.77.0.1", "--yes"), Exit.ENVIRONMENT, "new.db")
    finally:
        desk.folder.chmod(0o700)


def test_a_device_file_is_never_opened(desk: Desk) -> None:
    os.mkfifo(desk.folder / "pipe")
    refused(desk.call("--config", "pipe", "assets", "list"), Exit.USAGE, "pipe")
    refused(desk.call("golden", "verify", "pipe"), Exit.USAGE, "pipe")


def test_without_a_terminal_nobody_can_say_yes(desk: Desk) -> None:
    before = content(desk.folder / "assetctl.db")
    refused(desk.call("-q", "scan", "127.77.0.1"), Exit.USAGE, "no terminal", "--approval")
    assert content(desk.folder / "assetctl.db") == before


def test_yes_alone_is_for_loopback_and_lab(desk: Desk) -> None:
    refused(desk.call("-q", "scan", "10.99.0.1", "--yes"), Exit.USAGE, "--approval")


WRONG_INTERFACE = '[[vantages]]\nrealm = "plant"\ninterface = "eth77"\n'
WRONG_SOURCE = '[[vantages]]\nrealm = "plant"\nsource = "127.0.0.99"\n'
WRONG_ANCHOR = (
    '[[vantages]]\nrealm = "plant"\ninterface = "lo"\nanchor = { gateway = "127.0.0.9", mac = "00:11:22:33:44:55" }\n'
)


@pytest.mark.parametrize(
    ("vantage", "word"), [(WRONG_INTERFACE, "eth77"), (WRONG_SOURCE, "127.0.0.99"), (WRONG_ANCHOR, "127.0.0.9")]
)
def test_a_wrong_vantage_stops_before_the_first_frame(desk: Desk, vantage: str, word: str) -> None:
    desk.write("c.toml", vantage)
    before = content(desk.folder / "assetctl.db")
    said = desk.call("-q", "--config", "c.toml", "scan", "127.77.0.1", "--yes")
    refused(said, Exit.SAFETY, word)
    assert content(desk.folder / "assetctl.db") == before
    assert not (desk.folder / "assetctl.ledgers").exists()


CREDENTIAL = '[[credentials]]\nname = "ro"\nkind = "snmp-v2c"\nrealm = "plant"\ncommunity = { %s }\n'


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ('file = "s.toml#ro"', ("s.toml", "chmod 600")),
        ('file = "none.toml#ro"', ("none.toml", "secrets set")),
        ('env = "NOT_SET"', ("NOT_SET", "not set")),
    ],
)
def test_secrets_that_cannot_or_must_not_be_used(desk: Desk, reference: str, words: tuple[str, ...]) -> None:
    desk.write("s.toml", 'ro = "pub11c"\n').chmod(0o644)
    desk.write("c.toml", CREDENTIAL % reference)
    said = desk.call("-q", "--config", "c.toml", "scan", "127.77.0.1", "--yes")
    refused(said, Exit.SECRET, *words)
    assert "pub11c" not in said.err + said.out
    assert desk.call("--config", "c.toml", "secrets", "test").code == Exit.SECRET


def test_the_second_scan_of_a_realm_names_the_first(desk: Desk) -> None:
    with lock.held(desk.folder.parent / "locks", "plant", "s-first"):
        said = desk.call("-q", "scan", "127.77.0.1", "--yes")
        refused(said, Exit.ENVIRONMENT, "plant", "s-first", str(os.getpid()))
        assert desk.call("-q", "scan", "cell-2/127.77.0.1", "--yes", "--only", "modbus").code == 0


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("scann",), ("scann", "'scan'")),
        (("scan", "--resum", "x"), ("--resum", "--resume")),
        (("assets", "lisst"), ("lisst", "'list'")),
        (("--format", "xml", "assets", "list"), ("xml", "jsonl")),
        (("plan", "127.0.0.1", "--only", "modbuss"), ("--only", 'did you mean "modbus"?')),
        (("plan", "127.0.0.1", "--depth", "snmp.tablez"), ("--depth", 'did you mean "snmp.tables"?')),
        (("plan", "127.0.0.1", "--profile", "labb"), ("--profile", 'did you mean "lab"?')),
        (("plan", "10.0.0.1", "--profile", "lab"), ("--profile lab", "ot")),
        (("plan", "127.0.0.1", "--stale", "soon"), ("soon", "90d")),
        (("scan", "--resume", "s-none", "--yes"), ("s-none", "scans list")),
        (("scans", "show", "s-none"), ("s-none", "scans list")),
        (("scans", "diff", "a", "b"), ("a:", "scans list")),
        (("assets", "show", "127.61.0.33"), ("127.61.0.33", 'did you mean "127.61.0.3"?')),
        (("assets", "why", "127.61.0.3", "hostnam"), ("hostnam", 'did you mean "hostname"?')),
        (("evidence", "show", "x:1"), ("x:1", "evidence list")),
        (("evidence", "verify", "--scan", "s-none"), ("s-none", "scans list")),
        (("evidence", "verify", "--head", "00"), ("--head", "--scan")),
        (("policy", "explain", "INV-0001"), ("INV-0001", 'did you mean "INV-001"?')),
        (("check", "--policy", "INV-0001"), ("INV-0001", 'did you mean "INV-001"?')),
        (("check", "--fail-on", "higgh"), ("higgh", "critical")),
        (("check", "--output", "x.pdf"), ("x.pdf", ".sarif")),
        (("assets", "export", "x.pdf"), ("x.pdf", ".json")),
        (
            ("quarantine", "clear", "plant/10.0.0.1", "--by", "A", "--reason", "B"),
            ("plant/10.0.0.1", "quarantine list"),
        ),
        (("quarantine", "clear", "plant/10.0.0.1"), ("--by",)),
        (("schema", "asets"), ("asets", 'did you mean "assets"?')),
        (("completion", "tcsh"), ("tcsh", "bash")),
        (("golden", "write"), ("zone",)),
        (("--db", "mysql://a/b", "assets", "list"), ("postgresql",)),
    ],
)
def test_misuse_is_one_line_with_what_is_near(desk: Desk, command: tuple[str, ...], words: tuple[str, ...]) -> None:
    before = content(desk.folder / "assetctl.db")
    refused(desk.call(*command), Exit.USAGE, *words)
    assert content(desk.folder / "assetctl.db") == before


def test_an_error_in_json_leaves_stdout_empty(desk: Desk) -> None:
    said = desk.call("--format", "json", "assets", "show", "none")
    refused(said, Exit.USAGE, "none")
    assert said.out == ""


def test_device_text_in_an_error_cannot_drive_the_terminal(desk: Desk) -> None:
    said = desk.call("assets", "show", "\x1b[2Jx")
    refused(said, Exit.USAGE, "\\x1b[2Jx")
    assert "\x1b" not in said.err


def test_a_terminal_without_the_letters_gets_an_escape(desk: Desk) -> None:
    desk.write("list.csv", "IP address,Serial,Location\n127.61.0.3,A1,Küche ☃\n".encode())
    assert desk.call("import", "csv", "list.csv").code == 0
    run = subprocess.run(
        [sys.executable, "-m", "assetctl", "assets", "show", "127.61.0.3"],
        cwd=desk.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert b"\\u2603" in run.stdout


def test_the_limit_of_the_full_disk_tests_is_not_our_own() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY


def test_the_data_of_a_filled_database_is_what_the_tests_compare(filled: Path) -> None:
    assert "127.61.0.3" in content(filled)
    assert json.dumps("web.xml")[1:-1] in content(filled)
