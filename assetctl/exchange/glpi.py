"""One inventory of a GLPI agent, as JSON or as the older XML -> the observation of a computer.

The agent ran on the machine itself, so what it says is observed.
Source: glpi-project/inventory_format (JSON), and the XML of FusionInventory that it came from, with the same names.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_address
from typing import TYPE_CHECKING

from assetctl import oui
from assetctl.errors import InputError
from assetctl.model import Address, Claim, IPAddress, Observation, Outcome, SubjectKind
from assetctl.text import one_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SOURCE = "glpi"
READER = "glpi/1"
MOST_TEXT = 512
MOST_PROGRAMS = 5000
MOST_INTERFACES = 256
_Part = Mapping[str, str]
Inventory = Mapping[str, tuple[_Part, ...]]
"""The parts of an inventory by their section, all names in lower case."""


def parse(raw: bytes, what: str) -> Inventory:
    """The sections of an inventory. Raises InputError when it is none."""
    found = _from_xml(raw, what) if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _from_json(raw, what)
    if not found.keys() & {"hardware", "bios"} or not (found.get("networks") or found.get("bios")):
        raise InputError(f"{what}: no inventory of a GLPI agent; the file of `glpi-agent --local` is expected")
    return found


def _from_json(raw: bytes, what: str) -> Inventory:
    try:
        told = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        raise InputError(f"{what}: neither JSON nor XML that can be read ({one_line(str(fault))})") from None
    content = told.get("content") if isinstance(told, dict) else None
    sections: dict[str, tuple[_Part, ...]] = {}
    for name, value in content.items() if isinstance(content, dict) else ():
        parts = value if isinstance(value, list) else [value]
        sections[name.lower()] = tuple(_texts(one) for one in parts if isinstance(one, dict))
    return sections


def _texts(part: Mapping[str, object]) -> _Part:
    return {
        name.lower(): str(value).strip()[:MOST_TEXT]
        for name, value in part.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }


def _from_xml(raw: bytes, what: str) -> Inventory:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        content: Element | None = fromstring(raw).find("CONTENT")
    except (ParseError, DefusedXmlException, LookupError, ValueError) as fault:
        raise InputError(f"{what}: no XML that can be read ({one_line(str(fault))})") from None
    sections: dict[str, list[_Part]] = {}
    for section in content if content is not None else ():
        part = {one.tag.lower(): (one.text or "").strip()[:MOST_TEXT] for one in section if not len(one)}
        sections.setdefault(section.tag.lower(), []).append(part)
    return {name: tuple(parts) for name, parts in sections.items()}


def claims(found: Inventory) -> tuple[Claim, ...]:
    """Everything that is read of an inventory."""
    told = tuple(dict.fromkeys((*_machine(found), *_interfaces(found), *_programs(found))))
    return tuple(one for one in told if one.value != "")


def _first(found: Inventory, section: str) -> _Part:
    return next(iter(found.get(section, ())), {})


def _machine(found: Inventory) -> Iterator[Claim]:
    bios, system = _first(found, "bios"), _first(found, "operatingsystem")
    yield Claim("hostname", _first(found, "hardware").get("name", ""))
    for theirs, ours in (("smanufacturer", "manufacturer"), ("smodel", "model"), ("ssn", "serial_number")):
        yield Claim(ours, bios.get(theirs, ""))
    yield Claim("operating_system", system.get("full_name") or system.get("name", ""))
    yield Claim("os_version", system.get("kernel_version") or system.get("version", ""))


def _interfaces(found: Inventory) -> Iterator[Claim]:
    for one in found.get("networks", ())[:MOST_INTERFACES]:
        mac = oui.normal(one.get("mac") or one.get("macaddr", ""))
        ip = _ip(one.get("ipaddress", "")) or _ip(one.get("ipaddress6", ""))
        local = mac or (str(ip) if ip else "")
        if local and one.get("virtualdev", "").lower() not in ("1", "yes", "true"):
            where = SubjectKind.INTERFACE, local
            yield Claim("mac_address", mac or "", *where)
            yield Claim("ip_address", str(ip) if ip else "", *where)
            yield Claim("interface_name", one.get("description", ""), *where)


def _ip(text: str) -> IPAddress | None:
    try:
        found = ip_address(text.partition("/")[0])
    except ValueError:
        return None
    return None if found.is_loopback or found.is_unspecified or found.is_link_local or found.is_multicast else found


def _programs(found: Inventory) -> Iterator[Claim]:
    for one in found.get("softwares", ())[:MOST_PROGRAMS]:
        if name := one.get("name", ""):
            where = SubjectKind.SOFTWARE, f"{name} {one.get('version', '')}".strip()
            yield Claim("software_name", name, *where)
            yield Claim("software_version", one.get("version", ""), *where)


def observation(raw: bytes, *, scan: str, realm: str, at: datetime, file: str) -> Observation:
    """The computer of an inventory. at: when it was taken. Raises InputError when it is none."""
    told = claims(parse(raw, file))
    own = next((one.value for one in told if one.key == "ip_address"), None)
    digest = sha256(raw).hexdigest()
    return Observation(
        id="glpi-" + sha256(f"{realm}\n{digest}".encode()).hexdigest()[:24],
        scan=scan,
        source=SOURCE,
        reader=READER,
        realm=realm,
        target=Address(realm, ip_address(str(own))) if own else None,
        vantage="import",
        outcome=Outcome.ANSWERED,
        started=at,
        ended=at,
        exchanges=(),
        claims=told,
        record=f"{file}: inventory",
    )
