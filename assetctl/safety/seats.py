"""Which devices are being asked right now, and how many of one network may be."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network

from assetctl.model import Destination, Segment

REMEMBERED = 4096


class Seats:
    """One talk at a time for each device. Devices are those whose pace and budget are one, whatever their addresses."""

    def __init__(self) -> None:
        self._taken: dict[Destination, str] = {}

    def take(self, device: Destination, address: Destination, most: int | None) -> bool:
        """Take a device's seat, unless it is taken, or `most` of its /24 have theirs. most: None for any number."""
        if device in self._taken:
            return False
        around = "" if most is None else block(address)
        if most is not None and sum(other == around for other in self._taken.values()) >= most:
            return False
        self._taken[device] = around
        return True

    def give_back(self, device: Destination) -> None:
        self._taken.pop(device, None)


def block(address: Destination) -> str:
    """The /24, or /64, that an address lies in; a segment is one for itself."""
    if isinstance(address, Segment):
        return str(address)
    bits, version = (8, 4) if address.ip.version == 4 else (64, 6)
    return _block_text(address.realm, int(address.ip) >> bits, version)


@lru_cache(REMEMBERED)
def _block_text(realm: str, number: int, version: int) -> str:
    network = IPv4Network((number << 8, 24)) if version == 4 else IPv6Network((number << 64, 64))
    return f"{realm}/{network}"
