"""An S7 server: a connection to one slot, the agreement on the PDU size, and a few system status lists.

Layouts as in protocols/s7/codec.py and lists.py, which read them.
"""

from collections.abc import Mapping
from typing import Any

from assetctl.demo.responder import Answers, Responder, latin, plain

_CONNECT, _DATA = 0xE0, 0xF0
_JOB, _USER_DATA = 1, 7
_UNKNOWN_LIST = 0xD401  # the error of a CPU that has no such list

Szl = tuple[int, int]


def from_table(table: Mapping[str, Any]) -> Responder:
    """A CPU as plant.toml describes it: slot, order_code, hardware, firmware, texts by component, protection, state."""
    lists = {**_identity(table), **_details(table)}
    slot = int(table["slot"])
    return plain(lambda frame: _answer(frame, slot, lists))


def _identity(table: Mapping[str, Any]) -> dict[Szl, bytes]:
    code = latin(table["order_code"]).ljust(20)
    hardware = bytes((0, table.get("hardware", 1)))
    firmware = b"V" + bytes(table.get("firmware", (1, 0, 0)))
    modules = (
        b"\x00\x01" + code + b"\0\0" + hardware + b"\0\0",
        b"\x00\x06" + code + b"\0\0" + hardware + b"\0\0",
        b"\x00\x07" + b" " * 20 + b"\0\0" + firmware,
    )
    texts = table.get("texts", {})
    components = tuple(int(at).to_bytes(2) + latin(texts[at])[:32].ljust(32, b"\0") for at in sorted(texts, key=int))
    return {(0x0011, 0): _list((0x0011, 0), modules), (0x001C, 0): _list((0x001C, 0), components)}


def _details(table: Mapping[str, Any]) -> dict[Szl, bytes]:
    found: dict[Szl, bytes] = {}
    if level := table.get("protection", 0):
        record = b"\x00\x04" + bytes(4) + level.to_bytes(2) + table.get("switch", 1).to_bytes(2) + bytes(30)
        found[0x0232, 4] = _list((0x0232, 4), (record,))
    if mac := table.get("mac", ""):
        ip = bytes(map(int, table["ip"].split(".")))
        record = b"\x00\x00" + ip + bytes(8) + bytes.fromhex(mac.replace(":", "")) + bytes(40)
        found[0x0037, 0] = _list((0x0037, 0), (record,))
    if mode := table.get("mode", 0):
        found[0x0424, 0] = _list((0x0424, 0), (b"\x51\x44\xff" + bytes((0x40 | mode,)) + bytes(16),))
    return found


def _list(szl: Szl, records: tuple[bytes, ...]) -> bytes:
    head = szl[0].to_bytes(2) + szl[1].to_bytes(2) + (len(records[0]) if records else 0).to_bytes(2)
    return head + len(records).to_bytes(2) + b"".join(records)


def _answer(frame: bytes, slot: int, lists: Mapping[Szl, bytes]) -> Answers | None:
    if len(frame) < 7 or frame[:2] != b"\x03\x00":
        return None
    if frame[5] & 0xF0 == _CONNECT:
        return (_connected(frame, slot),)
    if frame[5] != _DATA or frame[7:8] != b"\x32" or len(frame) < 17:
        return None
    if frame[8] == _JOB:
        return (_agreed(frame),)
    return (_listed(frame, lists),) if frame[8] == _USER_DATA and len(frame) == 33 else None


def _connected(frame: bytes, slot: int) -> bytes:
    """A confirmation, or a disconnect request for a slot in which no CPU stands."""
    if frame[-1] & 0x1F == slot:
        return frame[:5] + b"\xd0" + frame[8:10] + b"\x00\x01" + frame[10:]
    return _tpkt(b"\x06\x80" + frame[8:10] + b"\x00\x00\x03")


def _agreed(frame: bytes) -> bytes:
    return _data(b"\x32\x03\0\0" + frame[11:13] + b"\x00\x08\x00\x00\x00\x00" + b"\xf0\x00\x00\x01\x00\x01\x01\xe0")


def _listed(frame: bytes, lists: Mapping[Szl, bytes]) -> bytes:
    szl = int.from_bytes(frame[29:31]), int.from_bytes(frame[31:33])
    content = lists.get(szl)
    error = b"\0\0" if content is not None else _UNKNOWN_LIST.to_bytes(2)
    parameters = b"\x00\x01\x12\x08\x12\x84\x01\x01\x00\x00" + error
    data = b"\xff\x09" + len(content).to_bytes(2) + content if content is not None else b"\x0a\x00\x00\x00"
    lengths = len(parameters).to_bytes(2) + len(data).to_bytes(2)
    return _data(b"\x32\x07\0\0" + frame[11:13] + lengths + parameters + data)


def _data(pdu: bytes) -> bytes:
    return _tpkt(b"\x02\xf0\x80" + pdu)


def _tpkt(tpdu: bytes) -> bytes:
    return b"\x03\x00" + (len(tpdu) + 4).to_bytes(2) + tpdu
