"""Laws of the fingerprints: what the shipped ones read, and which ones do not load."""

import json
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl import fingerprint, makers, patterns
from assetctl.errors import InputError
from assetctl.fingerprint import derive, load
from assetctl.model import Claim, SubjectKind
from assetctl.prints import Fingerprint, Fingerprints
from tests.unit.command import Desk

GOOD = """
field = "description"
provenance = "made up"
[[fingerprint]]
name = "acme"
pattern = '^Acme (?P<model>[A-Z0-9]{2,8}) v'
set = { manufacturer = "Moxa" }
examples = [{ text = "Acme X1 v3", gives = { model = "X1" } }]
not = ["Acme"]
"""


def values(*claims: Claim) -> dict[str, object]:
    return {one.claim.key: one.claim.value for one in derive(claims)}


def folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "a.toml").write_text(text, "utf-8")
    return tmp_path


def test_the_recorded_power_strip_tells_its_identity() -> None:
    text = (
        "APC Web/SNMP Management Card (MB:v3.9.2 PF:v3.7.3 PN:apc_hw02_aos_373.bin AF1:v3.7.4 "
        "AN1:apc_hw02_rpdu_374.bin MN:AP8932 HR:02 SN: 3F503A169043 MD:12/23/2005) "
    )
    told = values(Claim("description", text))
    assert told == {
        "manufacturer": "APC",
        "model": "AP8932",
        "hardware_version": "02",
        "serial_number": "3F503A169043",
        "firmware_software_version": "3.7.4",
        "asset_role_type": "pdu",
    }


def test_a_number_of_zeros_in_a_description_is_no_serial_number() -> None:
    told = values(Claim("description", "SSG5-Serial version 6.3.0r23.0 (SN: 0000000000000000, Firewall VPN)"))
    assert (told["model"], told["firmware_software_version"]) == ("SSG5-Serial", "6.3.0r23.0")
    assert "serial_number" not in told


def test_a_rule_may_read_what_a_pattern_found() -> None:
    text = "Siemens, SIMATIC S7, CPU315-2 PN/DP, 6ES7 315-2EH14-0AB0 , HW: 7, FW: V3.2.11"
    found = {one.claim.key: one.rule for one in derive([Claim("description", text)])}
    assert found["order_code"] == "siemens-s7-cpu"
    assert found["asset_role_type"] == "role-s7-cpu"


def test_nothing_is_derived_that_was_claimed() -> None:
    claims = [Claim("order_code", "6ES7 315-2EH14-0AB0"), Claim("manufacturer", "Siemens")]
    assert [one.claim.key for one in derive(claims)] == ["asset_role_type"]


def test_a_derived_claim_is_about_the_same_part_and_service_and_no_surer() -> None:
    banner = Claim(
        "service_banner", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10", SubjectKind.SERVICE, "tcp/22", "slot/1", 40
    )
    found = {one.claim.key: one.claim for one in derive([banner])}
    assert (found["service_version"].kind, found["service_version"].local_key) == (SubjectKind.SERVICE, "tcp/22")
    assert (found["operating_system"].kind, found["operating_system"].local_key) == (SubjectKind.ASSET, "")
    assert all(one.part == "slot/1" and one.confidence == 40 for one in found.values())


def test_the_enterprise_number_names_the_maker_of_devices_only() -> None:
    assert values(Claim("snmp_enterprise_number", 248)) == {"manufacturer": "Hirschmann"}
    assert values(Claim("snmp_enterprise_number", 8072)) == {}
    assert values(Claim("snmp_enterprise_number", 311)) == {}


def test_a_mac_prefix_names_the_maker_of_the_chip_with_little_confidence() -> None:
    (found,) = derive([Claim("mac_address", "00:0E:8C:01:02:03", SubjectKind.INTERFACE, "1")])
    assert (found.claim.key, found.claim.value, found.claim.confidence) == ("mac_maker", "Siemens", 30)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("SIEMENS AG", "Siemens"),
        ("Rockwell Automation/Allen-Bradley", "Rockwell Automation"),
        ("Phoenix Contact GmbH & Co. KG", "Phoenix Contact"),
        ("Moxa Inc.", "Moxa"),
        ("  Some   Maker GmbH ", "Some Maker GmbH"),
        ("AG", "AG"),
        ("", ""),
    ],
)
def test_a_maker_has_one_spelling(said: str, kept: str) -> None:
    assert makers.canonical(said) == kept
    assert makers.canonical(kept) == kept


