"""A BACnet/IP device: its device object by ReadProperty and ReadPropertyMultiple, and the I-Am to a Who-Is.

Layouts as in protocols/bacnet/codec.py, which reads them.
"""

from collections.abc import Mapping
from typing import Any

from assetctl.demo.responder import Answers, Responder, latin, plain

_WILDCARD = b"\x02\x3f\xff\xff"
_TEXTS = {"object_name": 77, "vendor_name": 121, "model": 70, "firmware": 44, "description": 28, "location": 58}
_NUMBERS = {"vendor_id": 120, "protocol_version": 98, "protocol_revision": 139}
_READ, _READ_MULTIPLE = 12, 14
_UNKNOWN_OBJECT, _UNKNOWN_PROPERTY = b"\x91\x01\x91\x1f", b"\x91\x02\x91\x20"
_UNRECOGNISED = 9
_MOST_TEXT = 1000
_LONG = 0xFE  # a length octet that says: two more of them follow (ASHRAE 135, 20.2.1.3.1)


def from_table(table: Mapping[str, Any]) -> Responder:
    """A device as plant.toml describes it: instance, texts and numbers of its object by their names above.

    single: it serves no ReadPropertyMultiple.
    """
    device = (8 << 22 | table["instance"]).to_bytes(4)
    values = {75: b"\xc4" + device, 112: b"\x91\x00"}
    values |= {number: _text(table[name]) for name, number in _TEXTS.items() if name in table}
    values |= {number: _number(table[name]) for name, number in _NUMBERS.items() if name in table}
    is_single = bool(table.get("single"))
    return plain(lambda frame: _answer(frame, device, values, is_single))


def _text(text: str) -> bytes:
    raw = b"\0" + latin(text)[:_MOST_TEXT]
    size = bytes((len(raw),)) if len(raw) < _LONG else bytes((_LONG,)) + len(raw).to_bytes(2)
    return b"\x75" + size + raw


def _number(number: int) -> bytes:
    return b"\x22" + number.to_bytes(2)


def _answer(frame: bytes, device: bytes, values: Mapping[int, bytes], is_single: bool) -> Answers | None:
    if frame[:2] != b"\x81\x0a" or frame[4:5] != b"\x01":
        return None
    if frame[6:] == b"\x10\x08":
        return (_frame(b"\x10\x00\xc4" + device + b"\x22\x05\xc4\x91\x03" + values.get(120, b"\x21\0")),)
    invoke_id, service, asked, rest = frame[8:9], frame[9:10], frame[11:15], frame[15:]
    if frame[6:7] != b"\0" or frame[10:11] != b"\x0c":
        return None
    if asked not in (device, _WILDCARD):
        return (_frame(b"\x50" + invoke_id + service + _UNKNOWN_OBJECT),)
    head = b"\x30" + invoke_id + service + b"\x0c" + device
    if service == bytes((_READ,)):
        value = values.get(int.from_bytes(rest[1:]))
        error = b"\x50" + invoke_id + service + _UNKNOWN_PROPERTY
        return (_frame(error if value is None else head + rest + b"\x3e" + value + b"\x3f"),)
    if service != bytes((_READ_MULTIPLE,)) or is_single:
        return (_frame(b"\x60" + invoke_id + bytes((_UNRECOGNISED,))),)
    return (_frame(head + b"\x1e" + b"".join(_results(rest[1:-1], values)) + b"\x1f"),)


def _results(listed: bytes, values: Mapping[int, bytes]) -> list[bytes]:
    """One result for each property identifier of the question: context tag 0 of one or two bytes."""
    results = []
    while listed:
        size = 1 + (listed[0] & 0x07)
        number, listed = listed[1:size], listed[size:]
        value = values.get(int.from_bytes(number))
        told = b"\x5e" + _UNKNOWN_PROPERTY + b"\x5f" if value is None else b"\x4e" + value + b"\x4f"
        results.append(bytes((0x28 | size - 1,)) + number + told)
    return results


def _frame(apdu: bytes) -> bytes:
    return b"\x81\x0a" + (6 + len(apdu)).to_bytes(2) + b"\x01\x00" + apdu
