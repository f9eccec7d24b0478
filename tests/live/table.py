"""What nmap's own scripts find on the plant's servers, beside ours: fields, units and connections, counted on the wire.

`python -m tests.live.table` runs the plant and writes docs/peers.md.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from assetctl.model import Observation, Outcome
from assetctl.protocols import registry
from assetctl.store.repo import open_store
from assetctl.talk import Open, Reply
from assetctl.work import contexts
from tests.live import plant
from tests.live.namespace import Namespaces, Unable, namespaces
from tests.live.wire import Recording

PAGE = Path(__file__).parents[2] / "docs" / "peers.md"
SEEN_ANYWAY = frozenset({"service_name", "service_source", "port_state"})

Facts = Mapping[str, Any]
Same = Callable[[str, Facts], bool]


@dataclass(frozen=True)
class Script:
    """One script of nmap's. fields: name -> the facts of ours that say the same, and whether they do.

    A field without facts is one that we leave alone, for the reason that stands there.
    """

    name: str
    fields: Mapping[str, tuple[tuple[str, ...], Same] | str]


def _equal(key: str) -> tuple[tuple[str, ...], Same]:
    return (key,), lambda theirs, facts: theirs.strip() == str(facts[key])


MODBUS = Script(
    "modbus-discover",
    {
        "Device identification": (
            ("manufacturer", "order_code", "firmware_software_version"),
            lambda theirs, f: theirs == f"{f['manufacturer']} {f['order_code']} {f['firmware_software_version']}",
        ),
        "Slave ID data": "function 17 answers with the same texts and is not on our list",
    },
)
S7 = Script(
    "s7-info",
    {
        "Module": _equal("order_code"),
        "Basic Hardware": _equal("s7_basic_hardware"),
        "Version": _equal("firmware_software_version"),
        "System Name": _equal("application_name"),
        "Module Type": _equal("module_type"),
        "Serial Number": _equal("serial_number"),
        "Copyright": _equal("copyright"),
    },
)
ENIP = Script(
    "enip-info",
    {
        "type": (
            ("cip_device_type_name", "cip_device_type"),
            lambda theirs, f: theirs == f"{f['cip_device_type_name']} ({f['cip_device_type']})",
        ),
        "vendor": (
            ("manufacturer", "cip_vendor_id"),
            lambda theirs, f: theirs == f"{f['manufacturer']}/Allen-Bradley ({f['cip_vendor_id']})",
        ),
        "productName": _equal("model"),
        "serialNumber": (("serial_number",), lambda theirs, f: int(theirs, 16) == int(f["serial_number"], 16)),
        "productCode": _equal("cip_product_code"),
        "revision": (
            ("firmware_software_version",),
            lambda theirs, f: [*map(int, theirs.split("."))] == [*map(int, f["firmware_software_version"].split("."))],
        ),
        "status": (("cip_status",), lambda theirs, f: int(theirs, 16) == f["cip_status"]),
        "state": (("cip_state",), lambda theirs, f: int(theirs, 16) == f["cip_state"]),
        "deviceIp": "0.0.0.0 says nothing and is not kept",
    },
)
SYSDESCR = Script(
    "snmp-sysdescr",
    {
        "description": _equal("description"),
        "System uptime": (
            ("sys_uptime_s",),
            lambda theirs, f: abs(int(re.findall(r"\((\d+)", theirs)[0]) / 100 - f["sys_uptime_s"]) < 600,
        ),
    },
)
SNMP_INFO = Script(
    "snmp-info",
    {
        "enterprise": (
            ("snmp_enterprise_number", "manufacturer"),
            lambda theirs, f: theirs.lower().startswith(str(f["manufacturer"]).lower()),
        ),
        "engineIDFormat": (("snmp_engine_id",), lambda theirs, f: (theirs, f["snmp_engine_id"][8:10]) == ("mac", "03")),
        "engineIDData": (("snmp_engine_id",), lambda theirs, f: f["snmp_engine_id"][10:] == theirs),
        "snmpEngineBoots": _equal("snmp_engine_boots"),
        "snmpEngineTime": (
            ("snmp_engine_time_s",),
            lambda theirs, f: abs(_seconds(theirs) - f["snmp_engine_time_s"]) < 600,
        ),
    },
)


@dataclass(frozen=True)
class Match:
    """One server, the script for it, and how nmap is told to ask."""

    peer: str
    ip: str
    port: int
    protocol: str
    script: Script
    udp: bool = False
    arguments: str = ""


MATCHES = (
    Match("pymodbus", plant.MODICON, 502, "modbus", MODBUS),
    Match("pyModbusTCP", plant.WAGO, 502, "modbus", MODBUS),
    Match("python-snap7 1.4.1", plant.S7_C, 102, "s7", S7),
    Match("python-snap7 3.x", plant.S7_PYTHON, 102, "s7", S7),
    Match("cpppo", plant.ROCKWELL, 44818, "enip", ENIP),
    Match("cpppo", plant.ROCKWELL, 44818, "enip", ENIP, udp=True),
    Match("snmpd v2c", plant.SWITCH_V2C, 161, "snmp", SYSDESCR, udp=True),
    Match("snmpd v2c", plant.SWITCH_V2C, 161, "snmp", SNMP_INFO, udp=True),
    Match("snmpd v3", plant.SWITCH_V3, 161, "snmp", SNMP_INFO, udp=True),
    Match("snmpsim apc", plant.POWER, 161, "snmp", SYSDESCR, udp=True, arguments="creds.snmp=:apc"),
    Match("snmpsim linux", plant.LINUX, 161, "snmp", SYSDESCR, udp=True, arguments="creds.snmp=:linux"),
)


@dataclass(frozen=True)
class Row:
    """One line of the table. same: their fields that we have too. ours_for: our units until the last of those."""

    match: Match
    theirs: Mapping[str, str]
    their_units: int
    their_connections: int
    same: tuple[str, ...]
    differing: tuple[str, ...]
    left_alone: Mapping[str, str]
    our_fields: int
    our_units: int
    our_connections: int
    ours_for: int


@dataclass(frozen=True)
class Further:
    """A protocol whose servers are asked in a test of its own. judged: what read the same bytes or asked beside us."""

    protocol: str
    servers: str
    judged: str
    test: str


FURTHER = (
    Further("bacnet", "bacpypes, bacpypes3 (also as a router), rusty-bacnet", "nmap bacnet-info, bacpypes", "bacnet"),
    Further("opcua", "asyncua", "asyncua's decoder, value for value", "opcua"),
    Further("opcua-session", "asyncua", "asyncua's decoder, value for value", "opcua"),
    Further("profinet_dcp", "stations that scapy plays", "scapy, tshark", "link"),
    Further("lldp", "lldpd, scapy", "lldpd's own view, tshark", "link"),
    Further("pnio_cm", "a device that scapy plays", "scapy, tshark", "pnio"),
    Further("s7plus", "s7commplus", "its client's bytes", "s7plus"),
    Further("dnp3_tcp", "opendnp3, dnp3py", "tshark", "dnp3"),
    Further("dnp3", "opendnp3", "tshark", "dnp3"),
    Further("iec104", "lib60870 (c104)", "a master at work beside us keeps its data", "iec104"),
    Further("mms", "libiec61850, open61850", "libiec61850's client, tshark", "mms"),
    Further("slmp", "aslmp", "pymcprotocol", "slmp"),
    Further("slmp_tcp", "aslmp", "pymcprotocol", "slmp"),
    Further("fins", "none", "nmap omron-info", "fins"),
    Further("fox", "none", "nmap fox-info", "fox"),
    Further("pcworx", "none", "nmap pcworx-info", "pcworx"),
    Further("knx", "knxd", "xknx", "knx"),
    Further("ads", "none", "pyads", "ads"),
    Further("hartip", "none", "hartip-py, tshark", "hartip"),
    Further("smb", "Samba", "its configuration", "office"),
    Further("rdp", "xrdp", "its configuration and certificate", "office"),
    Further("vnc", "TigerVNC, x11vnc", "nmap vnc-info", "office"),
    Further("ntp", "chrony", "its configuration", "office"),
    Further("mysql", "MariaDB", "nmap mysql-info", "office"),
    Further("postgres", "PostgreSQL", "its configuration", "office"),
    Further("mqtt", "mosquitto", "its configuration", "office"),
    Further("ssh", "OpenSSH, dropbear", "nmap ssh2-enum-algos", "it"),
    Further("tls", "nginx with OpenSSL", "nmap ssl-cert", "it"),
    Further("https", "nginx with OpenSSL", "its configuration", "it"),
    Further("http", "nginx", "nmap http-title", "it"),
    Further("greeting", "ProFTPD, telnetd", "their configuration", "it"),
)


def compare(spaces: Namespaces, desk: plant.Desk, scan: str, recording: Recording, folder: Path) -> tuple[Row, ...]:
    """Every match: nmap is run now, ours is the scan that `recording` saw."""
    with open_store(f"sqlite:///{desk.folder / 'assetctl.db'}") as store:
        observations = [o for o in store.observations(scan=scan) if o.source == "probe"]
    there = {str(o.target.ip) for o in observations if o.target and o.outcome is Outcome.ANSWERED}
    return tuple(
        _row(spaces, match, _of(observations, match), recording, folder / f"nmap-{number}")
        for number, match in enumerate(MATCHES)
        if match.ip in there
    )


def markdown(rows: tuple[Row, ...], nmap: str) -> str:
    """The page."""
    heads = ("server", "port", "nmap's script")
    heads += ("its fields", "its units", "its connections")
    heads += ("our fields", "our units for its fields", "our units", "our connections")
    lines = [
        "# Servers that others wrote: what we find, and what nmap's scripts find",
        "",
        "Written by `python -m tests.live.table`. Both sides asked the same servers over a veth pair; fields,",
        "units and connections were counted on the servers' side by one recorder that shares no code with the scanner.",
        f"Theirs is {nmap} with one script and one port; ours a default scan at the pace for OT networks, depth off.",
        "",
        "A unit is one TCP data segment or one datagram from the scanner. nmap's connections hold the one of its port",
        "scan, its units over UDP the probes of its port scan. *Our units for its fields* are those that it",
        "takes until every field that nmap found, and we keep, is known; the others bring what nmap's script lacks.",
        "",
        f"| {' | '.join(heads)} |",
        "|---|---|---|" + "--:|" * 7,
        *(_line(row) for row in rows),
        "",
        *_notes(rows),
        *_further(),
    ]
    return "\n".join(lines) + "\n"


def _further() -> Iterator[str]:
    """Protocols beside those of the plant: their servers, and the most that a default talk sends to one."""
    yield from ("", "## Further protocols", "", "Each is held against its servers in a test of its own.", "")
    yield "| protocol | servers | judged by | at most units | at most connections | test |"
    yield "|---|---|---|--:|--:|---|"
    for one in FURTHER:
        cost = registry()[one.protocol].cost
        test = f"`tests/live/test_{one.test}{'' if one.test == 'link' else '_peers'}.py`"
        yield f"| {one.protocol} | {one.servers} | {one.judged} | {cost.units} | {cost.connections} | {test} |"
    yield ""
    told = {one.protocol for one in FURTHER} | {match.protocol for match in MATCHES}
    rest = sorted(name for name in registry() if name not in told)
    yield f"Held against recordings and specifications alone: {', '.join(rest)}."


def _seconds(text: str) -> int:
    """Seconds in what snmp-info prints as a time, such as 1d02h03m04s."""
    return sum(
        int(n) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[unit] for n, unit in re.findall(r"(\d+)([dhms])", text)
    )


def nmap_version(spaces: Namespaces) -> str:
    return " ".join(spaces.scanner.run("nmap", "--version").stdout.split()[:3]).replace("Nmap version", "nmap")


def _line(row: Row) -> str:
    where = f"{'udp' if row.match.udp else 'tcp'}/{row.match.port}"
    theirs = (len(row.theirs), row.their_units, row.their_connections)
    ours = (row.our_fields, row.ours_for or "–", row.our_units, row.our_connections)
    return "| " + " | ".join(map(str, (row.match.peer, where, row.match.script.name, *theirs, *ours))) + " |"


def _notes(rows: tuple[Row, ...]) -> Iterator[str]:
    """Fields of theirs that we leave alone, and rows where theirs brings nothing."""
    told = {(name, reason): row.match.script.name for row in rows for name, reason in row.left_alone.items()}
    if told:
        yield "Fields of nmap's that we do not keep:"
        yield ""
        yield from (f"- {script}, {name}: {reason}." for (name, reason), script in told.items())
        yield ""
    empty = [row.match.peer for row in rows if not row.theirs]
    if empty:
        yield f"On {', '.join(empty)} nmap's script ended without a result: pyModbusTCP resets at function 17, after"
        yield "which the script tries every unit up to 246; the lists of python-snap7 3.x are malformed and stop it."


def _of(observations: list[Observation], match: Match) -> Observation:
    return next(
        o
        for o in observations
        if o.target and str(o.target.ip) == match.ip and o.port == match.port and f"/{match.protocol}@" in o.id
    )


def _row(spaces: Namespaces, match: Match, ours: Observation, recording: Recording, file: Path) -> Row:
    theirs, their_units, their_connections = _nmap(spaces, match, file)
    claims = {c.key: c.value for c in ours.claims if not c.part and c.key not in SEEN_ANYWAY}
    known = {**claims, **_derived(ours)}
    verdicts = {name: match.script.fields[name] for name in theirs}
    kept = {name: verdict for name, verdict in verdicts.items() if not isinstance(verdict, str)}
    differing = [n for n, (keys, same) in kept.items() if not set(keys) <= set(known) or not same(theirs[n], known)]
    mine = [unit for unit in recording.units(match.ip) if unit.port == match.port]
    units = [unit for unit in mine if not unit.is_connect]
    wanted = {key for keys, _ in kept.values() for key in keys if key in claims}
    asked = [e for e in ours.exchanges if e.sent]
    return Row(
        match,
        theirs,
        their_units,
        their_connections,
        tuple(name for name in kept if name not in differing),
        tuple(differing),
        {name: verdict for name, verdict in verdicts.items() if isinstance(verdict, str)},
        len(claims),
        len(units),
        len(mine) - len(units),
        len(units) - len(asked) + _units_until(ours, wanted) if wanted else 0,
    )


def _derived(ours: Observation) -> dict[str, Any]:
    """What follows from the claims by our rules, such as a maker from an enterprise number."""
    from assetctl import fingerprint

    return {derived.claim.key: derived.claim.value for derived in fingerprint.derive(ours.claims)}


def _units_until(ours: Observation, wanted: set[str]) -> int:
    """The least number of units after which the talk knows all these facts: it is played again, cut off ever later."""
    total = sum(1 for e in ours.exchanges if e.sent)
    return next(count for count in range(total + 1) if wanted <= _known_after(ours, count))


def _known_after(ours: Observation, most: int) -> set[str]:
    """Keys that the probe claims when everything after `most` units is denied."""
    name = ours.id.split("/", 1)[1].partition("@")[0]
    talk = registry()[name].probe(contexts.read(ours.options))
    replies = iter(ours.exchanges)
    reply: Reply | None = None
    try:
        while True:
            step = next(talk) if reply is None else talk.send(reply)
            is_unit = not isinstance(step, Open) and bool(step.payload)
            if is_unit and (most := most - 1) < 0:
                reply = Reply(Outcome.DENIED)
                continue
            recorded = next(replies)
            reply = Reply(recorded.outcome, recorded.received, recorded.detail)
    except StopIteration as end:
        return {claim.key for claim in end.value}


def _nmap(spaces: Namespaces, match: Match, file: Path) -> tuple[dict[str, str], int, int]:
    """Fields, units and connections of one run of nmap's script."""
    flags = ["-sU" if match.udp else "-sT", "-Pn", "-n", "--script", match.script.name, "-p", str(match.port)]
    limits = ["--script-timeout", "5s", "--host-timeout", "20s"]
    arguments = ["--script-args", match.arguments] if match.arguments else []
    with plant.watched(spaces, file) as recordings:
        done = spaces.scanner.run("nmap", *flags, *limits, *arguments, "-oX", "-", match.ip, timeout=60)
    units = recordings[0].units(match.ip)
    asked = [unit for unit in units if not unit.is_connect]
    return dict(_fields(done.stdout, match.script)), len(asked), len(units) - len(asked)


