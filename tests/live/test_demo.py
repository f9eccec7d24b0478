"""The whole demo once: what reached the plant, what the inventory says, what the outputs do with hostile texts."""

import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from openpyxl import load_workbook

from assetctl.cli.app import App
from assetctl.cli.demo import Steps, in_folder, run
from assetctl.cli.demo_account import Tale, account
from assetctl.cli.output import Output
from assetctl.demo.account import differences, received, sent
from assetctl.demo.folder import SETTINGS, prepare
from assetctl.demo.plant import Plant, running
from assetctl.demo.received import Ending
from assetctl.errors import Exit
from assetctl.model import Asset, Outcome, Result, Transport
from assetctl.settle import addresses, settled
from assetctl.text import visible

pytestmark = pytest.mark.live

NETWORK = f"127.{40 + os.getpid() % 180}."
MOST_S = 60.0

# Every device of the plant as the inventory must show it: cell and host of its addresses, then
# host name, maker, model, serial number, firmware, zone. None: nobody told, and nothing may be made up.
EXPECTED: dict[tuple[str, ...], tuple[str | None, ...]] = {
    ("1.1", "1.14"): ("PRESS-SW1", "Hirschmann", "MACH104-20TX-F", "942003001000000101", "08.0.05", "press-line"),
    ("1.2",): (None, "Siemens", "CPU 315-2 PN/DP", "S C-X4U421302009", "3.2.6", "press-line"),
    ("1.3",): ("WELD-PLC", "Rockwell Automation", "1769-L36ERM/A LOGIX5336ERM", "60C0FFEE", "32.011", "press-line"),
    ("1.4",): (None, "Schneider Electric", "M340 CPU", None, "v2.80", "press-line"),
    ("1.5",): (None, "Rockwell Automation", "PowerFlex 525", "60AF12C4", "5.001", "press-line"),
    ("1.6",): (None, "WAGO", "750-352", None, "01.02.10(14)", "press-line"),
    ("1.7",): (None, "Eurotherm", "3508", None, "3.1", "press-line"),
    ("1.8",): (None, None, None, None, None, "press-line"),
    ("1.9",): (None, None, None, None, None, "press-line"),
    ("1.10",): (None, None, None, None, None, "press-line"),
    ("2.1",): (None, "Siemens", "CPU 1512SP-1 PN", "S V-L9AX34122021", "2.9.4", "utilities"),
    ("2.2",): (None, None, None, None, None, "utilities"),
    ("2.3",): ("UPS-1", "Eaton", "9PX 3000i", "GF06K41022", "1.15", "utilities"),
    ("2.5",): ("UTIL-PDU1", "APC", "AP8932", "3F503A169043", "3.7.4", "utilities"),
    ("2.6",): ("LOGGER-1", "Janitza", "UMG 604", "EL-2019-00417", "2.4.1", "utilities"),
    ("2.7",): ("LOGGER-2", "Janitza", "UMG 604", "EL-2019-00417", "2.4.1", "utilities"),
    ("2.8",): ("LOGGER-3", "Janitza", "UMG 604", "EL-2019-00417", "2.4.1", "utilities"),
    ("2.9",): (None, None, None, None, None, "utilities"),
    ("9.1",): ("SCADA-SRV1", None, None, None, None, "scada"),
    ("9.2",): ("HMI-PRESS", None, None, None, None, "scada"),
    ("9.3", "9.13"): ("SCADA-SW1", "Moxa", "EDS-408A-MM-SC", None, None, "scada"),
    ("9.4",): ("SCADA-PRN1", "HP", "HP LaserJet Pro M404dn", "CNBJK00417", None, "scada"),
    ("9.10",): (None, None, None, None, None, "scada"),
    ("9.11",): (None, None, None, None, None, "scada"),
    ("9.12",): (None, None, None, None, None, "scada"),
}
HOSTILE = "2.4"
MODULES = {
    ("PRESS-SW1", "Hirschmann", "M4-FAST-SFP", "942003001000000377"),
    ("PRESS-GW1", "Eurotherm", "3216", None),
    ("PRESS-GW1", "ABB", "ACS550", None),
}
KEYS = ("hostname", "manufacturer", "model", "serial_number", "firmware_software_version")
UNREGISTERED = {("1.10",), ("2.4",), ("2.8",), ("2.9",), ("9.10",), ("9.11",), ("9.12",)}


