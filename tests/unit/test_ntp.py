"""One NTP question: what answers it, what the reference means at which stratum, and that no other mode may leave."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.protocols.ntp import PROTOCOL, codec, vet

SEED = 0x1234


def answer(first: int = 0x24, stratum: int = 2, reference: bytes = b"\x0a\0\0\x01", origin: bytes = b"") -> bytes:
    """A server's packet, RFC 5905, 7.3."""
    repeated = origin or codec.encode(seed=SEED)[40:]
    return bytes((first, stratum)) + bytes(10) + reference + bytes(8) + repeated + bytes(16)


@pytest.mark.parametrize(
    ("stratum", "reference", "text"),
    [
        (2, b"\x0a\0\0\x01", "10.0.0.1"),
        (1, b"DCF\0", "DCF"),
        (1, b"DCFa", "DCFa"),
        (0, b"RATE", "RATE"),
        (1, b"\xff\x01\0\0", ""),
        (2, bytes(4), ""),
    ],
)
def test_the_reference_is_read_as_its_stratum_says(stratum: int, reference: bytes, text: str) -> None:
    assert codec.decode(answer(stratum=stratum, reference=reference), seed=SEED).reference_text == text


def test_leap_and_version_stand_in_the_first_byte() -> None:
    read = codec.decode(answer(first=0xDC), seed=SEED)
    assert (codec.LEAPS[read.leap], read.version) == ("unsynchronised", 3)


@pytest.mark.parametrize(
    "unit",
    [
        answer(first=0x23),  # a client's question
        answer(first=0x26),  # a control message
        answer(first=0x3C),  # version 7
        answer(stratum=17),
        answer(origin=b"12345678"),
        answer()[:47],
    ],
)
def test_what_does_not_answer_our_question_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode(unit, seed=SEED)


def test_an_answer_repeats_the_time_of_our_question() -> None:
    assert codec.is_answer(answer(), seed=SEED)
    assert not codec.is_answer(answer(), seed=SEED + 1)


@pytest.mark.parametrize("first", [0x26, 0x27, 0x16, 0x17, 0x25, 0x21, 0x1B, 0xE3])
def test_no_control_private_or_peer_message_may_leave(first: int) -> None:
    with pytest.raises(Refusal):
        vet.vet(bytes((first,)) + codec.encode(seed=SEED)[1:])


def test_it_is_asked_unnamed_only_where_its_port_is_known_open() -> None:
    assert PROTOCOL.wants is not None
    assert not PROTOCOL.wants.suggested({"manufacturer": "Meinberg"}, port="udp/123")
    assert PROTOCOL.wants.suggested({"open_ports": "tcp/22 udp/123"}, port="udp/123")
