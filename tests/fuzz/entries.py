"""Everything that is fuzzed: the conversation, the vet and the framing of every protocol, and every reader."""

from functools import cache
from itertools import groupby

from tests.contracts.captures import Capture, all_captures
from tests.fuzz import decoders, readers, talks
from tests.fuzz.entry import Entry


@cache
def all_entries() -> dict[str, Entry]:
    """By name."""
    of_protocols = [
        entry
        for _, group in groupby(all_captures(), key=lambda capture: capture.protocol.name)
        for entry in _of_protocol(list(group))
    ]
    return {entry.name: entry for entry in (*of_protocols, *readers.entries())}


def _of_protocol(captures: list[Capture]) -> list[Entry]:
    return [*talks.of(captures), *decoders.of(captures)]