@dataclass(frozen=True)
class Demo:
    """One finished demo. seconds: of CPU, from the first line to the last file, the plant's own included."""

    plant: Plant
    tale: Tale
    folder: Path
    seconds: float

    @property
    def ledger(self) -> Path:
        return Path(self.tale.outcomes.scan.ledger)

    @property
    def devices(self) -> dict[tuple[str, ...], Asset]:
        """Whole devices by their addresses, without the network."""
        return {hosts(asset): asset for asset in self.tale.assets if asset.parent is None}

    def subjects(self, check: str, result: Result = Result.FAIL) -> set[tuple[str, ...]]:
        """Addresses of the devices that a check says this about."""
        by_id = {asset.id: asset for asset in self.tale.assets}
        found = [f.subject for f in self.tale.checked.findings if (f.check, f.result) == (check, result)]
        return {hosts(by_id[subject]) for subject in found if subject in by_id}


def hosts(asset: Asset) -> tuple[str, ...]:
    return tuple(text.removeprefix(NETWORK) for text in addresses(asset))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder, began_s = tmp_path_factory.mktemp("demo") / "plant", process_time()
    prepare(folder, network=NETWORK, now=datetime.now(UTC))
    output = Output(verbosity=-1)
    with running((NETWORK,)) as plant:
        tale = run(in_folder(output, folder), folder, Steps(output), began_s)
    return Demo(plant, tale, folder, process_time() - began_s)


# --- what reached the plant -------------------------------------------------------------------------------------------


def test_the_plant_received_exactly_the_units_and_connections_of_the_ledger(demo: Demo) -> None:
    ours, theirs = sent(demo.ledger, demo.plant), received(demo.plant)
    assert list(differences(demo.ledger, demo.plant)) == []
    assert sum(units.total() for units in theirs.units.values()) > 100
    assert sum(theirs.connections.values()) > 20
    assert ours.units.keys() == theirs.units.keys()


def test_nothing_that_arrived_was_anything_but_a_unit_of_its_port(demo: Demo) -> None:
    assert {name: one.rubbish for name, one in demo.plant.received.items() if one.rubbish} == {}


def test_every_device_was_asked_over_one_connection_at_a_time_and_each_ended_with_a_fin(demo: Demo) -> None:
    for one in demo.plant.received.values():
        assert one.most_at_once <= 1, one.device
        assert {connection.ending for connection in one.connections} <= {Ending.FIN}, one.device


def test_the_fragile_device_was_not_harmed_and_told_who_it_is(demo: Demo) -> None:
    fragile = demo.plant.received["FEEDER-OLD"]
    assert demo.plant.harmed == ()
    assert fragile.units
    assert fragile.highest_per_s <= 3


def test_the_late_and_the_mute_device_cost_only_themselves(demo: Demo) -> None:
    silent = {
        step.target.ip.exploded.removeprefix(NETWORK)
        for step in observations(demo)
        if step.outcome is Outcome.SILENT and step.transport is Transport.TCP and step.target is not None
    }
    assert silent == {"1.10", "2.2"}
    assert demo.tale.outcomes.code is Exit.DONE


def test_it_costs_little(demo: Demo) -> None:
    assert demo.seconds < MOST_S


def observations(demo: Demo) -> tuple[Any, ...]:
    with App(Output(verbosity=-1), demo.folder / SETTINGS).store() as store:
        return tuple(store.observations(scan=demo.tale.outcomes.scan.id))


# --- the inventory ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", EXPECTED, ids="+".join)
def test_each_device_is_in_the_inventory_as_it_is(demo: Demo, where: tuple[str, ...]) -> None:
    held = settled(demo.devices[where])
    found = tuple(str(held[key].value) if key in held and held[key].source.kind != "declared" else None for key in KEYS)
    assert (*found, demo.devices[where].zone) == EXPECTED[where]


