"""The makers' own identity objects: laws over the list, and what is asked and claimed of agents that have them."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pyasn1.codec.ber import encoder
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c

from assetctl.errors import Refusal
from assetctl.protocol import Context, Credential
from assetctl.protocols.snmp import PROTOCOL, codec, objects, probe, vendors
from assetctl.protocols.snmp.vendors import Entry, Form, Scalar
from assetctl.protocols.snmp.vet import vet
from tests.unit.snmp_agent import Agent, Oid, Talked, talk_to

ENTERPRISES = (1, 3, 6, 1, 4, 1)
SNIA = (*ENTERPRISES, 14851)
SCTE = (*ENTERPRISES, 5591)  # ANSI/SCTE 38: power supplies and amplifiers of cable networks
STANDARD = (*((1, 3, 6, 1, 2, 1, group) for group in (16, 25, 33, 43)), SNIA, SCTE)
SHARED = {"any UPS", "several on Net-SNMP", "several under Windows"}
NET_SNMP = (*ENTERPRISES, 8072, 3, 2, 10)
DELL_TAG = "674.10892.1.300.10.1.11.1"
V1, V2C = Credential("old", "snmp-v1"), Credential("ro", "snmp-v2c")
ENTRIES = vendors.entries()
of_entries = pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: f"{e.maker} {e.prefixes[0][6:]}")


def text(value: str | bytes) -> Any:
    return v2c.OctetString(value.encode() if isinstance(value, str) else value)


def enterprise(oid: Oid) -> Oid:
    """Six numbers and the enterprise's own, or the standard's subtree."""
    return oid[:7]


def agent(sys_object_id: Oid, own: dict[Oid, Any], **options: Any) -> Agent:
    known = {
        objects.SYS_DESCR: text("a device"),
        objects.SYS_OBJECT_ID: v2c.ObjectIdentifier(sys_object_id),
        objects.SYS_UP_TIME: v2c.TimeTicks(100),
        (2, 999, 1): text("end"),
    }
    return Agent({**known, **own}, **options)


def ask(one: Agent, credential: Credential = V2C, depth: frozenset[str] = frozenset()) -> Talked:
    context = Context(port=161, seed=7, credentials=(credential,), depth=depth)
    return talk_to(probe.probe(context), {credential.name: one})


def values(said: Talked) -> dict[str, Any]:
    return {claim.key: claim.value for claim in said.claims if claim.key in vendors.KEYS and not claim.part}


def asked_objects(one: Agent) -> list[Oid]:
    """Objects of every Get behind the first, which is the system group's."""
    from pyasn1.codec.ber import decoder

    found: list[Oid] = []
    for unit in [unit for unit in one.asked if unit[0] == 0xA0][1:]:
        question = decoder.decode(unit, asn1Spec=rfc1905.PDUs())[0].getComponent()
        found += [tuple(name) for name, _ in v2c.apiPDU.get_varbinds(question)]
    return found


def oid(dotted: str) -> Oid:
    return (*ENTERPRISES, *map(int, dotted.split(".")))


def chassis(**columns: str) -> dict[Oid, Any]:
    """A chassis in ENTITY-MIB that tells these of itself."""
    by_name = {
        "model": objects.ENT_MODEL_NAME,
        "serial_number": objects.ENT_SERIAL_NUM,
        "firmware": objects.ENT_FIRMWARE_REV,
        "software": objects.ENT_SOFTWARE_REV,
        "hardware": objects.ENT_HARDWARE_REV,
    }
    row = {(*by_name[name], 1): text(value) for name, value in columns.items()}
    return row | {(*objects.ENT_CLASS, 1): v2c.Integer(3), (*objects.ENT_CONTAINED_IN, 1): v2c.Integer(0)}


def scalars() -> Iterator[tuple[Entry, Scalar]]:
    return ((entry, scalar) for entry in ENTRIES for scalar in entry.scalars)


def test_at_least_eighty_makers_have_objects_of_their_own_or_a_standard() -> None:
    assert len({entry.maker for entry in ENTRIES} - SHARED) >= 80


@of_entries
def test_an_entry_asks_for_one_to_ten_objects_and_none_twice(entry: Entry) -> None:
    asked = [scalar.oid for scalar in entry.scalars]
    assert 1 <= len(asked) <= 10
    assert len(set(asked)) == len(asked)


