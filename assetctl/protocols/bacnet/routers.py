"""The two questions to a router that change nothing: which networks it reaches, and on which one it is.

Source: ASHRAE 135-2020, 6.4.1 (Who-Is-Router-To-Network), 6.4.2 (I-Am-Router-To-Network), 6.4.4
(Reject-Message-To-Network), 6.4.19 and 6.4.20 (What-Is-Network-Number, Network-Number-Is).
"""

from enum import IntEnum

from assetctl.errors import WireError
from assetctl.protocols.bacnet.frames import FORWARDED, NETWORK_MESSAGE, UNICAST, decode_header, frame
from assetctl.wire import Reader

MOST_NETWORKS_TOLD = 512


class Message(IntEnum):
    """A message of the network layer that is sent or read."""

    WHO_IS_ROUTER = 0x00
    I_AM_ROUTER = 0x01
    REJECT = 0x03
    WHAT_IS_NUMBER = 0x12
    NUMBER_IS = 0x13


def encode_ask_router(*, message: Message) -> bytes:
    """A question of the network layer to the device at one address; of Who-Is-Router the one for all networks."""
    return frame(UNICAST, bytes((1, NETWORK_MESSAGE, message)))


def is_message(raw: bytes, *, message: Message) -> bool:
    """Whether a frame is this message of the device at that address itself."""
    try:
        _opened(raw, message)
    except WireError:
        return False
    return True


def decode_i_am_router(raw: bytes) -> tuple[int, ...]:
    """Numbers of the networks that the router reaches, in its order, each once."""
    r = _opened(raw, Message.I_AM_ROUTER)
    if r.left() % 2 or r.left() > 2 * MOST_NETWORKS_TOLD:
        raise WireError(f"networks: numbers of 2 bytes expected, {r.left()} bytes came")
    told = [r.u16("network") for _ in range(r.left() // 2)]
    return tuple(dict.fromkeys(number for number in told if number not in (0, 0xFFFF)))


def decode_number_is(raw: bytes) -> int | None:
    """Number of the network on which the router was asked; None where it knows none."""
    r = _opened(raw, Message.NUMBER_IS)
    number = r.u16("network number")
    r.u8("configured or learned")
    return number if number not in (0, 0xFFFF) else None


def is_reject(raw: bytes, *, network: int) -> bool:
    """Whether a router says that it cannot reach a network."""
    try:
        r = _opened(raw, Message.REJECT)
        r.u8("reason")
        return r.u16("network") == network
    except WireError:
        return False


def _opened(raw: bytes, message: Message) -> Reader:
    """What follows the type of a message that the router itself sent. Raises WireError for everything else."""
    function, control, source, r = decode_header(raw)
    if function == FORWARDED or source is not None or not control & NETWORK_MESSAGE:
        raise WireError("NPDU: no message of the network layer of that device itself")
    r.expect(bytes((message,)), "message type")
    return r
