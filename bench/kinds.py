"""The kinds of devices of the mixed plant: what each serves, by its number, and what is true of it.

The truth is what the device itself says in the words of its maker, written down beside what it is made from; nothing of
it comes from a decoder. Makers and products are of the kinds that plants have, numbers and names are made up. It is one
table, so it stands in one place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.fleet import COMMUNITY, FIRST

Table = dict[str, Any]
Truth = Mapping[str, str]


@dataclass(frozen=True)
class Kind:
    """One kind of device. table: what it serves, by its number. truth: fact key -> what it says of itself, no key more.

    recorded: bytes of a recording that stand for the device's own name, as long as `own` makes them.
    """

    table: Callable[[int], Table]
    truth: Callable[[int], Truth]
    recorded: bytes = b""
    own: Callable[[int], bytes] = lambda _number: b""


def _mac(maker: str, number: int) -> str:
    return f"{maker}:{number >> 16:02X}:{number >> 8 & 255:02X}:{number & 255:02X}"


def _agent(number: int, **more: Any) -> Table:
    common = {"community": COMMUNITY.decode(), "contact": "plant network team", "location": f"cabinet {number}"}
    return {"snmp": common | more}


def _switch(number: int) -> Table:
    name, mac = f"SW-{number:04}", _mac("00:80:63", number << 4)
    whole = {"class": 3, "contained_in": 0, "place": 1, "maker": "Hirschmann", "model": "MACH104-20TX-F"}
    ports = [
        {"description": f"Module: 1 Port: {n}", "type": 6, "name": f"1/{n}", "mac": _mac("00:80:63", (number << 4) + n)}
        for n in range(1, 9)
    ]
    return _agent(
        number,
        description="Hirschmann MACH",
        object_id="1.3.6.1.4.1.248.14.10.76",
        name=name,
        services=2,
        engine_id=f"800000f803{mac.replace(':', '')}",
        entity=[{**whole, "software": f"08.0.{number % 90 + 10}", "serial": f"942003001{number:09}"}],
        interface=ports,
    )


def _moxa(number: int) -> Table:
    return _agent(
        number,
        description="Moxa EDS-408A-MM-SC Managed Redundant Switch, V3.9 build 19061410",
        object_id="1.3.6.1.4.1.8691.7.6",
        name=f"RING-{number:04}",
        services=2,
        interface=[{"description": "Port 1", "type": 6, "name": "1", "mac": _mac("00:90:E8", number)}],
    )


def _power(number: int) -> Table:
    return _agent(
        number,
        description="APC Web/SNMP Management Card (MB:v3.9.2 PF:v3.7.3 PN:apc_hw02_aos_373.bin AF1:v3.7.4 "
        f"AN1:apc_hw02_rpdu_374.bin MN:AP8932 HR:02 SN: 5A{number:010} MD:12/23/2005) ",
        object_id="1.3.6.1.4.1.318.1.3.4.5",
        name=f"PDU-{number:04}",
        interface=[{"description": "rpdu", "type": 6, "mac": _mac("00:C0:B7", number)}],
    )


def _server(number: int) -> Table:
    page = f"<title>Historian {number}</title>"
    return _agent(
        number,
        description=f"Linux HIST-{number:04} 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 x86_64",
        object_id="1.3.6.1.4.1.8072.3.2.10",
        name=f"HIST-{number:04}",
        interface=[{"description": "ens192", "type": 6, "name": "ens192", "mac": _mac("00:50:56", number)}],
    ) | {
        "greets": {"ssh": "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"},
        "answers": {"http": f"HTTP/1.0 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: {len(page)}\r\n\r\n{page}"},
    }


def _station(number: int) -> Table:
    return _agent(
        number,
        description="Hardware: x86 Family 6 Model 37 Stepping 5 AT/AT COMPATIBLE - "
        "Software: Windows Version 6.1 (Build 7601 Multiprocessor Free)",
        object_id="1.3.6.1.4.1.311.1.1.3.1.1",
        name=f"HMI-{number:04}",
        services=76,
        interface=[{"description": "LAN", "type": 6, "mac": _mac("00:1B:21", number)}],
    ) | {"recorded": {"rdp": "xrdp_tls", "vnc": "tigervnc"}}


def _cpu(number: int) -> Table:
    return {
        "s7": {
            "slot": 2,
            "order_code": "6ES7 315-2EH14-0AB0",
            "hardware": 4,
            "firmware": [3, 2, number % 20],
            "protection": 1,
            "mode": 8,
            "ip": str(FIRST + number - 1),
            "mac": _mac("00:1B:1B", number),
            "texts": {"1": f"LINE {number}", "2": f"CPU-{number}", "5": f"S C-X4U4{number:08}", "7": "CPU 315-2 PN/DP"},
        }
    }


def _logix(number: int) -> Table:
    return {
        "enip": {
            "vendor_id": 1,
            "device_type": 14,
            "product_code": 107,
            "revision": [32, number % 20 + 1],
            "serial": f"60C0{number:04X}",
            "product_name": "1769-L36ERM/A LOGIX5336ERM",
            "hostname": f"CELL-{number}",
            "ip": str(FIRST + number - 1),
            "mac": _mac("F4:54:33", number),
        }
    }


def _drive(number: int) -> Table:
    words = {"vendor_id": 1, "device_type": 150, "product_code": 9, "product_name": "PowerFlex 525"}
    mac = _mac("F4:54:33", number)
    return {"enip": words | {"revision": [5, number % 9 + 1], "serial": f"60AF{number:04X}", "mac": mac}}


def _air(number: int) -> Table:
    return {
        "bacnet": {
            "instance": 600000 + number,
            "object_name": f"AHU-{number}",
            "vendor_name": "Reliable Controls",
            "vendor_id": 35,
            "model": "MACH-ProSys",
            "firmware": f"8.{number % 50}.1",
            "location": f"roof {number}",
            "protocol_version": 1,
            "protocol_revision": 14,
        }
    }


def _modicon(number: int) -> Table:
    texts = {0: "Schneider Electric", 1: "BMX P34 2020", 2: f"v2.{number % 90 + 10}", 4: "Modicon M340", 5: "M340 CPU"}
    return {"modbus": {"objects": texts}}


def _coupler(number: int) -> Table:
    return {"modbus": {"objects": {0: "WAGO", 1: "750-352", 2: f"01.{number % 90 + 10}.10(14)"}}}


def _opcua_name(number: int) -> bytes:
    return f"urn:acme:{number:05}".encode()


KINDS: Mapping[str, Kind] = {
    "controller Modicon": Kind(
        _modicon,
        lambda n: {
            "manufacturer": "Schneider Electric",
            "order_code": "BMX P34 2020",
            "model": "M340 CPU",
            "firmware_software_version": f"v2.{n % 90 + 10}",
        },
    ),
    "coupler": Kind(
        _coupler,
        lambda n: {
            "manufacturer": "WAGO",
            "order_code": "750-352",
            "model": "750-352",
            "firmware_software_version": f"01.{n % 90 + 10}.10(14)",
        },
    ),
    "controller S7": Kind(
        _cpu,
        lambda n: {
            "manufacturer": "Siemens",
            "model": "CPU 315-2 PN/DP",
            "order_code": "6ES7 315-2EH14-0AB0",
            "serial_number": f"S C-X4U4{n:08}",
            "hardware_version": "4",
            "firmware_software_version": f"3.2.{n % 20}",
        },
    ),
    "controller Logix": Kind(
        _logix,
        lambda n: {
            "manufacturer": "Rockwell Automation",
            "model": "1769-L36ERM/A LOGIX5336ERM",
            "serial_number": f"60C0{n:04X}",
            "order_code": "1769-L36ERM",
            "hardware_version": "A",
            "firmware_software_version": f"32.{n % 20 + 1:03}",
            "hostname": f"CELL-{n}",
        },
    ),
    "drive": Kind(
        _drive,
        lambda n: {
            "manufacturer": "Rockwell Automation",
            "model": "PowerFlex 525",
            "serial_number": f"60AF{n:04X}",
            "firmware_software_version": f"5.{n % 9 + 1:03}",
        },
    ),
    "air handling": Kind(
        _air,
        lambda n: {
            "manufacturer": "Reliable Controls",
            "model": "MACH-ProSys",
            "firmware_software_version": f"8.{n % 50}.1",
            "hostname": f"AHU-{n}",
        },
    ),
    "switch": Kind(
        _switch,
        lambda n: {
            "manufacturer": "Hirschmann",
            "model": "MACH104-20TX-F",
            "serial_number": f"942003001{n:09}",
            "firmware_software_version": f"08.0.{n % 90 + 10}",
            "hostname": f"SW-{n:04}",
        },
    ),
    "ring switch": Kind(
        _moxa,
        lambda n: {
            "manufacturer": "Moxa",
            "model": "EDS-408A-MM-SC",
            "firmware_software_version": "3.9",
            "hostname": f"RING-{n:04}",
        },
    ),
    "power distribution": Kind(
        _power,
        lambda n: {
            "manufacturer": "APC",
            "model": "AP8932",
            "serial_number": f"5A{n:010}",
            "firmware_software_version": "3.7.4",
            "hardware_version": "02",
            "hostname": f"PDU-{n:04}",
        },
    ),
    "server": Kind(_server, lambda n: {"hostname": f"HIST-{n:04}", "operating_system": "Debian"}),
    "operator station": Kind(_station, lambda n: {"hostname": f"HMI-{n:04}"}),
    "OPC UA server": Kind(
        lambda _: {"recorded": {"opcua": "asyncua_secured"}},
        lambda n: {"opcua_application_uri": _opcua_name(n).decode()},
        b"urn:acme:plant",
        _opcua_name,
    ),
}

SHARES = {
    "controller Modicon": 14,
    "coupler": 10,
    "controller S7": 14,
    "controller Logix": 8,
    "drive": 14,
    "air handling": 8,
    "switch": 8,
    "ring switch": 5,
    "power distribution": 4,
    "server": 5,
    "operator station": 5,
    "OPC UA server": 5,
}
"""How many of each in a hundred."""
