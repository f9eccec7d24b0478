"""A made-up plant for the report tests: 30 assets, 60 findings, and everything else a report may say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

from assetctl.golden.outcome import Difference, Outcome
from assetctl.model import (
    Asset,
    Because,
    Conduit,
    Fact,
    Finding,
    Position,
    RequirementMapping,
    Result,
    Scan,
    ScanState,
    Severity,
    Source,
    Subject,
    SubjectKind,
    Value,
    Zone,
)
from assetctl.policy.waivers import State, Use
from assetctl.report.inputs import (
    AdvisoryMatch,
    Approval,
    CheckInfo,
    Compared,
    Evidence,
    Exclusion,
    FeedInfo,
    Halt,
    LifeEnd,
    Passage,
    ReportInputs,
    Service,
    Traffic,
    VantageInfo,
)
from assetctl.topology import End, Link, Topology
from tests.unit import report_papers as papers

START = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
GENERATED = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

# maker, model, order code, firmware, role, name, protocol and port
KINDS = (
    ("Siemens", "CPU 1515-2 PN", "6ES7 515-2AM02-0AB0", "V2.9.4", "plc", "press-plc", "s7", 102),
    ("Siemens", "SCALANCE XC208", "6GK5 208-0BA00-2AC2", "V4.4", "switch", "ring-sw", "snmp", 161),
    ("Schneider Electric", "Modicon M580", "BMEP584040", "3.20", "plc", "mixer-plc", "modbus", 502),
    ("Rockwell Automation", "ControlLogix 5580", "1756-L83E", "33.011", "plc", "fill-plc", "cip", 44818),
    ("Moxa", "NPort 5150A", "NPort 5150A", "1.6", "gateway", "scale-gw", "http", 80),
    ("Phoenix Contact", "AXC F 2152", "2404267", "2023.0.6", "plc", "cip-plc", "opcua", 4840),
    ("", "", "", "", "", "", "", 0),
    ("Beckhoff", "CX5130", "CX5130-0175", "TC 3.1.4024", "hmi", "line-hmi", "ads", 48899),
    ("Hirschmann", "RSP25", "RSP25-11003Z6TT", "08.7.01", "switch", "core-sw", "snmp", 161),
    ("WAGO", "750-8212", "750-8212/000-100", "04.02.13", "io", "io-node", "modbus", 502),
)
ZONES = (
    Zone("cell-press", "plant", (ip_network("10.20.1.0/24"),), "1", "Press shop", {"IAC": 2, "UC": 2, "SI": 2}),
    Zone(
        "cell-filling",
        "plant",
        (ip_network("10.20.2.0/24"),),
        "1",
        "Filling line",
        {"IAC": 2, "UC": 2, "SI": 2, "DC": 1, "RDF": 3, "TRE": 2, "RA": 2},
    ),
    Zone("control-room", "plant", (ip_network("10.20.9.0/24"),), "2", "Operations", {"IAC": 3, "RDF": 3}),
)
CHECKS = (
    ("SVC-002", "Telnet is off", Severity.HIGH, "Disable Telnet; use SSH.", "SR 7.7"),
    ("SNM-001", "No factory community is accepted", Severity.CRITICAL, "Set own communities, better SNMPv3.", "SR 1.5"),
    ("SNM-004", "SNMP answers only in version 3", Severity.MEDIUM, "Switch v1 and v2c off.", "SR 4.1"),
    ("INV-003", "Firmware version is known", Severity.LOW, "Let the device be asked, or declare it.", "SR 7.8"),
    ("ZON-001", "Every asset lies in one zone", Severity.MEDIUM, "Complete the zones file.", "SR 5.1"),
    ("CRY-002", "No TLS below 1.2", Severity.MEDIUM, "Restrict the server to TLS 1.2 and 1.3.", "SR 4.3"),
    ("PLC-001", "Controller is not open to programming from outside", Severity.HIGH, "Set the access level.", "SR 2.1"),
)
REASONS = ("not-probed", "not-permitted", "silent", "stale", "refused")


def asset(number: int, values: Mapping[str, Value], **given: object) -> Asset:
    id = f"as-{number:04x}{number * 7919:08x}"
    subject = Subject(SubjectKind.ASSET, id)
    facts = tuple(
        Fact(
            subject if key not in ("ip_address", "mac_address") else Subject(SubjectKind.INTERFACE, id, "0"),
            key,
            value,
            Source("probe", "modbus", f"sc-07:{number * 3 + 1}"),
            "eth1/10.20.0.5",
            START + timedelta(seconds=number),
            START + timedelta(hours=1, seconds=number),
            90,
        )
        for key, value in values.items()
        if value != ""
    )
    end = START + timedelta(hours=1, seconds=number)
    return Asset(id, "plant", facts, START, end, 90, **given)  # type: ignore[arg-type]


def plant_asset(number: int) -> Asset:
    maker, model, code, firmware, role, name, _, _ = KINDS[number % len(KINDS)]
    zone = ("cell-press", "cell-filling", "control-room", None)[min(number // 9, 3)]
    values = {
        "manufacturer": maker,
        "model": model,
        "order_code": code,
        "firmware_software_version": firmware,
        "asset_role_type": role,
        "hostname": f"{name}-{number:02d}" if name else "",
        "serial_number": f"SN{number * 104729:09d}" if name else "",
        "ip_address": f"10.20.{number // 9 + 1}.{10 + number}",
        "mac_address": f"00:1B:1B:{number:02X}:4A:{number * 5 % 256:02X}",
        "physical_location_address": "Hall 2, cabinet =A1+S3" if number % 3 == 0 else "",
    }
    return asset(number, values, zone=zone, position=f"+L{number // 9 + 1}-K{number}" if number % 5 else None)


def settled(one: Asset) -> Mapping[str, Fact]:
    return {fact.key: fact for fact in one.facts if fact.subject.kind is SubjectKind.ASSET}


def services(one: Asset) -> Iterable[Service]:
    number = int(one.id[3:7], 16)
    name, port = KINDS[number % len(KINDS)][6:]
    if port:
        seen = START + timedelta(hours=1)
        yield Service(f"tcp/{port}", "open", name, "", "", f"probe: {name}", f"sc-07:{number * 3 + 1}", seen)
        yield Service("tcp/23", ("closed", "filtered", "open")[number % 3], source="probe: ports", last_seen=seen)


def finding(number: int, assets: tuple[Asset, ...]) -> Finding:
    check, title, severity, _, _ = CHECKS[number % len(CHECKS)]
    subject = assets[number * 13 % len(assets)]
    result = (Result.FAIL, Result.UNKNOWN, Result.PASS, Result.FAIL, Result.UNKNOWN, Result.ERROR)[number % 6]
    if result is Result.ERROR and number % 10 != 5:
        result = Result.NOT_APPLICABLE
    reason = REASONS[number % len(REASONS)] if result is Result.UNKNOWN else ""
    because = (
        Because(subject.id, "port_state tcp/23", "open", "probe: ports", f"sc-07:{number + 1}", START),
        Because(subject.id, "service_name tcp/23", "" if reason else "telnet", "", "", None, reason),
    )
    told = {
        Result.FAIL: "Telnet answers on port 23; logins cross the network in clear text.",
        Result.UNKNOWN: "Port 23 was filtered; the check needs an answer or a reset.",
        Result.ERROR: "The check compares a text with a number.",
    }.get(result, "Nothing contrary was seen.")
    waiver = "W-2026-03 until 2027-03-01" if number == 9 else ""
    return Finding(f"fd-{number:06x}", check, 1, title, severity, subject.id, result, reason, told, because, waiver)


def evidence() -> Iterator[Evidence]:
    for number in range(1, 101):
        yield Evidence(
            f"sc-07:{number}",
            "exchange",
            "read-device-identification",
            f"plant/10.20.1.{number}:502",
            START + timedelta(seconds=number),
            "eth1/10.20.0.5",
            f"{number:064x}",
            "000100000005ff2b0e0100",
            "VendorName Schneider Electric, ProductCode BMEP584040",
        )


def plant(**changes: object) -> ReportInputs:
    assets = tuple(map(plant_asset, range(30)))
    findings = tuple(finding(number, assets) for number in range(60))
    ids, lives, conduits = [one.id for one in assets], papers.lives(findings), papers.conduits()
    given: dict[str, object] = {
        "conduits": conduits,
        "passages": papers.passages(),
        "captures": papers.captures(),
        "topology": papers.topology(ids),
        "lives": lives,
        "levels": papers.levels(ZONES, conduits, lives),
        "waivers": papers.waivers(findings),
        "attestations": papers.attestations(),
        "advisories": papers.advisories(ids),
        "life_ends": papers.life_ends(ids),
        "feeds": papers.feeds(),
        "golden": papers.golden(ids),
        "halts": papers.halts(),
        "permitted": ("snmp.tables",),
        "system": "brewhouse-3",
        "run": "c-20261122",
        "judged_at": GENERATED,
        "since": START - timedelta(days=30),
        "supersedes": "e0" * 32,
        "seen": {"cell-press": {"SVC-002": {"pass": 9, "fail": 2}}, "c-press": {"SNM-001": {"unknown": 1}}},
        "title": "Asset inventory and assessment",
        "project": "Brewhouse 3",
        "site": "Works North",
        "tool": "assetctl 0.1.0",
        "generated_at": GENERATED,
        "settled": settled,
        "services": services,
        "scans": (
            Scan(
                "sc-07",
                "plant",
                ScanState.PARTIAL,
                START,
                START + timedelta(hours=2),
                "eth1/10.20.0.5",
                plan_hash="5e" * 32,
                approval="M. Brandt (stated)",
                head="ab" * 32,
                count=412,
                coverage=("10.20.1.0/24", "10.20.2.0/24"),
                ledger="sc-07.ledger",
                note="window ended",
            ),
        ),
        "zones": ZONES,
        "assets": assets,
        "findings": findings,
        "checks": tuple(
            CheckInfo(
                id,
                title,
                severity,
                statement=f"{title} on every asset that can have it.",
                fix=fix,
                limits="Only the probed ports, at the time of the scan.",
                maps=(RequirementMapping("iec62443-3-3", "2013+COR1:2014", requirement, "S"),),
            )
            for id, title, severity, fix, requirement in CHECKS
        ),
        "positions": tuple(
            Position(
                f"+L{number // 9 + 1}-K{number}",
                "plant",
                {"ip_address": f"10.20.{number // 9 + 1}.{10 + number}"},
                {},
                "register.yaml",
                START - timedelta(days=40),
            )
            for number in range(1, 34)
            if number % 5
        ),
        "traffic": tuple(
            Traffic(
                f"plant/10.20.{number // 9 + 1}.{10 + number}", 7 + number % 11, 2, 2.0, number % 4, int(number == 4)
            )
            for number in range(30)
        ),
        "exclusions": (
            Exclusion("plant/10.20.1.200-10.20.1.210", "safety controllers", "assetctl.toml", "cell-press"),
            Exclusion("plant/10.20.2.77", "fragile since 2024, no window", "assetctl.toml", "cell-filling"),
        ),
        "approvals": (
            Approval("M. Brandt, plant owner", START - timedelta(days=2), False, "identity, 24 units a device"),
        ),
        "vantages": (VantageInfo("eth1/10.20.0.5", "plant", False),),
        "evidence": evidence,
        "tallies": {"INV-003": {Result.PASS: 21}, "SVC-002": {Result.PASS: 14, Result.NOT_APPLICABLE: 3}},
        "assessor": "J. Novak, Example Engineering, contractor of the owner",
        "files": {"zones": "1d" * 32},
        "judged_files": {"zones": "1d" * 32},
        "pack": "assetctl-core 2026.11",
        "pack_hash": "77" * 32,
        "versions": {"modbus": "1", "snmp": "1", "makers": "2026-11"},
    }
    return ReportInputs(**(given | changes))  # type: ignore[arg-type]


# What a device may say of itself to harm a reader.
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "<script>document.title='taken'</script><img src=http://evil.example/x onerror=\"document.title='taken'\">",
    "[red]x[/foo]",
    "\x1b]8;;http://evil.example\x07\x1b[31mred\x1b[0m",
    "gnp.\u202eexe",
    "A" * 100_000,
    "nul\x00nul\ufffe",
    "javascript:alert(1)",
    "</style></script></title></table><style>body{display:none}</style>",
    "{{7*7}}{%raw%}",
    "_x000A_=1+1",
    "\" onmouseover=\"document.title='taken'",
    "\ud800 lone",
)


def hostile_plant() -> ReportInputs:
    """Every text that a device or a file can choose is hostile."""
    keys = (
        "manufacturer",
        "model",
        "hostname",
        "firmware_software_version",
        "serial_number",
        "asset_role_type",
        "order_code",
    )
    assets = tuple(
        asset(number, dict.fromkeys(keys, text) | {"ip_address": text}, zone=text, position=text)
        for number, text in enumerate(HOSTILE)
    )
    seen = START + timedelta(hours=1)
    return plant(
        title=HOSTILE[1],
        site=HOSTILE[8],
        project=HOSTILE[9],
        assets=assets,
        zones=tuple(Zone(text, text, (), text, text) for text in HOSTILE),
        findings=tuple(
            _hostile_finding(f"{result}{number}{text}", one, result, text)
            for result in (Result.FAIL, Result.UNKNOWN)
            for number, (one, text) in enumerate(zip(assets, HOSTILE, strict=True))
        ),
        checks=tuple(CheckInfo(text, text, Severity.LOW, 1, text, text, text) for text in HOSTILE),
        positions=tuple(Position(text, text, {"ip_address": text}, {}, text, START) for text in HOSTILE),
        traffic=tuple(Traffic(text, 1, 1, 1.0, note=text) for text in HOSTILE),
        exclusions=tuple(Exclusion(text, text, text, text) for text in HOSTILE),
        approvals=tuple(Approval(text, START, False, text) for text in HOSTILE),
        evidence=lambda: (Evidence(text, text, text, text, START, text, text, text, text) for text in HOSTILE),
        services=lambda _: (Service(text, text, text, text, text, text, text, seen) for text in HOSTILE),
        notes=HOSTILE,
        versions=dict.fromkeys(HOSTILE, "1"),
        **_hostile_rest(assets),
    )


def _hostile_rest(assets: tuple[Asset, ...]) -> dict[str, Any]:
    """The other texts that people, sensors, makers and rules may have written."""
    zones = tuple(Zone(text, text, (), text, text) for text in HOSTILE)
    conduits = tuple(Conduit(f"c{text}", text, HOSTILE[0], "both", boundary=(text,), tunnel=text) for text in HOSTILE)
    told = zip(assets, HOSTILE, strict=True)
    lives = tuple(
        replace(
            papers.lives(plant().findings)[0], id=text, check=text, subject=text, zone=HOSTILE[0], owner=text, due=text
        )
        for text in HOSTILE
    )
    return {
        "system": HOSTILE[0],
        "supersedes": HOSTILE[1],
        "run": HOSTILE[1],
        "permitted": HOSTILE,
        "conduits": conduits,
        "lives": lives,
        "levels": papers.levels(zones, conduits, lives),
        "seen": {text: {text: {"fail": 1}} for text in HOSTILE},
        "passages": tuple(
            Passage(text, text, text, 1, text, text, text, text, "no conduit", 1, 1, START, START, text)
            for text in HOSTILE
        ),
        "captures": tuple(
            replace(papers.captures()[0], id=text, sensor=text, file=text, covers=(text,)) for text in HOSTILE
        ),
        "topology": Topology(tuple(Link(End(one.id, text), End(text, text), (text,)) for one, text in told), (), ()),
        "advisories": tuple(
            AdvisoryMatch(
                text, text, text, (text,), text, "affected", text, text, text, text, (text,), text, text, text
            )
            for text in HOSTILE
        ),
        "life_ends": tuple(LifeEnd(text, text, text, text, text) for text in HOSTILE),
        "feeds": tuple(FeedInfo(text, text, START, True, 1, text) for text in HOSTILE),
        "golden": tuple(
            Compared(text, text, (Difference(text, text, Outcome.CHANGED, text, text, text, text),), 0.5, "9c" * 32)
            for text in HOSTILE
        ),
        "halts": tuple(Halt(text, text, text, START, text, text, text) for text in HOSTILE),
        "waivers": tuple(
            Use(
                replace(papers.waivers(())[0].waiver, id=text, check=text, reason=text, owner=text), State.LIVE, (text,)
            )
            for text in HOSTILE
        ),
        "attestations": tuple(
            replace(
                one, attestation=replace(one.attestation, id=text, place=text, statement=text, author=text), fault=text
            )
            for one, text in zip(papers.attestations() * 4, HOSTILE, strict=False)
        ),
    }


def _hostile_finding(id: str, one: Asset, result: Result, text: str) -> Finding:
    because = (Because(text, text, text, text, text), Because(text, text, "", reason=text))
    return Finding(id, text, 1, text, Severity.HIGH, one.id, result, text, text, because, text)
