"""S7 communication: the units, the status lists, and the conversation."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.s7 import PROTOCOL, codec, lists, probe
from assetctl.talk import Ask, Open, Reply
from assetctl.wire import cut

CONFIRM = bytes.fromhex("0300001611d00001443100c0010ac1020100c2020301")
DISCONNECT = bytes.fromhex("0300000b06800001000082")


def _tpkt(pdu: bytes) -> bytes:
    return b"\x03\x00" + (len(pdu) + 7).to_bytes(2) + b"\x02\xf0\x80" + pdu


def _setup_answer(reference: int) -> bytes:
    return _tpkt(bytes.fromhex("32030000") + reference.to_bytes(2) + bytes.fromhex("000800000000f0000001000100f0"))


def _data_unit(reference: int, data: bytes, *, last: bool = True, sequence: int = 0) -> bytes:
    parameters = bytes.fromhex("0001120812840 1".replace(" ", "")) + bytes((sequence, 0, not last, 0, 0))
    body = b"\xff\x09" + len(data).to_bytes(2) + data
    lengths = len(parameters).to_bytes(2) + len(body).to_bytes(2)
    return _tpkt(b"\x32\x07\0\0" + reference.to_bytes(2) + lengths + parameters + body)


def _list(szl_id: int, *records: bytes) -> bytes:
    length = len(records[0]) if records else 0
    return szl_id.to_bytes(2) + b"\0\0" + length.to_bytes(2) + len(records).to_bytes(2) + b"".join(records)


def _module(index: int, code: str, words: str) -> bytes:
    return index.to_bytes(2) + code.encode().ljust(20) + b"\0\0" + bytes.fromhex(words)


def _component(index: int, text: str) -> bytes:
    return index.to_bytes(2) + text.encode().ljust(32, b"\0")


def _claims(data: bytes, szl_id: int) -> dict[str, object]:
    found = codec.decode_list(data, szl=(szl_id, 0))
    return {claim.key: claim.value for claim in lists.claims((found,))}


# what may leave

NEVER = {
    "read variable": "32010000000100020000" + "0401",
    "write variable": "32010000000100020000" + "0501",
    "request download": "32010000000100080000" + "1a00010000000000",
    "download block": "32010000000100080000" + "1b00010000000000",
    "download ended": "32010000000100080000" + "1c00010000000000",
    "start upload": "32010000000100080000" + "1d00010000000000",
    "upload": "32010000000100080000" + "1e00010000000000",
    "end upload": "32010000000100080000" + "1f00010000000000",
    "PLC control": "32010000000100080000" + "2800000000000000",
    "PLC stop": "32010000000100080000" + "2900000000000950",
    "setup with many jobs": "32010000000100080000" + "f0000008000801e0",
    "setup as acknowledgement": "32030000000100080000" + "f0000001000101e0",
}


@pytest.mark.parametrize("name", NEVER)
def test_vet_refuses_every_other_function(name: str) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(_tpkt(bytes.fromhex(NEVER[name])))


@pytest.mark.parametrize("group", [g for g in range(256) if g != 0x44])
def test_vet_refuses_every_other_user_data_group(group: int) -> None:
    unit = codec.encode_read(reference=1, szl=(0x0011, 0))
    with pytest.raises(Refusal):
        PROTOCOL.vet(unit[:22] + bytes((group,)) + unit[23:])


@pytest.mark.parametrize("subfunction", [s for s in range(256) if s != 1])
def test_vet_refuses_every_other_cpu_function(subfunction: int) -> None:
    unit = codec.encode_read(reference=1, szl=(0x0011, 0))
    with pytest.raises(Refusal):
        PROTOCOL.vet(unit[:23] + bytes((subfunction,)) + unit[24:])


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_only_the_published_status_lists_leave(szl_id: int, index: int) -> None:
    if (szl_id, index) in probe.IDENTITY + probe.PROTECTION + probe.DETAILS:
        return
    with pytest.raises(Refusal):
        PROTOCOL.vet(codec.encode_read(reference=1, szl=(szl_id, index)))


@pytest.mark.parametrize("tsap", [(3, 0), (3, 4), (2, 0x22), (0x10, 0), (0x02, 0x00), (0, 1), (4, 1)])
def test_other_slots_racks_and_types_do_not_leave(tsap: tuple[int, int]) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(codec.encode_connect(connection_type=tsap[0], slot=tsap[1]))


# what an answer says


def test_an_answer_to_another_question_is_no_answer() -> None:
    frame = _data_unit(7, _list(0x0011, _module(1, "X", "00010000")))
    assert codec.is_answer(frame, reference=7)
    assert not codec.is_answer(frame, reference=8)
    with pytest.raises(WireError):
        codec.decode_fragment(codec.segment(frame)[0], reference=8)


def test_a_list_other_than_the_one_asked_for_is_refused() -> None:
    with pytest.raises(WireError):
        codec.decode_list(_list(0x001C, _component(1, "A")), szl=(0x0011, 0))


def test_a_disconnect_and_a_confirmation_for_another_connection_are_told_apart() -> None:
    assert codec.decode_connect(CONFIRM) is None
    assert codec.decode_connect(DISCONNECT) == codec.Refused(0x82)
    with pytest.raises(WireError):
        codec.decode_connect(CONFIRM.replace(b"\xd0\x00\x01", b"\xd0\x00\x02"))


@given(stated=st.integers(0, 0xFFFF), length=st.integers(0, 0xFFFF), body=st.binary(max_size=400))
def test_records_are_whole_and_never_more_than_stated(stated: int, length: int, body: bytes) -> None:
    data = b"\x00\x1c\x00\x00" + length.to_bytes(2) + stated.to_bytes(2) + body
    found = codec.decode_list(data, szl=(0x001C, 0))
    assert all(len(record) == length for record in found.records)
    assert len(found.records) <= stated
    assert body.startswith(b"".join(found.records))


@given(st.permutations([1, 6, 7, 0x81]))
def test_the_order_of_records_does_not_matter(order: list[int]) -> None:
    records = {
        1: _module(1, "6ES7 315-2EH14-0AB0", "00040001"),
        6: _module(6, "6ES7 315-2EH13-0AB0", "00050001"),
        7: _module(7, "", "56030206"),
        0x81: _module(0x81, "Boot Loader", "41200909"),
    }
    assert _claims(_list(0x0011, *(records[index] for index in order)), 0x0011) == {
        "order_code": "6ES7 315-2EH14-0AB0",
        "s7_basic_hardware": "6ES7 315-2EH13-0AB0",
        "hardware_version": "4",
        "firmware_software_version": "3.2.6",
        "s7_boot_loader_version": "A32.9.9",
        "manufacturer": "Siemens",
    }


def test_names_go_by_their_index_not_by_their_place() -> None:
    data = _list(0x001C, _component(7, "CPU 314"), _component(9, "\x00*"), _component(5, "S C-1"), _component(1, "L1"))
    found = _claims(data, 0x001C)
    assert found["module_type"] == found["model"] == "CPU 314"
    assert found["serial_number"] == "S C-1"
    assert found["application_name"] == "L1"
    assert found["s7_profile"] == "002a/0000/0000"


@pytest.mark.parametrize("mark", ["MMC", "MC", "", "   "])
def test_a_memory_card_mark_without_number_is_no_serial_number(mark: str) -> None:
    assert "memory_card_serial_number" not in _claims(_list(0x001C, _component(8, mark)), 0x001C)


@pytest.mark.parametrize(
    ("code", "copyright_text", "maker"),
    [
        ("6ES7 314-0AE01-0AB0", "", "Siemens"),
        ("6AG1 315-2EH14-7AB0", "", "Siemens"),
        ("6GK7 343-1EX30-0XE0", "", "Siemens"),
        ("315-4NE12", "Original Siemens Equipment", "Siemens"),
        ("315-4NE12", "", None),
        ("", "", None),
        ("X6ES7", "ACME", None),
    ],
)
def test_the_maker_is_told_only_by_order_code_or_copyright(code: str, copyright_text: str, maker: str | None) -> None:
    modules = codec.StatusList(0x0011, 0, (_module(1, code, "00010000"),))
    names = codec.StatusList(0x001C, 0, (_component(4, copyright_text),))
    found = {claim.key: claim.value for claim in lists.claims((modules, names))}
    assert found.get("manufacturer") == maker


@given(st.sampled_from([0x0011, 0x001C, 0x0132, 0x0232, 0x0037, 0x0424]), st.lists(st.binary(max_size=60), max_size=6))
def test_any_record_is_read_or_says_nothing(szl_id: int, records: list[bytes]) -> None:
    for claim in lists.claims((codec.StatusList(szl_id, 0, tuple(records)),)):
        assert claim.value != ""
        assert claim.key in PROTOCOL.claims


# the conversation


def _answers(refuse_slots: int = 0, *, endless: bool = False) -> Iterator[Reply]:
    """A CPU that refuses the first slots and then answers; sent the unit asked, yields the reply."""
    reply, refused = Reply(Outcome.ANSWERED), 0
    while True:
        unit = yield reply
        if unit is None:
            reply = Reply(Outcome.ANSWERED)
            continue
        reference = int.from_bytes(unit[11:13])
        match PROTOCOL.vet(unit):
            case "cotp-connect" | "cotp-connect-pg-op":
                frame = DISCONNECT if refused < refuse_slots else CONFIRM
                refused += 1
            case "setup-communication":
                frame = _setup_answer(reference)
            case "read-szl-next":
                frame = _data_unit(reference, b"\x00" * 28, last=not endless, sequence=unit[24])
            case _:
                data = unit[29:33] + b"\x00\x1c\x00\x02" + _module(1, "6ES7", "00010000")
                frame = _data_unit(reference, data, last=not endless, sequence=9)
        reply = Reply(Outcome.ANSWERED, (frame,))


def _converse(context: Context, refuse_slots: int = 0, *, endless: bool = False) -> tuple[list[Open | Ask], dict]:
    talk, device = probe.probe(context), _answers(refuse_slots, endless=endless)
    next(device)
    asked: list[Open | Ask] = []
    reply: Reply | None = None
    try:
        while True:
            asked.append(next(talk) if reply is None else talk.send(reply))
            reply = device.send(None if isinstance(asked[-1], Open) else asked[-1].payload)
    except StopIteration as end:
        return asked, {claim.key: claim.value for claim in end.value}


def _names(asked: list[Open | Ask]) -> list[str]:
    return ["connect" if isinstance(a, Open) else PROTOCOL.vet(a.payload) for a in asked]


@pytest.mark.parametrize("refused", [0, 1, 2])
def test_slots_are_tried_in_turn_each_on_a_connection_of_its_own(refused: int) -> None:
    asked, claims = _converse(Context(port=102), refused)
    assert _names(asked) == ["connect", "cotp-connect"] * (refused + 1) + ["setup-communication", *["read-szl"] * 2]
    assert claims["s7_tsap"] == f"03{refused + 1:02x}"


def test_no_more_than_three_slots_are_tried() -> None:
    asked, claims = _converse(Context(port=102), 9)
    assert _names(asked) == ["connect", "cotp-connect"] * 3
    assert claims == {"service_name": "iso-tsap", "service_source": "probed"}


@pytest.mark.parametrize("kind", ["pg", "op"])
def test_pg_and_op_connections_are_made_only_when_named(kind: str) -> None:
    assert "cotp-connect-pg-op" not in _names(_converse(Context(port=102))[0])
    assert "cotp-connect-pg-op" in _names(_converse(Context(port=102, parameters={"connection_type": kind}))[0])


def test_a_device_that_always_has_more_is_left_after_the_stated_parts() -> None:
    context = Context(port=102, depth=frozenset({probe.DEPTH}))
    asked, claims = _converse(context, 2, endless=True)
    names = _names(asked)
    assert names.count("read-szl") + names.count("read-szl-next") == 2 * probe.MOST_PARTS + 3 * (
        probe.MOST_DETAIL_PARTS - 1
    )
    assert len(names) <= PROTOCOL.limit(context).units
    assert claims["order_code"] == "6ES7", "what came whole is kept"


def test_details_are_asked_only_in_depth_and_protection_once() -> None:
    assert "read-szl-details" not in _names(_converse(Context(port=102))[0])
    names = _names(_converse(Context(port=102, depth=frozenset({probe.DEPTH})))[0])
    assert names.count("read-szl-details") == 3


def test_a_late_answer_is_left_to_the_transport_to_ignore() -> None:
    talk = probe.probe(Context(port=102, seed=5))
    next(talk)
    talk.send(Reply(Outcome.ANSWERED))
    ask = talk.send(Reply(Outcome.ANSWERED, (CONFIRM,)))
    assert isinstance(ask, Ask)
    assert ask.accepts is not None
    assert ask.accepts(_setup_answer(5))
    assert not ask.accepts(_setup_answer(4))
    assert not ask.accepts(b"")


@given(st.binary(max_size=40))
def test_a_stream_is_cut_by_the_stated_length(rest: bytes) -> None:
    assert cut(PROTOCOL.framing, CONFIRM + rest) == (CONFIRM, rest)
