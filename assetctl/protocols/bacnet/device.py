"""Reading one device object: everything at once, or property by property."""

from collections.abc import Generator, Sequence
from functools import partial

from assetctl.protocols.bacnet import codec, segments
from assetctl.protocols.bacnet.asker import Asker, Device
from assetctl.protocols.bacnet.codec import Property, Refused
from assetctl.protocols.bacnet.values import Absent
from assetctl.talk import Ask, Open, Reply

LEAST_FOR_ALL = 206  # bytes in one unit; a device that takes 50 or 128 cannot say everything in one answer
MOST_UNREAD = 2  # questions to a known device that stay without a readable answer


def read_device(
    asker: Asker, device: Device, instance: int, *, singly: Sequence[Property] = tuple(Property)
) -> Generator[Open | Ask, Reply, bool]:
    """Everything about the device object, at once where that is possible. Whether there is such an object.

    singly: the properties that are read by themselves where they do not come at once.
    """
    if device.max_apdu is None or device.max_apdu >= LEAST_FOR_ALL:
        told = yield from asker.confirm(
            partial(codec.encode_read_multiple, instance=instance, place=device.place),
            partial(codec.decode_read_multiple, instance=instance),
            codec.READ_PROPERTY_MULTIPLE,
            place=device.place,
        )
        if isinstance(told, Refused) and told.is_too_long and asker.in_segments and device.place is None:
            told = yield from segments.read_all(asker, instance)
        match told:
            case codec.Properties():
                device.instance = instance
                device.values.update(told.values)
            case Refused(is_unknown_object=True):
                return False
            case None:
                device.unread += 1
    return (yield from _read_rest(asker, device, instance, singly))


def _read_rest(
    asker: Asker, device: Device, instance: int, singly: Sequence[Property]
) -> Generator[Open | Ask, Reply, bool]:
    """Every property that is not known yet, by itself. Whether there is such an object."""
    for prop in singly:
        if asker.heard.ended or device.unread >= MOST_UNREAD:
            break
        if prop in device.values:
            continue
        encode = partial(codec.encode_read, instance=instance, prop=prop, place=device.place)
        decode = partial(codec.decode_read, instance=instance, prop=prop)
        told = yield from asker.confirm(encode, decode, codec.READ_PROPERTY, place=device.place)
        match told:
            case None:
                device.unread += 1
            case Refused(is_unknown_object=True) if not device.values:
                return False
            case Refused():
                device.values[prop] = Absent(told.reason)
            case str() | int() | Absent():
                device.instance = instance
                device.values[prop] = told
    return True
