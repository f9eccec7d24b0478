"""Laws of capture files: every form, every link, every fault with one line."""

import gzip
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl.errors import InputError
from assetctl.exchange.capture.file import CaptureFile
from assetctl.exchange.capture.flows import MOST_CONNECTIONS
from assetctl.exchange.capture.read import Captured, read
from assetctl.exchange.flow_rows import rows
from assetctl.model import Claim
from tests.contracts.captures import all_captures
from tests.unit.capture_writer import BEGUN, CLIENT, SERVER, SERVER_MAC, Wire, pcap, talk

LINKS = [1, 0, 9, 50, 101, 104, 113, 240, 241, 276, 108, 228]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
WAGO = next(one for one in all_captures() if str(one) == "modbus-wago")
PACKETS = talk(WAGO)


def _file(folder: Path, content: bytes, name: str = "a.pcap") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _read(folder: Path, content: bytes) -> Captured:
    return read(_file(folder, content), realm="plant", now=NOW)


def _claims(found: Captured) -> frozenset[Claim]:
    return frozenset(claim for one in found.readings for claim in one.observation.claims)


def _block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def _option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def _section(order: str = "<") -> bytes:
    return _block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def _interface(link_type: int, options: bytes = b"", order: str = "<") -> bytes:
    return _block(1, struct.pack(order + "HHI", link_type, 0, 0) + options, order)


def _enhanced(interface: int, clock: int, data: bytes, order: str = "<") -> bytes:
    head = struct.pack(order + "IIIII", interface, clock >> 32, clock & 0xFFFFFFFF, len(data), len(data))
    return _block(6, head + data, order)