@of_entries
def test_an_object_lies_under_an_enterprise_of_its_maker_or_a_standard_for_the_fact(entry: Entry) -> None:
    same_maker = {enterprise(prefix) for one in ENTRIES if one.maker == entry.maker for prefix in one.prefixes}
    for scalar in entry.scalars:
        told = {enterprise(prefix) for one in ENTRIES if one.maker == scalar.tells for prefix in one.prefixes}
        assert enterprise(scalar.oid) in same_maker | told or scalar.oid[:7] in STANDARD, scalar


@of_entries
def test_the_maker_is_told_where_and_only_where_the_prefix_does_not_tell_it(entry: Entry) -> None:
    is_shared = entry.maker in SHARED - {"any UPS"}
    assert all(bool(scalar.tells) is is_shared for scalar in entry.scalars)


@of_entries
def test_a_fact_is_of_the_closed_set_and_has_a_module_and_an_object_for_source(entry: Entry) -> None:
    for scalar in entry.scalars:
        assert scalar.key in vendors.KEYS <= PROTOCOL.claims
        module, name = scalar.source.split(" ")
        assert module[0].isupper()
        assert name[0].islower()


@of_entries
def test_a_name_has_its_instance_and_fits_what_the_vet_reads(entry: Entry) -> None:
    for scalar in entry.scalars:
        assert scalar.oid[-1] in (0, 1) or scalar.oid[:7] == (*ENTERPRISES, 25049), scalar  # that agent gives no .0
        unit = codec.encode_get(request_id=codec.REQUEST_ID_BASE, objects=(scalar.oid,))
        assert vet(unit) == "get-vendor"


def test_no_prefix_stands_twice_but_what_makers_share() -> None:
    count = Counter(prefix for entry in ENTRIES for prefix in entry.prefixes if not entry.is_shared)
    assert [prefix for prefix, times in count.items() if times > 1] == []


def test_only_a_number_that_the_mib_has_for_it_is_a_serial_number() -> None:
    numbers = [(entry.maker, scalar.key) for entry, scalar in scalars() if scalar.form is Form.NUMBER]
    assert set(numbers) == {(maker, "serial_number") for maker in ("AudioCodes", "Gude", "Moxa", "RACOM", "Red Lion")}


def test_the_longest_prefix_decides_and_a_longer_number_is_no_prefix() -> None:
    (small,), (large,) = vendors.entries_of(oid("9.6.1.83")), vendors.entries_of(oid("9.1.617"))
    assert small is not large
    assert "SoftwareVersion" in small.scalars[0].source
    (general,) = vendors.entries_of(oid("8691.7.11"))
    assert general.prefixes == (oid("8691"),)
    assert vendors.entries_of(oid("99999.1")) == vendors.entries_of(()) == ()


def encoded(names: list[Oid], request_id: int = codec.REQUEST_ID_BASE, kind: Any = rfc1905.GetRequestPDU) -> bytes:
    """A question written by pysnmp."""
    made = kind()
    v2c.apiPDU.set_defaults(made)
    v2c.apiPDU.set_request_id(made, request_id)
    v2c.apiPDU.set_varbinds(made, [(name, v2c.Null("")) for name in names])
    return bytes(encoder.encode(made))


APC_MODEL, FORTI_SERIAL = oid("318.1.1.12.1.5.0"), oid("12356.100.1.1.1.0")


def test_objects_of_one_entry_may_leave_together_as_an_identity_question() -> None:
    for entry in ENTRIES:
        assert vet(encoded([scalar.oid for scalar in entry.scalars])) == "get-vendor"


@pytest.mark.parametrize(
    ("names", "request_id", "kind"),
    [
        ([APC_MODEL, FORTI_SERIAL], codec.REQUEST_ID_BASE, rfc1905.GetRequestPDU),
        ([APC_MODEL, objects.SYS_DESCR], codec.REQUEST_ID_BASE, rfc1905.GetRequestPDU),
        ([APC_MODEL], codec.REQUEST_ID_BASE | codec.DEPTH_MARK, rfc1905.GetRequestPDU),
        ([APC_MODEL], codec.REQUEST_ID_BASE, rfc1905.GetNextRequestPDU),
        ([APC_MODEL], codec.REQUEST_ID_BASE, rfc1905.SetRequestPDU),
        ([APC_MODEL[:-1]], codec.REQUEST_ID_BASE, rfc1905.GetRequestPDU),
        ([(*APC_MODEL[:-1], 1)], codec.REQUEST_ID_BASE, rfc1905.GetRequestPDU),
        ([(*APC_MODEL, 0)], codec.REQUEST_ID_BASE, rfc1905.GetRequestPDU),
    ],
)
def test_objects_of_several_makers_other_instances_and_other_questions_are_refused(
    names: list[Oid], request_id: int, kind: Any
) -> None:
    with pytest.raises(Refusal):
        vet(encoded(names, request_id, kind))


