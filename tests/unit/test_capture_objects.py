"""Law of hearing identification objects of Modbus read: in whatever way a unit was asked, what it told is known."""

from pathlib import Path

import pytest

from tests.unit.capture_writer import Wire
from tests.unit.test_capture_foreign import _read, _said

OBJECTS = {0: b"Schneider Electric", 1: b"BMX P34 2020", 2: b"v2.5", 4: b"Modicon M340"}
TOLD = {
    "manufacturer": "Schneider Electric",
    "order_code": "BMX P34 2020",
    "firmware_software_version": "v2.5",
    "model": "Modicon M340",
}
Talk = list[tuple[int, int, tuple[int, ...]]]  # read code, first object, objects in the answer; none for a refusal


def _packets(unit_id: int, talk: Talk) -> list[bytes]:
    wire = Wire()
    line = wire.connection(502)
    for number, (code, first, told) in enumerate(talk):
        line.say(_adu(number, unit_id, bytes((0x2B, 0x0E, code, first))))
        content = b"".join(bytes((at, len(OBJECTS[at]))) + OBJECTS[at] for at in told)
        answer = bytes((0x2B, 0x0E, code, 0x82, 0, 0, len(told))) + content if told else b"\xab\2"
        line.say(_adu(number, unit_id, answer), from_server=True)
    line.close()
    return wire.packets


def _adu(number: int, unit_id: int, pdu: bytes) -> bytes:
    return number.to_bytes(2) + b"\0\0" + (len(pdu) + 1).to_bytes(2) + bytes((unit_id,)) + pdu


@pytest.mark.parametrize("unit_id", [0, 1, 255])
@pytest.mark.parametrize(
    "talk",
    [
        [(4, at, (at,)) for at in OBJECTS],
        [(3, 0, (0, 1, 2, 4))],
        [(2, 0, (0, 1, 2, 4))],
        [(1, 0, ()), *((4, at, (at,)) for at in OBJECTS)],
        [(1, 0, (0, 1, 2)), (2, 3, (4,))],
        [(1, 0, (0, 1, 2)), (4, 4, (4,))],
    ],
)
def test_a_unit_is_known_by_all_that_it_told(tmp_path: Path, unit_id: int, talk: Talk) -> None:
    said = _said(_read(tmp_path, _packets(unit_id, talk)), "modbus")
    assert {key: said.get(("", key)) for key in TOLD} == TOLD


def test_a_unit_that_refused_everything_has_told_nothing(tmp_path: Path) -> None:
    said = _said(_read(tmp_path, _packets(1, [(1, 0, ()), (4, 0, ())])), "modbus")
    assert not {("", key) for key in TOLD} & set(said)


def test_an_answer_goes_to_the_question_of_its_own_unit_where_all_have_one_number(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(502)
    line.say(_adu(0, 255, bytes.fromhex("2b0e0100")))
    for unit_id, name in ((1, b"Meter"), (2, b"Drive")):
        line.say(_adu(0, unit_id, bytes.fromhex("2b0e0100")))
        told = bytes.fromhex("2b0e0181000001") + bytes((0, len(name))) + name
        line.say(_adu(0, unit_id, told), from_server=True)
    line.close()
    said = _said(_read(tmp_path, wire.packets), "modbus")
    assert {part: value for (part, key), value in said.items() if key == "manufacturer"} == {
        "unit/1": "Meter",
        "unit/2": "Drive",
    }
