"""Omron FINS: the frames over UDP and TCP, and what an answer says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols.fins import PROTOCOL, codec
from assetctl.protocols.fins_tcp import PROTOCOL as TCP
from assetctl.protocols.fins_tcp import codec as tcp
from assetctl.talk import Ask, Open, Reply

FREE = {"source_node": "239"}
SID = 7

NEVER = {
    "memory area read": "0101820000000001",
    "memory area write": "01028200000000010000",
    "memory area fill": "01038200000000010000",
    "parameter area write": "0202",
    "program area read": "0306",
    "program area write": "0307",
    "run": "0401ffff",
    "stop": "0402ffff",
    "connection data read": "05020000",
    "clock write": "0702",
    "access right acquire": "0c01ffff",
    "error clear": "2101ffff",
    "file read": "2202",
    "file delete": "2205",
    "forced set": "2301",
}


def _answer(command: str, body: bytes, *, end: str = "0000", node: int = 5) -> bytes:
    head = bytes((0xC0, 0, 2, 0, 239, 0, 0, node, 0, SID))
    return head + bytes.fromhex(command) + bytes.fromhex(end) + body


def _texts(model: str, version: str) -> bytes:
    return model.encode().ljust(20) + version.encode().ljust(20, b"\0")


def _told(frame: bytes, **context: object) -> tuple[dict[str, object], list[Open | Ask]]:
    """Claims over UDP and what was said, where the first question is answered by a frame and no other is."""
    talk = PROTOCOL.probe(Context(port=9600, seed=SID, parameters=FREE, **context))  # type: ignore[arg-type]
    said = [next(talk), talk.send(Reply(Outcome.ANSWERED))]
    reply = Reply(Outcome.ANSWERED, (frame,))
    while True:
        try:
            said.append(talk.send(reply))
        except StopIteration as end:
            return {claim.key: claim.value for claim in end.value}, said
        reply = Reply(Outcome.SILENT)


@pytest.mark.parametrize("command", NEVER.values(), ids=NEVER.keys())
def test_nothing_that_writes_moves_or_reads_memory_may_leave(command: str) -> None:
    frame = codec.encode_status_read(source=239, sid=SID)[:10] + bytes.fromhex(command)
    with pytest.raises(Refusal):
        PROTOCOL.vet(frame)
    with pytest.raises(Refusal):
        TCP.vet(tcp.encode_frame(frame[:4] + b"\x05" + frame[5:]))


@pytest.mark.parametrize(("at", "value"), [(0, 0x81), (2, 7), (3, 1), (4, 5), (4, 255), (5, 0x10), (7, 0), (7, 255)])
def test_frames_to_other_networks_nodes_and_units_or_from_no_node_may_not_leave(at: int, value: int) -> None:
    frame = bytearray(codec.encode_data_read(source=239, sid=SID))
    frame[at] = value
    with pytest.raises(Refusal):
        PROTOCOL.vet(bytes(frame))


def test_the_node_address_over_tcp_is_never_chosen_by_us() -> None:
    assert TCP.vet(tcp.encode_nodes()) == "node-address"
    with pytest.raises(Refusal):
        TCP.vet(tcp.encode_nodes()[:-1] + b"\x05")


def test_only_the_connection_makes_it_stateful() -> None:
    assert PROTOCOL.klass is RequestClass.IDENTITY
    assert TCP.klass is RequestClass.STATEFUL


@pytest.mark.parametrize("node", ["", "0", "255", "-1", "1.5", "x", "²"])
def test_without_a_free_source_node_nothing_is_asked(node: str) -> None:
    talk = PROTOCOL.probe(Context(port=9600, parameters={"source_node": node} if node else {}))
    next(talk)
    with pytest.raises(StopIteration) as end:
        talk.send(Reply(Outcome.ANSWERED))
    assert end.value.value == ()


def test_model_and_version_are_cut_apart_and_from_their_padding() -> None:
    claims, _ = _told(_answer("0501", _texts("CJ2M-CPU32", "02.01") + bytes(52)))
    assert (claims["model"], claims["firmware_software_version"]) == ("CJ2M-CPU32", "02.01")
    assert (claims["manufacturer"], claims["fins_node"]) == ("Omron", 5)


@pytest.mark.parametrize("size", range(40))
def test_a_text_that_was_cut_short_is_no_value(size: int) -> None:
    body = _texts("CJ2M-CPU32-WITH-20-C", "V02.01-WITH-20-CHARS")[:size]
    claims, _ = _told(_answer("0501", body))
    assert claims["service_name"] == "fins"
    assert ("model" in claims) == (size >= 20)
    assert "firmware_software_version" not in claims


@pytest.mark.parametrize(
    "model", ["CS1G_CPU44H", "CJ2M-CPU32", "CP1L-M40DR-D", "NJ501-1300", "NX102-9000", "CQM1H-CPU51"]
)
def test_the_series_of_the_manuals_are_omrons(model: str) -> None:
    assert _told(_answer("0501", _texts(model, "1.0")))[0]["manufacturer"] == "Omron"


@pytest.mark.parametrize("model", ["", "ZX-100", "XCJ2M", "S7-1200"])
def test_no_maker_is_guessed_for_another_model(model: str) -> None:
    assert "manufacturer" not in _told(_answer("0501", _texts(model, "1.0")))[0]


@pytest.mark.parametrize(
    ("end", "is_read"), [("0040", True), ("0080", True), ("00c0", True), ("0401", False), ("8000", False)]
)
def test_flags_of_a_faulty_controller_are_no_refusal(end: str, is_read: bool) -> None:
    claims, _ = _told(_answer("0501", _texts("CJ2M-CPU32", "02.01"), end=end))
    assert ("model" in claims) == is_read
    assert claims["service_name"] == "fins"


def test_the_state_is_asked_only_where_it_is_named() -> None:
    frame = _answer("0501", _texts("CJ2M-CPU32", "02.01"))
    assert len(_told(frame)[1]) == 2
    deep = _told(frame, depth=frozenset({"fins.status"}))[1][-1]
    assert isinstance(deep, Ask)
    assert PROTOCOL.vet(deep.payload) == "controller-status-read"


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        ("0000", ("stop", "program")),
        ("0102", ("run", "monitor")),
        ("0704", ("run", "run")),  # flash memory being written, battery present
        ("8004", ("standby", "run")),
        ("7900", ("run", "program")),  # the undefined bits
        ("0001", ("stop", "")),
    ],
)
def test_the_state_is_read_bit_by_bit(octets: str, told: tuple[str, str]) -> None:
    status = codec.decode_status(_answer("0601", bytes.fromhex(octets) + bytes(24)), sid=SID)
    assert isinstance(status, codec.ControllerStatus)
    assert (status.status, status.mode) == told


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_values_or_wire_errors(raw: bytes) -> None:
    for read in (
        lambda unit: codec.decode_data(unit, sid=SID),
        lambda unit: codec.decode_status(unit, sid=SID),
        tcp.decode_nodes,
        tcp.decode_frame,
    ):
        try:
            read(raw)
        except WireError:
            continue
