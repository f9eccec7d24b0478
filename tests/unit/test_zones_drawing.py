"""Laws of the drawing of zones: deterministic, well-formed, nothing on top of anything else."""

import random
import re
from ipaddress import ip_network
from xml.etree import ElementTree

import pytest

from assetctl.model import Allowed, Conduit, Zone
from assetctl.report.zones_drawing import BOX_WIDTH, LEVELS, described, svg, vector

NS = "{http://www.w3.org/2000/svg}"


def plant(zones: int, conduits: int, seed: int = 1) -> tuple[list[Zone], list[Conduit]]:
    r = random.Random(seed)
    made = [
        Zone(
            f"zone-{n}", "plant", (ip_network(f"10.{n}.0.0/16"),), r.choice(tuple(LEVELS)), trust=r.choice(("", "semi"))
        )
        for n in range(zones)
    ]
    between = [r.sample(made, 2) for _ in range(conduits)]
    lines = [
        Conduit(f"c{n:03}", a.id, b.id, r.choice(("from", "to", "both")), (Allowed("opcua", "tcp", (4840, 4840)),))
        for n, (a, b) in enumerate(between)
    ]
    return made, lines


def boxes(drawn: str) -> list[tuple[int, int, int, int]]:
    found = [one for one in ElementTree.fromstring(drawn).iter(f"{NS}rect") if one.get("rx")]
    return [tuple(int(one.get(key, "0")) for key in ("x", "y", "width", "height")) for one in found]  # type: ignore[misc]


@pytest.mark.parametrize(("zones", "conduits"), [(0, 0), (1, 0), (6, 8), (12, 20), (60, 90)])
def test_boxes_and_lines_stand_apart_whatever_the_size(zones: int, conduits: int) -> None:
    drawn = svg(*plant(zones, conduits), {"zone-0": 600}, nowhere=2)
    placed = boxes(drawn)
    assert len(placed) == zones
    for at, (x, y, width, height) in enumerate(placed):
        for x2, y2, width2, height2 in placed[at + 1 :]:
            assert x + width <= x2 or x2 + width2 <= x or y + height <= y2 or y2 + height2 <= y
    lanes = re.findall(r'<path d="M\d+,\d+ V(\d+) H(\d+)', drawn)
    assert len(lanes) == conduits
    assert len({lane for lane, _ in lanes}) == conduits, "every line has a lane of its own where it begins"
    for lane, _ in lanes:
        assert not any(y < int(lane) < y + height for _, y, _, height in placed), "no lane runs through a box"
    root = ElementTree.fromstring(drawn)
    assert all(x >= 0 and x + BOX_WIDTH <= int(root.get("width", "0")) for x, *_ in placed)


def test_the_number_of_assets_changes_no_place() -> None:
    few, many = (svg(*plant(6, 8), {"zone-0": count}) for count in (60, 600))
    assert boxes(few) == boxes(many)
    assert ">60 assets<" in few
    assert ">600 assets<" in many


def test_the_same_zones_in_any_order_give_the_same_bytes() -> None:
    zones, conduits = plant(20, 30)
    assert svg(zones, conduits, {}) == svg(zones[::-1], conduits[::-1], {})


def test_levels_stand_from_the_business_down_to_the_process() -> None:
    zones = [Zone(f"z{level}", "plant", (), level) for level in ("0", "", "5", "3.5", "1")]
    drawn = svg(zones, (), {})
    order = [drawn.index(f">z{level}<") for level in ("5", "3.5", "1", "0", "")]
    assert order == sorted(order)


def test_hostile_names_are_words() -> None:
    zones = [Zone('<script>"&', "plant", (), owner="\x1b[31m"), Zone("b" * 300, "plant", ())]
    conduits = [Conduit("</svg>", zones[0].id, zones[1].id, "both", boundary=("]]>",))]
    drawn = svg(zones, conduits, {})
    ElementTree.fromstring(drawn)
    assert "<script>" not in drawn


def test_a_conduit_in_words_says_who_opens_and_what_passes() -> None:
    allow = (Allowed("opcua", "tcp", (4840, 4840)), Allowed("", "udp", (5, 9)), Allowed("icmp", "icmp", (0, 0)))
    one = Conduit("c1", "a", "b", "to", allow, ("fw",), tunnel="IPsec", trust="untrusted", sl_t={"DC": 2})
    assert described(one) == (
        "c1: a ← b; opcua tcp/4840, udp/5-9, icmp icmp; at fw; in IPsec; over untrusted network; SL-T {- - - 2 - - -}"
    )
    assert described(Conduit("c2", "a", "b", "from")) == "c2: a → b; nothing allowed"
    assert vector({"RA": 4, "IAC": 1}) == "{1 - - - - - 4}"
