"""What carries MMS over ISO-on-TCP: session, presentation and association control, to bytes and back.

Source: ISO 8327-1, 8.3 (SPDUs); ISO 8823-1, 8 (CP, CPA, user data);
ISO 8650-1, 9 (AARQ, AARE, RLRQ); IEC 61850-8-1, annex A (selectors are configured; 1 is what clients begin with).
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.protocols import iso
from assetctl.protocols.mms import ber
from assetctl.wire import Length, Reader

FRAMING = Length(header=4, offset=2, width=2, plus=0, most=16384)

ACSE_CONTEXT, MMS_CONTEXT = 1, 3

_GIVE_TOKENS_DATA = b"\x01\x00\x01\x00"
_ACCEPT, _REFUSE, _ABORT = 0x0E, 0x0C, 0x19
_USER_DATA, _EXTENDED_USER_DATA = 0xC1, 0xC2

_BER = bytes.fromhex("06025101")  # joint-iso-ccitt asn1 basic-encoding
_ACSE_SYNTAX = bytes.fromhex("060452010001")  # joint-iso-ccitt association-control abstractSyntax apdus version1
_MMS_SYNTAX = bytes.fromhex("060528ca220201")  # iso standard iso9506 part(2) mms-abstract-syntax-version1
_MMS_APPLICATION = bytes.fromhex("060528ca220203")  # iso standard iso9506 part(2) mms-application-context-version1
_CALLED_TITLE, _CALLING_TITLE = bytes.fromhex("06052901876701"), bytes.fromhex("060429018767")  # 1.1.1.999.1, 1.1.1.999
_QUALIFIER = bytes.fromhex("02010c")
_SELECTOR = b"\x00\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class Refused:
    """A layer said no. layer: transport, session, association or mms. code: its reason, -1 where it tells none."""

    layer: str
    code: int = -1


def encode_connect() -> bytes:
    """A transport connection request, class 0, TPDUs of 8192 octets, both TSAPs 0001."""
    return iso.encode_connect(b"\xc0\x01\x0d\xc2\x02\x00\x01\xc1\x02\x00\x01")


def encode_associate(initiate: bytes) -> bytes:
    """Session, presentation and association request around an MMS initiate request."""
    external = ber.encode(0x28, _integer(MMS_CONTEXT), ber.encode(0xA0, initiate))
    aarq = ber.encode(
        0x60,
        ber.encode(0xA1, _MMS_APPLICATION),
        ber.encode(0xA2, _CALLED_TITLE) + ber.encode(0xA3, _QUALIFIER),
        ber.encode(0xA6, _CALLING_TITLE) + ber.encode(0xA7, _QUALIFIER),
        ber.encode(0xBE, external),
    )
    contexts = ber.encode(0x30, _integer(ACSE_CONTEXT), _ACSE_SYNTAX, ber.encode(0x30, _BER))
    contexts += ber.encode(0x30, _integer(MMS_CONTEXT), _MMS_SYNTAX, ber.encode(0x30, _BER))
    normal = ber.encode(0x81, _SELECTOR) + ber.encode(0x82, _SELECTOR) + ber.encode(0xA4, contexts)
    presented = ber.encode(0x31, bytes.fromhex("a003800101"), ber.encode(0xA2, normal, _presented(ACSE_CONTEXT, aarq)))
    session = b"\x05\x06\x13\x01\x00\x16\x01\x02"  # protocol options 0, version 2
    session += b"\x14\x02\x00\x02" + b"\x33\x02\x00\x01" + b"\x34\x02\x00\x01"  # duplex; calling and called selector
    session += bytes((_USER_DATA, len(presented))) + presented
    return iso.encode_data(bytes((0x0D, len(session))) + session)


def encode_data(pdu: bytes) -> bytes:
    """One MMS PDU in an established association."""
    return iso.encode_data(_GIVE_TOKENS_DATA + _presented(MMS_CONTEXT, pdu))


def encode_finish() -> bytes:
    """The release of the association and the session, which the other side confirms."""
    release = _presented(ACSE_CONTEXT, ber.encode(0x62, b"\x80\x01\x00"))  # RLRQ, reason normal
    return iso.encode_data(bytes((0x09, len(release) + 2, _USER_DATA, len(release))) + release)


def _integer(value: int) -> bytes:
    return bytes((0x02, 1, value))


def _presented(context: int, value: bytes) -> bytes:
    return ber.encode(0x61, ber.encode(0x30, _integer(context), ber.encode(0xA0, value)))


def decode_connect(frame: bytes) -> Refused | None:
    """None when the transport connection is confirmed. Raises WireError if the unit neither confirms nor refuses."""
    reason = iso.refusal(frame)
    return Refused("transport", reason) if reason is not None else None


def decode_associate(spdu: bytes) -> bytes | Refused:
    """The MMS PDU in the answer to an association request. Raises WireError on another answer."""
    r = Reader(spdu)
    kind = r.u8("SPDU")
    parameters = r.part(_indicated(r), "session parameters")
    if kind in (_REFUSE, _ABORT):
        return Refused("session")
    if kind != _ACCEPT:
        raise WireError(f"SPDU: accept expected, 0x{kind:02x} found")
    presented = ber.find(Reader(_session_user_data(parameters)), 0x31, "presentation")
    normal = ber.find(presented, 0xA2, "normal mode parameters")
    aare = ber.find(_context(ber.find(normal, 0x61, "presentation user data"), ACSE_CONTEXT), 0x61, "AARE")
    return _associated(aare)


def decode_data(spdu: bytes) -> bytes | Refused:
    """The MMS PDU in a unit of the data phase; an abort is a refusal."""
    r = Reader(spdu)
    if spdu[:1] == bytes((_ABORT,)):
        return Refused("session")
    r.expect(_GIVE_TOKENS_DATA, "give tokens and data SPDUs")
    return _context(ber.find(r, 0x61, "presentation user data"), MMS_CONTEXT).rest()


def _associated(aare: Reader) -> bytes | Refused:
    result, information = None, None
    for tag, content in ber.elements(aare):
        if tag == 0xA2:
            result = ber.number(ber.find(content, 0x02, "result"), "result")
        elif tag == 0xBE:
            information = content
    if result is None:
        raise WireError("AARE: no result")
    if result or information is None:
        return Refused("association", result)
    external = ber.find(information, 0x28, "external")
    return ber.find(external, 0xA0, "single ASN.1 type").rest()


def _context(user_data: Reader, context: int) -> Reader:
    """The value of one presentation context among the fully encoded data."""
    for tag, item in ber.elements(user_data):
        if tag != 0x30:
            continue
        parts = dict(ber.elements(item))
        if 0x02 in parts and 0xA0 in parts and ber.number(parts[0x02], "presentation context") == context:
            return parts[0xA0]
    raise WireError(f"presentation user data: nothing in context {context}")


def _session_user_data(parameters: Reader) -> bytes:
    while parameters.left():
        code = parameters.u8("session parameter")
        value = parameters.take(_indicated(parameters), "session parameter value")
        if code in (_USER_DATA, _EXTENDED_USER_DATA):
            return value
    raise WireError("session: no user data")


def _indicated(r: Reader) -> int:
    """A length indicator: one octet, or 0xFF and two more."""
    first = r.u8("length indicator")
    return r.u16("length indicator") if first == 0xFF else first