def test_the_published_selections_are_all_parts_of_each_entry_and_no_more() -> None:
    selections = vendors.Selections()
    assert len(selections) == sum(2 ** len(entry.scalars) - 1 for entry in ENTRIES)
    assert selections[0] == tuple(scalar.oid for scalar in ENTRIES[0].scalars)
    assert selections[-1] == (ENTRIES[-1].scalars[-1].oid,)
    assert selections[len(selections) - 1] == selections[-1]
    with pytest.raises(IndexError):
        selections[len(selections)]


def test_an_agent_without_an_entity_table_is_asked_once_for_all_objects_of_its_maker() -> None:
    one = agent(
        oid("318.1.3.4.6"),
        {
            APC_MODEL: text("AP8932"),
            oid("318.1.1.12.1.6.0"): text("3F503A169043"),
            oid("318.1.1.12.1.3.0"): text("v6.7.2"),
        },
    )
    said = ask(one)
    assert said.requests.count("get-vendor") == 1
    assert values(said) == {
        "model": "AP8932",
        "serial_number": "3F503A169043",
        "firmware_software_version": "v6.7.2",
    }


def test_only_what_the_entity_table_does_not_tell_is_asked_for() -> None:
    own = {oid("25461.2.1.2.1.1.0"): text("8.0.1"), oid("25461.2.1.2.1.3.0"): text("OTHER")}
    one = agent(oid("25461.2.3.9"), {**chassis(serial_number="0009C100761", hardware="3.0"), **own})
    assert values(ask(one)) == {
        "serial_number": "0009C100761",
        "hardware_version": "3.0",
        "firmware_software_version": "8.0.1",
    }
    assert asked_objects(one) == [oid("25461.2.1.2.1.1.0")]


def test_nothing_is_asked_where_the_entity_table_tells_everything() -> None:
    one = agent(oid("2636.1.1.1.2.21"), {**chassis(serial_number="JN11FCEC5AFA"), oid("2636.3.1.3.0"): text("OTHER")})
    said = ask(one)
    assert "get-vendor" not in said.requests
    assert values(said) == {"serial_number": "JN11FCEC5AFA"}


def test_a_version_that_may_be_the_boot_loaders_does_not_keep_the_makers_own_from_being_asked() -> None:
    own = {oid("12356.101.4.1.1.0"): text("v5.4.5,build1138,170531 (GA)"), FORTI_SERIAL: text("FGT3KD3Z16800461")}
    said = ask(agent(oid("12356.101.1.30000"), {**chassis(firmware="1.0"), **own}))
    told = {(c.value, c.confidence) for c in said.claims if c.key == "firmware_software_version"}
    assert told == {("1.0", 60), ("v5.4.5,build1138,170531", vendors.CONFIDENCE)}


@pytest.mark.parametrize("sys_object_id", [oid("99999.1"), (0, 0)])
def test_an_agent_of_an_unknown_maker_is_not_asked(sys_object_id: Oid) -> None:
    assert "get-vendor" not in ask(agent(sys_object_id, {})).requests


@pytest.mark.parametrize(
    "value",
    [text(""), text("   "), text("N/A"), text("0000000000"), text("AB\nCD"), v2c.Integer(12345), text("\x1b[2J")],
)
def test_placeholders_numbers_and_control_signs_are_no_serial_number(value: Any) -> None:
    assert values(ask(agent(oid("12356.101.1"), {FORTI_SERIAL: value}))) == {}


def test_a_number_is_a_serial_number_where_the_mib_says_so_and_not_when_it_is_zero() -> None:
    serial = oid("8691.2.8.1.1.2.0")
    assert values(ask(agent(oid("8691.2.8"), {serial: v2c.Integer(4711)}))) == {"serial_number": "4711"}
    assert values(ask(agent(oid("8691.2.8"), {serial: v2c.Integer(0)}))) == {}
    assert values(ask(agent(oid("8691.2.8"), {serial: text("4711")}))) == {}