def test_both_forms_both_orders_and_packed_say_the_same(tmp_path: Path) -> None:
    plain = _claims(_read(tmp_path, pcap(PACKETS)))
    assert plain
    for order in "<>":
        blocks = b"".join(_enhanced(0, int(BEGUN * 10**6) + at, one, order) for at, one in enumerate(PACKETS))
        assert _claims(_read(tmp_path, _section(order) + _interface(1, order=order) + blocks)) == plain
    big = struct.pack(">IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    for one in PACKETS:
        big += struct.pack(">IIII", int(BEGUN), 999_999_999, len(one), len(one)) + one
    assert _claims(_read(tmp_path, big)) == plain
    assert _claims(_read(tmp_path, gzip.compress(pcap(PACKETS)))) == plain


def test_scapys_files_are_read(tmp_path: Path) -> None:
    from scapy.layers.l2 import Ether
    from scapy.utils import wrpcap, wrpcapng

    frames = [Ether(one) for one in PACKETS]
    for at, frame in enumerate(frames):
        frame.time = BEGUN + at
    wrpcap(str(tmp_path / "a.pcap"), frames)
    wrpcapng(str(tmp_path / "a.pcapng"), frames)
    plain = _claims(_read(tmp_path, pcap(PACKETS)))
    for name in ("a.pcap", "a.pcapng"):
        assert _claims(read(tmp_path / name, realm="plant", now=NOW)) == plain


def test_each_interface_has_its_own_link_and_clock(tmp_path: Path) -> None:
    nanoseconds = _option(9, b"\x09") + _option(14, struct.pack("<q", 100)) + _option(0, b"")
    content = _section() + _interface(113) + _interface(1, nanoseconds)
    content += _enhanced(1, int(BEGUN) * 10**9 + 1500, b"a" * 60) + _enhanced(0, int(BEGUN) * 10**6, b"b" * 60)
    content += _section() + _interface(101) + _enhanced(0, int(BEGUN) * 10**6, b"c" * 60)
    content += _block(0xBAD, b"x" * 1000)
    found = list(CaptureFile(_file(tmp_path, content)).packets())
    assert [one.link_type for one in found] == [1, 113, 101]
    assert found[0].at == datetime.fromtimestamp(BEGUN + 100, UTC).replace(microsecond=1)
    assert [one.number for one in found] == [1, 2, 3]


def _relinked(packet: bytes, link: str) -> tuple[int, bytes]:
    tag = struct.pack(">HH", 0x8100, 0x6005)
    return {
        "one tag": (1, packet[:12] + tag + packet[12:]),
        "two tags": (1, packet[:12] + struct.pack(">HH", 0x88A8, 7) + tag + packet[12:]),
        "cooked": (113, struct.pack(">HHH8s", 0, 1, 6, packet[6:12]) + packet[12:]),
        "cooked 2": (276, packet[12:14] + struct.pack(">HIHBB8s", 0, 3, 1, 0, 6, packet[6:12]) + packet[14:]),
        "null": (0, struct.pack("<I", 2) + packet[14:]),
        "loop": (108, struct.pack(">I", 2) + packet[14:]),
        "raw": (101, packet[14:]),
        "padded": (1, packet + bytes(8)),
    }[link]


@pytest.mark.parametrize("link", ["one tag", "two tags", "cooked", "cooked 2", "null", "loop", "raw", "padded"])
def test_every_link_says_the_same(tmp_path: Path, link: str) -> None:
    relinked = [_relinked(one, link) for one in PACKETS]
    found = _read(tmp_path, pcap([data for _, data in relinked], link_type=relinked[0][0]))
    assert _claims(found) == _claims(_read(tmp_path, pcap(PACKETS)))


def test_ipv6_behind_extension_headers_says_the_same(tmp_path: Path) -> None:
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
    from scapy.layers.l2 import Ether

    def over_v6(packet: bytes) -> bytes:
        old = Ether(packet)[IP]
        hosts = {CLIENT: "fd00::64", SERVER: "fd00::5"}
        frame = Ether(packet[:12] + b"\x86\xdd") / IPv6(src=hosts[old.src], dst=hosts[old.dst]) / IPv6ExtHdrDestOpt()
        return bytes(frame / old.payload)

    found = _read(tmp_path, pcap(map(over_v6, PACKETS)))
    modbus = [one.observation for one in found.readings if one.observation.reader.startswith("modbus/")]
    assert {str(one.target) for one in modbus} == {"plant/fd00::5"}
    assert {one.key: one.value for one in WAGO.claims}.items() <= {c.key: c.value for c in modbus[0].claims}.items()


@pytest.mark.parametrize("size", [0, 1, 3, 4, 10, 23, 24, 39])
def test_a_file_that_is_too_short_is_one_line(tmp_path: Path, size: int) -> None:
    with pytest.raises(InputError) as fault:
        _read(tmp_path, pcap(PACKETS)[:size])
    assert len(str(fault.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content", [b"\x7fELF" + bytes(100), b"<?xml?>", gzip.compress(b"no capture", mtime=0), b"\x1f\x8b\0\0"]
)
def test_another_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"a\.pcap"):
        _read(tmp_path, content)


def test_a_link_that_is_not_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="link type 147"):
        _read(tmp_path, pcap(PACKETS, link_type=147))


def test_what_precedes_a_break_is_read_and_the_break_is_told(tmp_path: Path) -> None:
    whole = pcap(PACKETS)
    for content in (whole[:-3], gzip.compress(whole, mtime=0)[:-12], whole + b"\xff" * 16):
        found = _read(tmp_path, content)
        assert _claims(found)
        assert len(found.warnings) == 1
        assert "breaks off" in found.warnings[0]


def test_a_capture_of_tomorrow_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="future"):
        read(_file(tmp_path, pcap(PACKETS)), realm="plant", now=datetime(2020, 1, 1, tzinfo=UTC))