def _fields(xml: str, script: Script) -> Iterator[tuple[str, str]]:
    """What the script printed: named elements, or for snmp-sysdescr lines of text."""
    for found in ElementTree.fromstring(xml).iterfind(f".//script[@id='{script.name}']"):
        elements = list(found.iter("elem"))
        yield from ((element.get("key", ""), element.text or "") for element in elements)
        if not elements:
            text, _, uptime = found.get("output", "").partition("\n  System uptime: ")
            yield from (("description", text), ("System uptime", uptime))


def _main() -> int:
    if shutil.which("nmap") is None:
        print("nmap is not installed", file=sys.stderr)
        return 7
    try:
        with tempfile.TemporaryDirectory() as name, namespaces() as spaces:
            folder = Path(name)
            there = [peer for peer in plant.peers() if not peer.missing]
            for peer in there:
                plant.start(spaces, peer, folder)
            desk = plant.Desk(spaces, folder / "desk")
            with plant.watched(spaces, folder / "scan") as recordings:
                said = desk.scan(*dict.fromkeys(match.ip for match in MATCHES))
            rows = compare(spaces, desk, said.data["id"], recordings[0], folder)
            PAGE.write_text(markdown(rows, nmap_version(spaces)), "utf-8")
    except Unable as reason:
        print(reason, file=sys.stderr)
        return 7
    print(PAGE.read_text("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(_main())
