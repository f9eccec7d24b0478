"""The information query of TwinCAT: what may leave, which answers count, and when it is asked at all."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.protocols.ads import PROTOCOL, codec, vet

HEADER = bytes.fromhex("036614710000000001000080" + "056203040101" + "1027")


def answer(*tags: tuple[int, bytes], count: int | None = None) -> bytes:
    body = b"".join(tag.to_bytes(2, "little") + len(raw).to_bytes(2, "little") + raw for tag, raw in tags)
    return HEADER + (len(tags) if count is None else count).to_bytes(4, "little") + body


def system(platform: int, *numbers: int, text: str = "") -> bytes:
    fields = (276, *numbers, platform)
    return b"".join(field.to_bytes(4, "little") for field in fields) + text.encode("utf-16-le") + b"\0\0"


@pytest.mark.parametrize("service", [0, 2, 6, 7, 0xB001, 0x80000001, 0x80000006])
def test_no_other_service_may_leave(service: int) -> None:
    question = codec.encode()
    with pytest.raises(Refusal):
        vet.vet(question[:8] + service.to_bytes(4, "little") + question[12:])


def test_a_question_with_a_tag_may_not_leave() -> None:
    with pytest.raises(Refusal):
        vet.vet(codec.encode() + bytes.fromhex("0c000200" + "4100"))


def test_the_version_has_a_build_of_two_bytes() -> None:
    assert codec.decode(answer((3, b"\x03\x01\xb8\x0f"))).twincat == "3.1.4024"


def test_a_text_ends_at_its_first_nul() -> None:
    assert codec.decode(answer((5, b"CX-1\0\x81\x82\xff"))).host_name == "CX-1"


def test_only_a_windows_has_a_service_pack() -> None:
    windows = codec.decode(answer((4, system(2, 6, 1, 7601, text="SP1")))).os
    other = codec.decode(answer((4, system(0, 13, 2, 0, text="SP1")))).os
    assert windows is not None
    assert other is not None
    assert (windows.service_pack, other.service_pack) == ("SP1", "")


def test_a_service_pack_in_characters_of_one_byte_is_read_too() -> None:
    raw = system(2, 5, 1, 2600, text="")[:20] + b"Service Pack 3".ljust(128, b"\0")
    windows = codec.decode(answer((4, raw))).os
    assert windows is not None
    assert windows.service_pack == "Service Pack 3"


def test_a_tag_that_is_told_twice_keeps_its_first_value() -> None:
    assert codec.decode(answer((5, b"one\0"), (5, b"two\0"))).host_name == "one"


def test_a_count_of_tags_beyond_reason_is_refused() -> None:
    with pytest.raises(WireError):
        codec.decode(answer((5, b"CX-1\0"), count=0x05000400))


def test_answers_to_other_questions_are_passed_over() -> None:
    whole = answer((5, b"CX-1\0"))
    assert codec.is_answer(whole)
    assert not codec.is_answer(whole[:8] + b"\x06\0\0\x80" + whole[12:])
    assert not codec.is_answer(whole[:4] + b"\x01\0\0\0" + whole[8:])


def test_it_is_asked_unnamed_only_of_the_maker_or_where_ads_is_known() -> None:
    assert PROTOCOL.wants is not None
    assert PROTOCOL.wants.suggested({"mac_maker": "Beckhoff"}, port="udp/48899")
    assert PROTOCOL.wants.suggested({"open_ports": "tcp/48898"}, port="udp/48899")
    assert not PROTOCOL.wants.suggested({"open_ports": "tcp/102"}, port="udp/48899")
