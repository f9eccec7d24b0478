"""Law: a word that stands for nothing becomes no value, whoever wrote it."""

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from assetctl.fingerprint import derive
from assetctl.model import Address, Claim, Observation, Outcome
from assetctl.placeholders import is_placeholder
from assetctl.sightings import sightings

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def values(*claims: Claim) -> dict[str, object]:
    observation = Observation(
        id="a:1",
        scan="a",
        source="probe",
        reader="s7/1",
        realm="plant",
        target=Address("plant", ip_address("10.20.1.5")),
        vantage="",
        outcome=Outcome.ANSWERED,
        started=AT,
        ended=AT,
        exchanges=(),
        claims=claims,
    )
    (seen,) = sightings([observation], derive=derive)
    return {claim.key: claim.value for claim in seen.all_claims}


@pytest.mark.parametrize(
    "text",
    [
        *("_ _-____________", "N/A", " none ", "0000000", "XXXXXXXX", "xxxx", "...", "To Be Filled By O.E.M."),
        *("Not Programmed", "unassigned", "INVALID", "0123456789", "123456789", "1234567890"),
        *("Not Provided", "NOT_SET", "not-support", "N.A.", "FFFFFFFFFF", "(null)", "Serial Number Not Available"),
    ],
)
def test_words_for_nothing_are_no_serial_number(text: str) -> None:
    assert is_placeholder(text)
    assert values(Claim("serial_number", text), Claim("order_code", "6AG1314-6BH04-7AB0")) == {
        "order_code": "6AG1314-6BH04-7AB0",
        "manufacturer": "Siemens",
        "asset_role_type": "plc",
    }


@pytest.mark.parametrize(
    "text",
    [
        "7",
        "00000012",
        "S C-C2UR28922012",
        "XX1",
        "Ü",
        "Unknown Pleasures",
        "na-1",
        "12345678",
        "10123456789",
        "Not Bad",
    ],
)
def test_what_says_something_is_kept(text: str) -> None:
    assert not is_placeholder(text)
    assert values(Claim("serial_number", text))["serial_number"] == text


@pytest.mark.parametrize("key", ["firmware_software_version", "hardware_version", "os_version"])
@pytest.mark.parametrize("text", ["N/A", "unknown", "-", "Not Available", ""])
def test_words_for_nothing_are_no_release(key: str, text: str) -> None:
    assert values(Claim(key, text), Claim("model", "XL4")) == {"model": "XL4"}


def test_free_text_and_releases_are_kept() -> None:
    told = values(Claim("description", "none"), Claim("hardware_version", "0"), Claim("sys_services", 0))
    assert told == {"description": "none", "hardware_version": "0", "sys_services": 0}
