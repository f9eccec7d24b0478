"""Plants for the tests of exports: made-up assets with everything a writer may meet, and random ones."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address, ip_network
from typing import Any

from hypothesis import strategies as st

from assetctl.exchange.outgoing import Met, Outgoing, Redact, Results, Rule, clean
from assetctl.exchange.outgoing_devices import areas, cables, devices
from assetctl.exchange.outgoing_results import verdicts
from assetctl.model import (
    Asset,
    Because,
    Fact,
    Finding,
    RequirementMapping,
    Result,
    Severity,
    Source,
    Subject,
    SubjectKind,
    Value,
    Zone,
)
from assetctl.report.inputs import ReportInputs
from tests.unit.report_plant import HOSTILE, hostile_plant, plant

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SEEN = NOON + timedelta(hours=1)
IEC = ("iec62443-3-3", "2013+COR1:2014")
Said = Mapping[tuple[SubjectKind, str], Mapping[str, Value]]
INTERFACE, SERVICE, SOFTWARE = SubjectKind.INTERFACE, SubjectKind.SERVICE, SubjectKind.SOFTWARE


def asset(id: str, own: Mapping[str, Value], said: Said | None = None, **given: Any) -> Asset:
    """One asset. own: facts of itself. said: facts of its interfaces, services and so on, by kind and local key."""
    every: dict[tuple[SubjectKind, str], Mapping[str, Value]] = {(SubjectKind.ASSET, ""): own, **(said or {})}
    facts = tuple(
        Fact(Subject(kind, id, name), key, value, Source("probe", "snmp", "sc-1:7"), "eth1", NOON, SEEN, 90)
        for (kind, name), told in every.items()
        for key, value in told.items()
    )
    return Asset(id, given.pop("realm", "plant"), facts, NOON, SEEN, 90, **given)


def cell() -> tuple[Asset, ...]:
    """A switch and a controller that name each other over LLDP, the controller with two modules, and a server."""
    switch = asset(
        "as-switch",
        {"hostname": "sw1", "manufacturer": "Hirschmann", "model": "RSP25", "asset_role_type": "switch"},
        {
            (INTERFACE, "1"): {
                "interface_index": 1, "interface_name": "1/1", "mac_address": "00:80:63:00:00:01", "interface_type": 6,
                "interface_speed_bps": 100_000_000, "interface_admin_status": "up", "interface_oper_status": "up",
            },
            (INTERFACE, "2"): {"interface_index": 2, "interface_name": "1/2", "interface_admin_status": "down"},
            (INTERFACE, "9"): {"interface_index": 9, "interface_name": "vlan1", "interface_type": 136,
                               "ip_address": "10.20.1.2", "interface_netmask": "255.255.255.0"},
            (INTERFACE, "10.20.1.2"): {"ip_address": "10.20.1.2"},
            (SubjectKind.NEIGHBOUR, "1"): {
                "neighbour_name": "plc1", "neighbour_port": "port-001", "neighbour_local_port": "1/1",
                "neighbour_learned_by": ("lldp",),
            },
        },
        zone="cell-1",
    )  # fmt: skip
    controller = asset(
        "as-plc",
        {
            "hostname": "plc1", "manufacturer": "Siemens", "model": "CPU 1515-2 PN",
            "order_code": "6ES7 515-2AM02-0AB0",
            "serial_number": "S C-X1", "firmware_software_version": "V2.9.4", "asset_role_type": "plc",
            "asset_number": "4711", "physical_location_address": "Hall 2, cabinet =A1+S3",
        },
        {
            (INTERFACE, "5"): {"interface_name": "port-001", "mac_address": "00:1B:1B:00:00:05",
                               "ip_address": "10.20.1.10"},
            (SERVICE, "tcp/102"): {"port_state": "open", "service_name": "s7", "service_source": "probed"},
            (SERVICE, "tcp/80"): {"port_state": "closed"},
            (SubjectKind.NEIGHBOUR, "1"): {
                "neighbour_name": "sw1", "neighbour_port": "1/1", "neighbour_local_port": "port-001",
                "neighbour_learned_by": ("lldp",),
            },
        },
        zone="cell-1",
    )  # fmt: skip
    rack = asset("as-rack", {"manufacturer": "Siemens", "model": "Rail"}, parent="as-plc", zone="cell-1")
    module = asset(
        "as-module",
        {"manufacturer": "Siemens", "order_code": "6ES7 521-1BL00-0AB0", "serial_number": "S 2", "slot": 3},
        parent="as-rack",
        zone="cell-1",
    )
    server = asset(
        "as-server",
        {"hostname": "hist", "operating_system": "Windows Server 2019", "os_version": "1809",
         "asset_role_type": "server"},
        {
            (INTERFACE, "10.20.1.30"): {"ip_address": "10.20.1.30"},
            (INTERFACE, "00:50:56:00:00:01"): {"mac_address": "00:50:56:00:00:01"},
            (SOFTWARE, "1"): {"software_name": "Historian", "software_version": "7.1"},
        },
        zone="cell-1",
    )  # fmt: skip
    return switch, controller, rack, module, server


ZONE = Zone("cell-1", "plant", (ip_network("10.20.1.0/24"),), "1")


def finding(number: int, subject: str, result: Result, *, check: str = "SVC-002", waiver: str = "") -> Finding:
    because = (Because(subject, "port_state tcp/23", "open", "probe: ports", "sc-1:9", NOON),)
    return Finding(
        f"fd-{number}", check, 1, "Telnet is off", Severity.HIGH, subject, result, "", "Telnet answers.", because,
        waiver, "plant", "", "", "cell-1",
    )  # fmt: skip


RULES = (
    Rule("SVC-002", "Telnet is off", "Use SSH.", "", (RequirementMapping(*IEC, "SR 7.7", "S"),), 3),
    Rule("INV-003", "Firmware is known", maps=(RequirementMapping("nist-csf", "2.0", "ID.AM-01", "S", "should"),)),
)


def outgoing(
    assets: Iterable[Asset],
    findings: Iterable[Finding] = (),
    *,
    zones: Iterable[Zone] = (ZONE,),
    rules: tuple[Rule, ...] = RULES,
    met: tuple[Met, ...] = (),
    redact: Redact = str,
) -> Outgoing:
    """What a writer is handed."""
    every = tuple(assets)
    made = devices(every, redact)
    return Outgoing(
        "0.1.0",
        max((one.last_seen for one in made), default=NOON),
        made,
        clean("Brewhouse 3", redact),
        clean("Works North", redact),
        cables(every, redact),
        areas(zones, redact),
        Results(SEEN, verdicts(findings, redact), rules, met, IEC),
        {one.id: one for one in made},
    )


def of_report(inputs: ReportInputs, redact: Redact = str) -> Outgoing:
    """The plant of the report tests. Addresses are made by the store's own types and so are never hostile."""
    assets = [replace(one, facts=tuple(f for f in one.facts if _is_sound(f))) for one in inputs.assets]
    rules = tuple(Rule(clean(c.id), clean(c.title), clean(c.fix), clean(c.limits), c.maps, 3) for c in inputs.checks)
    return outgoing(assets, inputs.findings, zones=inputs.zones, rules=rules, redact=redact)


