"""Builds the reference plant: a folder with settings, files and a filled store, on which the real commands run.

The plant is made up. It has 60 assets in 6 zones with 8 conduits; larger ones repeat its two cells. What is wrong with
it stands in data/*.toml and, worked out by hand, in the tables of the tests. Run as a program it builds one:
`python -m tests.reference.plant FOLDER [ASSETS]`.
"""

import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import count, islice
from pathlib import Path

from assetctl.documents import read_yaml
from assetctl.model import (
    DEFAULT_REALM,
    Address,
    Claim,
    Exchange,
    Observation,
    Outcome,
    Scan,
    ScanState,
    SubjectKind,
    Zone,
)
from assetctl.store.repo import Store, open_store
from assetctl.values import address
from assetctl.work.advising import load
from assetctl.work.flow_import import Wanted, import_flows
from assetctl.work.ingest import Declared, ingest
from assetctl.zones import ZoneFile, read_register, read_zones
from tests.reference.devices import DATA, IMPORT, JUDGED, Device, as_json, devices, renamed, shifted

BASE = 60
IN_CELLS = 36
NOW, BEFORE = "ref-now", "ref-before"
SENSED_DAYS = 30
COPIED = ("waivers.yaml", "attestations.yaml", "advisories", "documents")
LOGGING = frozenset({"server", "workstation", "hmi", "switch", "router", "firewall", "gateway", "time-server"})
COLLECTORS = {"enterprise": "10.10.4.12", "dmz": "10.10.4.12"}
COLLECTOR = "10.10.3.31"
TOGETHER = 500

SETTINGS = """\
schema = 1

[project]
name = "Brewhouse 3"
site = "Works North"

[database]
url = "sqlite:///assetctl.db"

[files]
zones = "zones.yaml"
register = "register.yaml"
waivers = "waivers.yaml"
attestations = "attestations.yaml"

[params.PLC-001]
approved = ["6ES7 214-1AG40-0XB0=V4.6.1", "1756-L83E=35.011"]

[params.LOG-001]
collectors = ["10.10.3.31", "10.10.4.12"]

[params.TIM-005]
sources = ["10.10.3.30"]

[params.TIM-003]
sources = ["GPS"]

[params.TLS-002]
authorities = ["CN=Works CA *"]
"""


