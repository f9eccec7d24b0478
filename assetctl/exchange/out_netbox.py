"""NetBox: one CSV for each bulk import form, numbered in the order in which they depend on each other.

NetBox demands a maker, type, role and site of every device: what is not known is called "Unknown" there. Zones become
prefixes, address spaces become VRFs when there are several. Parts become inventory items. A cable is written where both
of its ends told of it. Source: the bulk import forms of NetBox 4.7.3 (dcim and ipam, forms/bulk_import.py); the columns
are the same from 4.3 on, but for those of services, which 4.7 changed: both forms are written.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from assetctl.exchange.out_csv import table
from assetctl.exchange.out_netbox_names import Slugs, fit
from assetctl.exchange.out_netbox_plan import Place, Plan, macs, plan
from assetctl.exchange.outgoing import Device, Outgoing, stamp

Row = Mapping[str, str]
_GREY = "9e9e9e"
_SHORT, _DESCRIPTION = 49, 199
_README = """# Inventory for NetBox

Import the files one after another, in the order of their numbers: each needs what stands in those before it.
In NetBox each kind of object has an Import button; choose CSV, and Comma as the delimiter (auto-detect is misled by
quotes in texts). Import into an installation that holds no objects of these names: NetBox finds objects by name.

"""


def files(outgoing: Outgoing, guard: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """The files that have rows, and how to import them."""
    planned = plan(outgoing)
    lines, left = [], list(planned.left_out)
    for number, (name, what, columns, made) in enumerate(tables(planned, outgoing), 1):
        rows = tuple(made)
        if rows:
            file = f"{number:02}-{name}.csv"
            lines.append(f"- {file}: {len(rows)} rows for {what}\n")
            yield file, table(columns.split(), rows, guard)
        if name == "cables" and len(rows) < len(outgoing.cables):
            left.append(f"{len(outgoing.cables) - len(rows)} cables: their ports are not among the interfaces")
    told = "".join(f"- `{line.replace('`', chr(39))}`\n" for line in left)
    yield "README.md", _README + "".join(lines) + (f"\n## Left out\n\n{told}" if told else "")


def tables(planned: Plan, outgoing: Outgoing) -> Iterator[tuple[str, str, str, Iterable[Row]]]:
    """Each file: name, form, columns, rows."""
    places = planned.places
    makers = {place.maker for place in places}
    makers |= {fit(part.maker, 99) for place in places for _, part in place.parts if part.maker}
    yield "manufacturers", "Devices > Manufacturers", "name slug", _named(makers)
    yield "sites", "Organization > Sites", "name slug status", _sites(places)
    yield "locations", "Organization > Locations", "site name slug status", _locations(places)
    yield "device-roles", "Devices > Device Roles", "name slug color", _roles(places)
    yield "device-types", "Devices > Device Types", "manufacturer model slug part_number u_height", _types(places)
    yield "platforms", "Devices > Platforms", "name slug", _named({one.platform for one in places if one.platform})
    yield (
        "devices",
        "Devices > Devices",
        "name role manufacturer device_type platform serial asset_tag status site location description comments",
        _devices(places),
    )
    yield "interfaces", "Devices > Interfaces", "device name type enabled speed description", _interfaces(places)
    yield "mac-addresses", "Devices > MAC Addresses", "mac_address device interface is_primary", _macs(places)
    yield "vrfs", "IPAM > VRFs", "name enforce_unique", ({"name": n, "enforce_unique": "true"} for n in planned.vrfs)
    yield "prefixes", "IPAM > Prefixes", "prefix vrf status description", _prefixes(planned)
    yield "ip-addresses", "IPAM > IP Addresses", "address vrf status device interface is_primary", _addresses(places)
    yield (
        "inventory-items",
        "Devices > Inventory Items",
        "device name status manufacturer parent part_id serial discovered description",
        _items(places),
    )
    yield (
        "services",
        "IPAM > Services (NetBox 4.7 and later)",
        "parent_object_type parent name port_mappings description",
        _services(places),
    )
    yield (
        "services-before-4.7",
        "IPAM > Services (instead of the file before, for NetBox 4.3 to 4.6)",
        "parent_object_type parent name protocol ports description",
        _services(places),
    )
    yield (
        "cables",
        "Connections > Cables",
        "side_a_device side_a_type side_a_name side_b_device side_b_type side_b_name status",
        _cables(places, outgoing),
    )


def _named(names: Iterable[str]) -> Iterator[Row]:
    slugs = Slugs()
    for name in sorted(names):
        yield {"name": name, "slug": slugs(name)}


def _sites(places: Iterable[Place]) -> Iterator[Row]:
    for row in _named({place.site for place in places}):
        yield {**row, "status": "active"}


def _locations(places: Iterable[Place]) -> Iterator[Row]:
    slugs = Slugs()
    for site, name in sorted({(place.site, place.location) for place in places if place.location}):
        yield {"site": site, "name": name, "slug": slugs(f"{site} {name}"), "status": "active"}


def _roles(places: Iterable[Place]) -> Iterator[Row]:
    for row in _named({place.role for place in places}):
        yield {**row, "color": _GREY}


def _types(places: Iterable[Place]) -> Iterator[Row]:
    """Products; the order code is told where all devices of a product have the same."""
    codes: dict[tuple[str, str], set[str]] = {}
    for place in places:
        codes.setdefault((place.maker, place.model), set()).add(place.device.order_code)
    slugs = Slugs()
    for (maker, model), told in sorted(codes.items()):
        code = next(iter(told)) if len(told) == 1 else ""
        yield {
            "manufacturer": maker,
            "model": model,
            "slug": slugs(f"{maker} {model}"),
            "part_number": fit(code, _SHORT),
            "u_height": "0",
        }


def _devices(places: Iterable[Place]) -> Iterator[Row]:
    tags = set[str]()
    for place in places:
        tag = fit(place.device.asset_number, _SHORT)
        yield {
            "name": place.name,
            "role": place.role,
            "manufacturer": place.maker,
            "device_type": place.model,
            "platform": place.platform,
            "serial": fit(place.device.serial, _SHORT),
            "asset_tag": "" if tag in tags else tag,
            "status": "active",
            "site": place.site,
            "location": place.location,
            "description": fit(place.device.description, _DESCRIPTION),
            "comments": _comments(place.device),
        }
        tags.add(tag)


def _comments(device: Device) -> str:
    """What NetBox has no field for."""
    told = (
        ("assetctl id", device.id),
        ("order code", device.order_code),
        ("firmware", device.firmware),
        ("hardware", device.hardware),
        ("zone", device.zone),
        ("position", device.position),
        ("criticality", device.criticality),
        ("owner", device.owner),
        ("first seen", stamp(device.first_seen)),
        ("last seen", stamp(device.last_seen)),
    )
    return "; ".join(f"{name}: {value}" for name, value in told if value)


def _interfaces(places: Iterable[Place]) -> Iterator[Row]:
    for place in places:
        for held in place.interfaces:
            speed = held.port.speed_bps
            yield {
                "device": place.name,
                "name": held.name,
                "type": held.kind,
                "enabled": "false" if held.port.enabled is False else "true",
                "speed": str(speed // 1000) if speed and speed < 2**31 * 1000 else "",
                "description": fit(held.port.description, _DESCRIPTION),
            }


def _macs(places: Iterable[Place]) -> Iterator[Row]:
    for place in places:
        for held, mac in macs(place):
            yield {"mac_address": mac, "device": place.name, "interface": held.name, "is_primary": "true"}


def _prefixes(planned: Plan) -> Iterator[Row]:
    for prefix, vrf, zone in planned.prefixes:
        yield {"prefix": prefix, "vrf": vrf, "status": "active", "description": fit(f"zone {zone}", _DESCRIPTION)}


def _addresses(places: Iterable[Place]) -> Iterator[Row]:
    for place in places:
        for bound in place.addresses:
            yield {
                "address": bound.text,
                "vrf": bound.vrf,
                "status": "active",
                "device": place.name,
                "interface": bound.interface,
                "is_primary": "true" if bound.is_primary else "false",
            }


def _items(places: Iterable[Place]) -> Iterator[Row]:
    for place in places:
        names = {part.id: name for name, part in place.parts}
        for name, part in place.parts:
            yield {
                "device": place.name,
                "name": name,
                "status": "active",
                "manufacturer": fit(part.maker, 99),
                "parent": names.get(part.parent, ""),
                "part_id": fit(part.order_code or part.model, _SHORT),
                "serial": fit(part.serial, _SHORT),
                "discovered": "true",
                "description": fit(_part(part), _DESCRIPTION),
            }


def _part(part: Device) -> str:
    told = (("slot", part.slot), ("model", part.model), ("firmware", part.firmware), ("hardware", part.hardware))
    return "; ".join(f"{name}: {value}" for name, value in told if value)


def _services(places: Iterable[Place]) -> Iterator[Row]:
    for place in places:
        for one in place.device.services:
            yield {
                "parent_object_type": "dcim.device",
                "parent": place.name,
                "name": fit(one.name or f"{one.transport}/{one.port}", 99),
                "port_mappings": f"{one.transport}/{one.port}",
                "protocol": one.transport,
                "ports": str(one.port),
                "description": fit(" ".join(filter(None, (one.product, one.version))), _DESCRIPTION),
            }


def _cables(places: Iterable[Place], outgoing: Outgoing) -> Iterator[Row]:
    """Cables between interfaces that are written, at most one at each."""
    known = _by_port(places)
    used = set[tuple[str, str]]()
    for cable in outgoing.cables:
        one, other = known.get(cable.one), known.get(cable.other)
        if one is None or other is None or one == other or {one, other} & used:
            continue
        used |= {one, other}
        sides = {f"side_{side}_{name}": value for side, end in (("a", one), ("b", other)) for name, value in _end(end)}
        yield {**sides, "status": "connected"}


def _by_port(places: Iterable[Place]) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Device and interface by what a device calls a port; what may be several ports is none.

    A comma in a name would be taken for several names, so a cable cannot name such an interface.
    """
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for place in places:
        for held in place.interfaces:
            for told in {held.port.name, held.port.key, held.port.description} - {""}:
                found.setdefault((held.owner, told), set()).add((place.name, held.name))
    virtual = {(place.name, held.name) for place in places for held in place.interfaces if not held.takes_cable}
    single = {key: next(iter(ends)) for key, ends in found.items() if len(ends) == 1}
    return {key: end for key, end in single.items() if end not in virtual and "," not in "".join(end)}


def _end(end: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return ("device", end[0]), ("type", "dcim.interface"), ("name", end[1])
