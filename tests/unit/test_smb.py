"""SMB negotiation: what an answer proves, what is left open, and that no step after the first may leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.smb import PROTOCOL, codec, ntlm, vet
from assetctl.talk import Recorded, Reply, replay

OPENED: Recorded = ("connect", b"", Reply(Outcome.ANSWERED))


def answer(dialect: int = 0x0311, mode: int = 1, boot: int = 0, now: int = 0, token: bytes = b"") -> bytes:
    """A NEGOTIATE answer, [MS-SMB2] 2.2.4."""
    header = b"\xfeSMB\x40\0" + bytes(10) + (1).to_bytes(4, "little") + bytes(44)
    body = (65).to_bytes(2, "little") + mode.to_bytes(2, "little") + dialect.to_bytes(2, "little") + bytes(2)
    body += b"\x11" * 16 + bytes(16) + now.to_bytes(8, "little") + boot.to_bytes(8, "little")
    body += (128).to_bytes(2, "little") + len(token).to_bytes(2, "little") + bytes(4) + token
    return len(header + body).to_bytes(4) + header + body


def claimed(first: Reply, *more: Recorded, depth: frozenset[str] = frozenset()) -> dict[str, object]:
    recording = [OPENED, ("negotiate", codec.negotiate(), first), *more]
    replayed = replay(PROTOCOL.probe(Context(port=445, depth=depth)), recording)
    return {claim.key: claim.value for claim in replayed.claims}


def asked_v1(reply: Reply) -> tuple[Recorded, Recorded]:
    return OPENED, ("negotiate-v1", codec.negotiate_v1(), reply)


V1 = frozenset({"smb.v1"})
ANSWERED = Reply(Outcome.ANSWERED, (answer(),))


def test_that_version_1_is_off_is_told_only_where_it_was_tried() -> None:
    assert "smb_dialects" not in claimed(ANSWERED)
    assert claimed(ANSWERED, *asked_v1(Reply(Outcome.RESET)), depth=V1)["smb_dialects"] == ("3.1.1",)


@pytest.mark.parametrize("outcome", [Outcome.SILENT, Outcome.GARBLED])
def test_no_answer_to_version_1_leaves_it_open(outcome: Outcome) -> None:
    assert "smb_dialects" not in claimed(ANSWERED, *asked_v1(Reply(outcome)), depth=V1)


def test_a_port_that_closes_on_every_question_is_no_smb() -> None:
    assert claimed(Reply(Outcome.RESET), *asked_v1(Reply(Outcome.RESET)), depth=V1) == {}


def test_a_refusal_in_smb_is_smb_all_the_same() -> None:
    refused = answer()[:12] + b"\xbb\0\0\xc0" + answer()[16:]  # STATUS_NOT_SUPPORTED
    assert claimed(Reply(Outcome.ANSWERED, (refused,))) == {"service_name": "smb", "service_source": "probed"}
    assert claimed(Reply(Outcome.ANSWERED, (b"\0\0\0\4HTTP",))) == {}


@pytest.mark.parametrize(("mode", "required"), [(1, False), (2, True), (3, True), (0, False)])
def test_signing_is_required_by_its_bit_alone(mode: int, required: bool) -> None:
    assert claimed(Reply(Outcome.ANSWERED, (answer(mode=mode),)))["smb_signing_required"] is required


def test_a_start_that_is_none_is_not_told() -> None:
    now = 134_000_000_000_000_000
    for boot, told in ((0, False), (now, False), (now - 10_000_000, False), (now - 36_000_000_000, True)):
        assert ("smb_boot_time" in claimed(Reply(Outcome.ANSWERED, (answer(boot=boot, now=now),)))) is told


def test_the_version_of_a_server_that_is_not_windows_is_no_operating_system() -> None:
    for claims in (claimed(ANSWERED), claimed(Reply(Outcome.ANSWERED, (answer(token=b"\x60\x03abc"),)))):
        assert "operating_system" not in claims
        assert "os_version" not in claims


@pytest.mark.parametrize(
    "unit",
    [
        answer(dialect=0x02FF),
        answer().replace(b"\xfeSMB", b"\xffSMB"),
        answer()[:20] + b"\0\0\0\0" + answer()[24:],  # flags: a request
        answer()[:12] + b"\xbb\0\0\xc0" + answer()[16:],  # status: not supported
        answer() + b"\0",
    ],
)
def test_what_is_no_answer_to_the_negotiation_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode_negotiated(unit)


def test_the_token_of_an_answer_lies_where_its_offset_says() -> None:
    assert codec.decode_negotiated(answer(token=b"abc")).token == b"abc"
    broken = answer(token=b"abc").replace((128).to_bytes(2, "little") + b"\x03\0", b"\xff\xff\x03\0")
    with pytest.raises(WireError):
        codec.decode_negotiated(broken)


@given(st.binary(max_size=200))
def test_any_token_is_read_or_refused(token: bytes) -> None:
    for read in (ntlm.mechanisms, ntlm.challenge):
        try:
            read(token)
        except WireError:
            continue


def test_the_first_token_holds_no_name() -> None:
    message = ntlm.negotiate_token().partition(ntlm.SIGNATURE)[2]
    assert message[8:24] == bytes(16)  # domain and workstation, [MS-NLMP] 2.2.1.1


def test_a_second_step_of_a_session_may_not_leave() -> None:
    first = codec.session_setup(ntlm.negotiate_token())
    for unit in (
        codec.session_setup(ntlm.negotiate_token().replace(b"NTLMSSP\0\x01", b"NTLMSSP\0\x03")),
        codec.session_setup(b""),
        first[:16] + b"\x03" + first[17:],  # command TREE_CONNECT
        first[:16] + b"\x02" + first[17:],  # command LOGOFF
        codec.negotiate_v1().replace(b"\x72", b"\x73", 1),  # SMB 1 SESSION_SETUP_ANDX
    ):
        with pytest.raises(Refusal):
            vet.vet(unit)
