"""Laws of the lists of products: what stands there, and that the device's own word stands above it."""

import re
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path

import pytest

from assetctl import makers, products
from assetctl.fingerprint import ROLES, derive
from assetctl.model import Claim
from assetctl.products import Product
from tests.unit.command import Desk

EVERY = tuple(chain.from_iterable(products.read(file) for file in products.every()))
FILES = pytest.mark.parametrize("file", products.every(), ids=lambda file: file.name)
ARC = re.compile(r"1\.3\.6\.1\.4\.1(?:\.(?:0|[1-9][0-9]{0,9})){3,12}")
MODEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 /.+-]{0,38}[A-Za-z0-9+])?")
NO_MODEL = re.compile(r"(?i)unknown|generic|(?<!bay)stack|series|family|module|software|reserved")
IOS = "Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version 12.2(55)SE, RELEASE SOFTWARE (fc2)"


def told(*claims: Claim) -> dict[str, tuple[object, str]]:
    """The surest value of each key with its rule; claims stand for themselves."""
    found = [(claim, "") for claim in claims] + [(one.claim, one.rule) for one in derive(claims)]
    surest = sorted(found, key=lambda one: one[0].confidence)
    return {claim.key: (claim.value, rule) for claim, rule in surest}


def arc(oid: str) -> tuple[Claim, Claim]:
    return Claim("sys_object_id", oid), Claim("snmp_enterprise_number", int(oid.split(".")[6]))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, monkeypatch)


def test_there_are_many() -> None:
    assert len(EVERY) >= 5500


def test_no_arc_stands_there_twice() -> None:
    assert len({oid for oid, _ in EVERY}) == len(EVERY)


@FILES
def test_every_arc_of_a_list_lies_under_the_number_in_its_name(file: Traversable) -> None:
    number = file.name.partition("-")[0]
    rows = tuple(products.read(file))
    assert rows
    assert all(oid.startswith(f"{products.ENTERPRISES}{number}.") and ARC.fullmatch(oid) for oid, _ in rows)


@FILES
def test_the_number_of_a_list_is_that_of_a_maker_on_it(file: Traversable) -> None:
    owner = makers.of_enterprise(int(file.name.partition("-")[0]))
    assert owner is None or makers.house(owner) in {makers.house(one.maker) for _, one in products.read(file)}


@FILES
def test_makers_roles_and_sources_are_spelled_as_everywhere(file: Traversable) -> None:
    for _, one in products.read(file):
        assert makers.is_listed(one.maker)
        assert not one.agent or (makers.is_listed(one.agent) and one.agent != one.maker)
        assert one.role in {"", *ROLES}
        assert re.fullmatch(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)+", one.source)


@FILES
def test_every_name_is_one_of_a_device_and_without_one_its_kind_is_told(file: Traversable) -> None:
    for oid, one in products.read(file):
        assert one.model or one.role, oid
        assert not one.model or (MODEL.fullmatch(one.model) and not NO_MODEL.search(one.model)), oid


def test_every_arc_is_found_as_it_stands_there_and_nothing_beside_it() -> None:
    assert all(products.of(oid) == one for oid, one in EVERY)
    longer = {f"{oid}.99999" for oid, _ in EVERY}
    assert not any(products.of(oid) for oid in longer)


