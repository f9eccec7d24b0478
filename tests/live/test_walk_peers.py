"""What net-snmp's snmpwalk prints of a recorded device says the same as the recording itself."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from assetctl.exchange.walk import claims
from assetctl.exchange.walk_file import read_walk
from tests.live.snmp_agents import HOST, SNMPSIM, snmpsim

SNMPWALK = shutil.which("snmpbulkwalk")
APC = "snmpsim_data/data/UPS/apc-8932.snmprec"
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
    walked = tmp_path / "device.walk"
    with snmpsim(tmp_path, {"plantread": text}) as port, walked.open("wb") as out:
        assert SNMPWALK is not None
        for start in (".1.3.6.1.2.1.1", ".1.3.6.1.2.1.2", ".1.3.6.1.2.1.4", ".1.3.6.1.2.1.33", ".1.3.6.1.4.1.318.1.1"):
            command = [SNMPWALK, "-v2c", "-c", "plantread", "-On", "-m", "", f"{HOST}:{port}", start]
            subprocess.run(command, stdout=out, check=True, timeout=60)
    recorded, printed = claims(read_walk(tmp_path / "device.snmprec")), claims(read_walk(walked))
    volatile = {"sys_uptime_s"}
    assert {one for one in printed if one.key not in volatile} == {one for one in recorded if one.key not in volatile}
    assert {one.key for one in printed} >= {"model", "serial_number", "mac_address"}
