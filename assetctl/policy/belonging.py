"""What belongs together: a name and its asset, a neighbour and the inventory, a position and its device."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from assetctl.keys import ip_in
from assetctl.model import IPAddress, Position, Scan, ScanState, SubjectKind
from assetctl.policy.callables import Function
from assetctl.policy.context import Context
from assetctl.policy.counting import DECLARED, STRONG
from assetctl.policy.coverage import answers, looks_at, narrowed
from assetctl.policy.values import DISAGREE, Operand, Reason, Rivals, Unknown
from assetctl.policy.view import View

_NEIGHBOUR = SubjectKind.NEIGHBOUR
_CALLED = {
    "neighbour_mac_address": ("mac_address", "bridge_mac_address", "lldp_chassis_id"),
    "neighbour_chassis": ("lldp_chassis_id", "mac_address", "bridge_mac_address"),
    "neighbour_name": ("hostname",),
    "neighbour_addresses": ("ip_address",),
}
"""What a neighbour is called by, and among which facts of assets that is looked up."""


def given(_: Context, entries: tuple[str, ...]) -> Operand:
    """Yes when a list of params was filled in; else nobody has declared it."""
    return True if entries else Unknown(Reason.NOT_DECLARED, "params")


def names_asset(c: Context, names: tuple[str, ...]) -> Operand:
    """Whether one of the names is the asset's host name or one of its addresses.

    No is an answer only when the host name is known, and no name is an address that may be one of its others.
    """
    read = c.read(c.seen, SubjectKind.ASSET, "", "hostname")
    addresses = set(_own_addresses(c))
    told = [ip_in(name) for name in names]
    if any(ip in addresses for ip in told if ip):
        return True
    if isinstance(read.value, Unknown | Rivals):
        return read.value if isinstance(read.value, Unknown) else DISAGREE
    matches = [_is_named(name, str(read.value)) for name, ip in zip(names, told, strict=True) if ip is None]
    if True in matches:
        return True
    if any(told) or None in matches:
        return Unknown(Reason.NOT_COVERED, "names and addresses of the asset")
    return False


def is_known_device(c: Context) -> Operand:
    """Whether a neighbour is a device of the register, or one that told something of itself."""
    view, where = c.seen, c.local_key
    is_identified = False
    for key, facts in _CALLED.items():
        reading = c.read(view, _NEIGHBOUR, where, key)
        if isinstance(reading.value, Unknown | Rivals):
            continue
        told = reading.value if isinstance(reading.value, tuple) else (str(reading.value),)
        is_identified |= bool(told)
        for holder in _holders(c, told, facts):
            if holder.root is not view.root and _is_established(holder.root):
                return True
    return False if is_identified else Unknown(Reason.NOT_PROBED, "neighbour")


def seen_within(c: Context, days: int) -> Operand:
    """Whether a device was seen at a position in the last days; no only when a finished run asked it and it was silent.

    A device that never answered us is not missing because it does not answer now.
    """
    position, plant = c.position, c.survey.plant
    assert position is not None
    since = c.survey.now - timedelta(days=days)
    view = c.survey.standing.get((position.realm, position.id))
    told = [fact for fact in view.asset.facts if fact.source.kind != DECLARED] if view else []
    last = max(told, key=lambda fact: (fact.last_seen, fact.source.evidence), default=None)
    if last is None:
        return Unknown(Reason.NOT_PROBED, position.id)
    c.note(last, closed=True)
    if last.last_seen >= since:
        return True
    answered_us = any(fact.source.kind == "probe" and fact.confidence >= STRONG for fact in told)
    after = [scan for scan in plant.scans if _is_finished(scan, position.realm) and scan.ended and scan.ended >= since]
    wanted = answers(told)
    if answered_us and any(_asked(narrowed(scan, plant.asked, wanted), position, view) for scan in after):
        return False
    return Unknown(Reason.NOT_COVERED, position.id)


def _own_addresses(c: Context) -> Iterable[IPAddress]:
    for part in c.seen.parts.get(SubjectKind.INTERFACE, ()):
        reading = c.read(c.seen, SubjectKind.INTERFACE, part, "ip_address")
        if isinstance(reading.value, str) and (ip := ip_in(reading.value)):
            yield ip


def _is_named(name: str, host: str) -> bool | None:
    """Whether a name of a certificate is that of a host; None where one of the two leaves out the domain."""
    name, host = name.casefold().rstrip("."), host.casefold().rstrip(".")
    if name == host:
        return True
    first, _, domain = name.partition(".")
    own, _, own_domain = host.partition(".")
    if domain and own_domain and domain != own_domain:
        return False
    if first == "*":
        return True if own_domain else None
    return first == own


def _holders(c: Context, told: Iterable[str], facts: Iterable[str]) -> Iterable[View]:
    realm = c.seen.asset.realm
    return (view for value in told for key in facts for view in c.survey.holders(realm, key, value))


def _is_established(view: View) -> bool:
    """Not only heard of: it stands in the register, or some source knew it better than by hearsay."""
    return view.asset.position is not None or any(fact.confidence >= STRONG for fact in view.asset.facts)


def _is_finished(scan: Scan, realm: str) -> bool:
    return scan.realm == realm and scan.state is ScanState.DONE


def _asked(scan: Scan, position: Position, view: View | None) -> bool:
    """Whether a run asked every address at which the device of a position is known."""
    known = {str(fact.value) for fact in view.by_key.get("ip_address", ())} if view else set()
    wanted = {ip for text in {*known, position.match.get("ip_address", "")} if (ip := ip_in(text))}
    return bool(wanted) and all(looks_at(scan, ip) for ip in wanted)


BELONGING: Mapping[str, Function] = {
    "given": Function(("texts",), "flag", given, "a list of params was filled in"),
    "names_asset": Function(
        ("texts",), "flag", names_asset, "a name is that of the asset", "asset", reads=("hostname", "ip_address")
    ),
    "is_known_device": Function(
        (), "flag", is_known_device, "a neighbour stands in the inventory", "neighbour", reads=tuple(_CALLED)
    ),
    "seen_within": Function(("number",), "flag", seen_within, "a device was seen there within the days", "position"),
}
