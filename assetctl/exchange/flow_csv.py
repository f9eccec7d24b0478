"""Flows as CSV with a header, as nfdump, firewalls and spreadsheets write them.

A row is an established flow unless its column `answered` or `state` says otherwise, and the source opened it unless
`opened` says that nobody saw that. NetFlow and IPFIX tell each direction by itself: where the source port is told too,
a row from the usual port of a protocol to one that is none is the answer, and is counted to the flow that it answers.
Which side opened a flow is not known from such rows, nor from any row of a file with the columns of a flow exporter.
"""

import csv
import re
from collections.abc import Mapping

from assetctl.exchange.flow_rows import Passage, moment, port_of, transport_of, whole, words
from assetctl.traffic import expected_on

WELL_KNOWN = 1024
DELIMITERS = (",", ";", "\t", "|")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "source": ("source", "src", "src_ip", "source_ip", "source_address", "srcaddr", "src_addr", "sa", "id_orig_h"),
    "target": (
        "target",
        "destination",
        "dst",
        "dst_ip",
        "target_ip",
        "destination_ip",
        "destination_address",
        "dstaddr",
        "dst_addr",
        "da",
        "id_resp_h",
    ),
    "port": ("port", "dst_port", "destination_port", "dport", "dstport", "dp", "target_port", "id_resp_p"),
    "from_port": ("from_port", "source_port", "src_port", "sport", "srcport", "sp", "id_orig_p"),
    "transport": ("transport", "proto", "protocol", "pr", "ip_protocol"),
    "begun": (
        "begun",
        "first_seen",
        "first",
        "start",
        "start_time",
        "ts",
        "time",
        "timestamp",
        "date",
        "date_first_seen",
    ),
    "ended": ("ended", "last_seen", "last", "end", "end_time", "te", "date_last_seen"),
    "bytes": ("bytes", "size_bytes", "octets", "ibyt", "in_bytes", "total_bytes"),
    "count": ("count", "connections", "flows", "sessions"),
    "service": ("service", "app", "application", "app_proto", "l7_protocol"),
    "answered": ("answered", "established", "state", "action"),
    "opened": ("opened", "opening_seen"),
}
_REQUIRED = ("source", "target", "transport", "begun")
_NOT = frozenset(
    {"no", "n", "false", "0", "deny", "denied", "drop", "dropped", "reject", "rejected", "block", "blocked"}
)
_ONE_WAY = frozenset({"sa", "srcaddr", "flg", "tcp_flags", "ipkt", "dpkts", "doctets"})
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")


class Table:
    """A CSV file whose first line names the columns. Raises ValueError when they are not those of flows."""

    def __init__(self, header: str) -> None:
        best = max(DELIMITERS, key=lambda mark: len(_columns(_cells(header, mark))))
        self.delimiter = best
        self.width = len(_cells(header, best))
        self.columns = _columns(_cells(header, best))
        self.is_one_way = not _ONE_WAY.isdisjoint(_names(_cells(header, best)))
        missing = [name for name in _REQUIRED if name not in self.columns]
        if missing:
            known = "; ".join(f"{name}: {', '.join(COLUMNS[name][:3])}" for name in missing)
            raise ValueError(f"the first line names no column for {', '.join(missing)} (such as {known})")

    def read(self, line: str) -> Passage | None:
        """One row; None for an empty one. Raises ValueError."""
        if not line.strip():
            return None
        cells = _cells(line, self.delimiter)
        if len(cells) != self.width:
            raise ValueError(f"{self.width} columns are expected, {len(cells)} were found")
        told = {name: cells[at].strip() for name, at in self.columns.items()}
        transport = transport_of(told["transport"])
        begun = moment(told["begun"])
        ends, port = (told["source"], told["target"]), port_of(told.get("port", ""), transport)
        answered_port = _answered_port(transport, told.get("from_port", ""), port)
        if answered_port:
            ends, port = (ends[1], ends[0]), answered_port
        return Passage(
            source=ends[0],
            target=ends[1],
            transport=transport,
            port=port,
            service=words(told.get("service", "")),
            begun=begun,
            ended=moment(told["ended"]) if told.get("ended") else begun,
            size_bytes=whole(told.get("bytes", "")),
            count=max(1, whole(told.get("count", ""))),
            answered=told.get("answered", "").casefold() not in _NOT,
            opened=not (answered_port or self.is_one_way) and told.get("opened", "").casefold() not in _NOT,
        )


def _answered_port(transport: str, from_port: str, port: int) -> int:
    """The port that a row answers from, 0 for a row that is no answer."""
    if not from_port or transport not in ("tcp", "udp"):
        return 0
    source = port_of(from_port, transport)
    is_usual = bool(expected_on(transport, source)) or 0 < source < WELL_KNOWN
    return source if is_usual and port >= WELL_KNOWN and not expected_on(transport, port) else 0


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error as fault:
        raise ValueError(f"not CSV ({fault})") from None


def _names(cells: list[str]) -> list[str]:
    return [_NOT_A_LETTER.sub("_", cell.casefold()).strip("_") for cell in cells]


def _columns(cells: list[str]) -> dict[str, int]:
    names = _names(cells)
    found: dict[str, int] = {}
    for column, spellings in COLUMNS.items():
        at = next((names.index(spelling) for spelling in spellings if spelling in names), None)
        if at is not None:
            found[column] = at
    return found
