"""Modbus/TCP: the units, the parts of an answer, and the conversation with devices and gateways."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Claim, Outcome
from assetctl.protocol import Context
from assetctl.protocols.modbus import PROTOCOL, codec, probe, server_id
from assetctl.talk import Ask, Open, Reply

SELF = 255
OBJECTS = {
    0: b"ACME",
    1: b"PLC-1",
    2: b"V1.2",
    3: b"http://acme.example",
    4: b"PLC",
    5: b"PLC One",
    6: b"tank",
    0x80: b"x",
}
KINDS = {1: range(3), 2: range(3, 7), 3: range(0x80, 0x100)}

Server = Callable[[bytes], bytes | None]


def _adu(asked: bytes, pdu: bytes) -> bytes:
    return asked[:4] + (len(pdu) + 1).to_bytes(2) + asked[6:7] + pdu


def _refusal(asked: bytes, code: int) -> bytes:
    return _adu(asked, bytes((asked[7] | 0x80, code)))


def _told(asked: bytes, numbers: list[int], *, level: int, more: bool = False, following: int = 0) -> bytes:
    body = b"".join(bytes((at, len(OBJECTS[at]))) + OBJECTS[at] for at in numbers)
    head = bytes((0x2B, 0x0E, asked[9], level, 0xFF if more else 0, following, len(numbers)))
    return _adu(asked, head + body)


def _device(asked: bytes) -> bytes | None:
    """All three kinds of objects, one in an answer, as the standard says."""
    if asked[7] != 0x2B:
        return _refusal(asked, 1)
    left = [at for at in OBJECTS if at in KINDS[asked[9]] and at >= asked[10]]
    return _told(asked, left[:1], level=0x83, more=len(left) > 1, following=left[1] if len(left) > 1 else 0)


def _converse(context: Context, server: Server) -> tuple[list[bytes], tuple[Claim, ...]]:
    """Units sent and claims made against a server; None from it is silence."""
    talk = probe.probe(context)
    sent: list[bytes] = []
    reply: Reply | None = None
    try:
        while True:
            step = next(talk) if reply is None else talk.send(reply)
            reply = Reply(Outcome.ANSWERED)
            if isinstance(step, Ask):
                answer = server(step.payload) if step.payload else None
                reply = Reply(Outcome.ANSWERED, (answer,)) if answer else Reply(Outcome.SILENT)
                sent += [step.payload] if step.payload else []
    except StopIteration as end:
        return sent, end.value


def _values(claims: tuple[Claim, ...], part: str = "") -> dict[str, object]:
    return {claim.key: claim.value for claim in claims if claim.part == part}


def _questions(sent: list[bytes]) -> list[tuple[int, int, int]]:
    """Unit, read code and object of every identification question."""
    return [(unit[6], unit[9], unit[10]) for unit in sent if unit[7] == 0x2B]


# what may leave


@pytest.mark.parametrize("function", [f for f in range(256) if f not in (0x11, 0x2B)])
def test_vet_refuses_every_other_function(function: int) -> None:
    for rest in (b"", b"\0\0\0", b"\x0e\x01\0"):
        with pytest.raises(Refusal):
            PROTOCOL.vet(b"\0\1\0\0" + (len(rest) + 2).to_bytes(2) + bytes((SELF, function)) + rest)


@pytest.mark.parametrize("mei", [m for m in range(256) if m != 0x0E])
def test_vet_refuses_every_other_kind_of_function_43(mei: int) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(b"\0\1\0\0\0\5" + bytes((SELF, 0x2B, mei, 1, 0)))


@given(st.integers(0, 0xFFFF), st.integers(0, 255))
def test_transactions_and_units_are_where_the_standard_puts_them(transaction: int, unit_id: int) -> None:
    asked = codec.encode_server_id(transaction=transaction, unit_id=unit_id)
    assert asked == transaction.to_bytes(2) + b"\0\0\0\2" + bytes((unit_id, 0x11))
    assert PROTOCOL.vet(asked) == "report-server-id"


# what an answer says


def test_an_answer_of_another_unit_or_transaction_is_refused() -> None:
    asked = codec.encode(transaction=7, unit_id=3, read_code=1, object_id=0)
    answer = _told(asked, [0], level=1)
    assert isinstance(codec.decode(answer, transaction=7, unit_id=3), codec.Identification)
    for transaction, unit_id in ((8, 3), (7, 4)):
        with pytest.raises(WireError):
            codec.decode(answer, transaction=transaction, unit_id=unit_id)


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60)), min_size=1, max_size=4), st.integers(0, 200))
def test_whole_objects_are_read_and_a_cut_one_never(objects: list[tuple[int, bytes]], cut: int) -> None:
    body = b"".join(bytes((at, len(text))) + text for at, text in objects)
    asked = codec.encode(transaction=1, unit_id=1, read_code=1, object_id=0)
    shown = body[: max(0, len(body) - cut)]
    answer = _adu(asked, bytes((0x2B, 0x0E, 1, 1, 0, 0, len(objects))) + shown)
    try:
        read = codec.decode(answer, transaction=1, unit_id=1)
    except WireError:
        assert len(shown) < 2 + len(objects[0][1])
        return
    assert isinstance(read, codec.Identification)
    assert list(read.objects) == objects[: len(read.objects)]
    assert len(read.objects) == len(objects) or cut


@given(st.binary(max_size=80))
def test_any_server_id_is_text_or_hexadecimal_and_names_no_serial_number(data: bytes) -> None:
    keys = {claim.key for claim in server_id.claims(data, part="")}
    assert keys <= {"modbus_server_id", "manufacturer", "order_code", "model"}
    assert bool(keys) == bool(data)


def test_a_server_id_that_only_begins_like_a_flowmeter_names_no_maker() -> None:
    claims = list(server_id.claims(b"\x2a\xff\x19" + b"A" * 60, part=""))
    assert [claim.key for claim in claims] == ["modbus_server_id"]


# the conversation


def test_all_kinds_of_objects_are_read_to_their_end() -> None:
    sent, claims = _converse(Context(port=502), _device)
    assert _values(claims) | {"modbus_objects": ("0x80=x",)} == _values(claims)
    assert _values(claims)["firmware_software_version"] == "V1.2"
    assert _values(claims)["application_name"] == "tank"
    assert [question[2] for question in _questions(sent)] == sorted(OBJECTS)


def test_transactions_are_never_used_twice() -> None:
    sent, _ = _converse(Context(port=502, seed=0xFFFE), _device)
    assert len({unit[:2] for unit in sent}) == len(sent)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 7, 8])
def test_a_device_that_refuses_is_no_gateway(code: int) -> None:
    sent, _ = _converse(Context(port=502, units=(1, 2, 3)), lambda asked: _refusal(asked, code))
    assert {unit for unit, _, _ in _questions(sent)} == {SELF}


@pytest.mark.parametrize("code", [0x0A, 0x0B, None])
def test_only_named_units_of_a_gateway_are_asked(code: int | None) -> None:
    def gateway(asked: bytes) -> bytes | None:
        if asked[6] != SELF:
            return _told(asked, [0, 1, 2], level=1)
        return _refusal(asked, code) if code else None

    assert {unit for unit, _, _ in _questions(_converse(Context(port=502), gateway)[0])} == {SELF}
    sent, claims = _converse(Context(port=502, units=(4, 9)), gateway)
    assert [unit for unit, _, _ in _questions(sent)] == [SELF, 4, 9]
    assert _values(claims, "unit/9")["order_code"] == "PLC-1"
    assert "order_code" not in _values(claims)


def test_a_device_that_told_its_name_is_asked_for_no_other_unit() -> None:
    sent, _ = _converse(Context(port=502, units=(4,)), _device)
    assert {unit for unit, _, _ in _questions(sent)} == {SELF}


def _scripted(answers: dict[int, int | None]) -> Server:
    """Exception by unit, None for silence, 0 for data."""

    def server(asked: bytes) -> bytes | None:
        code = answers.get(asked[6], 0x0B)
        if code is None:
            return None
        return _refusal(asked, code) if code else _told(asked, [0, 1, 2], level=1)

    return server


@pytest.mark.parametrize(
    ("answers", "asked_units"),
    [
        ({2: 0x0B, 3: 0x0B, 4: 0x0B, 5: 0}, [2, 3, 4]),  # three absent in a row
        ({2: 0x0B, 3: 0x0B, 4: 0, 5: 0x0B, 6: 0x0B, 7: 0}, [2, 3, 4, 5, 6, 7]),  # not in a row
        ({2: 0x0A, 3: 0x0A, 4: 0}, [2, 3]),  # two broken paths running
        ({2: 0x0A, 3: 0, 4: 0x0A, 5: 0}, [2, 3, 4, 5]),
        ({2: None, 3: 0}, [2]),  # silence: the bus may still be waiting
        ({2: 1, 3: 0}, [2, 3]),
    ],
)
def test_a_gateway_is_left_by_its_rules(answers: dict[int, int | None], asked_units: list[int]) -> None:
    context = Context(port=502, units=tuple(range(2, 8)) if len(asked_units) == 6 else tuple(answers))
    sent, _ = _converse(context, _scripted({SELF: 0x0B, **answers}))
    assert [unit for unit, _, _ in _questions(sent)][1:] == asked_units


def test_a_busy_device_is_asked_once_more_and_then_left() -> None:
    sent, claims = _converse(Context(port=502, units=(1,)), lambda asked: _refusal(asked, 6))
    assert len(sent) == 2
    assert _values(claims)["modbus_unit_id"] == SELF


@pytest.mark.parametrize("following", [0, 1, 2])
def test_an_answer_that_repeats_itself_for_ever_is_left(following: int) -> None:
    def server(asked: bytes) -> bytes:
        return _told(asked, [0, 1], level=3, more=True, following=following)

    sent, claims = _converse(Context(port=502), server)
    assert len(sent) <= PROTOCOL.cost.units - 1
    assert _values(claims)["order_code"] == "PLC-1"


@pytest.mark.parametrize("mark", [0x01, 0x80, 0xFF])
def test_any_mark_but_zero_says_that_more_follows(mark: int) -> None:
    def server(asked: bytes) -> bytes:
        answer = bytearray(_told(asked, [asked[10]], level=1, more=asked[10] < 2, following=asked[10] + 1))
        answer[11] = mark if answer[11] else 0
        return bytes(answer)

    assert _values(_converse(Context(port=502), server)[1])["firmware_software_version"] == "V1.2"


@pytest.mark.parametrize("later", ["refused", "silent", "garbled"])
def test_what_was_told_stays_told(later: str) -> None:
    def server(asked: bytes) -> bytes | None:
        if asked[9] == codec.BASIC:
            return _told(asked, [0, 1, 2], level=3)
        return {"refused": _refusal(asked, 1), "silent": None, "garbled": _adu(asked, b"\x03\0")}[later]

    sent, claims = _converse(Context(port=502, units=(1,)), server)
    assert len(sent) == 2, "one question showed that the level is a lie"
    assert _values(claims)["firmware_software_version"] == "V1.2"


def _individual(asked: bytes) -> bytes:
    """Object by object only, of the basic and regular ones; without object 3."""
    if asked[9] != codec.INDIVIDUAL:
        return _refusal(asked, 3)
    return _told(asked, [asked[10]], level=0x82) if asked[10] in OBJECTS and asked[10] != 6 else _refusal(asked, 2)


def test_objects_are_read_one_by_one_where_there_is_no_stream() -> None:
    sent, claims = _converse(Context(port=502), _individual)
    assert [question[1:] for question in _questions(sent)] == [
        (1, 0), *((4, at) for at in range(3)), (2, 3), *((4, at) for at in range(3, 7)),
    ]  # fmt: skip
    assert _values(claims)["model"] == "PLC One"
    assert len(sent) <= PROTOCOL.cost.units


def test_a_device_without_individual_access_is_asked_for_one_object_only() -> None:
    sent, _ = _converse(Context(port=502), lambda asked: _refusal(asked, 3))
    assert [question[1:] for question in _questions(sent)] == [(1, 0), (4, 0)]


def _with_server_id(answer: bytes | None, code: int | None) -> Server:
    def server(asked: bytes) -> bytes | None:
        if asked[7] == 0x11:
            return _adu(asked, b"\x11" + bytes((len(answer),)) + answer) if answer else None
        return _refusal(asked, code) if code else _told(asked, [], level=1)

    return server


DEEP = Context(port=502, depth=frozenset({probe.SERVER_ID}))


@pytest.mark.parametrize(
    ("code", "wanted"), [(1, True), (None, True), (2, False), (3, False), (4, False), (0x0B, False)]
)
def test_the_server_id_is_asked_only_where_there_is_no_identification(code: int | None, wanted: bool) -> None:
    sent, claims = _converse(DEEP, _with_server_id(b"\x01\xffRelay", code))
    assert (sent[-1][7] == 0x11) is wanted
    assert _values(claims).get("modbus_server_id") == ("Relay" if wanted else None)


def test_the_server_id_is_not_asked_unless_named() -> None:
    sent, _ = _converse(Context(port=502), _with_server_id(b"\x01\xffRelay", 1))
    assert not [unit for unit in sent if unit[7] == 0x11]


def test_nothing_follows_a_silent_server_id_of_the_device_itself() -> None:
    sent, claims = _converse(DEEP, _with_server_id(None, 1))
    assert sent[-1][7] == 0x11
    assert "modbus_server_id" not in _values(claims)


def _steps(talk: Iterator[object]) -> Open:
    step = next(talk)
    assert isinstance(step, Open)
    return step


def test_one_connection_serves_for_everything() -> None:
    context = Context(port=502, units=(1, 2, 3), depth=frozenset({probe.SERVER_ID}))
    assert PROTOCOL.limit(context).connections == 1
    assert _steps(probe.probe(context)).port == 502
