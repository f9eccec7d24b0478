"""Law: what fills a field behind a text is no part of it, whatever a device fills with; the text is read whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.wire import decode_text


@given(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x2FF, exclude_categories=["C", "Z"]), min_size=2),
    st.text(st.sampled_from("\0 \t\r\n"), max_size=6),
    st.sampled_from([b"", b"\xff", b"\0\xff\xff", b"\xff" * 20]),
)
def test_a_text_comes_out_without_its_padding(text: str, ends: str, unwritten: bytes) -> None:
    assert decode_text(text.encode() + ends.encode() + unwritten) == text


@pytest.mark.parametrize("raw", [b"", b"\0", b"  ", b"\xff" * 24, b"\0\xff\xff", b"\r\n", b"\xef\xbb\xbf"])
def test_padding_alone_is_no_text(raw: bytes) -> None:
    assert decode_text(raw) == ""


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Gerät 3".encode("latin-1"), "Gerät 3"),
        ("Café".encode("latin-1"), "Café"),
        ("Größe é".encode("latin-1"), "Größe é"),
        ("Pumpe ü".encode() + b"\xc3", "Pumpe ü"),
        ("中文名".encode()[:-1], "中文"),
        (b"\xef\xbb\xbfLine 1", "Line 1"),
        (b"\0\0CPU 315", "CPU 315"),
        (b"CPU 315\0\0\xab\xcdrest", "CPU 315"),
        (b"A\0B\0", "A\0B"),
        (b"3\0\0\0\1\2", "3"),
    ],
)
def test_text_is_read_in_the_encoding_that_its_bytes_show(raw: bytes, text: str) -> None:
    assert decode_text(raw) == text
