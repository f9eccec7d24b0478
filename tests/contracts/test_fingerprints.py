"""Laws over every shipped fingerprint, found by being there."""

import re
import time
from importlib.resources import files
from itertools import chain

import pytest

from assetctl import makers
from assetctl.facts import is_of_type, vocabulary
from assetctl.fingerprint import ROLES, derive, faults, parse, shipped
from assetctl.model import Claim
from assetctl.prints import Fingerprint

PRINTS = parse(files("assetctl").joinpath("fingerprints"))
EVERY = tuple(chain.from_iterable(PRINTS.by_field.values()))
NAMED = pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)

FILLERS = ("A", " ", "1", ",", "-", "A1 ", "1.", "S, ", "/", "\n")
MOST_SECONDS = 0.004  # for one pattern over one hostile text; an honest one takes some microseconds
VERSIONS = frozenset({"firmware_software_version", "os_version", "service_version", "hardware_version"})
NAMES_IN_VERSIONS = re.compile(r"(?i)version|release|build|firmware|software|revision|linux|windows")
PLACEHOLDER = re.compile(r"(?:\bX{4,}|0{9,}|unknown|n/a)", re.I)


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    assert len(EVERY) >= 600
    assert len({one.name for one in EVERY}) == len(EVERY)


def test_no_fingerprint_misreads_an_example_or_takes_the_text_of_another() -> None:
    assert list(faults(PRINTS)) == []


@NAMED
def test_it_shows_what_it_reads_what_it_does_not_and_whence(one: Fingerprint) -> None:
    assert one.examples
    assert one.others
    assert len(one.provenance) > 10
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.name)


@NAMED
def test_every_group_and_every_spelled_out_value_is_in_an_example(one: Fingerprint) -> None:
    shown = set(chain.from_iterable(values for _, values in one.examples))
    assert shown == set(one.pattern.groupindex)
    assert one.gives or one.pattern.groupindex
    for text, values in one.examples:
        assert all(value in text for value in values.values())


@NAMED
def test_what_it_gives_is_in_the_vocabulary_and_the_closed_lists(one: Fingerprint) -> None:
    for key, value in one.gives.items():
        assert is_of_type(vocabulary()[key], value)
    assert all(vocabulary()[key].type == "text" for key in one.pattern.groupindex)
    assert one.gives.get("asset_role_type", "plc") in ROLES
    if "manufacturer" in one.gives:
        assert makers.is_listed(str(one.gives["manufacturer"]))
    assert 1 <= one.confidence <= 100


@NAMED
def test_nothing_is_set_and_read_at_once(one: Fingerprint) -> None:
    assert not set(one.gives) & set(one.pattern.groupindex)


@NAMED
def test_codes_and_versions_have_the_shape_of_such(one: Fingerprint) -> None:
    for key, value in chain.from_iterable(values.items() for _, values in one.examples):
        assert value == value.strip(" ,;")
        assert not PLACEHOLDER.search(value)
        if key in VERSIONS:
            assert not NAMES_IN_VERSIONS.search(value.replace("RELEASE", "")), f"{key} {value!r}"
            assert any(map(str.isdigit, value)) or len(value) <= 4
        if key == "order_code":
            assert any(map(str.isdigit, value))
            assert len(value) <= 40
        if key == "serial_number":
            assert len(value) >= 5
        if key == "model":
            assert len(value) <= 60


@NAMED
def test_no_text_makes_it_slow(one: Fingerprint) -> None:
    for text, _ in one.examples:
        for filler in FILLERS:
            for cut in (0, len(text) // 2, len(text)):
                hostile = text[:cut] + filler * 2000
                assert min(_seconds(one, hostile) for _ in range(3)) < MOST_SECONDS


def _seconds(one: Fingerprint, text: str) -> float:
    began = time.process_time()
    one.read(text)
    return time.process_time() - began


@NAMED
def test_its_examples_are_read_alike_where_the_program_reads(one: Fingerprint) -> None:
    kind = vocabulary()[one.field].kind
    maker = [Claim("manufacturer", one.only)] if one.only else []
    for text, values in one.examples:
        value = int(text) if vocabulary()[one.field].type == "number" else text
        derived = derive([Claim(one.field, value, kind), *maker], PRINTS)
        told = {d.claim.key: d.claim.value for d in derived if d.rule == one.name}
        assert told or not one.only
        expected = {**one.gives, **values}
        assert {key: told[key] for key in told} == {key: expected[key] for key in told}


def test_what_ships_is_what_was_tried() -> None:
    assert {name: len(rows) for name, rows in shipped().by_field.items()} == {
        name: len(rows) for name, rows in PRINTS.by_field.items()
    }


def test_software_that_runs_on_many_devices_names_no_maker() -> None:
    for field, text in (
        ("http_server", "nginx/1.22.1"),
        ("http_server", "Apache/2.4.57 (Debian)"),
        ("http_server", "lighttpd/1.4.59"),
        ("http_server", "GoAhead-Webs"),
        ("service_banner", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2"),
        ("service_banner", "SSH-2.0-dropbear_2022.83"),
        ("service_banner", "SSH-2.0-libssh_0.9.6"),
        ("description", "Linux gateway 5.10.0 #1 SMP armv7l"),
        ("description", "RouterOS CHR QEMU"),
        ("description", "RouterOS x86"),
        ("description", "VMware ESX"),
        ("description", "UPS SNMP Agent"),
        ("description", "Nucleus SNMP Agent"),
        ("http_title", "Welcome to nginx!"),
        ("http_title", "RomPager Embedded Web Server Toolkit"),
        ("sys_object_id", "1.3.6.1.4.1.8072.3.2.10"),
        ("sys_object_id", "1.3.6.1.4.1.2021.250.10"),
    ):
        told = {d.claim.key for d in derive([Claim(field, text, vocabulary()[field].kind)], PRINTS)}
        assert not told & {"manufacturer", "model", "asset_role_type"}, text
