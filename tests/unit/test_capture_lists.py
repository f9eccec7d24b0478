"""Laws of hearing status lists of an S7 CPU read: every tool asks in its own way, and the CPU says the same."""

from pathlib import Path

import pytest

from tests.unit.capture_writer import Wire
from tests.unit.test_capture_foreign import _read, _said

CONNECTED = "0300001611e00000001400c1020100c2020102c0010a", "0300001611d00014000100c0010ac1020100c2020102"
AGREED = "0300001902f08032010000000000080000f0000001000101e0", "0300001b02f080320300000000000800000000f0000001000100f0"
CODE, FIRMWARE = b"\0\x016ES7 512-1CK01-0AB0 \0\xc0\0\4\0\1", b"\0\7" + b" " * 20 + b"\0\xc0V\2\x09\x08"
NAME, KIND = b"\0\1station 1".ljust(34, b"\0"), b"\0\7S7 1512".ljust(34, b"\0")
LISTS = {
    "all, by index 0": ((0x0011, 0, (CODE, FIRMWARE)), (0x001C, 0, (NAME, KIND))),
    "all, by an index that says nothing": ((0x0011, 1, (CODE, FIRMWARE)), (0x001C, 1, (NAME, KIND))),
    "one by one": ((0x0111, 1, (CODE,)), (0x0111, 7, (FIRMWARE,)), (0x011C, 1, (NAME,)), (0x011C, 7, (KIND,))),
    "one by one, and twice": ((0x0111, 1, (CODE,)),) * 2 + ((0x0111, 7, (FIRMWARE,)), (0x001C, 0, (NAME, KIND))),
}
TOLD = {"order_code": "6ES7 512-1CK01-0AB0", "firmware_software_version": "2.9.8"}


def _asked(number: int, name: int, index: int) -> bytes:
    parameters, data = b"\0\1\x12\4\x11\x44\1\0", b"\xff\x09\0\4" + name.to_bytes(2) + index.to_bytes(2)
    return _unit(number, parameters, data)


def _answered(number: int, name: int, index: int, records: tuple[bytes, ...]) -> bytes:
    content = b"".join(one.to_bytes(2) for one in (name, index, len(records[0]), len(records))) + b"".join(records)
    return _unit(number, b"\0\1\x12\x08\x12\x84\1\1\0\0\0\0", b"\xff\x09" + len(content).to_bytes(2) + content)


def _unit(number: int, parameters: bytes, data: bytes) -> bytes:
    lengths = number.to_bytes(2) + len(parameters).to_bytes(2) + len(data).to_bytes(2)
    pdu = b"\x02\xf0\x80\x32\x07\0\0" + lengths + parameters + data
    return b"\3\0" + (len(pdu) + 4).to_bytes(2) + pdu


@pytest.mark.parametrize("name", LISTS)
def test_a_cpu_is_known_however_its_lists_were_read(tmp_path: Path, name: str) -> None:
    wire = Wire()
    line = wire.connection(102)
    for sent, received in (CONNECTED, AGREED):
        line.say(bytes.fromhex(sent))
        line.say(bytes.fromhex(received), from_server=True)
    for number, (kind, index, records) in enumerate(LISTS[name]):
        line.say(_asked(number, kind, index))
        line.say(_answered(number, kind, index, records), from_server=True)
    line.close()
    said = _said(_read(tmp_path, wire.packets), "s7")
    assert {key: said["", key] for key in TOLD} == TOLD
    assert (said["", "application_name"], said["", "model"]) == ("station 1", "S7 1512")


def test_records_of_unlike_length_make_no_list(tmp_path: Path) -> None:
    wire = Wire()
    line = wire.connection(102)
    for number, record in enumerate((CODE, FIRMWARE + b"\0\0")):
        line.say(_asked(number, 0x0111, number))
        line.say(_answered(number, 0x0111, number, (record,)), from_server=True)
    line.close()
    assert ("", "order_code") not in _said(_read(tmp_path, wire.packets), "s7")
