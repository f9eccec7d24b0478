"""What net-snmp's snmpwalk prints of a recorded device says the same as the recording itself."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from assetctl.exchange.walk import claims
from assetctl.exchange.walk_file import read_walk
from assetctl.model import Claim
from tests.live.snmp_agents import HOST, SNMPSIM, snmpsim

SNMPWALK = shutil.which("snmpbulkwalk")
APC = "snmpsim_data/data/UPS/apc-8932.snmprec"
OPTIONS = ("-On", "-Of", "-Oq", "-OQ", "-Ox", "-Ont", "-OfT")
STARTS = (".1.3.6.1.2.1.1", ".1.3.6.1.2.1.2", ".1.3.6.1.2.1.4", ".1.3.6.1.2.1.33", ".1.3.6.1.4.1.318.1.1")
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(SNMPWALK is None, reason="net-snmp's snmpbulkwalk is not installed"),
    pytest.mark.skipif(SNMPSIM is None or find_spec("snmpsim_data") is None, reason="snmpsim is missing"),
]


def test_a_printed_walk_says_the_same_as_the_recording(tmp_path: Path) -> None:
    spec = find_spec("snmpsim_data")
    assert spec is not None
    assert spec.origin is not None
    text = (Path(spec.origin).parent.parent / APC).read_text("latin-1")
    (tmp_path / "device.snmprec").write_text(text, "latin-1")
    with snmpsim(tmp_path, {"plantread": text}) as port:
        for option in OPTIONS:
            _walk(port, option, tmp_path / f"{option}.walk")
    recorded = _told(tmp_path / "device.snmprec")
    assert {key for key, _ in recorded} >= {"model", "serial_number", "mac_address"}
    for option in OPTIONS:
        assert _told(tmp_path / f"{option}.walk") == recorded, option


def _walk(port: int, option: str, path: Path) -> None:
    assert SNMPWALK is not None
    with path.open("wb") as out:
        for start in STARTS:
            command = [SNMPWALK, "-v2c", "-c", "plantread", option, "-m", "", f"{HOST}:{port}", start]
            subprocess.run(command, stdout=out, check=True, timeout=60)


def _told(path: Path) -> set[tuple[str, Claim]]:
    return {(one.key, one) for one in claims(read_walk(path)) if one.key != "sys_uptime_s"}
