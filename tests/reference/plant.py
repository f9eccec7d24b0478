"""Builds the reference plant: a folder with settings, files and a filled store, on which the real commands run.

The plant is made up. It has 60 assets in 6 zones with 8 conduits; larger ones repeat its two cells. What is wrong with
it stands in data/*.toml and, worked out by hand, in the tables of the tests. Run as a program it builds one:
`python -m tests.reference.plant FOLDER [ASSETS]`.
"""

import re
import shutil
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from assetctl.documents import read_yaml
from assetctl.model import DEFAULT_REALM, Asset, Position, Value
from assetctl.protocols import registry
from assetctl.store.repo import Store, open_store
from assetctl.work.advising import load
from assetctl.work.flow_import import Wanted, import_flows
from assetctl.work.golding import golden_text
from assetctl.work.ingest import Declared, ingest
from assetctl.zones import ZoneFile, declared_value, read_zones
from tests.reference.devices import DATA, JUDGED, Device, as_json, devices, renamed, shifted
from tests.reference.looks import BEFORE, NOW, put_scan

BASE = 60
IN_CELLS = 36
IN_A_FILE = 1000  # above it the register lies in the store: a file of it would be longer than is read
SENSED_DAYS = 30
COPIED = ("waivers.yaml", "attestations.yaml", "advisories", "documents")
LOGGING = frozenset({"server", "workstation", "hmi", "switch", "router", "firewall", "gateway", "time-server"})
COLLECTORS = {"enterprise": "10.10.4.12", "dmz": "10.10.4.12"}
COLLECTOR = "10.10.3.31"
_ENTRY = re.compile(r"(?m)^(?=  \S.*:$)")

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
golden = ["golden/cell-filling.yaml"]

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


def build(folder: Path, *, assets: int = BASE, at: datetime | None = None, database: str = "") -> Path:
    """The plant in a folder, as it was at a time (today when not given); the path of its store.

    assets: how many, parts included, at least 60. The same arguments give the same plant. database: address of an
    empty one that is filled, instead of a file in the folder; commands are told it by ASSETCTL_DATABASE_URL.
    """
    at = at or datetime.now(UTC)
    cells = max(1, -(-(assets - BASE) // IN_CELLS) + 1)
    later = at.date() - JUDGED
    held = tuple(as_many(devices(cells, later=later), assets))
    folder.mkdir(parents=True, exist_ok=True)
    settings = SETTINGS if assets <= IN_A_FILE else SETTINGS.replace('register = "register.yaml"\n', "")
    (folder / "assetctl.toml").write_text(settings, "utf-8")
    for name in COPIED:
        _copy(DATA / name, folder / name, later)
    zones = _write_zones(folder, cells, later)
    positions = tuple(_positions(held, zones, at))
    if assets <= IN_A_FILE:
        _write_register(folder, positions)
    _write_flows(folder, held, cells, later)
    with open_store(database or f"sqlite:///{(folder / 'assetctl.db').as_posix()}") as store:
        _fill(store, folder, held, zones, positions, at)
    return folder / "assetctl.db"


def as_many(found: Iterable[Device], assets: int) -> Iterator[Device]:
    """The first devices that are so many assets, parts included."""
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


def _positions(held: Iterable[Device], zones: ZoneFile, at: datetime) -> Iterator[Position]:
    vlans = {zone.id: str(zone.vlans[0]) for zone in zones.zones}
    for one in held:
        if one.position:
            told = {"vlan": vlans[one.zone], **one.declared}
            declared = {key: declared_value(key, written) for key, written in sorted(told.items())}
            yield Position(one.position, DEFAULT_REALM, {"ip_address": one.ip}, declared, "register.yaml", at)


def _write_register(folder: Path, positions: Iterable[Position]) -> None:
    lines = [
        as_json({"id": one.id, "match": one.match, "declared": {k: _written(v) for k, v in one.declared.items()}})
        for one in positions
    ]
    text = "\n".join(("schema: 1", "positions:", *(f"  - {line}" for line in lines), ""))
    (folder / "register.yaml").write_text(text, "utf-8")


def _written(value: Value) -> object:
    return ("false", "true")[value] if isinstance(value, bool) else value


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


def _fill(
    store: Store,
    folder: Path,
    held: Sequence[Device],
    zones: ZoneFile,
    positions: tuple[Position, ...],
    at: datetime,
) -> None:
    midnight = datetime.combine(at.date(), time(), UTC)
    before = [one for one in held if one.before]
    put_scan(store, BEFORE, before, zones.zones, midnight - timedelta(days=40, hours=-8))
    put_scan(store, NOW, held, zones.zones, midnight - timedelta(hours=16))
    if len(positions) > IN_A_FILE:
        store.put_positions(positions)
    _write_golden(folder, ingest(store, DEFAULT_REALM, Declared(zones.zones, positions)).assets)
    covers = tuple(zone.id for zone in zones.zones if "filling" not in zone.id and not zone.parent)
    wanted = Wanted(DEFAULT_REALM, "core tap", covers, midnight - timedelta(days=SENSED_DAYS), midnight)
    import_flows(store, folder / "flows.csv", wanted, zones=zones.zones, now=at)
    load(store, [folder / "advisories", folder / "advisories" / "lifecycle.csv"], now=at)


def _write_golden(folder: Path, assets: tuple[Asset, ...]) -> None:
    """The golden inventory of the filling cell, from before some changes that nobody approved."""
    text = golden_text(assets, DEFAULT_REALM, "cell-filling", registry())
    head, *entries = _ENTRY.split(text)
    for one in tomllib.loads((DATA / "approved.toml").read_text("utf-8"))["differences"]:
        (at,) = (at for at, entry in enumerate(entries) if one["told"] in entry)
        entries[at] = entries[at].replace(one["was"], one["is"]) if "was" in one else ""
    (folder / "golden").mkdir(exist_ok=True)
    (folder / "golden" / "cell-filling.yaml").write_text("".join((head, *entries)), "utf-8")


def main(arguments: Sequence[str]) -> None:
    print(build(Path(arguments[0]), assets=int(arguments[1]) if len(arguments) > 1 else BASE))


if __name__ == "__main__":
    main(sys.argv[1:])
