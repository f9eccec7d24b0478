"""The same device by every road: scan, capture, Zeek, walk, nmap, NetBox. Run as a module it writes docs/parity.md."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from ipaddress import IPv4Address, ip_address
from pathlib import Path

from assetctl.exchange.snmp_agent import request_id
from assetctl.model import Address, Asset, Exchange, Observation, Outcome, Scan, ScanState, Transport
from assetctl.protocols.snmp import codec
from assetctl.store.repo import Store, open_store
from assetctl.work import contexts
from assetctl.work.flow_import import Wanted
from assetctl.work.importing import import_nmap
from assetctl.work.importing_capture import import_capture
from assetctl.work.importing_records import import_netbox, import_walk, import_zeek
from assetctl.work.ingest import ingest
from assetctl.work.port_states import port_claims
from tests.contracts.captures import Capture, all_captures
from tests.unit.capture_writer import BEGUN, talk, written

AT = datetime.fromtimestamp(BEGUN, UTC)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
KEYS = (
    *("manufacturer", "model", "serial_number", "firmware_software_version", "hostname", "description"),
    *("mac_address", "cip_vendor_id", "cip_device_type", "cip_product_code", "sys_object_id", "ip_address"),
    *("application_name", "plant_identification", "modbus_unit_id", "order_code", "bacnet_device_instance"),
    *("opcua_application_uri", "opcua_security_policies", "opcua_user_token_types", "anonymous_access"),
    *("fins_node", "dnp3_address", "snmp_engine_id"),
)
Road = Callable[[Store, Path], None]


@dataclass(frozen=True, eq=False)
class Device:
    """A recorded device at an address, and the further roads by which it is known."""

    title: str
    recording: str
    ip: str
    roads: Mapping[str, Road]

    @property
    def capture(self) -> Capture:
        found = next(one for one in all_captures() if str(one) == self.recording)
        return replace(found, context=replace(found.context, host=self.ip))

    def every_road(self) -> dict[str, Road]:
        """All roads by name."""
        return {"scan": self._scanned, "pcap": self._captured, **self.roads}

    def _scanned(self, store: Store, _folder: Path) -> None:
        store.begin_scan(Scan("s-1", "plant", ScanState.DONE, AT, AT, "eth0", plan_hash="0"))
        store.put_observations([self._observation()])

    def _observation(self) -> Observation:
        one = self.capture
        exchanges = tuple(
            Exchange(
                *(f"s-1:{at}", name, sent, reply.frames, reply.outcome, AT),
                detail=f"{one.protocol.transport}/{one.context.port}" if name == "connect" else "",
            )
            for at, (name, sent, reply) in enumerate(one.recording)
        )
        return Observation(
            **{"id": "s-1/1", "scan": "s-1", "source": "probe", "reader": one.protocol.reader, "realm": "plant"},
            target=Address("plant", ip_address(self.ip)),
            **{"vantage": "eth0", "outcome": Outcome.ANSWERED, "started": AT, "ended": AT, "exchanges": exchanges},
            claims=(*one.claims, *port_claims(exchanges)),
            **{"port": one.context.port, "transport": Transport(one.protocol.transport)},
            options=contexts.written(one.context),
        )

    def _captured(self, store: Store, folder: Path) -> None:
        path = written(folder / "device.pcap", talk(self.capture))
        import_capture(store, path, Wanted("plant"), now=NOW)


def _file(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, "utf-8")
    return path


def _zeek_log(name: str, **told: str) -> str:
    fields = {"ts": f"{BEGUN:.6f}", "uid": "C1", "id.orig_h": "10.20.1.100", "id.orig_p": "50000", **told}
    names, values = "\t".join(fields), "\t".join(fields.values())
    return f"#separator \\x09\n#unset_field\t-\n#path\t{name}\n#fields\t{names}\n{values}\n"


def _controller_by_zeek(store: Store, folder: Path) -> None:
    told = {"id.resp_h": "10.20.1.5", "id.resp_p": "44818", "vendor_id": "1", "device_type_id": "14"}
    told |= {"vendor_name": "Rockwell Automation/Allen-Bradley", "product_code": "150", "revision": "32.11"}
    told |= {"serial_number": "0x00c0ffee", "product_name": "1769-L33ER/A LOGIX5333ER"}
    import_zeek(store, [_file(folder, "cip_identity.log", _zeek_log("cip_identity", **told))], realm="plant", now=NOW)


def _controller_by_nmap(store: Store, folder: Path) -> None:
    elements = {
        **{"type": "Programmable Logic Controller (14)", "vendor": "Rockwell Automation/Allen-Bradley (1)"},
        **{"productName": "1769-L33ER/A LOGIX5333ER", "serialNumber": "0x00c0ffee", "productCode": "150"},
        "revision": "32.11",
    }
    elems = "".join(f'<elem key="{key}">{value}</elem>' for key, value in elements.items())
    text = f"""<?xml version="1.0"?><nmaprun scanner="nmap" start="{int(BEGUN)}" version="7.93"><host>
