"""OPC UA sessions: entered as nobody, read once, always ended."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols.opcua.codec import encode_header, encode_message
from assetctl.protocols.opcua_session import PROTOCOL, TOKENS, codec
from tests.unit import opcua_server as served

CONTEXT = Context(port=4840, host="192.0.2.1")
NONE, ENCRYPT = 1, 3
ANONYMOUS, USER_NAME = 0, 1
OPEN = served.endpoints(
    served.endpoint(ENCRYPT, "Basic256Sha256", served.token(ANONYMOUS, name="secured")),
    served.endpoint(NONE, "None", served.token(USER_NAME, name="user"), served.token(ANONYMOUS, name="nobody")),
)
PARTING = ["close-session", "close-secure-channel"]
PLACE = {"channel": 1, "token": 2, "number": 3}


def _created(token: bytes) -> bytes:
    return served.answer_header(464) + b"\x02\x01\x00\x05\x00\x00\x00" + token + bytes(8)


def _value(text: str | None) -> bytes:
    return b"\0" if text is None else b"\x01\x0c" + served.text(text)


def _values(*texts: str | None) -> bytes:
    return served.answer_header(634) + served.listed(map(_value, texts)) + served.listed(())


GOOD: dict[str, bytes | Outcome | list[bytes]] = {
    "get-endpoints": OPEN,
    "create-session": _created(TOKENS[0]),
    "activate-session": served.answer_header(470) + bytes(12),
    "read-build-info": _values("PLC 900", "urn:fw", "ACME", "4.2", "77", None),
    "close-session": served.answer_header(476),
}


def _read(**messages: bytes | Outcome | list[bytes]) -> tuple[dict[str, object], list[str]]:
    server = served.Server(PROTOCOL, {**GOOD, **{name.replace("_", "-"): told for name, told in messages.items()}})
    return server.run(PROTOCOL.probe(CONTEXT)), server.heard


def test_the_protocol_needs_a_consent() -> None:
    assert PROTOCOL.klass is RequestClass.STATEFUL


def test_build_information_is_of_the_service_and_not_of_the_device() -> None:
    told, heard = _read()
    assert told["service_product"] == "PLC 900"
    assert told["service_version"] == "4.2"
    assert not {"manufacturer", "model", "firmware_software_version"} & set(told)
    assert len(heard) + 1 == PROTOCOL.cost.units


@pytest.mark.parametrize("token", TOKENS)
def test_the_token_of_the_session_is_echoed_as_it_came(token: bytes) -> None:
    assert codec.decode_create_session(_created(token)) == codec.Session(token)
    assert _read(create_session=_created(token))[0]["service_product"] == "PLC 900"


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (served.endpoint(NONE, "None", served.token(USER_NAME)),),
        (served.endpoint(ENCRYPT, "Basic256Sha256", served.token(ANONYMOUS)),),
        (served.endpoint(NONE, "None", served.token(ANONYMOUS), transport="http://opcfoundation.org/https"),),
    ],
)
def test_no_session_is_made_where_nobody_may_enter_without_security(rows: tuple[bytes, ...]) -> None:
    assert _read(get_endpoints=served.endpoints(*rows))[1][-2:] == ["get-endpoints", "close-secure-channel"]


@pytest.mark.parametrize("step", ["activate_session", "read_build_info"])
@pytest.mark.parametrize(
    "told", [Outcome.SILENT, Outcome.GARBLED, b"", b"\x00\x01", served.answer_header(397, status=0x80210000)]
)
def test_a_session_is_ended_whatever_comes_after_it_was_made(step: str, told: bytes | Outcome) -> None:
    assert _read(**{step: told})[1][-2:] == PARTING


@pytest.mark.parametrize("outcome", [Outcome.RESET, Outcome.DENIED, Outcome.ABORTED])
def test_nothing_follows_where_the_connection_is_gone_or_the_gate_shut(outcome: Outcome) -> None:
    assert _read(read_build_info=outcome)[1][-1] == "read-build-info"


def test_a_session_whose_answer_cannot_be_read_further_is_ended_by_its_token() -> None:
    cut = _created(TOKENS[1])[:-8]
    assert _read(create_session=cut)[1][-2:] == PARTING


def test_a_refused_value_is_a_blank_and_the_others_stay() -> None:
    bad = b"\x03\x0c" + served.text("wrong") + pack("<I", 0x80340000)
    rows = [bad, *map(_value, ("urn:fw", "ACME", "4.2", "77", None))]
    told, _ = _read(read_build_info=served.answer_header(634) + served.listed(rows) + served.listed(()))
    assert "service_product" not in told
    assert told["service_version"] == "4.2"


def test_fewer_values_than_asked_for_are_no_answer() -> None:
    with pytest.raises(WireError, match="6 expected, 5 found"):
        codec.decode_read(_values("a", "b", "c", "d", "e"))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_give_a_value_or_a_wire_error(data: bytes) -> None:
    for read in (codec.decode_create_session, codec.decode_activate_session, codec.decode_read):
        try:
            read(data)
        except WireError:
            continue


def _identity(kind: int, body: bytes) -> bytes:
    unsigned = 8 * b"\xff"
    token = b"\x01\x00" + pack("<H", kind) + b"\x01" + served.text(body)
    header = encode_header(467, 3, TOKENS[0])
    return encode_message(**PLACE, body=header + unsigned + bytes(8) + token + unsigned)


def test_vet_refuses_every_identity_but_nobodys() -> None:
    assert PROTOCOL.vet(_identity(321, served.text("any"))) == "activate-session"
    user = served.text("any") + served.text("operator") + served.text("secret") + served.text(None)
    for kind, body in ((324, user), (327, served.text("any") + served.text(b"der")), (321, user), (940, user)):
        with pytest.raises(Refusal):
            PROTOCOL.vet(_identity(kind, body))


def test_vet_refuses_the_reading_of_any_other_node_or_attribute() -> None:
    unit = codec.encode_read_build_info(**PLACE, authentication=TOKENS[0])
    assert PROTOCOL.vet(unit) == "read-build-info"
    for old, new in ((2262, 2258), (2266, 2255)):
        with pytest.raises(Refusal):
            PROTOCOL.vet(unit.replace(pack("<H", old), pack("<H", new)))


@pytest.mark.parametrize("kind", [437, 488, 500, 527, 673, 700, 712, 787, 841])
def test_vet_refuses_every_other_service(kind: int) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(encode_message(**PLACE, body=encode_header(kind, 3, TOKENS[0]) + bytes(8)))


def test_vet_refuses_a_request_of_a_session_without_its_token() -> None:
    with pytest.raises(Refusal, match="authentication token"):
        PROTOCOL.vet(codec.encode_close_session(**PLACE, authentication=b"\x00\x00"))