def _is_sound(fact: Fact) -> bool:
    return fact.key != "ip_address" or fact.value not in HOSTILE


@cache
def named() -> dict[str, Outgoing]:
    """The plants that every format must carry."""
    some = [finding(n, id, result) for n, (id, result) in enumerate(zip(("as-plc", "as-server"), Result, strict=False))]
    return {
        "report": of_report(plant()),
        "hostile": of_report(hostile_plant()),
        "cell": outgoing(cell(), some, met=(Met("cell-1", "SR 1.5"),)),
        "empty": outgoing((), zones=()),
    }


TEXT = st.one_of(
    st.text(max_size=40), st.sampled_from([one[:300] for one in HOSTILE]), st.sampled_from(["", "plc", "A"])
)
KEYS = (
    "manufacturer",
    "model",
    "order_code",
    "serial_number",
    "firmware_software_version",
    "hostname",
    "description",
    "asset_role_type",
    "operating_system",
    "asset_number",
    "physical_location_address",
    "hardware_version",
)


@st.composite
def _assets(draw: st.DrawFn) -> tuple[Asset, ...]:
    count = draw(st.integers(0, 5))
    made = []
    for number in range(count):
        said: dict[tuple[SubjectKind, str], Mapping[str, Value]] = {
            (INTERFACE, key): {
                "ip_address": str(draw(st.integers(0, 255).map(lambda n: IPv4Address(0x0A140100 + n)))),
                "mac_address": draw(st.sampled_from(["00:1B:1B:00:00:01", "00:1B:1B:00:00:02"])),
                "interface_name": draw(TEXT),
                "interface_type": draw(st.sampled_from([6, 24, 161, 999])),
                "interface_speed_bps": draw(st.integers(0, 10**12)),
            }
            for key in draw(st.lists(TEXT, max_size=3, unique=True))
        }
        said |= {
            (SERVICE, f"tcp/{port}"): {"port_state": "open", "service_name": draw(TEXT), "service_source": "probed"}
            for port in draw(st.lists(st.integers(1, 65535), max_size=2, unique=True))
        }
        said |= {(SOFTWARE, "1"): {"software_name": draw(TEXT), "software_version": draw(TEXT)}}
        own = draw(st.dictionaries(st.sampled_from(KEYS), TEXT))
        parent = draw(st.sampled_from([None, *(one.id for one in made)]))
        realm = draw(st.sampled_from(["plant", "line-2"]))
        made.append(
            asset(f"as-{number}", own, said, parent=parent, realm=realm, zone=draw(st.sampled_from([None, "z"])))
        )
    return tuple(made)


@st.composite
def plants(draw: st.DrawFn) -> Outgoing:
    """A random plant: texts of any kind, parts of parts, several realms, results of every kind."""
    assets = draw(_assets())
    subjects = [*(one.id for one in assets), "cell-1", "inventory"]
    results = draw(
        st.lists(st.tuples(st.sampled_from(subjects), st.sampled_from(list(Result)), TEXT, TEXT), max_size=4)
    )
    findings = [
        replace(finding(n, subject, result, waiver=waiver), statement=told, reason=told, title=told)
        for n, (subject, result, told, waiver) in enumerate(results)
    ]
    return outgoing(assets, findings, met=draw(st.sampled_from([(), (Met("cell-1", "SR 7.7"), Met("z", "SR 1.1"))])))