def test_there_is_no_device_that_is_not_there(demo: Demo) -> None:
    assert demo.devices.keys() == {*EXPECTED, (HOSTILE,)}


def test_modules_and_units_hang_under_their_device(demo: Demo) -> None:
    positions = {asset.id: asset.position for asset in demo.tale.assets}
    keys = ("manufacturer", "model", "serial_number")
    parts = [asset for asset in demo.tale.assets if asset.parent is not None]
    told = {
        (positions[asset.parent or ""], *(str(settled(asset)[k].value) if k in settled(asset) else None for k in keys))
        for asset in parts
    }
    assert told == MODULES
    assert len(parts) == len(MODULES)


@pytest.mark.parametrize(
    ("where", "key", "readers"),
    [
        (("1.1", "1.14"), "serial_number", {"snmp"}),
        (("1.3",), "serial_number", {"enip", "snmp"}),
        (("9.3", "9.13"), "snmp_engine_id", {"snmp"}),
    ],
)
def test_what_was_seen_twice_is_one_device_and_says_by_which_key(
    demo: Demo, where: tuple[str, ...], key: str, readers: set[str]
) -> None:
    asset = demo.devices[where]
    steps = [step for join in asset.joins if join.key == key for step in join.observations]
    assert {step.rpartition("/")[2].partition("@")[0] or step for step in steps}
    assert {name for name in readers if any(f"/{name}@" in step for step in steps)} == readers
    assert len(steps) >= 2


# --- the verdicts -----------------------------------------------------------------------------------------------------


def test_the_checks_find_what_was_planted_and_nobody_else(demo: Demo) -> None:
    assert demo.subjects("INV-001") == UNREGISTERED
    assert demo.subjects("INV-008") == {("2.6",), ("2.7",), ("2.8",)}
    assert demo.subjects("SVC-002") == {("9.10",)}
    assert demo.subjects("SVC-003") == {("9.10",)}
    assert demo.subjects("AUT-001") == {("9.10",)}
    assert demo.subjects("TLS-001") == demo.subjects("TLS-003") == demo.subjects("TLS-005") == {("9.11",)}
    assert demo.subjects("SSH-002") == demo.subjects("SSH-003") == {("9.12",)}
    assert not [f for f in demo.tale.checked.findings if f.result is Result.ERROR]


def test_snmp_in_clear_text_is_a_finding_and_snmpv3_is_none(demo: Demo) -> None:
    assert ("2.3",) not in demo.subjects("SNM-001")
    assert ("9.1",) in demo.subjects("SNM-001")


def test_the_summary_counts_what_happened(demo: Demo) -> None:
    told = account(demo.tale, demo.plant)
    assert told["devices"] == len(EXPECTED) + 1
    assert told["harmed"] == []
    assert told["ledger_differences"] == []
    assert told["most_connections_at_once"] == 1
    assert told["results"]["fail"] == sum(told["findings"].values())
    assert told["units_sent"] >= 400


# --- hostile texts ----------------------------------------------------------------------------------------------------


def environment(**more: str) -> dict[str, str]:
    """That of the test without what would steer the program."""
    return {name: value for name, value in os.environ.items() if name != "CI" and "ASSETCTL" not in name} | more


def assetctl(*arguments: str, cwd: Path | None = None, **more: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "assetctl", *arguments]
    return subprocess.run(command, capture_output=True, cwd=cwd, env=environment(**more), timeout=120, check=False)


