"""Law of hearing UMAS: a CPU is known by what it told its engineering tool, which asks for nothing but that."""

from pathlib import Path

import pytest

from tests.unit.capture_writer import Wire
from tests.unit.test_capture_foreign import _read, _said
from tests.unit.test_capture_talks import RECORDED

NAMES = ("model", "order_code", "firmware_software_version", "manufacturer", "umas_hardware_id")


def _recorded() -> tuple[bytes, bytes, dict[str, object]]:
    """Question and answer of the identity, and what a scan claims of them."""
    capture = next(one for name, one in RECORDED.items() if name.startswith("umas-") and len(one.claims) > 4)
    row = next(row for row in capture.recording if row[1][7:8] == b"\x5a")
    return row[1], row[2].frames[0], {one.key: one.value for one in capture.claims if one.key in NAMES}


@pytest.mark.parametrize("unit_id", [0, 1, 255])
@pytest.mark.parametrize("session", [0, 0x3F])
def test_a_cpu_is_known_without_function_43(tmp_path: Path, unit_id: int, session: int) -> None:
    asked, told, claims = _recorded()
    wire = Wire()
    line = wire.connection(502)
    line.say(b"\0\7" + asked[2:6] + bytes((unit_id, 0x5A, session, 2)))
    line.say(b"\0\7" + told[2:6] + bytes((unit_id, 0x5A, session)) + told[9:], from_server=True)
    line.close()
    said = _said(_read(tmp_path, wire.packets), "umas")
    assert {key: said["", key] for key in claims} == claims


def test_a_refusal_names_nothing(tmp_path: Path) -> None:
    asked, told, _ = _recorded()
    wire = Wire()
    line = wire.connection(502)
    line.say(asked)
    line.say(told[:4] + b"\0\x05" + told[6:9] + b"\xfd\0", from_server=True)
    line.close()
    said = _said(_read(tmp_path, wire.packets), "umas")
    assert not {("", key) for key in NAMES} & set(said)


def _told(unit_id: int, content: bytes) -> bytes:
    return b"\0\7\0\0" + (len(content) + 3).to_bytes(2) + bytes((unit_id, 0x5A, 0)) + content


@pytest.mark.parametrize("own", [0, 255])
def test_a_cpu_behind_another_is_not_the_one_in_front(tmp_path: Path, own: int) -> None:
    asked, told, claims = _recorded()
    behind = told[9:].replace(b"BMX P34", b"BMX P35")
    assert behind != told[9:]
    wire = Wire()
    line = wire.connection(502)
    for unit_id, content in ((3, behind), (4, told[9:]), (own, b"\xfd\0"), (own, told[9:])):
        line.say(b"\0\7" + asked[2:6] + bytes((unit_id, 0x5A, 0, 2)))
        line.say(_told(unit_id, content), from_server=True)
    line.close()
    said = _said(_read(tmp_path, wire.packets), "umas")
    assert {key: said["", key] for key in claims} == claims


def test_of_several_cpus_behind_a_gateway_none_is_the_gateway(tmp_path: Path) -> None:
    asked, told, _ = _recorded()
    wire = Wire()
    line = wire.connection(502)
    for unit_id in (3, 4):
        line.say(b"\0\7" + asked[2:6] + bytes((unit_id, 0x5A, 0, 2)))
        line.say(_told(unit_id, told[9:]), from_server=True)
    line.close()
    said = _said(_read(tmp_path, wire.packets), "umas")
    assert not {("", key) for key in NAMES} & set(said)
