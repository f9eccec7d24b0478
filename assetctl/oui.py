"""Who owns a MAC prefix: a packed table of the 24-, 28- and 36-bit blocks that IEEE has given out.

The owner is the maker of the network chip or board, which need not be the maker of the device.
`pack` makes the table from lines of the Wireshark form; data/SOURCES.toml says from which and when.
"""

import lzma
import re
import struct
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

BLOCK_BITS = (36, 28, 24)
FILE = "oui.bin.xz"
_MAGIC = b"OUI1"
_NOT_A_MAKER = ("IEEE Registration Authority", "Private")
_NORMAL = re.compile(r"[0-9A-F]{2}(?::[0-9A-F]{2}){5}")
_MOST_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """Sorted 5-byte prefixes (left-aligned) and their owners for each block size."""

    prefixes: dict[int, bytes]
    owners: dict[int, bytes]
    names: tuple[str, ...]

    def find(self, bits: int, prefix: bytes) -> str | None:
        """Owner of one whole block, or None."""
        keys = self.prefixes[bits]
        count = len(keys) // 5
        at = bisect_left(range(count), prefix, key=lambda row: keys[row * 5 : row * 5 + 5])
        if at == count or keys[at * 5 : at * 5 + 5] != prefix:
            return None
        return self.names[int.from_bytes(self.owners[bits][at * 2 : at * 2 + 2], "big")]


def normal(mac: str) -> str | None:
    """A MAC address as upper-case hexadecimal with colons, or None when the text is none."""
    if _NORMAL.fullmatch(mac):
        return mac
    digits = "".join(char for char in mac if char not in ":-. ").upper()
    if len(digits) != 12 or any(char not in "0123456789ABCDEF" for char in digits):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def is_universal(mac: str) -> bool:
    """Whether IEEE gave out the prefix of a normal MAC: neither multicast nor locally administered nor zero."""
    first = int(mac[:2], 16)
    return not first & 0b11 and mac != "00:00:00:00:00:00"


def maker(mac: str) -> str | None:
    """Owner of the prefix of a MAC address; None when it is no universal address or nobody is registered."""
    plain = normal(mac)
    if plain is None or not is_universal(plain):
        return None
    number = int(plain.replace(":", ""), 16)
    table = _table()
    for bits in BLOCK_BITS:
        found = table.find(bits, _aligned(number, bits))
        if found is not None:
            return None if found in _NOT_A_MAKER else found
    return None


def pack(lines: Iterable[str]) -> bytes:
    """The packed table from lines "PREFIX[/BITS] <tab> short name <tab> owner". Raises ValueError for other lines."""
    rows: dict[int, dict[bytes, str]] = {bits: {} for bits in BLOCK_BITS}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            block, _, owner = line.rstrip("\n").split("\t")
            prefix, _, size = block.strip().partition("/")
            bits = int(size or 24)
            number = int(prefix.replace(":", "").ljust(12, "0"), 16)
            rows[bits][_aligned(number, bits)] = owner.strip()
    names = sorted({owner for part in rows.values() for owner in part.values()})
    at = {name: index for index, name in enumerate(names)}
    text = "\n".join(names).encode()
    out = [_MAGIC, struct.pack(">I", len(text)), text]
    for bits in BLOCK_BITS:
        keys = sorted(rows[bits])
        out += [struct.pack(">I", len(keys)), b"".join(keys)]
        out.append(b"".join(struct.pack(">H", at[rows[bits][key]]) for key in keys))
    return lzma.compress(b"".join(out), preset=9 | lzma.PRESET_EXTREME)


def unpack(packed: bytes) -> Table:
    """The table that `pack` made."""
    data = lzma.LZMADecompressor().decompress(packed, _MOST_BYTES)
    if data[:4] != _MAGIC:
        raise ValueError("not a packed table of MAC prefixes")
    size = struct.unpack_from(">I", data, 4)[0]
    names = tuple(data[8 : 8 + size].decode().split("\n"))
    at = 8 + size
    prefixes, owners = {}, {}
    for bits in BLOCK_BITS:
        count = struct.unpack_from(">I", data, at)[0]
        middle = at + 4 + count * 5
        prefixes[bits], owners[bits] = data[at + 4 : middle], data[middle : middle + count * 2]
        at = middle + count * 2
    return Table(prefixes, owners, names)


@cache
def _table() -> Table:
    return unpack(files("assetctl.data").joinpath(FILE).read_bytes())


def _aligned(number: int, bits: int) -> bytes:
    return ((number >> (48 - bits)) << (48 - bits)).to_bytes(6, "big")[:5]
