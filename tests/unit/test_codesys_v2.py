"""CODESYS V2: one question may leave, and a version is claimed only where it stands whole."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import RequestClass
from assetctl.protocols.codesys_v2 import PROTOCOL, codec, probe, vet


def answer(*texts: bytes) -> bytes:
    return b"\xbb\xbb" + bytes(62) + b"".join(text.ljust(32, b"\0") for text in texts)


def test_no_other_service_or_length_may_leave() -> None:
    question = codec.encode_begin()
    assert vet.vet(question) == "begin"
    for place in range(len(question)):
        for value in {0, 1, 2, 0xBB, 0xFF} - {question[place]}:
            with pytest.raises(Refusal):
                vet.vet(question[:place] + bytes((value,)) + question[place + 1 :])
    assert PROTOCOL.klass is RequestClass.STATEFUL
    assert not PROTOCOL.verified


def test_three_texts_end_at_their_zero_bytes() -> None:
    found = codec.decode(answer(b"Linux\0left over", b"2.6.29.6", b"3S-Smart Software Solutions"))
    assert found == codec.Runtime("Linux", "2.6.29.6", "3S-Smart Software Solutions")


def test_what_is_no_text_is_none() -> None:
    assert codec.decode(answer(b"Lin\x07ux", b"", b"x")).operating_system == ""


@pytest.mark.parametrize("unit", [b"", b"\xbb\xbb", answer(b"Linux", b"2.6")[:-1], answer(b"a", b"b", b"c")[1:]])
def test_what_is_no_whole_answer_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode(unit)


@pytest.mark.parametrize(
    ("details", "version"),
    [
        (b"2.6.29.6-rt24atom", "2.6.29.6-rt24atom"),
        (b"2.6.29.6-rt24 #1 PREEMPT Tue Nov", "2.6.29.6-rt24"),
        (b"2.6.29.6-rt24-with-a-long-name1", ""),  # 31 characters: it may go on
        (b"V5.00 Build 1", ""),
        (b"Build 1400", ""),
    ],
)
def test_a_version_that_may_be_cut_is_not_claimed(details: bytes, version: str) -> None:
    runtime = codec.decode(answer(b"Linux", details, b""))
    claims = {claim.key: claim.value for claim in probe._claims(runtime)}
    assert claims.get("os_version", "") == version
