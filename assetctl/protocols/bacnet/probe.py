"""The BACnet/IP conversation: which device are you, and what do you say about yourself?

The device object must be named by its instance. Where no earlier step told it, one ReadProperty with the wildcard
instance asks for it; devices before protocol revision 4, and some after it, answer that with an error or not at all,
and are called once by a Who-Is to their own address. Then one ReadPropertyMultiple reads everything. A device that
refuses it (unknown service, too long for one unit) is read property by property, each by itself. What is too long for
one unit is taken in several in depth alone: by default nothing is asked that a device must remember to go on with.

Many devices broadcast their I-Am to the port of BACnet, whoever called them: so our questions to that port leave from
the same port here, where it is free. Devices behind a router are asked in depth alone, see `routed`.
"""

from collections.abc import Generator
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Outcome, Transport
from assetctl.protocol import Context
from assetctl.protocols.bacnet import calls, claims, codec, frames
from assetctl.protocols.bacnet.asker import Asker, Device, Heard, Step
from assetctl.protocols.bacnet.codec import Property
from assetctl.protocols.bacnet.device import read_device
from assetctl.protocols.bacnet.frames import Table
from assetctl.protocols.bacnet.routed import read_behind
from assetctl.talk import Ask, Open, Reply, Talk

BBMD, ROUTED, SEGMENTS = "bacnet.bbmd", "bacnet.routed", "bacnet.segments"
KNOWN_INSTANCE = "bacnet_device_instance"
PORTS = range(0xBAC0, 0xBAD0)
"""The ports that a BACnet/IP network uses by custom, 47808 to 47823."""


def probe(context: Context) -> Talk:
    """Identify the device; in depth also the tables of a broadcast management device, or what is behind a router."""
    heard = Heard()
    asker = Asker(heard, context.answer_s, context.seed, in_segments=SEGMENTS in context.depth)
    reply = yield Open(Transport.UDP, context.port, source_port=context.port if context.port in PORTS else 0)
    if reply.outcome is Outcome.ANSWERED:
        yield from _identify(asker, _known_instance(context))
        if BBMD in context.depth and heard.spoke and not heard.ended:
            yield from _read_tables(asker)
        if ROUTED in context.depth and heard.spoke and not heard.ended:
            yield from read_behind(asker)
    return claims.of(heard, f"{Transport.UDP}/{context.port}")


def _known_instance(context: Context) -> int | None:
    """The instance that an earlier step told, None when none did."""
    told = context.known.get(KNOWN_INSTANCE, "")
    return int(told) if told.isascii() and told.isdigit() and int(told) < codec.WILDCARD else None


def _identify(asker: Asker, known: int | None) -> Step:
    device = asker.heard.device
    if known is not None:
        is_there = yield from read_device(asker, device, known)
        if is_there or asker.heard.ended:
            return
    found = yield from _find(asker)
    if found is not None and found != known:
        yield from read_device(asker, device, found)


def _find(asker: Asker) -> Generator[Open | Ask, Reply, int | None]:
    """The instance of the device: by the wildcard, else by Who-Is; None when it tells neither way."""
    heard = asker.heard
    told = yield from asker.confirm(codec.encode_find, codec.decode_find, codec.READ_PROPERTY)
    if isinstance(told, int):
        heard.device.instance = told
    elif not heard.ended:
        frame = yield from asker.ask(calls.encode_who_is(), calls.is_i_am)
        _note_i_am(heard, heard.device, frame)
    return heard.device.instance


def _note_i_am(heard: Heard, device: Device, frame: bytes | None) -> None:
    if frame is None:
        return
    try:
        said = calls.decode_i_am(frame)
    except WireError:
        heard.ended = True
        return
    device.instance, device.max_apdu = said.instance, said.max_apdu
    device.values[Property.VENDOR_IDENTIFIER] = said.vendor_id


def _read_tables(asker: Asker) -> Step:
    for table in Table:
        frame = yield from asker.ask(frames.encode_read_table(table), partial(frames.is_table, table=table))
        if frame is None:
            return
        try:
            asker.heard.tables[table] = frames.decode_table(frame, table=table) or ()
        except WireError:
            return
