"""HART-IP beside hartip-py and Wireshark: the same bytes are asked, and the same answers are read alike.

There is no foreign server that can be installed; the answers are those of the captures.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import assetctl.protocols.hartip as hartip
from tests.contracts.captures import Capture, load

pytestmark = pytest.mark.live

CAPTURES = Path(hartip.__file__).parent / "captures"
READER = """
import json, sys
from hartip.device import parse_cmd0, parse_cmd13, parse_cmd20
from hartip.protocol import build_request, build_session_close, build_session_init, parse_response
units = json.load(sys.stdin)
data = {name: parse_response(bytes.fromhex(unit))["pdu"].data[2:] for name, unit in units.items()}
found, tag = parse_cmd0(data["read-unique-identifier"]), parse_cmd13(data["read-tag-descriptor-date"])
address = bytes((0x80 | found.expanded_device_type >> 8 & 0x3F, found.expanded_device_type & 0xFF))
address += found.device_id.to_bytes(3, "big")
asked = {
    "session-close": build_session_close(0x1200),
    "session-initiate": build_session_init(0x1201, inactivity_timer=30000),
    "read-unique-identifier": build_request(0x1202, 0x02, b"\\x80", 0),
    "read-long-tag": build_request(0x1203, 0x82, address, 20),
    "read-tag-descriptor-date": build_request(0x1204, 0x82, address, 13),
    "read-io-system-capabilities": build_request(0x1205, 0x82, address, 74),
    "read-sub-device-identity-summary": build_request(0x1206, 0x82, address, 84, b"\\0\\1"),
}
print(json.dumps({
    "asked": {name: unit.hex() for name, unit in asked.items()},
    "device_id": f"{found.device_id:06X}", "device_type": f"{found.expanded_device_type:04X}",
    "maker": found.manufacturer_id_16bit, "revision": found.hart_revision, "software": str(found.software_revision),
    "hardware": str(found.hardware_revision), "device_revision": found.device_revision,
    "long_tag": parse_cmd20(data["read-long-tag"]), "tag": tag["tag"], "descriptor": tag["descriptor"],
}))
"""


@pytest.fixture(scope="module")
def capture() -> Capture:
    return load(hartip.PROTOCOL, CAPTURES / "sub_devices.toml")


def _value(capture: Capture, key: str) -> object:
    return next(claim.value for claim in capture.claims if claim.key == key and not claim.part)


def test_hartip_py_asks_the_same_and_reads_the_same(capture: Capture) -> None:
    pytest.importorskip("hartip")
    answers = {name: reply.frames[0].hex() for name, _, reply in reversed(capture.recording) if reply.frames}
    del answers["session-initiate"], answers["read-sub-device-identity-summary"]
    said = subprocess.run(
        [sys.executable, "-c", READER],
        input=json.dumps(answers),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    other = json.loads(said.stdout)
    ours = {name: unit.hex() for name, unit, _ in reversed(capture.recording) if unit}
    ours["session-close"] = hartip.codec.encode_close(sequence=0x1200).hex()
    assert other.pop("asked") == ours
    keys = {
        "device_id": "hart_device_id",
        "device_type": "hart_device_type",
        "maker": "hart_manufacturer_id",
        "revision": "hart_revision",
        "software": "firmware_software_version",
        "hardware": "hardware_version",
        "device_revision": "hart_device_revision",
        "long_tag": "hart_long_tag",
        "tag": "hart_tag",
        "descriptor": "description",
    }
    assert other == {name: _value(capture, key) for name, key in keys.items()}


def test_wireshark_finds_nothing_malformed_and_the_same_device(capture: Capture, tmp_path: Path) -> None:
    if shutil.which("tshark") is None or shutil.which("text2pcap") is None:
        pytest.skip("tshark is not installed")
    units = [unit for _, unit, reply in capture.recording for unit in (unit, *reply.frames) if unit]
    lines = ["".join(f"{at:06x} {unit[at : at + 16].hex(' ')}\n" for at in range(0, len(unit), 16)) for unit in units]
    (tmp_path / "units.txt").write_text("\n".join(lines))
    file = str(tmp_path / "units.pcap")
    subprocess.run(["text2pcap", "-q", "-u", "40000,5094", str(tmp_path / "units.txt"), file], check=True, timeout=60)
    fields = ["hart_ip.pt.command", "hart_ip.pt.rsp.device_id", "hart_ip.pt.rsp.manufacturer_Id", "_ws.malformed"]
    command = ["tshark", "-r", file, "-T", "fields", *(word for field in fields for word in ("-e", field))]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    rows = [line.split("\t") for line in said.splitlines()]
    assert len(rows) == len(units)
    assert not any(row[3] for row in rows)
    assert {row[0] for row in rows} >= {"0", "13", "20", "74", "84"}
    told = next(row for row in rows if row[1])
    assert told[1].replace(":", "").upper() == _value(capture, "hart_device_id")
    assert told[2] == str(_value(capture, "hart_manufacturer_id"))