@pytest.mark.parametrize(
    ("oid", "maker", "model", "role", "source"),
    [
        ("1.3.6.1.4.1.9.1.716", "Cisco", "Catalyst 2960-24TT", "switch", "CISCO-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.9.1.576", "Cisco", "Cisco 2811", "router", "CISCO-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.9.1.669", "Cisco", "ASA5510", "firewall", "CISCO-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.9.1.959", "Cisco", "IE-3000-8TC", "switch", "CISCO-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.9.1.961", "Rockwell Automation", "1783-MS10T", "switch", "CISCO-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.9.12.3.1.3.1812", "Cisco", "N9K-C93180YC-EX", "switch", "CISCO-ENTITY-VENDORTYPE-OID-MIB"),
        ("1.3.6.1.4.1.9.5.44", "Cisco", "WS-C6509", "switch", "CISCO-STACK-MIB"),
        ("1.3.6.1.4.1.45.3.46.1", "Nortel", "BayStack 470-48T", "switch", "SYNOPTICS-ROOT-MIB"),
        ("1.3.6.1.4.1.45.3.78.1", "Avaya", "Ethernet Routing Switch 4826GTS-PWR+", "switch", "SYNOPTICS-ROOT-MIB"),
        ("1.3.6.1.4.1.171.10.118.1", "D-Link", "DGS-3620-28TC", "switch", "SWDGS3620PRIMGMT-MIB"),
        ("1.3.6.1.4.1.207.1.14.100", "Allied Telesis", "x610-24Ts", "switch", "AT-PRODUCT-MIB"),
        ("1.3.6.1.4.1.248.11.2.1.15.18", "Hirschmann", "BRS40-0012", "switch", "HM2-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.248.14.10.71", "Hirschmann", "MACH4002-24G-3X", "switch", "HMPRIV-MGMT-SNMP-MIB"),
        ("1.3.6.1.4.1.318.1.3.28.38", "APC", "Galaxy VM 80kVA", "ups", "PowerNet-MIB"),
        ("1.3.6.1.4.1.332.11.5.3.2", "Digi International", "PortServer II", "serial-server", "DIGI-SMI"),
        ("1.3.6.1.4.1.890.1.5.8.53", "Zyxel", "GS2200-48", "switch", "ZYXEL-MIB"),
        ("1.3.6.1.4.1.1916.2.174", "Extreme Networks", "Summit X440-24t", "switch", "EXTREME-BASE-MIB"),
        ("1.3.6.1.4.1.2011.2.23.140", "Huawei", "S5700-28C-EI", "switch", "HUAWEI-MIB"),
        ("1.3.6.1.4.1.2636.1.1.1.2.21", "Juniper", "MX960", "router", "JUNIPER-CHASSIS-DEFINES-MIB"),
        ("1.3.6.1.4.1.12356.101.1.644", "Fortinet", "FortiGate-60F", "firewall", "FORTINET-FORTIGATE-MIB"),
        ("1.3.6.1.4.1.30065.1.3011.7050.3282.52", "Arista Networks", "DCS-7050S-52", "switch", "ARISTA-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.11.2.3.7.11.34", "HP", "Switch 2626", "switch", "HP-ICF-OID"),
        ("1.3.6.1.4.1.11.2.3.7.11.153", "HP", "2920-24G-PoE+", "switch", "HP-ICF-OID"),
        ("1.3.6.1.4.1.1588.3.3.1.131", "Brocade", "VDX6740", "switch", "BROCADE-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.1991.1.3.25.1", "Foundry Networks", "FES2402", "switch", "FOUNDRY-SN-ROOT-MIB"),
        ("1.3.6.1.4.1.1991.1.3.58.2.2.1.3", "Brocade", "ICX6450-48P", "switch", "FOUNDRY-SN-ROOT-MIB"),
        ("1.3.6.1.4.1.3097.1.5.24", "WatchGuard", "XTM330", "firewall", "WATCHGUARD-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.3224.1.14", "Juniper", "NetScreen-5GT", "firewall", "NETSCREEN-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.4196.1.1.2.6", "Siemens", "ESM TP80", "switch", "SN-OSM-PRIV-MIB"),
        ("1.3.6.1.4.1.4526.100.4.32", "NETGEAR", "GS724Tv4", "switch", "NETGEAR-REF-MIB"),
        ("1.3.6.1.4.1.4526.100.7.2", "NETGEAR", "WG312", "access-point", "NETGEAR-REF-MIB"),
        ("1.3.6.1.4.1.5624.2.1.73", "Enterasys", "XSR-1220", "router", "ENTERASYS-OIDS-MIB"),
        ("1.3.6.1.4.1.6027.1.3.14", "Dell", "S4810", "switch", "DELL-NETWORKING-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.6141.1.85", "Ciena", "3930", "switch", "WWP-PRODUCTS-MIB"),
        (
            "1.3.6.1.4.1.6486.800.1.1.2.1.7.1.7",
            "Alcatel-Lucent Enterprise",
            "OS6850-P24X",
            "switch",
            "ALCATEL-IND1-DEVICES",
        ),
        ("1.3.6.1.4.1.6527.1.3.4", "Nokia", "7750 SR-7", "router", "TIMETRA-GLOBAL-MIB"),
        ("1.3.6.1.4.1.6527.6.1.1.2.3", "Nokia", "7705 SAR-18", "router", "ALU-SAR-GLOBAL-MIB"),
        ("1.3.6.1.4.1.674.10895.3011", "Dell", "PowerConnect 6248", "switch", "DELL-REF-MIB"),
        ("1.3.6.1.4.1.674.11000.5000.100.2.1.3", "Dell", "S4048T-ON", "switch", "DELLEMC-OS10-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.8691.10.2210", "Moxa", "ioLogik E2210", "remote-io", "MOXA-IO-E2210-MIB"),
        ("1.3.6.1.4.1.8691.15.34", "Moxa", "AWK-4131A", "access-point", "MOXA-AWK4131A-MIB"),
        ("1.3.6.1.4.1.11863.5.33", "TP-Link", "T2600G-28TS", "switch", "TPLINK-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.14823.1.2.59", "Aruba", "AP-225", "access-point", "ARUBA-MIB"),
        ("1.3.6.1.4.1.25049.1.3", "Opengear", "CM4008", "serial-server", "OG-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.25053.3.1.4.69", "Ruckus", "R710", "access-point", "RUCKUS-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.25506.1.462", "H3C", "S5120-28P-SI", "switch", "HH3C-PRODUCT-ID-MIB"),
        ("1.3.6.1.4.1.25506.11.1.113", "HP", "5900AF-48XGT-4QSFP+", "switch", "HH3C-PRODUCT-ID-MIB"),
        ("1.3.6.1.4.1.15004.2.8.2", "RUGGEDCOM", "RX1501", "router", "RUGGEDCOM-MIB"),
        ("1.3.6.1.4.1.19046.1.7.32", "Lenovo", "NE1032", "switch", "LENOVO-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.28557.1.45", "Hillstone", "SG-6000-M2105", "firewall", "HILLSTONE-PRODUCTS-MIB"),
        ("1.3.6.1.4.1.29671.2.17", "Cisco", "MR34", "access-point", "MERAKI-CLOUD-CONTROLLER-MIB"),
    ],
)
def test_the_arc_names_the_product_of_an_agent_that_says_no_more(
    oid: str, maker: str, model: str, role: str, source: str
) -> None:
    found = told(*arc(oid))
    assert (found["manufacturer"][0], found["asset_role_type"][0]) == (maker, role)
    assert found["model"] == (model, f"sysObjectID in {source}")


