"""May this OPC UA unit leave? Only hello, the opening of a channel without security, the two questions of discovery
and the channel's end may; nothing that needs a session. Written without the codec, on purpose.
"""

from ipaddress import IPv4Address, IPv6Address

from assetctl.errors import Refusal

_LIMITS = bytes.fromhex("00000000ffff0000ffff00000000100080000000")  # version 0; buffers, message and chunks
_NONE = b"\x2f\x00\x00\x00http://opcfoundation.org/UA/SecurityPolicy#None" + 8 * b"\xff"
_NULL = b"\xff\xff\xff\xff"
_OPENING = bytes.fromhex("00000000 00000000 01000000 ffffffff 60ea0000")  # issue, mode None, no nonce, 60 seconds
_NUMBERS = range(1, 17)


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    body = whole(unit)
    match unit[:4]:
        case b"HELF":
            return hello(body)
        case b"OPNF":
            return opening(body)
        case b"CLOF":
            return closing(body)
        case b"MSGF":
            return discovery(*message(body))
    raise Refusal(f"opcua: message type {unit[:4].hex()} is not on the list")


def whole(unit: bytes) -> bytes:
    """What follows the head of a unit of the stated length."""
    if not 16 <= len(unit) <= 1024 or unit[4:8] != len(unit).to_bytes(4, "little"):
        raise Refusal("opcua: a request is one unit of its stated 16 to 1024 bytes")
    return unit[8:]


def hello(body: bytes) -> str:
    if body[:20] != _LIMITS:
        raise Refusal("opcua: the limits of the hello are not as published")
    url(body[20:])
    return "hello"


def opening(body: bytes) -> str:
    number = body[len(_NONE) + 4 :][:4]
    wanted = bytes(4) + _NONE + 2 * _known(number) + header(446, number) + _OPENING
    if body != wanted:
        raise Refusal("opcua: only a channel without security, for a minute, may be opened")
    return "open-secure-channel"


def closing(body: bytes) -> str:
    kind, number, rest = message(body)
    if kind != 452 or rest != header(452, number):
        raise Refusal("opcua: CLO holds a CloseSecureChannel request and nothing more")
    return "close-secure-channel"


def discovery(kind: int, number: bytes, rest: bytes) -> str:
    """FindServers or GetEndpoints of every locale, every server or transport."""
    name = {422: "find-servers", 428: "get-endpoints"}.get(kind)
    if name is None:
        raise Refusal(f"opcua: service {kind} is not on the list")
    start = header(kind, number)
    if not rest.startswith(start) or rest[-8:] != bytes(8):
        raise Refusal(f"opcua: {name} is not as published")
    url(rest[len(start) : -8])
    return name


def message(body: bytes) -> tuple[int, bytes, bytes]:
    """Service, number and the whole request of a unit in a channel; channel and token are the server's choice."""
    number = _known(body[8:12])
    if body[12:16] != number or body[16:18] != b"\x01\x00":
        raise Refusal("opcua: sequence number and request id differ, or the service is not of namespace 0")
    return int.from_bytes(body[18:20], "little"), number, body[16:]


def header(kind: int, number: bytes, authentication: bytes = b"\x00\x00") -> bytes:
    """Service and request header: no time, no diagnostics, no audit entry, no time-out, nothing added."""
    return b"\x01\x00" + kind.to_bytes(2, "little") + authentication + bytes(8) + number + bytes(4) + _NULL + bytes(7)


def _known(number: bytes) -> bytes:
    if int.from_bytes(number, "little") not in _NUMBERS or len(number) != 4:
        raise Refusal("opcua: questions are numbered from 1 to 16")
    return number


def url(field: bytes) -> None:
    """A counted string that is the URL of an address and a port, spelled in the one usual way."""
    text = field[4:].decode("latin-1")
    if field[:4] != (len(field) - 4).to_bytes(4, "little") or not text.startswith("opc.tcp://") or "%" in text:
        raise Refusal("opcua: the endpoint is not a counted opc.tcp URL")
    host, _, port = text.removeprefix("opc.tcp://").rpartition(":")
    try:
        spelled = f"[{IPv6Address(host[1:-1])}]" if host.startswith("[") else str(IPv4Address(host))
    except ValueError:
        raise Refusal("opcua: the endpoint's host is no address") from None
    if spelled != host or not port.isascii() or not port.isdigit() or str(int(port)) != port:
        raise Refusal("opcua: the endpoint's address or port is not in its usual spelling")
    if not 1 <= int(port) <= 65535:
        raise Refusal(f"opcua: there is no port {port}")
