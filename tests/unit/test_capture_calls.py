"""Laws of hearing devices answer a call: what a device says to an engineering tool is what it says to a scan."""

from pathlib import Path

import pytest

from tests.unit.capture_writer import CLIENT, SERVER, Wire
from tests.unit.test_capture_foreign import _read, _said
from tests.unit.test_capture_talks import RECORDED

ENDPOINT = bytes.fromhex("08010a1401050e57")
DESCRIBED = next(r.frames[0] for _, _, r in next(c for n, c in RECORDED.items() if n.startswith("knx-")).recording[1:])
INFO = next(r.frames[0] for _, _, r in next(c for n, c in RECORDED.items() if n.startswith("ads-")).recording[1:])


def _found(service: bytes) -> bytes:
    return b"\x06\x10" + service + (len(DESCRIBED) + len(ENDPOINT)).to_bytes(2) + ENDPOINT + DESCRIBED[6:]


def _told(folder: Path, reader: str, unit: bytes, port: int, client: int) -> dict[tuple[str, str], object]:
    wire = Wire()
    wire.datagram(unit, source=(SERVER, port), target=(CLIENT, client))
    folder.mkdir()
    return _said(_read(folder, wire.packets), reader)


@pytest.mark.parametrize("client", [3671, 51515])
@pytest.mark.parametrize("service", [b"\x02\x02", b"\x02\x0c"])
def test_the_answer_to_a_search_is_a_description(tmp_path: Path, service: bytes, client: int) -> None:
    described = _told(tmp_path / "a", "knx", DESCRIBED, 3671, client)
    assert _told(tmp_path / "b", "knx", _found(service), 3671, client) == described
    assert described["", "knx_individual_address"]


@pytest.mark.parametrize("number", [0, 1, 0xFFFFFFFF])
def test_the_information_is_heard_under_any_number(tmp_path: Path, number: int) -> None:
    unit = INFO[:4] + number.to_bytes(4, "little") + INFO[8:]
    assert _told(tmp_path / "a", "ads", unit, 48899, 51515)["", "ads_net_id"]


@pytest.mark.parametrize("cut", [0, 2, 5, 7, 12, 14])
def test_an_answer_that_is_cut_says_nothing(tmp_path: Path, cut: int) -> None:
    assert not _told(tmp_path / "a", "knx", _found(b"\x02\x02")[:cut], 3671, 3671)