@pytest.mark.parametrize(
    ("oid", "maker", "model"),
    [
        ("1.3.6.1.4.1.890.1.5.13.13", "Zyxel", "IES-5206"),
        ("1.3.6.1.4.1.3375.2.1.3.4.82", "F5", "BIG-IP 4200"),
        ("1.3.6.1.4.1.3417.1.1.37", "Blue Coat", "SG-S400"),
        ("1.3.6.1.4.1.7779.1.1421", "Infoblox", "IB-4010"),
        ("1.3.6.1.4.1.11.2.3.7.11.39", "HP", "Access Controller 720wl"),
        ("1.3.6.1.4.1.4526.100.5.1", "NETGEAR", "FVX538"),
    ],
)
def test_a_product_whose_kind_its_mib_leaves_open_has_none(oid: str, maker: str, model: str) -> None:
    found = told(*arc(oid))
    assert (found["manufacturer"][0], found["model"][0]) == (maker, model)
    assert "asset_role_type" not in found


def test_a_guest_of_a_hypervisor_has_no_model_of_its_own() -> None:
    assert "model" not in told(*arc("1.3.6.1.4.1.3375.2.1.3.4.94"))


def test_an_arc_of_a_stack_gives_its_kind_and_no_model() -> None:
    found = told(*arc("1.3.6.1.4.1.9.1.516"))
    assert found["asset_role_type"] == ("switch", "sysObjectID in CISCO-PRODUCTS-MIB")
    assert "model" not in found


