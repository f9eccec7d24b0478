"""A Modbus/TCP server that knows one function: read device identification.

Source: Modbus Application Protocol V1.1b3, section 6.21, and section 7 for the exceptions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assetctl.demo.responder import Answers, Responder, latin, plain

SELF = 255
ILLEGAL_FUNCTION, GATEWAY_TARGET = 1, 0x0B
_LAST = {1: 2, 2: 0x7F, 3: 0xFF}  # last object of basic, regular, extended
_MOST_OBJECT_BYTES = 244  # what is left of a PDU of 253 bytes behind its header


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its identification objects by number, or the exception with which it answers everything."""

    objects: Mapping[int, bytes] = field(default_factory=dict)
    exception: int = 0


def from_table(table: Mapping[str, Any]) -> Responder:
    """A server as plant.toml describes it: objects by number, or exception, and units behind a gateway."""
    units = {int(number): _unit(inner) for number, inner in table.get("units", {}).items()}
    units[SELF] = _unit(table)
    return plain(lambda frame: _answer(frame, units))


def _unit(table: Mapping[str, Any]) -> Unit:
    return Unit(
        {int(number): latin(text) for number, text in table.get("objects", {}).items()}, table.get("exception", 0)
    )


def _answer(frame: bytes, units: Mapping[int, Unit]) -> Answers | None:
    if len(frame) < 8 or frame[2:4] != b"\0\0":
        return None
    unit = units.get(frame[6], Unit(exception=GATEWAY_TARGET))
    if unit.exception or frame[7:9] != b"\x2b\x0e" or len(frame) != 11:
        return (_framed(frame, bytes((frame[7] | 0x80, unit.exception or ILLEGAL_FUNCTION))),)
    return (_framed(frame, _identification(unit.objects, frame[9], frame[10])),)


def _identification(objects: Mapping[int, bytes], read_code: int, first: int) -> bytes:
    """One chunk from an object on; an unknown one begins again at the first, as the standard wants it."""
    conformity = 0x80 | (3 if max(objects, default=0) >= 0x80 else 2 if max(objects, default=0) > 2 else 1)
    numbers = sorted(number for number in objects if number <= _LAST.get(read_code, 0xFF))
    body, count, more, following = b"", 0, 0, 0
    for number in [number for number in numbers if number >= (first if first in objects else 0)]:
        piece = bytes((number, len(objects[number]))) + objects[number]
        if len(body) + len(piece) > _MOST_OBJECT_BYTES:
            more, following = 0xFF, number
            break
        body, count = body + piece, count + 1
    return bytes((0x2B, 0x0E, read_code, conformity, more, following, count)) + body


def _framed(question: bytes, pdu: bytes) -> bytes:
    return question[:4] + (len(pdu) + 1).to_bytes(2) + question[6:7] + pdu
