"""The functions that an expression may call. None of them reads a file, a clock or a network.

Each gets the context and plain values; unknown and rival arguments are settled before it is called.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_address

from assetctl.facts import vocabulary
from assetctl.model import Fact, PortState, SubjectKind, Zone
from assetctl.policy.belonging import BELONGING
from assetctl.policy.callables import Function, LookUp
from assetctl.policy.context import Context
from assetctl.policy.counting import DECLARED, STRONG
from assetctl.policy.coverage import covers, is_complete
from assetctl.policy.history import HISTORY
from assetctl.policy.names import FR, has_strong
from assetctl.policy.reach import REACH
from assetctl.policy.values import DISAGREE, EvaluationError, Operand, Reason, Rivals, Span, Unknown, possible
from assetctl.policy.view import Reading, View
from assetctl.policy.zone_functions import ZONED

_PLAIN_VERSION = re.compile(r"[vV]?(\d{1,9}(?:\.\d{1,9}){0,7})\Z")
_LAST_NUMBER = re.compile(r"(?:^|\s)(\d{1,6})\Z")
MOST_TEXT = 4096
_ASSET, _SERVICE = SubjectKind.ASSET, SubjectKind.SERVICE


def port_state(c: Context, transport: str, number: int) -> Operand:
    reading = c.seen.read(_SERVICE, f"{transport}/{number}", "port_state", c.max_age)
    c.trace.append(reading)
    return reading.value


def port(c: Context, which: str | int) -> Operand:
    where = _service_at(which)
    if where is None:
        return Unknown(Reason.NOT_COMPARABLE, str(which))
    assert c.view is not None
    reading = c.view.read(_SERVICE, where, "port_state", c.max_age)
    c.trace.append(reading)
    return reading.value


@lru_cache(4096)
def _service_at(which: str | int) -> str | None:
    """The service of a port such as 23 or "udp/161", None for what is no port."""
    transport, _, number = which.partition("/") if isinstance(which, str) else ("tcp", "/", str(which))
    return f"{transport}/{int(number)}" if transport in ("tcp", "udp") and number.isdecimal() else None


def speaks(c: Context, protocol: str, which: str | int) -> Operand:
    """A closed port speaks nothing; an open one speaks what was recognised, not what its number suggests."""
    state = port(c, which)
    if isinstance(state, Rivals):
        return DISAGREE
    if state != PortState.OPEN:
        return False if state == PortState.CLOSED else state
    where = which if isinstance(which, str) else f"tcp/{which}"
    if not _was_probed(c, where):
        return Unknown(Reason.NOT_IDENTIFIED, where)
    name = c.seen.read(_SERVICE, where, "service_name", c.max_age)
    c.trace.append(name)
    if isinstance(name.value, str):
        return name.value.casefold() == protocol.casefold()
    return Unknown(Reason.NOT_IDENTIFIED, where) if isinstance(name.value, Unknown) else Unknown(Reason.DISAGREE, where)


def uses_tls(c: Context) -> Operand:
    """Whether the service stands behind TLS; no only when the service was recognised and no TLS was seen."""
    view, where = c.seen, c.local_key
    tunnel = view.read(_SERVICE, where, "service_tunnel", c.max_age)
    versions = view.read(_SERVICE, where, "tls_versions", c.max_age)
    for reading in (tunnel, versions):
        if isinstance(reading.value, str | tuple) and reading.value:
            c.trace.append(reading)
            return True
    for key in view.parts.get(SubjectKind.CERTIFICATE, ()):
        if key.startswith(f"{where}/"):
            c.trace.append(view.read(SubjectKind.CERTIFICATE, key, "certificate_fingerprint", c.max_age))
            return True
    name = view.read(_SERVICE, where, "service_name", c.max_age)
    c.trace.append(name)
    if isinstance(name.value, str) and _was_probed(c, where):
        return False
    return Unknown(Reason.NOT_IDENTIFIED, where)


def tried_tls(c: Context, version: str) -> Operand:
    """Yes when some source tried that version on the service; else open, since one handshake tries only a few."""
    tried = c.seen.read(_SERVICE, c.local_key, "tls_versions_tried", c.max_age)
    c.trace.append(tried)
    if isinstance(tried.value, Unknown | Span):
        return tried.value
    if any(isinstance(versions, tuple) and version in versions for versions in possible(tried.value)):
        return True
    return Unknown(Reason.NOT_PROBED, f"{c.local_key}: {version} was not tried")


def listed(_: Context, names: tuple[str, ...], name: str) -> Operand:
    """Yes when a list of what was tried or refused names it; else open, since the list says nothing of the rest."""
    return True if name in names else Unknown(Reason.NOT_PROBED, f"{name} was not tried")


def version_at_least(_: Context, have: str, wanted: str) -> Operand:
    if have.strip() == wanted.strip():
        return True
    pair = _PLAIN_VERSION.match(have.strip()), _PLAIN_VERSION.match(wanted.strip())
    if pair[0] is None or pair[1] is None:
        return Unknown(Reason.NOT_COMPARABLE, f"versions {have[:40]} and {wanted[:40]}")
    rows = [[int(part) for part in found[1].split(".")] for found in pair if found]
    width = max(map(len, rows))
    left, right = (row + [0] * (width - len(row)) for row in rows)
    return left >= right


def days_until(c: Context, moment: str) -> Operand:
    try:
        when = datetime.fromisoformat(moment)
    except ValueError:
        return Unknown(Reason.NOT_COMPARABLE, f"date {moment[:40]}")
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (when - c.survey.now) // timedelta(days=1)


def settled(_: Context, open_questions: tuple[str, ...]) -> Operand:
    """Yes when a list of open questions is empty; while it is not, nobody can say."""
    return Unknown(Reason.UNDECIDED, open_questions[0][:200]) if open_questions else True


def glob(_: Context, text: str, pattern: str) -> Operand:
    return fnmatchcase(text[:MOST_TEXT].casefold(), pattern[:200].casefold())


def key_bits(_: Context, key: str) -> Operand:
    found = _LAST_NUMBER.search(key[:MOST_TEXT])
    return int(found[1]) if found else Unknown(Reason.NOT_COMPARABLE, f"key {key[:40]}")


def has_entry(_: Context, entries: tuple[str, ...], name: str) -> Operand:
    return any(entry.partition("=")[0].strip().casefold() == name.casefold() for entry in entries)


def entry_allows(_: Context, entries: tuple[str, ...], name: str, value: str) -> Operand:
    wanted = (name.casefold(), value.casefold())
    return any(tuple(part.strip().casefold() for part in entry.split("=", 1)) == wanted for entry in entries)


def locally_administered(_: Context, mac: str) -> Operand:
    """The second lowest bit of the first octet; multicast addresses belong to no device."""
    first = mac.replace("-", ":").split(":", maxsplit=1)[0]
    if not re.fullmatch(r"[0-9A-Fa-f]{2}", first):
        return Unknown(Reason.NOT_COMPARABLE, f"address {mac[:40]}")
    return bool(int(first, 16) & 0x02)


def is_recorded(c: Context, key: str) -> Operand:
    """As `recorded`, for a fact key that is a text, such as one out of a list in params."""
    entry = vocabulary().get(key)
    if entry is None:
        raise EvaluationError(f'there is no fact "{key[:60]}"')
    kind = SubjectKind.ASSET if entry.kind is SubjectKind.ASSET else None
    return recorded(c, c.seen, kind, "", key)


def sl_t(c: Context, fr: str) -> Operand:
    zone = c.zone or (c.survey.zone_of(c.view) if c.view else None)
    if zone is None or fr not in zone.sl_t:
        return Unknown(Reason.NOT_DECLARED, f"SL-T({fr})")
    return zone.sl_t[fr]


def in_zone_ranges(c: Context, address: str) -> Operand:
    zone = _zone_of(c)
    if zone is None or not zone.networks:
        return Unknown(Reason.NOT_DECLARED, "zone ranges")
    try:
        ip = ip_address(address)
    except ValueError:
        return Unknown(Reason.NOT_COMPARABLE, f"address {address[:40]}")
    return any(ip in network for network in zone.networks)


def zone_has_ranges(c: Context) -> Operand:
    zone = _zone_of(c)
    return Unknown(Reason.NOT_DECLARED, "zone") if zone is None else bool(zone.networks)


def scanned(c: Context, days: int) -> Operand:
    """Whether complete runs within so many days covered the whole declared network."""
    network, plant = c.network, c.survey.plant
    assert network is not None
    if not plant.scans:
        return Unknown(Reason.NOT_DECLARED, "scan log")
    since = c.survey.now - timedelta(days=days)
    complete = [scan for scan in plant.scans if scan.realm == network.realm and is_complete(scan, since)]
    return covers(complete, network.range)


def _zone_of(c: Context) -> Zone | None:
    return c.zone or c.survey.zone_of(c.seen)


def _was_probed(c: Context, where: str) -> bool:
    """Whether some source recognised the service itself, not only its port number."""
    source = c.seen.read(_SERVICE, where, "service_source", c.max_age)
    c.trace.append(source)
    return not isinstance(source.value, Unknown | Span) and "probed" in possible(source.value)


_STATE = ("port_state",)
_NAMED = ("port_state", "service_name", "service_source")
_TLS = ("service_tunnel", "tls_versions", "service_name", "service_source")

FUNCTIONS: Mapping[str, Function] = {
    "port": Function(("text|number",), "text", port, "state of a port: open or closed", "asset", reads=_STATE),
    "port_state": Function(
        ("text", "number"), "text", port_state, "state of a port of a transport", "asset", reads=_STATE
    ),
    "speaks": Function(
        ("text", "text|number"), "flag", speaks, "a protocol was recognised on a port", "asset", reads=_NAMED
    ),
    "uses_tls": Function((), "flag", uses_tls, "the service stands behind TLS", "service", reads=_TLS),
    "tried_tls": Function(
        ("text",),
        "flag",
        tried_tls,
        "a TLS version was tried; open when it was not",
        "service",
        reads=("tls_versions_tried",),
    ),
    "listed": Function(("texts", "text"), "flag", listed, "a list of what was tried names it; open when it does not"),
    "version_at_least": Function(("text", "text"), "flag", version_at_least, "a version is not lower than another"),
    "days_until": Function(("text",), "number", days_until, "whole days from now to a date"),
    "settled": Function(("texts",), "flag", settled, "a list of open questions is empty; unknown while it is not"),
    "glob": Function(("text", "text"), "flag", glob, "a text matches a pattern of * and ?, upper and lower case alike"),
    "key_bits": Function(("text",), "number", key_bits, 'size in "ssh-rsa 2048"'),
    "has_entry": Function(("texts", "text"), "flag", has_entry, 'a list of "name=value" has the name'),
    "entry_allows": Function(("texts", "text", "text"), "flag", entry_allows, 'a list has "name=value"'),
    "is_recorded": Function(("text",), "flag", is_recorded, "the record holds that fact", "asset", closed=True),
    "locally_administered": Function(("text",), "flag", locally_administered, "a MAC address was not given by a maker"),
    "sl_t": Function(("text",), "number", sl_t, f"target level of the zone for one of {', '.join(FR)}", "zoned"),
    "in_zone_ranges": Function(("text",), "flag", in_zone_ranges, "an address lies in its zone's ranges", "asset"),
    "zone_has_ranges": Function((), "flag", zone_has_ranges, "the asset's zone declares ranges", "zoned"),
    "scanned": Function(("number",), "flag", scanned, "complete runs covered the network within the days", "network"),
    **ZONED,
    **BELONGING,
    **REACH,
}


def _facts(view: View, kind: SubjectKind | None, local_key: str, key: str) -> list[object]:
    found = view.by_key.get(key, []) if kind is None else view.facts_of(local_key, key)
    return [fact for fact in found if fact.value not in ("", ())]


def _note(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str, *, closed: bool) -> bool:
    """Whether a fact has any value at all, whatever its age."""
    reading = view.looked_up.get((kind, local_key, key, closed))
    if reading is None:
        found = view.by_key.get(key, []) if kind is None else view.facts_of(local_key, key)
        subject = view.subject(kind or _ASSET, local_key)
        held = [fact for fact in found if fact.value not in ("", ())]
        value: Operand = held[0].value if held else Unknown(Reason.NOT_PROBED, key)
        reading = Reading(subject, key, value, tuple(held[:4]), closed=closed)
        view.looked_up[kind, local_key, key, closed] = reading
    c.trace.append(reading)
    return bool(reading.facts)


def has(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    """Known and fresh; not there only when a probe that would tell it answered without it."""
    _note(c, view, kind, local_key, key, closed=False)
    found = view.by_key.get(key, []) if kind is None else view.facts_of(local_key, key)
    if any(fact.value not in ("", ()) for fact in view.fresh(found, c.max_age)):
        return True
    tellers = {name for name, keys in c.survey.plant.yields.items() if key in keys}
    heard = (fact for facts in view.by_key.values() for fact in facts if fact.source.name in tellers)
    if any(fact.source.kind == "probe" for fact in view.fresh(heard, c.max_age)):
        return False
    return Unknown(Reason.STALE if found else Reason.NOT_PROBED, key)


def recorded(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    return _note(c, view, kind, local_key, key, closed=True)


def fresh(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    if not _note(c, view, kind, local_key, key, closed=False):
        return Unknown(Reason.NOT_PROBED, key)
    found = view.by_key.get(key, []) if kind is None else view.facts_of(local_key, key)
    return bool(view.fresh(found, c.max_age))


def sources(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    _note(c, view, kind, local_key, key, closed=True)
    return has_strong(view, key)


def conflicts(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    """Whether sources that are more than guesses give different values, declared ones included.

    What only stale evidence contradicts is open, and so is what only stale evidence says.
    """
    _note(c, view, kind, local_key, key, closed=False)
    found = view.by_key.get(key, []) if kind is None else view.facts_of(local_key, key)
    firm = [fact for fact in found if fact.confidence >= STRONG or fact.source.kind == DECLARED]
    fresh_ones = view.fresh(firm, c.max_age)
    if len(_told_last(fresh_ones)) > 1:
        return True
    is_open = len(_told_last(firm)) > 1 or (firm and not fresh_ones)
    return Unknown(Reason.STALE, key) if is_open else False


def _told_last(facts: Iterable[Fact]) -> set[str]:
    """The values that sources gave last, whatever their case and spaces."""
    newest: dict[tuple[str, str], tuple[datetime, str]] = {}
    for fact in facts:
        source = (fact.source.kind, fact.source.name)
        spelled = " ".join(str(fact.value).split()).casefold()
        newest[source] = max(newest.get(source, (fact.last_seen, spelled)), (fact.last_seen, spelled))
    return {spelled for _, spelled in newest.values()}


LOOK_UPS: Mapping[str, LookUp] = {
    "has": LookUp("flag", has, "known; false only when a probe that tells it answered without it", closed=False),
    "recorded": LookUp("flag", recorded, "some value stands in the inventory, whatever its age"),
    "fresh": LookUp("flag", fresh, "the newest evidence is not older than max_age", closed=False),
    "sources": LookUp("number", sources, "how many sources give a value that is more than a guess"),
    "conflicts": LookUp("flag", conflicts, "such sources differ", closed=False),
    **HISTORY,
}
