"""A small NetBox: takes what the OpenAPI document of NetBox takes, keeps its unique names, and answers in pages.

Not in the document and known from NetBox's models: which names are unique, that a cable needs two free interfaces of a
kind that takes one, that a primary address belongs to an interface of its device, that a request of many is taken whole
or not at all.
"""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_interface
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator

DOCUMENT = Path(__file__).parents[1] / "data" / "schemas" / "netbox-4.7.0.json"
UNIQUE = {
    "dcim/manufacturers": (("name",), ("slug",)),
    "dcim/sites": (("name",), ("slug",)),
    "dcim/locations": (("site", "name"), ("site", "slug")),
    "dcim/device-roles": (("name",), ("slug",)),
    "dcim/device-types": (("manufacturer", "model"), ("manufacturer", "slug")),
    "dcim/platforms": (("name",), ("slug",)),
    "dcim/devices": (("site", "name"), ("asset_tag",)),
    "dcim/interfaces": (("device", "name"),),
    "ipam/ip-addresses": (("address", "vrf"),),
    "dcim/inventory-items": (("device", "parent", "name"),),
}
FOREIGN = {
    "site": "dcim/sites", "manufacturer": "dcim/manufacturers", "role": "dcim/device-roles",
    "device_type": "dcim/device-types", "platform": "dcim/platforms", "location": "dcim/locations",
    "device": "dcim/devices", "vrf": "ipam/vrfs", "primary_ip4": "ipam/ip-addresses",
    "primary_ip6": "ipam/ip-addresses", "primary_mac_address": "dcim/mac-addresses", "cable": "dcim/cables",
}  # fmt: skip
CHOICES = ("status", "type", "protocol")
Table = dict[int, dict[str, Any]]


class Refused(Exception):
    """What a request is refused with."""


