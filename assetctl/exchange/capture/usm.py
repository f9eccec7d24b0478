"""The head of an SNMPv3 message: the engine that answers, in the clear before anything that is sealed.

Whose keys were used is not read: user, signature and everything behind them stay in the capture. An engine is told by
messages that its agent sent; the managers' own engines are not.
Source: RFC 3412, 6; RFC 3414, 2.4.
"""

from collections.abc import Sequence

from assetctl.errors import WireError
from assetctl.model import Claim, Exchange, SubjectKind
from assetctl.protocols.snmp.claims import MOST_ENGINE_ID
from assetctl.wire import Reader

LABEL = "snmp-v3"
_LEAST_ENGINE_ID = 5
_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04
_VERSION, _USER_BASED = 3, 3
_MOST_BOOTS = 2**31 - 1


def head(message: bytes) -> bytes:
    """Engine id and boots as a sequence of their own; empty where this is no SNMPv3 message with an engine."""
    try:
        whole = Reader(_field(Reader(message), _SEQUENCE))
        if _number(whole) != _VERSION:
            return b""
        settings = Reader(_field(whole, _SEQUENCE))
        for kind in (_INTEGER, _INTEGER, _OCTETS):
            _field(settings, kind)
        if _number(settings) != _USER_BASED:
            return b""
        security = Reader(_field(Reader(_field(whole, _OCTETS)), _SEQUENCE))
        engine, boots = _field(security, _OCTETS), _field(security, _INTEGER)
    except WireError:
        return b""
    if not _LEAST_ENGINE_ID <= len(engine) <= MOST_ENGINE_ID or len(boots) > 5:
        return b""
    body = bytes((_OCTETS, len(engine))) + engine + bytes((_INTEGER, len(boots))) + boots
    return bytes((_SEQUENCE, len(body))) + body


def is_head(unit: bytes) -> bool:
    """Whether a unit is such a head, and no PDU."""
    return unit[:1] == bytes((_SEQUENCE,))


def engine_of(unit: bytes) -> bytes:
    """The engine id of a head."""
    return _field(Reader(_field(Reader(unit), _SEQUENCE)), _OCTETS)


def claims(exchanges: Sequence[Exchange], port: int) -> tuple[Claim, ...]:
    """The engine, where all messages name one and the same."""
    heads = [unit for one in exchanges for unit in one.received if is_head(unit)]
    if not heads:
        return ()
    service = SubjectKind.SERVICE, f"udp/{port}"
    found = (Claim("service_name", "snmp", *service), Claim("service_source", "probed", *service))
    engines = {engine_of(unit) for unit in heads}
    if len(engines) > 1:
        return found
    boots = {one for one in map(_boots, heads) if 0 < one < _MOST_BOOTS}
    told = (Claim("snmp_engine_boots", max(boots)),) if boots else ()
    return (*found, Claim("snmp_engine_id", engines.pop().hex()), *told)


def _boots(unit: bytes) -> int:
    r = Reader(_field(Reader(unit), _SEQUENCE))
    _field(r, _OCTETS)
    return _number(r)


def _field(r: Reader, kind: int) -> bytes:
    """The content of a field of the one type that is allowed there."""
    r.expect(bytes((kind,)), "type")
    first = r.u8("length")
    if first > 0x84 or first == 0x80:
        raise WireError(f"length: 0x{first:02x} found")
    return r.take(first if first < 0x80 else int.from_bytes(r.take(first & 0x7F, "length")), "field")


def _number(r: Reader) -> int:
    return int.from_bytes(_field(r, _INTEGER), signed=True)
