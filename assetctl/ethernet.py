"""Ethernet frames: addresses, VLAN tags, type and payload. Sources: IEEE 802.3 clause 3, IEEE 802.1Q clause 9."""

from dataclasses import dataclass

from assetctl.wire import Reader

SHORTEST = 60  # without the frame check sequence
TAGS = frozenset({0x8100, 0x88A8, 0x9100})
MOST_TAGS = 2
FIRST_TYPE = 0x0600  # smaller numbers are lengths of IEEE 802.3 frames


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. destination, source: upper case with colons. vlan: id of the inmost tag, 0 for a priority alone.

    payload: what follows the type, padding included.
    """

    destination: str
    source: str
    vlan: int | None
    ether_type: int
    payload: bytes


def decode(frame: bytes) -> Frame:
    """Read one frame from its destination address on. Raises WireError when it ends within its header."""
    r = Reader(frame)
    destination = mac_text(r.take(6, "destination address"))
    source = mac_text(r.take(6, "source address"))
    vlan, ether_type = None, r.u16("EtherType")
    for _ in range(MOST_TAGS):
        if ether_type in TAGS:
            vlan = r.u16("VLAN tag") & 0x0FFF
            ether_type = r.u16("EtherType")
    return Frame(destination, source, vlan, ether_type, r.rest())


def encode(destination: bytes, ether_type: int, payload: bytes) -> bytes:
    """A frame of at least the shortest length. Its source is left zero: the transport puts the interface's there."""
    return (destination + bytes(6) + ether_type.to_bytes(2) + payload).ljust(SHORTEST, b"\0")


def mac_text(raw: bytes) -> str:
    """A hardware address of six bytes as 00:1B:1B:00:00:01."""
    return raw.hex(":").upper()


def is_single(raw: bytes) -> bool:
    """Whether six bytes can be the address of one interface: neither a group's nor empty."""
    return len(raw) == 6 and not raw[0] & 1 and any(raw)
