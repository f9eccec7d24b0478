"""Laws of tunnels in captures: what is inside says what it says without them, and their own ends say nothing.

The envelopes are scapy's, where it has them; ERSPAN III, TZSP and the analyser's frames are written after their layout.
"""

import struct
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl.exchange.capture.read import Captured, read
from assetctl.exchange.capture.tunnels import MOST_DEPTH
from assetctl.exchange.flow_rows import Key, rows
from tests.contracts.captures import all_captures
from tests.unit.capture_writer import CLIENT, SERVER, SERVER_MAC, Wire, pcap, talk

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RECORDED = {str(one): one for one in all_captures()}
NEAR, FAR = "172.20.9.1", "172.20.9.2"
NEAR_6, FAR_6 = "fd00:9::1", "fd00:9::2"
Envelope = Callable[[bytes], bytes]


def _cell() -> list[bytes]:
    wire = Wire()
    wire.arp(SERVER, SERVER_MAC)
    wire.packets += talk(RECORDED["s7-s7_1500_card"])
    wire.packets += talk(RECORDED["lldp-switch"])
    return wire.packets


def _read(folder: Path, packets: Iterable[bytes], link_type: int = 1) -> Captured:
    file = folder / "a.pcap"
    file.write_bytes(pcap(packets, link_type=link_type))
    return read(file, realm="plant", now=NOW)


def _told(found: Captured) -> list[tuple[object, ...]]:
    """Everything that the readings say, without the packets that they name."""
    return [
        (one.observation.reader, one.observation.target, one.observation.port, one.observation.claims,
         tuple((each.sent, each.received) for each in one.observation.exchanges))
        for one in found.readings
    ]  # fmt: skip


def _flows(found: Captured) -> dict[Key, tuple[int, int]]:
    return {key: (one.connections, one.size_bytes) for key, one in rows(found.gathered)}


def _outer() -> Any:
    from scapy.layers.inet import IP
    from scapy.layers.l2 import Ether

    return Ether(src="02:00:00:00:09:01", dst="02:00:00:00:09:02") / IP(src=NEAR, dst=FAR)


def _outer_6() -> Any:
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether

    return Ether(src="02:00:00:00:09:01", dst="02:00:00:00:09:02") / IPv6(src=NEAR_6, dst=FAR_6)


def _gre(protocol: int, **more: int) -> Envelope:
    from scapy.layers.l2 import GRE

    return lambda frame: bytes(_outer() / GRE(proto=protocol, **more) / frame)


def _erspan_2(frame: bytes) -> bytes:
    from scapy.contrib.erspan import ERSPAN_II
    from scapy.layers.l2 import GRE

    return bytes(_outer() / GRE(proto=0x88BE, seqnum_present=1, sequence_number=7) / ERSPAN_II(session_id=3) / frame)