@pytest.mark.parametrize(
    "oid",
    ["1.3.6.1.4.1.9.1.4000000", "1.3.6.1.4.1.9.1", "1.3.6.1.4.1.9.1.716.1", "1.3.6.1.4.1.99999.1.716", "1.3.6.1.2.1.1"],
)
def test_an_arc_that_is_on_no_list_names_no_model(oid: str) -> None:
    assert products.of(oid) is None
    assert "model" not in told(*arc(oid))


@pytest.mark.parametrize("last", [60001, 70001, 71201])
def test_an_arc_of_chassis_of_several_sizes_names_none(last: int) -> None:
    # FortiGate-6300F and -6500F, -7030E to -7060E, -7081F and -7121F
    found = told(*arc(f"1.3.6.1.4.1.12356.101.1.{last}"))
    assert found["asset_role_type"][0] == "firewall"
    assert "model" not in found


@pytest.mark.parametrize("last", [1000, 643, 37001])
def test_an_arc_that_stood_for_two_products_names_none(last: int) -> None:
    # FortiGate-100 at first and FortiGate-100F later, FortiGateRugged-60D and -60F, FortiGate-3700DX and -3700F
    found = told(*arc(f"1.3.6.1.4.1.12356.101.1.{last}"))
    assert found["asset_role_type"][0] == "firewall"
    assert "model" not in found


@pytest.mark.parametrize("confidence", [85, 60])
def test_what_the_device_says_of_its_own_model_stands_alone(confidence: int) -> None:
    own = Claim("model", "WS-C2960-24TT-L", confidence=confidence)
    rows = [*derive([*arc("1.3.6.1.4.1.9.1.716"), own])]
    assert not [one for one in rows if one.claim.key == "model"]


def test_what_a_description_says_of_the_model_stands_alone() -> None:
    text = "ExtremeXOS (X450G2-24t-10G4) version 22.5.1.7 22.5.1.7-patch1-4 by release-manager on Wed"
    found = told(*arc("1.3.6.1.4.1.1916.2.206"), Claim("description", text))
    assert found["model"][0] == "X450G2-24t-10G4"


def test_a_description_without_a_model_leaves_it_to_the_arc() -> None:
    found = told(*arc("1.3.6.1.4.1.9.1.716"), Claim("description", IOS))
    assert found["model"] == ("Catalyst 2960-24TT", "sysObjectID in CISCO-PRODUCTS-MIB")
    assert found["firmware_software_version"][0] == "12.2(55)SE"


def test_a_description_that_names_a_series_leaves_the_model_to_the_arc() -> None:
    found = told(*arc("1.3.6.1.4.1.25461.2.3.18"), Claim("description", "Palo Alto Networks PA-3000 series firewall"))
    assert (found["model"][0], found["asset_role_type"][0]) == ("PA-3020", "firewall")


def test_a_router_that_writes_its_model_back_to_front_has_it_from_the_arc() -> None:
    text = "TiMOS-B-6.0.R6 both/mpc ALCATEL SAS-M 24F 2XFP 7210 Copyright (c) 2000-2014 Alcatel-Lucent."
    found = told(*arc("1.3.6.1.4.1.6527.6.2.1.2.2.2"), Claim("description", text))
    assert (found["model"][0], found["asset_role_type"][0]) == ("7210 SAS-M 24F 2XFP", "router")


