"""UMAS: which units leave, for which devices, and what an answer says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Claim, Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols.umas import PROTOCOL, codec, probe
from assetctl.talk import Ask, Reply

# published in a public repository's notes, asked at unit 11
RECORDED = bytes.fromhex(
    "0000000000300b5a00fe0e300b01000000002002000009000e0b0102000000000c424d45205035382031303230010101000000004a00"
)


def _identification(asked: bytes, *texts: str) -> bytes:
    body = b"".join(bytes((at, len(text))) + text.encode() for at, text in enumerate(texts))
    pdu = b"\x2b\x0e\x01\x83\0\0" + bytes((len(texts),)) + body
    return asked[:4] + (len(pdu) + 1).to_bytes(2) + asked[6:7] + pdu


def _converse(maker: str, code: str) -> tuple[list[bytes], dict[str, object]]:
    talk = probe.probe(Context(port=502, seed=4))
    sent: list[bytes] = []
    reply: Reply | None = None
    try:
        while True:
            step = next(talk) if reply is None else talk.send(reply)
            reply = Reply(Outcome.ANSWERED)
            if isinstance(step, Ask):
                sent.append(step.payload)
                recorded = step.payload[:2] + RECORDED[2:6] + step.payload[6:7] + RECORDED[7:]
                frame = _identification(step.payload, maker, code, "v1") if len(sent) == 1 else recorded
                reply = Reply(Outcome.ANSWERED, (frame,))
    except StopIteration as end:
        claims: tuple[Claim, ...] = end.value
        return sent, {claim.key: claim.value for claim in claims}


@pytest.mark.parametrize("function", [f for f in range(256) if f != 0x02])
def test_vet_refuses_every_other_function_of_umas(function: int) -> None:
    for rest in (b"", b"\0", b"\0\x13\0\0\0\0\0\x64\0"):
        with pytest.raises(Refusal):
            PROTOCOL.vet(b"\0\1\0\0" + (len(rest) + 4).to_bytes(2) + bytes((255, 0x5A, 0, function)) + rest)


@pytest.mark.parametrize("session", range(1, 256))
def test_vet_refuses_every_session_but_none(session: int) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(b"\0\1\0\0\0\4" + bytes((255, 0x5A, session, 2)))


@pytest.mark.parametrize("function", [f for f in range(256) if f not in (0x2B, 0x5A)])
def test_vet_refuses_every_other_function_of_modbus(function: int) -> None:
    for body in (b"\0\2", b"\x0e\1\0"):
        with pytest.raises(Refusal):
            PROTOCOL.vet(b"\0\1\0\0" + (len(body) + 2).to_bytes(2) + bytes((255, function)) + body)


def test_the_question_needs_a_consent_and_the_maker() -> None:
    assert PROTOCOL.klass is RequestClass.STATEFUL
    assert not PROTOCOL.verified
    assert PROTOCOL.wants is not None
    assert PROTOCOL.wants.suggested({"manufacturer": "Schneider Electric"}, port="tcp/502")
    assert not PROTOCOL.wants.suggested({"open_ports": "tcp/502"}, port="tcp/502")


def test_the_published_recording_is_read() -> None:
    found = codec.decode_read_id(RECORDED, transaction=0, unit_id=0x0B)
    assert found == codec.PlcId(0x0000010B, 0x0220, 9, b"BME P58 1020")


@given(st.integers(0, len(RECORDED) - 1))
def test_every_prefix_of_the_recording_is_refused(size: int) -> None:
    with pytest.raises(WireError):
        codec.decode_read_id(RECORDED[:size], transaction=0, unit_id=0x0B)


@pytest.mark.parametrize(
    "code",
    ["BMX P34 2020", "BMXP342020", "BME P58 2040S", "BME H58 6040", "BMKC8020301", "TSX P57 5634M", "140 CPU 651 60"],
)
def test_modicon_cpus_are_asked(code: str) -> None:
    sent, claims = _converse("Schneider Electric", code)
    assert len(sent) == 2
    assert PROTOCOL.vet(sent[1]) == "read-plc-id"
    assert (claims["model"], claims["firmware_software_version"]) == ("BME P58 1020", "2.20")


@pytest.mark.parametrize(
    ("maker", "code"),
    [
        ("Schneider Electric", "BMX NOE 0100"),
        ("Schneider Electric", "BMX PRA 0100"),
        ("Schneider Electric", "BME CRA 312 10"),
        ("Schneider Electric", "140 NOE 771 01"),
        ("Schneider Electric", "ATV71"),
        ("Schneider Electric", "METSEPM3255"),
        ("Schneider Electric", ""),
        ("WAGO", "BMX P34 2020"),
        ("", "BMX P34 2020"),
    ],
)
def test_nothing_else_is_asked(maker: str, code: str) -> None:
    sent, claims = _converse(maker, code)
    assert len(sent) == 1
    assert set(claims) == {"service_name", "service_source"}
