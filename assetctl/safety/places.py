"""What the gate knows of each address it was asked about, looked up once for a frame instead of once for a rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assetctl.model import Address, Destination, NetworkKind
from assetctl.safety.limits import DeviceState
from assetctl.scope import Limits, Network, Scope


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


class Places:
    """Places of one run. same_device: further address of a device -> its main one."""

    def __init__(self, scope: Scope, same_device: Mapping[Address, Address]) -> None:
        self._scope = scope
        self._same_device = same_device
        self._places: dict[Destination, Place] = {}
        self._devices: dict[Destination, DeviceState] = {}

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

    def _made(self, address: Destination) -> Place:
        network = self._scope.network_of(address)
        same = self._same_device
        main = same.get(address, address) if same and isinstance(address, Address) else address
        device = self._devices.get(main)
        if device is None:
            device = self._devices[main] = DeviceState()
        rate = _rate(network.kind, self._scope.limits)
        return Place(network, self._scope.includes(address), main, device, network.kind, rate)


def _rate(kind: NetworkKind, limits: Limits) -> float:
    if kind is NetworkKind.LAB:
        return 0.0
    return limits.it_units_per_second if kind is NetworkKind.IT else limits.ot_units_per_second
