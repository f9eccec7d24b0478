"""Bundles: any order and repetition gives the same store; what is changed, cut, strange or odd changes nothing."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assetctl.enrolled import Ended, EnrolledKey
from assetctl.errors import AssetctlError, InputError, IntegrityFault
from assetctl.model import (
    Address,
    Claim,
    Exchange,
    Observation,
    Outcome,
    Scan,
    ScanState,
    SubjectKind,
    Transport,
)
from assetctl.signing import SigningKey, make_key
from assetctl.store.records import Approval, Decision, Incident, Quarantined
from assetctl.store.repo import Store, open_store
from assetctl.work import bundle_file
from assetctl.work.bundle_file import open_bundle
from assetctl.work.bundling import cargo, files_for, merge, put_files, write
from assetctl.work.ingest import ingest

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = ("cell-a", "cell-b", "cell-c")
PASSPHRASE = "correct horse battery"


class Cells:
    """Three cells with the same addresses and a bundle or two of each, and an empty database to copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with open_store(f"sqlite:///{folder / 'empty.db'}"):
            pass
        self.keys = {name: make_key(folder / f"{name}.pem", PASSPHRASE) for name in (*NAMES, "stranger")}
        self.enrolled = tuple(enrolled(key, name) for name, key in self.keys.items() if name != "stranger")
        self.bundles: dict[str, Path] = {}
        for number, name in enumerate(NAMES):
            with self.store(name) as store:
                fill(store, name, number, runs=1)
                self.write(store, name, f"{name}-1")
                fill(store, name, number, runs=2)
                self.write(store, name, f"{name}-2")

    def store(self, name: str) -> Store:
        path = self.folder / f"{name}.db"
        if not path.exists():
            shutil.copy(self.folder / "empty.db", path)
        return open_store(f"sqlite:///{path}", create=False)

    def write(self, store: Store, name: str, bundle: str, files: tuple[Path, ...] = ()) -> Path:
        path = self.folder / f"{bundle}.bundle"
        key = self.keys[name]
        given = cargo(store, (), files, site=f"Works {name}")
        write(store, given, path, (key, enrolled(key, name)), now=AT)
        self.bundles[bundle] = path
        return path

    def merge(self, store: Store, bundle: str | Path) -> tuple[str, ...]:
        path = self.bundles[bundle] if isinstance(bundle, str) else bundle
        opened = open_bundle(path, self.enrolled)
        realm = opened.key.owner
        return merge(store, opened, names={"plant": realm}, shared=False, ledgers=self.folder / "ledgers").notes


def enrolled(key: SigningKey, owner: str) -> EnrolledKey:
    return EnrolledKey(key.fingerprint, owner, key.public, date(2026, 1, 1), "B")


def fill(store: Store, name: str, number: int, *, runs: int) -> None:
    """The same two addresses in every cell, other devices behind them; a second run sees one of them exchanged."""
    for run in range(runs):
        scan = f"s-{name}-{run}"
        began = AT + timedelta(hours=run)
        store.begin_scan(Scan(scan, "plant", ScanState.DONE, began, began, "eth0", approval="A", head="ab", count=run))
        store.put_plan(scan, '{"rows":[]}')
        store.put_observations(
            observed(scan, last, f"SN-{number}-{last}-{run * (last == 2)}", began) for last in (1, 2)
        )
        store.put_approval(Approval("Ada", "all", began, "ab" * 32, scan))
        store.put_incident(Incident(f"i-{scan}", "plant", began, "plant/10.0.0.1", "reset", scan))
    store.quarantine([Quarantined("plant/10.0.0.2", "plant", "reset", AT)])
    store.put_decision(Decision(f"d-{name}", "plant", "apart", "address plant/10.0.0.1", "x", "Ada", "seen", AT))
    if runs > 1:
        store.clear_quarantine("plant/10.0.0.2", by="Ada", reason="looked", at=AT + timedelta(hours=2))
    ingest(store, "plant")


