"""Lines of zgrab2, one JSON object for each host -> observations, in the keys and forms of a scan.

Read are the results of modbus, bacnet, siemens, fox, ssh, tls, http, ftp, telnet and dnp3 that ended with success.
Source: zgrab2's schemas of those modules.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.flow_lines import Lines
from assetctl.exchange.flow_rows import OLDEST, address, moment
from assetctl.model import Address, Claim, IPAddress, Observation, Outcome, PortState, SubjectKind, Value
from assetctl.text import one_line

SOURCE = "zgrab2"
READER = "zgrab2/1"
CONFIDENCE = 80
MOST_TEXT = 1024
MOST_HOSTS = 50_000
MOST_PROBLEMS = 20
_PORTS = {
    **{"modbus": "tcp/502", "bacnet": "udp/47808", "siemens": "tcp/102", "fox": "tcp/1911", "ssh": "tcp/22"},
    **{"tls": "tcp/443", "http": "tcp/80", "ftp": "tcp/21", "telnet": "tcp/23", "dnp3": "tcp/20000"},
}
_SERVICES = {"siemens": "s7", "fox": "niagara-fox", "tls": ""}
_ASSET = {
    "modbus": {
        **{"vendor": "manufacturer", "product_code": "order_code", "revision": "firmware_software_version"},
        **{"vendor_url": "vendor_url", "model_name": "model", "user_application_name": "application_name"},
    },
    "bacnet": {
        **{"vendor_name": "manufacturer", "model_name": "model", "firmware_revision": "firmware_software_version"},
        **{"application_software_revision": "application_software_version", "object_name": "hostname"},
        **{"description": "description", "location": "physical_location_address"},
        **{"instance_number": "bacnet_device_instance", "vendor_id": "bacnet_vendor_id"},
    },
    "siemens": {
        **{"system": "application_name", "plant_id": "plant_identification", "copyright": "copyright"},
        **{"serial_number": "serial_number", "module_type": "module_type", "module_id": "order_code"},
    },
    "fox": {
        **{"station_name": "application_name", "app_version": "application_software_version"},
        **{"os_name": "operating_system", "os_version": "os_version", "host_id": "fox_host_id"},
        **{"brand_id": "fox_brand_id", "host_address": "fox_host_address"},
    },
}
_TLS = re.compile(r"SSLv3|TLSv1\.[0-3]")
_Json = Mapping[str, object]


@dataclass(slots=True)
class ZGrab:
    """The hosts of a file. failed: results without success. unread: of modules that are not read."""

    sha256: str = ""
    hosts: list[tuple[int, IPAddress, datetime, tuple[Claim, ...]]] = field(default_factory=list)
    lines: int = 0
    failed: int = 0
    unread: int = 0
    problems: list[str] = field(default_factory=list)
    skipped: int = 0

    def skip(self, number: int, reason: str) -> None:
        """Count a line that is not read."""
        self.skipped += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(f"line {number}: {one_line(reason)}")


def read_zgrab2(path: Path, *, newest: datetime) -> ZGrab:
    """Every host of a file. Raises InputError when it is none of zgrab2."""
    lines, found = Lines(path), ZGrab()
    for number, raw in lines.read():
        if raw is None or raw.strip():
            try:
                _host(found, number, raw, newest)
            except (ValueError, OverflowError, RecursionError) as fault:
                found.skip(number, str(fault) or "nested too deep")
    found.sha256 = lines.sha256
    if not found.lines:
        said = f"; {found.problems[0]}" if found.problems else ""
        raise InputError(f"{path}: no line of zgrab2 in it; its output, one JSON object a line, is expected{said}")
    return found


def _host(found: ZGrab, number: int, raw: bytes | None, newest: datetime) -> None:
    if raw is None:
        raise ValueError("longer than 64 KiB")
    told = json.loads(raw.decode("utf-8"))
    if not isinstance(told, dict) or not isinstance(told.get("data"), dict) or "ip" not in told:
        raise ValueError('an object with "ip" and "data" is expected')
    if len(found.hosts) >= MOST_HOSTS:
        raise ValueError(f"more than {MOST_HOSTS} hosts")
    ip = address(str(told["ip"]))
    found.lines += 1
    claims: dict[Claim, None] = {}
    times: list[datetime] = []
    for name, scan in told["data"].items():
        if not isinstance(scan, dict):
            raise ValueError(f"{name}: an object is expected")
        result = scan.get("result")
        if scan.get("status") != "success" or not isinstance(result, dict):
            found.failed += 1
            continue
        module = str(scan.get("protocol") or name)
        if module not in _PORTS:
            found.unread += 1
            continue
        times.append(moment(str(scan.get("timestamp", ""))))
        claims |= dict.fromkeys(_claims(module, str(scan.get("port") or ""), result))
    if claims:
        if not OLDEST <= min(times) <= max(times) <= newest:
            raise ValueError(f"the time {min(times):%Y-%m-%d} cannot be right")
        found.hosts.append((number, ip, max(times), tuple(claims)))


def _claims(module: str, port: str, result: _Json) -> Iterator[Claim]:
    transport, _, usual = _PORTS[module].partition("/")
    key = f"{transport}/{port if port.isascii() and port.isdigit() else usual}"
    if any(result.get(flag) is False for flag in ("is_s7", "is_fox", "is_bacnet", "is_dnp3")):
        return
    service: dict[str, Value] = {"service_name": _SERVICES.get(module, module), "service_source": "probed"}
    if reader := _SERVICE_READERS.get(module):
        service |= reader(result)
    yield Claim("port_state", PortState.OPEN, SubjectKind.SERVICE, key)
    for name, value in service.items():
        if (value and service["service_name"]) or name not in ("service_name", "service_source"):
            yield Claim(name, value, SubjectKind.SERVICE, key, confidence=CONFIDENCE)
    source = _at(result, "mei_response", "objects") if module == "modbus" else result
    for theirs, ours in _ASSET.get(module, {}).items():
        number = source.get(theirs)
        if text := _text(source, theirs):
            yield Claim(ours, text, confidence=CONFIDENCE)
        elif isinstance(number, int) and not isinstance(number, bool):
            yield Claim(ours, number, confidence=CONFIDENCE)
    if module == "modbus" and (text := _text(source, "product_name")):
        key_of_it = "description" if _text(source, "model_name") else "model"
        yield Claim(key_of_it, text, confidence=CONFIDENCE)
    host = _text(result, "hostname") if module == "fox" else ""
    if host and not re.fullmatch(r"[0-9a-fA-F.:]*", host):
        yield Claim("hostname", host[:255], confidence=CONFIDENCE)


def _at(told: _Json, *path: str) -> _Json:
    """The object at a path, an empty one where there is none."""
    for name in path:
        inner = told.get(name)
        if not isinstance(inner, dict):
            return {}
        told = inner
    return told


def _text(told: _Json, name: str) -> str:
    value = told.get(name)
    return value.strip()[:MOST_TEXT] if isinstance(value, str) else ""


def _present(told: Mapping[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in told.items() if value}


def _ssh(result: _Json) -> dict[str, Value]:
    said = _at(result, "server_id")
    return _present({"service_banner": _text(said, "raw"), "ssh_protocol_version": _text(said, "version")})


def _tls(result: _Json) -> dict[str, Value]:
    name = _text(_at(result, "handshake_log", "server_hello", "version"), "name")
    return _present({"service_tunnel": "ssl", "tls_versions": (name,) if _TLS.fullmatch(name) else ()})


def _http(result: _Json) -> dict[str, Value]:
    server = _at(result, "response", "headers").get("server")
    first = server[0] if isinstance(server, list) and server else ""
    return _present({"http_server": first[:256] if isinstance(first, str) else ""})


def _banner(result: _Json) -> dict[str, Value]:
    return _present({"service_banner": _text(result, "banner")})


_SERVICE_READERS: Mapping[str, Callable[[_Json], dict[str, Value]]] = {
    **{"ssh": _ssh, "tls": _tls, "http": _http, "ftp": _banner, "telnet": _banner},
}


def observations(found: ZGrab, *, scan: str, realm: str, file: str) -> Iterator[Observation]:
    """One observation for each line that told something."""
    for number, ip, at, claims in found.hosts:
        own = (Claim("reachable", True), Claim("ip_address", str(ip), SubjectKind.INTERFACE, f"ip/{ip}"))
        yield Observation(
            id="zgrab2-" + sha256(f"{realm}\n{found.sha256}\n{number}".encode()).hexdigest()[:24],
            scan=scan,
            source=SOURCE,
            reader=READER,
            realm=realm,
            target=Address(realm, ip),
            vantage="import",
            outcome=Outcome.ANSWERED,
            started=at,
            ended=at,
            exchanges=(),
            claims=(*own, *claims),
            record=f"{file}: line {number}",
        )
