"""The law of the roads: whatever brings a device in, it is the same asset with the same values."""

import pytest

from tests.unit import parity


@pytest.mark.parametrize("device", parity.DEVICES, ids=lambda one: one.recording)
def test_every_road_says_what_the_scan_says_or_nothing(device: parity.Device) -> None:
    roads = dict(parity.by_road(device))
    scanned = roads.pop("scan")
    for name, told in roads.items():
        assert {key: value for key, value in told.items() if scanned.get(key) != value} == {}, name
        assert told, name
    assert roads["pcap"] == scanned


@pytest.mark.parametrize("device", parity.DEVICES, ids=lambda one: one.recording)
def test_all_roads_together_are_one_asset_forwards_and_backwards(device: parity.Device) -> None:
    roads = list(device.every_road().values())
    seen = set()
    for order in (roads, roads[::-1]):
        own = [a for a in parity.assets_by(order) if parity.told(device, a).get("ip_address") == device.ip]
        assert len(own) == 1
        seen.add((own[0].id, tuple(sorted(parity.told(device, own[0]).items()))))
    assert len(seen) == 1


def test_the_page_shows_what_the_roads_say() -> None:
    assert parity.PAGE.read_text("utf-8") == parity.page()
