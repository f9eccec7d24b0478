"""Versions in the makers' ways of writing, and ranges as advisories write them: what is decided, and what not."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl.advisory.packaged import compare as packaged
from assetctl.advisory.ranges import holds, parse
from assetctl.advisory.versions import Order, compare, read

LOWER, EQUAL, HIGHER = Order.LOWER, Order.EQUAL, Order.HIGHER

COMPARED = [
    ("Siemens", "4.4.1", "V4.5.0", LOWER),
    ("Siemens", "V4.5", "V4.5.0", None),  # the device may run 4.5.3
    ("Siemens", "V4.5.0", "V4.5", EQUAL),
    ("Siemens", "V4.5", "V4.5.2", None),
    ("Siemens", "V16 Update 3", "V16 Update 5", LOWER),
    ("Siemens", "V16 Upd5", "V16 Update 5", EQUAL),
    ("Siemens", "V16", "V16 Update 5", None),
    ("Siemens", "V16 SP1", "V16 Update 5", None),
    ("Siemens", "V14 SP1", "V14 SP2", LOWER),
    ("Siemens", "17.0.0.4", "V17 Update 4", None),
    ("Siemens", "V2.9.4 HF1", "V2.9.4 HF2", LOWER),
    ("Siemens", "CPCI85 V05.11", "CPCI85 V05.20", LOWER),
    ("Siemens", "V05.11", "CPCI85 V05.20", None),
    ("Siemens", "SICORE V1.3", "CPCI85 V05.20", None),
    ("Rockwell Automation", "32.011", "V32.11", EQUAL),
    ("Rockwell Automation", "32.011", "33.016", LOWER),
    ("Rockwell Automation", "20.012", "20.011", HIGHER),
    ("Rockwell Automation", "6.4", "6.11", None),  # software is numbered 6.40
    ("Schneider Electric", "v2.80", "SV3.20", LOWER),
    ("Schneider Electric", "v2.8", "v2.70", None),
    ("Schneider Electric", "2.04", "2.4", None),
    ("ABB", "5.1.2", "5.1.17", LOWER),
    ("ABB", "2.0 FP3", "2.0 FP4", LOWER),
    ("Phoenix Contact", "2021.0.5 LTS", "2024.0.1", LOWER),
    ("Phoenix Contact", "2024.0.6 LTS", "2024.0.6", EQUAL),
    ("WAGO", "04.01.10(23)", "FW22 Patch 1", HIGHER),
    ("WAGO", "03.10.08(22)", "FW22 Patch 1", None),
    ("WAGO", "04.01.10(23)", "FW 23", EQUAL),
    ("WAGO", "04.01.10", "FW23", None),
    ("Beckhoff", "3.1.4024.12", "3.1 Build 4024.35", LOWER),
    ("Moxa", "v3.8", "v3.12", LOWER),
    ("Moxa", "v5.6 build 18072113", "v5.6 build 18072112", HIGHER),
    ("Moxa", "v5.6 build 1807", "v5.6 build 18072112", None),
    ("Hirschmann", "HiOS-2S-09.1.00", "09.4.00", LOWER),
    ("Hirschmann", "09.4.0", "09.4.00", EQUAL),
    ("Cisco", "15.2(7)E3", "15.2(7)E4", LOWER),
    ("Cisco", "15.2(7)E3", "15.2(7)SE4", None),
    ("Cisco", "9.8(4)", "9.8(4.15)", LOWER),
    ("Cisco", "9.8(4)", "9.12(1)", LOWER),
    ("Fortinet", "v7.2.5,build1517", "7.2.5", EQUAL),
    ("Fortinet", "v7.2.5,build1517,230606 (GA)", "7.2.6", LOWER),
    ("Juniper", "21.4R3-S5.4", "21.4R3-S6", LOWER),
    ("Juniper", "21.4R3", "21.4R3-S5", LOWER),
    ("Juniper", "12.1X44-D35.5", "12.1R3", None),
    ("", "20240501", "4.5", None),  # the day of a build
    ("", "20240501", "20240601", LOWER),
    ("Phoenix Contact", "9.1", "2024.0.1", LOWER),
    ("Mitsubishi Electric", "1.325P", "1.330U", LOWER),
    ("", "6.00a", "6.00b", LOWER),
    ("", "1.2.0-rc1", "1.2.0", None),
    ("", "3.2", "3.x", EQUAL),
    ("", "latest", "1.0", None),
    ("", "", "1.0", None),
]

RANGES = [
    ("<V4.5.0", "4.4.9", True),
    ("<V4.5.0", "4.5.0", False),
    ("All versions", "", True),
    ("vers:all/*", "anything", True),
    ("*", "", True),
    ("vers:all/<V7.0.3", "V7.0.2", True),
    ("All versions < V14 SP1", "V13", True),
    ("All versions < V14 SP1", "V14 SP1", False),
    (">= V2.0 < V3.1", "1.9", False),
    (">= V2.0 < V3.1", "2.5", True),
    ("<V3.1 >=V2.0", "1.0", False),
    ("<V3.1 >=V2.0", "2.0", True),
    ("<2.0 or >=3.0", "2.5", False),
    ("<2.0 or >=3.0", "3.5", True),
    (">=3.0|<5.92", "5.91", True),
    ("vers:intdot/>=1.2|<2|>=3|<4", "2.5", False),
    ("vers:intdot/>=1.2|<2|>=3|<4", "3.5", True),
    ("vers:intdot/>=1.2|!=1.5|<2", "1.5", False),
    ("vers:semver/<8.4.2", "8.4.2-rc1", True),
    ("vers:deb/<2:1.0-3", "1:9.9-1", True),
    ("1.2 and prior", "1.2", True),
    ("prior to 1.6.2.0", "1.6.2.0", False),
    ("Firmware version 3.2.1 or earlier", "3.2.1", True),
    ("up to and including 3.2", "3.2", True),
    ("up to 3.2", "3.2", None),
    ("up to 3.2", "3.1", True),
    ("1.0 through 1.5", "1.6", False),
    ("from 2.0 to 3.0", "2.4", True),
    ("2.1.1340 - 2.1.1387", "2.1.1350", True),
    ("V33.011, V34.011", "34.011", True),
    ("V33.011, V34.011", "35.011", False),
    ("V3.X", "3.9", True),
    ("V3.X", "4.0", False),
    ("<= 5.1", "5.1.3", None),  # whether 5.1.3 is meant too is not said
    ("< 5.1", "5.1.3", False),
    ("= 5.1", "5.1.3", None),
    ("V2.x < 2.9", "1.0", None),
    ("All versions < V4.5 with the web server on", "V4.4", None),
    ("Versions 2.0 to 2.5, and 3.0 to 3.3", "1.0", None),
    ("< A11_U05", "A10_U05", None),
    ("see the release notes", "1.0", None),
    ("", "1.0", None),
    ("<V4.5.0", "", None),
    ("<V4.5.0", "n/a", None),
]


@pytest.mark.parametrize(("maker", "have", "bound", "order"), COMPARED)
def test_versions_are_ordered_only_where_their_order_is_known(
    maker: str, have: str, bound: str, order: Order | None
) -> None:
    found = compare(have, bound, maker=maker)
    assert found.order is order
    assert bool(found.reason) is (order is None)


@pytest.mark.parametrize(("text", "have", "expected"), RANGES)
def test_a_version_lies_in_a_range_only_where_the_text_says_so(text: str, have: str, expected: bool | None) -> None:
    answer = holds(parse(text), have)
    assert answer.holds is expected
    assert bool(answer.reason) is (expected is None)


@pytest.mark.parametrize(("maker", "have", "bound", "order"), COMPARED)
def test_a_comparison_never_contradicts_its_reverse(maker: str, have: str, bound: str, order: Order | None) -> None:
    reverse = {LOWER: HIGHER, HIGHER: LOWER, EQUAL: EQUAL}
    back = compare(bound, have, maker=maker).order
    if order is not None and back is not None:
        assert back is reverse[order]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=3, max_size=3), st.lists(st.integers(0, 30), min_size=3, max_size=3))
def test_versions_of_equal_length_are_ordered_as_their_numbers(a: list[int], b: list[int]) -> None:
    have, bound = (".".join(map(str, row)) for row in (a, b))
    wanted = EQUAL if a == b else LOWER if a < b else HIGHER
    assert compare(have, f"V{bound}", maker="Siemens").order is wanted


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120), st.text(max_size=120), st.sampled_from(["", "Siemens", "Cisco", "WAGO", "Juniper"]))
def test_any_text_gives_an_answer_and_no_wrong_one(have: str, bound: str, maker: str) -> None:
    found = compare(have, bound, maker=maker)
    assert found.possible
    if found.order is not EQUAL and found.order is not None:
        assert read(have, maker=maker) is not None
        assert read(bound, maker=maker) is not None
    holds(parse(bound), have, maker=maker)


@pytest.mark.parametrize("text", ["9" * 5000, "1." * 3000, "<" * 5000, "V1 SP" * 2000, ("1.0 and " * 400)])
def test_hostile_texts_take_no_time(text: str) -> None:
    started = time.process_time()
    assert holds(parse(text), text).holds is None
    assert compare(text, "1.0").order is None
    assert time.process_time() - started < 0.5


def test_package_versions_follow_their_systems() -> None:
    assert packaged("deb", "1:1.2-3", "1.2-3").order is HIGHER
    assert packaged("rpm", "1.0-1.el7", "1.0-2.el7").order is LOWER
    assert packaged("semver", "1.2.0-rc1", "1.2.0").order is LOWER
    assert packaged("semver", "no version", "1.2.0").order is None
