"""Which of several values stands for an asset, and the views of its services and interfaces that everybody uses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from assetctl.facts import vocabulary
from assetctl.keys import ip_in
from assetctl.model import Asset, Fact, SubjectKind, Value

DECLARED = "declared"
DERIVED = "derived"
IMPORT = "import"
PROBE = "probe"
MAC_ONLY = 30
IMPORTED = 60
SOMETHING_ANSWERED = 10
SAME_LOOK = timedelta(days=1)  # one scan of a device with several addresses is over by then
_IDENTITY = frozenset(
    {"manufacturer", "model", "order_code", "serial_number", "firmware_software_version", "hardware_version"}
    | {"hostname", "description", "operating_system", "os_version", "module_type", "application_name"}
)


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One port of an asset. state: open, closed, filtered or unprobed, "" when nobody looked at the port itself.

    source: probed when the service spoke, table when only its port number says so, "" when it has no name.
    facts: everything else that is known about it, by key.
    """

    local_key: str
    transport: str
    port: int
    state: str
    name: str
    product: str
    version: str
    tunnel: str
    source: str
    last_seen: datetime
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.state == "open" or (not self.state and self.source == "probed")


@dataclass(frozen=True, slots=True)
class InterfaceView:
    """One interface, or one address where nobody told the interface it belongs to."""

    local_key: str
    ip_address: str
    mac_address: str
    name: str
    description: str
    last_seen: datetime
    facts: Mapping[str, Fact] = field(default_factory=dict)


