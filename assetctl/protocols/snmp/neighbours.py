"""Who is behind which port: one subject for each neighbour at each port, whatever told of it.

An entry of the forwarding table and one of LLDP at the same port with the same hardware address are one neighbour.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from assetctl.model import Claim, SubjectKind, Value
from assetctl.protocols.snmp import objects as o
from assetctl.protocols.snmp.claims import mac_address, octets, text
from assetctl.protocols.snmp.walk import Rows
from assetctl.text import is_plain
from assetctl.wire import decode_text

_JOINED = frozenset({"neighbour_addresses", "neighbour_vlans", "neighbour_learned_by", "neighbour_entry_types"})
MOST_KEY = 128  # of a local key, in characters
_MAC_TEXT = re.compile(r"[0-9A-Fa-f]{2}(?P<sep>[:-])(?:[0-9A-Fa-f]{2}(?P=sep)){4}[0-9A-Fa-f]{2}")


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the device that was asked. interface: its ifIndex, None where no table tells it."""

    label: str
    interface: int | None = None


@dataclass(frozen=True, slots=True)
class Ports:
    """The interfaces of the device by what they are called. A name that two of them have names none."""

    labels: Mapping[int, str]
    names: Mapping[str, int]
    aliases: Mapping[str, int]
    macs: Mapping[str, int]

    def of_interface(self, index: int) -> Port:
        """The port with an ifIndex, called by its ifName, else by its ifDescr."""
        return Port(self.labels.get(index) or f"if/{index}", index)

    def with_name(self, name: str) -> int | None:
        return self.names.get(name.casefold())


def ports_of(rows: Rows) -> Ports:
    """The ports that the rows of ifTable and ifXTable name."""
    single = {index[0]: row for index, row in rows.items() if len(index) == 1}
    names = {index: (text(row, o.IF_NAME), text(row, o.IF_DESCR)) for index, row in single.items()}
    return Ports(
        labels={index: name or description for index, (name, description) in names.items()},
        names=_unshared((name.casefold(), index) for index, both in names.items() for name in set(both)),
        aliases=_unshared((text(row, o.IF_ALIAS), index) for index, row in single.items()),
        macs=_unshared((mac_address(octets(row, o.IF_PHYS_ADDRESS)), index) for index, row in single.items()),
    )


def _unshared(named: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The names that stand for one interface alone."""
    found: dict[str, set[int]] = {}
    for name, index in named:
        if name:
            found.setdefault(name, set()).add(index)
    return {name: min(indexes) for name, indexes in found.items() if len(indexes) == 1}


@dataclass(slots=True)
class Neighbours:
    """Neighbours by port and identity. Of most values the first that was told stays; some lists are joined."""

    _found: dict[str, dict[str, Value]] = field(default_factory=dict)

    def add(self, port: Port, remote: str, facts: Mapping[str, Value]) -> None:
        """Take in what one entry says. remote: the chassis id, or the hardware address."""
        held = self._found.setdefault(f"{port.label[:MOST_KEY]}/{remote[:MOST_KEY]}", {})
        held["neighbour_local_port"] = port.label
        if port.interface is not None:
            held["neighbour_local_interface"] = port.interface
        for key, value in facts.items():
            before = held.get(key, ())
            if key in _JOINED and isinstance(value, tuple) and isinstance(before, tuple):
                held[key] = tuple(sorted({*value, *before}))
            elif value not in ("", ()):
                held.setdefault(key, value)

    def claims(self) -> Iterator[Claim]:
        for local_key, facts in sorted(self._found.items()):
            for key, value in facts.items():
                if value != ():
                    yield Claim(key, value, SubjectKind.NEIGHBOUR, local_key)


def told_mac(raw: bytes) -> str:
    """A hardware address that was sent as six octets or written out; "" for what is neither."""
    if len(raw) == 6:
        return raw.hex(":").upper()
    written = decode_text(raw[:32])
    return written.replace("-", ":").upper() if _MAC_TEXT.fullmatch(written) else ""


def printable(raw: bytes) -> str:
    """An id as text; octets that are no text in hexadecimal with colons."""
    try:
        shown = raw.rstrip(b"\0").decode().strip()
    except UnicodeDecodeError:
        shown = ""
    return shown if shown and is_plain(shown) else raw.hex(":").upper()