def test_every_maker_spells_itself() -> None:
    assert all(makers.canonical(name) == name for name in makers.makers().spellings.values())


def test_a_good_file_loads(tmp_path: Path) -> None:
    assert load(folder(tmp_path, GOOD)).first("description", "Acme X1 v3") is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("'^Acme", "'Acme", "not anchored"),
        ("[A-Z0-9]{2,8}", "(?:[A-Z]+)+", "inside a repetition"),
        ("[A-Z0-9]{2,8}", "(?:[A-Z]{1,9} ?)*", "inside a repetition"),
        ("[A-Z0-9]{2,8}", "(?:A|AA)+", "inside a repetition"),
        ("[A-Z0-9]{2,8}", "(?:AA?)+", "inside a repetition"),
        ("[A-Z0-9]{2,8}", ".*x.*y.*", "unbounded repetitions"),
        ("[A-Z0-9]{2,8}", "[A-Z0-9", "not a regular expression"),
        ("<model>", "<maker>", "no fact key"),
        ("<model>", "<slot>", "no fact key of type text"),
        ('"Moxa" }', '"SIEMENS AG" }', "is spelled 'Siemens'"),
        ("manufacturer =", "maker =", "no fact key"),
        ('model = "X1"', 'model = "X2"', "expected"),
        ('not = ["Acme"]', 'not = ["Acme X2 v"]', "must not match"),
        ('not = ["Acme"]', "not = []", "at least one"),
        ("v3", "3", "is read by none"),
        ("name =", "nmae =", "unknown entries"),
        ('provenance = "made up"', "", "a provenance"),
        ('"Moxa" }', '"Acme" }', "not on the list"),
        ('"Moxa" }', '"Moxa", asset_role_type = "box" }', "the role 'box' is not one of"),
        ('field = "description"', 'field = "colour"', "a fact key"),
        ("[[fingerprint]]", "[[fingerprint", "not readable"),
    ],
)
def test_a_file_that_breaks_a_rule_does_not_load(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("[", r"\[")):
        load(folder(tmp_path, GOOD.replace(old, new)))


def test_a_pattern_that_takes_the_text_of_another_does_not_load(tmp_path: Path) -> None:
    greedy = GOOD.replace('"acme"', '"greedy"').replace("^Acme (?P<model>[A-Z0-9]{2,8}) v", "^Acme (?P<model>X1)")
    (tmp_path / "b.toml").write_text(GOOD, "utf-8")
    with pytest.raises(InputError, match="is read by greedy"):
        load(folder(tmp_path, greedy))


