"""Laws of zones.yaml and register.yaml."""

import hashlib
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest

from assetctl.errors import InputError
from assetctl.facts import vocabulary
from assetctl.model import Address, SubjectKind
from assetctl.settings import template
from assetctl.zone_forms import FOUNDATIONAL
from assetctl.zones import declared_value, read_register, read_zones, zone_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _file(tmp_path, content, name="zones.yaml"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _zones(tmp_path, content):
    return read_zones(_file(tmp_path, content)).zones


def _register(tmp_path, content):
    return read_register(_file(tmp_path, content, "register.yaml"), now=NOW)


def _refused(read, tmp_path, content):
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def _at(*written, realm="plant"):
    return [Address(realm, ip_address(one)) for one in written]


NESTED = """
zones:
  - {id: plant, networks: [10.0.0.0/8, "fd00::/16"], level: 3, sl_t: 1}
  - {id: cell-1, networks: [10.1.0.0/16], level: 2}
  - {id: cell-2, networks: [10.2.0.0/16]}
  - {id: safety, networks: [10.1.9.0/24, 10.2.9.0/24], sl_t: {IAC: 3, RA: 0}}
  - {id: other, realm: cell9, networks: [10.1.0.0/16]}
"""


def test_a_zone_has_what_the_file_says(tmp_path):
    content = "zones:\n  - {id: z, realm: r, networks: [10.0.0.0/24, fd00::1], level: 3.5, owner: Müller, sl_t: 2}\n"
    (zone,) = _zones(tmp_path, content)
    assert (zone.id, zone.realm, zone.level, zone.owner) == ("z", "r", "3.5", "Müller")
    assert zone.networks == (ip_network("10.0.0.0/24"), ip_network("fd00::1/128"))
    assert zone.sl_t == dict.fromkeys(FOUNDATIONAL, 2)


def test_a_vector_holds_only_what_it_names(tmp_path):
    assert [dict(zone.sl_t) for zone in _zones(tmp_path, NESTED)][3:] == [{"IAC": 3, "RA": 0}, {}]


def test_the_digest_is_that_of_the_bytes(tmp_path):
    path = _file(tmp_path, NESTED)
    assert read_zones(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("addresses", "zone"),
    [
        (["10.9.0.1"], "plant"),
        (["10.1.0.1"], "cell-1"),
        (["10.1.9.1"], "safety"),
        (["fd00::1"], "plant"),
        (["192.168.0.1"], None),
        ([], None),
        (["10.1.0.1", "192.168.0.1"], "cell-1"),
        (["10.1.0.1", "10.1.0.2"], "cell-1"),
        (["10.1.0.1", "10.1.9.1"], "safety"),
        (["10.9.0.1", "10.1.0.1", "10.1.9.1"], "safety"),
        (["10.1.9.1", "10.2.9.1"], "safety"),
        (["10.1.0.1", "10.2.0.1"], None),
        (["10.1.9.1", "10.2.0.1"], None),
        (["10.9.0.1", "fd00::1"], "plant"),
        (["10.1.0.1", "fd00::1"], None),
    ],
)
def test_the_most_specific_zone_that_lies_inside_the_others_counts(tmp_path, addresses, zone):
    zones = _zones(tmp_path, NESTED)
    assert zone_of(zones, _at(*addresses)) == zone
    assert zone_of(zones[::-1], _at(*addresses[::-1])) == zone, "no order decides"


def test_a_zone_holds_addresses_of_its_own_realm_only(tmp_path):
    zones = _zones(tmp_path, NESTED)
    assert zone_of(zones, _at("10.1.0.1", realm="cell9")) == "other"
    assert zone_of(zones, _at("10.9.0.1", realm="cell9")) is None


@pytest.mark.parametrize(
    ("zone", "line", "said"),
    [
        ("{networks: [10.0.0.0/8]}", 2, 'the key "zones[0].id" is missing'),
        ("{id: a}", 2, '"zones[0].networks" is missing'),
        ("{id: a, networks: []}", 2, "at least 1 item"),
        ("{id: a, networks: 10.0.0.0/8}", 2, "a list is expected"),
        ("{id: a, networks: [10.0.0.1/8]}", 2, "write 10.0.0.0/8"),
        ("{id: a, networks: [10.0.0.300]}", 2, "not a network"),
        ("{id: a b, networks: [10.0.0.0/8]}", 2, "not a name"),
        ("{id: a, realm: A, networks: [10.0.0.0/8]}", 2, "not a realm"),
        ("{id: a, networks: [10.0.0.0/8], level: 6}", 2, "not one of 0, 1, 2, 3, 3.5, 4, 5"),
        ("{id: a, networks: [10.0.0.0/8], sl_t: 5}", 2, "sl_t: a level 0 to 4, or one for each of IAC"),
        ("{id: a, networks: [10.0.0.0/8], sl_t: {UC: 5}}", 2, "sl_t.UC: less than or equal to 4 is expected"),
        ("{id: a, networks: [10.0.0.0/8], sl_t: -1}", 2, "sl_t"),
        ("{id: a, networks: [10.0.0.0/8], sl_t: high}", 2, "sl_t"),
        ("{id: a, networks: [10.0.0.0/8], sl_t: [2]}", 2, "sl_t"),
        ("{id: a, networks: [10.0.0.0/8], sl_t: {IAK: 2}}", 2, 'did you mean "IAC"'),
        (
            "{id: a, networks: [10.0.0.0/8], netwroks: []}",
            2,
            'unknown key "zones[0].netwroks", did you mean "networks"',
        ),
        ("{id: a, networks: [10.0.0.0/8, 10.0.0.0/8]}", 2, 'network "plant/10.0.0.0/8" stands there twice'),
        ("{id: a, networks: [10.0.0.0/8]}\n  - {id: a, networks: [10.0.0.0/9]}", 3, 'zone id "a"'),
        ("{id: a, networks: [10.0.0.0/8]}\n  - {id: b, networks: [10.0.0.0/8]}", 3, "twice"),
        ("5", 2, "a table of keys is expected"),
    ],
)
def test_a_mistake_in_the_zones_is_one_line(tmp_path, zone, line, said):
    message = _refused(_zones, tmp_path, f"zones:\n  - {zone}\n")
    assert message.startswith(f"zones.yaml{f':{line}' if line else ''}: ")
    assert said in message


def test_the_same_range_in_two_realms_is_two_networks(tmp_path):
    content = "zones:\n- {id: a, realm: r1, networks: [10.0.0.0/8]}\n- {id: b, realm: r2, networks: [10.0.0.0/8]}\n"
    assert len(_zones(tmp_path, content)) == 2


@pytest.mark.parametrize("read", [_zones, _register])
@pytest.mark.parametrize(
    "content",
    [
        "",
        "- a\n",
        "text",
        "zones: x\npositions: x\n",
        "schema: 2\nzones: []\npositions: []\n",
        "a: &a [*a]\n",
        "zones: []\nzones: []\n",
        b"\xff\xfe",
        b"\0",
        b"\xe4",
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path, read, content):
    with pytest.raises(InputError, match=r"(zones|register)\.yaml"):
        read(tmp_path, content)


def test_the_templates_load(tmp_path):
    (zone,) = _zones(tmp_path, template("zones.yaml"))
    (position,) = _register(tmp_path, template("register.yaml"))
    assert zone_of((zone,), _at(position.match["ip_address"])) == zone.id
    assert _zones(tmp_path, "zones: []\n") == _register(tmp_path, "positions: []\n") == ()


class TestRegister:
    def test_a_position_has_what_the_file_says_and_texts_stay_texts(self, tmp_path):
        content = """
positions:
  - id: =A1+K2-PLC3
    match: {ip_address: FD00::1, mac_address: 00-1b-1b-00-00-0a, serial_number: 0123, hostname: no}
    declared:
      firmware_software_version: 1.10
      order_code: 1e3
      slot: 3
      tags: [yes, 07]
      notes_description: |
        two
        lines
"""
        (position,) = _register(tmp_path, content)
        assert (position.id, position.realm, position.source) == ("=A1+K2-PLC3", "plant", "register.yaml")
        assert position.declared_at == NOW
        assert position.match == {
            "ip_address": "fd00::1",
            "mac_address": "00:1B:1B:00:00:0A",
            "serial_number": "0123",
            "hostname": "no",
        }
        assert position.declared == {
            "firmware_software_version": "1.10",
            "order_code": "1e3",
            "slot": 3,
            "tags": ("yes", "07"),
            "notes_description": "two\nlines\n",
        }

    @pytest.mark.parametrize(
        ("position", "said"),
        [
            ("{id: a}", '"positions[0].match" is missing'),
            ("{id: a, match: {}}", "at least one of ip_address, mac_address, serial_number, hostname"),
            ("{id: a, match: {ip: 10.0.0.1}}", 'unknown key "positions[0].match.ip"'),
            ("{id: a, match: {ip_address: 10.0.0.0/24}}", "not an address"),
            ("{id: a, match: {mac_address: 00:1B}}", "not a MAC address"),
            ("{id: a, match: {hostname: ''}}", "an empty one"),
            ("{id: '', match: {hostname: x}}", "an empty one"),
            ("{id: a, match: {hostname: x}, declared: {asset_critcality: high}}", 'did you mean "asset_criticality"'),
            ("{id: a, match: {hostname: x}, declared: {port_state: open}}", "unknown"),
            ("{id: a, match: {hostname: x}, declared: {asset_criticality: High}}", "one of high, medium, low"),
            ("{id: a, match: {hostname: x}, declared: {slot: three}}", "a whole number is expected"),
            ("{id: a, match: {hostname: x}, declared: {reachable: yes}}", "true or false is expected"),
            ("{id: a, match: {hostname: x}, declared: {tags: one}}", "a list of texts is expected"),
            ("{id: a, match: {hostname: x}, declared: {tags: [[a]]}}", "a list of texts is expected"),
            ("{id: a, match: {hostname: x}, declared: {model: [a]}}", "a text is expected, a list was found"),
            ("{id: a, match: {hostname: x}, declared: {model: }}", "a text is expected"),
            ("{id: a, match: {hostname: x}}\n  - {id: a, match: {hostname: y}}", 'position id "a"'),
            ("{id: a, match: {hostname: x}}\n  - {id: b, match: {hostname: x}}", "match"),
        ],
    )
    def test_a_mistake_is_one_line(self, tmp_path, position, said):
        assert said in _refused(_register, tmp_path, f"positions:\n  - {position}\n")

    def test_the_same_match_in_two_realms_is_two_positions(self, tmp_path):
        content = "positions:\n" + "".join(f"- {{id: {r}, realm: {r}, match: {{hostname: x}}}}\n" for r in ("a", "b"))
        assert len(_register(tmp_path, content)) == 2


@pytest.mark.parametrize("key", [key for key, fact in vocabulary().items() if fact.kind is SubjectKind.ASSET])
def test_every_fact_about_an_asset_can_be_declared_with_its_type(key):
    written = {"text": "high", "texts": ["a", "b"], "number": "7", "flag": "true"}[vocabulary()[key].type]
    value = {"text": "high", "texts": ("a", "b"), "number": 7, "flag": True}[vocabulary()[key].type]
    assert declared_value(key, written) == value
    assert type(declared_value(key, written)) is type(value)