def test_a_long_text_is_cut() -> None:
    said = ask(agent(oid("12356.101.1"), {FORTI_SERIAL: text("A" * 1000)}))
    assert values(said) == {"serial_number": "A" * vendors.MOST_TEXT}


def test_the_first_of_several_objects_for_a_fact_that_has_a_value_counts() -> None:
    model, other = oid("534.1.1.2.0"), oid("534.6.6.7.1.2.1.2.0")
    assert values(ask(agent(oid("534.1"), {model: text("9PX"), other: text("EPDU")}))) == {"model": "9PX"}
    assert values(ask(agent(oid("534.1"), {model: text("-"), other: text("EPDU")}))) == {"model": "EPDU"}


def test_net_snmp_agents_tell_the_maker_by_whose_objects_they_have() -> None:
    serial = oid("6574.1.5.2.0")
    said = ask(agent(NET_SNMP, {serial: text("1780PDN123456")}))
    assert values(said) == {"manufacturer": "Synology", "serial_number": "1780PDN123456"}
    assert said.requests.count("get-vendor") == 1  # the first maker that answers is the last that is asked
    assert values(ask(agent(NET_SNMP, {}))) == {}


@pytest.mark.parametrize(
    ("sys_object_id", "own", "told"),
    [
        ("8072.3.2.8", {"11256.1.0.1.0": "SN310"}, {"manufacturer": "Stormshield", "model": "SN310"}),
        ("683.6.0", {"10642.1.2.0": "V53.17.22Z"}, {"firmware_software_version": "V53.17.22Z"}),
        ("4555.2.30", {"4555.2.30.1.3.0": "YD17190028  A"}, {"serial_number": "YD17190028  A"}),
        ("8072.3.2.10", {"48690.1.7.0": "RUT240"}, {"manufacturer": "Teltonika", "model": "RUT240"}),
        ("8072.3.2.10", {"232.2.2.4.2.0": "ProLiant DL380"}, {"manufacturer": "HPE", "model": "ProLiant DL380"}),
        ("311.1.1.3.1.2", {DELL_TAG: "1AB2C34"}, {"manufacturer": "Dell", "serial_number": "1AB2C34"}),
    ],
)
def test_a_device_behind_another_makers_number_is_asked_for_its_own_objects(
    sys_object_id: str, own: dict[str, str], told: dict[str, str]
) -> None:
    one = agent(oid(sys_object_id), {oid(name): text(value) for name, value in own.items()})
    assert values(ask(one)) == told


@pytest.mark.parametrize(
    ("sys_object_id", "name", "given", "read"),
    [
        ("248.14.10.41", "248.14.1.1.2.0", "SW: L2P-09.0.04 CH: 1.10 BP: 000", "L2P-09.0.04"),
        ("248.14.10.41", "248.14.1.1.2.0", "CH: 1.10", None),
        ("25049.1.81", "25049.17.1.1", "4.3.0 f5ad8650 ()", "4.3.0"),
        ("12356.106.1.5005", "12356.106.4.1.1.0", "S124DP-v3.6.9-build0426,190117 (GA)", "v3.6.9"),
        ("1718.3", "1718.3.1.1.0", "Sentry Switched CDU Version 7.1a", "7.1a"),
        ("890.1.15", "890.1.15.3.1.6.0", "V4.50(AAHH.0) | 01/31/2018", "V4.50(AAHH.0)"),
        ("266.1.3.22", "266.20.1.9.0", "SECURE/SNMP/TELNET/WEB/V3.59", "V3.59"),
    ],
)
def test_of_a_sentence_the_part_that_is_the_version_counts(
    sys_object_id: str, name: str, given: str, read: str | None
) -> None:
    said = ask(agent(oid(sys_object_id), {oid(name): text(given)}))
    assert values(said).get("firmware_software_version") == read


