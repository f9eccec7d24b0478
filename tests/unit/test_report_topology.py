"""Drawings of a plant's connections: the same bytes each time, every link in them, hostile names harmless."""

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from assetctl.model import Asset
from assetctl.report.topology import CARD_WIDTH, dot, label, svg
from assetctl.topology import End, Link, Topology, topology, weaknesses
from tests.unit.policy_plants import asset, fact
from tests.unit.test_topology import device, fdb, lldp

HOSTILE = '<script>alert(1)</script>"]; x\u202e\x1b[31m\n</svg>'
SVG = "{http://www.w3.org/2000/svg}"


def plant(stations: int) -> tuple[Topology, tuple[Asset, ...]]:
    """A core, a switch for each 24 stations, and the stations."""
    switches = [f"sw{n}" for n in range(1 + stations // 24)]
    links = [Link(End("core", f"1/{n}"), End(name, "uplink"), ("lldp",)) for n, name in enumerate(switches)]
    links += [Link(End(switches[n // 24], f"{n % 24 + 1}"), End(f"dev{n:04}"), ("fdb",)) for n in range(stations)]
    names = ["core", *switches, *(f"dev{n:04}" for n in range(stations))]
    assets = tuple(asset(fact("hostname", name, asset=name), id=name) for name in names)
    return Topology(tuple(links), weaknesses(links), ()), assets


@pytest.mark.parametrize("stations", [0, 60, 600])
def test_every_link_is_written_at_its_port_and_no_card_lies_on_another(stations: int) -> None:
    found, assets = plant(stations)
    drawn = svg(found, assets)
    assert drawn == svg(found, assets)
    root = ET.fromstring(drawn)
    words = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert sum(bool(re.fullmatch(r"\d+: dev\d{4}", word)) for word in words) == stations
    cards = [
        tuple(int(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        for rect in root.iter(f"{SVG}rect")
        if rect.attrib["width"] == str(CARD_WIDTH)
    ]
    assert not any(
        ax < bx + bw and bx < ax + aw and ay < by + bh and by < ay + ah
        for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(cards, 2)
    )
    width, height = (int(root.attrib[key]) for key in ("width", "height"))
    assert all(x + w <= width and y + h <= height for x, y, w, h in cards)


def test_a_single_point_of_failure_is_marked_in_words() -> None:
    found, assets = plant(60)
    assert "core (cuts off" in svg(found, assets)


def test_ports_stand_in_the_order_of_people() -> None:
    links = [Link(End("sw", port), End(f"x{port}"), ("fdb",)) for port in ("1/10", "1/2", "1/1")]
    drawn = svg(Topology(tuple(links), (), ()), ())
    assert re.findall(r">(1/\d+): ", drawn) == ["1/1", "1/2", "1/10"]


def test_hostile_names_stay_text() -> None:
    hub = device("sw", fdb("1", "plc"), fdb("2", "panel"))
    named = asset(
        *(f for f in device("plc").facts if f.key != "hostname"), fact("hostname", HOSTILE, asset="plc"), id="plc"
    )
    assets = (hub, named, device("panel"))
    drawn = svg(topology(assets), assets)
    assert ET.fromstring(drawn) is not None
    assert "<script" not in drawn
    assert not set(drawn) & {"\x1b", "\u202e"}
    lines = list(dot(topology(assets), assets))
    assert all(line.count('"') % 2 == 0 for line in (line.replace('\\"', "") for line in lines))
    assert not set("".join(lines)) & {"\x1b", "\u202e", "\n"}


def test_a_graph_names_both_ports_and_marks_a_shared_one() -> None:
    assets = (device("a", lldp("1", "b", "9"), fdb("5", "x"), fdb("5", "y")), device("b"), device("x"), device("y"))
    text = "\n".join(dot(topology(assets), assets))
    assert '"a" -- "b" [taillabel="1", headlabel="9"];' in text
    assert text.count("style=dashed") == 2


def test_a_device_is_called_by_what_people_know() -> None:
    assert label(device("plc-7")) == "plc-7"
    assert label(asset(fact("eth0 ip_address", "10.0.0.7"), id="x")) == "10.0.0.7"
    assert label(asset(id="a1b2")) == "a1b2"
