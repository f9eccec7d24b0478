import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.text import CUT_MARK, cell, is_plain, near, one_line, visible


@given(text=st.text(alphabet=st.characters(), max_size=200))
def test_no_control_override_or_invisible_character_stays(text: str) -> None:
    shown = visible(text)
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in shown)
    assert is_plain(shown) or shown[:1].isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("abc\u202edcb", "abc\\u202edcb"),
        ("a\x00b\nc", "a\\x00b\\x0ac"),
        ("soft\xadhyphen", "soft\\xadhyphen"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("\ufffe", "\\ufffe"),
        ("Größe µ 中", "Größe µ 中"),
    ],
)
def test_dangerous_characters_are_spelled_and_others_stay(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_cut_is_marked() -> None:
    assert visible("x" * 50, most=10) == "x" * 10 + CUT_MARK
    assert len(one_line("x" * 500, most=60)) == 60


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_never_begins_a_formula(start: str) -> None:
    assert cell(start + "cmd|' /C calc'!A0").startswith("'")
    assert cell("plain") == "plain"


def test_a_near_word_is_offered_and_a_far_one_is_not() -> None:
    assert near("target", ("targets", "limits")) == ', did you mean "targets"?'
    assert near("zzz", ("targets",)) == ""
