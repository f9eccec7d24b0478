"""S7 communication, heard: the system status lists that an engineering station, a panel or a scanner read.

A list may come in several data units; each but the first is asked for by a number only, so they are put together by
their order. Of a list of all records the index says nothing, and tools write there what they like; where its records
were read one by one, they make the list. A list that was not read is answered as a CPU answers that does not have it.
Layout as in protocols/s7/codec.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assetctl.errors import WireError
from assetctl.model import Claim, Exchange, Transport
from assetctl.protocol import Context
from assetctl.protocols import iso
from assetctl.protocols.s7 import codec, probe
from assetctl.talk import Ask, Open

_CONFIRM = bytes.fromhex("0300000b 06 d0 0001 0001 00")
_DISCONNECT = bytes.fromhex("0300000b 06 80 0001 0001 00")
_REFUSAL = bytes.fromhex("0300 0021 02f080 3207 0000 0000 000c 0004 000112 0812 8401 00 00 00 d401 0a000000")
_REFERENCE = slice(11, 13)
_ANSWER = bytes.fromhex("0001 12 08 12 84 01 00 00 00 0000")  # parameters: read SZL, the last data unit, no error
_SINGLES = {0x0011: 0x0111, 0x001C: 0x011C}  # a list of all records, and that of one of them by its index

_Frames = tuple[bytes, ...]


def _is_connect(unit: bytes, code: int) -> bool:
    return len(unit) >= 11 and unit[5] & 0xF0 == code


def _is_s7(unit: bytes) -> bool:
    return len(unit) >= 17 and unit[4:7] == b"\x02\xf0\x80" and unit[7] == 0x32


def _is_setup(unit: bytes) -> bool:
    return _is_s7(unit) and unit[8] == 1 and unit[17:18] == b"\xf0"


def _is_list(unit: bytes) -> bool:
    """A question of CPU functions, read SZL, first or next."""
    return _is_s7(unit) and unit[8] == 7 and unit[17:20] == b"\0\x01\x12" and unit[22:24] == b"\x44\x01"


def wants(question: bytes) -> bool:
    """Whether it connects, agrees on sizes, or reads a status list."""
    return _is_connect(question, 0xE0) or _is_setup(question) or _is_list(question)


def belongs(question: bytes, answer: bytes) -> bool:
    """A confirmation or refusal of a connection, or a PDU with the reference of the question."""
    if _is_connect(question, 0xE0):
        return _is_connect(answer, 0xD0) or _is_connect(answer, 0x80)
    return _is_s7(question) and answer[7:8] == b"\x32" and question[_REFERENCE] == answer[_REFERENCE]


def continues(answer: bytes) -> bool:
    """Whether another TPDU follows of the same PDU."""
    return len(answer) > 6 and answer[5] & 0xF0 == 0xF0 and not answer[6] & 0x80


def key(question: bytes, answers: Sequence[bytes]) -> tuple[bytes, ...]:
    """Question and answer without their references."""
    if _is_connect(question, 0xE0):
        return (question[11:],)
    first = tuple(_unnumbered(unit) for unit in answers[:1])
    return (_unnumbered(question), *first, *answers[1:])


def _unnumbered(unit: bytes, reference: bytes = b"\0\0") -> bytes:
    return unit[: _REFERENCE.start] + reference + unit[_REFERENCE.stop :]


def called(exchanges: Sequence[Exchange]) -> int | None:
    """The called TSAP of the first connection that was confirmed; None where that was not heard."""
    for one in exchanges:
        if _is_connect(one.sent, 0xE0) and any(_is_connect(unit, 0xD0) for unit in one.received):
            at = 11
            while at + 2 <= len(one.sent):
                if one.sent[at] == 0xC2 and one.sent[at + 1] == 2 and at + 4 <= len(one.sent):
                    return int.from_bytes(one.sent[at + 2 : at + 4])
                at += 2 + one.sent[at + 1]
    return None


def _slot(exchanges: Sequence[Exchange]) -> int | None:
    """The slot that a called TSAP names, where it is one that the probe tries: of rack 0."""
    tsap = called(exchanges)
    if tsap is None or tsap >> 8 not in probe.CONNECTION_TYPES.values():
        return None
    return tsap & 0xFF if tsap & 0xFF in probe.SLOTS else None


def context(plain: Context, exchanges: Sequence[Exchange], _label: str) -> Context:
    """Without a slot the modules cannot be told from the device."""
    lacking = {probe.MODULES} if _slot(exchanges) is None else set()
    return replace(plain, depth=plain.depth - lacking)


def settle(claims: tuple[Claim, ...], exchanges: Sequence[Exchange], _context: Context) -> tuple[Claim, ...]:
    """The TSAP is the one that was heard."""
    tsap = called(exchanges)
    told = (replace(one, value=f"{tsap:04x}") if one.key == "s7_tsap" and tsap is not None else one for one in claims)
    return tuple(one for one in told if one.key != "s7_tsap" or tsap is not None)


@dataclass(slots=True)
class Answers:
    """What was read, by list and data unit."""

    exchanges: Sequence[Exchange]
    transport: Transport
    _lists: dict[bytes, list[_Frames]] = field(default_factory=dict)
    _setup: _Frames = ()
    _slot: int | None = None
    _is_s7: bool = False
    _current: bytes = b""
    _unit: int = 0
    _rest: _Frames = ()

    def __post_init__(self) -> None:
        self._slot = _slot(self.exchanges)
        name, sequence = b"", b""
        for one in self.exchanges:
            if _is_setup(one.sent):
                self._setup = self._setup or one.received
            if not _is_list(one.sent) or not one.received:
                continue
            if one.sent[21] == 0x11:
                name = _name(one.sent)
                self._lists.setdefault(name, [one.received])
            elif one.sent[24:25] == sequence and name and one.received not in self._lists[name]:
                self._lists[name].append(one.received)
            sequence = one.received[0][24:25]
        self._is_s7 = bool(self._setup or self._lists)
        for whole, single in _SINGLES.items():
            read = [units[0] for name, units in self._lists.items() if name[:2] == single.to_bytes(2)]
            if whole.to_bytes(2) + bytes(2) not in self._lists and (made := _joined(whole, read)):
                self._lists[whole.to_bytes(2) + bytes(2)] = [made]

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport and bool(self.exchanges)

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        if not ask.payload:
            found, self._rest = self._rest[:1], self._rest[1:]
            return found
        reference = ask.payload[_REFERENCE]
        if _is_connect(ask.payload, 0xE0):
            is_other = self._slot is not None and ask.payload[-1] != self._slot
            return (_DISCONNECT if is_other else _CONFIRM,)
        if _is_setup(ask.payload):
            frames = self._setup or ((_agreed(ask.payload),) if self._is_s7 else ())
        elif _is_list(ask.payload):
            frames = self._read(ask.payload)
        else:
            frames = ()
        self._rest = frames[1:]
        return (_unnumbered(frames[0], reference),) if frames else ()

    def _read(self, question: bytes) -> _Frames:
        if question[21] == 0x11:
            self._current, self._unit = _name(question), 0
        else:
            self._unit += 1
        units = self._lists.get(self._current, [])
        return units[self._unit] if self._unit < len(units) else (_REFUSAL,)


def _name(question: bytes) -> bytes:
    """Id and index of the list that is asked for."""
    whole = question[-4:-2]
    return whole + bytes(2) if int.from_bytes(whole) in _SINGLES else question[-4:]


def _joined(whole: int, read: Sequence[_Frames]) -> _Frames:
    """An answer with all records that were read one by one; none where they are not alike."""
    records = [record for frames in read for record in _records(frames)]
    if len({len(record) for record in records}) != 1:
        return ()
    counts = b"".join(number.to_bytes(2) for number in (whole, 0, len(records[0]), len(records)))
    told = counts + b"".join(records)
    data = b"\xff\x09" + len(told).to_bytes(2) + told
    lengths = len(_ANSWER).to_bytes(2) + len(data).to_bytes(2)
    unit = b"\x02\xf0\x80\x32\x07" + bytes(4) + lengths + _ANSWER + data
    return (b"\x03\x00" + (len(unit) + 4).to_bytes(2) + unit,)


def _records(frames: _Frames) -> tuple[bytes, ...]:
    """The records in an answer of one unit; none in any other."""
    try:
        pdu, is_whole = iso.segment(frames[0])
        found = codec.decode_fragment(pdu, reference=int.from_bytes(frames[0][_REFERENCE]))
        if not isinstance(found, codec.Fragment) or not (found.last and is_whole):
            return ()
        return codec.decode_list(found.data, szl=(int.from_bytes(found.data[:2]), 0)).records
    except WireError:
        return ()


def _agreed(question: bytes) -> bytes:
    """The device's word to a setup that was not captured, which is that of the question."""
    return b"\x03\x00\x00\x1b\x02\xf0\x80\x32\x03" + question[9:17] + b"\0\0" + question[17:]