def test_two_fingerprints_of_one_name_do_not_load(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(GOOD, "utf-8")
    with pytest.raises(InputError, match="more than once"):
        load(folder(tmp_path, GOOD))


@pytest.mark.parametrize("pattern", ["^a(b", "^a)", "^(?i)a", "^[a", "^a\\"])
def test_broken_and_unusual_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        patterns.compiled(pattern)


@pytest.mark.parametrize("pattern", ["^(?:ab?)?c+", "^[)(+*]{2}", r"^\(a+\)", "^[]a]*b{2,}", "^(?:ab)+"])
def test_plain_repetitions_are_allowed(pattern: str) -> None:
    assert patterns.compiled(pattern)


def test_only_the_beginning_of_a_text_is_read() -> None:
    assert patterns.cut("x" * 5000) == "x" * patterns.MOST_CHARACTERS
    assert fingerprint.shipped().first("http_server", "nginx" + " " * 5000) is None


@pytest.mark.parametrize(
    ("description", "told"),
    [
        (
            "Cisco IOS Software, C1260 Software (AP3G1-K9W7-M), Version 12.4(25d)JA, RELEASE SOFTWARE (fc1)",
            {"manufacturer": "Cisco", "asset_role_type": "access-point", "os_version": "12.4(25d)JA"},
        ),
        (
            "Cisco IOS Software, S8300 Software (S8300-LANBASEK9-M), Version 15.2(4)EA3, RELEASE SOFTWARE (fc1)",
            {"manufacturer": "Rockwell Automation", "asset_role_type": "switch", "os_version": "15.2(4)EA3"},
        ),
        (
            "Cisco NX-OS(tm) cgr1000, Software (cgr1000-uk9), Version 5.2(1)CG5(1), RELEASE SOFTWARE",
            {"manufacturer": "Cisco", "asset_role_type": None, "os_version": "5.2(1)CG5(1)"},
        ),
        (
            "HP ETHERNET MULTI-ENVIRONMENT,SN:XXXXXXXXXX,FN:XXXXXXX,SVCID:00000,PID:HP LaserJet 200 M251n",
            {"manufacturer": "HP", "serial_number": None, "model": "HP LaserJet 200 M251n"},
        ),
        (
            "Microsoft Windows CE Version 6.0 (Build 0)",
            {"operating_system": "Windows CE", "manufacturer": None, "asset_role_type": None},
        ),
        (
            "Brother NC-8900h, Firmware Ver.K  (17.12.14),MID 8CE-417",
            {"manufacturer": "Brother", "model": None, "firmware_software_version": None},
        ),
        ("EDS-508A-MM-SC", {"model": "EDS-508A-MM-SC", "asset_role_type": "switch", "manufacturer": "Moxa"}),
        ("MX250", {"model": None, "manufacturer": None}),
        (
            "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(2)E7, RELEASE SOFTWARE (fc3)",
            {"firmware_software_version": "15.2(2)E7", "operating_system": "Cisco IOS"},
        ),
        (
            "Linux host 5.10.0-18-amd64 #1 SMP Debian 5.10.140-1 x86_64",
            {"os_version": "5.10.0-18-amd64", "firmware_software_version": None, "manufacturer": None},
        ),
        (
            "Hardware: Intel64 Family 6 Model 85 Stepping 4 AT/AT COMPATIBLE - Software: Windows Version 6.3 "
            "(Build 17763 Multiprocessor Free)",
            {"operating_system": "Windows", "os_version": "10.0.17763", "asset_role_type": None},
        ),
        ("Linux PFC200-40A1B2 4.9.115-rt94 #1 PREEMPT RT", {"operating_system": "Linux", "manufacturer": None}),
    ],
)
def test_a_description_says_what_is_certain_and_no_more(description: str, told: dict[str, object]) -> None:
    found = values(Claim("description", description))
    assert {key: found.get(key) for key in told} == told


@pytest.mark.parametrize("number", [11, 232, 311, 4413, 6876, 8072, 10002, 25506])
def test_numbers_of_agents_and_of_what_others_sell_name_no_maker(number: int) -> None:
    assert values(Claim("snmp_enterprise_number", number)) == {}


@pytest.mark.parametrize(
    ("key", "text", "maker", "role"),
    [
        ("order_code", "BMX P34 20302", "Schneider Electric", "plc"),
        ("order_code", "TM221CE24T", "Schneider Electric", "plc"),
        ("order_code", "SAS TSXETY4103", "Schneider Electric", "communication-module"),
        ("order_code", "6ES7 315-2EH14-0AB0", "Siemens", "plc"),
        ("order_code", "6ES7315-2EH14-0AB0", "Siemens", "plc"),
        ("order_code", "6AG1314-6BH04-7AB0", "Siemens", "plc"),
        ("order_code", "6AG1343-1EX30-7XE0", "Siemens", None),
        ("order_code", "750-882", "WAGO", "plc"),
        ("order_code", "750-352", "WAGO", "remote-io"),
        ("model", "1756-EN2TR/C", "Rockwell Automation", "communication-module"),
        ("model", "1769-L32E Ethernet Port", "Rockwell Automation", "plc"),
        ("model", "1747-L552C/C DC 3.46", "Rockwell Automation", "plc"),
        ("model", "1783-BMS10CGL", "Rockwell Automation", "switch"),
        ("model", "1783-ETAP", None, None),
        ("model", "PM5560", None, None),
        ("model", "DX2000", None, None),
        ("model", "A1000", None, None),
        ("model", "Controller", None, None),
        ("model", "EtherNet/IP Adapter", None, None),
    ],
)
def test_plant_devices_are_known_by_their_codes(key: str, text: str, maker: str | None, role: str | None) -> None:
    found = values(Claim(key, text))
    assert (found.get("manufacturer"), found.get("asset_role_type")) == (maker, role)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    here = tmp_path / "here"
    here.mkdir()
    return Desk(here, monkeypatch)


def test_the_command_tries_the_shipped_ones_and_counts_them(desk: Desk) -> None:
    said = desk.call("fingerprint", "test")
    assert said.code == 0
    assert "0 complaints" in said.err


def test_a_folder_of_ones_own_is_read_first_and_its_thefts_are_told(desk: Desk, tmp_path: Path) -> None:
    own = GOOD.replace('"acme"', '"greedy"').replace("^Acme (?P<model>[A-Z0-9]{2,8}) v", "^(?P<model>RouterOS)")
    own = own.replace("Acme X1 v3", "RouterOS").replace('model = "X1"', 'model = "RouterOS"')
    said = desk.call("fingerprint", "test", "--fingerprints", str(folder(tmp_path, own)))
    assert said.code == 1
    assert "is read by greedy" in said.out


def test_every_maker_on_the_list_is_in_the_table_of_makers(desk: Desk) -> None:
    said = desk.call("--format", "json", "fingerprint", "list", "--makers")
    rows = json.loads(said.out)["data"]
    assert {row["manufacturer"] for row in rows} == set(makers.makers().spellings.values())
    assert sum(row["fingerprints"] > 0 for row in rows) >= 80


TRICKY = (
    ("^Moxa EDS", ("Moxa EDS",)),
    ("^(?:Siemens,? )?SIMATIC", ("SIMATIC", "Siemens")),
    ("^(?P<model>(?:CX|BK)[0-9]{4}|EK)", ("BK", "CX", "EK")),
    (r"^HTTP/1\.[01] 200", ("HTTP/1.",)),
    (r"^A\+? B", ("A",)),
    ("^ABC{0,2}D", ("AB",)),
    ("^X(?:Y|Z)", ("X",)),
    ("^(?:AB|[C-E])F", ("", "AB")),
    ("^(?:AB)*C", ("",)),
    ("^(?!no)yes", ("",)),
    ("^one|two", ("one", "two")),
    ("^a[(|]b", ("a",)),
)


@pytest.mark.parametrize(("pattern", "expected"), TRICKY)
def test_beginnings_are_those_of_everything_that_a_pattern_matches(pattern: str, expected: tuple[str, ...]) -> None:
    assert patterns.beginnings(pattern) == expected

    @settings(max_examples=30, deadline=None)
    @given(st.from_regex(f"\\A(?:{pattern.removeprefix('^')})"))
    def begins(text: str) -> None:
        assert text.startswith(patterns.beginnings(pattern))

    begins()


def test_a_field_nobody_asks_for_is_not_read() -> None:
    asked = []

    def watched(field: str) -> tuple[Fingerprint, ...]:
        asked.append(field)
        return fingerprint.shipped().over[field]()

    prints = Fingerprints({field: partial(watched, field) for field in fingerprint.shipped().over})
    assert derive([Claim("http_server", "nginx/1.22.1", SubjectKind.SERVICE, "tcp/80")], prints)
    assert set(asked) == {"http_server", "service_product"}


def test_a_number_that_two_companies_share_names_neither_but_its_arcs_do() -> None:
    assert makers.of_enterprise(637) is None
    assert values(Claim("sys_object_id", "1.3.6.1.4.1.637.61.1"))["manufacturer"] == "Nokia"
    assert (
        values(Claim("sys_object_id", "1.3.6.1.4.1.637.64.4400.1.1.10"))["manufacturer"] == "Alcatel-Lucent Enterprise"
    )


def test_a_switch_sold_under_another_name_is_not_its_software_makers() -> None:
    said = derive([Claim("sys_object_id", "1.3.6.1.4.1.9.1.1486"), Claim("snmp_enterprise_number", 9)])
    by_maker = {one.claim.value: one.claim.confidence for one in said if one.claim.key == "manufacturer"}
    assert by_maker["Rockwell Automation"] > by_maker["Cisco"]


def test_a_product_that_a_panel_does_not_know_stays_unknown() -> None:
    text = "Siemens, SIMATIC HMI, unknown, 6AV2 124-0GC01-0AX0, HW: 0, SW: V 11 0 2"
    assert "model" not in values(Claim("description", text))
    assert values(Claim("description", text))["order_code"] == "6AV2 124-0GC01-0AX0"


def test_a_name_that_two_makers_use_is_read_for_the_one_that_made_the_device() -> None:
    panel = Claim("model", "GS2107-WTBD")
    assert values(panel)["manufacturer"] == "Mitsubishi Electric"
    for model in (panel, Claim("model", "GS2210-8HP")):
        told = values(model, Claim("manufacturer", "ZyXEL Communications Corp."))
        assert not told.keys() & {"manufacturer", "asset_role_type"}
    assert "manufacturer" not in values(Claim("model", "GS2210-8HP"))
    switch = derive([Claim("description", "GS2210-8HP")])
    assert {one.claim.value for one in switch if one.claim.key == "manufacturer"} == {"Zyxel"}


@pytest.mark.parametrize(
    ("text", "number", "maker"),
    [
        ("Base Station V3.84", 63, "Apple"),
        ("NB1600", 31496, "NetModule"),
        ("Optimizer 2400", 21671, "VSS Monitoring"),
        ("ES3510MA", 259, "Edgecore"),
    ],
)
def test_a_short_text_of_a_common_shape_names_no_maker_by_itself(text: str, number: int, maker: str) -> None:
    assert values(Claim("description", text)) == {}
    found = derive([Claim("description", text), Claim("snmp_enterprise_number", number)])
    assert {one.claim.value for one in found if one.claim.key == "manufacturer"} == {maker}
    assert {one.claim.key for one in found} & {"model", "firmware_software_version"}


def test_an_order_code_is_no_part_of_the_model_of_a_switch_with_a_family_before_its_number() -> None:
    head = "HPE Comware Platform Software, Software Version 7.1.070, Release 2702\r\nHPE FF 5940 48SFP+ 6QSFP28 Switch"
    told = values(Claim("description", f"{head} JH390A\r\nCopyright (c) 2010-2017"))
    assert (told["model"], told["order_code"]) == ("FF 5940 48SFP+ 6QSFP28", "JH390A")


@pytest.mark.parametrize("text", ["Samsung C34J791", "Samsung M51"])
def test_a_monitor_and_a_telephone_are_no_printers(text: str) -> None:
    assert values(Claim("description", text)).get("asset_role_type") != "printer"


def test_the_letters_behind_a_version_in_brackets_belong_to_it() -> None:
    text = (
        "Cisco Systems, Inc. WS-C4006\nCisco Catalyst Operating System Software, Version 8.4(11)GLX\nCopyright (c) 2005"
    )
    told = values(Claim("description", text), Claim("snmp_enterprise_number", 9))
    assert told["firmware_software_version"] == told["os_version"] == "8.4(11)GLX"


def test_a_router_of_another_maker_is_no_satellite_receiver() -> None:
    assert "manufacturer" not in values(Claim("description", "DSR-1000AC 3.12.1"))


def test_the_name_of_an_agent_is_not_the_maker_of_the_thin_client_with_it() -> None:
    assert values(Claim("description", "Teradici SNMP Agent")) == {}


def test_power_strips_of_two_makers_are_told_apart_by_the_rest_of_the_name() -> None:
    assert values(Claim("model", "RPC-40L8A4"))["manufacturer"] == "Western Telematic"
    assert "manufacturer" not in values(Claim("model", "RPC-3A"))


@pytest.mark.parametrize(
    ("key", "text", "oid", "role"),
    [
        ("model", "TSW212", "1.3.6.1.4.1.48690", "switch"),
        ("description", "TAP100", "1.3.6.1.4.1.48690", "access-point"),
        (
            "description",
            "ALAXALA AX8600R AX-8600-R16 [AX8616R] Routing software Ver. 12.4.A",
            "1.3.6.1.4.1.21839.1.2.15",
            "router",
        ),
    ],
)
def test_what_the_device_says_of_its_kind_stands_above_the_kind_of_its_makers_arc(
    key: str, text: str, oid: str, role: str
) -> None:
    found = derive(
        [Claim(key, text), Claim("sys_object_id", oid), Claim("snmp_enterprise_number", int(oid.split(".")[6]))]
    )
    roles = [one.claim for one in found if one.claim.key == "asset_role_type"]
    assert max(roles, key=lambda claim: claim.confidence).value == role


def test_a_number_that_the_agents_maker_chose_does_not_say_who_made_the_device() -> None:
    told = values(Claim("model", "1783-BMS10CGP"), Claim("snmp_enterprise_number", 9))
    assert told["asset_role_type"] == "switch"


def test_a_brand_and_its_house_are_no_two_makers() -> None:
    told = values(Claim("model", "RSG2100"), Claim("manufacturer", "Siemens AG"))
    assert told["asset_role_type"] == "switch"
    assert makers.house("RuggedCom") == makers.house("Siemens") == "Siemens"
    assert makers.house("Siemens Schweiz AG (Formerly: Cerberus AG)") == "Siemens"
    assert makers.house("Delta Controls Germany Limited") == "Delta Controls"
    assert makers.house("Delta Computer Systems Inc.") not in {"Delta Controls", "Delta Electronics"}
    assert makers.house("Nobody Ltd") == "Nobody Ltd"
    assert makers.house("Schneider Electric Motion USA") == makers.house("Schneider Automation") == "Schneider Electric"


@pytest.mark.parametrize(
    "name",
    [
        *("Mitsubishi Heavy Industries", "Mitsubishi Motors", "Schneider Elektronik", "Rockwell Collins", "Digi-Data"),
        *("Emerson Radio", "Carrier Access", "Hitachi Zosen", "Yamaha Motor"),
    ],
)
def test_another_company_that_begins_with_the_same_word_is_a_house_of_its_own(name: str) -> None:
    assert makers.house(f"{name} Corporation") in {name, f"{name} Corporation"}


def test_fields_that_are_parted_by_tabs_are_read_as_those_parted_by_spaces() -> None:
    text = (
        "APC Web/SNMP Management Card (MB:v4.1.0\tPF:v6.4.6\tPN:apc_hw05_aos_646.bin AF1:v6.4.6 "
        "AN1:apc_hw05_rpdu2g_646.bin\tMN:AP8881\tHR:02\tSN: 5A1827E02199\tMD:07/04/2018)"
    )
    told = values(Claim("description", text))
    assert (told["model"], told["serial_number"], told["hardware_version"]) == ("AP8881", "5A1827E02199", "02")


SHORT = """
field = "description"
provenance = "made up"
[[fingerprint]]
name = "moxa-short"
only = "Moxa"
pattern = '^(?P<model>S[0-9]{3})$'
set = { asset_role_type = "switch" }
examples = [{ text = "S508", gives = { model = "S508" } }]
not = ["S508 v"]
"""


@pytest.mark.parametrize(
    ("makers_said", "told"),
    [
        ([], {}),
        ([Claim("manufacturer", "Moxa", confidence=50)], {"model": "S508", "asset_role_type": "switch"}),
        (
            [Claim("snmp_enterprise_number", 8691)],
            {"manufacturer": "Moxa", "model": "S508", "asset_role_type": "switch"},
        ),
        ([Claim("manufacturer", "Hirschmann", confidence=90), Claim("manufacturer", "Moxa", confidence=50)], {}),
        ([Claim("manufacturer", "Hirschmann"), Claim("manufacturer", "Moxa")], {}),
    ],
)
def test_a_name_that_others_may_have_is_read_of_its_makers_devices_only(
    tmp_path: Path, makers_said: list[Claim], told: dict[str, str]
) -> None:
    found = derive([Claim("description", "S508"), *makers_said], load(folder(tmp_path, SHORT)))
    assert {one.claim.key: one.claim.value for one in found} == told


def test_the_maker_of_a_condition_is_on_the_list(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only: the maker 'MOXA' is spelled 'Moxa'"):
        load(folder(tmp_path, SHORT.replace('only = "Moxa"', 'only = "MOXA"')))


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("M4300-52G", "M4300-52G"),
        ("SW01-HALLE", None),
        ("BER-SW-02", None),
        ("QX300-BERLIN", None),
        ("RTL8382M", None),
        ("BERLIN01", None),
        ("WINDOWS10", None),
    ],
)
def test_the_name_of_a_product_alone_is_a_model_where_somebody_is_known_to_have_made_it(
    text: str, model: str | None
) -> None:
    description = Claim("description", text)
    assert values(description, Claim("snmp_enterprise_number", 4526)).get("model") == model
    assert "model" not in values(description)