<status state="up" reason="echo-reply"/><address addr="10.20.1.5" addrtype="ipv4"/><ports><port protocol="udp"
portid="44818"><state state="open" reason="udp-response"/><service name="EtherNet-IP-2" method="table"/>
<script id="enip-info" output="">{elems}</script></port></ports></host><runstats><finished time="{int(BEGUN)}"
exit="success"/></runstats></nmaprun>"""
    import_nmap(store, _file(folder, "scan.xml", text), realm="plant", now=NOW)


def _by_netbox(name: str, ip: str, maker: str, model: str, serial: str) -> Road:
    told = {
        **{"name": name, "status": {"value": "active"}, "site": {"name": "Works 2"}, "serial": serial},
        "device_type": {"manufacturer": {"name": maker}, "model": model},
        "primary_ip4": {"address": f"{ip}/24"},
    }

    def road(store: Store, folder: Path) -> None:
        path = _file(folder, f"{name}.json", json.dumps([told]))
        import_netbox(store, [path], realm="plant", now=NOW)

    return road


def _switch_by_walk(store: Store, folder: Path) -> None:
    lines = []
    for _, _, reply in SWITCH.capture.recording:
        for frame in reply.frames:
            found = codec.decode(frame, request_id=request_id(frame)).varbinds
            named = ((".".join(map(str, one.name)), one) for one in found if one.value is not None)
            lines += [f".{name} = {_printed(one)}" for name, one in named]
    path = _file(folder, "switch.walk", "\n".join(lines))
    import_walk(store, path, realm="plant", ip=IPv4Address(SWITCH.ip), at=AT, now=NOW)


def _printed(one: codec.Varbind) -> str:
    match one.tag:
        case codec.OCTET_STRING:
            assert isinstance(one.value, bytes)
            return f"Hex-STRING: {one.value.hex(' ').upper()} "
        case codec.OBJECT_ID:
            assert isinstance(one.value, tuple)
            return f"OID: .{'.'.join(map(str, one.value))}"
        case codec.TIME_TICKS:
            return f"Timeticks: ({one.value}) 0:00:00.00"
        case codec.IP_ADDRESS:
            assert isinstance(one.value, bytes)
            return f"IpAddress: {IPv4Address(one.value)}"
    return f"{'INTEGER' if one.tag == codec.INTEGER else 'Gauge32'}: {one.value}"


def _switch_by_zeek(store: Store, folder: Path) -> None:
    told = {"id.resp_h": SWITCH.ip, "id.resp_p": "161", "version": "2c", "community": "plant-7", "get_responses": "9"}
    log = _zeek_log("snmp", **told, display_string="Hirschmann MACH")
    import_zeek(store, [_file(folder, "snmp.log", log)], realm="plant", now=NOW)


CONTROLLER = Device(
    "A controller with EtherNet/IP",
    "enip-cpppo",
    "10.20.1.5",
    {
        "zeek": _controller_by_zeek,
        "nmap": _controller_by_nmap,
        "netbox": _by_netbox("plc-5", "10.20.1.5", "Rockwell", "1769-L33ER/A LOGIX5333ER", "00C0FFEE"),
    },
)
SWITCH = Device(
    "A switch with SNMP",
    "snmp-switch_entity",
    "192.168.40.11",
    {
        "walk": _switch_by_walk,
        "zeek": _switch_by_zeek,
        "netbox": _by_netbox("sw-1", "192.168.40.11", "Hirschmann", "MACH104-20TX-F", "942003001000001"),
    },
)


def _by_zeek(name: str, server: str, *rows: Mapping[str, str]) -> Road:
    """Rows of one log about a server such as 10.20.1.5:102."""
    ip, _, port = server.rpartition(":")

    def road(store: Store, folder: Path) -> None:
        logs = [_zeek_log(name, **{"id.resp_h": ip, "id.resp_p": port, "is_orig": "F", **row}) for row in rows]
        lines = [*logs[0].splitlines(), *(log.splitlines()[-1] for log in logs[1:])]
        import_zeek(store, [_file(folder, f"{name}.log", "\n".join(lines) + "\n")], realm="plant", now=NOW)

    return road


CPU = Device(
    "A controller with S7",
    "s7-s7_1500_card",
    "10.20.1.5",
    {
        "zeek": _by_zeek(
            "s7comm_known_devices",
            "10.20.1.5:102",
            {
                **{"automation_system_name": "S71500/ET200MP station_1", "module_name": "PLC_1", "plant_name": "-"},
                **{"module_serial": "S V-L7AB12342021"},
            },
        ),
        "netbox": _by_netbox("plc-7", "10.20.1.5", "Siemens", "CPU 1512C-1 PN", "S V-L7AB12342021"),
    },
)
COUPLER = Device(
    "A coupler with Modbus",
    "modbus-wago",
    "10.20.1.5",
    {
        "zeek": _by_zeek(
            "modbus_read_device_identification",
            "10.20.1.5:502",
            *(
                {"unit": "255", "object_id_code": f"0x{at:02x}", "object_value": text}
                for at, text in enumerate(("Wago", "750-8212", "04.01.10"))
            ),
        ),
    },
)
HANDLER = Device(
    "An air handler with BACnet",
    "bacnet-forwarded",
    "10.20.1.5",
    {
        "zeek": _by_zeek(
            "bacnet_property",
            "10.20.1.5:47808",
            *(
                {
                    **{"pdu_service": "read-property-ack", "object_type": "device", "instance_number": "1234"},
                    **{"property": prop, "value": value},
                }
                for prop, value in (("vendor-name", "Automated Logic"), ("model-name", "ME812u"),
                                    ("firmware-revision", "6.00a"), ("serial-number", "ALC-0042"))
            ),
        ),
    },
)  # fmt: skip
SERVER = Device(
    "A server with OPC UA",
    "opcua-asyncua",
    "127.77.60.1",
    {
        "zeek": _by_zeek(
            "opcua_binary_get_endpoints_user_token",
            "127.77.60.1:4840",
            *({"user_token_type": str(kind)} for kind in (0,)),
        ),
    },
)
PRESS = Device("A controller with FINS", "fins-cj2m", "10.20.1.5", {})
OUTSTATION = Device("An outstation with DNP3", "dnp3_tcp-dnp3py", "10.20.1.5", {})
DEVICES = (CONTROLLER, SWITCH, CPU, COUPLER, HANDLER, SERVER, PRESS, OUTSTATION)


def declared_by(road: Road) -> dict[str, str]:
    """What a road declares, as a position."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_store(f"sqlite:///{folder / 'a.db'}", create=True) as store:
            road(store, folder)
            found = [{**one.declared, **one.match} for one in store.positions("plant")]
    return {key: str(value) for one in found for key, value in one.items() if key in KEYS}