def test_a_later_seller_that_the_description_names_stands_above_the_maker_of_the_arc() -> None:
    text = "Ethernet Routing Switch 4926GTS-PWR+ HW:06 FW:7.6.0.1 SW:v7.6.0.008 BN:08 (c) Extreme Networks"
    found = told(*arc("1.3.6.1.4.1.45.3.82.2"), Claim("description", text))
    assert (found["manufacturer"][0], found["model"][0]) == ("Extreme Networks", "4926GTS-PWR+")


def test_a_router_whose_image_is_named_like_a_switch_is_a_router() -> None:
    text = "Cisco IOS Software, C2900 Software (C2900-UNIVERSALK9-M), Version 15.1(4)M4, RELEASE SOFTWARE (fc1)"
    oid = next(oid for oid, one in EVERY if one.model == "Cisco 2911")
    found = told(*arc(oid), Claim("description", text))
    assert (found["model"][0], found["asset_role_type"][0]) == ("Cisco 2911", "router")


def test_the_arc_of_a_part_bought_from_another_maker_names_nothing() -> None:
    rows = derive([*arc("1.3.6.1.4.1.9.1.716"), Claim("manufacturer", "Siemens")])
    assert not [one for one in rows if one.rule.startswith("sysObjectID")]


@pytest.mark.parametrize("text", [IOS, IOS.replace("C2960", "S5700")])
def test_a_switch_that_another_maker_sells_is_of_that_maker_whatever_its_software_is_called(text: str) -> None:
    found = told(*arc("1.3.6.1.4.1.9.1.961"), Claim("description", text))
    assert (found["manufacturer"][0], found["model"][0]) == ("Rockwell Automation", "1783-MS10T")


def test_a_product_is_no_surer_than_the_answer_that_gave_the_arc() -> None:
    rows = derive([Claim("sys_object_id", "1.3.6.1.4.1.9.1.716", confidence=40)])
    assert {one.claim.confidence for one in rows} == {40}


def test_a_family_has_no_facts_but_maker_and_kind() -> None:
    assert [key for key, _, _ in Product("", "Cisco", "switch", "A-MIB").facts()] == ["manufacturer", "asset_role_type"]


def walk_of(oid: str) -> str:
    return f"1.3.6.1.2.1.1.1.0|4|{IOS}\n1.3.6.1.2.1.1.2.0|6|{oid}\n"


@pytest.mark.parametrize(
    ("oid", "said"),
    [
        (
            "1.3.6.1.4.1.9.1.716",
            "model: Catalyst 2960-24TT\n    derived sysObjectID in CISCO-PRODUCTS-MIB, from import",
        ),
        ("1.3.6.1.4.1.9.1.516", "nobody told; sysObjectID 1.3.6.1.4.1.9.1.516 stands for several products in CISCO-"),
        ("1.3.6.1.4.1.9.1.71600", "nobody told; sysObjectID 1.3.6.1.4.1.9.1.71600 is on no list of products"),
    ],
)
def test_a_model_is_explained_by_its_mib_and_a_blank_by_its_reason(desk: Desk, oid: str, said: str) -> None:
    desk.write("switch.snmprec", walk_of(oid))
    assert desk.call("import", "walk", "switch.snmprec", "--address", "127.61.0.9").code == 0
    assert said in desk.call("assets", "why", "127.61.0.9", "model").out


def test_the_reason_is_that_of_the_model_alone(desk: Desk) -> None:
    desk.write("switch.snmprec", walk_of("1.3.6.1.4.1.9.1.516"))
    desk.call("import", "walk", "switch.snmprec", "--address", "127.61.0.9")
    assert desk.call("assets", "why", "127.61.0.9", "serial_number").out == "serial_number: nobody told\n"
