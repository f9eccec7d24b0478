"""SSH before its encryption: what the line and the lists say, what is refused, and that no more than a line leaves."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.fingerprint import derive
from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.ssh import PROTOCOL, codec, vet
from assetctl.talk import Ask, Open, Reply, replay
from assetctl.wire import cut

OURS = b"SSH-2.0-assetctl\r\n"


def kexinit(*lists: str, padding: int = 4) -> bytes:
    """SSH_MSG_KEXINIT with these lists, the others empty. RFC 4253, 6 and 7.1."""
    named = [*lists, *[""] * (10 - len(lists))]
    body = b"\x14" + bytes(16) + b"".join(len(one).to_bytes(4) + one.encode() for one in named) + bytes(5)
    return (1 + len(body) + padding).to_bytes(4) + bytes((padding,)) + body + bytes(padding)


def asked(line: bytes, *more: Reply) -> tuple[dict[str, object], list[bytes]]:
    """What is claimed of a server that says this line, and the units that leave."""
    recording = [("connect", b"", Reply(Outcome.ANSWERED)), ("listen", b"", Reply(Outcome.ANSWERED, (line,)))]
    recording += [("identification", OURS, reply) for reply in more]
    done = replay(PROTOCOL.probe(Context(port=22)), recording)
    return {c.key: c.value for c in done.claims}, [a.payload for a in done.asked if isinstance(a, Ask)]


def test_the_lists_of_both_directions_are_drawn_together_in_their_order() -> None:
    packet = kexinit("curve25519-sha256,kex-strict-s-v00@openssh.com", "ssh-ed25519", "a,b", "b,c", "m1", "m2", "none")
    assert codec.decode_algorithms(packet) == codec.Algorithms(
        ("curve25519-sha256", "kex-strict-s-v00@openssh.com"), ("ssh-ed25519",), ("a", "b", "c"), ("m1", "m2")
    )


def test_a_server_of_both_versions_is_told_our_line_and_one_of_version_1_is_not() -> None:
    assert asked(b"SSH-1.99-x\n", Reply(Outcome.SILENT))[1] == [b"", OURS]
    claims, units = asked(b"SSH-1.5-x\n")
    assert units == [b""]
    assert claims["ssh_protocol_version"] == "1.5"


def test_lines_before_the_identification_are_passed_over() -> None:
    talk = PROTOCOL.probe(Context(port=22))
    assert isinstance(next(talk), Open)
    listening = talk.send(Reply(Outcome.ANSWERED))
    assert isinstance(listening, Ask)
    assert listening.payload == b""
    assert listening.accepts is not None
    lines = cut(listening.framing, b"Plant access is logged.\r\nSSH-2.0-x\r\n")
    assert lines is not None
    assert not listening.accepts(lines[0])
    assert listening.accepts(lines[1])


def test_packets_that_may_stand_before_the_lists_do_not_answer() -> None:
    assert not codec.is_algorithms(bytes.fromhex("0000000c0a02") + bytes(10))  # SSH_MSG_IGNORE
    assert codec.is_algorithms(kexinit("a"))


@pytest.mark.parametrize(
    "line", [b"SSH-2.0-x", b"SSH-two-x\r\n", b"ssh-2.0-x\r\n", b"\n", b"SSH-2.0-" + b"x" * 260 + b"\r\n"]
)
def test_a_line_that_is_no_identification_is_refused(line: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode_identification(line)


@pytest.mark.parametrize(
    "packet",
    [
        kexinit("a b"),
        kexinit("a,,b"),
        kexinit("x" * 65),
        kexinit("\x1b[31m"),
        kexinit("a")[:-1],
        kexinit("a") + b"\0",
        kexinit("a").replace(b"\x14", b"\x15", 1),
        kexinit("a")[:4] + b"\xff" + kexinit("a")[5:],
    ],
)
def test_lists_that_break_their_layout_are_refused(packet: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode_algorithms(packet)


def test_a_broken_packet_leaves_what_the_line_said() -> None:
    claims, _ = asked(b"SSH-2.0-OpenSSH_9.2p1\r\n", Reply(Outcome.ANSWERED, (kexinit("a b"),)))
    assert claims["service_banner"] == "SSH-2.0-OpenSSH_9.2p1"
    assert "ssh_kex_algorithms" not in claims


def test_the_program_follows_from_the_banner() -> None:
    recording = [("connect", b"", Reply(Outcome.ANSWERED))]
    recording.append(("listen", b"", Reply(Outcome.ANSWERED, (b"SSH-2.0-dropbear_2020.81\r\n",))))
    claims = replay(PROTOCOL.probe(Context(port=22)), recording).claims
    told = {one.claim.key: one.claim.value for one in derive(claims)}
    assert (told["service_product"], told["service_version"]) == ("Dropbear", "2020.81")


@pytest.mark.parametrize("unit", [b"SSH-2.0-OpenSSH_9.2\r\n", OURS[:-1], OURS + OURS, kexinit("a"), b""])
def test_no_other_unit_may_leave(unit: bytes) -> None:
    with pytest.raises(Refusal):
        vet.vet(unit)