@pytest.mark.parametrize(
    ("sys_object_id", "given", "read"),
    [
        ("2385.3.1.112.1.2", "SHARP MX-3570N", "MX-3570N"),
        ("1347.41", "ECOSYS M2540dn", "ECOSYS M2540dn"),
        ("641.1.71106749", "Lexmark T640 41010AB LS.ST.P119", "T640"),
        ("18334.1", "KONICA MINOLTA bizhub C220", "bizhub C220"),
        ("2435.2.3.9.1", "Ethernet port", None),
        ("253.8.62", "Xerox WorkCentre 7775 v1 Multifunction System", "WorkCentre 7775"),
    ],
)
def test_the_first_device_of_a_printer_is_its_model_without_the_maker(
    sys_object_id: str, given: str, read: str | None
) -> None:
    said = ask(agent(oid(sys_object_id), {(1, 3, 6, 1, 2, 1, 25, 3, 2, 1, 3, 1): text(given)}))
    assert values(said).get("model") == read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("NSMPX-8000-10G 4*CPU+6*IX+2*E1K+1*CVM N3 1400100", "NSMPX-8000-10G"),
        ("NetScaler Virtual Appliance", "NetScaler Virtual Appliance"),
    ],
)
def test_the_cards_of_an_appliance_are_no_part_of_its_model(given: str, read: str) -> None:
    assert values(ask(agent(oid("5951.1"), {oid("5951.4.1.1.11.0"): text(given)}))) == {"model": read}


@pytest.mark.parametrize(
    ("given", "read"),
    [("DS-7608NI-K20820190102CCRRC12345678WCVU", True), ("1", False), ("", False)],
)
def test_an_index_is_a_serial_number_only_where_it_looks_like_one(given: str, read: bool) -> None:
    said = values(ask(agent(oid("50001"), {oid("50001.1.3.0"): text(given)})))
    assert said == ({"serial_number": given} if read else {})


def test_a_number_of_the_processor_is_no_serial_number_of_the_ups() -> None:
    serial = oid("318.1.1.1.1.2.3.0")
    assert values(ask(agent(oid("318.1.3.2.12"), {serial: text("AS1127232110")}))) == {"serial_number": "AS1127232110"}
    assert values(ask(agent(oid("318.1.3.2.12"), {serial: text("70A4F2C1")}))) == {}


@of_entries
def test_a_pattern_has_one_group_and_repeats_nothing_without_end_but_its_last_part(entry: Entry) -> None:
    for pattern in (scalar.pattern for scalar in entry.scalars if scalar.pattern is not None):
        assert pattern.groups == 1
        assert len(re.findall(r"(?<!\\)[*+]", pattern.pattern)) <= 1


def test_any_ups_is_asked_for_the_standard_objects() -> None:
    ups = (1, 3, 6, 1, 2, 1, 33)
    own = {(*ups, 1, 1, at, 0): text(value) for at, value in ((1, "Maker"), (2, "UPS 3000"), (3, "1.2"))}
    assert values(ask(agent(ups, own))) == {
        "manufacturer": "Maker",
        "model": "UPS 3000",
        "firmware_software_version": "1.2",
    }


def test_an_agent_of_version_1_is_asked_again_without_what_it_lacks_a_few_times_at_most() -> None:
    some = agent(oid("534.1"), {oid("534.1.1.2.0"): text("9PX"), oid("534.1.1.3.0"): text("1.44")}, is_v1=True)
    said = ask(some, V1)
    assert values(said) == {"model": "9PX", "firmware_software_version": "1.44"}
    assert said.requests.count("get-vendor") <= vendors.MOST_QUESTIONS
    printer = agent(oid("11.2.3.9.1"), {(1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 17, 1): text("CNB1234567")}, is_v1=True)
    assert values(ask(printer, V1)) == {"serial_number": "CNB1234567"}


def test_an_agent_of_version_1_that_may_be_of_any_maker_is_not_asked() -> None:
    serial = {oid("6574.1.5.2.0"): text("1780PDN123456")}
    assert "get-vendor" not in ask(agent(NET_SNMP, serial, is_v1=True), V1).requests


def test_makers_objects_are_asked_for_last_and_from_the_identity_purse_after_a_depth_question() -> None:
    said = ask(agent(oid("12356.101.1"), {FORTI_SERIAL: text("FGT3")}), depth=frozenset({"snmp.tables"}))
    assert said.requests[-1] == "get-vendor"
    assert values(said) == {"serial_number": "FGT3"}


def test_an_agent_that_fell_silent_is_not_asked_for_more() -> None:
    def deaf(pdu: Any) -> bool:
        return isinstance(pdu, rfc1905.GetNextRequestPDU)

    said = ask(agent(oid("12356.101.1"), {FORTI_SERIAL: text("FGT3")}, drops=deaf))
    assert "get-vendor" not in said.requests
