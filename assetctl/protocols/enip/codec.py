"""EtherNet/IP encapsulation and the few CIP services that identify a device: bytes to values and back.

All numbers are little-endian, but for the socket address.
Source: The CIP Networks Library, Volume 2, EtherNet/IP Adaptation of CIP: 2-3 (encapsulation header), 2-4 (commands),
2-6 (common packet format), 5-4 (TCP/IP Interface object), 5-5 (Ethernet Link object); Volume 1: 5-2 (Identity object),
2-4 (message router request and response).
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Datagram, Length, Reader, decode_text

FRAMING = Length(header=24, offset=2, width=2, plus=24, most=24 + 65511, order="little")
DATAGRAM = Datagram(most=24 + 65511)

LIST_IDENTITY, REGISTER_SESSION, UNREGISTER_SESSION, SEND_RR_DATA = 0x63, 0x65, 0x66, 0x6F
GET_ATTRIBUTES_ALL, GET_ATTRIBUTE_SINGLE = 0x01, 0x0E
READ_IDENTITY = bytes((GET_ATTRIBUTES_ALL, 2)) + b"\x20\x01\x24\x01"  # class 1, instance 1
BUSY = 0x02  # general status: resource unavailable

Attribute = tuple[int, int]
"""An attribute of instance 1: class and attribute number."""

HOST_NAME: Attribute = (0xF5, 6)
CONFIGURATION: Attribute = (0xF5, 5)
PHYSICAL_ADDRESS: Attribute = (0xF6, 3)

_IDENTITY_ITEM, _UNCONNECTED_ITEM = 0x000C, 0x00B2
_MOST_ITEMS = 64
_CONTROLS = bytes(range(0x20))
_RESPONSE_DELAY_MS = 500  # ListIdentity: longest time by which a device may put off its answer; 500 is the least


@dataclass(frozen=True, slots=True)
class Refused:
    """The encapsulation layer said no. status: 1 unsupported command, 2 no memory, 3 bad data, 0x64 bad session, ..."""

    status: int


@dataclass(frozen=True, slots=True)
class Identity:
    """What an Identity object says. state: None where the answer ends before it. socket_address: "" where not told."""

    vendor_id: int
    device_type: int
    product_code: int
    major: int
    minor: int
    status: int
    serial_number: int
    product_name: str
    state: int | None = None
    socket_address: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """The identities of a ListIdentity answer. broken: the answer could not be read behind the last of them."""

    identities: tuple[Identity, ...]
    broken: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A CIP answer. status: general status, 0 for success, 5 for a path that the device does not have, ...

    additional: first word of the additional status, None where there is none. service: the one answered.
    """

    status: int
    data: bytes
    additional: int | None = None
    service: int = GET_ATTRIBUTES_ALL


def encode_list_identity(*, transaction: int) -> bytes:
    """The question who is there. transaction: 0 to 65535."""
    return _unit(LIST_IDENTITY, 0, _RESPONSE_DELAY_MS, transaction, b"")


def encode_register_session(*, transaction: int) -> bytes:
    """The request for a session of protocol version 1."""
    return _unit(REGISTER_SESSION, 0, 0, transaction, b"\x01\x00\x00\x00")


def encode_unregister_session(*, transaction: int, session: int) -> bytes:
    """The end of a session; nothing answers it."""
    return _unit(UNREGISTER_SESSION, session, 0, transaction, b"")


def encode_read_identity(*, transaction: int, session: int) -> bytes:
    """All attributes of the Identity object, unconnected."""
    return encode_unconnected(transaction, session, READ_IDENTITY)


def encode_read_attribute(*, transaction: int, session: int, attribute: Attribute) -> bytes:
    """One attribute of instance 1 of a class, unconnected."""
    path = b"\x20" + bytes((attribute[0],)) + b"\x24\x01\x30" + bytes((attribute[1],))
    return encode_unconnected(transaction, session, bytes((GET_ATTRIBUTE_SINGLE, 3)) + path)


def encode_unconnected(transaction: int, session: int, request: bytes) -> bytes:
    """One CIP request in SendRRData."""
    items = (2).to_bytes(2, "little") + bytes(4)  # two items, the first of them the null address
    items += _UNCONNECTED_ITEM.to_bytes(2, "little") + len(request).to_bytes(2, "little") + request
    return _unit(SEND_RR_DATA, session, 0, transaction, bytes(4) + b"\x05\x00" + items)  # CIP, 5 seconds


def _unit(command: int, session: int, delay_ms: int, transaction: int, body: bytes) -> bytes:
    header = command.to_bytes(2, "little") + len(body).to_bytes(2, "little") + session.to_bytes(4, "little")
    return header + bytes(4) + _context(delay_ms, transaction) + bytes(4) + body


def _context(delay_ms: int, transaction: int) -> bytes:
    """The sender context, which comes back unchanged."""
    return delay_ms.to_bytes(2, "little") + transaction.to_bytes(2) + bytes(4)


def is_answer(frame: bytes, *, command: int, transaction: int) -> bool:
    """Whether a unit answers this command and carries the transaction of our question."""
    return frame[:2] == command.to_bytes(2, "little") and frame[14:16] == transaction.to_bytes(2)


