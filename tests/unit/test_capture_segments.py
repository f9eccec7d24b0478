"""BACnet answers in several units are put together in captures: each asker's own, whole or not at all."""

from pathlib import Path

import pytest

from assetctl.protocols.bacnet.frames import Place, encode_unit
from tests.unit.capture_writer import CLIENT, SERVER, Wire, written
from tests.unit.test_bacnet import _about, _identifier, _text
from tests.unit.test_capture_talks import _said

PORT = 47808
OTHER = "10.20.1.77"
SIZE = 40


def question(*, invoke_id: int = 7, place: Place | None = None) -> bytes:
    """Model and location, by a workstation that takes any number of parts."""
    listed = _about(1234) + b"\x1e" + _identifier(70, 0) + _identifier(58, 0) + b"\x1f"
    return encode_unit(bytes((0x02, 0x75, invoke_id, 14)) + listed, expects_reply=True, place=place)


def parts(model: str, *, invoke_id: int = 7) -> list[bytes]:
    results = b"".join(
        _identifier(prop, 2) + b"\x4e" + _text(text) + b"\x4f" for prop, text in ((70, model), (58, "roof " * 30))
    )
    content = _about(1234) + b"\x1e" + results + b"\x1f"
    cut = [content[at : at + SIZE] for at in range(0, len(content), SIZE)]
    heads = [bytes((0x38 | 4 * (one is not cut[-1]), invoke_id, at, 4, 14)) for at, one in enumerate(cut)]
    return [encode_unit(head + one, expects_reply=False) for head, one in zip(heads, cut, strict=True)]


def acknowledge(number: int) -> bytes:
    return encode_unit(bytes((0x40, 7, number, 4)), expects_reply=False)


def said(folder: Path, *packets: tuple[str, bytes]) -> dict[tuple[str, str], object]:
    """What a capture says of the server. packets: the other end, with ">" before it where it sends."""
    wire = Wire()
    for end, unit in packets:
        ends = (end.removeprefix(">"), PORT), (SERVER, PORT)
        source, target = ends if end.startswith(">") else ends[::-1]
        wire.datagram(unit, source=source, target=target)
    return dict(_said(written(folder / "a.pcap", wire.packets), "bacnet"))


ASK, PARTS = (f">{CLIENT}", question()), [(CLIENT, one) for one in parts("AHU")]
ACK = (f">{CLIENT}", acknowledge(0))


@pytest.mark.parametrize(
    "packets",
    [
        [ASK, *PARTS],
        [ASK, PARTS[0], ACK, *PARTS[1:]],
        [ASK, PARTS[0], PARTS[0], *PARTS[1:]],  # sent again
        [ASK, PARTS[1], PARTS[0], *PARTS[2:]],  # overtaken
        [ASK, *PARTS[:2], ASK, *PARTS],  # asked again
    ],
)
def test_an_answer_in_parts_is_read_whole(tmp_path: Path, packets: list[tuple[str, bytes]]) -> None:
    told = said(tmp_path, *packets)
    assert (told["", "model"], told["", "physical_location_address"]) == ("AHU", ("roof " * 30).strip())


@pytest.mark.parametrize("missing", range(len(PARTS)))
def test_an_answer_of_which_a_part_is_missing_says_nothing(tmp_path: Path, missing: int) -> None:
    assert ("", "model") not in said(tmp_path, ASK, *PARTS[:missing], *PARTS[missing + 1 :])


def test_a_whole_answer_counts_after_one_that_was_not(tmp_path: Path) -> None:
    assert said(tmp_path, ASK, PARTS[0], *PARTS[2:], ASK, *PARTS)["", "model"] == "AHU"


def test_parts_for_two_askers_with_one_number_are_kept_apart(tmp_path: Path) -> None:
    others = [(OTHER, one) for one in parts("VAV", invoke_id=7)]
    mixed = [one for pair in zip(PARTS, others, strict=True) for one in pair]
    assert said(tmp_path, ASK, (f">{OTHER}", question()), *mixed[:-1])["", "model"] == "AHU"


def test_a_refusal_before_an_answer_does_not_hide_it(tmp_path: Path) -> None:
    abort = encode_unit(b"\x71\x07\x04", expects_reply=False)
    assert said(tmp_path, ASK, (CLIENT, abort), ASK, *PARTS)["", "model"] == "AHU"
