"""Forty sites in one database: each a realm of its own with the same addresses, many facts for each device.

What is measured: taking in what the sites saw and merging it, judging all of it, a page of it, and what changed at one
site from one scan to the next. Run as a program it is one side: `python -m bench.sites ENGINE ASSETS FACTS` prints its
figures as JSON; ENGINE is sqlite or postgresql. ASSETCTL_BENCH_ASSETS and ASSETCTL_BENCH_FACTS name the larger size
of `python -m bench sites`, which also runs a tenth of it.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.model import Address, Claim, Observation, Outcome, Scan, ScanState, SubjectKind
from assetctl.protocols import registry
from assetctl.settings import Settings
from assetctl.store.repo import Store, open_store

SITES = 40
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
FIRST = IPv4Address("192.168.0.1")
STEPS = ("import and merge", "check", "report", "diff of a site")
INTERFACE = ("interface_name", "interface_oper_status", "interface_admin_status", "interface_description")
_MAKERS = (("Siemens", "CPU 315-2 PN/DP", "plc"), ("Hirschmann", "MACH104-20TX-F", "switch"), ("WAGO", "750-352", "io"))


@dataclass
class Figures:
    """Seconds of this process's CPU by step; a server's own are not in it."""

    steps: dict[str, float] = field(default_factory=dict)

    def of(self, step: str, work: Callable[[], object]) -> None:
        began_s = time.process_time()
        work()
        self.steps[step] = self.steps.get(step, 0.0) + time.process_time() - began_s


def _claims(site: int, number: int, facts: int, *, changed: bool) -> Iterator[Claim]:
    maker, model, role = _MAKERS[number % len(_MAKERS)]
    yield Claim("manufacturer", maker)
    yield Claim("model", model)
    yield Claim("asset_role_type", role)
    yield Claim("serial_number", f"S{site:02}N{number:06}")
    yield Claim("hostname", f"{role}-{number}")  # the same at every site
    yield Claim("firmware_software_version", f"V{number % 4 + 2 if changed else number % 4 + 1}.{number % 10}")
    for at in range(max(0, facts - 6)):
        port, key = str(at // len(INTERFACE) + 1), INTERFACE[at % len(INTERFACE)]
        value = f"Port {port}" if "status" not in key else "up" if (number + at) % 3 else "down"
        yield Claim(key, value, SubjectKind.INTERFACE, port)


def _seen(site: int, scan: str, at: datetime, count: int, facts: int) -> Iterator[Observation]:
    """What one scan of a site heard; in the later one of each hundred devices has a new firmware."""
    realm = f"site-{site:02}"
    for number in range(count):
        yield Observation(
            id=f"{scan}-{number}",
            scan=scan,
            source="probe",
            reader="snmp/1",
            realm=realm,
            target=Address(realm, FIRST + number),
            vantage="eth0",
            outcome=Outcome.ANSWERED,
            started=at,
            ended=at,
            exchanges=(),
            claims=tuple(_claims(site, number, facts, changed=at == LATER and not number % 100)),
        )


def _scan(site: int, at: datetime) -> Scan:
    name = f"site-{site:02}-{at:%d}"
    return Scan(name, f"site-{site:02}", ScanState.DONE, at, at, "eth0", coverage=("192.168.0.0/16",))


def _take_in(store: Store, site: int, at: datetime, count: int, facts: int) -> None:
    from assetctl.work.ingest import ingest

    scan = _scan(site, at)
    store.begin_scan(scan)
    store.put_observations(_seen(site, scan.id, at, count, facts))
    ingest(store, scan.realm)


def _judge(store: Store) -> None:
    from assetctl.work.check import check, pack, plant_of

    settings = Settings()
    plant = plant_of(store, settings, zones=(), register=(), protocols=registry())
    check(store, pack(settings), plant, now=LATER)


def _page(store: Store, path: Path) -> None:
    from assetctl.report.html import write
    from assetctl.report.view import build
    from assetctl.work.check import pack
    from assetctl.work.reporting import Material, inputs

    settings = Settings()
    material = Material(settings, pack(settings), registry(), (), "", ())
    with path.open("w", encoding="utf-8") as out:
        write(build(inputs(store, material, generated_at=LATER)), out)


def _compare(store: Store) -> None:
    from assetctl.work.diff import diff
    from assetctl.work.ingest import NOTHING
    from assetctl.work.sides import stored_side

    before, after = (stored_side(_scan(0, at).id, store, NOTHING, now=LATER, time=None) for at in (NOW, LATER))
    if not diff(before, after):
        raise SystemExit("bench: no difference was found where a hundredth of the firmware is new")


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'sites.db'}"
        return
    from tests.live.postgres_server import serving

    with serving() as server:
        server.sql("CREATE DATABASE sites")
        yield server.url("sites")


def measure(engine: str, assets: int, facts: int) -> dict[str, float]:
    """Seconds by step, the most memory, the size of the database and how many facts it holds."""
    figures, count = Figures(), assets // SITES
    with TemporaryDirectory() as made, _database(engine, Path(made)) as url, open_store(url) as store:
        for site in range(SITES):
            figures.of("import and merge", lambda site=site: _take_in(store, site, NOW, count, facts))
        figures.of("check", lambda: _judge(store))
        figures.of("report", lambda: _page(store, Path(made) / "report.html"))
        _take_in(store, 0, LATER, count, facts)
        figures.of("diff of a site", lambda: _compare(store))
        held = store.info()
    if held.counts["asset"] != count * SITES:
        raise SystemExit(f"bench: {held.counts['asset']} assets where {count * SITES} are")
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {**figures.steps, "kib": kib, "bytes": held.size_bytes, "facts": held.counts["fact"]}


def main(arguments: Iterable[str]) -> None:
    engine, assets, facts = arguments
    print(json.dumps(measure(engine, int(assets), int(facts))))


if __name__ == "__main__":
    main(sys.argv[1:])