def test_a_name_that_was_read_because_of_its_maker_is_that_makers() -> None:
    panel = Claim("description", "GS2107-WTBD")  # as a panel of Mitsubishi Electric is called
    told = derive([panel, Claim("snmp_enterprise_number", 890)])
    assert {one.claim.value for one in told if one.claim.key == "manufacturer"} == {"Zyxel"}


def test_a_version_behind_the_name_of_a_product_is_its_firmware_only_when_it_cannot_be_that_of_its_hardware() -> None:
    number = Claim("snmp_enterprise_number", 890)
    for text in ("QX245 3.0", "QX245 v3.0", "QX245 Linux 4.9.11"):
        assert "firmware_software_version" not in values(Claim("description", text), number)
    told = values(Claim("description", "QX245, Firmware Version 3.0"), number)
    assert (told["model"], told["firmware_software_version"]) == ("QX245", "3.0")


def test_the_name_of_a_product_that_may_be_the_administrators_stands_below_the_arc() -> None:
    arc = Claim("sys_object_id", "1.3.6.1.4.1.4526.100.4.32")
    told = derive([Claim("description", "QX2000-24P"), arc, Claim("snmp_enterprise_number", 4526)])
    surest = max((one.claim for one in told if one.claim.key == "model"), key=lambda one: one.confidence)
    assert surest.value == "GS724Tv4"
