"""conn.log of Zeek, as tab-separated values with #fields or as JSON, one connection a line.

Source: Zeek's documentation of conn.log (fields, conn_state, history) and of its log formats.
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta

from assetctl.exchange.flow_rows import Passage, moment, port_of, transport_of, whole, words

_ANSWERED = frozenset({"S1", "SF", "S2", "S3", "RSTO", "RSTR"})
_NOT_ANSWERED = frozenset({"S0", "REJ", "SH", "SHR", "RSTOS0", "RSTRH"})
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")
_NOTHING = frozenset({"-", "", "(empty)"})
REQUIRED = ("ts", "id.orig_h", "id.resp_h", "id.resp_p", "proto")


class Tabbed:
    """The state of a tab-separated log: its separator, and the fields that the last header named."""

    def __init__(self) -> None:
        self.separator = "\t"
        self.fields: tuple[str, ...] = ()

    def read(self, line: str) -> Passage | None:
        """One line; None for a header. Raises ValueError."""
        if line.startswith("#"):
            self._header(line)
            return None
        cells = line.split(self.separator)
        if not self.fields:
            raise ValueError("a line before any #fields")
        if len(cells) != len(self.fields):
            raise ValueError(f"{len(self.fields)} fields are expected, {len(cells)} were found")
        return passage({name: cell for name, cell in zip(self.fields, cells, strict=True) if cell not in _NOTHING})

    def _header(self, line: str) -> None:
        name, _, rest = line.partition(" ") if line.startswith("#separator") else line.partition(self.separator)
        if name == "#separator":
            self.separator = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), rest.strip(" ")) or "\t"
        elif name == "#fields":
            self.fields = tuple(rest.split(self.separator))
            missing = [one for one in REQUIRED if one not in self.fields]
            if missing:
                raise ValueError(f"#fields lacks {', '.join(missing)}: a conn.log is expected")


def from_json(line: str) -> Passage | None:
    """One line of a log in JSON. Raises ValueError."""
    try:
        told = json.loads(line)
    except RecursionError:
        raise ValueError("JSON is nested too deep") from None
    if not isinstance(told, dict):
        raise ValueError("a JSON object is expected")
    if told.get("_path", "conn") != "conn":
        raise ValueError("not a line of a conn.log")
    missing = [one for one in REQUIRED if one not in told]
    if missing:
        raise ValueError(f"{', '.join(missing)} is missing")
    return passage({name: _text(value) for name, value in told.items() if isinstance(value, str | int | float)})


def passage(told: Mapping[str, str]) -> Passage:
    """One connection. Raises ValueError."""
    missing = [one for one in REQUIRED if one not in told]
    if missing:
        raise ValueError(f"{', '.join(missing)} is not set")
    transport = transport_of(told["proto"])
    begun = moment(told["ts"])
    sizes = [told.get("orig_ip_bytes", ""), told.get("resp_ip_bytes", "")]
    if not any(sizes):
        sizes = [told.get("orig_bytes", ""), told.get("resp_bytes", "")]
    history = told.get("history", "")
    return Passage(
        source=told["id.orig_h"],
        target=told["id.resp_h"],
        transport=transport,
        port=port_of(told["id.resp_p"], transport),
        service=words(told.get("service", "")),
        begun=begun,
        ended=begun + _lasting(told.get("duration", "")),
        size_bytes=sum(map(whole, sizes)),
        answered=_is_answered(told),
        opened="^" not in history and not (transport == "tcp" and told.get("conn_state", "OTH") == "OTH"),
    )


def _is_answered(told: Mapping[str, str]) -> bool:
    """By the state that Zeek gives a connection; of one that it met in the middle, by what the target sent."""
    state = told.get("conn_state", "")
    if told["proto"] == "tcp" and state in _ANSWERED | _NOT_ANSWERED:
        return state in _ANSWERED
    sent = (whole(told.get(name, "")) for name in ("resp_pkts", "resp_bytes", "resp_ip_bytes"))
    return any(sent) or any(letter in told.get("history", "") for letter in "hda")


def _lasting(text: str) -> timedelta:
    seconds = float(text) if text else 0.0
    if not 0 <= seconds < 10**8:
        raise ValueError(f"a duration of {seconds} s cannot be right")
    return timedelta(seconds=seconds)


def _text(value: str | int | float) -> str:
    return str(value) if not isinstance(value, bool) else ""
