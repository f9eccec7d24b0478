"""Answers to calls into a network, heard: one datagram in which a device says all of itself to whoever called.

An engineering tool calls everybody by a broadcast or a multicast; what a device answers says as much as an answer to
the question that we put to one address, and is read as that.
Source: KNX Standard 03/08/02, 7.6 (SEARCH_RESPONSE and its extended form); protocols/ads/codec.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assetctl.model import Exchange, Transport
from assetctl.talk import Ask, Open

Plain = Callable[[bytes], bytes]
"""An answer as one to our own question; empty for any other unit."""

_KNX, _DESCRIBED = b"\x06\x10", b"\x02\x04"
_KNX_QUESTIONS, _FOUND = (b"\x02\x01", b"\x02\x03", b"\x02\x0b"), (b"\x02\x02", b"\x02\x0c")
_ADS, _INFO, _TOLD_INFO = b"\x03\x66\x14\x71", b"\x01\0\0\0", b"\x01\0\0\x80"


def wants_knx(unit: bytes) -> bool:
    """A search or the question for a description."""
    return unit[:2] == _KNX and unit[2:4] in _KNX_QUESTIONS


def plain_knx(unit: bytes) -> bytes:
    """A description, or what follows the endpoint in the answer to a search."""
    if unit[:2] != _KNX or int.from_bytes(unit[4:6]) != len(unit):
        return b""
    if unit[2:4] == _DESCRIBED:
        return unit
    blocks = unit[6 + unit[6] :] if unit[2:4] in _FOUND and len(unit) > 6 else b""
    return _KNX + _DESCRIBED + (6 + len(blocks)).to_bytes(2) + blocks if blocks else b""


def wants_ads(unit: bytes) -> bool:
    """The question for the information of a system."""
    return unit[:4] == _ADS and unit[8:12] == _INFO


def plain_ads(unit: bytes) -> bytes:
    """The information, whatever number the question had."""
    return unit[:4] + bytes(4) + unit[8:] if unit[:4] == _ADS and unit[8:12] == _TOLD_INFO else b""


@dataclass(slots=True)
class Answers:
    """What the device said first."""

    plain: Plain
    exchanges: Sequence[Exchange]
    transport: Transport

    def opened(self, step: Open) -> bool:
        return step.transport is self.transport

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        told = (self.plain(unit) for one in self.exchanges for unit in one.received)
        return tuple(unit for unit in told if unit and ask.payload)[:1]