def observed(scan: str, last: int, serial: str, at: datetime) -> Observation:
    target = Address("plant", ip_address(f"10.0.0.{last}"))
    name = f"{scan}/tcp/{target}"
    asked = Exchange(
        f"{scan}:{last}", "identity", b"?" + serial.encode(), (serial.encode(),), Outcome.ANSWERED, at, 1.5
    )
    claims = (
        Claim("manufacturer", "Siemens", SubjectKind.ASSET),
        Claim("order_code", "6ES7 315-2EH14-0AB0", SubjectKind.ASSET),
        Claim("serial_number", serial, SubjectKind.ASSET),
    )
    return Observation(
        name,
        scan,
        "probe",
        "s7/1",
        "plant",
        target,
        "eth0",
        Outcome.ANSWERED,
        at,
        at,
        (asked,),
        claims,
        102,
        Transport.TCP,
    )


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Cells:
    return Cells(tmp_path_factory.mktemp("cells"))


@pytest.fixture
def centre(cells: Cells, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(cells.folder / "empty.db", tmp_path / "centre.db")
    with open_store(f"sqlite:///{tmp_path / 'centre.db'}", create=False) as store:
        yield store


def content(store: Store) -> Mapping[str, Any]:
    """Everything in a store but the order in which approvals were numbered."""
    return {
        "scans": store.scans(),
        "plans": [store.plan(scan.id) for scan in store.scans()],
        "observations": list(store.observations()),
        "exchanges": list(store.exchanges()),
        "assets": store.assets(),
        "identities": store.identities(),
        "aliases": store.aliases(),
        "decisions": store.decisions(revoked=True),
        "quarantine": store.quarantine_history(),
        "incidents": store.incidents(),
        "approvals": store.approvals(),
        "bundles": store.bundles(),
    }


ORDERS = st.permutations([f"{name}-{number}" for name in NAMES for number in (1, 2)]).flatmap(
    lambda order: st.lists(st.sampled_from(order), max_size=3).map(lambda again: [*order, *again])
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=ORDERS)
def test_any_order_and_repetition_of_bundles_gives_the_same_store(
    cells: Cells, tmp_path: Path, order: list[str]
) -> None:
    expected = cells.folder / "expected.db"
    if not expected.exists():
        with cells.store("expected") as store:
            for name in sorted(cells.bundles):
                cells.merge(store, name)
    path = tmp_path / "any.db"
    shutil.copy(cells.folder / "empty.db", path)
    with cells.store("expected") as wanted, open_store(f"sqlite:///{path}", create=False) as store:
        for name in order:
            cells.merge(store, name)
        assert content(store) == content(wanted)


def test_equal_addresses_of_different_cells_stay_apart(cells: Cells, centre: Store) -> None:
    for name in NAMES:
        cells.merge(centre, f"{name}-1")
    assets = centre.assets()
    assert len(assets) == 6
    assert {asset.realm for asset in assets} == set(NAMES)
    assert {str(o.target) for o in centre.observations()} == {f"{n}/10.0.0.{last}" for n in NAMES for last in (1, 2)}
    assert {one.subject for one in centre.quarantined()} == {f"{name}/10.0.0.2" for name in NAMES}
    assert {one.left for one in centre.decisions()} == {f"address {name}/10.0.0.1" for name in NAMES}
    opened = open_bundle(cells.bundles["cell-a-1"], cells.enrolled)
    with pytest.raises(InputError, match="it cannot become other as well"):
        merge(centre, opened, names={"plant": "other"}, shared=False, ledgers=cells.folder)


def test_a_realm_that_others_fed_is_not_taken_for_the_same_network(cells: Cells, centre: Store) -> None:
    first, second = (open_bundle(cells.bundles[f"{name}-1"], cells.enrolled) for name in NAMES[:2])
    merge(centre, first, names={}, shared=False, ledgers=cells.folder)
    before = content(centre)
    with pytest.raises(InputError, match="--as plant=NAME"):
        merge(centre, second, names={}, shared=False, ledgers=cells.folder)
    assert content(centre) == before
    merge(centre, second, names={}, shared=True, ledgers=cells.folder)
    assert len(centre.scans()) == 2


def test_the_evidence_comes_over_whole(cells: Cells, centre: Store) -> None:
    cells.merge(centre, "cell-a-2")
    with cells.store("cell-a") as cell:
        for theirs, ours in zip(cell.exchanges(), centre.exchanges(), strict=True):
            assert (theirs.exchange, theirs.sent, theirs.received) == (ours.exchange, ours.sent, ours.received)
    assert centre.check() == ()


def test_gaps_replays_and_forks_are_told(cells: Cells, centre: Store, tmp_path: Path) -> None:
    assert any("numbers not seen: 1" in note for note in cells.merge(centre, "cell-a-2"))
    assert cells.merge(centre, "cell-a-1") == ()
    assert any("taken in before" in note for note in cells.merge(centre, "cell-a-1"))
    shutil.copy(cells.folder / "empty.db", cells.folder / "set-back.db")
    with cells.store("set-back") as store:
        fill(store, "cell-a", 0, runs=1)
        path = tmp_path / "fork.bundle"
        key = cells.keys["cell-a"]
        later = AT + timedelta(days=1)
        write(store, cargo(store, (), (), "elsewhere"), path, (key, enrolled(key, "cell-a")), now=later)
    assert any("set back" in note for note in cells.merge(centre, path))


def test_the_same_content_is_the_same_bundle(cells: Cells, tmp_path: Path) -> None:
    key = cells.keys["cell-a"]
    copies = []
    for name in ("one", "two"):
        shutil.copy(cells.folder / "cell-a.db", tmp_path / f"{name}.db")
        with open_store(f"sqlite:///{tmp_path / name}.db", create=False) as store:
            write(store, cargo(store, (), (), "x"), tmp_path / name, (key, enrolled(key, "cell-a")), now=AT)
        copies.append((tmp_path / name).read_bytes())
    assert copies[0] == copies[1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_one_changed_byte_anywhere_is_refused(cells: Cells, tmp_path: Path, place: float, flip: int) -> None:
    raw = bytearray(cells.bundles["cell-a-1"].read_bytes())
    raw[int(place * len(raw))] ^= flip
    path = tmp_path / "changed"
    path.write_bytes(raw)
    with pytest.raises((IntegrityFault, InputError)):
        open_bundle(path, cells.enrolled)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), tail=st.binary(max_size=3))
