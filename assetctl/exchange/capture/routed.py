"""BACnet devices behind a router, heard: which of them a frame is of, and the frame as if it were alone.

Behind a router a device has a network number and an address there. An answer bears them as its source, a question as
its destination; both are taken for the envelope, so that each device is a talk of its own. What the router says of
itself stays with the router.
Source: ASHRAE 135-2020, 6.2 and 6.4.
"""

from collections.abc import Sequence
from dataclasses import replace

from assetctl.errors import WireError
from assetctl.model import Claim, Exchange, SubjectKind
from assetctl.protocol import Context
from assetctl.protocols.bacnet import frames
from assetctl.protocols.bacnet.frames import Place, Table
from assetctl.protocols.bacnet.routers import Message, is_message
from assetctl.wire import Reader

_PLACE = "place"  # parameter of a talk's context
_HAS_DESTINATION = 0x20
_EVERY_NETWORK = 0xFFFF
_CONFIRMED = 0
_ANSWERS = {Message.WHO_IS_ROUTER: Message.I_AM_ROUTER, Message.WHAT_IS_NUMBER: Message.NUMBER_IS}


def opened(raw: bytes) -> tuple[bytes, str]:
    """The frame without network addresses, and the place it is of, "" for the device at the address itself."""
    try:
        _, control, source, r = frames.decode_header(raw)
        if control & frames.NETWORK_MESSAGE or not (source or control & _HAS_DESTINATION):
            return raw, ""
        apdu = r.rest()
        place = _destination(raw) if apdu[:1] and apdu[0] >> 4 == _CONFIRMED else source
    except WireError:
        return raw, ""
    return frames.encode_unit(apdu, expects_reply=False), str(place) if place else ""


def _destination(raw: bytes) -> Place | None:
    """Where a question goes; None for the device itself, and for everybody."""
    at = 10 if raw[1] == frames.FORWARDED else 4
    r = Reader(raw[at:])
    r.u8("NPDU version")
    if not r.u8("NPDU control") & _HAS_DESTINATION:
        return None
    network = r.u16("destination network")
    address = r.take(r.u8("destination address length"), "destination address")
    return Place(network, address) if address and network not in (0, _EVERY_NETWORK) else None


def is_of_router(raw: bytes) -> bool:
    """Whether a router says which networks it reaches, or on which one it is."""
    return any(is_message(raw, message=one) for one in _ANSWERS.values())


def is_table(raw: bytes) -> bool:
    """Whether a frame is a table of a broadcast management device, or a refusal of the virtual link."""
    return any(frames.is_table(raw, table=table) for table in Table)


def is_question(raw: bytes) -> bool:
    """Whether it is a question to a router about networks, or to a broadcast management device for a table."""
    return _table(raw) is not None or _message(raw) is not None


def wants(raw: bytes) -> bool:
    """Whether it asks for everything: a question about one network alone brings only that one."""
    asked = _message(raw)
    return _table(raw) is not None or (asked is not None and not asked[1])


def belongs(question: bytes, answer: bytes) -> bool:
    """The table that was asked for, or the message that answers the one of the question."""
    table, asked = _table(question), _message(question)
    if table is not None:
        return frames.is_table(answer, table=table)
    return asked is not None and is_message(answer, message=_ANSWERS[asked[0]])


def said(exchanges: Sequence[Exchange], question: bytes) -> tuple[bytes, ...]:
    """The answer to such a question; of several lists the longest."""
    units = [unit for one in exchanges for unit in one.received if belongs(question, unit)]
    return tuple(sorted(units, key=lambda unit: (-len(unit), unit))[:1])


def _table(raw: bytes) -> Table | None:
    is_there = len(raw) == 4 and raw[:1] == b"\x81" and raw[1] in tuple(Table)
    return Table(raw[1]) if is_there else None


def _message(raw: bytes) -> tuple[Message, bytes] | None:
    """The question of the network layer in a frame, and the network it is about; None for any other frame."""
    try:
        _, control, source, r = frames.decode_header(raw)
        if source is not None or not control & frames.NETWORK_MESSAGE:
            return None
        number = r.u8("message type")
    except WireError:
        return None
    return (Message(number), r.rest()) if number in tuple(_ANSWERS) else None


def context(plain: Context, _exchanges: Sequence[Exchange], label: str) -> Context:
    """The place that the talk is of."""
    return replace(plain, parameters={_PLACE: label}) if label else plain


def settle(claims: tuple[Claim, ...], _exchanges: Sequence[Exchange], context: Context) -> tuple[Claim, ...]:
    """What a device behind a router said is about that part, and where it sits is known."""
    place = context.parameters.get(_PLACE, "")
    told = tuple(replace(one, part=place) for one in claims if one.kind is SubjectKind.ASSET)
    if not place or not told:
        return claims if not place else ()
    _, network, _, address = place.split("/")
    found = (
        Claim("bacnet_network_number", int(network), part=place),
        Claim("bacnet_mac_address", address.upper(), part=place),
    )
    return (*found, *told)
