"""Who is connected to whom, out of what switches, routers and stations say of their neighbours. Pure.

Theory. LLDP and CDP name the device at the other end of a cable: such an entry is a link. A forwarding table only says
behind which port an address lies, perhaps far behind. Two switches are taken for directly connected where each sees
the other and no third switch is seen by both through these ports. Any other device hangs on the port that sees it
without seeing a switch; where that port sees several devices, something that cannot be managed lies between. A device
for which no such port is known hangs nowhere, and is listed as loose.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations

from assetctl.keys import mac_address
from assetctl.model import Asset, SubjectKind, Value
from assetctl.settle import SAME_LOOK, addresses, current, text, texts

_OWN = frozenset({"self", "local", "mgmt"})
_OF_ITSELF = frozenset({"mac_address", "ip_address", "hostname", "asset_role_type"})
_SWITCHES = frozenset({"switch", "router", "firewall", "access-point"})


@dataclass(frozen=True, slots=True, order=True)
class End:
    """One end of a link. port: as the device calls it, "" where nobody told."""

    asset: str
    port: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """How two assets are connected. how: lldp, cdp or fdb. shared: several devices were seen at one end's port.

    both: each end told of the other over LLDP or CDP.
    """

    one: End
    other: End
    how: tuple[str, ...]
    shared: bool = False
    both: bool = False


@dataclass(frozen=True, slots=True)
class Weakness:
    """An asset without which others are cut off from the rest. cut_off: their ids."""

    asset: str
    cut_off: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """links: sorted. weaknesses: most cut off first. loose: devices with an address or MAC that hang nowhere.

    switches: assets that pass frames on, by their role or their forwarding table.
    """

    links: tuple[Link, ...]
    weaknesses: tuple[Weakness, ...]
    loose: tuple[str, ...]
    switches: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One neighbour at one port of a reporter, and the asset that it is."""

    reporter: str
    port: str
    remote: str
    remote_port: str
    how: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Said:
    """What an asset says of itself, taken out of its facts at once: those of a large inventory are packed.

    names: what neighbours may call it. passes_on: its role is to pass frames on. is_placed: it has an address or MAC.
    """

    names: tuple[str, ...]
    passes_on: bool
    is_placed: bool


def topology(assets: Iterable[Asset]) -> Topology:
    """The connections among assets, the same for every order of them."""
    whole = tuple(sorted((one for one in assets if one.parent is None), key=lambda one: one.id))
    said = {one.id: _said(one) for one in whole}
    entries = tuple(_entries(whole, _names(said)))
    switches = frozenset(id for id, of in said.items() if of.passes_on) | _reporters(entries)
    direct = _cables(entry for entry in entries if not entry.how.isdisjoint({"lldp", "cdp"}))
    known = {frozenset((link.one.asset, link.other.asset)) for link in direct}
    tables = _Tables(entries, switches)
    links = tuple(sorted({*direct, *tables.between_switches(known), *tables.stations(known)}))
    held = {end.asset for link in links for end in (link.one, link.other)}
    loose = (id for id, of in said.items() if id not in held and of.is_placed)
    return Topology(links, weaknesses(links), tuple(loose), switches)


def weaknesses(links: Iterable[Link]) -> tuple[Weakness, ...]:
    """Assets whose loss cuts others off from the largest part that is left of their network."""
    graph: dict[str, set[str]] = {}
    for link in links:
        graph.setdefault(link.one.asset, set()).add(link.other.asset)
        graph.setdefault(link.other.asset, set()).add(link.one.asset)
    found = []
    for network in _networks(graph, frozenset()):
        for name in sorted(one for one in network if len(graph[one]) > 1):
            left = sorted(_networks({one: graph[one] for one in network}, {name}), key=lambda part: (-len(part), part))
            if cut := sorted(one for part in left[1:] for one in part):
                found.append(Weakness(name, tuple(cut)))
    return tuple(sorted(found, key=lambda one: (-len(one.cut_off), one.asset)))


def _networks(graph: Mapping[str, Set[str]], without: Set[str]) -> list[list[str]]:
    """The connected parts of a graph, some of its nodes taken away."""
    seen, parts = set(without), []
    for start in sorted(graph):
        reached, front = set[str](), [start]
        while front:
            name = front.pop()
            if name not in seen:
                seen.add(name)
                reached.add(name)
                front += graph[name]
        if reached:
            parts.append(sorted(reached))
    return parts


def _said(whole: Asset) -> _Said:
    one = replace(whole, facts=tuple(fact for fact in whole.facts if fact.key in _OF_ITSELF))
    macs, ips, name = texts(one, "mac_address"), addresses(one), text(one, "hostname")
    names = [*(f"mac {mac}" for mac in map(mac_address, macs) if mac), *(f"ip {one.realm}/{ip}" for ip in ips)]
    names += [f"name {one.realm}/{name.casefold()}"] if name else []
    passes_on = text(one, "asset_role_type").casefold() in _SWITCHES
    return _Said(tuple(names), passes_on=passes_on, is_placed=bool(ips or macs))


def _names(said: Mapping[str, _Said]) -> Mapping[str, str]:
    """What neighbours may call an asset -> its id; a name that several have is nobody's."""
    told: dict[str, set[str]] = {}
    for id, of in said.items():
        for name in of.names:
            told.setdefault(name, set()).add(id)
    return {name: min(ids) for name, ids in told.items() if len(ids) == 1}


