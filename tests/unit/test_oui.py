"""Laws of the MAC prefix table."""

import pytest

from assetctl import oui

LINES = [
    "# a comment\n",
    "00:0E:8C         \tSiemens     \tSiemens AG\n",
    "70:B3:D5         \tIEEERegistra\tIEEE Registration Authority\n",
    "70:B3:D5:12:30:00/36\tAcme        \tAcme GmbH\n",
    "8C:1F:64:A0:00:00/28\tMiddle      \tMiddle Ltd\n",
    "AA:00:04         \tLocal       \tLocal Digital\n",
    "00:0B:AD         \tHidden      \tPrivate\n",
]


@pytest.mark.parametrize(
    ("mac", "owner"),
    [
        ("00:0E:8C:01:02:03", "Siemens AG"),
        ("00:1D:9C:C8:BD:F2", "Rockwell Automation"),
        ("00:90:E8:00:00:01", "Moxa Technologies Corp., Ltd."),
        ("00-0e-8c-01-02-03", "Siemens AG"),
        ("000e.8c01.0203", "Siemens AG"),
    ],
)
def test_known_prefixes_name_their_owner_in_any_notation(mac: str, owner: str) -> None:
    assert oui.maker(mac) == owner


@pytest.mark.parametrize("mac", ["02:0E:8C:01:02:03", "01:0E:8C:01:02:03", "00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF"])
def test_addresses_that_nobody_registered_have_no_maker(mac: str) -> None:
    assert oui.maker(mac) is None


@pytest.mark.parametrize("text", ["", "00:0E:8C", "00:0E:8C:01:02:0G", "00:0E:8C:01:02:03:04", "мак"])
def test_other_text_has_no_maker(text: str) -> None:
    assert oui.normal(text) is None
    assert oui.maker(text) is None


def test_a_smaller_block_wins_over_the_larger_one_that_holds_it() -> None:
    table = oui.unpack(oui.pack(LINES))
    assert table.find(36, bytes.fromhex("70b3d51230")) == "Acme GmbH"
    assert table.find(24, bytes.fromhex("70b3d50000")) == "IEEE Registration Authority"
    assert table.find(28, bytes.fromhex("8c1f64a000")) == "Middle Ltd"
    assert table.find(28, bytes.fromhex("8c1f64b000")) is None


def test_a_split_block_without_registered_part_has_no_maker(monkeypatch: pytest.MonkeyPatch) -> None:
    table = oui.unpack(oui.pack(LINES))
    monkeypatch.setattr(oui, "_table", lambda: table)
    assert oui.maker("70:B3:D5:12:3F:FF") == "Acme GmbH"
    assert oui.maker("70:B3:D5:FF:00:00") is None
    assert oui.maker("00:0B:AD:00:00:01") is None


def test_the_shipped_table_has_every_block_of_its_source() -> None:
    table = oui._table()
    assert sum(len(keys) // 5 for keys in table.prefixes.values()) == 58575


def test_packing_is_repeatable() -> None:
    assert oui.pack(LINES) == oui.pack(LINES)


def test_other_bytes_are_refused() -> None:
    import lzma

    with pytest.raises(ValueError, match="not a packed table"):
        oui.unpack(lzma.compress(b"something else"))
