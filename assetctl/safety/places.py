"""What the gate knows of each address it was asked about, looked up once for a frame instead of once for a rule.

Most addresses of a sweep say nothing. Once no more is asked there and no pace waits any more, only what counts is kept
of such an address, so that a run over a large network does not grow with the silence in it.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assetctl.model import Address, Destination, NetworkKind
from assetctl.safety.limits import DeviceState
from assetctl.scope import Limits, Network, Scope

RECONNECT_S = 2.0  # between the connections of one talk to an OT device


@dataclass(slots=True)
class Place:
    """One address in a run.

    main: the address under which its device is counted, whichever of its addresses is asked. device: shared by all of
    them. kind: how careful it must be treated now: an IT host that showed an OT fact counts as OT. rate: units a second
    that it may be sent, 0 for no limit. is_met: something was permitted for it.
    """

    network: Network
    is_in_scope: bool
    main: Destination
    device: DeviceState
    kind: NetworkKind
    rate: float
    is_met: bool = False

    @property
    def rests_until_s(self) -> float:
        """When the last unit sent there makes nothing wait any more."""
        return self.device.sent_at_s + max(RECONNECT_S, 1.0 / self.rate if self.rate else 0.0)


Left = tuple[tuple[tuple[str, int], ...], bool]  # units by purse, and whether something was permitted


class Places:
    """Places of one run. same_device: further address of a device -> its main one."""

    def __init__(self, scope: Scope, same_device: Mapping[Address, Address]) -> None:
        self._scope = scope
        self._same_device = same_device
        self._shared = frozenset(same_device) | frozenset(same_device.values())
        self._places: dict[Destination, Place] = {}
        self._devices: dict[Destination, DeviceState] = {}
        self._leaving: deque[Address] = deque()
        self._left: dict[tuple[str, int], dict[int, Left]] = {}  # by realm and version, then by the address as number
        self._alike: dict[Left, Left] = {}

    def of(self, address: Destination) -> Place:
        found = self._places.get(address)
        if found is None:
            found = self._places[address] = self._made(address)
        return found

    def tighten(self, address: Destination) -> None:
        """An OT fact was seen: from now on the rules for OT apply."""
        place = self.of(address)
        if place.network.kind is NetworkKind.IT:
            place.kind, limits = NetworkKind.OT, self._scope.limits
            place.rate = min(limits.ot_units_per_second, limits.it_units_per_second)  # whichever is slower

    def tripped(self) -> Iterator[tuple[Address, str]]:
        """Devices that tripped, by their main address, and why."""
        for main, device in self._devices.items():
            if device.tripped and isinstance(main, Address):
                yield main, device.tripped

    def leave(self, address: Destination, *, now_s: float) -> None:
        """Nothing more is asked there for now: keep of it, and of those left before, no more than what counts."""
        if isinstance(address, Address):
            self._leaving.append(address)
        while self._leaving and self._let_go(self._leaving[0], now_s):
            self._leaving.popleft()

    def _let_go(self, address: Address, now_s: float) -> bool:
        """Shrink the place of an address; False while its pace still waits. What came back is what was let go."""
        place = self._places.get(address)
        if place is None or address in self._shared or place.device.has_spoken or place.kind is not place.network.kind:
            return True
        if place.rests_until_s > now_s:
            return False
        left = (tuple(place.device.units.items()), place.is_met)
        self._left.setdefault(_row(address), {})[int(address.ip)] = self._alike.setdefault(left, left)
        del self._places[address], self._devices[address]
        return True

    def _made(self, address: Destination) -> Place:
        network = self._scope.network_of(address)
        same = self._same_device
        main = same.get(address, address) if same and isinstance(address, Address) else address
        device = self._devices.get(main)
        if device is None:
            device = self._devices[main] = DeviceState()
        rate = _rate(network.kind, self._scope.limits)
        place = Place(network, self._scope.includes(address), main, device, network.kind, rate)
        if self._left and isinstance(address, Address):
            units, place.is_met = self._left.get(_row(address), {}).pop(int(address.ip), ((), False))
            device.units.update(units)
        return place


def _row(address: Address) -> tuple[str, int]:
    return address.realm, address.ip.version


def _rate(kind: NetworkKind, limits: Limits) -> float:
    if kind is NetworkKind.LAB:
        return 0.0
    return limits.it_units_per_second if kind is NetworkKind.IT else limits.ot_units_per_second
