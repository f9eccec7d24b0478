"""A plant of mixed devices from its sweep to its reports: three commands, beside the parts that they are made of.

The parts are measured one by one in one process: what the program takes to start, once for each command; the client
layer, which keeps nothing; writing its exchanges and observations; the inventory; the judgement; page; workbook.
Run as a program it is one side of one round: `python -m bench.plant SIDE DEVICES` prints its figures as JSON.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from assetctl import settle
from assetctl.model import Asset, Observation, Scan, ScanState
from assetctl.protocols import registry
from assetctl.secrets.file import set_secret
from assetctl.settings import Settings, load_settings
from assetctl.store.repo import Store, open_store
from assetctl.work.ordering import Wish, order_of
from bench.asking import REALM, SCAN, Way, ask
from bench.fleet import COMMUNITY, FIRST
from bench.mixed import SILENT, plant
from bench.process import children_cpu_s
from bench.startup import PROGRAM, cpu_s

COMMANDS = (("scan", "--yes"), ("check", "--fail-on", "never"), ("report", "all", "--out", "reports"))
COMMAND_LIMIT_S = 200
TOGETHER = 64  # rows of one commit: as many as are in flight
IDENTIFIED = ("manufacturer", "model")
IDENTITY = (*IDENTIFIED, "order_code", "serial_number", "firmware_software_version", "hardware_version", "hostname")

T = TypeVar("T")


def write_settings(folder: Path, count: int) -> Path:
    """What an engineer would write for this plant: where it is, what may be asked by depth, the switches' community."""
    path = folder / "assetctl.toml"
    path.write_text(f"""schema = 1

[database]
url = "sqlite:///{folder / "assetctl.db"}"

[targets]
include = ["{FIRST}-{FIRST + count - 1 + SILENT}"]

[probes]
only = ["modbus", "s7", "enip", "bacnet", "snmp", "opcua", "http", "ssh", "vnc", "rdp"]
depth = ["snmp.tables", "s7.details", "cip.interfaces"]

[[credentials]]
name = "fleet"
kind = "snmp-v2c"
community = {{ file = "secrets.toml#community" }}
""")
    set_secret(folder / "secrets.toml", "community", COMMUNITY.decode())
    return path


def commands(folder: Path, config: Path) -> float:
    """CPU of the three commands, their starts included."""
    before = children_cpu_s()
    for words in COMMANDS:
        command = (sys.executable, "-m", "assetctl", "--config", str(config), *words)
        around = os.environ | {"ASSETCTL_LOCKS": str(folder / "locks"), "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            command, cwd=folder, env=around, capture_output=True, timeout=COMMAND_LIMIT_S, check=False
        )
        if done.returncode:
            raise SystemExit(f"assetctl {' '.join(words)}: exit {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return children_cpu_s() - before


@dataclass
class Parts:
    """CPU of each part by its name, in seconds."""

    cpu_s: dict[str, float] = field(default_factory=dict)

    def take(self, name: str, work: Callable[[], T]) -> T:
        began_s = time.process_time()
        made = work()
        self.cpu_s[name] = time.process_time() - began_s
        return made


def parts(folder: Path, config: Path) -> Parts:
    """Each part alone, on the database that it fills."""
    from assetctl.work.check import check, pack, plant_of
    from assetctl.work.ingest import ingest

    done, now = Parts(), datetime.now(UTC)
    compiled = folder / "compiled"
    cpu_s(PROGRAM, "version", compiled=compiled)  # the first one compiles
    done.cpu_s["start"] = sum(cpu_s(PROGRAM, "version", compiled=compiled) for _ in COMMANDS)
    settings = load_settings(config, cwd=folder, environ={})
    observations = done.take("ask", lambda: _asked(settings, folder))
    store = open_store(settings.database_url, create=True)
    scan = Scan(SCAN, REALM, ScanState.DONE, now, now, "bench", "")
    done.take("keep", lambda: _kept(store, scan, observations))
    done.take("inventory", lambda: ingest(store, REALM))
    judged = plant_of(store, settings, zones=(), register=(), protocols=registry())
    done.take("check", lambda: check(store, pack(settings), judged, now=now))
    _reports(done, store, settings, folder)
    store.close()
    return done


def _asked(settings: Settings, folder: Path) -> tuple[Observation, ...]:
    order = order_of(Wish(None), settings, zones=(), register=(), scan=SCAN, environ={})
    return ask(order.scope, folder, Way(store=False, protocols=order.protocols)).observations


def _kept(store: Store, scan: Scan, observations: Sequence[Observation]) -> None:
    store.begin_scan(scan)
    rows = [(scan.id, one.id, exchange) for one in observations for exchange in one.exchanges]
    for at in range(0, len(rows), TOGETHER):
        store.put_batch(rows[at : at + TOGETHER])
    for at in range(0, len(observations), TOGETHER):
        store.put_observations(observations[at : at + TOGETHER])
    store.finish_scan(scan)


def _reports(done: Parts, store: Store, settings: Settings, folder: Path) -> None:
    from assetctl.report import html, xlsx
    from assetctl.report.view import build
    from assetctl.work.check import pack
    from assetctl.work.reporting import Material, inputs

    material = Material(settings, pack(settings), registry(), (), ())
    view = done.take("view", lambda: build(inputs(store, material, generated_at=datetime.now(UTC))))
    with (folder / "report.html").open("w", encoding="utf-8") as page:
        done.take("page", lambda: html.write(view, page))
    with (folder / "report.xlsx").open("wb") as workbook:
        done.take("workbook", lambda: xlsx.write(view, workbook))


def against_truth(assets: Iterable[Asset], count: int) -> dict[str, object]:
    """What an inventory says of the plant, value by value, and a digest of who is who in it.

    A value of an identity of which the device says nothing is wrong too.
    """
    whole = [asset for asset in assets if asset.parent is None]
    by_address = {address: asset for asset in whole for address in settle.addresses(asset)}
    wrong, blank, missed = list[str](), list[str](), list[str]()
    for made in plant(count):
        asset = by_address.get(made.address)
        if asset is None:
            missed.append(f"{made.address}, {made.kind}")
            continue
        for key, value in {**dict.fromkeys(IDENTITY, ""), **made.truth}.items():
            said = settle.text(asset, key)
            if said != value:
                (wrong if said else blank).append(f"{made.address}, {made.kind}: {key} {said!r}, it is {value!r}")
    told = {at: [settle.text(asset, key) for key in IDENTITY] for at, asset in sorted(by_address.items(), key=_place)}
    return {
        "devices": len(whole),
        "identified": sum(all(settle.text(asset, key) for key in IDENTIFIED) for asset in whole),
        "values": sum(len(made.truth) for made in plant(count)),
        "wrong": wrong,
        "blank": blank,
        "missed": missed,
        "digest": sha256(json.dumps(told).encode()).hexdigest(),
    }


def _place(item: tuple[str, Asset]) -> int:
    return int(ip_address(item[0]))


def main(arguments: Iterable[str]) -> None:
    side, text = arguments
    count = int(text)
    with TemporaryDirectory() as made:
        folder = Path(made)
        config = write_settings(folder, count)
        if side == "commands":
            figures: dict[str, object] = {"cpu": commands(folder, config)}
        else:
            done = parts(folder, config)
            figures = {"cpu": sum(done.cpu_s.values()), "parts": done.cpu_s}
        store = open_store(load_settings(config, cwd=folder, environ={}).database_url)
        figures |= against_truth(store.assets(), count)
        store.close()
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
