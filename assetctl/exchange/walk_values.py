"""Values of a walk as net-snmp and snmpsim write them -> values as an agent sends them.

Sources: snmpcmd(1) and the output of net-snmp 5 for each type; snmpsim's description of its record files.
"""

import re
from collections.abc import Callable
from ipaddress import IPv4Address
from itertools import takewhile

from assetctl.exchange.snmp_agent import integer, tlv
from assetctl.protocols.snmp import codec

_HEX = re.compile(r"[0-9A-Fa-f]{2}(?:\s+[0-9A-Fa-f]{2})*\Z")
_OCTET = re.compile(r"[0-9A-Fa-f]{2}")
_HINTED = re.compile(r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}\Z")  # a MAC address by its display hint
_ENUMERATED = re.compile(r"[\w.-]{1,64}\((-?[0-9]{1,10})\)\Z")
_NUMBER = re.compile(r"(-?[0-9]{1,20})(?: [^\d].{0,64})?\Z")
_TICKS = re.compile(r"\(([0-9]{1,10})\)")
_ESCAPED = re.compile(r'\\(["\\])')
_UNSIGNED = {
    "Counter32": codec.COUNTER32,
    "Gauge32": codec.GAUGE32,
    "Unsigned32": codec.GAUGE32,
    "Counter64": codec.COUNTER64,
}
NOTHING = ("No Such Object", "No Such Instance", "No more variables left")
_WRONG = re.compile(r"Wrong Type \([^)]{0,80}\): ")


def of_net_snmp(text: str, *, is_mac: bool, oid_of: Callable[[str], tuple[int, ...] | None]) -> bytes | None:
    """The value behind "=", None where there is none. Raises ValueError for what is no value.

    is_mac: the object is a hardware address, which a display hint may have spelled. oid_of: reads a name.
    """
    text = _WRONG.sub("", text.strip(), count=1)
    if text.startswith(NOTHING) or text == "NULL":
        return None
    if text == '""':
        return tlv(codec.OCTET_STRING, b"")
    kind, colon, rest = text.partition(":")
    rest = rest.strip()
    if not colon and text.isascii() and text.isdigit():
        return _number(text, codec.TIME_TICKS)  # option -Ot leaves out the type of these alone
    if not colon:
        raise ValueError("a type is expected, such as STRING:")
    if kind == "OID":
        found = oid_of(rest)
        return tlv(codec.OBJECT_ID, codec.encode_oid(found)) if found else None
    return _typed(kind, rest, is_mac=is_mac)


def _typed(kind: str, rest: str, *, is_mac: bool) -> bytes:
    if kind in _UNSIGNED:
        return _number(rest, _UNSIGNED[kind])
    match kind:
        case "INTEGER":
            return _number(rest, codec.INTEGER)
        case "STRING":
            return _string(rest, is_mac=is_mac)
        case "BITS":  # the numbers or names of the bits that are set follow their bytes
            return tlv(codec.OCTET_STRING, bytes(int(part, 16) for part in takewhile(_OCTET.fullmatch, rest.split())))
        case "Hex-STRING" | "Network Address" | "OPAQUE":
            return tlv(codec.OCTET_STRING, _hexadecimal(rest.replace(":", " ")))
        case "Timeticks":
            ticks = _TICKS.search(rest)
            return _number(ticks[1] if ticks else rest, codec.TIME_TICKS)
        case "IpAddress":
            return tlv(codec.IP_ADDRESS, IPv4Address(rest).packed)
    raise ValueError(f'"{kind[:30]}" is no type')


def _number(text: str, tag: int) -> bytes:
    found = _ENUMERATED.match(text) or _NUMBER.match(text)
    if found is None:
        raise ValueError("a number is expected")
    return integer(int(found[1]), tag)


def _string(text: str, *, is_mac: bool) -> bytes:
    if is_mac and _HINTED.match(text):
        return tlv(codec.OCTET_STRING, bytes(int(part, 16) for part in text.split(":")))
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = _ESCAPED.sub(r"\1", text[1:-1])
    return tlv(codec.OCTET_STRING, text.encode("utf-8", "surrogateescape"))


def _hexadecimal(text: str) -> bytes:
    digits = text.partition("[")[0].strip()  # the text in brackets repeats what can be printed
    if digits and not _HEX.match(digits):
        raise ValueError("hexadecimal bytes are expected")
    return bytes.fromhex(digits)


def of_snmprec(tag: str, text: str) -> bytes | None:
    """The value of a line "OID|tag|value". Raises ValueError, also for values that a module makes up."""
    is_hex = tag.endswith("x")
    number = int(tag[:-1] if is_hex else tag)
    match number:
        case codec.OCTET_STRING | codec.OPAQUE:
            return tlv(number, bytes.fromhex(text) if is_hex else text.encode("utf-8", "surrogateescape"))
        case codec.IP_ADDRESS:
            raw = bytes.fromhex(text) if is_hex else text.encode("utf-8", "surrogateescape")
            return tlv(number, raw if len(raw) == 4 else IPv4Address(text).packed)
        case codec.OBJECT_ID:
            return tlv(number, codec.encode_oid(tuple(map(int, text.strip(".").split(".")))))
        case codec.INTEGER | codec.COUNTER32 | codec.GAUGE32 | codec.TIME_TICKS | codec.COUNTER64:
            return integer(int(text, 16) if is_hex else int(text), number)
        case codec.NULL:
            return None
    raise ValueError(f"type {tag[:10]} is none of SNMP")