@settings(max_examples=60)
@given(st.data())
def test_mutated_captures_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    raw = bytearray(pcap(PACKETS[:30]))
    for _ in range(data.draw(st.integers(1, 12))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        _read(tmp_path_factory.mktemp("m"), bytes(raw))
    except InputError as fault:
        assert len(str(fault).splitlines()) == 1  # noqa: PT017 - either is right


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=120), min_size=1, max_size=20), st.sampled_from(LINKS))
def test_arbitrary_packets_are_counted_or_read(
    tmp_path_factory: pytest.TempPathFactory, packets: list[bytes], link_type: int
) -> None:
    found = _read(tmp_path_factory.mktemp("p"), pcap(packets, link_type=link_type))
    assert found.packets == len(packets)


def test_what_is_not_read_is_counted(tmp_path: Path) -> None:
    from scapy.layers.inet import IP, UDP, fragment
    from scapy.layers.l2 import GRE, Ether

    ends = Ether(src=SERVER_MAC, dst=SERVER_MAC) / IP(src=SERVER, dst=CLIENT)
    pieces = [bytes(Ether() / one) for one in fragment(IP(src=SERVER, dst=CLIENT) / UDP() / (b"x" * 3000), 1400)][:2]
    tunnelled = bytes(ends / GRE(proto=0x880B) / b"\x00\x21 of PPP")
    found = _read(tmp_path, pcap([*pieces, tunnelled, b"\x00" * 5]))
    told = "\n".join(found.left_out)
    assert "1 IP packet of which a fragment is missing" in told
    assert "1 tunnelled packet not read" in told
    assert "1 packet with a broken header" in told


def test_packets_that_were_cut_say_nothing_wrong(tmp_path: Path) -> None:
    found = _read(tmp_path, pcap(PACKETS, snaplen=70))
    assert "manufacturer" not in {claim.key for claim in _claims(found)}
    whole = _read(tmp_path, pcap(PACKETS))
    assert list(rows(found.gathered)) == list(rows(whole.gathered))


def test_flows_count_connections_and_know_who_opened(tmp_path: Path) -> None:
    wire = Wire()
    for _ in range(3):
        line = wire.connection(502)
        line.say(b"x" * 3000)
        line.close()
    wire.connection(4840, accepts=False)
    middle = wire.connection(102)
    middle.say(b"x", from_server=True)
    packets = wire.packets[:-3] + wire.packets[-1:]
    found = {
        (str(key[0]), str(key[1]), key[3]): (one.connections, one.answered, one.opened)
        for key, one in rows(_read(tmp_path, pcap(packets)).gathered)
    }
    assert found == {
        (CLIENT, SERVER, 502): (3, 3, 3),
        (CLIENT, SERVER, 4840): (1, 0, 1),
        (CLIENT, SERVER, 102): (1, 1, 0),
    }


def test_bytes_are_counted_as_the_headers_state_them(tmp_path: Path) -> None:
    wire = Wire()
    wire.datagram(b"x" * 100, source=(CLIENT, 50000), target=(SERVER, 9999))
    wire.datagram(b"y" * 10, source=(SERVER, 9999), target=(CLIENT, 50000))
    ((_, one),) = rows(_read(tmp_path, pcap(wire.packets)).gathered)
    assert (one.size_bytes, one.connections, one.answered) == (128 + 38, 1, 1)


def test_memory_for_connections_is_bounded() -> None:
    from ipaddress import ip_address

    from assetctl.exchange.capture.flows import Flows
    from assetctl.exchange.capture.packets import UDP, Inside, Segment
    from assetctl.exchange.flow_rows import Gathered

    flows = Flows(Gathered(NOW))
    ends = ip_address(CLIENT), ip_address(SERVER)
    for at in range(MOST_CONNECTIONS + 10):
        port = 1024 + at % 60_000
        segment = Segment(port, 500 + at // 60_000, b"", 0)
        flows.take(Inside(*ends, UDP, 28, b"", 0), segment, datetime.fromtimestamp(BEGUN, UTC))
        assert len(flows._passing) <= MOST_CONNECTIONS
    assert sum(one.connections for one in flows.finish().flows.values()) == MOST_CONNECTIONS + 10
