import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import EnvironmentFault, IntegrityFault
from assetctl.safety.ledger import GENESIS, Ledger, read, reopen, verify


def written(path: Path, count: int = 5) -> Ledger:
    ledger = Ledger(path)
    for index in range(count):
        ledger.append({"do": "permit", "step": f"s{index}"}, now_s=float(index))
    return ledger


def test_an_untouched_chain_verifies_against_its_ticket(tmp_path: Path) -> None:
    ledger = written(tmp_path / "l")
    checked = verify(tmp_path / "l", head=ledger.head, count=ledger.count)
    assert (checked.head, checked.count, checked.torn) == (ledger.head, 5, False)
    assert [line.entry["step"] for line in read(tmp_path / "l")] == ["s0", "s1", "s2", "s3", "s4"]


@given(at=st.integers(0, 700), value=st.integers(0, 255))
def test_one_changed_byte_is_found(tmp_path_factory: pytest.TempPathFactory, at: int, value: int) -> None:
    path = tmp_path_factory.mktemp("l") / "l"
    ledger = written(path)
    raw = bytearray(path.read_bytes())
    at %= len(raw)
    if raw[at] == value:
        return
    raw[at] = value
    path.write_bytes(raw)
    with pytest.raises(IntegrityFault):
        verify(path, head=ledger.head, count=ledger.count)


VALUES = st.recursive(st.text() | st.integers() | st.booleans() | st.none(), lambda inner: st.lists(inner, max_size=3))
ENTRIES = st.dictionaries(st.sampled_from(("at", "do", "step", "units", "sizes", "reason", "sha256")), VALUES)


@given(entry=ENTRIES)
def test_a_line_is_canonical_json_whatever_it_says(
    tmp_path_factory: pytest.TempPathFactory, entry: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("l") / "l"
    ledger = Ledger(path)
    ledger.append(entry, now_s=0.0)
    ledger.close()
    whole = {"n": 1, **entry, "prev": GENESIS, "hash": ledger.head}
    assert path.read_bytes() == json.dumps(whole, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def test_a_truncation_is_found_with_the_ticket_and_without_it_is_only_consistent(tmp_path: Path) -> None:
    ledger = written(tmp_path / "l")
    lines = (tmp_path / "l").read_bytes().splitlines(keepends=True)
    (tmp_path / "l").write_bytes(b"".join(lines[:3]))
    assert verify(tmp_path / "l").count == 3
    with pytest.raises(IntegrityFault, match="missing at the end"):
        verify(tmp_path / "l", head=ledger.head, count=ledger.count)


def test_a_rebuilt_chain_is_found_with_the_ticket(tmp_path: Path) -> None:
    ledger = written(tmp_path / "l")
    rebuilt = Ledger(tmp_path / "m")
    for index in range(5):
        rebuilt.append({"do": "permit", "step": f"forged{index}"}, now_s=0.0)
    rebuilt.close()
    with pytest.raises(IntegrityFault, match="rebuilt"):
        verify(tmp_path / "m", head=ledger.head, count=ledger.count)


def test_a_missing_line_in_the_middle_is_found(tmp_path: Path) -> None:
    written(tmp_path / "l").close()
    lines = (tmp_path / "l").read_bytes().splitlines(keepends=True)
    (tmp_path / "l").write_bytes(b"".join(lines[:2] + lines[3:]))
    with pytest.raises(IntegrityFault, match="line 3"):
        verify(tmp_path / "l")


def test_a_torn_last_line_is_told_and_not_fatal_and_the_ledger_goes_on(tmp_path: Path) -> None:
    written(tmp_path / "l").close()
    whole = (tmp_path / "l").read_bytes()
    (tmp_path / "l").write_bytes(whole[:-20])
    assert verify(tmp_path / "l").torn
    again = reopen(tmp_path / "l")
    assert again.append({"do": "permit", "step": "next"}, now_s=0.0) == 5
    again.close()
    assert not verify(tmp_path / "l", head=again.head, count=5).torn


def test_a_line_holds_the_entry_as_json(tmp_path: Path) -> None:
    written(tmp_path / "l", 1).close()
    assert json.loads((tmp_path / "l").read_text())["n"] == 1


def test_a_ledger_that_cannot_be_opened_stops_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="nothing was sent"):
        Ledger(tmp_path / "absent" / "l")
