"""Pseudonyms: equal for equal names, useless without the key, and no name is left over."""

import re
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import InputError
from assetctl.report.redact import Pseudonyms, names_of
from assetctl.text import one_line
from tests.unit.report_plant import ZONES, plant

KEY = b"a key of the owner's"
WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=6)
NAMES = st.lists(st.builds(lambda *parts: "-".join(parts), WORDS, WORDS), min_size=1, max_size=5)


def test_one_address_has_one_pseudonym_however_it_is_written() -> None:
    redact = Pseudonyms(KEY)
    macs = redact("00:1B:1b:00:4A:05 00-1b-1b-00-4a-05 001b.1b00.4a05").split()
    assert len(set(macs)) == 1
    assert redact("FE80:0:0::1") == redact("fe80::1")
    assert redact("2001:db8::10.0.0.1") == redact("2001:db8::a00:1")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("10.20.1.5:502 answers", ":502 answers"),
        ("plant/10.20.1.5, at 12:30:45Z.", ", at 12:30:45Z."),
        ("sysObjectID 1.3.6.1.4.1.4196.1.1 of 10.0.0.1.", "sysObjectID 1.3.6.1.4.1.4196.1.1 of "),
        ("[2001:db8::1]:80", "]:80"),
        ("10.20.1.0/24", "/24"),
    ],
)
def test_only_the_address_is_replaced(text: str, kept: str) -> None:
    shown = Pseudonyms(KEY)(text)
    assert kept in shown
    assert not re.search(r"10\.20\.1|10\.0\.0\.1|2001", shown)


@pytest.mark.parametrize("label", ["host:", "node:", "IP:", "MAC:", "mac_2:", "Gerät:", "port-"])
@pytest.mark.parametrize(
    "address", ["10.20.1.5", "fe80::1:2", "00:1B:1B:00:4A:05", "00-1b-1b-00-4a-05", "001b.1b00.4a05"]
)
def test_an_address_that_touches_what_it_is_called_is_replaced(label: str, address: str) -> None:
    redact = Pseudonyms(KEY)
    assert redact(f"at {label}{address}.") == f"at {label}{redact(address)}."
    assert redact(f"at {label}{address}…") == f"at {label}…"


def test_the_longest_name_is_taken_and_part_of_a_word_is_not() -> None:
    redact = Pseudonyms(KEY, ["press", "press-plc", "+L1-K3", "Works North"])
    assert redact("press-plc") == redact.pseudonym("name", "press-plc")
    assert redact("PRESS, pressure") == f"{redact.pseudonym('name', 'press')}, pressure"
    assert redact("at +L1-K3.") == f"at {redact.pseudonym('name', '+L1-K3')}."
    assert redact("in works north") == f"in {redact.pseudonym('name', 'Works North')}"


@pytest.mark.parametrize("hidden", ["press-line-7", "10.20.30.40", "00:1b:1b:00:4a:05", "fe80::1:2"])
def test_a_text_that_was_cut_holds_no_beginning_of_what_is_taken_out(hidden: str) -> None:
    redact = Pseudonyms(KEY, ["press-line-7", "press-line-8 hall"])
    text = f"shared with {hidden}, as was seen"
    begun = text.index(hidden)
    for most in range(begun + 2, begun + len(hidden) + 1):
        shown = redact(f"{one_line(text, most=most)} and so on")
        assert hidden[:2] not in shown.removeprefix("shared with ").split("…")[0], shown
        assert shown.endswith("… and so on")


def test_a_name_before_a_cut_is_the_one_that_stands_there_as_a_whole() -> None:
    redact = Pseudonyms(KEY, ["press plant hall", "plant hall nine"])
    long = "220 Seedbanner <&> ready" + ", as was said before" * 8
    cut = one_line(long).removesuffix("…")
    assert cut.endswith(" b")
    assert "Seed" not in Pseudonyms(KEY, [long, cut])(f"it greets '{cut}…' twice")
    dotted = Pseudonyms(KEY, ["line…seven"])
    assert dotted("in line…seven") == f"in {dotted.pseudonym('name', 'line…seven')}"
    assert redact("in press plant hall…") == f"in {redact.pseudonym('name', 'press plant hall')}…"


def test_another_key_gives_other_pseudonyms() -> None:
    assert Pseudonyms(KEY)("10.0.0.1") != Pseudonyms(KEY[::-1])("10.0.0.1")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(InputError, match="at least 16 bytes expected, found 3"):
        Pseudonyms(b"abc")


@given(st.ip_addresses(), st.sampled_from(["{}", "at {}.", "({})", "realm/{}", "{}, {}", "ip={}"]))
def test_no_address_survives(address: IPv4Address | IPv6Address, form: str) -> None:
    shown = Pseudonyms(KEY)(form.format(address, address))
    assert str(address) not in shown
    assert shown.replace("ip-", "").count(":") == 0


@given(NAMES, st.text(" ,.()/:", min_size=1, max_size=3), st.data())
def test_no_name_survives(names: list[str], between: str, data: st.DataObject) -> None:
    redact = Pseudonyms(KEY, names)
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=6))
    shown = redact(between.join(chosen))
    assert shown == between.join(redact.pseudonym("name", name) for name in chosen)


@given(st.text(max_size=200))
def test_any_text_is_redacted_without_an_error(text: str) -> None:
    assert isinstance(Pseudonyms(KEY, ["a", "é b", text])(text), str)


def test_names_are_those_of_devices_zones_and_positions_but_not_of_products() -> None:
    inputs = plant()
    names = set(names_of(inputs.assets, ZONES, inputs.positions))
    assert {"press-plc-00", "cell-press", "10.20.1.10", "SN000000000", "Press shop", inputs.assets[0].id} <= names
    assert not names & {"Siemens", "CPU 1515-2 PN", "plc", "V4.4"}


def test_an_account_that_is_named_after_the_program_leaves_its_commands_readable() -> None:
    replaced = Pseudonyms(bytes(32), ["assetctl", "assetctl-host-7"])
    assert replaced("run `assetctl scan` on assetctl-host-7") == f"run `assetctl scan` on {replaced('assetctl-host-7')}"
    assert replaced("assetctl-host-7") != "assetctl-host-7"