def test_a_bundle_that_is_cut_or_longer_is_refused(cells: Cells, tmp_path: Path, share: float, tail: bytes) -> None:
    raw = cells.bundles["cell-a-1"].read_bytes()
    path = tmp_path / "cut"
    path.write_bytes(raw[: int(share * len(raw))] + tail)
    with pytest.raises((IntegrityFault, InputError)):
        open_bundle(path, cells.enrolled)
    path.write_bytes(raw + tail + b"\0")
    with pytest.raises(IntegrityFault):
        open_bundle(path, cells.enrolled)


def test_a_stranger_a_lost_key_and_a_newer_form_are_refused(cells: Cells, tmp_path: Path) -> None:
    path = cells.bundles["cell-a-1"]
    with pytest.raises(IntegrityFault, match="not enrolled"):
        open_bundle(path, [one for one in cells.enrolled if one.owner != "cell-a"])
    lost = Ended(date(2026, 12, 1), "B", "stolen", is_lost=True)
    own = enrolled(cells.keys["cell-a"], "cell-a")
    from dataclasses import replace

    with pytest.raises(IntegrityFault, match="stolen"):
        open_bundle(path, [replace(own, ended=lost)])
    newer = tmp_path / "newer"
    newer.write_bytes(path.read_bytes().replace(b"assetctl-bundle/1 ", b"assetctl-bundle/2 "))
    with pytest.raises(InputError, match="newer assetctl"):
        open_bundle(newer, cells.enrolled)


Change = Callable[[zipfile.ZipFile], None]