class NetBox:
    """The objects of one NetBox. seen: every request as method and path with query. page: most objects in an answer."""

    def __init__(self, token: str, page: int = 5, version: str = "4.7.0") -> None:
        self.tables: dict[str, Table] = {path.removeprefix("/api/").rstrip("/"): {} for path in document()["paths"]}
        self.authorization, self.page, self.version = token, page, version
        self.seen: list[tuple[str, str]] = []
        self.redirect = ""
        self._last = 0

    @property
    def written(self) -> list[tuple[str, str]]:
        return [one for one in self.seen if one[0] != "GET"]

    def add(self, path: str, **fields: Any) -> int:
        """An object that somebody put in by hand."""
        self._last += 1
        self.tables[path][self._last] = {"id": self._last, **fields}
        return self._last

    def named(self, path: str, field: str = "name") -> list[Any]:
        return sorted(one.get(field) for one in self.tables[path].values())

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(target)
        if parts.path == "/api/status/":
            return 200, {"netbox-version": self.version}
        path = parts.path.removeprefix("/api/").rstrip("/")
        if path not in self.tables:
            return 404, {"detail": "Not found."}
        if method == "GET":
            return 200, self._list(path, parse_qsl(parts.query))
        kept = copy.deepcopy(self.tables)
        made: list[Any] = []
        for one in body:
            try:
                made.append(self._write(path, method, one))
            except Refused as fault:
                self.tables = kept
                return 400, [{}] * len(made) + [fault.args[0]]
        if method == "PATCH":  # answered as a list is, in the order of the kind and not of the request
            return 200, sorted(made, key=lambda one: (str(one.get("name", "")), one["id"]))
        return 201, made

    def _list(self, path: str, query: list[tuple[str, str]]) -> dict[str, Any]:
        given = dict(query)
        offset, limit = int(given.pop("offset", 0)), min(int(given.pop("limit", 50)), self.page)
        given.pop("ordering", None)
        known = {one["name"] for one in document()["paths"][f"/api/{path}/"]["get"]["parameters"]}
        assert set(given) <= known, (path, given)
        held = [self._shown(path, one) for one in self.tables[path].values() if self._is_found(path, one, query)]
        more = offset + limit < len(held)
        far = "http://192.0.2.1/elsewhere" if more else None
        return {"count": len(held), "next": far, "previous": None, "results": held[offset : offset + limit]}

    def _is_found(self, path: str, one: dict[str, Any], query: list[tuple[str, str]]) -> bool:
        wanted: dict[str, list[str]] = {}
        for name, value in query:
            if name not in ("limit", "offset", "ordering"):
                wanted.setdefault(name, []).append(value)
        return all(any(self._matches(path, one, name, value) for value in values) for name, values in wanted.items())

    def _matches(self, path: str, one: dict[str, Any], name: str, value: str) -> bool:
        if name.endswith("__ie"):
            return str(one[name.removesuffix("__ie")]).lower() == value.lower()
        if name == "device_id":
            return str(one.get("device", one.get("parent_object_id"))) == value
        if name == "address":
            return ip_interface(one["address"]).ip == ip_interface(value).ip
        return str(one.get(name)).lower() == value.lower()

    def _shown(self, path: str, one: dict[str, Any]) -> dict[str, Any]:
        made = dict.fromkeys(("primary_ip4", "primary_ip6", "primary_mac_address", "cable", "vrf", "platform")) | one
        for field, value in made.items():
            if field in FOREIGN and value is not None:
                made[field] = {"id": value, "display": f"#{value}"} | _plain(self.tables[FOREIGN[field]][value])
            elif field in CHOICES and isinstance(value, str):
                made[field] = {"value": value, "label": value.title()}
        return made

    def _write(self, path: str, method: str, given: dict[str, Any]) -> dict[str, Any]:
        faults = list(validator(path, method).iter_errors(given))
        if faults:
            raise Refused({".".join(map(str, faults[0].absolute_path)) or "body": [faults[0].message]})
        table = self.tables[path]
        if method == "POST":
            self._last += 1
            one = table[self._last] = {"id": self._last, **given}
        else:
            one = table[given["id"]]
            one.update(given)
        for field, where in FOREIGN.items():
            if one.get(field) is not None and one[field] not in self.tables[where]:
                raise Refused({field: [f"Related object not found using the provided numeric ID: {one[field]}"]})
        self._refuse_doubled(path, one)
        _RULES.get(path, _anything)(self, one)
        return self._shown(path, one)

    def _refuse_doubled(self, path: str, one: dict[str, Any]) -> None:
        for names in UNIQUE.get(path, ()):
            key = self._key(one, names)
            if one.get(names[-1]) is None and names[-1] == "asset_tag":
                continue
            if any(self._key(other, names) == key for other in self.tables[path].values() if other is not one):
                raise Refused({"__all__": [f"The fields {', '.join(names)} must make a unique set."]})

    def _key(self, one: dict[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
        values = [str(ip_interface(one[n]).ip) if n == "address" else str(one.get(n)) for n in names]
        return tuple(value.lower() for value in values)


def _anything(_box: NetBox, _one: dict[str, Any]) -> None:
    return


def _mac(_box: NetBox, one: dict[str, Any]) -> None:
    one["mac_address"] = one["mac_address"].upper()


def _address(_box: NetBox, one: dict[str, Any]) -> None:
    one["address"] = str(ip_interface(one["address"]))


def _device(box: NetBox, one: dict[str, Any]) -> None:
    if one.get("location") and box.tables["dcim/locations"][one["location"]]["site"] != one["site"]:
        raise Refused({"location": ["Location does not belong to site."]})
    for field in ("primary_ip4", "primary_ip6"):
        if one.get(field):
            address = box.tables["ipam/ip-addresses"][one[field]]
            held = box.tables["dcim/interfaces"].get(address.get("assigned_object_id") or 0, {})
            if held.get("device") != one["id"]:
                raise Refused({field: ["The specified IP address is not assigned to this device."]})


def _item(box: NetBox, one: dict[str, Any]) -> None:
    if one.get("parent") and box.tables["dcim/inventory-items"][one["parent"]]["device"] != one["device"]:
        raise Refused({"parent": ["Parent inventory item does not belong to the same device."]})


def _cable(box: NetBox, one: dict[str, Any]) -> None:
    for side in ("a_terminations", "b_terminations"):
        for end in one[side]:
            interface = box.tables["dcim/interfaces"].get(end["object_id"])
            if interface is None or interface.get("cable") or interface["type"] in ("virtual", "lag", "bridge"):
                raise Refused({side: ["Cannot be cabled."]})
            interface["cable"] = one["id"]


_RULES: dict[str, Callable[[NetBox, dict[str, Any]], None]] = {
    "dcim/mac-addresses": _mac,
    "ipam/ip-addresses": _address,
    "dcim/devices": _device,
    "dcim/inventory-items": _item,
    "dcim/cables": _cable,
}


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in ("name", "slug", "model", "address", "mac_address") if name in one}


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
    return found


@cache
def validator(path: str, method: str) -> Draft202012Validator:
    """Of one object in a request; a field that the document does not know is a fault."""
    held = document()["paths"][f"/api/{path}/"][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    many = held["oneOf"][1] if "oneOf" in held else held
    name = many["items"]["$ref"].rpartition("/")[2]
    schemas = _nullable(document()["components"]["schemas"])
    schemas[name]["additionalProperties"] = False
    if method == "PATCH":
        schemas[name].setdefault("required", []).append("id")
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


def _nullable(node: Any) -> Any:
    """A schema of OpenAPI 3.0 as one of JSON Schema: nullable becomes a type."""
    if isinstance(node, list):
        return [_nullable(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: _nullable(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made


@contextmanager
def serving(box: NetBox, wrap: Callable[[Any], Any] = lambda socket: socket) -> Iterator[str]:
    """The address of a NetBox on loopback. wrap: puts TLS around its socket."""

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            box.seen.append((self.command, self.path))
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "null")
            if box.redirect:
                self.send_response(302)
                self.send_header("Location", box.redirect)
                self.end_headers()
                return
            status, said = box.answer(self.command, self.path, body)
            if self.headers["Authorization"] != box.authorization:
                status, said = 403, {"detail": "Invalid token"}
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _take

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = wrap(server.socket)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