def assets_by(roads: list[Road]) -> tuple[Asset, ...]:
    """The assets that come out of these roads, imported one after another."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_store(f"sqlite:///{folder / 'a.db'}", create=True) as store:
            for road in roads:
                road(store, folder)
            ingest(store, "plant")
            return store.assets("plant")


def told(device: Device, asset: Asset) -> dict[str, str]:
    """What is known of the device itself, by key: the surest value of each."""
    best: dict[str, tuple[int, str]] = {}
    for fact in asset.facts:
        shown = ", ".join(fact.value) if isinstance(fact.value, tuple) else str(fact.value)
        if fact.key in KEYS and (fact.key != "ip_address" or shown == device.ip):
            best[fact.key] = max(best.get(fact.key, (0, "")), (fact.confidence, shown))
    return {key: value for key, (_, value) in best.items()}


@cache
def by_road(device: Device) -> dict[str, dict[str, str]]:
    """What each road alone tells of the device."""
    found = {}
    for name, road in device.every_road().items():
        own = [asset for asset in assets_by([road]) if told(device, asset).get("ip_address") == device.ip]
        found[name] = told(device, own[0]) if own else declared_by(road)
    return found


def page() -> str:
    """docs/parity.md."""
    lines = [
        "# The same device by every road",
        "",
        "Written by `python -m tests.unit.parity` and checked by the tests. Each road alone, in a database of its own:",
        "every value is the one that the scan told, or it is blank because that road does not tell it.",
        "What NetBox says is declared.",
    ]
    for device in DEVICES:
        roads = by_road(device)
        lines += ["", f"## {device.title}", "", f"| fact | {' | '.join(roads)} |", "|---|" + "---|" * len(roads)]
        for key in KEYS:
            if any(key in one for one in roads.values()):
                lines.append(f"| {key} | " + " | ".join(one.get(key, "") for one in roads.values()) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
