"""What switches and routers say of their neighbours becomes devices, with the confidence that deserves."""

from dataclasses import replace

import pytest

from assetctl.hearsay import CONFIDENCE, hearsay
from assetctl.merge import Cluster, cluster
from assetctl.model import Claim, Observation, SubjectKind, Value
from assetctl.sightings import sightings
from tests.unit.test_merge import OPEN, mac, seen

PLC = "00:0E:8C:00:00:07"
PANEL = "00:0E:8C:00:00:08"


def entry(port: str, remote: str, *learned_by: str, address: tuple[str, ...] = (), **facts: Value) -> tuple[Claim, ...]:
    told: dict[str, Value] = {"neighbour_local_port": port, "neighbour_learned_by": learned_by, **facts}
    if address:
        told["neighbour_addresses"] = address
    if ":" in remote:
        told["neighbour_mac_address"] = remote
    return tuple(Claim(key, value, SubjectKind.NEIGHBOUR, f"{port}/{remote}") for key, value in told.items())


def switch(*entries: tuple[Claim, ...], ip: str = "10.0.0.254", scan: int = 1) -> Observation:
    claims = [claim for entry in entries for claim in entry]
    own = Claim("hostname", "sw1"), mac("00:80:63:00:00:01")
    return seen(*own, *claims, ip=ip, reader="snmp/2", scan=scan)


def together(*observations: Observation) -> tuple[Cluster, ...]:
    return cluster((*sightings(observations), *hearsay(observations)))


def addresses(made: tuple[Cluster, ...]) -> list[list[str]]:
    return sorted(sorted({str(one.address.ip) for one in each.sightings if one.address}) for each in made)


def test_an_entry_of_a_forwarding_table_is_a_device_that_was_never_asked() -> None:
    made = together(switch(entry("1/1", PLC, "fdb")))
    unasked = next(one for one in made if not any(s.address for s in one.sightings))
    (claim,) = unasked.sightings[0].claims
    assert (claim.key, claim.value, claim.confidence) == ("mac_address", PLC, CONFIDENCE["fdb"])
    assert unasked.sightings[0].observation.startswith("s1 plant 10.0.0.254"), "its evidence is the switch's answer"


def test_it_joins_the_device_that_told_the_same_hardware_address() -> None:
    made = together(switch(entry("1/1", PLC, "fdb")), seen(mac(PLC), OPEN, ip="10.0.0.7", reader="enip/1"))
    assert addresses(made) == [["10.0.0.254"], ["10.0.0.7"]]


def test_an_arp_entry_gives_the_device_at_that_address_its_hardware_address() -> None:
    made = together(switch(entry("vlan1", PLC, "arp", address=("10.0.0.7",))), seen(OPEN, ip="10.0.0.7"))
    assert addresses(made) == [["10.0.0.254"], ["10.0.0.7"]]
    plc = next(one for one in made if any(s.address and str(s.address.ip) == "10.0.0.7" for s in one.sightings))
    assert any(key.value == PLC for keys in plc.keys for key in keys)


def test_what_the_device_says_of_itself_counts_more_than_an_arp_entry() -> None:
    made = together(switch(entry("vlan1", PANEL, "arp", address=("10.0.0.7",))), seen(mac(PLC), ip="10.0.0.7"))
    assert addresses(made) == [["10.0.0.254"], ["10.0.0.7"]]
    assert not any(key.value == PANEL for one in made for keys in one.keys for key in keys)


def test_an_address_far_from_the_reporter_may_be_of_another_cell_and_ties_nothing() -> None:
    made = together(switch(entry("vlan2", PLC, "arp", address=("10.0.9.7",))), seen(OPEN, ip="10.0.9.7"))
    assert len(made) == 3, "switch, the device that answered, and a hardware address that is nobody's yet"


def test_a_router_that_answers_for_others_gives_none_of_them_its_hardware_address() -> None:
    entries = [entry("vlan1", PLC, "arp", address=(f"10.0.0.{n}",)) for n in (7, 8, 9)]
    entries = [tuple(replace(c, local_key=f"{c.local_key}/{n}") for c in one) for n, one in enumerate(entries)]
    made = together(switch(*entries), *(seen(OPEN, ip=f"10.0.0.{n}") for n in (7, 8, 9)))
    assert addresses(made) == [[], ["10.0.0.254"], ["10.0.0.7"], ["10.0.0.8"], ["10.0.0.9"]]


@pytest.mark.parametrize("remote", ["01:80:C2:00:00:0E", "02:00:00:00:00:01", "00:00:5E:00:01:07", "FF:FF:FF:FF:FF:FF"])
def test_group_local_and_redundancy_addresses_are_nobody(remote: str) -> None:
    assert hearsay([switch(entry("1/1", remote, "fdb"))]) == ()


def test_a_switchs_own_entries_are_no_neighbours() -> None:
    own = entry("1/1", PLC, "fdb", neighbour_entry_types=("self",)), entry("1/2", "00:80:63:00:00:01", "fdb")
    assert hearsay([switch(*own)]) == ()


def test_who_introduced_itself_over_lldp_has_name_and_address() -> None:
    told = entry("1/3", PANEL, "lldp", address=("10.0.0.8",), neighbour_name="panel-8", neighbour_description="Panel X")
    (one,) = hearsay([switch(told)])
    assert {claim.key: (claim.value, claim.confidence) for claim in one.claims} == {
        "hostname": ("panel-8", CONFIDENCE["lldp"]),
        "description": ("Panel X", CONFIDENCE["lldp"]),
    }, "a chassis id need not be an interface's address"
    assert (str(one.address), one.address_confidence) == ("plant/10.0.0.8", CONFIDENCE["lldp"])


def test_two_switches_that_see_one_device_make_one_asset() -> None:
    made = together(switch(entry("1/1", PLC, "fdb")), switch(entry("1/7", PLC, "fdb"), ip="10.0.0.253", scan=2))
    assert sum(any(key.value == PLC for keys in one.keys for key in keys) for one in made) == 1


def test_an_observation_without_neighbours_says_nothing_of_others() -> None:
    assert hearsay([seen(mac(PLC), OPEN)]) == ()
