"""The Fox hello: bytes to values and back, nothing else.

A message is text: a line with its name, then lines "key=type:value" between braces, and ";;" at its end. An object
(type o) may go over several lines. The maker publishes no description; this is what recorded hellos and open clients
agree on.
"""

import re
from collections.abc import Mapping

from assetctl.errors import WireError
from assetctl.wire import Delimiter, decode_text

FRAMING = Delimiter(mark=b"};;", most=16384)

_HELLO = b"fox a 1 -1 fox hello\n{\nfox.version=s:1.0\nid=i:1\n};;\n"
_ANSWER = b"fox a 0 "
_MOST_LINES = 200
_FIELD = re.compile(r"([A-Za-z][\w.]{0,60})=s:(.*)")
_NULL = "#null;"


def encode() -> bytes:
    """Our half of the hello, which tells nothing of us."""
    return _HELLO


def decode(message: bytes) -> Mapping[str, str]:
    """The texts of a station's hello by key; of a key that is told twice the first. Raises WireError if it is none."""
    if not message.startswith(_ANSWER) or not message.endswith(FRAMING.mark):
        raise WireError(f"hello: {_ANSWER.decode()!r} and a closing brace expected, {message[:24]!r} found")
    head, brace, body = message.partition(b"{")
    if not brace or b"hello" not in head:
        raise WireError("hello: no fields in braces")
    fields: dict[str, str] = {}
    for line in body.splitlines()[:_MOST_LINES]:
        if (found := _FIELD.fullmatch(decode_text(line))) and found[2].strip() not in ("", _NULL):
            fields.setdefault(found[1], found[2].strip())
    return fields
