"""The rack behind a device: its chassis, and who is in each of its slots.

Only devices of Rockwell's that can sit in a rack are asked, and of them none of the families that have no backplane
behind port 1. A router says of an empty slot that it has no such link address, which ends nothing; a module that does
not answer it, or a slot for which nothing at all comes back, is silent. Three silent slots in a row end the walk, and
where the chassis does not tell its size three empty ones in a row do.
"""

from collections.abc import Generator
from enum import StrEnum
from functools import partial

from assetctl.errors import WireError
from assetctl.protocols.enip import codec, rack
from assetctl.protocols.enip.asker import Asker, Step
from assetctl.protocols.enip.codec import GET_ATTRIBUTES_ALL, Answer, Identity, Refused
from assetctl.protocols.enip.names import COMMUNICATIONS_ADAPTER, PROGRAMMABLE_LOGIC_CONTROLLER, ROCKWELL
from assetctl.talk import Ask, Reply

RACK_TYPES = frozenset({COMMUNICATIONS_ADAPTER, PROGRAMMABLE_LOGIC_CONTROLLER})
# Micro800, MicroLogix, SLC 500 and PLC-5: no CIP backplane behind port 1
WITHOUT_BACKPLANE = ("2080-", "1761-", "1762-", "1763-", "1764-", "1766-", "1747-", "1785-")
IN_A_ROW = 3
ROUTE_WAIT_S = 2.0  # more than the time the router gives the module


class _Slot(StrEnum):
    """What came of a question to a slot."""

    FOUND = "found"
    EMPTY = "empty"
    SILENT = "silent"
    NO_ROUTE = "no route"  # there is no backplane to ask over


def may_be_rack(identity: Identity) -> bool:
    """Whether a device may sit in a rack whose other modules can be asked through it."""
    is_rack_type = identity.vendor_id == ROCKWELL and identity.device_type in RACK_TYPES
    return is_rack_type and not identity.product_name.startswith(WITHOUT_BACKPLANE)


def read_rack(asker: Asker) -> Step:
    """Read the chassis and the identity of every module in it but the one that is asked."""
    heard = asker.heard
    answer = yield from asker.read(partial(rack.encode_read_chassis), GET_ATTRIBUTES_ALL)
    if not isinstance(answer, Answer):
        return
    if answer.status == 0:
        try:
            heard.chassis = rack.decode_chassis(answer.data)
        except WireError:
            heard.chassis = None
    asker.wait_s = max(asker.wait_s, ROUTE_WAIT_S)
    yield from _read_slots(asker, heard.chassis.size if heard.chassis else None)


def _read_slots(asker: Asker, size: int | None) -> Step:
    heard = asker.heard
    own = heard.chassis.slot if heard.chassis else None
    run: list[_Slot] = []
    for slot in range(size or rack.MOST_SLOTS):
        if slot == own:
            continue
        came = yield from _read_slot(asker, slot)
        run = [*run, came] if came in run[-1:] else [came]
        goes_on = came is _Slot.FOUND or (came is _Slot.EMPTY and size is not None) or len(run) < IN_A_ROW
        if heard.ended or came is _Slot.NO_ROUTE or not goes_on:
            return


def _read_slot(asker: Asker, slot: int) -> Generator[Ask, Reply, _Slot]:
    question = partial(rack.encode_read_slot, slot=slot)
    answer = yield from asker.read(question, GET_ATTRIBUTES_ALL, rack.UNCONNECTED_SEND)
    if answer is None:
        return _Slot.SILENT
    if isinstance(answer, Refused):
        return _Slot.NO_ROUTE
    if answer.service == rack.UNCONNECTED_SEND:
        return _unreached(answer)
    if answer.status == 0:
        _note(asker, slot, answer.data)
    return _Slot.FOUND


def _unreached(answer: Answer) -> _Slot:
    """What the router says of a module that it did not reach."""
    if answer.status != rack.CONNECTION_FAILURE or answer.additional == rack.NO_SUCH_PORT:
        return _Slot.NO_ROUTE
    return _Slot.SILENT if answer.additional == rack.TIMED_OUT else _Slot.EMPTY


def _note(asker: Asker, slot: int, data: bytes) -> None:
    try:
        asker.heard.slots[slot] = codec.decode_identity(data)
    except WireError:
        return  # the module is there and says nothing that can be read
