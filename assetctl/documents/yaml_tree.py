"""The tree of a plain YAML document, grown from the events of a reader."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assetctl.documents.document import MOST_DEPTH, Way, too_deep
from assetctl.errors import InputError

MOST_VALUES = 300_000  # in one YAML file: some seconds of reading

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # what "\\ud800" in quotes makes; no file can hold it


@dataclass(slots=True)
class _Branch:
    """An open list or mapping. key: the mapping's key that waits for its value."""

    value: list[Any] | dict[str, Any]
    way: Way
    key: str | None = None


class Tree:
    """Values from YAML events. Events, not nodes: an alias or too great a depth ends the reading where it stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root: Any = {}
        self.lines: dict[Way, int] = {}
        self.open: list[_Branch] = []
        self.documents = 0

    @property
    def grown(self) -> tuple[Any, dict[Way, int]]:
        """The value of the document, {} for none, and the line of each value in it."""
        return (self.root or {}), self.lines

    def take(self, events: Iterable[Any]) -> None:
        """Grow by the events of a reader. Both readers name them alike, and there are tens of thousands in a start."""
        takes: Mapping[str, Callable[[Any, int], None]] = {
            "ScalarEvent": self._scalar,
            "SequenceStartEvent": lambda event, line: self._begin(event, [], line),
            "MappingStartEvent": lambda event, line: self._begin(event, {}, line),
            "SequenceEndEvent": lambda _, __: self._end(),
            "MappingEndEvent": lambda _, __: self._end(),
            "DocumentStartEvent": self._document,
            "AliasEvent": self._alias,
        }
        for event in events:
            act = takes.get(event.__class__.__name__)
            if act is None:
                continue
            line = event.start_mark.line + 1
            if len(self.lines) > MOST_VALUES:
                told = f"at most {MOST_VALUES} values are read, there are more; split the file"
                raise InputError(f"{self.path}:{line}: {told}")
            act(event, line)

    def _document(self, _: Any, line: int) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self._refused(line, 'a second document ("---")', "keep one document in the file")

    def _alias(self, _: Any, line: int) -> None:
        raise self._refused(line, "an alias (*name)", "write the value out")

    def _end(self) -> None:
        self.open.pop()

    def _check(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            raise self._refused(line, f"an anchor (&{str(event.anchor)[:40]})", "write each value out")
        if event.tag is not None:
            raise self._refused(line, "a tag (!...)", "leave it out: every value is read as text")

    def _begin(self, event: Any, value: list[Any] | dict[str, Any], line: int) -> None:
        self._check(event, line)
        if len(self.open) >= MOST_DEPTH:
            raise InputError(too_deep(f"{self.path}:{line}"))
        top = self.open[-1] if self.open else None
        if top and isinstance(top.value, dict) and top.key is None:
            raise self._refused(line, "a list or mapping as a key", "use a text as the key")
        self.open.append(_Branch(value, self._put(value, line)))

    def _scalar(self, event: Any, line: int) -> None:
        self._check(event, line)
        text = event.value
        if _HALF_CHARACTER.search(text):
            raise self._refused(line, "half a character (\\ud800 to \\udfff)", "write the character itself")
        top = self.open[-1] if self.open else None
        if top and isinstance(top.value, dict) and top.key is None:
            if text in top.value:
                raise self._refused(line, f"the key {text[:60]!r} a second time", "remove one of the two")
            top.key = text
            self.lines[(*top.way, text)] = line
        else:
            self._put(text, line)

    def _put(self, value: Any, line: int) -> Way:
        """Place a value where the reading stands; returns the way to it."""
        if not self.open:
            self.root = value
            return ()
        top = self.open[-1]
        if isinstance(top.value, list):
            way: Way = (*top.way, len(top.value))
            top.value.append(value)
            self.lines[way] = line
            return way
        key, top.key = str(top.key), None
        top.value[key] = value
        return (*top.way, key)

    def _refused(self, line: int, found: str, advice: str) -> InputError:
        return InputError(f"{self.path}:{line}: plain YAML is expected, {found} was found; {advice}")
