"""Forty sites in one database: each a realm of its own with the same addresses, many facts for each device.

What is measured: taking in what the sites saw, merging it, judging all of it, a list of it, a page of one site and,
where anybody would open that, of all; what changed at one site from one scan to the next, and what is known of one
device over time. Each step runs in a process of its own, so that its memory is its own.

Run as a program it is one side: `python -m bench.sites ENGINE ASSETS FACTS` prints its figures as JSON; ENGINE is
sqlite or postgresql. `python -m bench.site_table` puts several sizes side by side. `python -m bench sites` compares the
size in ASSETCTL_BENCH_ASSETS (such as 10000) with a tenth of it, 1000 at the least.

Both databases must give the same outputs: each step tells a digest of what it wrote or found.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.model import Address, Claim, Observation, Outcome, Scan, ScanState, SubjectKind
from assetctl.protocols import registry
from assetctl.settings import Settings
from assetctl.store.repo import Store, open_store
from bench.memory import peak_kib

SITES = 40
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
FIRST = IPv4Address("192.168.0.1")
MOST_ON_A_PAGE = 10_000  # assets of a page that anybody would open; above it lists are exported
INTERFACE = ("interface_name", "interface_oper_status", "interface_admin_status", "interface_description")
Step = Callable[[Store], str | None]
"""What is done with the store; a digest of what came out, where something did."""

_MAKERS = (("Siemens", "CPU 315-2 PN/DP", "plc"), ("Hirschmann", "MACH104-20TX-F", "switch"), ("WAGO", "750-352", "io"))


@dataclass(frozen=True, slots=True)
class Figures:
    """What a step took. cpu_s: of its own process; a server's is not in it. digest: of what came out, if anything."""

    cpu_s: float
    wall_s: float
    kib: int
    digest: str = ""


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


def _take_in(store: Store, at: datetime, sites: Iterable[int], count: int, facts: int) -> None:
    for site in sites:
        scan = _scan(site, at)
        store.begin_scan(scan)
        store.put_observations(_seen(site, scan.id, at, count, facts))


def _merge(store: Store, sites: Iterable[int]) -> None:
    from assetctl.work.ingest import ingest

    for site in sites:
        ingest(store, f"site-{site:02}")


def _judge(store: Store) -> str:
    from assetctl.work.check import check, pack, plant_of

    settings = Settings()
    plant = plant_of(store, settings, zones=(), register=(), protocols=registry())
    check(store, pack(settings), plant, now=LATER)
    return _digest_of(store.latest_run())  # its counts and the hash of what was judged; pages tell each finding


def _page(store: Store, realm: str = "") -> str:
    from assetctl.report.html import pieces
    from assetctl.report.view import build
    from assetctl.work.check import pack
    from assetctl.work.reporting import Material, inputs
    from assetctl.work.site import site

    settings = Settings()
    material = Material(settings, pack(settings), registry(), (), (), site=site(store, realm))
    page = hashlib.sha256()
    for piece in pieces(build(inputs(store, material, generated_at=LATER))):
        page.update(piece.encode())
    return page.hexdigest()


def _export(store: Store) -> str:
    from assetctl.work.export import write_assets

    with TemporaryDirectory() as made:
        path = Path(made) / "assets.csv"
        write_assets(store.assets(packed=True), path)
        with path.open("rb") as written:
            return hashlib.file_digest(written, "sha256").hexdigest()


def _compare(store: Store) -> str:
    from assetctl.work.diff import diff
    from assetctl.work.ingest import NOTHING
    from assetctl.work.sides import stored_side

    before, after = (stored_side(_scan(0, at).id, store, NOTHING, now=LATER, time=None) for at in (NOW, LATER))
    if not (found := diff(before, after)):
        raise SystemExit("bench: no difference was found where a hundredth of the firmware is new")
    return _digest_of(found)


def _look_back(store: Store) -> str:
    from assetctl.work.history import history

    for fact in store.facts(key="serial_number", realm="site-00"):
        asset = store.asset(fact.subject.asset)
        assert asset is not None
        if not (found := history(store, asset, ())):
            raise SystemExit(f"bench: nothing is known of {asset.id} over time")
        return _digest_of(found)
    raise SystemExit("bench: no device of the first site has a serial number")


def _digest_of(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()


def _steps(assets: int, facts: int) -> Mapping[str, Step]:
    count, every = assets // SITES, range(SITES)
    whole: dict[str, Step] = {"report": _page} if assets <= MOST_ON_A_PAGE else {}
    return {
        "import": partial(_take_in, at=NOW, sites=every, count=count, facts=facts),
        "merge": partial(_merge, sites=every),
        "check": _judge,
        "export": _export,
        "report of a site": partial(_page, realm="site-00"),
        **whole,
        "import of a later scan": partial(_take_in, at=LATER, sites=range(1), count=count, facts=facts),
        "merge of a site": partial(_merge, sites=range(1)),
        "diff of a site": _compare,
        "history of a device": _look_back,
    }


def _apart(url: str, work: Step) -> Figures:
    """Do a step in a process of its own. Raises SystemExit when it fails."""
    reading, writing = os.pipe()
    began_s = time.monotonic()
    if not (child := os.fork()):
        code = 1
        try:
            began_cpu_s = time.process_time()
            with open_store(url) as store:
                digest = work(store)
            os.write(writing, json.dumps([time.process_time() - began_cpu_s, peak_kib(), digest or ""]).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        said = told.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"bench: a step ended with {os.waitstatus_to_exitcode(status)}")
    cpu_s, kib, digest = json.loads(said)
    return Figures(cpu_s, time.monotonic() - began_s, kib, digest)


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'sites.db'}"
        return
    from tests.live.postgres_server import serving

    with serving() as server:
        server.sql("CREATE DATABASE sites")
        yield server.url("sites")


def measure(engine: str, assets: int, facts: int) -> dict[str, object]:
    """Figures by step, the size of the database, and how many assets and facts it holds."""
    found: dict[str, Figures] = {}
    with TemporaryDirectory() as made, _database(engine, Path(made)) as url:
        open_store(url).close()
        for name, work in _steps(assets, facts).items():
            found[name] = _apart(url, work)
            print(f"{engine} {assets} {name}: {found[name]}", file=sys.stderr, flush=True)
        with open_store(url) as store:
            held = store.info()
    if held.counts["asset"] != assets // SITES * SITES:
        raise SystemExit(f"bench: {held.counts['asset']} assets where {assets // SITES * SITES} are")
    steps = {name: asdict(figures) for name, figures in found.items()}
    about = {"engine": engine, "assets": assets // SITES * SITES, "facts": held.counts["fact"]}
    return {**about, "steps": steps, "bytes": held.size_bytes}


def main(arguments: Iterable[str]) -> None:
    engine, assets, facts = arguments
    print(json.dumps(measure(engine, int(assets), int(facts))))


if __name__ == "__main__":
    main(sys.argv[1:])