def add(name: str, *, packed: bool = False, mode: int = 0o644) -> Change:
    def change(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.create_system, info.external_attr = 3, mode << 16
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        archive.writestr(info, b"\0" * 100)

    return change


@pytest.mark.parametrize(
    "change",
    [
        add("files/../../evil"),
        add("/etc/passwd"),
        add("files/a/b"),
        add("files\\evil"),
        add("c:evil"),
        add("files/con"),
        add("files/NUL.txt"),
        add("files/dot."),
        add("rows.jsonl"),
        add("files/bomb", packed=True),
        add("files/link", mode=0o120777),
        add("files/device", mode=0o020644),
        add("files/folder/", mode=0o040755),
        lambda archive: [add(name)(archive) for name in ("files/Case", "files/case")] and None,
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_odd_members_are_refused_even_when_signed(cells: Cells, tmp_path: Path, change: Change) -> None:
    path = resigned(cells, tmp_path, change=change)
    with pytest.raises(InputError, match="not taken in"):
        open_bundle(path, cells.enrolled)


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 5000,
        b"{}",
        b"null",
        b'{"kind":"scan","row":{}}',
        b'{"kind":"asset","row":{}}',
        b'{"kind":"plan","row":{"scan":"s-cell-a-0","rows":1}}',
        b'{"kind":"plan","row":{"scan":"nobody","rows":"x"}}',
        b'{"kind":"blob","row":{"digest":"' + b"a" * 64 + b'","size":1,"data":"eJwDAAAAAAE="}}',
        b'{"kind":"plan","row":{"scan":"s-cell-a-0","rows":"x","more":1}}',
    ],
)
def test_rows_that_make_no_sense_take_nothing_in(cells: Cells, centre: Store, tmp_path: Path, line: bytes) -> None:
    before = content(centre)
    path = resigned(cells, tmp_path, rows=lambda raw: raw + line + b"\n")
    with pytest.raises(AssetctlError) as refused:
        cells.merge(centre, path)
    assert "\n" not in str(refused.value)
    assert content(centre) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"received":["', b'"received":["00'),
        (b'"started":"2026', b'"started":"1026'),
        (b'"kind":"asset"', b'"kind":"beast"'),
        (b'"realm":"plant"', b'"realm":"other"'),
    ],
)
def test_a_lying_sender_changes_nothing_that_is_here(
    cells: Cells, centre: Store, tmp_path: Path, old: bytes, new: bytes
) -> None:
    cells.merge(centre, "cell-a-1")
    before = content(centre)
    path = resigned(cells, tmp_path, rows=lambda raw: raw.replace(old, new))
    with pytest.raises(AssetctlError):
        cells.merge(centre, path)
    assert content(centre) == before


def test_files_go_into_their_folder_and_over_nothing(cells: Cells, tmp_path: Path) -> None:
    approval = tmp_path / "approval.toml"
    approval.write_text("x = 1\n")
    with cells.store("cell-b") as store:
        path = cells.write(store, "cell-b", "with-files", (approval,))
    del cells.bundles["with-files"]
    opened = open_bundle(path, cells.enrolled)
    contents = files_for(opened, tmp_path / "in")
    [taken] = contents
    put_files(contents)
    assert taken.read_text() == "x = 1\n"
    assert files_for(opened, tmp_path / "in") == contents
    taken.write_text("another")
    with pytest.raises(InputError, match="another file of this name"):
        files_for(opened, tmp_path / "in")
    assert taken.read_text() == "another"


def resigned(
    cells: Cells,
    folder: Path,
    *,
    change: Change = lambda archive: None,
    rows: Callable[[bytes], bytes] = lambda raw: raw,
) -> Path:
    """The first bundle of cell-a as its key holder could have made it otherwise."""
    key = cells.keys["cell-a"]
    made = io.BytesIO()
    with zipfile.ZipFile(cells.bundles["cell-a-1"]) as before, zipfile.ZipFile(made, "w") as archive:
        archive.comment = b"-" * bundle_file._SEAL
        manifest = json.loads(before.read("manifest.json")) | {"sequence": 9}
        archive.writestr(bundle_file._info("manifest.json"), json.dumps(manifest))
        archive.writestr(bundle_file._info("rows.jsonl"), rows(before.read("rows.jsonl")))
        change(archive)
    digest = bundle_file._digest(made)
    signature = key.sign(bundle_file._MAGIC + digest.encode()).hex()
    raw = made.getvalue()[: -bundle_file._SEAL] + bundle_file._MAGIC + f"{key.fingerprint} {signature}".encode()
    path = folder / "resigned.bundle"
    path.write_bytes(raw)
    return path
