"""Laws of the generated pages and of what the hand-written ones claim."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HAND_WRITTEN = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md"]
HAND_WRITTEN += [
    ROOT / "docs" / f"{name}.md" for name in ("safety", "engineer", "auditor", "ci", "verifying", "exports")
]
HAND_WRITTEN += [ROOT / "docs" / "checks-left-out.md", *sorted((ROOT / "docs" / "adr").glob("*.md"))]
_TEST = re.compile(r"tests/[\w/]+\.py(?:::\w+)?")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_generated_pages_are_those_of_the_code() -> None:
    done = generate("--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_page_that_differs_is_named_and_fails(tmp_path: Path) -> None:
    for name in ("docs/generate.py", "tools", "assetctl", "checks"):
        link = tmp_path / name
        link.parent.mkdir(exist_ok=True)
        if name.endswith(".py"):
            link.write_bytes((ROOT / name).read_bytes())
        else:
            link.symlink_to(ROOT / name)
    run = [sys.executable, str(tmp_path / "docs" / "generate.py")]
    made = subprocess.run(run, capture_output=True, text=True, timeout=120, check=True)
    assert sorted(made.stdout.split()[::2]) == [
        f"docs/{n}:" for n in ("checks.md", "cli.md", "facts.md", "protocols.md")
    ]
    page = tmp_path / "docs" / "facts.md"
    page.write_text(page.read_text("utf-8").replace("text", "number", 1), "utf-8")
    checked = subprocess.run([*run, "--check"], capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 1
    assert checked.stdout.split()[0] == "docs/facts.md:"
    assert len(checked.stdout.splitlines()) == 1


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda page: page.name)
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    for named in _TEST.findall(page.read_text("utf-8")):
        path, _, function = named.partition("::")
        assert (ROOT / path).is_file(), f"{page.name} names {named}"
        if function:
            text = (ROOT / path).read_text("utf-8")
            assert re.search(rf"^def {function}\(", text, re.MULTILINE), f"{page.name} names {named}"


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda page: page.name)
def test_every_link_into_the_tree_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_rule_on_the_wire_names_the_test_that_fails_without_it() -> None:
    text = (ROOT / "docs" / "safety.md").read_text("utf-8")
    rules = re.split(r"^(?=\d+\. \*\*)", text, flags=re.MULTILINE)[1:]
    assert len(rules) >= 18
    for rule in rules:
        assert _TEST.search(rule) or "Not in this version" in rule, rule.splitlines()[0]


def test_every_command_of_the_program_has_its_section() -> None:
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    listed = subprocess.run([sys.executable, "-m", "assetctl", "--help"], capture_output=True, text=True, timeout=60)
    for command in ("plan", "scan", "check", "report", "golden", "evidence", "import"):
        assert command in listed.stdout
        assert f"\n## assetctl {command}\n" in text


def test_the_figures_of_the_first_page_are_those_of_today() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"(\d+) checks", text)) == {str(len(list((ROOT / "checks").glob("*.yaml"))))}


def test_every_page_of_the_folder_is_linked_from_the_first() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert not [page.name for page in (ROOT / "docs").glob("*.md") if f"](docs/{page.name})" not in text]


def test_pictures_are_small_ask_nothing_and_name_no_machine() -> None:
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    assert len(pictures) == 5
    assert sum(path.stat().st_size for path in pictures) < 1_500_000
    for path in pictures:
        if path.suffix == ".svg":
            text = path.read_text("utf-8")
            assert not re.search(r"url\(\W*http|@import|/home/|/tmp/|/root/", text), path.name
