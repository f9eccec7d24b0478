"""For how long sensors would have seen what passed: the networks that each capture covers, and its time."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_network

from assetctl.model import Capture, IPAddress, IPNetwork

Place = IPAddress | IPNetwork


class Sensors:
    """The captures of a plant until a time, by realm and by what they cover."""

    __slots__ = ("_by_realm", "_sights", "_until")

    def __init__(self, captures: Iterable[Capture], until: datetime) -> None:
        self._until = until
        self._sights: dict[tuple[str, tuple[Place, ...], datetime], timedelta] = {}
        self._by_realm: dict[str, list[tuple[_Cover, list[Capture]]]] = defaultdict(list)
        found: dict[tuple[str, tuple[str, ...]], list[Capture]] = defaultdict(list)
        for one in captures:
            found[one.realm, one.covers].append(one)
        for (realm, covers), same in found.items():
            self._by_realm[realm].append((_Cover(covers), same))

    def in_sight(self, realm: str, places: tuple[Place, ...], since: datetime) -> timedelta:
        """For how long since a time some sensor saw every flow of all these places; no time for no place."""
        key = (realm, places, since)
        found = self._sights.get(key)
        if found is None:
            seeing = (
                one
                for cover, captures in self._by_realm.get(realm, ())
                if places and all(map(cover.holds, places))
                for one in captures
            )
            found = self._sights[key] = _length(seeing, since, self._until)
        return found


class _Cover:
    """The networks of a capture, arranged so that what lies in them is found at once."""

    __slots__ = ("_lengths", "_nets")

    def __init__(self, networks: Iterable[str]) -> None:
        found = [ip_network(text) for text in networks]
        self._nets = {(net.version, net.prefixlen, int(net.network_address)) for net in found}
        self._lengths = {version: sorted({n.prefixlen for n in found if n.version == version}) for version in (4, 6)}

    def holds(self, place: Place) -> bool:
        """Whether one of the networks holds a whole address or network."""
        if isinstance(place, IPv4Address | IPv6Address):
            first, most = int(place), int(place.max_prefixlen)
        else:
            first, most = int(place.network_address), int(place.prefixlen)
        width: int = place.max_prefixlen
        return any(
            (place.version, length, first >> (width - length) << (width - length)) in self._nets
            for length in self._lengths[place.version]
            if length <= most
        )


def _length(captures: Iterable[Capture], since: datetime, until: datetime) -> timedelta:
    """How long captures lasted together within a time; what overlaps counts once."""
    length, last = timedelta(0), since
    for one in sorted(captures, key=lambda one: one.started):
        begin, end = max(one.started, last), min(one.ended, until)
        if end > begin:
            length, last = length + (end - begin), end
    return length
