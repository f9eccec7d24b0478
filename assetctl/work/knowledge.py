"""What is known of each device while a run goes on: what earlier evidence told, and what its answers have told so far.

Probes get it as their context. It decides whether a protocol that wants a hint is asked, and which ports come first.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from assetctl import makers, oui
from assetctl.model import (
    Address,
    Asset,
    Claim,
    Destination,
    IPAddress,
    Observation,
    Outcome,
    PortState,
    Segment,
    SubjectKind,
    Value,
)
from assetctl.plan import Step
from assetctl.planning import is_hinted
from assetctl.protocol import OPEN_PORTS, TLS_PORTS, Protocol
from assetctl.scope import Scope
from assetctl.settle import addresses, services, settled
from assetctl.transport.route import neighbour_mac

_TUNNEL = ("service_tunnel", "ssl")
_SERVERS = ("opcua_discovery_urls", "opcua_known_servers")
_URL = re.compile(r"opc\.tcp://\[?([0-9A-Fa-f:.]{2,45})\]?:([0-9]{1,5})(?![0-9])")
KEPT = ("manufacturer", "model", "order_code", "asset_role_type", "bacnet_device_instance", "snmp_enterprise_number")
_FACTS = frozenset({*KEPT, "mac_maker"})
_NOTED = _FACTS | {"port_state", _TUNNEL[0], *_SERVERS}


@dataclass
class Knowledge:
    """Facts of devices by address, as text. strange: ports where something answered that the protocol does not know.

    told: addresses of others that a device named as its neighbours in this run.
    """

    by_address: dict[Address, dict[str, str]] = field(default_factory=dict)
    told: set[Address] = field(default_factory=set)
    strange: set[tuple[Address, str]] = field(default_factory=set)

    def of(self, address: Destination) -> Mapping[str, str]:
        """What is known now; for a neighbour on the same segment also the owner of its MAC prefix."""
        if isinstance(address, Segment):
            return {}
        told = self.by_address.get(address, {})
        maker = _mac_maker(address.ip)
        return {"mac_maker": maker, **told} if maker else told

    def role(self, address: Address) -> str:
        """The role of a device as far as it is known, else ""."""
        return self.by_address.get(address, {}).get("asset_role_type", "")

    def learn(self, address: Address, claims: Iterable[Claim]) -> None:
        """Take in what an answer says about the device itself. What was told first stays."""
        for claim in claims:
            if claim.key in _NOTED and not claim.part:
                self._note(address, claim.key, claim.value, claim.kind, claim.local_key)

    def hear(self, observation: Observation) -> None:
        """Take in a whole talk: after an answer that its protocol does not know, that port is left alone."""
        if observation.target is None:
            return
        self.learn(observation.target, observation.claims)
        self.told.update(_neighbours(observation.target.realm, observation.claims))
        named = any(claim.key in ("service_name", "service_tunnel") for claim in observation.claims)
        spoke = any(exchange.received for exchange in observation.exchanges)
        if observation.outcome is Outcome.GARBLED or (spoke and not named):
            self.strange.add((observation.target, f"{observation.transport}/{observation.port}"))

    def is_strange(self, step: Step) -> bool:
        """Whether another protocol met an unknown answer on this port: no second one is tried on it."""
        return isinstance(step.address, Address) and (step.address, f"{step.transport}/{step.port}") in self.strange

    def expect(self, address: Address, declared: Mapping[str, Value]) -> None:
        """Take in what people declared of what stands at an address, where nothing that was seen says otherwise."""
        for key, value in declared.items():
            if key in KEPT:
                self._note(address, key, value, SubjectKind.ASSET, "")

    def recall(self, asset: Asset) -> None:
        """Take in what is stored about a device, at every address it has."""
        held = settled(asset)
        views = [view for view in services(asset) if view.is_open]
        for text in addresses(asset):
            address = Address(asset.realm, ip_address(text))
            for key in (*KEPT, "mac_maker"):
                if key in held:
                    self._note(address, key, held[key].value, SubjectKind.ASSET, "")
            for view in views:
                self._note(address, "port_state", PortState.OPEN, SubjectKind.SERVICE, view.local_key)
                self._note(address, "service_tunnel", view.tunnel, SubjectKind.SERVICE, view.local_key)

    def _note(self, address: Address, key: str, value: Value, kind: SubjectKind, local_key: str) -> None:
        told = self.by_address.setdefault(address, {})
        if key in _FACTS and kind is SubjectKind.ASSET:
            text = str(value)
            told.setdefault(key, makers.canonical(text) if key in ("manufacturer", "mac_maker") else text)
        elif key == "port_state" and value == PortState.OPEN:
            told[OPEN_PORTS] = " ".join(sorted({*told.get(OPEN_PORTS, "").split(), local_key}))
        elif key in _SERVERS and (named := {*_named_ports(value, address.ip)}):
            told[OPEN_PORTS] = " ".join(sorted({*told.get(OPEN_PORTS, "").split(), *named}))
        elif (key, value) == _TUNNEL:
            told[TLS_PORTS] = " ".join(sorted({*told.get(TLS_PORTS, "").split(), local_key}))


def in_turn(steps: Iterable[Step], known: Mapping[str, str]) -> tuple[Step, ...]:
    """The steps of a device, ports that are known to be open first, so that its budget goes to what answers."""
    ports = known.get(OPEN_PORTS, "").split()
    if not ports:
        return tuple(steps)
    return tuple(sorted(steps, key=lambda step: f"{step.transport}/{step.port}" not in ports))


def is_wanted(step: Step, protocol: Protocol | None, scope: Scope, known: Mapping[str, str]) -> bool:
    """Whether a step is taken at all: a protocol that wants a hint needs one."""
    if protocol is None or protocol.wants is None or not is_hinted(protocol, scope):
        return True
    return protocol.wants.suggested(known, port=f"{step.transport}/{step.port}")


def _neighbours(realm: str, claims: Iterable[Claim]) -> Iterator[Address]:
    for claim in claims:
        if claim.key == "neighbour_addresses" and isinstance(claim.value, tuple):
            yield from (Address(realm, ip_address(text)) for text in claim.value)


def _named_ports(urls: Value, ip: IPAddress) -> Iterator[str]:
    """The ports at this address where a server of the device says that servers are. What has another host is left."""
    for host, port in _URL.findall(" ".join(urls) if isinstance(urls, tuple) else str(urls)):
        if host.casefold() == str(ip) and 0 < int(port) < 1 << 16:
            yield f"tcp/{port}"


def _mac_maker(ip: IPAddress) -> str:
    mac = "" if ip.is_loopback else neighbour_mac(ip)
    return makers.canonical(oui.maker(mac) or "") if mac else ""