def current(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The newest word of each source and vantage about each key; what a source no longer says is history."""
    newest: dict[tuple[object, ...], list[Fact]] = {}
    for fact in facts:
        said = (fact.subject, fact.key, fact.source.kind, fact.source.name, fact.vantage)
        held = newest.setdefault(said, [])
        if not held or fact.last_seen > held[0].last_seen:
            newest[said] = [fact]
        elif fact.last_seen == held[0].last_seen:
            held.append(fact)
    return tuple(fact for held in newest.values() for fact in held)


def rank(fact: Fact) -> tuple[bool, int, float, str, str, str]:
    """The order in which facts are believed: observed, then surer, then newer, then by text; smallest first."""
    observed_last = fact.source.kind == DECLARED
    return (
        observed_last,
        -fact.confidence,
        -fact.last_seen.timestamp(),
        as_text(fact.value),
        fact.source.name,
        fact.vantage,
    )


def as_text(value: Value) -> str:
    """A value as people write it: flags as yes and no, several texts with commas."""
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value)
        case _:
            return str(value)


def best(asset: Asset, key: str, *, local_key: str | None = None) -> Fact | None:
    """The fact that stands for a key, None when nobody said anything. local_key: of one interface, service, ..."""
    kind = vocabulary()[key].kind if key in vocabulary() else SubjectKind.ASSET
    said = current(
        fact
        for fact in asset.facts
        if fact.key == key and fact.subject.kind is kind and local_key in (None, fact.subject.local_key)
    )
    return min(said, key=rank) if said else None


def text(asset: Asset, key: str) -> str:
    """The value that stands for a key, as text; "" when there is none."""
    fact = best(asset, key)
    return as_text(fact.value) if fact else ""


def settled(asset: Asset) -> Mapping[str, Fact]:
    """The fact that stands for each key of the asset itself."""
    return _by_key(fact for fact in current(asset.facts) if fact.subject.kind is SubjectKind.ASSET)


def rivals(asset: Asset, key: str) -> tuple[Fact, ...]:
    """Facts that say something else than the one that stands, most believed first; history is not a rival."""
    chosen = best(asset, key)
    if chosen is None:
        return ()
    others = [fact for fact in _said(asset, key) if fact.subject == chosen.subject and fact.value != chosen.value]
    return tuple(sorted(others, key=rank))


def texts(asset: Asset, key: str) -> tuple[str, ...]:
    """Every current value of a key over all subjects of the asset, sorted, such as all its IP addresses."""
    return tuple(sorted({as_text(fact.value) for fact in _said(asset, key)}))


def addresses(asset: Asset) -> tuple[str, ...]:
    """The IP addresses at which the asset stands now, in numeric order; those it has left are history.

    A text that is no address, as a file may hold, stands nowhere.
    """
    said = ((ip_in(as_text(fact.value)), fact.last_seen) for fact in sorted(_said(asset, "ip_address"), key=_time))
    seen = {ip: at for ip, at in said if ip is not None}
    newest = max(seen.values(), default=None)
    kept = [ip for ip, at in seen.items() if newest and newest - at <= SAME_LOOK]
    return tuple(str(one) for one in sorted(kept, key=lambda one: (one.version, int(one))))


def services(asset: Asset) -> tuple[ServiceView, ...]:
    """The ports that anybody looked at or spoke with, by transport and number."""
    views = [_service(name, facts) for name, facts in _subjects(asset, SubjectKind.SERVICE).items() if _is_port(name)]
    return tuple(sorted(views, key=lambda view: (view.transport, view.port)))


def interfaces(asset: Asset) -> tuple[InterfaceView, ...]:
    """The interfaces, by their local key."""
    return tuple(_interface(name, facts) for name, facts in sorted(_subjects(asset, SubjectKind.INTERFACE).items()))


def confidence(facts: Iterable[Fact]) -> tuple[int, str]:
    """How sure we are what this asset is, 0 to 100, and why in words."""
    grades = [_grade(fact) for fact in facts]
    return max(grades, default=(0, "nothing is known"))


def _grade(fact: Fact) -> tuple[int, str]:
    where = f"{fact.key} from {fact.source.name}"
    if fact.source.kind == DECLARED:
        return 0, "only declared"
    if fact.key == "mac_maker":
        return MAC_ONLY, "only the maker of the network chip is known"
    if fact.key not in _IDENTITY:
        return SOMETHING_ANSWERED, "something answered"
    if fact.source.kind == PROBE:
        return fact.confidence, f"the device told its {where}"
    if fact.source.kind == DERIVED:
        return fact.confidence, f"a rule gave {where}"
    return min(fact.confidence, IMPORTED), f"imported: {where}"


def _said(asset: Asset, key: str) -> list[Fact]:
    return list(current(fact for fact in asset.facts if fact.key == key))


def _time(fact: Fact) -> datetime:
    return fact.last_seen


def _subjects(asset: Asset, kind: SubjectKind) -> Mapping[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for fact in current(asset.facts):
        if fact.subject.kind is kind:
            found.setdefault(fact.subject.local_key, []).append(fact)
    return found


def _by_key(facts: Iterable[Fact]) -> Mapping[str, Fact]:
    found: dict[str, Fact] = {}
    for fact in sorted(facts, key=rank):
        found.setdefault(fact.key, fact)
    return dict(sorted(found.items()))


def _is_port(local_key: str) -> bool:
    transport, _, port = local_key.partition("/")
    return transport in ("tcp", "udp") and port.isascii() and port.isdigit()


def _service(local_key: str, facts: list[Fact]) -> ServiceView:
    chosen = _by_key(facts)
    said = {key: as_text(fact.value) for key, fact in chosen.items()}
    transport, _, port = local_key.partition("/")
    return ServiceView(
        local_key=local_key,
        transport=transport,
        port=int(port),
        state=said.get("port_state", ""),
        name=said.get("service_name", ""),
        product=said.get("service_product", ""),
        version=said.get("service_version", ""),
        tunnel=said.get("service_tunnel", ""),
        source=said.get("service_source", ""),
        last_seen=max(fact.last_seen for fact in facts),
        facts=chosen,
    )


def _interface(local_key: str, facts: list[Fact]) -> InterfaceView:
    chosen = _by_key(facts)
    said = {key: as_text(fact.value) for key, fact in chosen.items()}
    return InterfaceView(
        local_key=local_key,
        ip_address=said.get("ip_address", ""),
        mac_address=said.get("mac_address", ""),
        name=said.get("interface_name", ""),
        description=said.get("interface_description", ""),
        last_seen=max(fact.last_seen for fact in facts),
        facts=chosen,
    )
