"""One host of an nmap report -> claims: addresses, names, ports, services, and the guess at its operating system."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import islice
from typing import TYPE_CHECKING

from assetctl.exchange import nmap_scripts
from assetctl.exchange.nmap_elements import cpes, cut, number
from assetctl.model import Claim, IPAddress, PortState, SubjectKind

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_CLOSED = 1100  # nmap's own list has 1000; a closed port is worth a fact, 65 535 of them are not
MOST_NAMES = 8
TABLE_CONFIDENCE = 30

_STATES = {
    "open": PortState.OPEN,
    "closed": PortState.CLOSED,
    "filtered": PortState.FILTERED,
    "open|filtered": PortState.FILTERED,
    "closed|filtered": PortState.FILTERED,
}
_NAME_CONFIDENCE = {"PTR": 50, "user": 40}
_SERVICE_TEXTS = {
    "product": "service_product",
    "version": "service_version",
    "extrainfo": "service_extra",
    "tunnel": "service_tunnel",
}
_MAC = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}\Z")
_SSH_PROTOCOL = re.compile(r"protocol ([0-9]\.[0-9]{1,2})\b")
_SMB_PORTS = (445, 139)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a report says about one host. answered: something came from it; without that there are no claims."""

    answered: bool
    claims: tuple[Claim, ...]
    warnings: tuple[str, ...]
    detail: str


def listen(
    host: "Element",
    ip: IPAddress,
    services: Mapping[str, str],
    *,
    nmap_version: str,
    closed: dict[str, Claim],
) -> Heard:
    """Read one host element.

    services: scanned ports by protocol, as in <scaninfo>. closed: claims about closed ports, shared between the hosts
    of a report, since they are many and alike.
    """
    warnings: list[str] = []
    ports = list(_ports(host, warnings))
    states = {key: state for key, state, _ in ports}
    not_listed = _closed_ports(host, states, services, warnings)
    detail = _status(host)
    if host.get("timedout") == "true":
        warnings.append("nmap gave up on it at its time limit; its ports are not known")
    if not _answered(host, states, not_listed):
        return Heard(False, (), tuple(warnings), detail)
    claims = [Claim("reachable", True), *_addresses(host, ip), *_names(host)]
    for key, state, port in ports:
        claims += _port(key, state, port, nmap_version)
    claims += [_closed_claim(key, closed) for key in not_listed]
    claims += _host_scripts(host, states, nmap_version)
    claims += _system(host)
    return Heard(True, tuple(dict.fromkeys(claims)), tuple(warnings), detail)


def _status(host: "Element") -> str:
    status = host.find("status")
    return "" if status is None else cut(f"{status.get('state', '')}: {status.get('reason', '')}")


def _answered(host: "Element", states: Mapping[str, PortState], not_listed: tuple[str, ...]) -> bool:
    """Whether anything came from the host. "up" because the user said so (-Pn) is no answer."""
    status = host.find("status")
    said_up = status is not None and status.get("state") == "up" and status.get("reason", "user-set") != "user-set"
    spoke = any(state in (PortState.OPEN, PortState.CLOSED) for state in states.values())
    closed = any(e.get("state") == "closed" for e in host.iterfind("ports/extraports"))
    return said_up or spoke or bool(not_listed) or closed


def _addresses(host: "Element", ip: IPAddress) -> Iterator[Claim]:
    primary = f"ip/{ip}"
    yield Claim("ip_address", str(ip), SubjectKind.INTERFACE, primary)
    for element in host.iterfind("address"):
        text = element.get("addr", "")
        mac = text.upper().replace("-", ":")
        if element.get("addrtype") == "mac" and _MAC.match(mac) and mac != "00:00:00:00:00:00":
            yield Claim("mac_address", mac, SubjectKind.INTERFACE, primary)
            if maker := cut(element.get("vendor")):
                yield Claim("mac_maker", maker, confidence=60)
        elif element.get("addrtype") in ("ipv4", "ipv6") and (other := _other_address(text, ip)):
            yield Claim("ip_address", other, SubjectKind.INTERFACE, f"ip/{other}")


def _other_address(text: str, ip: IPAddress) -> str:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return "" if found == ip else str(found)


def _names(host: "Element") -> Iterator[Claim]:
    """Names from the DNS, and the one that the user typed; each once, as sure as its best source."""
    found: dict[str, int] = {}
    for element in host.findall("hostnames/hostname")[:MOST_NAMES]:
        if name := cut(element.get("name")):
            weight = _NAME_CONFIDENCE.get(element.get("type", ""), 40)
            found[name] = max(weight, found.get(name, 0))
    for name, weight in found.items():
        yield Claim("hostname", name, confidence=weight)


def _ports(host: "Element", warnings: list[str]) -> Iterator[tuple[str, PortState, "Element"]]:
    """(local key, state, element) of each port that the report lists by itself."""
    others = 0
    for port in host.iterfind("ports/port"):
        protocol, at = port.get("protocol", ""), number(port.get("portid"))
        state = _STATES.get(_state_text(port))
        if protocol not in ("tcp", "udp") or not at:
            others += 1
        elif state is not None:
            yield f"{protocol}/{at}", state, port
    if others:
        warnings.append(f"{others} ports that are neither TCP nor UDP were left out")


def _state_text(port: "Element") -> str:
    state = port.find("state")
    return "" if state is None else state.get("state", "")


def _port(key: str, state: PortState, port: "Element", nmap_version: str) -> Iterator[Claim]:
    yield Claim("port_state", state.value, SubjectKind.SERVICE, key)
    if state is not PortState.OPEN:
        return
    service = port.find("service")
    if service is not None:
        yield from _service(key, service)
    yield from nmap_scripts.claims(port.findall("script"), key, nmap_version)