def hidden(text: str) -> set[str]:
    """Characters that steer a terminal or hide: controls, format characters, line and paragraph separators."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_no_output_of_the_list_holds_a_raw_control(demo: Demo, form: str) -> None:
    done = assetctl("--config", str(demo.folder / SETTINGS), "--format", form, "assets", "list")
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode("utf-8")
    assert hidden(text) == set()
    assert "calc" in text, "the attack itself must be there to be seen"


def test_no_cell_of_the_csv_is_a_formula(demo: Demo) -> None:
    done = assetctl("--config", str(demo.folder / SETTINGS), "--format", "csv", "assets", "list")
    cells = [cell for row in csv.reader(io.StringIO(done.stdout.decode("utf-8"))) for cell in row]
    assert any("calc" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_the_json_gives_the_texts_back_as_they_were(demo: Demo) -> None:
    done = assetctl("--config", str(demo.folder / SETTINGS), "--format", "json", "assets", "list")
    records = json.loads(done.stdout)["data"]
    hostile = next(record for record in records if record["ip_address"] == [f"{NETWORK}{HOSTILE}"])
    assert hostile["hostname"] == "[link=file:///etc/passwd]+1+1[/link]"
    assert hostile["firmware_software_version"] == "\u001b[31m[red]x[/foo]\u001b]0;owned\u0007"


def test_the_checks_were_run_with_the_files_that_the_page_shows(demo: Demo) -> None:
    assert "the checks were run with" not in (demo.folder / "report.html").read_text("utf-8")


def test_the_page_holds_the_attacks_as_text_alone(demo: Demo) -> None:
    page = (demo.folder / "report.html").read_text("utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert not re.search(r"<[^>]+\son(error|mouseover)=", page)
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "{{ 7*7 }}" in page
    assert not {c for c in hidden(page) if c not in "\t"}


def test_no_cell_of_the_workbook_is_a_formula(demo: Demo) -> None:
    book = load_workbook(demo.folder / "report.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert any("calc" in str(cell.value) for cell in cells)
    assert not [cell.value for cell in cells if hidden(str(cell.value))]


# --- what comes after -------------------------------------------------------------------------------------------------


def test_the_golden_files_agree_with_the_inventory_they_were_written_from(demo: Demo) -> None:
    files = sorted((demo.folder / "golden").iterdir())
    assert [path.stem for path in files] == ["press-line", "scada", "utilities"]
    done = assetctl("--config", str(demo.folder / SETTINGS), "golden", "verify", *map(str, files))
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_the_evidence_verifies_with_the_head_and_count_of_the_ticket(demo: Demo) -> None:
    scan = demo.tale.outcomes.scan
    config = ("--config", str(demo.folder / SETTINGS))
    done = assetctl(*config, "evidence", "verify", "--scan", scan.id, "--head", scan.head, "--count", str(scan.count))
    assert done.returncode == 0, done.stderr.decode()


def test_the_command_ends_with_0_and_its_data_stands_alone_on_stdout(tmp_path: Path) -> None:
    elsewhere = tmp_path / "plant.db"
    done = assetctl(
        *("--format", "json", "demo", "--dir", "try"), cwd=tmp_path, ASSETCTL_DATABASE_URL=f"sqlite:///{elsewhere}"
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["schema"] == "assetctl/demo/1"
    assert told["data"]["harmed"] == []
    assert (tmp_path / "try" / "report.html").exists()
    assert not elsewhere.exists(), "the demo writes into its own database alone"
    lines = done.stderr.decode().splitlines()
    assert any(line.startswith("next: assetctl") for line in lines)
    assert all(line == visible(line) for line in lines)


def test_a_folder_of_somebody_else_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("mine")
    done = assetctl("demo", "--dir", "mine", cwd=tmp_path)
    assert done.returncode == Exit.USAGE
    assert done.stderr.decode().count("\n") == 1
    assert "choose another" in done.stderr.decode()


def test_a_served_plant_answers_until_ctrl_c(tmp_path: Path) -> None:
    code = "import signal; signal.signal(2, signal.default_int_handler); from assetctl.cli.main import main; main()"
    command = [sys.executable, "-c", code, "demo", "--dir", "try", "--serve"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        lines: list[str] = []
        while not lines or "stays up" not in lines[-1]:
            lines.append(process.stderr.readline().decode())
            assert lines[-1], "".join(lines)
        network = re.search(r"127\.\d+\.", lines[0])
        assert network is not None
        socket.create_connection((f"{network[0]}1.4", 5502), 5).close()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read().decode()
        assert process.wait(20) == 0
    assert "Traceback" not in rest
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((f"{network[0]}1.4", 5502), 5)
