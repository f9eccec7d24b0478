"""Laws of the quick YAML reader: what it takes means the same to the exact one."""

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assetctl.documents import parse_yaml
from assetctl.documents.plain_yaml import exactly, quickly

HOME = Path(__file__).parents[2]
HERE = Path("f.yaml")
WRITTEN = sorted(
    path
    for place in ("checks", "docs", "tests/reference", "tests/fuzz", "tests/data", "assetctl/data", ".github")
    for path in (HOME / place).rglob("*.y*ml")
)
SIGNS = (
    *(" ", "  ", "\n", "\n", "\n  ", "\n- ", "- ", ": ", ":", "a", "b: ", "k:\n", "0", "~", "a:b", "a#b", "x y"),
    *('"', '"x"', "'", "'y'", '"a\n b"', "\\", "\\n", "\\/", "#", " #c", "|", ">", "|-\n", ">+\n", "|2\n", "e: |\n"),
    *("{", "}", "[", "]", ", ", ",", "? ", "?", "%", "@", "`", "---", "\n---\n", "\n...\n", "&", "*", "!", "<<: "),
    *("\r\n", "\r", "\t", "\x85", "\u2028", "\ufeff", "\x01", "\x7f", "\ud800", "é", "\U0001f600", "%YAML 1.1\n"),
)
PLAIN = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3), max_leaves=8
)


def _agree(text: str) -> bool:
    """Whether the quick reader took a text; then both must give the same values on the same lines."""
    taken = quickly(text, HERE)
    if taken is None:
        return False
    assert taken == exactly(text, HERE)
    return True


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(HOME)))
def test_both_read_every_file_of_the_repository_alike(path: Path) -> None:
    _agree(path.read_text("utf-8"))


def test_every_check_is_read_quickly() -> None:
    checks = [path for path in WRITTEN if path.parent.name == "checks"]
    assert len(checks) > 100
    assert [path.name for path in checks if quickly(path.read_text("utf-8"), path) is None] == []


@given(st.lists(st.sampled_from(SIGNS), max_size=16).map("".join))
@example("|#x")  # a comment to one, nonsense to the other
@example(">+\n#x")
@example("a: >-\n \n  b\n")
@example("a\n...\n\n...\n")
@example("{?\n}")
@example("['a':b]")
@example("a: b\u2028c: d")
@settings(max_examples=400, deadline=None)
def test_signs_in_any_order_are_read_alike(text: str) -> None:
    _agree(text)


@given(VALUES, st.booleans(), st.sampled_from((None, "'", '"', ">", "|")), st.integers(10, 80))
@settings(max_examples=150, deadline=None)
def test_values_as_another_writer_lays_them_out_are_read_alike(
    value: object, flow: bool, style: str, width: int
) -> None:
    _agree(
        yaml.safe_dump(value, default_flow_style=flow, default_style=style, width=width, allow_unicode=True, indent=3)
    )


def test_without_its_part_in_c_the_exact_reader_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert quickly("a: 1\n", HERE) is None
    assert parse_yaml("a: 1\n", HERE).root == {"a": "1"}
