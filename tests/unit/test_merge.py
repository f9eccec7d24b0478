"""Laws of merging: which observations are one device, whatever order they come in."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl import keys
from assetctl.merge import Cluster, Pin, PinKind, cluster
from assetctl.model import Address, Claim, Observation, Outcome, SubjectKind
from assetctl.sightings import sightings

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN = Claim("port_state", "open", SubjectKind.SERVICE, "tcp/502")
CLOSED = Claim("port_state", "closed", SubjectKind.SERVICE, "tcp/502")


def serial(number: str, maker: str = "Siemens", part: str = "") -> tuple[Claim, ...]:
    return Claim("serial_number", number, part=part), Claim("manufacturer", maker, part=part)


def mac(text: str) -> Claim:
    return Claim("mac_address", text, SubjectKind.INTERFACE, "1")


def engine(text: str) -> Claim:
    return Claim("snmp_engine_id", text)


def name(text: str) -> Claim:
    return Claim("hostname", text)


def seen(
    *claims: Claim,
    ip: str | None = "10.0.0.1",
    scan: int = 1,
    reader: str = "modbus/1",
    outcome: Outcome = Outcome.ANSWERED,
    source: str = "probe",
    realm: str = "plant",
) -> Observation:
    """An observation; its id says everything that it was made of, so that equal ones are the same one."""
    began = START + timedelta(days=scan)
    what = " ".join(f"{claim.key}={claim.value}@{claim.part}" for claim in claims)
    return Observation(
        id=f"s{scan} {realm} {ip} {reader} {outcome} {what}",
        scan=f"s{scan}",
        source=source,
        reader=reader,
        realm=realm,
        target=Address(realm, ip_address(ip)) if ip else None,
        vantage="eth0/10.0.0.250",
        outcome=outcome,
        started=began,
        ended=began + HOUR,
        exchanges=(),
        claims=claims,
    )


def merged(*observations: Observation, pins: tuple[Pin, ...] = ()) -> tuple[Cluster, ...]:
    return cluster(sightings(observations), pins=pins)


def groups(*observations: Observation, pins: tuple[Pin, ...] = ()) -> set[frozenset[str]]:
    return {frozenset(one.id for one in made.sightings) for made in merged(*observations, pins=pins)}


def test_protocols_at_one_address_in_one_scan_are_one_device() -> None:
    assert len(merged(seen(OPEN), seen(*serial("S C-1"), reader="s7/1"), seen(name("a"), reader="snmp/1"))) == 1


def test_realms_are_never_mixed() -> None:
    both = seen(*serial("S C-1"), realm="cell1"), seen(*serial("S C-1"), realm="cell2")
    assert len(merged(*both)) == 2


def test_a_serial_number_follows_the_device_to_another_address() -> None:
    made = merged(seen(*serial("S C-1")), seen(*serial(" s  c-1 ", maker="SIEMENS AG"), ip="10.0.0.9", scan=2))
    assert len(made) == 1
    assert [(join.key, join.value) for join in made[0].joins] == [("serial_number", "Siemens S C-1")]
    assert len(made[0].joins[0].observations) == 2


def test_the_same_number_of_two_makers_is_two_devices() -> None:
    assert len(merged(seen(*serial("1001")), seen(*serial("1001", maker="WAGO"), ip="10.0.0.9"))) == 2


@pytest.mark.parametrize(
    "junk",
    [
        *("", "0", "0000", "unknown", "123456789", "11111111", "To be filled by O.E.M.", "none", "N/A", "---", "x"),
        *("075BCD15", "499602D2", "DEADBEEF"),
    ],
)
def test_what_makers_write_for_no_number_joins_nothing(junk: str) -> None:
    assert len(merged(seen(*serial(junk)), seen(*serial(junk), ip="10.0.0.9"))) == 2


@pytest.mark.parametrize(
    "junk",
    ["SN-12345", "SYS-1234567890", "0x00000000", "S C-0000000000", "0000000001", "(null string)", "OEM_Serial"],
)
def test_a_number_that_counts_up_or_repeats_one_sign_behind_its_label_joins_nothing(junk: str) -> None:
    assert len(merged(seen(*serial(junk)), seen(*serial(junk), ip="10.0.0.9"))) == 2


def test_short_numbers_without_a_maker_join_nothing() -> None:
    assert len(merged(seen(Claim("serial_number", "1001")), seen(Claim("serial_number", "1001"), ip="10.0.0.9"))) == 2
    long = Claim("serial_number", "VPL1204377")
    assert len(merged(seen(long), seen(long, ip="10.0.0.9"))) == 1


@pytest.mark.parametrize(
    "address",
    [
        "00:00:5E:00:01:07",
        "00:00:0C:07:AC:01",
        "00:00:0C:9F:F0:01",
        "02:00:00:00:00:01",
        "01:80:C2:00:00:0E",
        "00:05:73:A0:00:01",
        "00:00:00:00:00:00",
        "FF:FF:FF:FF:FF:FF",
        "00:09:0F:09:00:03",
        "E0:23:FF:FC:00:01",
        "00:50:56:C0:00:08",
        "00:05:9A:3C:7A:00",
        "50:50:54:50:30:30",
    ],
)
def test_redundancy_local_and_group_addresses_join_nothing(address: str) -> None:
    assert len(merged(seen(mac(address)), seen(mac(address), ip="10.0.0.9"))) == 2


def test_a_redundant_pair_behind_a_virtual_mac_stays_two_devices() -> None:
    virtual = mac("00:00:5E:00:01:07")
    one = seen(*serial("FOC1"), mac("00:0E:8C:00:00:01"), virtual, ip="10.0.0.2")
    two = seen(*serial("FOC2"), mac("00:0E:8C:00:00:02"), virtual, ip="10.0.0.3")
    shared = [seen(*serial("FOC1"), virtual, ip="10.0.0.1"), seen(*serial("FOC2"), virtual, ip="10.0.0.1", scan=2)]
    assert len(merged(one, two, *shared)) == 2


def test_a_mac_that_wanders_between_two_serial_numbers_joins_nothing_and_says_so() -> None:
    shared = mac("00:0E:8C:00:00:01")
    made = merged(seen(*serial("A1"), shared), seen(*serial("B1"), shared, ip="10.0.0.9"))
    assert len(made) == 2
    assert all(
        [(join.key, join.value) for join in one.refused] == [("mac_address", "00:0E:8C:00:00:01")] for one in made
    )


def product(maker: str, model: str, order: str = "") -> tuple[Claim, ...]:
    return Claim("manufacturer", maker), Claim("model", model), *((Claim("order_code", order),) if order else ())


@pytest.mark.parametrize(
    "shared", [(mac("00:0E:8C:00:00:01"),), serial("AB123456", "Acme"), (engine("80001f8880e9630000d61ff449"),)]
)
def test_what_two_addresses_share_joins_no_devices_that_tell_of_different_products(shared: tuple[Claim, ...]) -> None:
    one = seen(*shared, *product("Acme", "P-100"))
    other = seen(*shared, *product("Acme", "P-200"), ip="10.0.0.2")
    again = seen(*shared, *product("ACME", "p-100"), ip="10.0.0.2")
    assert len(merged(one, other)) == 2
    assert all(made.refused for made in merged(one, other))
    assert len(merged(one, again)) == 1
    elsewhere = seen(*shared, *product("Acme", "P-200"), ip="10.0.0.2", reader="snmp/1")
    assert len(merged(one, elsewhere)) == 1


@pytest.mark.parametrize("other", [product("Other", "P-100"), product("Acme", "P-100", "A-2")])
def test_another_product_at_an_address_is_another_device_in_any_order(other: tuple[Claim, ...]) -> None:
    first, second = seen(*product("Acme", "P-100", "A-1")), seen(*other, scan=2)
    third = seen(OPEN, scan=3)
    expected = {frozenset({first.id}), frozenset({second.id, third.id})}
    assert groups(first, second, third) == groups(third, second, first) == expected


def test_new_firmware_that_spells_the_model_otherwise_is_the_device_of_before() -> None:
    assert len(merged(seen(*product("Acme", "P-100")), seen(*product("Acme", "P 100 series"), scan=2))) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("S C-J6TB12345678", "SC-J6TB12345678"), ("0012345679", "12345679"), ("0x00A1B2C3", "00A1B2C3")]
)
def test_a_serial_number_spelled_otherwise_does_not_part_a_device(one: str, other: str) -> None:
    assert len(merged(seen(*serial(one)), seen(*serial(other), reader="snmp/1"))) == 1
    assert len(merged(seen(*serial(one)), seen(*serial("91" + other[2:]), reader="snmp/1"))) == 2


def test_a_serial_number_without_its_blanks_and_dashes_follows_the_device_to_another_address() -> None:
    assert len(merged(seen(*serial("S C-J6TB12345678")), seen(*serial("SC J6TB12345678"), ip="10.0.0.9", scan=2))) == 1
    assert len(merged(seen(*serial("A 1-2")), seen(*serial("A 12"), ip="10.0.0.9", scan=2))) == 2


@pytest.mark.parametrize("source", ["probe", "snmp-walk"])
def test_an_engine_id_of_a_copied_disk_joins_nothing_over_scans_that_saw_one_of_them_each(source: str) -> None:
    one = seen(engine(CLONED), name("a"), source=source)
    other = seen(engine(CLONED), name("b"), ip="10.0.0.2", scan=2, source=source)
    assert len(merged(one, other)) == 2
    renamed = seen(engine(CLONED), name("b"), scan=2, source=source)
    assert len(merged(one, renamed)) == 1


def test_a_router_that_answers_for_others_does_not_melt_them() -> None:
    shared = mac("00:0E:8C:00:00:01")
    assert len(merged(*(seen(shared, ip=f"10.0.0.{at}") for at in range(1, 9)))) == 8


def test_one_card_with_an_address_of_each_version_is_one_device() -> None:
    shared = mac("00:0E:8C:00:00:01")
    assert len(merged(seen(shared), seen(shared, ip="fd00::1"))) == 1


CLONED = "80001f8880e9630000d61ff449"


def test_cloned_engine_ids_do_not_melt_devices() -> None:
    by_name = seen(engine(CLONED), name("a")), seen(engine(CLONED), name("b"), ip="10.0.0.2")
    assert len(merged(*by_name)) == 2
    by_mac = (
        seen(engine(CLONED), mac("00:0E:8C:00:00:01")),
        seen(engine(CLONED), mac("00:0E:8C:00:00:02"), ip="10.0.0.2"),
    )
    assert len(merged(*by_mac)) == 2
    by_serial = seen(engine(CLONED), *serial("A1")), seen(engine(CLONED), *serial("B1"), ip="10.0.0.2")
    assert len(merged(*by_serial)) == 2


def test_an_engine_id_joins_the_addresses_of_one_router() -> None:
    assert len(merged(seen(engine(CLONED), name("r1")), seen(engine(CLONED), name("r1"), ip="10.0.1.1"))) == 1


def test_engine_ids_that_hold_only_an_address_join_nothing() -> None:
    ip_only = "8000000901c0a80001"  # format 1: 192.168.0.1, as in every cell
    assert keys.engine_id(ip_only) is None
    assert len(merged(seen(engine(ip_only)), seen(engine(ip_only), ip="10.0.0.9"))) == 2


def test_a_constant_programmed_as_serial_number_does_not_melt_devices() -> None:
    many = [seen(*serial("SN4711"), name(f"m{at}"), ip=f"10.0.0.{at}") for at in range(1, 5)]
    assert len(merged(*many)) == 4


def test_a_device_without_keys_stays_itself_while_it_keeps_answering() -> None:
    made = merged(*(seen(OPEN, scan=scan) for scan in (1, 2, 3)))
    assert len(made) == 1
    assert made[0].joins[0].value == "plant/10.0.0.1"


def test_a_silent_scan_ends_a_presence_and_a_refusal_does_not() -> None:
    silent = seen(outcome=Outcome.SILENT, scan=2)
    refused = seen(CLOSED, outcome=Outcome.REFUSED, scan=2)
    aborted = seen(outcome=Outcome.ABORTED, scan=2)
    ends = seen(OPEN), seen(OPEN, scan=3)
    assert len(merged(*ends, silent)) == 2
    assert len(merged(*ends, refused)) == 1
    assert len(merged(*ends, aborted)) == 1


def test_a_re_used_address_is_another_device_and_the_nameless_scan_goes_with_the_past() -> None:
    first, between, last = seen(*serial("A1")), seen(OPEN, scan=2), seen(*serial("B1"), scan=3)
    assert groups(first, between, last) == {frozenset({first.id, between.id}), frozenset({last.id})}
    assert len(merged(seen(mac("00:0E:8C:00:00:01")), seen(mac("00:0E:8C:00:00:02"), scan=2))) == 2


def test_two_devices_behind_one_address_stay_apart_and_the_nameless_goes_with_one() -> None:
    made = groups(seen(*serial("A1"), reader="s7/1"), seen(*serial("B1"), reader="snmp/1"), seen(OPEN))
    assert sorted(map(len, made)) == [1, 2]


def test_nothing_but_closed_ports_and_silence_is_no_asset() -> None:
    assert merged(seen(CLOSED), seen(outcome=Outcome.SILENT, ip="10.0.0.2"), seen(outcome=Outcome.REFUSED)) == ()
    reachable = Claim("reachable", True)
    assert merged(seen(reachable, outcome=Outcome.REFUSED)) == ()
    assert len(merged(seen(reachable, CLOSED, source="nmap"))) == 1


def test_closed_ports_belong_to_the_asset_that_is_there() -> None:
    made = merged(seen(CLOSED, reader="ports/1", outcome=Outcome.REFUSED), seen(*serial("A1")))
    assert [len(one.sightings) for one in made] == [2]


def test_parts_hang_on_their_device_and_keep_their_place_over_scans() -> None:
    units = [seen(OPEN, Claim("modbus_unit_id", 7, part="unit/7"), scan=scan) for scan in (1, 2)]
    device, part = sorted(merged(*units), key=lambda one: bool(one.parent))
    assert part.parent == device.name
    assert len(part.sightings) == 2


def test_a_swapped_module_is_another_part_in_the_same_slot() -> None:
    made = merged(*(seen(OPEN, *serial(f"M{scan}1", part="slot/3"), scan=scan) for scan in (1, 2)))
    assert sorted(bool(one.parent) for one in made) == [False, True, True]


def test_the_gateway_module_that_sees_itself_in_the_rack_is_no_part_of_itself() -> None:
    made = merged(seen(*serial("E1"), *serial("E1", part="slot/1"), *serial("C1", part="slot/0")))
    assert sorted(bool(one.parent) for one in made) == [False, True]


def test_modules_that_repeat_the_number_of_their_chassis_are_not_melted() -> None:
    made = merged(seen(*serial("FOC1"), *serial("FOC1", part="entity/1"), *serial("FOC1", part="entity/2")))
    assert len(made) == 3


def test_one_module_seen_through_two_gateways_of_a_chassis_is_one_asset() -> None:
    slot = Claim("chassis_serial_number", "CH77", part="slot/3"), Claim("slot", 3, part="slot/3")
    made = merged(seen(*serial("E1"), *slot), seen(*serial("E2"), *slot, ip="10.0.0.2"))
    assert sorted(len(one.sightings) for one in made) == [1, 1, 2]


def test_a_person_can_join_and_part() -> None:
    one, two = seen(*serial("A1")), seen(mac("00:0E:8C:00:00:02"), ip="10.0.0.2")
    join = Pin(PinKind.JOIN, "serial_number Siemens A1", "address plant/10.0.0.2")
    made = merged(one, two, pins=(join,))
    assert len(made) == 1
    assert made[0].joins[0].key == "pin"
    three = seen(mac("00:0E:8C:00:00:02"), reader="snmp/1")
    apart = Pin(PinKind.APART, "serial_number Siemens A1", "mac_address 00:0E:8C:00:00:02")
    assert len(merged(one, three)) == 1
    assert len(merged(one, three, pins=(apart,))) == 2


def test_an_imported_record_without_address_is_a_device_of_its_own() -> None:
    assert len(merged(seen(name("hmi1"), ip=None, source="csv"), seen(name("hmi2"), ip=None, source="csv"))) == 2


CLAIMS = st.lists(
    st.one_of(
        st.sampled_from([OPEN, CLOSED, Claim("modbus_unit_id", 7, part="unit/7")]),
        st.sampled_from(["A1", "B1", "unknown"]).map(lambda text: Claim("serial_number", text)),
        st.sampled_from(["A1", "M1"]).map(lambda text: Claim("serial_number", text, part="slot/1")),
        st.sampled_from(["Siemens", "WAGO"]).map(lambda text: Claim("manufacturer", text)),
        st.sampled_from(["00:0E:8C:00:00:01", "00:0E:8C:00:00:02", "00:00:5E:00:01:01"]).map(mac),
        st.sampled_from([CLONED, "80001f88040102030405", "8000000901c0a80001"]).map(engine),
        st.sampled_from(["a", "b"]).map(name),
    ),
    max_size=3,
    unique=True,
)
OBSERVATIONS = st.lists(
    st.builds(
        lambda claims, ip, scan, reader, outcome: seen(*claims, ip=ip, scan=scan, reader=reader, outcome=outcome),
        CLAIMS,
        st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3", None]),
        st.integers(1, 4),
        st.sampled_from(["modbus/1", "snmp/1"]),
        st.sampled_from([Outcome.ANSWERED, Outcome.SILENT, Outcome.REFUSED, Outcome.ABORTED]),
    ),
    max_size=12,
)


@given(OBSERVATIONS, st.randoms(use_true_random=False))
def test_the_order_of_observations_does_not_matter(observations: list[Observation], random: object) -> None:
    shuffled = observations[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merged(*shuffled) == merged(*observations)
    assert merged(*observations, *shuffled) == merged(*observations)


@given(OBSERVATIONS)
def test_every_sighting_is_in_one_cluster_at_most_and_no_part_is_its_own_parent(
    observations: list[Observation],
) -> None:
    made = merged(*observations)
    members = [one.id for group in made for one in group.sightings]
    assert len(members) == len(set(members))
    names = {group.name: group for group in made}
    for group in made:
        assert group.parent != group.name
        if group.parent:
            assert not names[group.parent].parent


@given(OBSERVATIONS)
def test_a_cluster_of_more_than_one_sighting_is_held_together_by_reasons(observations: list[Observation]) -> None:
    for group in merged(*observations):
        reached = {group.sightings[0].observation}
        for _ in group.joins:
            for join in group.joins:
                if reached & set(join.observations):
                    reached |= set(join.observations)
        assert reached == {one.observation for one in group.sightings}


@given(OBSERVATIONS)
def test_two_serial_numbers_of_one_maker_are_never_one_device_unless_one_answer_told_both(
    observations: list[Observation],
) -> None:
    for group in merged(*observations):
        told = [frozenset(key.mark for key in held if key.klass is keys.KeyClass.SERIAL_NUMBER) for held in group.keys]
        told = [marks for marks in told if marks]
        if len(frozenset().union(*told)) > 1:
            assert any(len(marks) > 1 for marks in told)
