"""What the gate is told about the protocols and the world; it imports none of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from assetctl.model import Address, RequestClass
from assetctl.protocol import Vet
from assetctl.scope import Target


@dataclass(frozen=True)
class Rules:
    """vets, classes: by protocol. named_by: by protocol and request, the depth questions of which one must be named.

    envelopes: by protocol, what its TCP connections are wrapped in; any other wrapping is refused.
    own_ports: by stateful protocol, the ports it publishes; it alone reaches one that is never connected to otherwise.
    exclusions: read anew before each frame. stop: a reason once everything must end.
    zone_of: name of the zone whose breaker an address belongs to. quarantined: address -> why it is left alone.
    held: (address, protocol, request) -> why a hold forbids it, or "". same_device: further address of a device ->
    the one under which its pace, budget and seat are kept. until: when what allows the run ends; None for no end.
    """

    vets: Mapping[str, Vet]
    classes: Mapping[str, Mapping[str, RequestClass]]
    named_by: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    envelopes: Mapping[str, str] = field(default_factory=dict)
    own_ports: Mapping[str, frozenset[int]] = field(default_factory=dict)
    exclusions: Callable[[], tuple[Target, ...]] = tuple
    stop: Callable[[], str] = str
    zone_of: Callable[[Address], str] | None = None
    quarantined: Mapping[Address, str] = field(default_factory=dict)
    held: Callable[[Address, str, str], str] = lambda _address, _protocol, _request: ""
    vantage_fault: str = ""
    same_device: Mapping[Address, Address] = field(default_factory=dict)
    until: datetime | None = None
