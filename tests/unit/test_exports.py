"""What leaves is what is known: nothing invented, nothing lost on the way, nothing that acts, the same bytes again."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings

from assetctl.exchange import out_cyclonedx, out_glpi, out_netbox, out_ocsf, out_oscal, out_servicenow
from assetctl.exchange.outgoing import Met, Outgoing
from assetctl.model import Asset, Finding, RequirementMapping, Result
from assetctl.report.redact import Pseudonyms, names_of
from assetctl.text import cell as guard
from tests.unit.export_plants import (
    IEC,
    INTERFACE,
    NOON,
    RULES,
    asset,
    cell,
    finding,
    named,
    of_report,
    outgoing,
    plants,
)
from tests.unit.report_plant import HOSTILE, ZONES, plant

FORMATS = ("cyclonedx", "oscal", "ocsf", "netbox", "servicenow", "glpi")
SHARE = Pseudonyms(b"0123456789abcdef", names_of(plant().assets, ZONES, plant().positions))


def files(format: str, one: Outgoing) -> dict[str, str]:
    match format:
        case "cyclonedx":
            return {"": out_cyclonedx.text(one)}
        case "oscal":
            return {"": out_oscal.text(one)}
        case "ocsf":
            return {"": out_ocsf.text(one)}
        case "netbox":
            return dict(out_netbox.files(one, guard))
        case "servicenow":
            return dict(out_servicenow.files(one, guard))
        case _:
            return dict(out_glpi.files(one))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def results(one: Outgoing) -> dict[str, Any]:
    (made,) = json.loads(out_oscal.text(one))["assessment-results"]["results"]
    return dict(made)


def uuids(value: Any, names: tuple[str, ...]) -> Iterator[str]:
    """Every value of these members, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in names and isinstance(inner, str):
                yield inner
            yield from uuids(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from uuids(inner, names)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_plant_gives_the_same_bytes_in_any_order(format: str) -> None:
    assets, findings = cell(), [finding(n, "as-plc", Result.FAIL, check=f"C-{n}") for n in range(3)]
    assert files(format, outgoing(assets, findings)) == files(format, outgoing(assets[::-1], findings[::-1]))


@pytest.mark.parametrize("format", FORMATS)
def test_a_changed_value_changes_the_bytes(format: str) -> None:
    changed = [replace(one, facts=tuple(_other(fact) for fact in one.facts)) for one in cell()]
    assert files(format, outgoing(cell())) != files(format, outgoing(changed))


def _other(fact: Any) -> Any:
    return replace(fact, value="S 3") if fact.key == "serial_number" else fact


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_by_which_a_plant_could_be_told_leaves_it(format: str) -> None:
    given = plant()
    keys = ("hostname", "serial_number", "ip_address", "mac_address", "physical_location_address")
    secrets = {str(fact.value) for one in given.assets for fact in one.facts if fact.key in keys}
    secrets |= {one.id for one in given.assets} | {zone.id for zone in ZONES} | {one.id for one in given.positions}
    told = tuple(replace(f, statement=s) for f, s in zip(given.findings * 4, sorted(secrets), strict=False))
    made = files(format, of_report(replace(given, findings=told), SHARE))
    text = "".join(chain(made, made.values())).lower()
    assert text
    assert [secret for secret in secrets if secret.lower() in text] == []


@pytest.mark.parametrize("format", ["netbox", "servicenow"])
def test_no_cell_is_a_formula(format: str) -> None:
    made = files(format, named()["hostile"])
    tables = [rows(text) for name, text in made.items() if name.endswith(".csv")]
    cells = [value for table in tables for row in table for value in row.values()]
    assert cells
    assert not {value[:1] for value in cells} & set("=+-@\t\r")
    assert any("cmd|" in value for value in cells)


@pytest.mark.parametrize("format", FORMATS)
def test_what_devices_say_is_plain_in_every_file(format: str) -> None:
    for text in files(format, named()["hostile"]).values():
        assert all(letter.isprintable() or letter == "\n" for letter in text)
        assert len(text) < 2_000_000
        text.encode()


# NetBox: the columns of the bulk import forms of NetBox 4.7.3, and of services those of 4.6.8
FORMS = {
    "manufacturers": "name slug description owner comments tags",
    "sites": "name slug status region group tenant facility time_zone description",
    "locations": "site parent name slug status tenant facility description owner comments tags",
    "device-roles": "name slug parent color vm_role config_template description owner comments tags",
    "device-types": "manufacturer default_platform model slug part_number u_height exclude_from_utilization",
    "platforms": "name slug parent manufacturer config_template description owner comments tags",
    "devices": "name role tenant manufacturer device_type platform serial asset_tag status site location rack position"
    " face latitude longitude parent device_bay airflow description config_template owner comments tags",
    "interfaces": "device name label parent bridge lag type speed duplex enabled mtu mgmt_only description",
    "mac-addresses": "mac_address device virtual_machine interface is_primary description owner comments tags",
    "vrfs": "name rd tenant enforce_unique description owner import_targets export_targets comments tags",
    "prefixes": "prefix vrf tenant vlan_group vlan_site vlan status role scope_type scope_name scope_id description",
    "ip-addresses": "address vrf tenant status role device virtual_machine interface fhrp_group is_primary is_oob",
    "inventory-items": "device name label status role manufacturer parent part_id serial discovered description",
    "services": "parent_object_type parent parent_object_id ipaddresses name port_mappings description",
    "services-before-4.7": "parent_object_type parent parent_object_id name protocol ports description",
    "cables": "side_a_site side_a_device side_a_power_panel side_a_type side_a_name side_b_site side_b_device"
    " side_b_power_panel side_b_type side_b_name type status profile tenant label color length length_unit description",
}
MOST = {"slug": 100, "name": 100, "model": 100, "serial": 50, "asset_tag": 50, "part_number": 50, "part_id": 50,
        "description": 200}  # fmt: skip
# column -> the file and columns in which the named object stands
REFERENCES = {
    "manufacturer": ("manufacturers", ("name",)),
    "role": ("device-roles", ("name",)),
    "site": ("sites", ("name",)),
    "platform": ("platforms", ("name",)),
    "device_type": ("device-types", ("model",)),
    "device": ("devices", ("name",)),
    "parent": ("devices", ("name",)),
    "vrf": ("vrfs", ("name",)),
}


def netbox(one: Outgoing) -> dict[str, list[dict[str, str]]]:
    """The rows of each file by its name without number, in the order of the numbers."""
    made = files("netbox", one)
    return {name[3:-4]: rows(made[name]) for name in sorted(made) if name.endswith(".csv")}


def check_netbox(one: Outgoing) -> None:
    seen: dict[str, list[dict[str, str]]] = {}
    for name, written in netbox(one).items():
        for row in written:
            assert set(row) <= set(FORMS[name].split())
            assert all(len(row.get(column, "")) <= most for column, most in MOST.items())
            for column, (where, keys) in REFERENCES.items():
                if row.get(column) and (name, column) != ("inventory-items", "parent"):
                    assert row[column] in {line[key] for line in seen.get(where, []) for key in keys}, (name, column)
            if row.get("interface"):
                known = {(line["device"], line["name"]) for line in seen["interfaces"]}
                assert (row["device"], row["interface"]) in known
        seen[name] = written
    for name, key in (("devices", ("name",)), ("ip-addresses", ("address", "vrf")), ("interfaces", ("device", "name"))):
        keys = [tuple(row[column].lower().partition("/")[0] for column in key) for row in seen.get(name, [])]
        assert name == "interfaces" or len(keys) == len(set(keys))
    for written in seen.values():
        slugs = [row["slug"] for row in written if "slug" in row]
        assert len(slugs) == len(set(slugs))


@pytest.mark.parametrize("name", named())
def test_netbox_knows_every_column_and_finds_every_name(name: str) -> None:
    check_netbox(named()[name])


@given(one=plants())
@settings(max_examples=40)
def test_netbox_finds_every_name_of_a_random_plant(one: Outgoing) -> None:
    check_netbox(one)


def test_netbox_gets_the_plant_as_it_is() -> None:
    made = netbox(outgoing(cell()))
    assert [row["name"] for row in made["devices"]] == ["plc1", "hist", "sw1"]
    (plc,) = [row for row in made["devices"] if row["name"] == "plc1"]
    assert (plc["serial"], plc["asset_tag"], plc["location"]) == ("S C-X1", "4711", "Hall 2, cabinet =A1+S3")
    assert [(row["device"], row["name"], row["type"], row["enabled"]) for row in made["interfaces"]] == [
        ("plc1", "port-001", "other", "true"),
        ("hist", "10.20.1.30", "other", "true"),
        ("sw1", "1/1", "other", "true"),
        ("sw1", "1/2", "other", "false"),
        ("sw1", "vlan1", "virtual", "true"),
    ]
    assert [(row["address"], row["interface"]) for row in made["ip-addresses"]] == [
        ("10.20.1.10/24", "port-001"), ("10.20.1.30/24", "10.20.1.30"), ("10.20.1.2/24", "vlan1"),
    ]  # fmt: skip
    assert [(row["name"], row["parent"], row["part_id"]) for row in made["inventory-items"]] == [
        ("Rail", "", "Rail"), ("as-module", "Rail", "6ES7 521-1BL00-0AB0"),
    ]  # fmt: skip
    assert [(row["parent"], row["port_mappings"]) for row in made["services"]] == [("plc1", "tcp/102")]
    assert [list(row.values()) for row in made["cables"]] == [
        ["plc1", "dcim.interface", "port-001", "sw1", "dcim.interface", "1/1", "connected"]
    ]


def test_netbox_gets_no_cable_that_one_end_alone_told() -> None:
    silent = [replace(one, facts=tuple(f for f in one.facts if f.subject.kind != "neighbour")) for one in cell()[1:]]
    assert "cables" not in netbox(outgoing([cell()[0], *silent]))


def twins(**realm: str) -> list[Asset]:
    """Two devices whose names differ in case alone, with one address."""
    at = {(INTERFACE, "1"): {"ip_address": "10.20.1.9"}}
    return [
        asset(id, {"hostname": name}, at, realm=realm.get(id[3:], "plant"))
        for id, name in (("as-1", "plc"), ("as-2", "PLC"))
    ]


def test_two_devices_of_one_name_and_address_stay_two_and_the_loss_is_told() -> None:
    made = files("netbox", outgoing(twins()))
    assert len({row["name"].lower() for row in netbox(outgoing(twins()))["devices"]}) == 2
    assert "address 10.20.1.9 at PLC (" in made["README.md"]


def test_address_spaces_become_vrfs_only_where_there_are_several() -> None:
    made = netbox(outgoing(twins(**{"1": "r0", "2": "r1"}), zones=()))
    assert [row["name"] for row in made["vrfs"]] == ["r0", "r1"]
    assert [(row["address"], row["vrf"]) for row in made["ip-addresses"]] == [
        ("10.20.1.9/32", "r0"),
        ("10.20.1.9/32", "r1"),
    ]
    assert "vrfs" not in netbox(outgoing(twins()[:1]))


@given(one=plants())
@settings(max_examples=40)
def test_every_reference_of_an_assessment_leads_somewhere(one: Outgoing) -> None:
    whole = json.loads(out_oscal.text(one))
    known = set(uuids(whole, ("uuid",)))
    assert len(known) == len(list(uuids(whole, ("uuid",))))
    assert set(uuids(whole, ("subject-uuid", "observation-uuid", "component-uuid"))) <= known
    links = {href for href in uuids(whole, ("href",)) if href.startswith("#")}
    assert whole["assessment-results"]["import-ap"]["href"] in links
    assert {href[1:] for href in links} <= known
    controls = {one["control-id"] for one in _selected(whole)}
    assert set(uuids(whole, ("target-id",))) <= controls


def _selected(whole: dict[str, Any]) -> list[dict[str, str]]:
    (result,) = whole["assessment-results"]["results"]
    return list(result["reviewed-controls"]["control-selections"][0].get("include-controls", []))


def states(made: dict[str, Any]) -> dict[str, str]:
    return {one["title"]: one["target"]["status"]["state"] for one in made.get("findings", [])}


@pytest.mark.parametrize("result", [Result.UNKNOWN, Result.NOT_APPLICABLE, Result.ERROR])
def test_what_was_not_decided_is_an_observation_and_no_finding(result: Result) -> None:
    made = results(outgoing(cell(), [finding(1, "as-plc", result)]))
    assert states(made) == {}
    assert "risks" not in made
    (seen,) = [one for one in made["observations"] if one["title"].endswith(f": {result.value}")]
    assert {one["name"]: one["value"] for one in seen["props"]}["result"] == result.value
    assert seen["remarks"]


def test_a_failure_stands_against_its_requirement_at_its_place() -> None:
    met = Met("cell-1", "SR 7.7"), Met("cell-2", "SR 7.7")
    made = results(outgoing(cell(), [finding(1, "as-plc", Result.FAIL)], met=met))
    assert states(made) == {
        "iec62443-3-3 SR 7.7 at cell-1": "not-satisfied",
        "iec62443-3-3 SR 7.7 at cell-2": "satisfied",
    }
    (risk,) = made["risks"]
    assert risk["status"] == "open"
    (seen,) = [one for one in made["observations"] if one["title"].endswith(": fail")]
    assert seen["relevant-evidence"][0]["href"] == "urn:assetctl:evidence:sc-1:9"
    assert seen["subjects"][0]["type"] == "inventory-item"


def test_a_recommendation_that_fails_is_an_observation() -> None:
    made = results(outgoing(cell(), [finding(1, "as-plc", Result.FAIL, check="INV-003")]))
    assert states(made) == {}
    assert RULES[1].maps == (RequirementMapping("nist-csf", "2.0", "ID.AM-01", "S", "should"),)


def test_a_waived_failure_is_an_approved_deviation_and_still_not_satisfied() -> None:
    made = results(outgoing(cell(), [finding(1, "as-plc", Result.FAIL, waiver="W-1")]))
    assert [one["status"] for one in made["risks"]] == ["deviation-approved"]
    assert list(states(made).values()) == ["not-satisfied"]


def events(one: Outgoing, class_uid: int) -> list[dict[str, Any]]:
    return [event for event in out_ocsf.events(one) if event["class_uid"] == class_uid]


@pytest.mark.parametrize(
    ("result", "status_id"),
    [(Result.FAIL, 3), (Result.UNKNOWN, 0), (Result.NOT_APPLICABLE, 99), (Result.ERROR, 99)],
)
def test_an_event_says_what_the_check_said(result: Result, status_id: int) -> None:
    (event,) = events(outgoing(cell(), [finding(1, "as-plc", result)]), 2003)
    assert event["compliance"]["status_id"] == status_id
    assert (event["compliance"]["requirements"], event["compliance"]["standards"]) == (["SR 7.7"], [" ".join(IEC)])
    assert event["device"]["uid"] == "as-plc"
    assert event["type_uid"] == 200301


def test_a_waived_failure_is_suppressed_and_stays_a_failure() -> None:
    (event,) = events(outgoing(cell(), [finding(1, "as-plc", Result.FAIL, waiver="W-1")]), 2003)
    assert (event["status_id"], event["compliance"]["status_id"], event["comment"]) == (3, 3, "waived: W-1")


def test_every_device_is_one_inventory_event_of_the_time_it_was_seen() -> None:
    made = events(outgoing(cell()), 5001)
    assert [event["device"]["uid"] for event in made] == sorted(one.id for one in cell())
    assert {event["time"] for event in made} == {int(NOON.timestamp() + 3600) * 1000}
    assert [event["device"]["type_id"] for event in made] == [0, 99, 0, 1, 10]


def test_parts_and_what_runs_on_a_device_are_its_dependencies() -> None:
    made = json.loads(out_cyclonedx.text(outgoing(cell())))
    known = {one["bom-ref"]: one for one in made["components"]}
    needs = {one["ref"]: one.get("dependsOn", []) for one in made["dependencies"]}
    assert set(needs) == set(known)
    plc = [known[ref] for ref in needs["device:as-plc"]]
    assert [(one["type"], one["name"], one.get("version")) for one in plc] == [
        ("device", "Rail", None),
        ("firmware", "CPU 1515-2 PN firmware", "V2.9.4"),
    ]
    assert needs["device:as-rack"] == ["device:as-module"]
    assert {known[ref]["type"] for ref in needs["device:as-server"]} == {"operating-system", "application"}
    properties = {one["name"]: one["value"] for one in known["device:as-plc"]["properties"]}
    assert properties["cdx:device:serialNumber"] == "S C-X1"
    assert known["device:as-plc"]["manufacturer"] == {"name": "Siemens"}


def test_one_firmware_of_one_product_is_one_component() -> None:
    own = {"manufacturer": "Moxa", "model": "NPort", "firmware_software_version": "1.6"}
    made = json.loads(out_cyclonedx.text(outgoing([asset(f"as-{n}", own) for n in range(3)])))
    assert [one["type"] for one in made["components"]] == ["device", "device", "device", "firmware"]


def test_a_value_that_nobody_told_is_not_written() -> None:
    made = json.loads(out_cyclonedx.text(outgoing([asset("as-1", {})])))
    (one,) = made["components"]
    assert set(one) == {"bom-ref", "type", "name", "properties"}
    assert (one["name"], all(pair["value"] for pair in one["properties"])) == ("as-1", True)


def test_long_texts_are_cut_where_everybody_sees_it() -> None:
    made = outgoing([asset("as-1", {"description": HOSTILE[5]})])
    assert made.devices[0].description.endswith("… [cut]")
    assert len(made.devices[0].description) < 1100


def test_findings_that_pass_leave_as_counts() -> None:
    passed: list[Finding] = [finding(1, "as-plc", Result.PASS)]
    made = outgoing(cell(), passed)
    assert made.results is not None
    assert made.results.verdicts == ()
    assert [one["title"] for one in results(made)["observations"]] == ["SVC-002 Telnet is off: pass"]
