"""A made-up inventory of any size: devices of six kinds in lines of a plant, as a run of every probe would leave them.

Some of it is old, missing, contradicted or against the policy, so that every outcome of a check comes up.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, ip_network

from assetctl.facts import vocabulary
from assetctl.model import Asset, Fact, Position, Scan, ScanState, Source, Subject, Value, Zone
from assetctl.policy.plant import DeclaredNetwork, Plant

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
REALM = "plant"
LINE = 200
"""Devices of one zone."""

Told = Mapping[str, Mapping[str, Value]]
"""probe -> "KEY" or "LOCAL-KEY KEY" -> value."""

_TARGETS = {"IAC": 2, "UC": 2, "SI": 1, "DC": 1, "RDF": 2, "TRE": 1, "RA": 2}


def _identity(number: int, maker: str, model: str, role: str) -> dict[str, Value]:
    return {
        "manufacturer": maker,
        "model": model,
        "serial_number": f"SN{number:08}",
        "firmware_software_version": f"V{number % 4 + 1}.{number % 10}",
        "asset_role_type": role,
        "hostname": f"{role}-{number}",
    }


def _service(where: str, name: str, **more: Value) -> dict[str, Value]:
    told = {"port_state": "open", "service_name": name, "service_source": "probed", **more}
    return {f"{where} {key}": value for key, value in told.items()}


def _agent(number: int, ports: int) -> dict[str, Value]:
    told: dict[str, Value] = {
        **_service("udp/161", "snmp"),
        "snmp_versions_answered": ("v1", "v2c") if number % 4 else ("v3",),
        "sys_uptime_s": number * 1000,
    }
    for port in range(1, ports + 1):
        told[f"{port} interface_index"] = port
        told[f"{port} interface_name"] = f"Port {port}"
        told[f"{port} interface_oper_status"] = "up" if (number + port) % 3 else "down"
        told[f"{port} interface_admin_status"] = "up"
    return told


def _web(number: int) -> dict[str, Value]:
    began, ends = NOW - timedelta(days=300), NOW + timedelta(days=number % 500 - 50)
    print_of = f"tcp/443/{number:064x}"
    return {
        **_service("tcp/443", "https", service_tunnel="ssl", tls_versions=("TLSv1.2",) if number % 3 else ("TLSv1.0",)),
        f"{print_of} certificate_fingerprint": f"{number:064x}",
        f"{print_of} certificate_subject": f"CN=web-{number}",
        f"{print_of} certificate_issuer": f"CN=web-{number}" if number % 2 else "CN=plant CA",
        f"{print_of} certificate_not_before": began.isoformat(),
        f"{print_of} certificate_not_after": ends.isoformat(),
        f"{print_of} certificate_key_bits": 2048 if number % 5 else 1024,
        f"{print_of} certificate_key_type": "rsa",
        f"{print_of} certificate_signature_algorithm": "sha256WithRSAEncryption",
    }


def _told(number: int) -> Told:
    match number % 6:
        case 0:
            identity = _identity(number, "Siemens", "CPU 315-2 PN/DP", "plc")
            more = {**_service("tcp/102", "s7"), "s7_protection_level": number % 3 + 1, "s7_operating_state": "RUN"}
            return {"s7": {**identity, **more}}
        case 1:
            identity = _identity(number, "Hirschmann", "MACH104-20TX-F", "switch")
            return {"snmp": {**identity, **_agent(number, 8)}, "https": _web(number)}
        case 2:
            identity = _identity(number, "WAGO", "750-352", "remote-io")
            return {"modbus": {**identity, **_service("tcp/502", "modbus")}, "http": _service("tcp/80", "http")}
        case 3:
            identity = _identity(number, "Schneider Electric", "M340 CPU", "plc")
            return {"modbus": {**identity, **_service("tcp/502", "modbus")}, "greeting": _service("tcp/21", "ftp")}
        case 4:
            identity = _identity(number, "Microsoft", "Windows 10", "hmi")
            served = {**_service("tcp/3389", "rdp"), **_service("tcp/445", "smb", smb_signing_required=number % 8 != 0)}
            return {"smb": {**identity, "operating_system": "Windows 10", **served}, "https": _web(number)}
    identity = _identity(number, "Dell", "PowerEdge R440", "server")
    served = _service("tcp/22", "ssh", ssh_kex_algorithms=("curve25519-sha256", "diffie-hellman-group1-sha1"))
    return {"snmp": {**identity, **_agent(number, 2)}, "ssh": served}


def _facts(number: int, asset: str) -> Iterator[Fact]:
    seen = NOW - timedelta(days=number % 50 / 2)
    address, mac = str(_address(number)), f"00:80:63:{number >> 16:02X}:{number >> 8 & 255:02X}:{number & 255:02X}"
    for probe, told in {
        **_told(number),
        "ntp": {"lan ip_address": address, "lan mac_address": mac},
        "tcp": _asked(),
    }.items():
        for place, value in told.items():
            local_key, _, key = place.rpartition(" ")
            subject = Subject(vocabulary()[key].kind, asset, local_key)
            yield Fact(subject, key, value, Source("probe", probe, f"s:{number}"), "eth0/any", seen, seen, 90)


def _asked() -> Mapping[str, Value]:
    """Ports that were tried and are closed."""
    return {f"tcp/{port} port_state": "closed" for port in (23, 513, 5900, 1433)}


def _address(number: int) -> IPv4Address:
    return IPv4Address("10.0.0.0") + number // LINE * 256 + number % LINE + 10


def _asset(number: int) -> Asset:
    name = f"a{number:06}"
    facts = tuple(_facts(number, name))
    seen = facts[0].last_seen
    position = f"L{number // LINE}.P{number % LINE}" if number % 10 else None
    zone = f"line-{number // LINE}"
    return Asset(name, REALM, facts, seen, seen, 90, position=position, zone=zone)


def _position(number: int) -> Position:
    declared: Mapping[str, Value] = {"asset_criticality": "high" if number % 3 else "low", "department_owner": "line"}
    match = {"ip_address": str(_address(number))}
    return Position(f"L{number // LINE}.P{number % LINE}", REALM, match, declared, "register.yaml", NOW)


def _range(line: int) -> IPv4Network:
    return IPv4Network((IPv4Address("10.0.0.0") + line * 256, 24))


def inventory(count: int) -> Plant:
    """So many assets with zones, a register and a complete run."""
    lines = range(-(-count // LINE))
    zones = tuple(Zone(f"line-{n}", REALM, (_range(n),), level="1", owner="line", sl_t=_TARGETS) for n in lines)
    whole = ip_network("10.0.0.0/8")
    run = Scan("s", REALM, ScanState.DONE, NOW - timedelta(days=1), NOW, "eth0/any", coverage=(str(whole),))
    return Plant(
        assets=tuple(map(_asset, range(count))),
        zones=zones,
        positions=tuple(_position(n) for n in range(count) if n % 10),
        scans=(run,),
        networks=(DeclaredNetwork(REALM, whole),),
    )
