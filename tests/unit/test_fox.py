"""The Fox hello: what may leave, and which lines of an answer are fields."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.protocols.fox import PROTOCOL, codec, vet


def hello(*lines: str, first: str = "fox a 0 -1 fox hello") -> bytes:
    return "\n".join((first, "{", *lines, "};;")).encode()


@pytest.mark.parametrize(
    "message",
    [
        codec.encode().replace(b"hello", b"login"),
        codec.encode().replace(b"id=i:1", b"id=i:1\nauth=s:admin"),
        codec.encode() + codec.encode(),
        codec.encode().replace(b"fox a 1", b"fox a 0"),
    ],
)
def test_only_the_hello_may_leave(message: bytes) -> None:
    with pytest.raises(Refusal):
        vet.vet(message)


def test_texts_alone_are_read() -> None:
    fields = codec.decode(hello("hostName=s:jace", "id=i:7", "z=z:f", 'sysInfo=o:bog 9[<p m="x=s:y"/>', "]"))
    assert fields == {"hostName": "jace"}


def test_a_value_may_hold_an_equals_sign_and_carriage_returns_are_no_part_of_it() -> None:
    assert codec.decode(hello("station.name=s:a=b\r"))["station.name"] == "a=b"


def test_a_station_of_an_old_release_may_write_latin_1() -> None:
    assert codec.decode(hello("station.name=s:Geb#ude").replace(b"#", b"\xe4"))["station.name"] == "Gebäude"


@pytest.mark.parametrize(
    "message",
    [
        hello(first="fox a 1 -1 fox hello"),  # our own
        hello(first="fox a 0 -1 fox denied"),
        hello()[:-1],
        b"HTTP/1.1 400 Bad Request\r\n\r\n};;",
    ],
)
def test_what_is_no_hello_of_a_station_is_refused(message: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode(message)


def test_lines_beyond_reason_are_not_read() -> None:
    assert "last" not in codec.decode(hello(*("a=s:b",) * 300, "last=s:x"))


def test_it_is_asked_unnamed_only_where_something_suggests_niagara() -> None:
    assert PROTOCOL.wants is not None
    assert PROTOCOL.wants.suggested({"mac_maker": "Tridium"}, port="tcp/1911")
    assert PROTOCOL.wants.suggested({"open_ports": "tcp/4911"}, port="tcp/1911")
    assert not PROTOCOL.wants.suggested({"manufacturer": "Honeywell", "open_ports": "tcp/80"}, port="tcp/1911")
