"""golden write, verify and accept as people and CI jobs call them."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from assetctl.errors import Exit
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk, Said
from tests.unit.scanned import scanned_once, servers

__all__ = ["scanned_once", "servers"]

ZONES = f"schema: 1\nzones:\n- {{id: cell-1, networks: [{NETWORK}.0/24]}}\n"
BY = ("--by", "A. Smith", "--reason", "spare fitted", "--ticket", "CHG-7")


@pytest.fixture(scope="module")
def planted_once(tmp_path_factory: pytest.TempPathFactory, scanned_once: Path) -> Path:
    """A scanned cell with its golden file, golden/cell-1.yaml."""
    folder = tmp_path_factory.mktemp("planted") / "desk"
    shutil.copytree(scanned_once, folder)
    with pytest.MonkeyPatch.context() as patch:
        desk = Desk(folder, patch)
        desk.write("zones.yaml", ZONES)
        settings = folder / "assetctl.toml"
        settings.write_text(settings.read_text("utf-8") + '[files]\nzones = "zones.yaml"\n', "utf-8")
        assert desk.call("check", "--fail-on", "never").code in (0, 5)
        assert desk.call("golden", "write").code == 0
    return folder


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted_once: Path) -> Desk:
    folder = tmp_path / "desk"
    shutil.copytree(planted_once, folder)
    return Desk(folder, monkeypatch)


def golden(desk: Desk) -> Path:
    return desk.folder / "golden" / "cell-1.yaml"


def change(desk: Desk, pattern: str, instead: str, *, count: int = 1) -> str:
    """Edit the golden file by hand; the text before."""
    before = golden(desk).read_text("utf-8")
    after, changes = re.subn(pattern, instead, before, count=count)
    assert changes == count
    golden(desk).write_text(after, "utf-8")
    return before


def verify(desk: Desk, *more: str) -> list[dict[str, str]]:
    said = desk.call("--format", "json", "golden", "verify", "golden", *more)
    return [row for row in json.loads(said.out)["data"] if row["outcome"] != "equal"]


def refused(said: Said, *words: str) -> None:
    assert said.code == Exit.USAGE
    (line,) = said.errors
    for word in words:
        assert word in line, line


def test_what_was_written_is_equal_and_written_again_the_same(plant: Desk) -> None:
    before = golden(plant).read_bytes()
    assert plant.call("golden", "verify", "golden", "--max-age", "7d").code == 0
    assert "as it was" in plant.call("golden", "write").err
    assert golden(plant).read_bytes() == before


def test_an_accepted_difference_is_gone_and_its_old_value_told(plant: Desk) -> None:
    change(plant, r"model: (\S+)", "model: OLD-MODEL")
    (row,) = verify(plant)
    assert (row["outcome"], row["field"], row["golden"]) == ("changed", "model", "OLD-MODEL")
    said = plant.call("golden", "accept", "golden/cell-1.yaml", f"{row['entry']}:model", *BY)
    assert said.code == 0, said.err
    assert verify(plant) == []
    text = golden(plant).read_text("utf-8")
    assert "A. Smith" in text
    assert "CHG-7" in text
    assert f"{row['entry']} model changed: OLD-MODEL -> {row['current']}" in text


def test_only_the_named_difference_is_accepted(plant: Desk) -> None:
    change(plant, r"model: \S+", "model: OLD-MODEL")
    change(plant, r"manufacturer: [^\n]+", "manufacturer: OTHER")
    one, other = verify(plant)
    assert plant.call("golden", "accept", "golden/cell-1.yaml", f"{one['entry']}:{one['field']}", *BY).code == 0
    assert verify(plant) == [other]


def test_comments_and_rules_survive_an_accept_and_a_replace(plant: Desk) -> None:
    change(plant, r"entries:\n", "rules:\n  hostname: ignore  # set by the integrator\nentries:\n")
    change(plant, r"model: \S+", "model: OLD-MODEL")
    (row,) = verify(plant)
    assert plant.call("golden", "accept", "golden/cell-1.yaml", row["entry"], *BY).code == 0
    assert "hostname: ignore  # set by the integrator" in golden(plant).read_text("utf-8")
    assert plant.call("golden", "write", "--replace").code == 0
    text = golden(plant).read_text("utf-8")
    assert "hostname: ignore" in text
    assert "CHG-7" in text


def test_a_file_that_says_otherwise_is_not_written_over(plant: Desk) -> None:
    change(plant, r"model: \S+", "model: OLD-MODEL")
    refused(plant.call("golden", "write"), "golden/cell-1.yaml", "golden verify", "--replace")
    assert "OLD-MODEL" in golden(plant).read_text("utf-8")


def test_a_new_device_is_taken_in(plant: Desk) -> None:
    text = golden(plant).read_text("utf-8")
    first = re.search(r"entries:\n(  (\S+):\n(?:    .*\n)+)", text)
    assert first
    ghost = re.sub(r"asset: \S+", "asset: a-ghost", re.sub(r"127\.\d+\.\d+\.\d+", f"{NETWORK}.9", first[1]))
    golden(plant).write_text(text.replace(first[1], ghost.replace(f"  {first[2]}:", "  GHOST:", 1)), "utf-8")
    found = verify(plant)
    new = next(row for row in found if row["outcome"] == "new")
    assert plant.call("golden", "accept", "golden/cell-1.yaml", new["entry"], *BY).code == 0
    assert new["entry"] not in {row["entry"] for row in verify(plant)}


@pytest.mark.parametrize(
    "call", [("accept", "golden/cell-1.yaml", "x", *BY), ("write", "--replace")], ids=lambda c: c[0]
)
def test_ci_approves_nothing(plant: Desk, monkeypatch: pytest.MonkeyPatch, call: tuple[str, ...]) -> None:
    monkeypatch.setenv("CI", "true")
    refused(plant.call("golden", *call), "CI")


def test_ci_must_say_how_old_evidence_may_be_and_shows_no_names(plant: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    change(plant, r"model: \S+", "model: OLD-MODEL")
    monkeypatch.setenv("CI", "true")
    refused(plant.call("golden", "verify", "golden"), "--max-age")
    for form in ("table", "json", "jsonl", "csv", "markdown"):
        said = plant.call("--format", form, "golden", "verify", "golden", "--max-age", "7d")
        assert said.code == Exit.DRIFT
        assert "OLD-MODEL" in said.out
        assert NETWORK not in said.out + said.err
        assert "cell-1:" not in said.err
    said = plant.call("--format", "csv", "golden", "verify", "golden", "--max-age", "7d", "--plain-names")
    assert said.out.splitlines()[1].startswith("cell-1,")


def test_every_machine_format_tells_the_difference_at_its_line(plant: Desk) -> None:
    change(plant, r"model: \S+", "model: OLD-MODEL")
    line = 1 + next(n for n, text in enumerate(golden(plant).read_text("utf-8").splitlines()) if "OLD-MODEL" in text)
    names = ["d.sarif", "d.xml", "d.json", "d.md", "d.github"]
    outputs = [word for name in names for word in ("--output", name)]
    assert plant.call("golden", "verify", "golden", *outputs).code == Exit.DRIFT
    texts = {name: (plant.folder / name).read_text("utf-8") for name in names}
    for name, text in texts.items():
        assert "OLD-MODEL" in text, name
        assert NETWORK not in text, name
    results = json.loads(texts["d.sarif"])["runs"][0]["results"]
    (failed,) = [one for one in results if one["kind"] == "fail"]
    place = failed["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("golden/cell-1.yaml", line)
    assert fromstring(texts["d.xml"]).attrib["failures"] == "1"
    assert texts["d.github"].startswith(f"::error file=golden/cell-1.yaml,line={line},")
    assert "| `differs` |" in texts["d.md"]


def test_rules_beside_the_files_count_where_these_have_none(plant: Desk) -> None:
    change(plant, r"model: \S+", "model: OLD-MODEL")
    rules = 'golden_rules: "1"\nrules: {model: %s}\nzones: {cell-1: {model: %s}}\n'
    plant.write("golden/rules.yaml", rules % ("exact", "ignore"))
    assert verify(plant) == []
    assert plant.call("golden", "verify", "golden/cell-1.yaml", "golden/rules.yaml").code == 0
    plant.write("golden/rules.yaml", rules % ("ignore", "exact"))
    assert [row["field"] for row in verify(plant)] == ["model"]
    change(plant, r"entries:\n", "rules: {model: ignore}\nentries:\n")
    assert verify(plant) == []


def edited(pattern: str, instead: str) -> Callable[[Desk], None]:
    return lambda desk: (change(desk, pattern, instead), None)[1]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (edited(r"facts:", "fact:"), (":", 'did you mean "facts"')),
        (edited(r"(asset: \S+)", r"\1\n    asset: b"), ("a second time",)),
        (edited(r"model: \S+", "model: &x A"), ("anchor",)),
        (edited(r"model: \S+", "model: *x"), ("alias",)),
        (edited(r"realm: plant", "realm: brewery"), ("cell-1.yaml:", "brewery", "another plant's file")),
        (edited(r"zone: cell-1", "zone: cell-2"), ("cell-1.yaml:", "zones file", 'did you mean "cell-1"')),
        (edited(r"ip_address: \S+", "ip_address: 10.0.0.999"), ("match.ip_address", "IP address")),
        (edited(r"entries:", "rules: {model: at_least}\nentries:"), ("at_least compares versions",)),
        (lambda desk: golden(desk).write_text("golden: x", "utf-16"), ("UTF-16",)),
        (lambda desk: golden(desk).write_bytes(b"golden: \xff"), ("UTF-8",)),
        (lambda desk: desk.write("golden/rules.yaml", 'golden_rules: "1"\nrules: {modell: ignore}'), ("rules.yaml:2",)),
        (lambda desk: desk.write("golden/copy.yaml", golden(desk).read_bytes()), ("keep one file",)),
    ],
    ids=range(12),
)
def test_a_file_edited_wrongly_is_one_line_with_file_and_place(
    plant: Desk, spoil: Callable[[Desk], object], words: tuple[str, ...]
) -> None:
    spoil(plant)
    refused(plant.call("golden", "verify", "golden"), "golden/", *words)


def test_the_same_device_twice_is_refused(plant: Desk) -> None:
    one, other, *_ = re.findall(r"    asset: (\S+)", golden(plant).read_text("utf-8"))
    change(plant, f"asset: {other}", f"asset: {one}")
    refused(plant.call("golden", "verify", "golden"), "cell-1.yaml:", one, "a second time")


@pytest.mark.parametrize(
    ("names", "words"), [(("nothing",), ("no such difference",)), ((".",), ("nothing to accept",))]
)
def test_what_is_no_difference_cannot_be_accepted(plant: Desk, names: tuple[str, ...], words: tuple[str, ...]) -> None:
    entry = re.search(r"entries:\n  (\S+):", golden(plant).read_text("utf-8"))
    assert entry
    before = golden(plant).read_bytes()
    given = [entry[1] if name == "." else name for name in names]
    refused(plant.call("golden", "accept", "golden/cell-1.yaml", *given, *BY), *words)
    assert golden(plant).read_bytes() == before
