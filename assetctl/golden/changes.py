"""How a device differs from its entry: in its values, its rack and its ports."""

from collections.abc import Mapping

from assetctl.baseline import FIELDS, MANY, PORTS, Entry, Rule, key_of, parts_of, ports, values_of
from assetctl.golden.look import Look
from assetctl.golden.outcome import Difference, Outcome
from assetctl.model import Asset

PARENT = "parent"
_PIECE = ("serial_number", "mac_address")  # what tells one piece of a kind from another


def changed_fields(look: Look, entry: Entry, asset: Asset) -> list[Difference]:
    now = values_of(asset, since=look.cut)
    found = []
    for name in FIELDS:
        approved = entry.facts.get(name)
        if approved is None or look.golden.rule(entry, name) is Rule.IGNORE:
            continue
        if name not in now:
            outcome, note = _unread(look, entry, name)
            found.append(Difference(entry.key, asset.id, outcome, name, ", ".join(approved), note=note))
        elif (differs := _differs(look, entry, name, now)) is not None:
            outcome, note = _kind(look, entry, name, now)
            note = note or differs
            found.append(Difference(entry.key, asset.id, outcome, name, ", ".join(approved), now[name], note))
    return _as_one_piece(found)


def changed_rack(look: Look, entry: Entry, asset: Asset, matched: Mapping[str, Asset]) -> list[Difference]:
    """A part that stands in another device than the one it was approved in."""
    device = matched.get(entry.parent)
    if device is None or asset.parent == device.id or look.golden.rule(entry, PARENT) is Rule.IGNORE:
        return []
    now = next((one for one in look.assets if one.id == asset.parent), None)
    return [Difference(entry.key, asset.id, Outcome.CHANGED, PARENT, entry.parent, key_of(now) if now else "")]


def _as_one_piece(found: list[Difference]) -> list[Difference]:
    """An exchanged piece has another serial number and another hardware address: one line."""
    pieces = [one for one in found if one.outcome is Outcome.EXCHANGED]
    return [one for one in found if one not in pieces[1:]]


def _unread(look: Look, entry: Entry, name: str) -> tuple[Outcome, str]:
    """What it means that nobody told an approved value: today's decoders may leave it out."""
    again = look.reread(entry) if look.versions_differ and look.reread and entry.evidence else None
    if again is None or name in again:
        return Outcome.NOT_OBSERVED, ""
    return Outcome.READING_CHANGED, "today's decoders do not read it in the golden's own evidence either"


def _kind(look: Look, entry: Entry, name: str, now: Mapping[str, str]) -> tuple[Outcome, str]:
    """What a differing value means."""
    note = ""
    if look.versions_differ and look.reread and entry.evidence:
        again = look.reread(entry)
        if again is not None and again.get(name) == now[name]:
            return Outcome.READING_CHANGED, "today's decoders read the golden's own evidence the same way"
        note = "decoders changed, and the evidence of the golden entry is not at hand" if again is None else ""
    if name in _PIECE and not note and _is_another_piece(look, entry, name, now):
        alike = [kind for kind in ("order_code", "model") if kind in entry.facts and now.get(kind)]
        if alike and all(now[kind] in entry.facts[kind] for kind in alike):
            return Outcome.EXCHANGED, f"same {alike[0].replace('_', ' ')} {now[alike[0]]}"
    return Outcome.CHANGED, note


def _is_another_piece(look: Look, entry: Entry, name: str, now: Mapping[str, str]) -> bool:
    """Whether a differing serial number or hardware address shows that a device was exchanged, not a part of it."""
    if name == "serial_number":
        return True
    kept = parts_of(now[name]) & parts_of(", ".join(entry.facts[name]))
    serial = "serial_number"
    same = serial in now and serial in entry.facts and _differs(look, entry, serial, now) is None
    return not kept and not same


def changed_ports(look: Look, entry: Entry, asset: Asset) -> list[Difference]:
    if look.golden.rule(entry, PORTS) is Rule.IGNORE or entry.parent:
        return []
    now = {name: state for name, (state, fact) in ports(asset).items() if look.is_fresh(fact.last_seen)}
    found = []
    for name, approved in entry.ports.items():
        if name not in now:
            found.append(Difference(entry.key, asset.id, Outcome.NOT_OBSERVED, name, approved))
        elif now[name] != approved:
            outcome, note = _kind(look, entry, name, now)
            found.append(Difference(entry.key, asset.id, outcome, name, approved, now[name], note))
    opened = sorted(name for name, state in now.items() if state == "open" and name not in entry.ports)
    return found + [Difference(entry.key, asset.id, Outcome.NEW, name, "", "open") for name in opened]


def _differs(look: Look, entry: Entry, name: str, now: Mapping[str, str]) -> str | None:
    """None when a value is as approved, else what there is to say about the difference, mostly ""."""
    approved, value = entry.facts[name], now[name]
    if value in approved:
        return None
    if name in MANY and parts_of(value) <= parts_of(", ".join(approved)):  # one that was not told now is no change
        return None
    if name == "ip_address" and any(parts_of(value) == parts_of(one) for one in approved):
        return None
    if look.golden.rule(entry, name) is not Rule.AT_LEAST:
        return ""
    maker = now.get("manufacturer", "")
    known = [look.at_least(value, one, maker) for one in approved]
    if True in known:
        return None
    return "the two versions have no known order" if None in known else "lower than approved"
