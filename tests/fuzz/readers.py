"""Every reader of people's and foreign files, and the expression engine. A reader may refuse in one line; only that."""

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import openpyxl

from assetctl import baseline_text, documents, enrolled, fingerprint, zones
from assetctl.advisory import csaf, eol, kev, ranges, versions
from assetctl.documents import plain_yaml
from assetctl.errors import InputError
from assetctl.exchange import (
    columns,
    csv_rows,
    flows,
    glpi,
    netbox,
    nmap_xml,
    questionnaire,
    returned,
    rows,
    sheet,
    walk_file,
    xlsx_rows,
    zeek_certificates,
    zeek_devices,
    zeek_rows,
    zgrab2,
)
from assetctl.exchange.capture import read as captured
from assetctl.model import Claim
from assetctl.policy import attestations, load, waivers
from assetctl.policy.expression import compile_expression
from assetctl.policy.for_each import Scope
from assetctl.report import manifest
from assetctl.settings import load_settings
from tests.contracts.captures import all_captures
from tests.fuzz.entry import Entry

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = date(2026, 1, 1)
SEEDS = Path(__file__).with_name("seeds")
NMAP = Path(__file__).parents[1] / "data" / "nmap"
PAIRS = Path(__file__).parents[1] / "labelled" / "advisories"
INIT = Path(zones.__file__).parent / "data" / "templates_init"
MOST_LINE = 2_000  # characters; a person reads a refusal
KNOWN = attestations.Known(rows=("SR 1.1",), zones=("z1",))

Seeds = Callable[[], list[bytes]]


def entries() -> Iterator[Entry]:
    """One entry for each reader."""
    yield _file("nmap", "x.xml", _nmap, _of(NMAP, "*.xml"), nmap_xml.__name__)
    yield _file("flows", "conn.log", lambda path: flows.read_flows(path, now=NOW), _of(SEEDS, "*.log"), flows.__name__)
    yield _file(
        "flow-csv", "x.csv", lambda path: flows.read_flows(path, now=NOW), _of(SEEDS, "flows.csv"), flows.__name__
    )
    yield _file("list-csv", "list.csv", _positions, _of(SEEDS, "list.csv"), sheet.__name__, csv_rows.__name__)
    yield _file("list-xlsx", "list.xlsx", _positions, _workbook, xlsx_rows.__name__, rows.__name__)
    yield _file("columns", "x.toml", columns.load_mapping, _of(SEEDS, "columns.toml"), columns.__name__)
    yield _file("questionnaire", "q.xlsx", questionnaire.read, _workbook, questionnaire.__name__)
    yield _file("yaml", "x.yaml", documents.read_yaml, _of(SEEDS, "*.yaml"), documents.__name__)
    yield _file("toml", "x.toml", documents.read_toml, _of(INIT, "*.toml"), documents.__name__)
    yield _file("json", "x.json", documents.read_json, _of(SEEDS, "*.json"), documents.__name__)
    yield _file("settings", "assetctl.toml", _settings, _of(INIT, "*.toml"), "assetctl.settings")
    yield _file(
        "zones", "zones.yaml", lambda path: zones.read_zones(path, now=NOW), _of(INIT, "zones.yaml"), zones.__name__
    )
    yield _file(
        "register", "r.yaml", lambda path: zones.read_register(path, now=NOW), _of(INIT, "r*.yaml"), zones.__name__
    )
    yield _file("waivers", "w.yaml", _waivers, _of(SEEDS, "waivers.yaml"), waivers.__name__)
    yield _file("attestations", "a.yaml", _attestations, _of(SEEDS, "attestations.yaml"), attestations.__name__)
    yield _file("check", "INV-001.yaml", load.load_check, _of(load.checks_folder(), "???-00*.yaml"), load.__name__)
    yield _file("golden", "golden.yaml", _golden, _of(SEEDS, "golden.yaml"), baseline_text.__name__)
    yield _file("csaf", "x.json", csaf.read_file, _of(PAIRS, "*.json"), csaf.__name__)
    yield _file("kev", "x.json", lambda path: kev.read(documents.read_json(path)), _of(SEEDS, "kev.json"), kev.__name__)
    yield _file("eol", "x.csv", eol.read_file, _of(SEEDS, "eol.csv"), eol.__name__)
    yield _file("pcap", "x.pcap", _capture, _captures, captured.__name__)
    yield _file("returned", "r.xlsx", _returned, _workbook, returned.__name__)
    yield _file("manifest", "m.json", manifest.read_manifest, _of(SEEDS, "manifest.json"), manifest.__name__)
    yield _file("keys", "keys.yaml", enrolled.read_keys, _of(SEEDS, "keys.yaml"), enrolled.__name__)
    yield _file("walk", "x.walk", walk_file.read_walk, _of(SEEDS, "*.walk"), walk_file.__name__)
    yield _file(
        "netbox", "devices.csv", lambda path: netbox.read_netbox([path]), _of(SEEDS, "netbox*"), netbox.__name__
    )
    yield _file("zeek", "dhcp.log", _zeek, _of(SEEDS, "*.log"), zeek_devices.__name__, zeek_rows.__name__)
    yield _file("zeek-x509", "x509.log", _certificates, _of(SEEDS, "x509.log"), zeek_certificates.__name__)
    yield _file(
        "zgrab2",
        "x.json",
        lambda path: zgrab2.read_zgrab2(path, newest=NOW),
        _of(SEEDS, "zgrab2.json"),
        zgrab2.__name__,
    )
    yield _file(
        "glpi", "x.json", lambda path: glpi.parse(path.read_bytes(), path.name), _of(SEEDS, "glpi.*"), glpi.__name__
    )
    yield _text("yaml-alike", _alike, _of(SEEDS, "*.yaml"), plain_yaml.__name__)
    yield _text("ranges", _ranges, lambda: RANGES, ranges.__name__)
    yield _text("expression", _expression, _expressions, "assetctl.policy.expression")
    yield _text("fingerprint", _fingerprint, lambda: DESCRIPTIONS, fingerprint.__name__)


