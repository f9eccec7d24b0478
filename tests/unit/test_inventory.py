"""Laws of assets: what is believed, what is kept beside it, and which device stands where."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from assetctl import fingerprint, settle
from assetctl.identity import assign
from assetctl.inventory import Inventory, build_assets
from assetctl.merge import cluster
from assetctl.model import Asset, Claim, Observation, Outcome, Position, SubjectKind, Value, Zone
from assetctl.sightings import sightings
from tests.unit.test_merge import START, engine, mac, name, seen, serial

DECLARED_AT = START + timedelta(days=900)


def built(*observations: Observation, positions: tuple[Position, ...] = (), zones: tuple[Zone, ...] = ()) -> Inventory:
    clusters = cluster(sightings(observations, derive=fingerprint.derive))
    assigned = assign(clusters, {})
    return build_assets(
        clusters,
        assigned.ids,
        assigned.aliases,
        positions=positions,
        zones=zones,
        site_of=lambda address: "north" if str(address.ip).startswith("10.0.0.") else "",
    )


def only(*observations: Observation, positions: tuple[Position, ...] = ()) -> Asset:
    (asset,) = built(*observations, positions=positions).assets
    return asset


def position(name: str = "P1", declared: dict[str, Value] | None = None, **match: str) -> Position:
    return Position(name, "plant", match, declared or {}, "register.yaml", DECLARED_AT)


def told(key: str, value: Value, confidence: int = 90) -> Claim:
    return Claim(key, value, confidence=confidence)


def test_a_fact_knows_its_source_and_the_interval_in_which_that_source_said_so() -> None:
    asset = only(*(seen(*serial("A1"), told("model", "X"), scan=scan) for scan in (1, 2, 4)))
    (fact,) = [fact for fact in asset.facts if fact.key == "model"]
    assert (fact.source.kind, fact.source.name, fact.vantage) == ("probe", "modbus", "eth0/10.0.0.250")
    assert fact.last_seen - fact.first_seen == timedelta(days=3)


def test_a_value_that_came_back_has_two_intervals() -> None:
    values = {1: "V1", 2: "V2", 3: "V1"}
    asset = only(*(seen(*serial("A1"), told("firmware_software_version", values[at]), scan=at) for at in values))
    facts = [fact for fact in asset.facts if fact.key == "firmware_software_version"]
    assert [(fact.value, fact.first_seen == fact.last_seen) for fact in facts] == [
        ("V1", True),
        ("V2", True),
        ("V1", True),
    ]


def test_what_a_source_no_longer_says_is_history_and_no_rival() -> None:
    old, new = (
        seen(*serial("A1"), told("model", text, sure), scan=at) for at, text, sure in ((1, "X", 90), (2, "Y", 60))
    )
    asset = only(old, new)
    assert settle.text(asset, "model") == "Y"
    assert settle.rivals(asset, "model") == ()


def test_rivals_of_another_source_are_kept() -> None:
    asset = only(seen(told("model", "X"), reader="s7/1"), seen(told("model", "Y", 60), reader="snmp/1"))
    assert settle.text(asset, "model") == "X"
    assert [fact.value for fact in settle.rivals(asset, "model")] == ["Y"]


@pytest.mark.parametrize(
    ("one", "other", "wins"),
    [
        (seen(told("model", "A", 90), reader="a/1"), seen(told("model", "B", 60), reader="b/1", scan=2), "A"),
        (seen(told("model", "A"), reader="a/1"), seen(told("model", "B"), reader="b/1", scan=2), "B"),
        (seen(told("model", "B"), reader="a/1"), seen(told("model", "A"), reader="b/1"), "A"),
    ],
    ids=["surer", "newer", "by text"],
)
def test_the_surer_then_the_newer_then_the_first_by_text_is_believed(
    one: Observation, other: Observation, wins: str
) -> None:
    assert settle.text(only(one, other), "model") == wins
    assert settle.settled(only(other, one))["model"].value == wins


def test_what_was_observed_comes_before_what_was_declared() -> None:
    declared: dict[str, Value] = {
        "model": "declared",
        "asset_criticality": "high",
        "colour": "red",
        "slot": "no number",
    }
    asset = only(seen(told("model", "told", 10)), positions=(position(declared=declared, ip_address="10.0.0.1"),))
    assert asset.position == "P1"
    assert settle.text(asset, "model") == "told"
    assert [fact.value for fact in settle.rivals(asset, "model")] == ["declared"]
    assert settle.text(asset, "asset_criticality") == "high"
    assert {"colour", "slot"}.isdisjoint(fact.key for fact in asset.facts)


def test_a_derived_fact_names_its_rule() -> None:
    asset = only(seen(told("order_code", "6ES7 315-2EH14-0AB0")))
    fact = settle.settled(asset)["asset_role_type"]
    assert (fact.value, fact.source.kind, fact.source.name) == ("plc", "derived", "role-s7-cpu")


def test_the_spelling_of_a_maker_is_no_rivalry() -> None:
    asset = only(seen(*serial("A1", maker="SIEMENS AG"), reader="snmp/1"), seen(*serial("A1"), reader="s7/1"))
    assert settle.text(asset, "manufacturer") == "Siemens"
    assert settle.rivals(asset, "manufacturer") == ()


def test_an_asset_has_the_addresses_at_which_it_stands_now() -> None:
    both = only(*(seen(*serial("A1"), ip=ip) for ip in ("10.0.0.10", "10.0.0.9", "fd00::1")))
    moved = only(seen(*serial("A1"), ip="10.0.0.9"), seen(*serial("A1"), ip="10.0.0.10", scan=5))
    assert settle.addresses(both) == ("10.0.0.9", "10.0.0.10", "fd00::1")
    assert settle.addresses(moved) == ("10.0.0.10",)
    assert settle.texts(moved, "ip_address") == ("10.0.0.10", "10.0.0.9")


def test_services_are_seen_by_port_with_their_newest_state() -> None:
    def port(number: int, key: str, value: Value) -> Claim:
        return Claim(key, value, SubjectKind.SERVICE, f"tcp/{number}")

    first = seen(port(502, "port_state", "open"), port(502, "service_name", "modbus"), port(22, "port_state", "open"))
    later = seen(port(502, "port_state", "closed"), port(80, "service_name", "http"), scan=2)
    spoken = seen(port(102, "service_name", "s7"), port(102, "service_source", "probed"), reader="s7/1", scan=2)
    views = settle.services(only(first, later, spoken))
    assert [(view.port, view.state, view.name, view.is_open) for view in views] == [
        (22, "open", "", True),
        (80, "", "http", False),
        (102, "", "s7", True),
        (502, "closed", "modbus", False),
    ]


def state(value: str, port: str = "tcp/23") -> Claim:
    return Claim("port_state", value, SubjectKind.SERVICE, port)


def of_port(asset: Asset) -> list[Value]:
    return [fact.value for fact in sorted(asset.facts, key=lambda one: one.last_seen) if fact.key == "port_state"]


def after(observation: Observation, hours: int) -> Observation:
    return replace(observation, ended=observation.ended + timedelta(hours=hours))


@pytest.mark.parametrize("later", ["closed", "filtered"])
def test_a_port_that_is_open_at_one_address_is_open_whatever_the_other_address_says_later(later: str) -> None:
    here = seen(*serial("A1"), state("open"), ip="10.0.0.5")
    there = after(seen(*serial("A1"), state(later), ip="10.0.0.6"), 1)
    assert of_port(only(here, there)) == ["open"]
    alone = after(seen(*serial("A1"), state(later), ip="10.0.0.6", scan=2), -6)
    assert of_port(only(here, alone)) == ["open"]


def test_an_open_port_that_refused_a_later_question_of_the_same_run_is_open() -> None:
    refused = after(seen(*serial("A1"), state("closed"), reader="telnet/1"), 1)
    assert of_port(only(seen(*serial("A1"), state("open")), refused)) == ["open"]


def test_a_port_that_was_shut_is_closed_when_its_own_address_says_so() -> None:
    before = [seen(*serial("A1"), state(value), ip=ip) for ip, value in (("10.0.0.5", "open"), ("10.0.0.6", "closed"))]
    now = [seen(*serial("A1"), state("closed"), ip=ip, scan=2) for ip in ("10.0.0.5", "10.0.0.6")]
    assert of_port(only(*before, *now)) == ["open", "closed"]


def test_a_device_that_moved_away_from_an_address_left_its_ports_there() -> None:
    assert of_port(
        only(seen(*serial("A1"), state("open")), seen(*serial("A1"), state("closed"), ip="10.0.0.9", scan=3))
    ) == [
        "open",
        "closed",
    ]


def test_interfaces_are_seen_by_their_key() -> None:
    claims = [Claim("mac_address", "00:0E:8C:00:00:01", SubjectKind.INTERFACE, "if/1")]
    claims.append(Claim("interface_name", "X1", SubjectKind.INTERFACE, "if/1"))
    views = settle.interfaces(only(seen(*claims)))
    assert [(view.local_key, view.ip_address, view.mac_address, view.name) for view in views] == [
        ("10.0.0.1", "10.0.0.1", "", ""),
        ("if/1", "", "00:0E:8C:00:00:01", "X1"),
    ]


@pytest.mark.parametrize(
    ("observation", "number", "why"),
    [
        (seen(told("model", "X")), 90, "the device told its model from modbus"),
        (seen(told("model", "X"), source="nmap"), 60, "imported: model from nmap"),
        (seen(mac("00:0E:8C:00:00:01"), source="nmap"), 30, "only the maker of the network chip is known"),
        (seen(Claim("port_state", "open", SubjectKind.SERVICE, "tcp/80")), 10, "something answered"),
    ],
)
def test_confidence_is_a_number_with_a_reason(observation: Observation, number: int, why: str) -> None:
    asset = only(observation)
    assert asset.confidence == number
    assert settle.confidence(asset.facts) == (number, why)


def test_a_part_knows_its_device_its_place_and_its_zone() -> None:
    zones = (Zone("cell-1", "plant", (ip_network("10.0.0.0/24"),)), Zone("dmz", "plant", (ip_network("10.9.0.0/16"),)))
    unit = seen(*serial("A1"), Claim("modbus_unit_id", 7, part="unit/7"))
    device, part = sorted(built(unit, zones=zones).assets, key=lambda asset: bool(asset.parent))
    assert part.parent == device.id
    assert settle.text(part, "part") == "unit/7"
    assert (device.zone, part.zone, device.site) == ("cell-1", "cell-1", "north")
    both = built(seen(*serial("A1")), seen(*serial("A1"), ip="10.9.0.1"), zones=zones)
    assert [asset.zone for asset in both.assets] == [None]


def reasons(*positions: Position, observations: tuple[Observation, ...]) -> list[tuple[bool, str]]:
    return [(bool(one.asset), one.reason) for one in built(*observations, positions=positions).standings]


def test_a_swapped_spare_is_at_once_the_device_at_the_position() -> None:
    old, spare = seen(*serial("A1")), seen(*serial("B1"), scan=2)
    where = position(ip_address="10.0.0.1", serial_number="A1", declared={"asset_criticality": "high"})
    standing = [asset for asset in built(old, spare, positions=(where,)).assets if asset.position == "P1"]
    assert [settle.text(asset, "serial_number") for asset in standing] == ["B1"]
    assert settle.text(standing[0], "asset_criticality") == "high"


def test_a_position_without_exactly_one_device_has_none_and_says_why() -> None:
    twins = seen(name("hmi"), engine("80001f88040102030405")), seen(name("hmi"), ip="10.0.0.2")
    assert reasons(position(hostname="HMI"), observations=twins)[0][0] is False
    assert "belongs to a-" in reasons(position(hostname="hmi"), observations=twins)[0][1]
    assert reasons(position(ip_address="10.0.0.77"), observations=twins) == [
        (False, "no device with ip_address 10.0.0.77")
    ]
    assert reasons(position(), observations=twins)[0][1].startswith("declares none of")
    assert reasons(position(hostname="hmi", ip_address="10.0.0.2"), observations=twins) == [
        (True, "ip_address 10.0.0.2")
    ]


def test_two_positions_that_name_one_device_get_none() -> None:
    one = seen(*serial("A1"), mac("00:0E:8C:00:00:01"))
    found = reasons(
        position("P1", ip_address="10.0.0.1"), position("P2", mac_address="000e.8c00.0001"), observations=(one,)
    )
    assert [asset for asset, _ in found] == [False, False]
    assert "which P2 names too" in found[0][1]


def test_a_position_of_another_realm_matches_nothing() -> None:
    where = replace(position(ip_address="10.0.0.1"), realm="other")
    assert built(seen(*serial("A1")), positions=(where,)).standings[0].asset == ""


def test_the_order_of_observations_does_not_matter_for_the_inventory() -> None:
    observations = [seen(*serial("A1"), scan=at) for at in (1, 2)] + [seen(told("model", "X"), outcome=Outcome.RESET)]
    assert built(*observations) == built(*reversed(observations))


@pytest.mark.parametrize(("value", "text"), [(True, "yes"), (False, "no"), (7, "7"), (("a", "b"), "a, b"), ("x", "x")])
def test_values_are_written_as_people_do(value: Value, text: str) -> None:
    assert settle.as_text(value) == text
