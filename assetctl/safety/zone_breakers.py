"""When too many devices of one zone tripped, the zone is left alone."""

from collections.abc import Callable

from assetctl.model import Address, Destination
from assetctl.safety import limits
from assetctl.safety.seats import block


class ZoneBreakers:
    """Contacts and trips by zone. zone_of: name of an address's zone, "" for none; its /24 then stands for it."""

    def __init__(self, zone_of: Callable[[Address], str] | None) -> None:
        self._zone_of = zone_of
        self._contacted: dict[str, int] = {}
        self._trips: dict[str, set[Destination]] = {}
        self.stopped: dict[str, str] = {}

    def meet(self, address: Destination) -> None:
        """Count an address among those of its zone that were contacted. It is told of each address once."""
        zone = self._zone(address)
        self._contacted[zone] = self._contacted.get(zone, 0) + 1

    def trip(self, address: Destination) -> None:
        """Count a device that tripped, and stop its zone when too many did."""
        zone = self._zone(address)
        trips = self._trips.setdefault(zone, set())
        trips.add(address)
        if limits.zone_trips(len(trips), self._contacted.get(zone, 0)):
            self.stopped[zone] = f"{len(trips)} devices of {zone} tripped"

    def reason(self, address: Destination) -> str:
        """Why the zone of an address was stopped, or ""."""
        return self.stopped.get(self._zone(address), "") if self.stopped else ""

    def _zone(self, address: Destination) -> str:
        named = self._zone_of(address) if self._zone_of and isinstance(address, Address) else ""
        return named or block(address)
