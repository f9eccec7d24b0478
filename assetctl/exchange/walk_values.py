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
_QUOTED_OCTETS = re.compile(r'"(?:[0-9A-Fa-f]{2} \s?)+"\Z')
_DURATION = re.compile(r"(\d{1,5}):(\d{1,2}):(\d{2}):(\d{2})\.(\d{2})\Z")  # days to hundredths of a second
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}\Z")
_ESCAPED = re.compile(r'\\(["\\])')
_UNSIGNED = {
    "Counter32": codec.COUNTER32,
    "Gauge32": codec.GAUGE32,
    "Unsigned32": codec.GAUGE32,
    "Counter64": codec.COUNTER64,
}
_TYPES = frozenset(
    {"OID", "INTEGER", "STRING", "BITS", "Hex-STRING", "Network Address", "OPAQUE", "Timeticks", "IpAddress"}
    | {*_UNSIGNED, "Opaque", "UInteger32", "NsapAddress", "Counter32", "Float"}
)
MOST_DIGITS = 20  # of 64 bits
NOTHING = ("No Such Object", "No Such Instance", "No more variables left")
_WRONG = re.compile(r"Wrong Type \([^)]{0,80}\): ")


_Names = Callable[[str], tuple[int, ...] | None]


def of_net_snmp(text: str, *, is_mac: bool, is_text: bool, oid_of: _Names) -> bytes | None:
    """The value behind the name, None where there is none. Raises ValueError for what is no value.

    is_mac: the object is a hardware address, which a display hint may have spelled. is_text: it is a text, also where
    its type is not told. oid_of: reads a name.
    """
    text = _WRONG.sub("", text.strip(), count=1)
    if text.startswith(NOTHING) or text == "NULL":
        return None
    if text == '""':
        return tlv(codec.OCTET_STRING, b"")
    kind, colon, rest = text.partition(":")
    rest = rest.strip()
    if not colon or kind not in _TYPES:
        return _untyped(text, is_mac=is_mac, is_text=is_text, oid_of=oid_of)
    if kind == "OID":
        found = oid_of(rest)
        return tlv(codec.OBJECT_ID, codec.encode_oid(found)) if found else None
    return _typed(kind, rest, is_mac=is_mac)


def _untyped(text: str, *, is_mac: bool, is_text: bool, oid_of: _Names) -> bytes:
    """A value whose type is left out (-Oq, -OQ, -Ot): what it looks like. Texts are in quotes unless a MIB was loaded.

    A number is an integer, for which a count stands as well.
    """
    if _QUOTED_OCTETS.match(text):
        return tlv(codec.OCTET_STRING, bytes.fromhex(text.strip('"')))
    if text.startswith('"') or is_text or (is_mac and _HINTED.match(text)):
        return _string(text, is_mac=is_mac)
    if text.isascii() and text.removeprefix("-").isdigit():
        return _any_number(text)
    if ticks := _DURATION.match(text):
        days, hours, minutes, seconds, hundredths = map(int, ticks.groups())
        passed = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return integer(_below(passed * 100 + hundredths, 2**32), codec.TIME_TICKS)
    if _DOTTED.match(text):
        return tlv(codec.IP_ADDRESS, IPv4Address(text).packed)
    found = oid_of(text) if text.startswith((".", "iso.", "ccitt.")) or "::" in text else None
    if found is None:
        raise ValueError("a value in the words of snmpwalk is expected, such as STRING: or a number")
    return tlv(codec.OBJECT_ID, codec.encode_oid(found))


def _any_number(text: str) -> bytes:
    if len(text) > MOST_DIGITS:
        raise ValueError("a number of at most 64 bits is expected")
    number = int(text)
    if -(2**31) <= number < 2**31:
        return integer(number, codec.INTEGER)
    return integer(_below(number, 2**64), codec.GAUGE32 if number < 2**32 else codec.COUNTER64)


def _below(number: int, limit: int) -> int:
    if not 0 <= number < limit:
        raise ValueError(f"a number from 0 to {limit - 1} is expected")
    return number


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
    if is_mac and "." in text:  # option -Oa prints a full stop for every byte that is no letter
        raise ValueError("a hardware address in hexadecimal is expected")
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
