"""MMS, heard: who a server said it is, and the names of its domains, as a client of IEC 61850 or ICCP read them.

Clients count their calls as they like, and number the presentation context of MMS, so both are looked for where they
stand. An answer may come in several TPDUs, of which the first tells to what it answers.
Layout as in protocols/mms.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.model import Exchange, Transport
from assetctl.protocols import iso
from assetctl.protocols.mms import ber, codec, layers
from assetctl.talk import Ask, Open

_LENGTH = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x83...)"
_HEAD = re.compile(
    rb"\x01\0\x01\0\x61" + _LENGTH + rb"\x30" + _LENGTH  # give tokens, data; user data; one value of it
    + rb"(?:\x06\x02\x51\x01)?\x02\x01.\xa0" + _LENGTH  # transfer syntax where it is told; presentation context
    + rb"([\xa0-\xa2\xa4])" + _LENGTH + rb"(?:\x02|\x80)(?:\x01(.)|\x02(..)|\x03(...)|\x04(....)|\x05(.....))",
    re.DOTALL,
)  # fmt: skip
"""What stands before the service: kind of PDU, and invoke id."""
_DOMAINS = re.compile(
    rb"\xa1" + _LENGTH + rb"\xa0\x03\x80\x01\x09\xa1\x02\x80\0(?:\x82[\x01-\x40]([A-Za-z0-9_$]{1,64}))?", re.DOTALL
)
_CONNECT, _SAID_TO_CONNECT = b"\x0d", (b"\x0e", b"\x0c", b"\x19")  # SPDUs: accept, refuse, abort
_SYNTAX = bytes.fromhex("060528ca220201")  # of MMS
_REQUEST, _RESPONSE = b"\xa0", b"\xa1"
_IDENTIFY = b"\x82\0"
_CONNECTED = bytes.fromhex("0300000b 06 d0 0001 0001 00")


def _accepted() -> bytes:
    """The least with which an association is accepted; its own terms say nothing of the device."""
    external = ber.encode(0x28, ber.encode(0xA0, ber.encode(0xA9)))
    aare = ber.encode(0x61, ber.encode(0xA2, b"\x02\x01\0"), ber.encode(0xBE, external))
    value = ber.encode(0x61, ber.encode(0x30, bytes((2, 1, layers.ACSE_CONTEXT)), ber.encode(0xA0, aare)))
    presented = ber.encode(0x31, ber.encode(0xA2, value))
    return iso.encode_data(ber.encode(0x0E, ber.encode(0xC1, presented)))


@dataclass(frozen=True, slots=True)
class _Pdu:
    kind: bytes
    invoke_id: bytes
    service: bytes


def _pdu(units: Sequence[bytes]) -> _Pdu | None:
    """A confirmed request, or what answers one; None for any other unit."""
    try:
        carried = b"".join(iso.segment(unit)[0] for unit in units)
    except WireError:
        return None
    head = _HEAD.match(carried)
    if head is None:
        return None
    kind, *numbers = head.groups()
    return _Pdu(kind, next(number for number in numbers if number is not None), carried[head.end() :])


def _asked(question: bytes) -> str | None:
    """What is asked: "" for identify, "domains/" with the name to go on after; None for anything else."""
    pdu = _pdu((question,))
    if pdu is None or pdu.kind != _REQUEST:
        return None
    if pdu.service == _IDENTIFY:
        return ""
    found = _DOMAINS.fullmatch(pdu.service)
    return "domains/" + (found[1] or b"").decode("ascii") if found else None


def _carried(unit: bytes) -> bytes:
    try:
        return iso.segment(unit)[0]
    except WireError:
        return b""


def _is_associate(question: bytes) -> bool:
    carried = _carried(question)
    return carried[:1] == _CONNECT and _SYNTAX in carried


def wants(question: bytes) -> bool:
    """Whether it asks for an association, who the server is, or for its domains."""
    return _is_associate(question) or _asked(question) is not None


def belongs(question: bytes, answer: bytes) -> bool:
    """A response, an error or a reject with the invoke id of a confirmed request; what was said to an association."""
    if _is_associate(question):
        return _carried(answer)[:1] in _SAID_TO_CONNECT
    asked, told = _pdu((question,)), _pdu((answer,))
    if asked is None or told is None or asked.kind != _REQUEST or told.kind == _REQUEST:
        return False
    return int.from_bytes(asked.invoke_id) == int.from_bytes(told.invoke_id)


def kept(question: bytes, answers: tuple[bytes, ...]) -> tuple[bytes, tuple[bytes, ...]]:
    """Of what an association was asked with only that MMS is meant: it may carry a password."""
    if not _is_associate(question):
        return question, answers
    before, meant, after = _carried(question)[1:].partition(_SYNTAX)
    return iso.encode_data(_CONNECT + bytes(len(before)) + meant + bytes(len(after))), answers


def continues(answer: bytes) -> bool:
    """Whether another TPDU follows of the same unit."""
    return len(answer) > 6 and answer[5] & 0xF0 == 0xF0 and not answer[6] & 0x80


def key(question: bytes, answers: Sequence[bytes]) -> tuple[str | None, bytes]:
    """What was asked and told, without the invoke id; of associations what came of them."""
    told = _pdu(answers)
    if _is_associate(question):
        return None, _carried(answers[0])[:1]
    return _asked(question), told.kind + told.service if told else b""


def identity(question: bytes, answers: Sequence[bytes]) -> tuple[str, bytes] | None:
    """Who the server is."""
    told = _pdu(answers)
    return ("identify", told.service) if told and told.kind == _RESPONSE and _asked(question) == "" else None


@dataclass(slots=True)
class Answers:
    """What was told of itself by a server that took the association."""

    exchanges: Sequence[Exchange]
    transport: Transport

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport and bool(self.exchanges)

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        if ask.payload == layers.encode_connect():
            return (_CONNECTED,)
        if ask.payload == codec.encode_initiate():
            return self._associated()
        question, asked = _pdu((ask.payload,)), _asked(ask.payload)
        if question is None or asked is None:
            return ()
        return self._told(question, asked)

    def _associated(self) -> tuple[bytes, ...]:
        """What was said to an association, unless an answer in it shows that one was accepted."""
        if any(_pdu(one.received) for one in self.exchanges):
            return (_accepted(),)
        return next((one.received[:1] for one in self.exchanges if _is_associate(one.sent)), ())

    def _told(self, question: _Pdu, asked: str) -> tuple[bytes, ...]:
        for one in self.exchanges:
            told = _pdu(one.received)
            if told and told.kind == _RESPONSE and _asked(one.sent) == asked:
                numbered = ber.encode(0x02, question.invoke_id)
                return (layers.encode_data(ber.encode(_RESPONSE[0], numbered, told.service)),)
        return ()
