"""The beginning of RFB: which version is answered with which, what the types prove, and that no choice may leave."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.vnc import PROTOCOL, codec, vet
from assetctl.talk import Reply, replay
from assetctl.wire import cut


def claimed(greeting: bytes, ours: bytes, types: bytes) -> dict[str, object]:
    recording = [
        ("connect", b"", Reply(Outcome.ANSWERED)),
        ("listen", b"", Reply(Outcome.ANSWERED, (greeting,))),
        ("protocol-version", ours, Reply(Outcome.ANSWERED, (types,))),
    ]
    done = replay(PROTOCOL.probe(Context(port=5900)), recording)
    assert done.missing == 0
    return {claim.key: claim.value for claim in done.claims}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (b"RFB 003.003\n", b"RFB 003.003\n"),
        (b"RFB 003.005\n", b"RFB 003.003\n"),
        (b"RFB 003.007\n", b"RFB 003.007\n"),
        (b"RFB 003.889\n", b"RFB 003.008\n"),
        (b"RFB 004.001\n", b"RFB 003.008\n"),
        (b"RFB 000.000\n", b"RFB 003.003\n"),
    ],
)
def test_the_answer_is_the_highest_version_of_the_rfc_that_the_server_speaks(theirs: bytes, ours: bytes) -> None:
    assert codec.encode(version=codec.decode_version(theirs).ours) == ours


@pytest.mark.parametrize(
    ("types", "is_open"),
    [(b"\x02\x01\x02", True), (b"\x01\x02", False), (b"\x02\x02\x1e", False), (b"\x01\x13", None), (b"\x00", None)],
)
def test_anybody_may_enter_by_the_type_none_and_wrapping_types_leave_it_open(
    types: bytes, is_open: bool | None
) -> None:
    assert claimed(b"RFB 003.008\n", b"RFB 003.008\n", types).get("anonymous_access") is is_open


def test_a_type_without_a_name_is_told_by_its_number() -> None:
    claims = claimed(b"RFB 003.008\n", b"RFB 003.008\n", b"\x03\x02\x81\x02")
    assert claims["vnc_security_types"] == ("VNC Authentication", "129")


def test_the_type_of_version_3_3_has_four_bytes_and_the_challenge_behind_it_is_left() -> None:
    assert cut(codec.ONE_TYPE, b"\0\0\0\x02" + bytes(16)) == (b"\0\0\0\x02", bytes(16))
    with pytest.raises(WireError):
        cut(codec.ONE_TYPE, b"HTTP/1.1")


@pytest.mark.parametrize("unit", [b"RFB 003.008", b"RFB 3.8\n", b"rfb 003.008\n", b"RFB 003.008\n\n", b""])
def test_what_is_no_greeting_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode_version(unit)


@pytest.mark.parametrize("unit", [b"\x01", b"\x02", bytes(16), b"RFB 003.889\n", b"RFB 003.008\n\x01"])
def test_no_choice_and_no_answer_to_a_challenge_may_leave(unit: bytes) -> None:
    with pytest.raises(Refusal):
        vet.vet(unit)
