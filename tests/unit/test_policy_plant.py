"""Which of several facts counts."""

from datetime import timedelta

import pytest

from assetctl.model import Fact, Position, Source, SubjectKind
from assetctl.policy.plant import Plant
from assetctl.policy.survey import Survey
from assetctl.policy.values import Operand, Reason, Rivals, Unknown
from tests.unit.policy_plants import NOW, asset, fact

MONTH = timedelta(days=30)
NMAP = Source("import", "nmap-xml")
DECLARED = Source("declared", "register.yaml")


def value(place: str, *facts: Fact) -> Operand:
    local_key, _, key = place.rpartition(" ")
    return Survey(Plant((asset(*facts),)), NOW).views["a1"].read(SubjectKind.ASSET, local_key, key, MONTH).value


def test_what_a_source_said_before_is_history() -> None:
    assert value("model", fact("model", "old", days=9), fact("model", "new", days=2)) == "new"


def test_different_sources_are_rivals() -> None:
    found = value("model", fact("model", "x"), fact("model", "y", source=NMAP, days=5))
    assert isinstance(found, Rivals)
    assert set(found.values) == {"x", "y"}


def test_an_observed_value_goes_before_a_declared_one() -> None:
    assert value("model", fact("model", "seen", days=20), fact("model", "said", source=DECLARED)) == "seen"


def test_a_declared_value_holds_where_nothing_fresh_was_observed_and_does_not_age() -> None:
    said = fact("model", "said", source=DECLARED, days=400)
    assert value("model", said) == "said"
    assert value("model", said, fact("model", "seen", days=40)) == "said"


def test_what_a_device_is_for_people_know_better_than_a_rule_about_its_product() -> None:
    guessed = fact("asset_role_type", "firewall", source=Source("derived", "model"))
    assert value("asset_role_type", guessed) == "firewall"
    assert value("asset_role_type", guessed, fact("asset_role_type", "vpn-gateway", source=DECLARED)) == "vpn-gateway"


def test_a_guess_counts_only_when_nothing_better_is_known() -> None:
    guess = fact("manufacturer", "maker of the chip", source=NMAP, confidence=30)
    assert value("manufacturer", guess, fact("manufacturer", "maker")) == "maker"
    assert value("manufacturer", guess, fact("manufacturer", "declared maker", source=DECLARED)) == "declared maker"
    assert value("manufacturer", guess) == "maker of the chip"


def test_two_values_of_one_source_at_one_moment_are_rivals() -> None:
    assert isinstance(value("model", fact("model", "x"), fact("model", "y")), Rivals)


def test_a_port_open_from_anywhere_is_open() -> None:
    closed = fact("tcp/23 port_state", "closed", vantage="office")
    opened = fact("tcp/23 port_state", "open", vantage="cell", days=9)
    assert value("tcp/23 port_state", closed, opened) == "open"


def test_of_one_vantage_the_newest_state_counts() -> None:
    before = fact("tcp/23 port_state", "open", source=NMAP, days=9)
    assert value("tcp/23 port_state", before, fact("tcp/23 port_state", "closed", days=1)) == "closed"
    found = value("tcp/23 port_state", before, fact("tcp/23 port_state", "filtered", days=1))
    assert isinstance(found, Unknown)
    assert found.reason is Reason.FILTERED


def test_filtered_from_one_vantage_does_not_hide_a_reset_at_another() -> None:
    closed = fact("tcp/23 port_state", "closed", vantage="cell")
    assert value("tcp/23 port_state", fact("tcp/23 port_state", "filtered", vantage="office"), closed) == "closed"


def test_open_and_closed_at_one_moment_from_one_vantage_disagree() -> None:
    found = value("tcp/23 port_state", fact("tcp/23 port_state", "open"), fact("tcp/23 port_state", "closed"))
    assert isinstance(found, Rivals)


@pytest.mark.parametrize("state", ["open", "closed"])
def test_an_old_port_state_is_stale(state: str) -> None:
    found = value("tcp/23 port_state", fact("tcp/23 port_state", state, days=40))
    assert isinstance(found, Unknown)
    assert found.reason is Reason.STALE


def test_declared_facts_of_the_position_belong_to_what_stands_there() -> None:
    place = Position("P1", "plant", {}, {"asset_criticality": "high"}, "register.yaml", NOW)
    survey = Survey(Plant((asset(position="P1"),), positions=(place,)), NOW)
    assert survey.views["a1"].read(SubjectKind.ASSET, "", "asset_criticality", MONTH).value == "high"


def test_a_part_is_in_the_zone_of_its_device_and_a_ring_of_parents_ends() -> None:
    device, part = asset(zone="cell"), asset(id="a2", parent="a1")
    survey = Survey(Plant((part, device)), NOW)
    assert survey.views["a2"].root.asset.id == "a1"
    ring = Survey(Plant((asset(parent="a2"), asset(id="a2", parent="a1"))), NOW)
    assert ring.views["a1"].root.asset.id == "a2"
