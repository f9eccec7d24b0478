"""SSH before its encryption: what the line and the lists say, what is refused, and that no more than a line leaves."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.fingerprint import derive
from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.ssh import PROTOCOL, codec, exchange, vet
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


# --- host keys --------------------------------------------------------------------------------------------------------

GROUPS = tuple(dict.fromkeys(exchange.KEX.values()))
DEEP = frozenset({"ssh.hostkeys"})


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


def reply(*fields: bytes) -> bytes:
    """SSH_MSG_KEX_ECDH_REPLY that shows a host key of these fields. RFC 5656, 4; RFC 4253, 6.6."""
    body = b"\x1f" + string(b"".join(map(string, fields))) + string(bytes(32)) + string(b"signature")
    return (5 + len(body)).to_bytes(4) + b"\x04" + body + bytes(4)


@pytest.mark.parametrize(
    ("fields", "kind", "bits"),
    [
        ((b"ssh-ed25519", bytes(32)), "ssh-ed25519", 256),
        ((b"ssh-rsa", b"\1\0\1", b"\0" + b"\xff" * 128), "ssh-rsa", 1024),
        ((b"ssh-rsa", b"\3", b"\x7f" + b"\xff" * 95), "ssh-rsa", 767),
        ((b"ssh-dss", b"\0\x80" + bytes(127), b"q", b"g", b"y"), "ssh-dss", 1024),
        ((b"ecdsa-sha2-nistp521", b"nistp521", b"\x04" + bytes(132)), "ecdsa-sha2-nistp521", 521),
        ((b"x-new", b"?"), "x-new", 0),
    ],
)
def test_the_size_of_a_host_key_follows_from_its_integers_or_its_name(
    fields: tuple[bytes, ...], kind: str, bits: int
) -> None:
    key = exchange.decode_host_key(reply(*fields))
    assert (key.kind, key.bits) == (kind, bits)
    assert key.fingerprint.startswith("SHA256:")


@pytest.mark.parametrize(
    "packet",
    [
        reply(b"ssh-rsa", b"\3"),
        reply(b""),
        reply(b"\x1b[31m"),
        reply(b"ssh-ed25519")[:-1],
        reply(b"ssh-ed25519").replace(b"\x1f", b"\x21", 1),
        (5 + 5).to_bytes(4) + b"\x04\x1f\xff\xff\xff\xff" + bytes(4),
    ],
)
def test_an_answer_without_a_whole_host_key_is_refused(packet: bytes) -> None:
    with pytest.raises(WireError):
        exchange.decode_host_key(packet)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("kind", exchange.HOST_KEYS)
def test_the_start_of_an_exchange_is_two_packets_and_nothing_behind_them_may_leave(kind: str, group: str) -> None:
    for seed in (0, 1, 0xFFFF):
        unit = exchange.encode(host_key=kind, group=group, seed=seed)
        assert vet.vet(unit) == "key-exchange-start"
        first = cut(codec.PACKET, unit)
        assert first is not None
        assert cut(codec.PACKET, first[1]) == (first[1], b"")
        assert len(first[0]) % 8 == len(first[1]) % 8 == 0
        assert codec.decode_algorithms(first[0]).host_key == exchange.HOST_KEYS[kind]
        new_keys = bytes.fromhex("0000000c0a15") + bytes(10)
        for other in (unit + new_keys, first[0], first[1], unit[:-1] + b"\x01", new_keys):
            with pytest.raises(Refusal):
                vet.vet(other)


def with_keys(offered: str, *answers: Reply) -> dict[str, object]:
    """The claims of a server that offers these host key algorithms and answers each start of an exchange so."""
    meeting = [
        ("connect", b"", Reply(Outcome.ANSWERED)),
        ("listen", b"", Reply(Outcome.ANSWERED, (b"SSH-2.0-x\r\n",))),
        ("identification", OURS, Reply(Outcome.ANSWERED, (kexinit("curve25519-sha256", offered),))),
    ]
    recording = list(meeting)
    kinds = [kind for kind, names in exchange.HOST_KEYS.items() if set(names) & set(offered.split(","))]
    for kind, answer in zip(kinds, answers, strict=False):
        recording += [*meeting, ("", exchange.encode(host_key=kind, group="x25519", seed=0), answer)]
    done = replay(PROTOCOL.probe(Context(port=22, depth=DEEP)), recording)
    return {claim.key: claim.value for claim in done.claims}


ED25519 = Reply(Outcome.ANSWERED, (reply(b"ssh-ed25519", bytes(32)),))
RSA = Reply(Outcome.ANSWERED, (reply(b"ssh-rsa", b"\3", b"\x7f" + bytes(127)),))


def test_host_keys_are_told_when_none_of_the_offered_kinds_is_missing() -> None:
    assert with_keys("rsa-sha2-256,ssh-ed25519", ED25519, RSA)["ssh_host_key_types"] == (
        "ssh-ed25519 256",
        "ssh-rsa 1023",
    )
    for answers in ((ED25519,), (ED25519, Reply(Outcome.RESET)), (Reply(Outcome.SILENT),)):
        claims = with_keys("rsa-sha2-256,ssh-ed25519", *answers)
        assert "ssh_host_key_types" not in claims
        assert claims["ssh_host_key_algorithms"] == ("rsa-sha2-256", "ssh-ed25519")


@pytest.mark.parametrize("unit", [b"SSH-2.0-OpenSSH_9.2\r\n", OURS[:-1], OURS + OURS, kexinit("a"), b""])
def test_no_other_unit_may_leave(unit: bytes) -> None:
    with pytest.raises(Refusal):
        vet.vet(unit)
