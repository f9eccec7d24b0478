"""The devices behind a router, which have no address of their own here.

The router is asked which networks it reaches, and on which one it is. Into each network goes one Who-Is, through the
router alone; there it is a broadcast, and everybody on that network answers. Then each device that named itself is
asked like any other, one after the other, with its network and address in the question. A device that stays silent is
left, and its network after two of them in a row: the bus may be slower than we are.
"""

from functools import partial

from assetctl.errors import WireError
from assetctl.protocols.bacnet import calls, routers
from assetctl.protocols.bacnet.asker import ROUTED_WAIT_S, Asker, Device, Step
from assetctl.protocols.bacnet.codec import Property
from assetctl.protocols.bacnet.device import read_device
from assetctl.protocols.bacnet.frames import decode_unit
from assetctl.protocols.bacnet.routers import Message

MOST_NETWORKS = 8
MOST_DEVICES = 32  # that are read, behind one router; those beyond are known by what they said when they were called
MOST_CALLED = 255  # devices of one network that answer a call
MOST_SILENT = 2
SINGLY = (
    *(Property.MODEL_NAME, Property.FIRMWARE_REVISION, Property.OBJECT_NAME, Property.SERIAL_NUMBER),
    *(Property.VENDOR_NAME, Property.APPLICATION_SOFTWARE_VERSION),
)


def read_behind(asker: Asker) -> Step:
    """Find the networks and devices behind a router and read what they say about themselves."""
    heard = asker.heard
    payload = routers.encode_ask_router(message=Message.WHO_IS_ROUTER)
    frame = yield from asker.ask(payload, partial(routers.is_message, message=Message.I_AM_ROUTER), once=True)
    if frame is None:
        return
    try:
        heard.networks = routers.decode_i_am_router(frame)
    except WireError:
        heard.ended = True
        return
    yield from _read_number(asker)
    for network in heard.networks[:MOST_NETWORKS]:
        if heard.ended:
            return
        yield from _read_network(asker, network)


def _read_number(asker: Asker) -> Step:
    payload = routers.encode_ask_router(message=Message.WHAT_IS_NUMBER)
    frame = yield from asker.ask(payload, partial(routers.is_message, message=Message.NUMBER_IS), once=True)
    try:
        asker.heard.network = routers.decode_number_is(frame) if frame else None
    except WireError:
        asker.heard.ended = True


def _read_network(asker: Asker, network: int) -> Step:
    heard = asker.heard

    def accepts(frame: bytes) -> bool:
        return calls.is_i_am_from(frame, network=network) or routers.is_reject(frame, network=network)

    called = calls.encode_who_is(network=network)
    frames = yield from asker.gather(called, accepts, most=MOST_CALLED, once=True, wait_s=ROUTED_WAIT_S)
    found = [device for frame in frames if (device := _named(frame)) is not None]
    known = {device.place for device in heard.behind}
    new = list({device.place: device for device in found if device.place not in known}.values())
    left = MOST_DEVICES - len(heard.behind)
    heard.behind += new
    silent = 0
    for device in new[: max(left, 0)]:
        if heard.ended or silent >= MOST_SILENT or device.instance is None:
            return
        before = len(device.values)
        yield from read_device(asker, device, device.instance, singly=SINGLY)
        silent = 0 if len(device.values) > before else silent + 1


def _named(frame: bytes) -> Device | None:
    """The device that an I-Am names; None for a refusal of the router, and for an I-Am that cannot be read."""
    try:
        said = calls.decode_i_am(frame)
        place = decode_unit(frame).source
    except WireError:
        return None
    values = {Property.VENDOR_IDENTIFIER: said.vendor_id}
    return Device(place, said.instance, said.max_apdu, dict(values))
