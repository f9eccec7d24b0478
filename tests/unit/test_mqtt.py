"""MQTT's first packet: what a code proves, and that nothing but coming and going may leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols.mqtt import PROTOCOL, codec, vet
from assetctl.talk import Open, Recorded, Reply, replay

BOTH = frozenset({"mqtt.v5"})


def claimed(v3: int, v5: int | None = None) -> dict[str, object]:
    recording: list[Recorded] = []
    answers = [(codec.V3_1_1, bytes((0x20, 2, 0, v3)))]
    answers += [(codec.V5, bytes((0x20, 3, 0, v5, 0)))] if v5 is not None else []
    for level, answer in answers:
        recording.append(("connect", b"", Reply(Outcome.ANSWERED)))
        unit = codec.encode(level=level, seed=0)
        recording.append(("client-connect", unit, Reply(Outcome.ANSWERED, (answer,))))
    done = replay(PROTOCOL.probe(Context(port=1883, depth=BOTH if v5 is not None else frozenset())), recording)
    return {claim.key: claim.value for claim in done.claims}


@pytest.mark.parametrize(("code", "is_open"), [(0, True), (1, None), (2, None), (3, None), (4, False), (5, False)])
def test_only_a_refused_login_proves_that_one_is_demanded(code: int, is_open: bool | None) -> None:
    claims = claimed(code)
    assert claims.get("anonymous_access") is is_open
    assert "mqtt_versions" not in claims


@pytest.mark.parametrize(
    ("v3", "v5", "versions", "is_open"),
    [
        (0, 0x00, ("3.1.1", "5.0"), True),
        (0, 0x84, ("3.1.1",), True),
        (1, 0x87, ("5.0",), False),
        (5, 0x8C, ("3.1.1", "5.0"), False),
        (3, 0x97, ("3.1.1", "5.0"), None),
    ],
)
def test_versions_are_told_when_both_were_tried(
    v3: int, v5: int, versions: tuple[str, ...], is_open: bool | None
) -> None:
    claims = claimed(v3, v5)
    assert claims["mqtt_versions"] == versions
    assert claims.get("anonymous_access") is is_open


@pytest.mark.parametrize(
    "unit", [b"\x20\x02\x00\x06", b"\x20\x02\x02\x00", b"\x30\x02\x00\x00", b"\x20\x03\x00\x00\x00", b"\x20\x01\x00"]
)
def test_an_answer_that_version_3_1_1_does_not_have_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode(unit, level=codec.V3_1_1)


def test_properties_of_version_5_are_passed_over_and_may_not_be_broken() -> None:
    assert codec.decode(bytes.fromhex("200900000622000a210014"), level=codec.V5).code == 0
    with pytest.raises(WireError):
        codec.decode(bytes.fromhex("200900000722000a210014"), level=codec.V5)


@given(seed=st.integers(0, 0xFFFF))
def test_the_client_id_is_of_characters_that_every_broker_must_take(seed: int) -> None:
    unit = codec.encode(level=codec.V3_1_1, seed=seed)
    client = unit[-12:].decode()
    assert client.isalnum()
    assert len(client) <= 23  # MQTT 3.1.1, 3.1.3.1
    assert vet.vet(unit) == "client-connect"


def test_it_needs_a_consent_and_every_connection_ends_with_a_goodbye() -> None:
    assert PROTOCOL.klass is RequestClass.STATEFUL
    opened = next(PROTOCOL.probe(Context(port=1883)))
    assert isinstance(opened, Open)
    assert vet.vet(opened.goodbye) == "disconnect"


@pytest.mark.parametrize(
    "unit",
    [
        bytes.fromhex("820900010004") + b"$SYS" + b"\0",  # SUBSCRIBE
        bytes.fromhex("300500016178"),  # PUBLISH
        codec.encode(level=4, seed=1).replace(b"\x04\x02", b"\x04\x00", 1),  # a session that stays
        codec.encode(level=4, seed=1).replace(b"\x04\x02", b"\x04\xc2", 1),  # user and password
        codec.encode(level=4, seed=1).replace(b"assetctl", b"pumpctrl"),
        codec.encode(level=3, seed=1),
    ],
)
def test_nothing_else_may_leave(unit: bytes) -> None:
    with pytest.raises(Refusal):
        vet.vet(unit)
