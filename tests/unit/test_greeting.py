"""Servers that speak first: which protocol their words are, and that nothing is ever answered."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal
from assetctl.model import Claim, Outcome
from assetctl.protocol import Context
from assetctl.protocols.greeting import PROTOCOL, codec, probe, vet
from assetctl.talk import Ask, Open, Reply, replay

NEGOTIATION = (
    b"\xff\xfb\x01\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0"  # WILL ECHO, DO TERMINAL-TYPE, SB TERMINAL-TYPE SEND SE
)


def heard(port: int, *pieces: bytes) -> tuple[Claim, ...]:
    """What is claimed of a server that says these pieces and then no more."""
    recording = [("connect", b"", Reply(Outcome.ANSWERED))]
    recording += [("listen", b"", Reply(Outcome.ANSWERED, (piece,))) for piece in pieces]
    recording += [("listen", b"", Reply(Outcome.SILENT))]
    return replay(PROTOCOL.probe(Context(port=port)), recording).claims


def named(port: int, *pieces: bytes) -> tuple[object, int]:
    return next(((c.value, c.confidence) for c in heard(port, *pieces) if c.key == "service_name"), (None, 0))


@pytest.mark.parametrize(
    ("port", "said", "name"),
    [
        (21, b"220 (vsFTPd 3.0.3)\r\n", "ftp"),
        (2121, b"220 Microsoft FTP Service\r\n", "ftp"),
        (25, b"220 mail.plant.example ESMTP Postfix\r\n", "smtp"),
        (21, b"220 relay ESMTP Exim 4.96\r\n", "smtp"),
        (23, b"\xff\xfb\x01", "telnet"),
        (2323, b"\xff\xfd\x18", "telnet"),
        (23, b"\r\nMACH104 login: ", "telnet"),
        (23, b"User Access Verification\r\n\r\nPassword: ", "telnet"),
    ],
)
def test_the_words_name_the_protocol_whatever_the_port(port: int, said: bytes, name: str) -> None:
    assert named(port, said) == (name, 90)


def test_a_reply_without_words_is_named_by_its_port_with_less_confidence() -> None:
    assert named(21, b"220 ready\r\n") == ("ftp", probe.PORT_CONFIDENCE)
    assert named(25, b"220 ready\r\n") == ("smtp", probe.PORT_CONFIDENCE)
    assert named(2525, b"220 ready\r\n") == (None, 0)


def test_a_reply_with_the_words_of_both_is_named_by_its_port() -> None:
    assert named(21, b"220 smtp.plant.example FTP server\r\n") == ("ftp", probe.PORT_CONFIDENCE)


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-dropbear_2020.81\r\n", b"hello\r\n", b"200 OK\r\n", b"\xff", b"\xff\x01\x02"]
)
def test_words_of_another_protocol_are_kept_and_not_named(said: bytes) -> None:
    for port in (21, 23, 25):
        assert named(port, said) == (None, 0)


def test_a_telnet_prompt_that_comes_after_the_negotiation_is_the_banner() -> None:
    claims = heard(23, NEGOTIATION, b"\r\n\xff\xfb\x03EDS-408A login: ")
    assert {c.key: c.value for c in claims}["service_banner"] == "EDS-408A login:"


def test_two_255_are_one_and_not_a_command() -> None:
    assert codec.decode(b"\xff\xff\xff\xfb\x01abc\r\n").text == "ÿabc"


@given(cuts=st.lists(st.integers(0, 40), max_size=probe.MOST_LOOKS - 1))
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    whole = b"220-Welcome\r\n220-220 is not the end\r\n220 ftp\r\n"
    edges = [0, *sorted(cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(edges) if a < b]
    assert heard(21, *pieces) == heard(21, whole)


def test_no_look_follows_a_greeting_that_is_whole() -> None:
    talk = PROTOCOL.probe(Context(port=21))
    next(talk)
    talk.send(Reply(Outcome.ANSWERED))
    with pytest.raises(StopIteration):
        talk.send(Reply(Outcome.ANSWERED, (b"220 ready\r\n",)))


@given(pieces=st.lists(st.binary(max_size=200), min_size=1, max_size=8))
def test_nothing_is_sent_whatever_is_heard(pieces: list[bytes]) -> None:
    recording = [("connect", b"", Reply(Outcome.ANSWERED))]
    recording += [("listen", b"", Reply(Outcome.ANSWERED, (piece,))) for piece in pieces]
    asked = replay(PROTOCOL.probe(Context(port=23)), recording).asked
    assert [a for a in asked if isinstance(a, Ask) and a.payload] == []
    assert sum(isinstance(a, Open) for a in asked) == 1
    assert len(asked) <= 1 + probe.MOST_LOOKS


def test_a_flood_is_cut() -> None:
    assert len(codec.decode(b"220 " + b"x" * 100_000 + b"\r\n").text) == codec.MOST_TEXT


@pytest.mark.parametrize("unit", [b"QUIT\r\n", b"USER anonymous\r\n", b"\xff\xfe\x01", b""])
def test_no_unit_may_leave(unit: bytes) -> None:
    with pytest.raises(Refusal):
        vet.vet(unit)