def _entries(assets: Sequence[Asset], names: Mapping[str, str]) -> Iterable[_Entry]:
    for one in assets:
        for facts in _told(one).values():
            remote = _remote(one, facts, names)
            if remote and remote != one.id and _OWN.isdisjoint(_several(facts, "neighbour_entry_types")):
                how = frozenset(_several(facts, "neighbour_learned_by"))
                port, far = str(facts.get("neighbour_local_port", "")), str(facts.get("neighbour_port", ""))
                yield _Entry(one.id, port, remote, far, how)


def _told(one: Asset) -> Mapping[str, Mapping[str, Value]]:
    """The neighbours of an asset by local key; those that its latest tables do not hold any more are history."""
    told = current(fact for fact in one.facts if fact.subject.kind is SubjectKind.NEIGHBOUR)
    newest: dict[str, datetime] = {}
    for fact in told:
        newest[fact.source.name] = max(fact.last_seen, newest.get(fact.source.name, fact.last_seen))
    found: dict[str, dict[str, Value]] = {}
    for fact in told:
        if newest[fact.source.name] - fact.last_seen <= SAME_LOOK:
            found.setdefault(fact.subject.local_key, {})[fact.key] = fact.value
    return found


def _remote(one: Asset, facts: Mapping[str, Value], names: Mapping[str, str]) -> str:
    """The asset that an entry is about, by hardware address, address, then name; "" for nobody known."""
    wanted = [f"mac {mac_address(str(facts.get('neighbour_mac_address', '')))}"]
    wanted += [f"ip {one.realm}/{ip}" for ip in _several(facts, "neighbour_addresses")]
    wanted += [f"name {one.realm}/{str(facts.get('neighbour_name', '')).casefold()}"]
    return next((names[name] for name in wanted if name in names), "")


def _reporters(entries: Iterable[_Entry]) -> frozenset[str]:
    """Whoever has a forwarding table."""
    return frozenset(entry.reporter for entry in entries if "fdb" in entry.how)


def _cables(entries: Iterable[_Entry]) -> tuple[Link, ...]:
    """The cables that devices told of over LLDP or CDP. What both ends tell of one cable is one link.

    Each end's port is called as its own device calls it, where that one told too.
    """
    by_pair: dict[tuple[str, str], list[_Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.reporter, entry.port, entry.remote_port)):
        one, other = sorted((entry.reporter, entry.remote))
        by_pair.setdefault((one, other), []).append(entry)
    return tuple(link for (first, _), told in by_pair.items() for link in _paired(first, told))


def _paired(first: str, told: Sequence[_Entry]) -> Iterable[Link]:
    mine = [entry for entry in told if entry.reporter == first]
    theirs = [entry for entry in told if entry.reporter != first]
    for entry in mine:
        match = next((one for one in theirs if _is_same(entry, one)), None)
        if match is None and len(mine) == len(theirs) == 1:
            match = theirs[0]  # one cable, whose ends are called differently by each
        if match is not None:
            theirs.remove(match)
        yield _cable(entry, match)
    for entry in theirs:
        yield _cable(entry, None)


def _is_same(mine: _Entry, theirs: _Entry) -> bool:
    return mine.port == theirs.remote_port or (mine.remote_port == theirs.port and bool(theirs.port))


def _cable(entry: _Entry, back: _Entry | None) -> Link:
    far = back.port if back else entry.remote_port
    how = (entry.how | (back.how if back else frozenset())) - {"fdb", "arp"}
    one, other = sorted((End(entry.reporter, entry.port), End(entry.remote, far)))
    return Link(one, other, tuple(sorted(how)), both=back is not None)


class _Tables:
    """What the forwarding tables say: for each port of each switch, which switches and stations are behind it."""

    def __init__(self, entries: Iterable[_Entry], switches: Set[str]) -> None:
        self.behind: dict[End, set[str]] = {}
        for entry in entries:
            if "fdb" in entry.how:
                self.behind.setdefault(End(entry.reporter, entry.port), set()).add(entry.remote)
        self.switches = switches
        self.passes_on = {end for end, seen in self.behind.items() if seen & switches}
        self.passes_on |= {End(e.reporter, e.port) for e in entries if e.remote in switches and "arp" not in e.how}

    def between_switches(self, known: Set[frozenset[str]]) -> Iterable[Link]:
        """Switches that see each other with none between them."""
        ends = sorted(end for end in self.behind if self.behind[end] & self.switches)
        for one, other in combinations(ends, 2):
            if one.asset == other.asset or frozenset((one.asset, other.asset)) in known:
                continue
            mine, theirs = self.behind[one] & self.switches, self.behind[other] & self.switches
            if other.asset in mine and one.asset in theirs and not mine & theirs:
                yield Link(one, other, ("fdb",))

    def stations(self, known: Set[frozenset[str]]) -> Iterable[Link]:
        """Every other device at the port that sees it and no switch; at the emptiest where several do."""
        introduced = {name for pair in known for name in pair}
        places: dict[str, list[End]] = {}
        for end in sorted(set(self.behind) - self.passes_on):
            for name in self.behind[end] - self.switches - introduced:
                places.setdefault(name, []).append(end)
        for name, ends in sorted(places.items()):
            best = min(ends, key=lambda end: (len(self.behind[end]), end))
            yield Link(best, End(name), ("fdb",), shared=len(self.behind[best]) > 1)


def _several(facts: Mapping[str, Value], key: str) -> tuple[str, ...]:
    value = facts.get(key, ())
    return value if isinstance(value, tuple) else (str(value),)
