"""S7 communication: the units, the status lists, and the conversation."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols import iso
from assetctl.protocols.s7 import PROTOCOL, codec, lists, probe, rack
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
    if (szl_id, index) in probe.IDENTITY + probe.PROTECTION + probe.DETAILS + probe.RACKS:
        return
    with pytest.raises(Refusal):
        PROTOCOL.vet(codec.encode_read(reference=1, szl=(szl_id, index)))


@pytest.mark.parametrize("tsap", [(3, 4), (2, 0x22), (0x10, 2), (0, 1), (4, 1), (0x4D, 0x57)])
def test_other_slots_racks_and_types_do_not_leave(tsap: tuple[int, int]) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(codec.encode_connect(connection_type=tsap[0], slot=tsap[1]))


@given(own=st.integers(0, 0xFFFF), called=st.integers(0, 0xFFFF))
def test_only_listed_tsaps_leave_and_as_a_question_that_must_be_named(own: int, called: int) -> None:
    unit = codec.encode_connect_tsap(tsaps=(own, called))
    if own == 0x0100 or {own, called} <= set(probe.TSAPS):
        return
    with pytest.raises(Refusal):
        PROTOCOL.vet(unit)


@pytest.mark.parametrize("pair", probe.PAIRS.values())
def test_every_listed_pair_of_tsaps_is_depth(pair: tuple[int, int]) -> None:
    name = PROTOCOL.vet(codec.encode_connect_tsap(tsaps=pair))
    assert PROTOCOL.classes[name] is RequestClass.DEPTH


# what an answer says


def test_an_answer_to_another_question_is_no_answer() -> None:
    frame = _data_unit(7, _list(0x0011, _module(1, "X", "00010000")))
    assert codec.is_answer(frame, reference=7)
    assert not codec.is_answer(frame, reference=8)
    with pytest.raises(WireError):
        codec.decode_fragment(iso.segment(frame)[0], reference=8)


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
        "s7_boot_loader_version": "A9.9",
        "manufacturer": "Siemens",
    }


def test_names_go_by_their_index_not_by_their_place() -> None:
    data = _list(0x001C, _component(7, "CPU 314"), _component(9, "\x00*"), _component(5, "S C-1"), _component(1, "L1"))
    found = _claims(data, 0x001C)
    assert found["module_type"] == found["model"] == "CPU 314"
    assert found["serial_number"] == "S C-1"
    assert found["application_name"] == "L1"
    assert found["s7_profile"] == "002a/0000/0000"


@pytest.mark.parametrize("mark", ["MMC", "MC", "SMC", "SD", "0", "", "   "])
def test_a_memory_card_mark_without_number_is_no_serial_number(mark: str) -> None:
    assert "memory_card_serial_number" not in _claims(_list(0x001C, _component(8, mark)), 0x001C)


@pytest.mark.parametrize(
    ("code", "copyright_text", "maker"),
    [
        ("6ES7 314-0AE01-0AB0", "", "Siemens"),
        ("6AG1 315-2EH14-7AB0", "", "Siemens"),
        ("6GK7 343-1EX30-0XE0", "", "Siemens"),
        ("6FC5 372-0AA30-0AA1", "", "Siemens"),
        ("", "Original Siemens Equipment", "Siemens"),
        ("315-4NE12", "Original Siemens Equipment", None),  # a compatible CPU that copies the text
        ("315-4NE12", "", None),
        ("VIPA 315-4NE12", "Original Siemens Equipment", "VIPA"),
        ("", "", None),
        ("X6ES7", "ACME", None),
    ],
)
def test_the_maker_is_told_only_where_order_code_and_copyright_agree(
    code: str, copyright_text: str, maker: str | None
) -> None:
    modules = codec.StatusList(0x0011, 0, (_module(1, code, "00010000"),))
    names = codec.StatusList(0x001C, 0, (_component(4, copyright_text),))
    found = {claim.key: claim.value for claim in lists.claims((modules, names))}
    assert found.get("manufacturer") == maker


@given(
    st.sampled_from([0x0011, 0x001C, 0x0131, 0x0132, 0x0232, 0x0037, 0x0424, 0x0D91]),
    st.lists(st.binary(max_size=60), max_size=6),
)
def test_any_record_is_read_or_says_nothing(szl_id: int, records: list[bytes]) -> None:
    read = (codec.StatusList(szl_id, 0, tuple(records)),)
    for claim in (*lists.claims(read), *rack.claims(read, own_slot=2)):
        assert claim.value != ""
        assert claim.key in PROTOCOL.claims


@pytest.mark.parametrize(
    ("words", "version"),
    [
        ("56030206", "3.2.6"),
        ("56040201", "4.2.1"),
        ("58020000", "X2.0.0"),
        ("41200909", "A9.9"),  # blank for the number that is not there
        ("56032020", "3"),
        ("42202020", None),
        ("20202020", None),
        ("00000000", None),
        ("56000000", None),
    ],
)
def test_a_version_is_a_letter_and_the_numbers_that_are_there(words: str, version: str | None) -> None:
    found = _claims(_list(0x0011, _module(1, "6ES7", "00010000"), _module(7, "", words)), 0x0011)
    assert found.get("firmware_software_version") == version


@pytest.mark.parametrize(
    ("words", "release"), [("00040001", "4"), ("56020000", "2"), ("20202020", None), ("0000", None)]
)
def test_a_hardware_release_of_blanks_is_none(words: str, release: str | None) -> None:
    found = _claims(_list(0x0011, _module(1, "6ES7", words)), 0x0011)
    assert found.get("hardware_version") == release


def test_an_h_cpu_names_its_rack_in_each_component() -> None:
    found = _claims(_list(0x001C, _component(0xF905, "SVPX1"), _component(0x0105, "none")), 0x001C)
    assert found["serial_number"] == "SVPX1"


# what stands in a rack


def _rack_record(place: int, slot: int, kind: int = 0x9FC1, state: int = 0xB402, submodule: int = 0) -> bytes:
    words = (place, slot << 8 | submodule, 0x0100, kind, kind, 0, state, 0x0011)
    return b"".join(word.to_bytes(2) for word in words)


def _parts(*records: bytes, own_slot: int | None = 2, own_type: int = 0) -> set[str]:
    own = b"\0\x01" + b"6ES7".ljust(20) + own_type.to_bytes(2) + bytes(4)
    read = (codec.StatusList(0x0011, 0, (own,)), codec.StatusList(0x0D91, 0, records))
    return {claim.part for claim in rack.claims(read, own_slot=own_slot)}


def test_modules_are_parts_by_rack_and_slot() -> None:
    assert _parts(_rack_record(0, 4), _rack_record(1, 4)) == {"rack/0/slot/4", "rack/1/slot/4"}


@pytest.mark.parametrize(
    "record",
    [
        _rack_record(0, 4, state=0xB404),  # not there
        _rack_record(0, 4, state=0xB400),
        _rack_record(0, 4, submodule=1),
        _rack_record(0, 0),
        _rack_record(0, 255),
        _rack_record(0x0103, 4),  # station 3 of a DP system
        _rack_record(0x8003, 4),  # station 3 of a PROFINET system
        _rack_record(0, 4)[:13],
    ],
)
def test_what_is_no_module_of_a_rack_is_no_part(record: bytes) -> None:
    assert _parts(record) == set()


def test_the_cpu_itself_is_no_part() -> None:
    modules = _rack_record(0, 2, kind=0x00C0), _rack_record(0, 3)
    assert _parts(*modules, own_slot=2) == {"rack/0/slot/3"}
    assert _parts(*modules, own_slot=1, own_type=0x00C0) == {"rack/0/slot/3"}
    assert _parts(*modules, own_slot=None) == {"rack/0/slot/2", "rack/0/slot/3"}


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
            case "cotp-connect" | "cotp-connect-pg-op" | "cotp-connect-tsap":
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
    assert names.count("read-szl") + names.count("read-szl-next") == 2 * probe.MOST_PARTS + 4 * (
        probe.MOST_DETAIL_PARTS - 1
    )
    assert len(names) <= PROTOCOL.limit(context).units
    assert claims["order_code"] == "6ES7", "what came whole is kept"


def test_details_are_asked_only_in_depth_and_protection_once() -> None:
    assert "read-szl-details" not in _names(_converse(Context(port=102))[0])
    names = _names(_converse(Context(port=102, depth=frozenset({probe.DEPTH})))[0])
    assert names.count("read-szl-details") == 4


def test_racks_are_asked_only_in_depth_and_none_after_the_last() -> None:
    assert "read-szl-modules" not in _names(_converse(Context(port=102))[0])
    names = _names(_converse(Context(port=102, depth=frozenset({probe.MODULES})))[0])
    assert names.count("read-szl-modules") == len(probe.RACKS)


def test_named_tsaps_are_tried_once_and_alone() -> None:
    asked, claims = _converse(Context(port=102, parameters={"tsap": "0300/0200"}))
    assert _names(asked)[:3] == ["connect", "cotp-connect-tsap", "setup-communication"]
    assert claims["s7_tsap"] == "0200"
    assert _names(_converse(Context(port=102, parameters={"tsap": "0300/0200"}), 9)[0]) == [
        "connect",
        "cotp-connect-tsap",
    ]


@pytest.mark.parametrize("tsap", ["", "0300", "0300/0400", "4d57/4d57", "0300/0200/1"])
def test_unlisted_tsaps_are_not_made_up(tsap: str) -> None:
    assert "cotp-connect-tsap" not in _names(_converse(Context(port=102, parameters={"tsap": tsap}))[0])


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