def build(folder: Path, *, assets: int = BASE, at: datetime | None = None) -> Path:
    """The plant in a folder, as it was at a time (today when not given); the path of its store.

    assets: how many, parts included, at least 60. The same arguments give the same plant.
    """
    at = at or datetime.now(UTC)
    cells = max(1, -(-(assets - BASE) // IN_CELLS) + 1)
    later = at.date() - JUDGED
    held = tuple(_as_many(devices(cells, later=later), assets))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "assetctl.toml").write_text(SETTINGS, "utf-8")
    for name in COPIED:
        _copy(DATA / name, folder / name, later)
    zones = _write_zones(folder, cells, later)
    _write_register(folder, held, zones)
    _write_flows(folder, held, cells, later)
    with open_store(f"sqlite:///{(folder / 'assetctl.db').as_posix()}") as store:
        _fill(store, folder, held, zones, at)
    return folder / "assetctl.db"


def _as_many(found: Iterable[Device], assets: int) -> Iterator[Device]:
    left = assets
    for one in found:
        if one.count <= left:
            left -= one.count
            yield one


def _copy(source: Path, target: Path, later: timedelta) -> None:
    if source.is_dir():
        target.mkdir(exist_ok=True)
        for one in sorted(source.iterdir()):
            _copy(one, target / one.name, later)
    elif source.parent.name == "documents":
        shutil.copyfile(source, target)  # its digest stands in an attestation
    else:
        target.write_text(shifted(source.read_text("utf-8"), later), "utf-8")


def _write_zones(folder: Path, cells: int, later: timedelta) -> ZoneFile:
    """The zones file: the plant's own, and the zones and conduits of further cells below each of its lists."""
    path = folder / "zones.yaml"
    text = shifted((DATA / "zones.yaml").read_text("utf-8"), later)
    if cells > 1:
        root = read_yaml(DATA / "zones.yaml").root
        assert isinstance(root, dict)
        lines = ["schema: 2", f"suc: {as_json(root['suc'])}"]
        for key in ("zones", "conduits"):
            lines += [f"{key}:", *(f"  - {one}" for one in _entries(root[key], cells))]
        text = "\n".join((*lines, ""))
    path.write_text(text, "utf-8")
    return read_zones(path)


def _entries(entries: Sequence[Mapping[str, object]], cells: int) -> Iterator[str]:
    plain = [as_json(one) for one in entries]
    yield from plain
    own = [text for text in plain if renamed(text, 2) != text]
    for n in range(2, cells + 1):
        yield from (renamed(text, n) for text in own)


def _write_register(folder: Path, held: Iterable[Device], zones: ZoneFile) -> None:
    vlans = {zone.id: str(zone.vlans[0]) for zone in zones.zones}
    lines = ["schema: 1", "positions:"]
    for one in held:
        if one.position:
            declared = {"vlan": vlans[one.zone], **one.declared}
            lines.append(f"  - {as_json({'id': one.position, 'match': {'ip_address': one.ip}, 'declared': declared})}")
    (folder / "register.yaml").write_text("\n".join((*lines, "")), "utf-8")


def _write_flows(folder: Path, held: Iterable[Device], cells: int, later: timedelta) -> None:
    """What the sensor saw: the flows of the table, those of further cells, and the records that devices send."""
    head, *rows = shifted((DATA / "flows.csv").read_text("utf-8"), later).splitlines()
    own = [row for row in rows if renamed(row, 2) != row]
    lines = [head, *rows, *(renamed(row, n) for n in range(2, cells + 1) for row in own)]
    begun, ended = (shifted(f"{JUDGED - timedelta(days=days)}", later) for days in (28, 2))
    for one in held:
        if one.role in LOGGING and "filling" not in one.zone:
            ends = f"{one.ip},{COLLECTORS.get(one.zone, COLLECTOR)}"
            lines.append(f"{ends},tcp,6514,syslog-tls,{begun}T00:00:00Z,{ended}T23:00:00Z,90,yes,yes")
    (folder / "flows.csv").write_text("\n".join((*lines, "")), "utf-8")


def _fill(store: Store, folder: Path, held: Sequence[Device], zones: ZoneFile, at: datetime) -> None:
    midnight = datetime.combine(at.date(), time(), UTC)
    before = [one for one in held if one.before]
    _scan(store, BEFORE, before, zones.zones, midnight - timedelta(days=40, hours=-8))
    _scan(store, NOW, held, zones.zones, midnight - timedelta(hours=16))
    declared = Declared(zones.zones, read_register(folder / "register.yaml", now=at))
    ingest(store, DEFAULT_REALM, declared)
    covers = tuple(zone.id for zone in zones.zones if "filling" not in zone.id and not zone.parent)
    wanted = Wanted(DEFAULT_REALM, "core tap", covers, midnight - timedelta(days=SENSED_DAYS), midnight)
    import_flows(store, folder / "flows.csv", wanted, zones=zones.zones, now=at)
    load(store, [folder / "advisories", folder / "advisories" / "lifecycle.csv"], now=at)


def _scan(store: Store, name: str, held: Sequence[Device], zones: Sequence[Zone], began: datetime) -> None:
    """One run that asked every zone from within."""
    ended = began + timedelta(hours=2)
    gone = sum(one.gone for one in held) if name == NOW else 0
    store.begin_scan(
        Scan(
            id=name,
            realm=DEFAULT_REALM,
            state=ScanState.DONE,
            started=began,
            ended=ended,
            vantage="eth0/10.10.3.5",
            approval="A. Example (stated)",
            counts={"answered": len(held) - gone, "silent": gone},
            coverage=tuple(str(net) for zone in zones for net in zone.networks),
        )
    )
    numbers = count(1)
    seen = began + timedelta(hours=1)
    found = (row for one in held for row in _observations(one, name, seen, _learned(one, held), numbers))
    while batch := tuple(islice(found, TOGETHER)):
        store.put_observations(batch)


def _observations(
    one: Device, scan: str, at: datetime, learned: Sequence[Claim], numbers: Iterator[int]
) -> Iterator[Observation]:
    """One for each reader; a device that is gone is asked and silent."""
    told = (("ports", ()),) if one.gone and scan == NOW else tuple(one.claims(at.isoformat()))
    for reader, claims in told:
        is_probe, claims = reader != IMPORT, (*claims, *(learned if reader == "snmp" else ()))
        outcome = Outcome.ANSWERED if claims else Outcome.SILENT
        text = "\n".join(f"{claim.part} {claim.local_key} {claim.key} = {claim.value}" for claim in claims)
        received = (text.encode(),) if claims else ()
        made = Exchange(
            f"{scan}:{next(numbers)}", "recorded answer", b"", received, outcome, at, 1.5 if claims else None
        )
        yield Observation(
            id=f"{scan}/{one.name}/{reader}",
            scan=scan,
            source="probe" if is_probe else IMPORT,
            reader=f"{reader}/1",
            realm=DEFAULT_REALM,
            target=Address(DEFAULT_REALM, address(one.ip)),
            vantage=f"eth0/{one.ip.rpartition('.')[0]}.{5 if 'safety' not in one.zone else 133}" if is_probe else "",
            outcome=outcome,
            started=at,
            ended=at,
            exchanges=(made,) if is_probe else (),
            claims=claims,
            record="" if is_probe else f"row {one.number}",
        )


def _learned(switch: Device, held: Sequence[Device]) -> Sequence[Claim]:
    """The forwarding table of a switch, with a port for each device of the zones that it serves."""
    if switch.role != "switch":
        return ()
    behind = [one for one in held if one.switch == switch.name and one.role != "switch" and not one.gone]
    return tuple(
        Claim(key, value, SubjectKind.NEIGHBOUR, f"F{port}/{one.mac}")
        for port, one in enumerate(behind, 11)
        for key, value in (
            ("neighbour_mac_address", one.mac),
            ("neighbour_local_port", f"F{port}"),
            ("neighbour_entry_types", ("learned",)),
            ("neighbour_learned_by", ("fdb",)),
        )
    )


def main(arguments: Sequence[str]) -> None:
    print(build(Path(arguments[0]), assets=int(arguments[1]) if len(arguments) > 1 else BASE))


if __name__ == "__main__":
    main(sys.argv[1:])
