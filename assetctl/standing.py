"""Which device stands at which declared position, and which zone an asset lies in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from assetctl import oui, settle
from assetctl.facts import is_of_type, vocabulary
from assetctl.model import Asset, Fact, IPAddress, Position, Source, Subject, Zone
from assetctl.settle import DECLARED

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
    spare is at once the device at the position. An address belongs to the asset that was seen there last.
    """
    tables = {key: _holders(key, assets) for key in MATCH_KEYS}
    found = [_stand(position, tables) for position in sorted(positions, key=lambda one: one.id)]
    taken: dict[str, list[str]] = {}
    for one in found:
        if one.asset:
            taken.setdefault(one.asset, []).append(one.position)
    return tuple(_alone(one, taken.get(one.asset, [])) for one in found)


def place(assets: Sequence[Asset], positions: Sequence[Position], standings: Iterable[Standing]) -> tuple[Asset, ...]:
    """Assets with their position and what was declared for it beside what was observed."""
    declared = {one.id: one for one in positions}
    at = {one.asset: declared[one.position] for one in standings if one.asset}
    return tuple(_placed(asset, at.get(asset.id)) for asset in assets)


def zone_of(asset: Asset, zones: Sequence[Zone]) -> str | None:
    """The one zone that all current addresses of an asset lie in, None when there is none or more than one."""
    where = {zone.id for zone in zones for ip in _current(asset) if zone.realm == asset.realm and _in(ip, zone)}
    return where.pop() if len(where) == 1 else None


def _current(asset: Asset) -> list[IPAddress]:
    return [ip_address(text) for text in settle.addresses(asset)]


def _in(ip: IPAddress, zone: Zone) -> bool:
    return any(ip.version == network.version and ip in network for network in zone.networks)


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
            return " ".join(value.split()).casefold()


def _holders(key: str, assets: Sequence[Asset]) -> Mapping[tuple[str, str], list[str]]:
    """Asset ids by realm and value. For an address only those that were seen there last."""
    seen: dict[tuple[str, str], dict[str, Fact]] = {}
    for asset in assets:
        for fact in settle.current(asset.facts):
            if fact.key == key and fact.source.kind != DECLARED and not (asset.parent and key == "ip_address"):
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
    if len(positions) < 2:
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
    return replace(asset, facts=asset.facts + facts, position=position.id)
