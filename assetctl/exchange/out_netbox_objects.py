"""An inventory as objects of NetBox's REST API: what each is called, what it says, and how one that exists is known.

The rows are those of the bulk import, so both ways give the same objects; names of others become references. An object
that exists keeps what people put into it: it follows the plant in few fields, is filled in where it is empty, and those
that many share (makers, sites, roles, types, platforms, VRFs) are used as they are.
Source: the OpenAPI document of NetBox 4.7.0; the fields are the same from 4.3 on.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_interface

from assetctl.exchange.out_netbox import Row, tables
from assetctl.exchange.out_netbox_plan import plan
from assetctl.exchange.outgoing import Outgoing

INTERFACE, DEVICE = "dcim.interface", "dcim.device"
OURS = "assetctl id: "
"""How comments begin that are ours to replace."""


@dataclass(frozen=True, slots=True)
class Ref:
    """One object, by the names under which it stands in the tables."""

    kind: str
    key: tuple[str, ...]

    @property
    def name(self) -> str:
        return " / ".join(filter(None, self.key))


Value = str | int | bool | tuple[int, ...] | Ref


@dataclass(frozen=True, slots=True)
class Way:
    """One way to know an object: the fields that name it together, the filter that finds it, the field it takes."""

    fields: tuple[str, ...]
    filter: str
    asked: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object. ways: strongest first. follows: fields that follow the plant. filled: written where empty.

    is_shared: belongs to no device; of several that may be meant, the oldest is taken.
    """

    path: str
    ways: tuple[Way, ...]
    follows: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object as it should be. Fields of which nothing is known are not there."""

    ref: Ref
    fields: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Link:
    """A field that names an object made later; set where nobody set it before."""

    of: Ref
    field: str
    to: Ref


@dataclass(frozen=True, slots=True)
class Objects:
    """Everything that is wanted, each object after those it names. left_out: what NetBox cannot hold, in words."""

    wanted: tuple[Wanted, ...]
    links: tuple[Link, ...]
    left_out: tuple[str, ...]


def _named(path: str) -> Kind:
    return Kind(path, (Way(("name",), "name__ie", "name"), Way(("slug",), "slug", "slug")), is_shared=True)


_OF_DEVICE = Way(("device", "name"), "device_id", "device")
KINDS: Mapping[str, Kind] = {
    "manufacturers": _named("dcim/manufacturers"),
    "sites": _named("dcim/sites"),
    "locations": Kind(
        "dcim/locations",
        (Way(("site", "name"), "name__ie", "name"), Way(("site", "slug"), "slug", "slug")),
        is_shared=True,
    ),
    "device-roles": _named("dcim/device-roles"),
    "device-types": Kind(
        "dcim/device-types",
        (Way(("manufacturer", "model"), "model__ie", "model"), Way(("manufacturer", "slug"), "slug", "slug")),
        is_shared=True,
    ),
    "platforms": _named("dcim/platforms"),
    "devices": Kind(
        "dcim/devices",
        (Way(("site", "name"), "name__ie", "name"), Way(("serial",), "serial", "serial")),
        follows=frozenset({"serial", "device_type", "comments"}),
        filled=frozenset({"asset_tag", "location", "platform", "description"}),
    ),
    "interfaces": Kind(
        "dcim/interfaces", (_OF_DEVICE,), follows=frozenset({"enabled", "speed"}), filled=frozenset({"description"})
    ),
    "mac-addresses": Kind(
        "dcim/mac-addresses", (Way(("mac_address", "assigned_object_id"), "mac_address", "mac_address"),)
    ),
    "vrfs": Kind("ipam/vrfs", (Way(("name",), "name__ie", "name"),), is_shared=True),
    "prefixes": Kind(
        "ipam/prefixes",
        (Way(("prefix", "vrf"), "prefix", "prefix"),),
        filled=frozenset({"description"}),
        is_shared=True,
    ),
    "ip-addresses": Kind(
        "ipam/ip-addresses",
        (Way(("address", "vrf"), "address", "address"),),
        filled=frozenset({"assigned_object_type", "assigned_object_id"}),
    ),
    "inventory-items": Kind(
        "dcim/inventory-items",
        (_OF_DEVICE,),
        follows=frozenset({"part_id", "serial", "description"}),
        filled=frozenset({"manufacturer"}),
    ),
    "services": Kind(
        "ipam/services",
        (Way(("parent_object_id", "protocol", "ports"), "device_id", "parent_object_id"),),
        filled=frozenset({"description"}),
    ),
    "cables": Kind("dcim/cables", ()),
}
"""In the order in which they depend on each other."""


def objects(outgoing: Outgoing) -> Objects:
    """The objects of an inventory."""
    planned = plan(outgoing)
    made: dict[str, list[Wanted]] = {}
    links: list[Link] = []
    for name, _what, _columns, rows in tables(planned, outgoing):
        if name in KINDS:
            for row in rows:
                one = _MADE[name](row)
                made.setdefault(name, []).append(one)
                links += _links(one, row)
    wanted = tuple(one for name in KINDS for one in made.get(name, ()))
    return Objects(wanted, tuple(links), planned.left_out)


def _links(one: Wanted, row: Row) -> Iterator[Link]:
    if row.get("is_primary") != "true":
        return
    if one.ref.kind == "mac-addresses":
        yield Link(Ref("interfaces", (row["device"], row["interface"])), "primary_mac_address", one.ref)
    if one.ref.kind == "ip-addresses":
        version = ip_interface(row["address"]).version
        yield Link(Ref("devices", (row["device"],)), f"primary_ip{version}", one.ref)


def _plain(kind: str, *key: str, numbers: tuple[str, ...] = (), flags: tuple[str, ...] = ()) -> Callable[[Row], Wanted]:
    """Maker of objects whose columns are fields; those of other objects are taken by `_REFERENCES`."""

    def made(row: Row) -> Wanted:
        fields: dict[str, Value] = {}
        for column, text in row.items():
            if column in _REFERENCES and text:
                fields[column] = _REFERENCES[column](row)
            elif column in numbers and text:
                fields[column] = int(text)
            elif column in flags and text:
                fields[column] = text == "true"
            elif text:
                fields[column] = text
        return Wanted(Ref(kind, tuple(row.get(name, "") for name in key)), fields)

    return made


_REFERENCES: Mapping[str, Callable[[Row], Ref]] = {
    "site": lambda row: Ref("sites", (row["site"],)),
    "role": lambda row: Ref("device-roles", (row["role"],)),
    "manufacturer": lambda row: Ref("manufacturers", (row["manufacturer"],)),
    "platform": lambda row: Ref("platforms", (row["platform"],)),
    "location": lambda row: Ref("locations", (row["site"], row["location"])),
    "device_type": lambda row: Ref("device-types", (row["manufacturer"], row["device_type"])),
    "device": lambda row: Ref("devices", (row["device"],)),
    "vrf": lambda row: Ref("vrfs", (row["vrf"],)),
    "parent": lambda row: Ref("inventory-items", (row["device"], row["parent"])),
}


def _device(row: Row) -> Wanted:
    """NetBox takes the maker from the type."""
    one = _plain("devices", "name")(row)
    return Wanted(one.ref, {name: value for name, value in one.fields.items() if name != "manufacturer"})


def _assigned(kind: str, field: str, *key: str) -> Callable[[Row], Wanted]:
    def made(row: Row) -> Wanted:
        fields: dict[str, Value] = {
            field: row[field],
            "assigned_object_type": INTERFACE,
            "assigned_object_id": Ref("interfaces", (row["device"], row["interface"])),
        }
        if row.get("vrf"):
            fields["vrf"] = Ref("vrfs", (row["vrf"],))
        if row.get("status"):
            fields["status"] = row["status"]
        return Wanted(Ref(kind, tuple(row.get(name, "") for name in key)), fields)

    return made


def _service(row: Row) -> Wanted:
    """In the form of NetBox 4.3 to 4.6, which 4.7 takes too."""
    fields: dict[str, Value] = {
        "parent_object_type": DEVICE,
        "parent_object_id": Ref("devices", (row["parent"],)),
        "name": row["name"],
        "protocol": row["protocol"],
        "ports": (int(row["ports"]),),
    }
    if row["description"]:
        fields["description"] = row["description"]
    return Wanted(Ref("services", (row["parent"], row["port_mappings"])), fields)


def _cable(row: Row) -> Wanted:
    one, other = (Ref("interfaces", (row[f"side_{side}_device"], row[f"side_{side}_name"])) for side in "ab")
    fields: dict[str, Value] = {"a_terminations": one, "b_terminations": other, "status": row["status"]}
    return Wanted(Ref("cables", (*one.key, *other.key)), fields)


_MADE: Mapping[str, Callable[[Row], Wanted]] = {
    "manufacturers": _plain("manufacturers", "name"),
    "sites": _plain("sites", "name"),
    "locations": _plain("locations", "site", "name"),
    "device-roles": _plain("device-roles", "name"),
    "device-types": _plain("device-types", "manufacturer", "model", numbers=("u_height",)),
    "platforms": _plain("platforms", "name"),
    "devices": _device,
    "interfaces": _plain("interfaces", "device", "name", numbers=("speed",), flags=("enabled",)),
    "mac-addresses": _assigned("mac-addresses", "mac_address", "device", "interface", "mac_address"),
    "vrfs": _plain("vrfs", "name", flags=("enforce_unique",)),
    "prefixes": _plain("prefixes", "vrf", "prefix"),
    "ip-addresses": _assigned("ip-addresses", "address", "vrf", "address"),
    "inventory-items": _plain("inventory-items", "device", "name", flags=("discovered",)),
    "services": _service,
    "cables": _cable,
}
