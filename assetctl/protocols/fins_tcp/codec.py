"""FINS/TCP: the header that carries FINS frames on a stream, and the exchange of node addresses.

Source: Omron W420 (CS/CJ-series Ethernet Units), 7-4 (FINS/TCP header, commands 0 to 3 and their error codes).
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Length, Reader

FRAMING = Length(header=8, offset=4, width=4, plus=8, most=2048)

_MAGIC = b"FINS"
_CLIENT_NODE, _SERVER_NODE, _FRAME, _ERROR = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Refused:
    """The unit does not take the connection or the frame. code: such as 0x20, all connections are in use."""

    code: int


@dataclass(frozen=True, slots=True)
class Nodes:
    """client: the node address that the unit gave us for this connection; server: its own. Each 1 to 254."""

    client: int
    server: int


def encode_nodes() -> bytes:
    """The request for a node address; 0 leaves the choice of a free one to the unit."""
    return _wrapped(_CLIENT_NODE, (0).to_bytes(4))


def encode_frame(frame: bytes) -> bytes:
    """One FINS frame on the stream."""
    return _wrapped(_FRAME, frame)


def decode_nodes(unit: bytes) -> Nodes | Refused:
    """The answer to a request for a node address."""
    body = _opened(unit, _SERVER_NODE)
    if isinstance(body, Refused):
        return body
    client, server = body.u32("client node"), body.u32("server node")
    if not 1 <= client <= 254 or not 1 <= server <= 254:
        raise WireError(f"nodes: 1 to 254 expected, {client} and {server} found")
    return Nodes(client, server)


def decode_frame(unit: bytes) -> bytes | Refused:
    """The FINS frame in a unit."""
    body = _opened(unit, _FRAME)
    return body if isinstance(body, Refused) else body.rest()


def _wrapped(command: int, body: bytes) -> bytes:
    return _MAGIC + (len(body) + 8).to_bytes(4) + command.to_bytes(4) + bytes(4) + body


def _opened(unit: bytes, wanted: int) -> Reader | Refused:
    r = Reader(unit)
    r.expect(_MAGIC, "magic")
    if r.u32("length") != r.left():
        raise WireError("length: does not match the unit")
    command, error = r.u32("command"), r.u32("error code")
    if command == _ERROR or (error and command == _SERVER_NODE):  # of a frame it is not used, W420 says
        return Refused(error)
    if command != wanted:
        raise WireError(f"command: {wanted} expected, {command} found")
    return r
