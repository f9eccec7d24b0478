"""Advisories from the file to the finding: what is stored, what assets are told, and that silence is never a pass."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assetctl.advisory import csaf, eol, kev
from assetctl.advisory.derive import derived
from assetctl.advisory.knowledge import Knowledge
from assetctl.advisory.records import Feed, FeedKind
from assetctl.documents import read_json
from assetctl.errors import Exit, InputError
from assetctl.facts import vocabulary
from assetctl.model import Asset, Fact, Result, Source
from assetctl.policy.judge import judge
from assetctl.policy.load import checks_folder, load_checks
from assetctl.policy.plant import Plant
from assetctl.store.repo import Store, open_store
from assetctl.work.advising import load, with_advisories
from tests.unit.command import Desk
from tests.unit.policy_plants import NOW, asset, asset_of, fact
from tests.unit.test_advisory_files import KEV, LIST, WAGO, written

FOLDER = Path(__file__).resolve().parents[1] / "labelled" / "advisories"
CPU = {"manufacturer": "Siemens", "model": "CPU 1516-3 PN/DP", "order_code": "6ES7 516-3AN01-0AB0"}
OLD_CPU, NEW_CPU = CPU | {"firmware_software_version": "V2.8.1"}, CPU | {"firmware_software_version": "V3.1.0"}
CHECKS = {check.id: check for check in load_checks([checks_folder()])}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'a.db'}")


def known(
    *names: str, as_of: datetime = NOW, catalogue: Path | None = None, life_cycles: Path | None = None
) -> Knowledge:
    found = tuple(csaf.read_file(FOLDER / f"{name}.json") for name in names)
    feeds = [Feed(one.sha256, FeedKind.CSAF, "a", NOW, as_of, False, 1) for one in found]
    feeds.append(Feed("list", FeedKind.LIFE_CYCLE, "b", NOW, as_of, False, 1))
    entries = kev.read(read_json(catalogue)) if catalogue else None
    return Knowledge(found, entries, eol.read_file(life_cycles) if life_cycles else (), tuple(feeds))


def told(one: Asset, knowledge: Knowledge, *others: Asset) -> dict[str, object]:
    return {fact.key: fact.value for fact in derived([one, *others], knowledge).get(one.id, ())}


def result(check: str, one: Asset, knowledge: Knowledge, *others: Asset, at: datetime = NOW) -> Result:
    found = derived([one, *others], knowledge)
    assets = tuple(Asset(a.id, a.realm, (*a.facts, *found.get(a.id, ())), NOW, NOW, 90) for a in (one, *others))
    judgement = judge([CHECKS[check]], Plant(assets), now=at)
    results = {f.subject: f.result for f in judgement.findings}
    if one.id in results:
        return results[one.id]
    return Result.PASS if judgement.passed else Result.NOT_APPLICABLE


def test_every_key_that_is_derived_is_in_the_vocabulary_and_no_part_of_golden_files(tmp_path: Path) -> None:
    facts = told(asset_of(OLD_CPU), known("ssa-900101", catalogue=written(tmp_path, KEV)))
    assert len(facts) >= 10
    assert all(vocabulary()[key].volatile for key in facts)


def test_an_affected_asset_fails_and_the_compared_texts_stand_in_the_fact() -> None:
    facts = told(asset_of(OLD_CPU), known("ssa-900101"))
    assert facts["advisories_affected"] == (
        'SSA-900101 (CVE-2026-90101): "6ES7 516-3AN01-0AB0 V2.8.1" and "6ES7516-3AN01-0AB0 vers:intdot/<2.9.4"',
    )
    assert result("VUL-001", asset_of(OLD_CPU), known("ssa-900101")) is Result.FAIL


def test_what_was_found_leads_to_the_answer_that_told_the_version() -> None:
    version = fact("firmware_software_version", "V2.8.1", source=Source("probe", "s7", "scan:7"))
    one = asset(*(fact(key, value) for key, value in CPU.items()), version)
    told = derived([one], known("ssa-900101"))[one.id]
    assert {each.source.evidence for each in told} == {"scan:7"}


@pytest.mark.parametrize(
    ("said", "names", "expected"),
    [
        (NEW_CPU, ("ssa-900101",), Result.PASS),
        (CPU, ("ssa-900101",), Result.UNKNOWN),
        (NEW_CPU, (), Result.UNKNOWN),
        (NEW_CPU, ("mpsa-260901",), Result.UNKNOWN),
        (NEW_CPU, ("icsa-26-900-04",), Result.NOT_APPLICABLE),
        ({"manufacturer": "Siemens"}, ("ssa-900101",), Result.UNKNOWN),
        ({"model": "CPU 1516-3 PN/DP", "firmware_software_version": "V3.1.0"}, ("ssa-900101",), Result.UNKNOWN),
    ],
)
def test_only_a_current_advisory_of_the_maker_and_a_known_version_make_a_pass(
    said: dict[str, str], names: tuple[str, ...], expected: Result
) -> None:
    assert result("VUL-001", asset_of(said), known(*names)) is expected


def test_what_was_not_found_is_as_old_as_the_advisories() -> None:
    old = known("ssa-900101", as_of=NOW - timedelta(days=90))
    assert result("VUL-001", asset_of(NEW_CPU), old) is Result.UNKNOWN
    assert result("VUL-007", asset_of(NEW_CPU), old) is Result.FAIL
    assert result("VUL-001", asset_of(OLD_CPU), old) is Result.FAIL


def test_what_was_not_found_is_as_old_as_the_look_at_the_device() -> None:
    one = asset(*(fact(key, value, days=90) for key, value in NEW_CPU.items()))
    assert result("VUL-001", one, known("ssa-900101")) is Result.UNKNOWN


def test_sources_that_differ_about_the_version_leave_it_open() -> None:
    second = Source("import", "register", "r")
    one = asset(
        *(fact(key, value) for key, value in OLD_CPU.items()),
        fact("firmware_software_version", "V3.1.0", source=second),
    )
    assert result("VUL-001", one, known("ssa-900101")) is Result.UNKNOWN
    same = asset(
        *(fact(key, value) for key, value in OLD_CPU.items()),
        fact("firmware_software_version", "2.8.1", source=second),
    )
    assert result("VUL-001", same, known("ssa-900101")) is Result.FAIL


def test_a_module_is_judged_for_itself_with_the_maker_of_its_device() -> None:
    rack = asset(fact("manufacturer", "Rockwell Automation", asset="rack"), id="rack")
    module = asset(
        fact("model", "1756-EN4TR/A", asset="m"),
        fact("firmware_software_version", "5.001", asset="m"),
        id="m",
        parent="rack",
    )
    assert told(module, known("icsa-26-901-01"), rack)["advisories_fixable"] == ("ICSA-26-901-01",)


def test_a_decision_at_the_position_counts_for_the_device_and_its_modules(tmp_path: Path) -> None:
    cpu = {"manufacturer": "Siemens", "order_code": "6ES7 315-2EH14-0AB0", "firmware_software_version": "V3.2.6"}
    assert result("VUL-002", asset_of(cpu), known("ssa-900102")) is Result.FAIL
    declared = Source("declared", "register.yaml")
    decision = fact("patch_decisions", ("SSA-900102=behind the cell firewall until 2026-12-31",), source=declared)
    decided = asset(*(fact(key, value) for key, value in cpu.items()), decision)
    assert result("VUL-002", decided, known("ssa-900102")) is Result.PASS
    assert result("VUL-006", decided, known("ssa-900102")) is Result.PASS
    assert result(
        "VUL-002", decided, known("ssa-900102", as_of=NOW + timedelta(days=360)), at=NOW + timedelta(days=29)
    ) is (Result.PASS)
    ended = asset(
        *(fact(key, value) for key, value in cpu.items()),
        fact("patch_decisions", ("SSA-900102=accepted until 2026-02-01",), source=declared),
    )
    assert result("VUL-002", ended, known("ssa-900102")) is Result.FAIL


def test_decisions_are_missed_only_where_somebody_keeps_them() -> None:
    one = asset_of(OLD_CPU)
    assert result("VUL-006", one, known("ssa-900101")) is Result.UNKNOWN
    keeper = asset(fact("patch_decisions", ("X=none",), asset="k", source=Source("declared", "r")), id="k")
    assert result("VUL-006", one, known("ssa-900101"), keeper) is Result.FAIL


def test_an_exploited_vulnerability_counts_where_its_advisory_does(tmp_path: Path) -> None:
    with_kev = known("ssa-900101", catalogue=written(tmp_path, KEV))
    assert result("VUL-003", asset_of(OLD_CPU), known("ssa-900101")) is Result.UNKNOWN
    with_kev.catalogue = type(with_kev.catalogue)("", NOW, with_kev.catalogue.entries)  # type: ignore[union-attr,misc]
    assert result("VUL-003", asset_of(OLD_CPU), with_kev) is Result.FAIL
    assert result("VUL-004", asset_of(OLD_CPU), with_kev) is Result.FAIL
    assert result("VUL-003", asset_of(CPU), with_kev) is Result.UNKNOWN
    assert result("VUL-003", asset_of(NEW_CPU), with_kev) is Result.PASS


def test_a_catalogue_of_another_year_clears_nothing(tmp_path: Path) -> None:
    old = KEV | {"dateReleased": "2024-01-13T15:00:00Z", "catalogVersion": "2024.01.13"}
    assert result("VUL-003", asset_of(NEW_CPU), known("ssa-900101", catalogue=written(tmp_path, old))) is Result.UNKNOWN


def test_the_closest_row_of_a_life_cycle_list_counts(tmp_path: Path) -> None:
    rows = "Siemens,6ES7 5*,,2040-01-01,a\nSiemens,6ES7 516-3AN01-0AB0,,2025-01-01,b\nMoxa,6ES7 5*,,2020-01-01,c\n"
    life = known(life_cycles=written(tmp_path, LIST + rows, "a.csv"))
    assert told(asset_of(CPU), life) == {"end_of_support": "2025-01-01"}
    assert result("EOL-001", asset_of(CPU), life) is Result.FAIL
    other = asset_of(CPU | {"order_code": "6ES7 511-1AK02-0AB0"})
    assert result("EOL-001", other, life) is Result.PASS
    assert result("EOL-001", asset_of({"manufacturer": "Siemens", "model": "X"}), life) is Result.UNKNOWN


def test_rows_that_differ_equally_closely_leave_the_end_open(tmp_path: Path) -> None:
    rows = (
        "Siemens,6ES7 516*,,2040-01-01,one\nSiemens,6ES7 5?6-*,,2025-01-01,other\nSiemens,6ES7516*,,2025-01-01,third\n"
    )
    life = known(life_cycles=written(tmp_path, LIST + rows, "a.csv"))
    assert result("EOL-001", asset_of(CPU), life) is Result.UNKNOWN


def weak(folder: Path, weakness: str) -> Knowledge:
    """The advisory of the CPU with that kind of weakness."""
    document = json.loads((FOLDER / "ssa-900101.json").read_text("utf-8"))
    for flaw in document["vulnerabilities"]:
        flaw.pop("cwe", None)
        if weakness:
            flaw["cwe"] = {"id": weakness, "name": "as told"}
    path = folder / "weak.json"
    path.write_text(json.dumps(document), "utf-8")
    found = csaf.read_file(path)
    return Knowledge((found,), None, (), (Feed(found.sha256, FeedKind.CSAF, "a", NOW, NOW, False, 1),))


@pytest.mark.parametrize(
    ("weakness", "expected"),
    [
        ("CWE-798", Result.FAIL),
        ("CWE-1392", Result.FAIL),
        ("CWE-79", Result.PASS),
        ("", Result.UNKNOWN),
        ("CWE 798", Result.UNKNOWN),
    ],
)
def test_a_fixed_secret_is_told_by_the_kind_of_weakness_and_open_where_none_is_named(
    tmp_path: Path, weakness: str, expected: Result
) -> None:
    assert result("AUT-005", asset_of(OLD_CPU), weak(tmp_path, weakness)) is expected


def test_a_fixed_secret_of_other_versions_is_none_of_this_one_and_open_without_a_version(tmp_path: Path) -> None:
    knowledge = weak(tmp_path, "CWE-321")
    fixed = {**OLD_CPU, "firmware_software_version": "V3.9.9"}
    without = {key: value for key, value in OLD_CPU.items() if key != "firmware_software_version"}
    assert result("AUT-005", asset_of(fixed), knowledge) is Result.PASS
    assert result("AUT-005", asset_of(without), knowledge) is Result.UNKNOWN


def test_the_kind_of_weakness_comes_out_of_the_store(store: Store, tmp_path: Path) -> None:
    weak(tmp_path, "CWE-259")
    load(store, [tmp_path / "weak.json"], now=NOW)
    assert {flaw.weakness for one in store.advisories() for flaw in one.vulnerabilities} == {"CWE-259"}


def test_everything_comes_out_of_the_store_as_it_went_in(store: Store, tmp_path: Path) -> None:
    paths = [FOLDER, written(tmp_path, KEV, "kev.json"), written(tmp_path, LIST + "ABB,X1*,,2030-01-01,y\n", "a.csv")]
    done = load(store, paths, now=NOW)
    assert (len(done.advisories), done.exploited, done.life_cycles, done.refused) == (15, 1, 1, ())
    read = {one.id: one for one in (csaf.read_file(path) for path in FOLDER.glob("*.json"))}
    assert {one.id: one for one in store.advisories()} == read
    assert store.catalogue().entries == kev.read(read_json(paths[1])).entries  # type: ignore[union-attr]
    assert store.life_cycles() == eol.read_file(paths[2])
    assert load(store, paths, now=NOW).taken == done.taken
    assert len(store.feeds()) == 17


def test_an_older_state_never_replaces_a_newer_one(store: Store, tmp_path: Path) -> None:
    newer = json.loads(json.dumps(WAGO))
    newer["document"]["tracking"]["current_release_date"] = "2026-02-20T00:00:00Z"
    load(store, [written(tmp_path, newer, "new.json")], now=NOW)
    again = load(store, [written(tmp_path, WAGO, "old.json")], now=NOW)
    assert again.older == (str(tmp_path / "old.json"),)
    assert [one.current.day for one in store.advisories()] == [20]
    assert [feed.file for feed in store.feeds()] == ["new.json"]
    load(store, [written(tmp_path, KEV, "kev.json")], now=NOW)
    older = KEV | {"dateReleased": "2025-01-01T00:00:00Z"}
    assert load(store, [written(tmp_path, older, "kev-old.json")], now=NOW).older
    assert store.catalogue().released.year == 2026  # type: ignore[union-attr]


def test_the_age_of_advisories_is_the_newest_date_inside_unless_stated(store: Store) -> None:
    assert load(store, [FOLDER], now=NOW).as_of == datetime(2026, 1, 13, tzinfo=UTC)
    assert load(store, [FOLDER], now=NOW, as_of=NOW).stated
    assert {feed.as_of for feed in store.feeds()} == {NOW}
    with pytest.raises(InputError, match="lies in the future"):
        load(store, [FOLDER], now=NOW, as_of=NOW + timedelta(days=5))
    with pytest.raises(InputError, match="one of the files is dated 2026-01-13"):
        load(store, [FOLDER], now=NOW, as_of=datetime(2025, 12, 1, tzinfo=UTC))


def test_a_plant_without_advisories_is_left_as_it_is(store: Store) -> None:
    assets = (asset_of(OLD_CPU),)
    assert with_advisories(store, assets) is assets


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    desk = Desk(folder, monkeypatch)
    with open_store(f"sqlite:///{folder / 'a.db'}") as store:
        store.replace_assets("plant", [_named("a-old", OLD_CPU, "PLC1"), _named("a-bare", CPU, "PLC2")])
    return desk


def _named(id: str, said: dict[str, str], name: str) -> Asset:
    facts: tuple[Fact, ...] = asset_of(said | {"hostname": name}, id=id).facts
    return asset(*facts, id=id)


def test_one_broken_file_stops_no_other_and_is_named_and_counted(desk: Desk) -> None:
    shutil.copytree(FOLDER, desk.folder / "feed")
    text = (FOLDER / "ssa-900101.json").read_text("utf-8")
    desk.write("feed/broken.json", text[:900])
    desk.write("feed/late.json", text.replace("SSA-900101", "SSA-9").replace("2026-01-13T", "2090-01-13T"))
    desk.write("feed/provider-metadata.json", "{}")
    said = desk.call("--db", "a.db", "advisories", "load", "feed")
    assert said.code == Exit.PARTIAL
    assert len(said.errors) == 2
    assert "feed/broken.json:" in said.errors[0]
    assert "dated 2090-01-13, which lies in the future" in said.errors[1]
    assert "feed/provider-metadata.json: no advisory and no catalogue" in said.err
    assert (
        "15 advisories, 0 exploited vulnerabilities, 0 life cycles; 2 files refused, 0 older, 1 of another kind"
        in said.err
    )


def test_only_broken_files_are_an_error_of_use(desk: Desk) -> None:
    desk.write("a.json", "{")
    assert desk.call("--db", "a.db", "advisories", "load", "a.json", "absent.json").code == Exit.USAGE


def test_match_shows_both_texts_and_what_nobody_can_say(desk: Desk) -> None:
    empty = desk.call("--db", "a.db", "advisories", "match")
    assert empty.code == Exit.NOTHING
    assert "2 of which no loaded advisory can speak" in empty.err
    desk.call("--db", "a.db", "advisories", "load", str(FOLDER))
    said = desk.call("--db", "a.db", "--format", "json", "advisories", "match", "--asset", "PLC1", "--asset", "PLC2")
    rows = {row["asset"]: row for row in json.loads(said.out)["data"] if row["advisory"] == "SSA-900101"}
    assert said.code == Exit.DONE
    assert rows["a-old"]["verdict"] == "affected"
    assert (rows["a-old"]["ours"], rows["a-old"]["theirs"]) == (
        "6ES7 516-3AN01-0AB0 V2.8.1",
        "6ES7516-3AN01-0AB0 vers:intdot/<2.9.4",
    )
    assert (rows["a-bare"]["verdict"], rows["a-bare"]["reason"]) == ("possibly affected", "its version is not known")
    assert desk.call("--db", "a.db", "advisories", "match", "--asset", "PLC9").code == Exit.USAGE


def test_list_and_show_lead_back_to_the_file(desk: Desk) -> None:
    desk.call("--db", "a.db", "advisories", "load", str(FOLDER))
    rows = json.loads(desk.call("--db", "a.db", "--format", "json", "advisories", "list").out)["data"]
    shown = json.loads(desk.call("--db", "a.db", "--format", "json", "advisories", "show", "SSA-900101").out)["data"]
    by_id = {row["advisory"]: row for row in rows}
    assert by_id["SSA-900101"]["sha256"] == shown["sha256"] == csaf.read_file(FOLDER / "ssa-900101.json").sha256
    assert {product["versions"] for product in shown["products"]} >= {"vers:intdot/<2.9.4", "vers:all/*"}
    near = desk.call("--db", "a.db", "advisories", "show", "SSA-90010")
    assert near.code == Exit.USAGE
    assert 'did you mean "SSA-9001' in near.err


def test_serial_numbers_that_an_advisory_names_tell_like_devices_apart(tmp_path: Path) -> None:
    document = json.loads((FOLDER / "ssa-900101.json").read_text("utf-8"))
    for branch in document["product_tree"]["branches"][0]["branches"]:
        product = branch["branches"][0]["product"]
        if product["product_id"] == "3":
            product["product_identification_helper"]["serial_numbers"] = ["SVPL*"]
    one = csaf.read_file(written(tmp_path, document))
    feeds = (Feed(one.sha256, FeedKind.CSAF, "a", NOW, NOW, False, 1),)
    knowledge = Knowledge((one,), None, (), feeds)
    expected = {"SVPL4711": ("SSA-900101",), "SVPX0001": ()}
    for serial, naming in expected.items():
        assert told(asset_of(OLD_CPU | {"serial_number": serial}), knowledge)["advisories_fixable"] == naming
    assert result("VUL-001", asset_of(OLD_CPU), knowledge) is Result.UNKNOWN
