"""MMS PDUs, for the questions that name a server: bytes to values and back.

Source: ISO 9506-2:2003, 7 and 8 (initiate, conclude, identify, getNameList); IEC 61850-8-1:2011, 7.3.1 (the logical
devices of a server are its MMS domains).
"""

import re
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.protocols.mms import ber
from assetctl.protocols.mms.layers import Refused, encode_associate, encode_data
from assetctl.wire import Reader, decode_text

_CONFIRMED_RESPONSE, _CONFIRMED_ERROR, _UNCONFIRMED, _REJECT = 0xA1, 0xA2, 0xA3, 0xA4
_INITIATE, _INITIATE_ERROR = 0xA9, 0xAA
_CONCLUDED, _CONCLUDE_ERROR = 0x8C, 0xAD
_NAME_LIST, _IDENTIFY = 0xA1, 0xA2
_NAME = re.compile(r"[A-Za-z0-9_$]{1,64}")
MOST_NAMES = 512


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a server says it is; any text may be empty."""

    vendor: str
    model: str
    revision: str


@dataclass(frozen=True, slots=True)
class NameList:
    """One answer of getNameList. more_follows: the list goes on after the last name."""

    names: tuple[str, ...]
    more_follows: bool


@dataclass(frozen=True, slots=True)
class Other:
    """A PDU that answers nothing: a report, or the answer to another question."""


def encode_initiate() -> bytes:
    """The association request with an MMS initiate request: PDUs of 65000 octets, version 1."""
    services = bytes.fromhex("03ee1c00000408000079ef18")  # 85 bits: what an IEC 61850 client takes part in
    detail = b"\x80\x01\x01" + b"\x81\x03\x05\xf1\x00" + ber.encode(0x82, services)
    sizes = b"\x80\x03\x00\xfd\xe8" + b"\x81\x01\x05\x82\x01\x05\x83\x01\x0a"  # PDU, outstanding calls, nesting
    return encode_associate(ber.encode(0xA8, sizes, ber.encode(0xA4, detail)))


def encode_identify(*, invoke_id: int) -> bytes:
    """Who are you? invoke_id: 0 to 127."""
    return encode_data(ber.encode(0xA0, bytes((0x02, 1, invoke_id)), b"\x82\x00"))


def encode_domains(*, invoke_id: int, after: str = "") -> bytes:
    """The names of all domains, or of those after one. invoke_id: 0 to 127. after: 1 to 64 letters, digits, _ or $."""
    if after and not can_follow(after):
        raise WireError("name to go on after: letters, digits, _ and $ expected, at most 64")
    what = b"\xa0\x03\x80\x01\x09" + b"\xa1\x02\x80\x00"  # object class domain, of the whole device
    what += ber.encode(0x82, after.encode()) if after else b""
    return encode_data(ber.encode(0xA0, bytes((0x02, 1, invoke_id)), ber.encode(0xA1, what)))


def encode_conclude() -> bytes:
    """The end of the MMS association, which the other side confirms."""
    return encode_data(b"\x8b\x00")


def decode_initiate(pdu: bytes) -> Refused | None:
    """None when the association stands. Raises WireError when the PDU neither accepts nor refuses it."""
    for tag, _ in ber.elements(Reader(pdu)):
        if tag == _INITIATE:
            return None
        if tag == _INITIATE_ERROR:
            return Refused("mms")
        break
    raise WireError("MMS: an initiate response or error expected")


def decode_identity(pdu: bytes, *, invoke_id: int) -> Identity | Refused | Other:
    """The answer to identify."""
    service = _answer(pdu, invoke_id, _IDENTIFY)
    if not isinstance(service, Reader):
        return service
    texts = {tag: decode_text(content.rest()) for tag, content in ber.elements(service)}
    if not {0x80, 0x81, 0x82} <= set(texts):
        raise WireError("identify: vendor, model and revision expected")
    return Identity(texts[0x80], texts[0x81], texts[0x82])


def decode_names(pdu: bytes, *, invoke_id: int) -> NameList | Refused | Other:
    """The answer to getNameList, at most 512 names of it."""
    service = _answer(pdu, invoke_id, _NAME_LIST)
    if not isinstance(service, Reader):
        return service
    names: list[str] = []
    more = True  # by default, ISO 9506-2, 8.2.1
    for tag, content in ber.elements(service):
        if tag == 0xA0:
            names += [decode_text(name.rest()) for kind, name in ber.elements(content) if kind == 0x1A]
        elif tag == 0x81:
            more = content.u8("more follows") != 0
    return NameList(tuple(names[:MOST_NAMES]), more)


def decode_conclude(pdu: bytes) -> bool | Refused | Other:
    """True when the end of the association is confirmed."""
    if pdu[:1] == bytes((_CONCLUDED,)):
        return True
    return Refused("mms") if pdu[:1] in (bytes((_CONCLUDE_ERROR,)), bytes((_REJECT,))) else Other()


def can_follow(name: str) -> bool:
    """Whether a name may stand in a question for what follows it."""
    return bool(_NAME.fullmatch(name))


def _answer(pdu: bytes, invoke_id: int, service: int) -> Reader | Refused | Other:
    """The content of a confirmed response of one service to one question."""
    tag, content = next(ber.elements(Reader(pdu)), (0, Reader(b"")))
    if tag == _UNCONFIRMED:
        return Other()
    if tag not in (_CONFIRMED_RESPONSE, _CONFIRMED_ERROR, _REJECT):
        raise WireError(f"MMS: a response, an error or a reject expected, 0x{tag:02x} found")
    is_response = tag == _CONFIRMED_RESPONSE
    parts = list(ber.elements(content))
    told = next((part for kind, part in parts if kind == (0x02 if is_response else 0x80)), None)
    if told is not None and ber.number(told, "invoke id") != invoke_id:
        return Other()
    if not is_response:
        return Refused("mms")
    found = next((part for kind, part in parts if kind == service), None)
    if told is None or found is None:
        raise WireError(f"MMS: invoke id and service 0x{service:02x} expected")
    return found
