"""Which device stands at which declared position, and which zone an asset lies in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from assetctl import oui, settle
from assetctl.facts import is_of_type, vocabulary
from assetctl.model import Asset, Fact, IPAddress, Position, Source, Subject, Zone
from assetctl.settle import DECLARED
from assetctl.text import folded

MATCH_KEYS = ("ip_address", "hostname", "mac_address", "serial_number")
DECLARED_CONFIDENCE = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """asset: id of the device at the position, "" when none or several may be meant. reason: what decided."""

    position: str
    asset: str
    reason: str


def stand(positions: Sequence[Position], assets: Sequence[Asset]) -> tuple[Standing, ...]:
    """The device at each position, sorted by position.

    The keys of a place (address, then name) decide before those of a device (MAC, serial number), so that a swapped
    spare is at once the device at the position. An address belongs to the asset that was seen there last; of several
    positions that name one asset by its addresses, the one counts at whose address it stands now.
    """
    tables = {key: _holders(key, assets) for key in MATCH_KEYS if any(one.match.get(key) for one in positions)}
    found = [_stand(position, tables) for position in sorted(positions, key=lambda one: one.id)]
    taken: dict[str, list[Standing]] = {}
    for one in found:
        if one.asset:
            taken.setdefault(one.asset, []).append(one)
    by_id = {asset.id: asset for asset in assets}
    for name, several in taken.items():
        if len(several) > 1:
            taken[name] = _not_left(several, settle.addresses(by_id[name])) or several
    return tuple(_alone(one, [other.position for other in taken.get(one.asset, [])]) for one in found)


def _not_left(several: Sequence[Standing], addresses: Sequence[str]) -> list[Standing]:
    """Those of an asset's positions that are not tied to an address which it has left."""
    ties = {f"ip_address {address}" for address in addresses}
    return [one for one in several if not one.reason.startswith("ip_address ") or _tie(one) in ties]


def _tie(one: Standing) -> str:
    key, _, value = one.reason.partition(" ")
    return f"{key} {normal(key, value)}"


def place(assets: Sequence[Asset], positions: Sequence[Position], standings: Iterable[Standing]) -> tuple[Asset, ...]:
    """Assets with their position and what was declared for it beside what was observed."""
    declared = {one.id: one for one in positions}
    at = {one.asset: declared[one.position] for one in standings if one.asset}
    return tuple(_placed(asset, at.get(asset.id)) for asset in assets)


class Whereabouts:
    """The zones of a plant, arranged so that an address or an asset is found in its zone at once."""

    __slots__ = ("_lengths", "_named", "_ranges")

    def __init__(self, zones: Iterable[Zone]) -> None:
        self._ranges: dict[tuple[str, int, int, int], str] = {}
        self._named: dict[tuple[str, str], str] = {}
        lengths: dict[tuple[str, int], set[int]] = {}
        for zone in zones:
            for net in zone.networks:
                self._ranges[zone.realm, net.version, net.prefixlen, int(net.network_address)] = zone.id
                lengths.setdefault((zone.realm, net.version), set()).add(net.prefixlen)
            self._named |= {(zone.realm, f"position {name}"): zone.id for name in zone.positions}
            self._named |= {("", f"asset {name}"): zone.id for name in zone.assets}
        self._lengths = {space: sorted(found, reverse=True) for space, found in lengths.items()}

    def of_address(self, realm: str, ip: IPAddress) -> str | None:
        """The zone with the most specific range around an address, None when it lies in none."""
        for length in self._lengths.get((realm, ip.version), ()):
            shift = ip.max_prefixlen - length
            zone = self._ranges.get((realm, ip.version, length, int(ip) >> shift << shift))
            if zone is not None:
                return zone
        return None

    def by_name(self, asset: Asset) -> str | None:
        """The zone into which an asset or its position was put by name."""
        if asset.position and (zone := self._named.get((asset.realm, f"position {asset.position}"))):
            return zone
        names = (self._named.get(("", f"asset {name}")) for name in (asset.id, *asset.aliases))
        return next((zone for zone in names if zone), None)

    def by_address(self, asset: Asset) -> tuple[str, ...]:
        """The zones in which the current addresses of an asset lie, sorted; an address in no zone does not count."""
        if not any(realm == asset.realm for realm, _ in self._lengths):
            return ()
        found = (self.of_address(asset.realm, ip_address(text)) for text in settle.addresses(asset))
        return tuple(sorted({zone for zone in found if zone}))

    def zone_of(self, asset: Asset) -> str | None:
        """The zone by name, else the one in which all addresses lie; None when there is none or more than one."""
        if named := self.by_name(asset):
            return named
        found = self.by_address(asset)
        return found[0] if len(found) == 1 else None


def normal(key: str, value: str) -> str:
    """A match value in the form in which two are compared."""
    match key:
        case "mac_address":
            return oui.normal(value) or value
        case "ip_address":
            try:
                return str(ip_address(value.strip()))
            except ValueError:
                return value
        case _:
            return folded(value)


def _holders(key: str, assets: Sequence[Asset]) -> Mapping[tuple[str, str], list[str]]:
    """Asset ids by realm and value. For an address only those that were seen there last."""
    seen: dict[tuple[str, str], dict[str, Fact]] = {}
    for asset in assets:
        for fact in settle.current(fact for fact in asset.facts if fact.key == key):
            if fact.source.kind != DECLARED and not (asset.parent and key == "ip_address"):
                said = seen.setdefault((asset.realm, normal(key, str(fact.value))), {})
                if asset.id not in said or fact.last_seen > said[asset.id].last_seen:
                    said[asset.id] = fact
    if key != "ip_address":
        return {value: sorted(said) for value, said in seen.items()}
    newest = {value: max(fact.last_seen for fact in said.values()) for value, said in seen.items()}
    return {
        value: sorted(name for name in said if said[name].last_seen == newest[value]) for value, said in seen.items()
    }


def _stand(position: Position, tables: Mapping[str, Mapping[tuple[str, str], list[str]]]) -> Standing:
    several = ""
    for key in MATCH_KEYS:
        wanted = position.match.get(key, "")
        held = tables[key].get((position.realm, normal(key, wanted)), []) if wanted else []
        if len(held) == 1:
            return Standing(position.id, held[0], f"{key} {wanted}")
        if held and not several:
            several = f"{key} {wanted} belongs to {', '.join(held)}"
    if several:
        return Standing(position.id, "", several)
    known = [f"{key} {position.match[key]}" for key in MATCH_KEYS if position.match.get(key)]
    reason = f"no device with {' or '.join(known)}" if known else f"declares none of {', '.join(MATCH_KEYS)}"
    return Standing(position.id, "", reason)


def _alone(one: Standing, positions: list[str]) -> Standing:
    if positions in ([], [one.position]):
        return one
    others = ", ".join(name for name in positions if name != one.position)
    return Standing(one.position, "", f"{one.reason} names {one.asset}, which {others} names too")


def _placed(asset: Asset, position: Position | None) -> Asset:
    if position is None:
        return asset
    known = vocabulary()
    facts = tuple(
        Fact(
            subject=Subject(known[key].kind, asset.id, "" if known[key].kind == "asset" else DECLARED),
            key=key,
            value=value,
            source=Source(DECLARED, position.source),
            vantage="",
            first_seen=position.declared_at,
            last_seen=position.declared_at,
            confidence=DECLARED_CONFIDENCE,
        )
        for key, value in sorted(position.declared.items())
        if key in known and is_of_type(known[key], value)
    )
    return replace(asset, facts=(*asset.facts, *facts), position=position.id)