RANGES = [b"vers:all/<V7.0.3", b"< A11_U05", b"All versions < V14 SP1", b">=V4.0|<V4.5.2", b"<= 6.3.5.11"]
DESCRIPTIONS = [b"Siemens, SIMATIC S7, CPU315-2 PN/DP, 6ES7 315-2EH14-0AB0, V3.2.6", b"SCALANCE X208 FW: V05.02.03"]


def _file(name: str, file: str, read: Callable[[Path], object], seeds: Seeds, *reads: str) -> Entry:
    """A reader of a file, fed through a file in memory where the system has such."""

    def feed(data: bytes) -> None:
        path = _folder() / file
        path.write_bytes(data)
        _refusing(lambda: read(path))

    return Entry(f"read-{name}", feed, seeds, reads)


@cache
def _folder() -> Path:
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))


def _text(name: str, read: Callable[[str], object], seeds: Seeds, module: str) -> Entry:
    return Entry(
        f"read-{name}", lambda data: _refusing(lambda: read(data.decode("utf-8", "replace"))), seeds, (module,)
    )


def _refusing(read: Callable[[], object]) -> None:
    said = " "
    try:
        read()
    except InputError as refusal:
        said = str(refusal)
    assert said
    assert all(len(line) < MOST_LINE for line in said.splitlines()), "a refusal that nobody can read"


def _nmap(path: Path) -> object:
    return nmap_xml.read(path.read_bytes(), scan="s", realm="plant", file=path.name)


def _capture(path: Path) -> object:
    return captured.read(path, realm="plant", now=NOW)


def _zeek(path: Path) -> object:
    with suppress(ValueError):  # a log of Zeek that is not read
        return zeek_devices.read_devices(zeek_rows.Log(path), newest=NOW)
    return None


def _certificates(path: Path) -> object:
    return zeek_certificates.read_certificates(zeek_rows.Log(path))


def _returned(path: Path) -> object:
    return returned.read(path, "Cover", given=("Finding",), entered=("Comment",))


def _positions(path: Path) -> object:
    return sheet.read_positions(path, realm="plant", now=NOW)


def _settings(path: Path) -> object:
    return load_settings(path, cwd=path.parent, environ={}, user_dir=path.parent)


def _golden(path: Path) -> object:
    return baseline_text.read(documents.read_yaml(path).root, file=path.name)


def _waivers(path: Path) -> object:
    return waivers.read_waivers(path, today=TODAY)


def _attestations(path: Path) -> object:
    return attestations.read_attestations(path, today=TODAY, known=KNOWN)


def _alike(text: str) -> None:
    """What the quick reader takes means the same to the exact one, which then refuses nothing."""
    taken = plain_yaml.quickly(text, Path("x.yaml"))
    if taken is not None:
        assert _exactly(text) == taken


def _exactly(text: str) -> object:
    try:
        return plain_yaml.exactly(text, Path("x.yaml"))
    except InputError as error:
        return error


def _ranges(text: str) -> object:
    return versions.read(text, maker="Siemens"), ranges.parse(text)


def _expression(text: str) -> object:
    return compile_expression(text, Scope("asset", {"most": 3}))


def _fingerprint(text: str) -> object:
    return fingerprint.derive([Claim("sys_descr", text), Claim("http_title", text)])


def _expressions() -> list[bytes]:
    return sorted(check.assertion.text.encode() for check in load.load_checks([load.checks_folder()]))


def _captures() -> list[bytes]:
    """One recorded talk of each protocol, as a capture file."""
    from tests.unit.capture_writer import pcap, talk

    first = {one.protocol.name: one for one in reversed(all_captures()) if one.claims and not one.protocol.envelope}
    return [pcap(talk(one)) for one in first.values()]


def _workbook() -> list[bytes]:
    book = openpyxl.Workbook()
    book.active.append(["Tag", "IP", "Hersteller", "Modell"])
    book.active.append(["PLC-1", "10.1.0.5", "Siemens", "CPU 315"])
    out = io.BytesIO()
    book.save(out)
    return [out.getvalue()]


def _of(folder: Path, pattern: str) -> Seeds:
    return lambda: [path.read_bytes() for path in sorted(folder.glob(pattern))[:40]]
