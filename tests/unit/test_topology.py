"""Who is connected to whom: cables that both ends tell of, ports of forwarding tables, what depends on one device."""

from collections.abc import Sequence
from random import Random
from time import process_time

from assetctl.model import Asset, Value
from assetctl.topology import End, Link, Topology, Weakness, topology, weaknesses
from tests.unit.policy_plants import asset, fact


def mac(name: str) -> str:
    return f"00:0E:8C:00:00:{sum(map(ord, name)) % 256:02X}"


def device(name: str, *told: dict[str, Value], days: float = 0) -> Asset:
    """A device with one hardware address. told: neighbours that it tells of."""
    own = [fact("eth0 mac_address", mac(name), asset=name), fact("hostname", name, asset=name)]
    for number, entry in enumerate(told):
        key = f"{entry['neighbour_local_port']}/{number}"
        own += [fact(f"{key} {what}", value, asset=name, days=days) for what, value in entry.items()]
    return asset(*own, id=name)


def lldp(port: str, remote: str, far: str = "") -> dict[str, Value]:
    told: dict[str, Value] = {"neighbour_local_port": port, "neighbour_learned_by": ("lldp",), "neighbour_name": remote}
    return told | ({"neighbour_port": far} if far else {})


def fdb(port: str, remote: str, **more: Value) -> dict[str, Value]:
    by = ("fdb",)
    return {
        "neighbour_local_port": port,
        "neighbour_learned_by": by,
        "neighbour_mac_address": mac(remote),
        **more,
    }


def ends(found: Topology) -> list[tuple[str, str, str, str]]:
    return [(link.one.asset, link.one.port, link.other.asset, link.other.port) for link in found.links]


def made(*assets: Asset) -> Topology:
    found = topology(assets)
    mixed: Sequence[Asset] = Random(7).sample(assets, len(assets))
    assert topology(mixed) == found, "the order of assets says nothing"
    return found


def test_what_both_ends_tell_of_a_cable_is_one_link_in_their_own_words() -> None:
    found = made(device("a", lldp("Gi0/1", "b", "GigabitEthernet0/2")), device("b", lldp("Gi0/2", "a", "Gi0/1")))
    assert ends(found) == [("a", "Gi0/1", "b", "Gi0/2")]
    assert found.links[0].how == ("lldp",)


def test_one_cable_whose_ends_are_called_differently_stays_one() -> None:
    found = made(device("a", lldp("1/1", "b", "00:0e")), device("b", lldp("port2", "a", "00:0f")))
    assert ends(found) == [("a", "1/1", "b", "port2")]


def test_two_cables_between_two_devices_stay_two() -> None:
    found = made(
        device("a", lldp("1", "b", "11"), lldp("2", "b", "12")), device("b", lldp("11", "a", "1"), lldp("12", "a", "2"))
    )
    assert ends(found) == [("a", "1", "b", "11"), ("a", "2", "b", "12")]


def test_what_one_end_alone_tells_is_a_link_too() -> None:
    assert ends(made(device("a", lldp("1", "b", "eth0")), device("b"))) == [("a", "1", "b", "eth0")]


def test_a_station_hangs_on_the_port_that_sees_it_and_no_switch() -> None:
    found = made(
        device("core", fdb("1", "edge"), fdb("1", "plc")),
        device("edge", fdb("9", "core"), fdb("3", "plc")),
        device("plc"),
    )
    assert ends(found) == [("core", "1", "edge", "9"), ("edge", "3", "plc", "")]


def test_switches_with_a_third_between_them_are_not_directly_connected() -> None:
    found = made(
        device("a", fdb("1", "b"), fdb("1", "c")),
        device("b", fdb("1", "a"), fdb("2", "c")),
        device("c", fdb("1", "b"), fdb("1", "a")),
    )
    assert ends(found) == [("a", "1", "b", "1"), ("b", "2", "c", "1")]


def test_several_stations_at_one_port_share_something_that_cannot_be_managed() -> None:
    found = made(device("sw", fdb("5", "x"), fdb("5", "y"), fdb("6", "z")), device("x"), device("y"), device("z"))
    assert {(link.other.asset, link.shared) for link in found.links} == {("x", True), ("y", True), ("z", False)}


def test_a_station_behind_an_uplink_alone_hangs_nowhere() -> None:
    found = made(device("core", fdb("1", "edge"), fdb("1", "plc")), device("edge", fdb("9", "core")), device("plc"))
    assert found.loose == ("plc",)
    assert ends(found) == [("core", "1", "edge", "9")]


def test_own_entries_and_unknown_addresses_are_no_links() -> None:
    own = fdb("1", "plc", neighbour_entry_types=("self",))
    assert ends(made(device("sw", own, fdb("2", "nobody")), device("plc"))) == []


def test_neighbours_that_the_latest_table_does_not_hold_are_history() -> None:
    old = [fact(f"1/0 {key}", value, asset="sw", days=2) for key, value in fdb("1", "plc").items()]
    new = [fact(f"2/0 {key}", value, asset="sw") for key, value in fdb("2", "plc").items()]
    switch = asset(*old, *new, fact("hostname", "sw", asset="sw"), id="sw")
    assert ends(made(switch, device("plc"))) == [("sw", "2", "plc", "")]


def test_a_name_that_two_devices_have_is_nobodys() -> None:
    twin = asset(fact("hostname", "b", asset="b2"), id="b2")
    assert ends(made(device("a", lldp("1", "b")), device("b"), twin)) == []


def links(*pairs: str) -> list[Link]:
    return [Link(End(one), End(other), ("lldp",)) for one, other in pairs]


def test_what_hangs_on_one_device_is_named_with_what_it_cuts_off() -> None:
    chain = links("ab", "bc", "cd", "ce")
    assert weaknesses(chain) == (Weakness("c", ("d", "e")), Weakness("b", ("a",)))


def test_a_ring_has_no_weakness() -> None:
    assert weaknesses(links("ab", "bc", "cd", "da")) == ()


def test_a_large_plant_is_drawn_up_in_time() -> None:
    macs = [f"00:0E:8C:01:{n // 256:02X}:{n % 256:02X}" for n in range(2000)]
    leaves = [asset(fact("eth0 mac_address", mac, asset=f"d{n}"), id=f"d{n}") for n, mac in enumerate(macs)]
    told: list[dict[str, Value]] = [
        {"neighbour_local_port": f"p{n}", "neighbour_learned_by": ("fdb",), "neighbour_mac_address": mac}
        for n, mac in enumerate(macs)
    ]
    switches = [device(f"s{n}", *told[n * 200 : n * 200 + 200], lldp("up", "s0")) for n in range(10)]
    began = process_time()
    found = topology([*switches, *leaves])
    assert process_time() - began < 5
    assert len(found.links) == 2000 + 9
    assert {one.asset for one in found.weaknesses} == {f"s{n}" for n in range(10)}
