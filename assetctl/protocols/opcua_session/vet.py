"""May this OPC UA unit leave? What discovery may, and a session: made, entered as nobody, read once, ended.

No user name, password or certificate, no other service, no other node. Written without the codec, on purpose.
"""

import struct

from assetctl.errors import Refusal
from assetctl.protocols.opcua import vet as discovery

_MOST_ECHO = 256
_ANONYMOUS = b"\x01\x00\x41\x01\x01"  # i=321, a byte string follows
_CLIENT = (
    b"\x0c\x00\x00\x00urn:assetctl\x08\x00\x00\x00assetctl\x02\x08\x00\x00\x00assetctl\x01\x00\x00\x00"
    + 8 * b"\xff"  # no gateway, no profile
    + bytes(4)  # no discovery URLs
    + 4 * b"\xff"  # the server in its default form
)
_SESSION = b"\x08\x00\x00\x00assetctl" + 8 * b"\xff" + struct.pack("<d", 10000.0) + b"\x00\x00\x10\x00"
_VALUES = bytes(8) + b"\x03\x00\x00\x00\x06\x00\x00\x00"  # any age, no times, six nodes
_PLAIN = b"\x0d\x00\x00\x00\xff\xff\xff\xff\x00\x00\xff\xff\xff\xff"  # attribute Value, whole, default encoding


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit[:4] != b"MSGF":
        return discovery.vet(unit)
    kind, number, rest = discovery.message(discovery.whole(unit))
    match kind:
        case 428:
            return discovery.vet(unit)
        case 461:
            return _create(number, rest)
        case 467 | 473 | 631:
            return _inside(kind, number, rest)
    raise Refusal(f"opcua-session: service {kind} is not on the list")


def _create(number: bytes, rest: bytes) -> str:
    start = discovery.header(461, number) + _CLIENT
    if not rest.startswith(start) or not rest.endswith(_SESSION):
        raise Refusal("opcua-session: CreateSession is not as published")
    discovery.url(rest[len(start) : -len(_SESSION)])
    return "create-session"


def _inside(kind: int, number: bytes, rest: bytes) -> str:
    """A request of the session, whose token stands in front of the rest of the header."""
    size = _node_id(rest[4:])
    start = discovery.header(kind, number, rest[4 : 4 + size])
    body = rest[len(start) :]
    if not rest.startswith(start):
        raise Refusal("opcua-session: the request header is not as published")
    if kind == 473 and body == b"\x01":
        return "close-session"
    if kind == 631 and body == _VALUES + b"".join(struct.pack("<HH", 1, node) + _PLAIN for node in range(2261, 2267)):
        return "read-build-info"
    if kind == 467:
        return _activate(body)
    raise Refusal(f"opcua-session: service {kind} in this form is not on the list")


def _activate(body: bytes) -> str:
    """Nobody's identity: an anonymous token with the name of its policy, and no signatures."""
    unsigned, policy = 8 * b"\xff", body[25:-8]
    sized = len(policy).to_bytes(4, "little") + policy
    named = (len(policy) - 4).to_bytes(4, "little", signed=True)
    if not 4 <= len(policy) <= 4 + _MOST_ECHO or policy[:4] != named:
        raise Refusal("opcua-session: the policy id of the token is not counted or too long")
    if body != unsigned + bytes(8) + _ANONYMOUS + sized + unsigned:
        raise Refusal("opcua-session: only the anonymous token may be sent")
    return "activate-session"


def _node_id(data: bytes) -> int:
    """Size of the node id that begins here. Raises Refusal when it is none, or the null one."""
    kind = data[:1]
    size = {b"\x00": 2, b"\x01": 4, b"\x02": 7, b"\x04": 19}.get(kind, 0)
    if kind in (b"\x03", b"\x05"):
        size = 7 + int.from_bytes(data[3:7], "little")
    if not 0 < size <= _MOST_ECHO or len(data) < size or data[:2] == b"\x00\x00":
        raise Refusal("opcua-session: the authentication token is no node id of up to 256 bytes")
    return size
