"""An SNMP agent over a table of objects: Get, GetNext, GetBulk, in a v2c community or in SNMPv3.

Sources: RFC 3416 section 4.2; RFC 1901 section 3 for the community. Objects as in protocols/snmp/objects.py.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assetctl.demo import ber, usm
from assetctl.demo.ber import Oid
from assetctl.demo.responder import Responder, Said, latin
from assetctl.errors import WireError
from assetctl.protocols.snmp import objects as o
from assetctl.wire import Reader

GET, GET_NEXT, RESPONSE, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA5
TIME_TICKS, GAUGE = 0x43, 0x42
_NO_INSTANCE, _END_OF_VIEW = b"\x81\x00", b"\x82\x00"
_V2C = 1
_MOST_BULK = 64
_UPTIME_TICKS = 123_456_700

Objects = Mapping[Oid, bytes]
Answer = Callable[[bytes], bytes]
Envelope = Callable[[bytes, Answer], Said]
"""Opens a message, has the PDU in it answered, and wraps the answer. A message it cannot open it meets with silence."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Answers PDUs. objects: encoded values by name."""

    objects: Objects
    _ordered: tuple[Oid, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ordered", tuple(sorted(self.objects)))

    def answer(self, pdu: bytes) -> bytes:
        """The response PDU. Raises WireError for what is no question."""
        r = Reader(pdu)
        tag, body = ber.take_any(r, "PDU")
        r = Reader(body)
        request_id = ber.take_integer(r, "request id")
        first, second = ber.take_integer(r, "non-repeaters"), ber.take_integer(r, "max-repetitions")
        names = _names(Reader(ber.take(r, ber.SEQUENCE, "variable bindings")))
        match tag:
            case 0xA0:
                found = [(name, self.objects.get(name, _NO_INSTANCE)) for name in names]
            case 0xA1:
                found = [self._next(name) for name in names]
            case 0xA5 if first == 0:
                found = self._bulk(names, min(second, _MOST_BULK))
            case _:
                raise WireError(f"PDU type 0x{tag:02x} is no question that this agent takes")
        varbinds = b"".join(ber.tlv(ber.SEQUENCE, ber.object_id(name) + value) for name, value in found)
        fields = ber.integer(request_id) + ber.integer(0) + ber.integer(0) + ber.tlv(ber.SEQUENCE, varbinds)
        return ber.tlv(RESPONSE, fields)

    def _bulk(self, names: list[Oid], repetitions: int) -> list[tuple[Oid, bytes]]:
        found: list[tuple[Oid, bytes]] = []
        for _ in range(repetitions):
            row = [self._next(name) for name in names]
            found += row
            names = [name for name, _ in row]
        return found

    def _next(self, name: Oid) -> tuple[Oid, bytes]:
        at = bisect_right(self._ordered, name)
        if at == len(self._ordered):
            return name, _END_OF_VIEW
        return self._ordered[at], self.objects[self._ordered[at]]


def from_table(table: Mapping[str, Any], addresses: tuple[str, ...]) -> Responder:
    """An agent as plant.toml describes it; with a user it speaks SNMPv3 alone, else v2c with one community."""
    agent = Agent(objects_of(table, addresses))
    envelope = usm.from_table(table) if "user" in table else community(latin(table["community"]))

    def respond(frame: bytes) -> Said | None:
        try:
            return envelope(frame, agent.answer)
        except WireError:
            return None

    return respond


def community(secret: bytes) -> Envelope:
    """The envelope of SNMP v2c. A wrong community is met with silence, as RFC 1157 wants it."""

    def open_message(message: bytes, answer: Answer) -> Said:
        opened = usm.in_community(message)
        if opened is None or opened[0] != secret:
            return Said(opened[1] if opened else b"")
        head = ber.integer(_V2C) + ber.tlv(ber.OCTETS, secret)
        return Said(opened[1], (ber.tlv(ber.SEQUENCE, head + answer(opened[1])),))

    return open_message


def objects_of(table: Mapping[str, Any], addresses: tuple[str, ...]) -> Objects:
    """System group, entity table, interface tables and addresses of an agent."""
    found = _system(table)
    for index, row in enumerate(table.get("entity", ()), 1):
        found |= _row(row, index, _ENTITY)
    for index, row in enumerate(table.get("interface", ()), 1):
        found |= _interface(row, index)
    for index, address in enumerate(addresses, 1):
        at = (1, 4, *map(int, address.split(".")))
        found[*o.IP_IF_INDEX, *at] = ber.integer(min(index, len(table.get("interface", ())) or 1))
        found[*o.IP_TYPE, *at] = ber.integer(1)
    return found


def _system(table: Mapping[str, Any]) -> dict[Oid, bytes]:
    found = {name: _text(table[key]) for key, name in _SYSTEM_TEXTS.items() if key in table}
    if "object_id" in table:
        found[o.SYS_OBJECT_ID] = ber.object_id(tuple(map(int, table["object_id"].split("."))))
    found[o.SYS_UP_TIME] = ber.integer(_UPTIME_TICKS, TIME_TICKS)
    found[o.SYS_SERVICES] = ber.integer(table.get("services", 72))
    found[o.IF_NUMBER] = ber.integer(len(table.get("interface", ())))
    if engine := table.get("engine_id", ""):
        found[o.ENGINE_ID] = ber.tlv(ber.OCTETS, bytes.fromhex(engine))
    return found


def _row(row: Mapping[str, Any], index: int, columns: Mapping[str, Oid]) -> dict[Oid, bytes]:
    return {(*columns[key], index): _value(value) for key, value in row.items() if key in columns}


def _interface(row: Mapping[str, Any], index: int) -> dict[Oid, bytes]:
    found = _row(row, index, _INTERFACE)
    found[*o.IF_SPEED, index] = ber.integer(row.get("speed_mbps", 100) * 1_000_000, GAUGE)
    found[*o.IF_PHYS_ADDRESS, index] = ber.tlv(ber.OCTETS, bytes.fromhex(row.get("mac", "").replace(":", "")))
    found[*o.IF_ADMIN_STATUS, index] = ber.integer(1)
    found[*o.IF_OPER_STATUS, index] = ber.integer(1 if row.get("up", True) else 2)
    return found


def _names(r: Reader) -> list[Oid]:
    names = []
    while r.left():
        names.append(ber.take_object_id(Reader(ber.take(r, ber.SEQUENCE, "variable binding"))))
    return names


def _value(value: str | int) -> bytes:
    return ber.integer(value) if isinstance(value, int) else _text(value)


def _text(text: str) -> bytes:
    return ber.tlv(ber.OCTETS, latin(text))


_SYSTEM_TEXTS = {
    "description": o.SYS_DESCR,
    "contact": o.SYS_CONTACT,
    "name": o.SYS_NAME,
    "location": o.SYS_LOCATION,
}
_ENTITY = {
    "description": o.ENT_DESCR,
    "contained_in": o.ENT_CONTAINED_IN,
    "class": o.ENT_CLASS,
    "place": o.ENT_PARENT_REL_POS,
    "hardware": o.ENT_HARDWARE_REV,
    "firmware": o.ENT_FIRMWARE_REV,
    "software": o.ENT_SOFTWARE_REV,
    "serial": o.ENT_SERIAL_NUM,
    "maker": o.ENT_MFG_NAME,
    "model": o.ENT_MODEL_NAME,
}
_INTERFACE = {"description": o.IF_DESCR, "type": o.IF_TYPE, "name": o.IF_NAME, "alias": o.IF_ALIAS}