def _erspan_3(frame: bytes, *, platform: bytes = b"", is_cut: bool = False) -> bytes:
    head = struct.pack(">HHIHH", 0x2064, 0x0400 * is_cut | 5, 99, 0, len(platform) // 8)
    return _gre(0x22EB, seqnum_present=1)(head + platform + frame)


def _vxlan(frame: bytes) -> bytes:
    from scapy.layers.inet import UDP
    from scapy.layers.vxlan import VXLAN

    return bytes(_outer() / UDP(sport=51111, dport=4789) / VXLAN(vni=700, flags=8) / frame)


def _vxlan_6(frame: bytes) -> bytes:
    from scapy.layers.inet import UDP
    from scapy.layers.vxlan import VXLAN

    return bytes(_outer_6() / UDP(sport=51111, dport=8472) / VXLAN(vni=700, flags=8) / frame)


def _geneve(frame: bytes) -> bytes:
    from scapy.contrib.geneve import GENEVE, GeneveOptions
    from scapy.layers.inet import UDP

    options = [GeneveOptions(classid=0x102, type=3, data=b"\0\0\0\1")]
    return bytes(_outer() / UDP(sport=51111, dport=6081) / GENEVE(proto=0x6558, vni=5, options=options) / frame)


def _tzsp(frame: bytes) -> bytes:
    from scapy.layers.inet import UDP

    return bytes(_outer() / UDP(sport=51111, dport=37008) / (b"\x01\x00\x00\x01\x0a\x01\x33\x00\x01" + frame))


def _qinq(frame: bytes) -> bytes:
    return frame[:12] + bytes.fromhex("88a8 0064 8100 0007") + frame[12:]


def _pbb(frame: bytes) -> bytes:
    return bytes.fromhex("020000000902 020000000901 88e7 00000100") + frame


def _pseudowire(control: bytes) -> Envelope:
    labels = bytes.fromhex("020000000902 020000000901 8847 0001f040 00020140")
    return lambda frame: labels + control + frame


FRAMES: dict[str, Envelope] = {
    "GRE": _gre(0x6558),
    "GRE with key (NVGRE)": _gre(0x6558, key_present=1, key=0x70001),
    "GRE with checksum": _gre(0x6558, chksum_present=1),
    "ERSPAN I": _gre(0x88BE),
    "ERSPAN II": _erspan_2,
    "ERSPAN III": _erspan_3,
    "ERSPAN III with the platform's part": lambda frame: _erspan_3(frame, platform=b"\x0c" + bytes(7)),
    "VXLAN": _vxlan,
    "VXLAN over IPv6": _vxlan_6,
    "GENEVE": _geneve,
    "TZSP": _tzsp,
    "EtherIP": lambda frame: _with_protocol(97, b"\x30\x00" + frame),
    "QinQ": _qinq,
    "PBB": _pbb,
    "MPLS pseudowire": _pseudowire(b""),
    "MPLS pseudowire with a control word": _pseudowire(b"\0\0\0\x09"),
    "VXLAN in ERSPAN": lambda frame: _erspan_2(_vxlan(frame)),
    "QinQ in GRE in QinQ": lambda frame: _qinq(_gre(0x6558)(_qinq(frame))),
}


def _with_protocol(protocol: int, payload: bytes) -> bytes:
    packet = _outer()
    packet.payload.proto = protocol
    return bytes(packet / payload)


def _ip_alone(envelope: Envelope) -> Envelope:
    """An envelope for IP packets; other frames pass beside it."""
    return lambda frame: envelope(frame[14:]) if frame[12:14] == b"\x08\x00" else frame


def _link(ether_type: str) -> bytes:
    return bytes.fromhex("020000000902 020000000901" + ether_type)


PACKETS: dict[str, Envelope] = {
    "IP in IP": lambda packet: _with_protocol(4, packet),
    "IP in IPv6": lambda packet: _over_6(4, packet),
    "GRE": _gre(0x0800),
    "MPLS": lambda packet: _link("8847 0001f040 00020140") + packet,
    "MPLS in GRE": lambda packet: _gre(0x8847)(bytes.fromhex("00020140") + packet),
    "PPPoE": lambda packet: _link("8864 1100 0005") + (len(packet) + 2).to_bytes(2) + b"\x00\x21" + packet + bytes(9),
    "SNAP": lambda packet: _link((len(packet) + 8).to_bytes(2).hex() + "aaaa03 000000 0800") + packet + bytes(9),
}


def _over_6(protocol: int, payload: bytes) -> bytes:
    packet = _outer_6()
    packet.payload.nh = protocol
    return bytes(packet / payload)


ENVELOPES = FRAMES | {f"{name}, of packets": _ip_alone(one) for name, one in PACKETS.items()}


@pytest.mark.parametrize("name", ENVELOPES)
def test_a_tunnel_changes_nothing_that_devices_said(tmp_path: Path, name: str) -> None:
    plain, found = _read(tmp_path, _cell()), _read(tmp_path, map(ENVELOPES[name], _cell()))
    assert {"s7/2", "lldp/2", "pcap/1"} <= {str(one[0]) for one in _told(plain)}
    assert _told(found) == _told(plain)
    assert found.left_out == plain.left_out
    outer = {key: one for key, one in _flows(found).items() if str(key[0]) in (NEAR, NEAR_6)}
    assert {key: one for key, one in _flows(found).items() if key not in outer} == _flows(plain)
    assert len(outer) <= 2


def test_the_pieces_of_a_tunnelled_packet_are_joined(tmp_path: Path) -> None:
    from scapy.layers.inet import fragment
    from scapy.layers.l2 import Ether

    pieces = [bytes(piece) for frame in _cell() for piece in fragment(Ether(_erspan_2(frame)), 256)]
    assert len(pieces) > len(_cell())
    assert _told(_read(tmp_path, pieces)) == _told(_read(tmp_path, _cell()))


def test_envelopes_are_opened_to_a_depth(tmp_path: Path) -> None:
    def nested(depth: int) -> Captured:
        packets = _cell()
        for _ in range(depth):
            packets = [_gre(0x6558)(frame) for frame in packets]
        return _read(tmp_path, packets)

    assert _told(nested(MOST_DEPTH)) == _told(_read(tmp_path, _cell()))
    too_deep = nested(MOST_DEPTH + 1)
    assert _told(too_deep) == []
    assert too_deep.left_out == (f"{len(_cell())} packets within more than {MOST_DEPTH} tunnels",)


def test_a_frame_that_a_mirror_cut_is_not_broken(tmp_path: Path) -> None:
    packets = talk(RECORDED["lldp-switch"])
    found = _read(tmp_path, [_erspan_3(frame[:-20], is_cut=True) for frame in packets])
    assert _told(found) == []
    found = _read(tmp_path, [_erspan_3(talk(RECORDED["s7-s7_1500_card"])[0][:30], is_cut=True)])
    assert found.left_out == ("1 packet cut by the snapshot length",)


@pytest.mark.parametrize(
    ("port", "payload"),
    [
        (4789, b"\x00" * 60),  # no network named
        (4789, b"\x08\0\0\0\0\0\x01\0" + bytes.fromhex("ffffffffffff 020000000001 0800") + b"\x65" * 40),
        (6081, b"\x80\0\x65\x58\0\0\0\0" + b"E" * 60),
        (6081, b"\x3f\0\x65\x58\0\0\0\0" + b"E" * 60),
        (37008, b"\x01\x00\x00\x01" + b"\x0a" * 60),
        (6635, b"\0" * 200),
    ],
)
def test_what_only_uses_the_port_of_a_tunnel_is_none(tmp_path: Path, port: int, payload: bytes) -> None:
    wire = Wire()
    wire.datagram(payload, source=(CLIENT, 50_000), target=(SERVER, port))
    found = _read(tmp_path, wire.packets)
    assert (_told(found), found.left_out) == ([], ())
    assert [(str(key[0]), key[3]) for key in _flows(found)] == [(CLIENT, port)]


def test_frames_of_an_analyser_and_of_serial_links_are_read(tmp_path: Path) -> None:
    check, own = bytes(4), bytes.fromhex("00010000")
    plain = _read(tmp_path, _cell())
    analyzed = [own + frame + check for frame in _cell()]
    assert _told(_read(tmp_path, analyzed, 240)) == _told(plain)
    whole = [own + bytes.fromhex("55555555555555d5") + frame + check for frame in _cell()]
    assert _told(_read(tmp_path, whole, 241)) == _told(plain)
    packets = [frame[14:] for frame in _cell() if frame[12:14] == b"\x08\x00"]
    bare = _told(_read(tmp_path, packets, 101))
    assert bare
    for link_type, head in ((9, "ff03 0021"), (9, "0021"), (50, "ff03 0021"), (50, "0f00 0800"), (104, "0f00 0800")):
        assert _told(_read(tmp_path, [bytes.fromhex(head) + packet for packet in packets], link_type)) == bare


@settings(max_examples=60)
@given(st.data())
def test_envelopes_that_are_cut_or_changed_are_counted_or_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    frame = ENVELOPES[data.draw(st.sampled_from(sorted(ENVELOPES)))](talk(RECORDED["s7-s7_1500_card"])[3])
    packets = []
    for _ in range(8):
        changed = bytearray(frame)
        for at in data.draw(st.lists(st.integers(12, len(frame) - 1), max_size=3)):
            changed[at] = data.draw(st.integers(0, 255))
        packets.append(bytes(changed[: data.draw(st.integers(0, len(frame)))]))
    assert _read(tmp_path_factory.mktemp("p"), packets).packets == len(packets)
