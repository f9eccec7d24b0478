"""Laws of hearing MMS: a server is known by what it told a client, however that counts and numbers its calls."""

from pathlib import Path

import pytest

from assetctl.exchange.capture.read import Captured
from assetctl.protocols import iso
from assetctl.protocols.mms import ber
from tests.unit.capture_writer import Wire
from tests.unit.test_capture_foreign import _kept, _read, _said
from tests.unit.test_capture_talks import RECORDED

ACME = (b"ACME Relays", b"FR-500", b"2.4.1")
NAMES = ("manufacturer", "model", "firmware_software_version")


def _unit(pdu: bytes, context: int = 3, syntax: bytes = b"") -> bytes:
    """A unit of the data phase. context: of presentation. syntax: of transfer, where it is told."""
    value = ber.encode(0x30, syntax, bytes((2, 1, context)), ber.encode(0xA0, pdu))
    return iso.encode_data(b"\1\0\1\0" + ber.encode(0x61, value))


def _call(number: bytes, service: bytes) -> bytes:
    return ber.encode(0xA0, ber.encode(0x02, number), service)


def _answer(number: bytes, service: bytes) -> bytes:
    return ber.encode(0xA1, ber.encode(0x02, number), service)


def _identity(texts: tuple[bytes, ...] = ACME) -> bytes:
    return ber.encode(0xA2, *(ber.encode(0x80 + at, text) for at, text in enumerate(texts)))


def _captured(folder: Path, *turns: tuple[bytes, tuple[bytes, ...]], piece: int = 1400) -> Captured:
    wire = Wire()
    line = wire.connection(102)
    for question, answers in turns:
        line.say(question, piece=piece)
        line.say(b"".join(answers), from_server=True, piece=piece)
    line.close()
    return _read(folder, wire.packets)


def _heard(folder: Path, *turns: tuple[bytes, tuple[bytes, ...]], piece: int = 1400) -> dict[tuple[str, str], object]:
    return _said(_captured(folder, *turns, piece=piece), "mms")


def _spoken(found: Captured) -> set[object]:
    claims = (claim for one in found.readings for claim in one.observation.claims)
    return {claim.value for claim in claims if claim.key == "service_name"}


@pytest.mark.parametrize(
    ("number", "context", "syntax", "piece"),
    [
        (b"\0", 3, b"", 1400),
        (b"\x7f", 5, b"", 1),
        (b"\x01\x2c", 3, b"\x06\x02\x51\x01", 7),
        (b"\0\xff\xff\xff\xff", 1, b"", 1400),
    ],
)
def test_a_server_is_known_by_what_it_told_another_client(
    tmp_path: Path, number: bytes, context: int, syntax: bytes, piece: int
) -> None:
    turn = (
        _unit(_call(number, b"\x82\0"), context, syntax),
        (_unit(_answer(number, _identity()), context, syntax),),
    )
    said = _heard(tmp_path, turn, piece=piece)
    assert [said["", key] for key in NAMES] == [text.decode() for text in ACME]


def test_an_answer_in_several_tpdus_is_put_together(tmp_path: Path) -> None:
    whole = _unit(_answer(b"\1", _identity()))[7:]
    cuts = (whole[:30], whole[30:40], whole[40:])
    units = tuple(
        b"\x03\0" + (7 + len(part)).to_bytes(2) + (b"\x02\xf0\x80" if part is cuts[-1] else b"\x02\xf0\0") + part
        for part in cuts
    )
    assert _heard(tmp_path, (_unit(_call(b"\1", b"\x82\0")), units))["", "model"] == "FR-500"


def test_pages_of_domains_are_put_in_their_order(tmp_path: Path) -> None:
    names = [f"BAY{at:02}LD{at:02}_protection_and_control" for at in range(20)]

    def page(number: int, after: bytes, told: list[str], more: bytes) -> tuple[bytes, tuple[bytes, ...]]:
        asked = b"\xa0\x03\x80\x01\x09\xa1\x02\x80\0" + (ber.encode(0x82, after) if after else b"")
        listed = ber.encode(0xA0, *(ber.encode(0x1A, name.encode()) for name in told))
        service = ber.encode(0xA1, listed, b"\x81\x01" + more)
        count = bytes((number,))
        return _unit(_call(count, ber.encode(0xA1, asked))), (_unit(_answer(count, service)),)

    said = _heard(tmp_path, page(7, b"", names[:12], b"\xff"), page(9, names[11].encode(), names[12:], b"\0"))
    assert said["", "mms_logical_devices"] == tuple(names)
    assert ("", "model") not in said


def test_the_answer_to_another_call_names_nobody(tmp_path: Path) -> None:
    other = (_unit(_answer(b"\5", _identity())),)
    assert ("", "model") not in _heard(tmp_path, (_unit(_call(b"\4", b"\x82\0")), other))


def test_two_identities_at_one_address_name_nobody(tmp_path: Path) -> None:
    turns = [
        (_unit(_call(b"\1", b"\x82\0")), (_unit(_answer(b"\1", _identity(texts))),))
        for texts in (ACME, (b"ACME Relays", b"FR-700", b"1.0"))
    ]
    assert ("", "model") not in _heard(tmp_path, *turns)


def test_any_call_that_is_answered_shows_that_mms_is_spoken(tmp_path: Path) -> None:
    read = ber.encode(0xA4, b"\xa1\0")
    told = ber.encode(0xA4, b"\xa1\x03\x83\x01\0")
    heard = _captured(tmp_path, (_unit(_call(b"\x2a", read)), (_unit(_answer(b"\x2a", told)),)))
    assert _spoken(heard) == {"mms"}
    report = _unit(ber.encode(0xA3, b"\xa0\0"))
    assert "mms" not in _spoken(_captured(tmp_path, (b"", (report,))))


def test_an_association_shows_mms_and_its_password_stays_in_the_capture(tmp_path: Path) -> None:
    recorded = next(one for name, one in RECORDED.items() if name == "mms-identify_silent")
    asked, told = next((row[1], row[2].frames[0]) for row in recorded.recording if row[1][7:8] == b"\x0d")
    asked = iso.encode_data(iso.segment(asked)[0] + b"\xac\x08\x80\x06hunter")
    found = _captured(tmp_path, (asked, (told,)))
    assert _spoken(found) == {"mms"}
    assert b"hunter" not in _kept(found)