def _service(key: str, service: "Element") -> Iterator[Claim]:
    """What nmap thinks speaks on a port. A name that stands for the port number only says so, and weighs little."""
    kind = SubjectKind.SERVICE
    probed = service.get("method") == "probed"
    weight = min(90, 9 * number(service.get("conf", "5"))) if probed else TABLE_CONFIDENCE
    name = cut(service.get("name"))
    if name == "tcpwrapped":  # the connection was closed without a word: nothing is known
        yield Claim("service_extra", name, kind, key, confidence=weight)
    elif name and name != "unknown":
        yield Claim("service_name", name, kind, key, confidence=weight)
        yield Claim("service_source", "probed" if probed else "table", kind, key)
    for attribute, fact in _SERVICE_TEXTS.items():
        if text := cut(service.get(attribute)):
            yield Claim(fact, text, kind, key, confidence=weight)
    if names := cpes(service.findall("cpe")):
        yield Claim("service_cpe", names, kind, key, confidence=weight)
    if probed:
        yield from _told_by_service(key, service, name)


def _told_by_service(key: str, service: "Element", name: str) -> Iterator[Claim]:
    """What a service that spoke said beyond its own name and version."""
    extra = cut(service.get("extrainfo"))
    if name == "ssh" and (found := _SSH_PROTOCOL.search(extra)):
        yield Claim("ssh_protocol_version", found[1], SubjectKind.SERVICE, key)
    if hostname := cut(service.get("hostname")):
        yield Claim("hostname", hostname, confidence=60)
    if cut(service.get("product")).startswith("SNMPv1 server") and extra == "public":
        # nmap's question named this community, and its answer carried it back
        yield Claim("snmp_default_community_accepted", True, confidence=80)


def _closed_ports(
    host: "Element", states: Mapping[str, PortState], services: Mapping[str, str], warnings: list[str]
) -> tuple[str, ...]:
    """Local keys of the closed ports that the report only counts."""
    groups = host.findall("ports/extraports")
    shut = [group for group in groups if group.get("state") == "closed"]
    count = sum(_count(group) for group in shut)
    if not count:
        return ()
    if count > MOST_CLOSED:
        warnings.append(f"{count} closed ports are more than {MOST_CLOSED}; they are not recorded one by one")
        return ()
    found = _listed(shut) or (_by_difference(states, services) if len(groups) == len(shut) else ())
    if len(found) != count:
        warnings.append(f"which {count} ports are closed cannot be told from this report; only the listed ones count")
        return ()
    return found


def _count(group: "Element") -> int:
    return number(group.get("count"), most=1_000_000)


def _listed(groups: list["Element"]) -> tuple[str, ...]:
    """Ports named in <extrareasons ports>, as nmap 7.80 and later write them."""
    found: list[str] = []
    for group in groups:
        for reasons in group.iterfind("extrareasons"):
            protocol = reasons.get("proto", "")
            if protocol in ("tcp", "udp"):
                found += [f"{protocol}/{at}" for at in islice(expand(reasons.get("ports", "")), MOST_CLOSED + 1)]
    return tuple(dict.fromkeys(found))


def _by_difference(states: Mapping[str, PortState], services: Mapping[str, str]) -> tuple[str, ...]:
    """All scanned ports but those that stand by themselves."""
    scanned = (f"{name}/{at}" for name in ("tcp", "udp") for at in expand(services.get(name, "")))
    most = MOST_CLOSED + len(states) + 1
    return tuple(dict.fromkeys(key for key in islice(scanned, most) if key not in states))


def expand(ranges: str) -> Iterator[int]:
    """The ports of a list such as "1,3-4,6"; parts that are no ports are left out."""
    for part in ranges.split(",")[:65536]:
        first, _, last = part.partition("-")
        low, high = number(first), number(last or first)
        if low and high:
            yield from range(low, high + 1)


def _closed_claim(key: str, closed: dict[str, Claim]) -> Claim:
    if key not in closed:
        closed[key] = Claim("port_state", PortState.CLOSED.value, SubjectKind.SERVICE, key)
    return closed[key]


def _host_scripts(host: "Element", states: Mapping[str, PortState], nmap_version: str) -> tuple[Claim, ...]:
    """Scripts that ran against the host as a whole; those about SMB belong to its port."""
    smb = next((key for n in _SMB_PORTS if states.get(key := f"tcp/{n}") is PortState.OPEN), "tcp/445")
    return nmap_scripts.host_claims(host.findall("hostscript/script"), smb, nmap_version)


def _system(host: "Element") -> Iterator[Claim]:
    """The best guess at the operating system; as sure as nmap says, and never as sure as a word of the device's own."""
    matches = host.findall("os/osmatch")
    best = max(matches, key=lambda e: number(e.get("accuracy")), default=None)
    if best is not None and (name := cut(best.get("name"))):
        weight = min(100, number(best.get("accuracy"))) * 6 // 10
        classes = best.findall("osclass") or host.findall("os/osclass")
        yield Claim("os_guess", name, confidence=weight)
        if kind := next((cut(e.get("type")) for e in classes if e.get("type")), ""):
            yield Claim("device_type_guess", kind, confidence=weight)
        if names := cpes([e for c in classes for e in c.findall("cpe")]):
            yield Claim("cpe", names, confidence=weight)
        return
    for service in host.iterfind("ports/port/service"):
        if system := cut(service.get("ostype")):
            yield Claim("os_guess", system, confidence=40)
        if kind := cut(service.get("devicetype")):
            yield Claim("device_type_guess", kind, confidence=40)