def decode_list_identity(frame: bytes, *, transaction: int) -> Listed | Refused:
    """Every identity in the answer, in order. Raises WireError if the header is broken or answers another question."""
    r = _body(frame, LIST_IDENTITY, transaction, delay_ms=_RESPONSE_DELAY_MS)
    if isinstance(r, Refused):
        return r
    found: list[Identity] = []
    try:
        for _ in range(min(r.u16("item count", "little"), _MOST_ITEMS)):
            kind = r.u16("item type", "little")
            item = r.part(r.u16("item length", "little"), "item")
            if kind == _IDENTITY_ITEM:
                found.append(_identity_item(item))
    except WireError:
        return Listed(tuple(found), broken=True)
    return Listed(tuple(found), broken=False)


def decode_session(frame: bytes, *, transaction: int) -> int | Refused:
    """The handle of the session."""
    r = _body(frame, REGISTER_SESSION, transaction)
    if isinstance(r, Refused):
        return r
    session = int.from_bytes(frame[4:8], "little")
    if not session:
        raise WireError("session handle: 0 stands for none")
    return session


def decode_answer(frame: bytes, *, transaction: int, session: int, services: tuple[int, ...]) -> Answer | Refused:
    """The CIP answer in a SendRRData answer. services: those that may be answered, most often the one asked."""
    r = _body(frame, SEND_RR_DATA, transaction)
    if isinstance(r, Refused):
        return r
    if int.from_bytes(frame[4:8], "little") != session:
        raise WireError("session handle: not the one of the question")
    r.take(6, "interface handle and time-out")
    for _ in range(min(r.u16("item count", "little"), _MOST_ITEMS)):
        kind = r.u16("item type", "little")
        item = r.part(r.u16("item length", "little"), "item")
        if kind == _UNCONNECTED_ITEM:
            return _cip_answer(item, services)
    raise WireError("items: no unconnected answer among them")


def _cip_answer(r: Reader, services: tuple[int, ...]) -> Answer:
    service = r.u8("service")
    if service not in {asked | 0x80 for asked in services}:
        raise WireError(f"service: an answer to {services} expected, found 0x{service:02x}")
    r.expect(b"\0", "reserved")
    status = r.u8("general status")
    additional = r.part(2 * r.u8("size of additional status"), "additional status")
    first = additional.u16("additional status", "little") if additional.left() else None
    return Answer(status, r.rest(), first, service & 0x7F)


def _body(frame: bytes, command: int, transaction: int, *, delay_ms: int = 0) -> Reader | Refused:
    """What follows the encapsulation header, or the refusal that the header tells."""
    r = Reader(frame)
    r.expect(command.to_bytes(2, "little"), "command")
    length = r.u16("length", "little")
    r.take(4, "session handle")
    status = r.u32("status", "little")
    r.expect(_context(delay_ms, transaction), "sender context")
    r.take(4, "options")
    if length != r.left():
        raise WireError(f"length: {length} stated, {r.left()} bytes follow")
    return Refused(status) if status else r


def _identity_item(r: Reader) -> Identity:
    r.u16("encapsulation version", "little")
    r.u16("address family")
    port = r.u16("port")
    ip = r.take(4, "IP address")
    r.take(8, "zeros")
    return _identity(r, f"{'.'.join(map(str, ip))}:{port}" if any(ip) else "")


def decode_identity(data: bytes) -> Identity:
    """The Identity object's attributes 1 to 7, and the state where the device adds it."""
    return _identity(Reader(data), "")


def _identity(r: Reader, socket_address: str) -> Identity:
    return Identity(
        vendor_id=r.u16("vendor id", "little"),
        device_type=r.u16("device type", "little"),
        product_code=r.u16("product code", "little"),
        major=r.u8("major revision") & 0x7F,  # 1 to 127; the highest bit is reserved
        minor=r.u8("minor revision"),
        status=r.u16("status", "little"),
        serial_number=r.u32("serial number", "little"),
        product_name=_product_name(r),
        state=r.u8("state") if r.left() else None,
        socket_address=socket_address,
    )


def _product_name(r: Reader) -> str:
    """The name, also of a device that states a greater length than its answer has room for."""
    length = r.u8("product name length")
    return r.text(length, "product name") if length <= r.left() else decode_text(r.rest().rstrip(_CONTROLS))


def decode_host_name(data: bytes) -> str:
    """TCP/IP Interface object, attribute 6."""
    r = Reader(data)
    return r.text(r.u16("host name length", "little"), "host name")


def decode_ip_address(data: bytes) -> str:
    """TCP/IP Interface object, attribute 5: the address alone, "" for 0.0.0.0."""
    ip = Reader(data).take(4, "IP address")[::-1]
    return ".".join(map(str, ip)) if any(ip) else ""


def decode_mac_address(data: bytes) -> str:
    """Ethernet Link object, attribute 3; "" for all zeros."""
    r = Reader(data)
    mac = r.take(6, "physical address")
    r.end("physical address")
    return mac.hex(":").upper() if any(mac) else ""
