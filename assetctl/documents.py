"""Files that people write, read strictly and within bounds: YAML in which every scalar stays text, TOML, plain lines.

A plain YAML loader makes numbers of MAC addresses, versions and serials and a flag of "no"; here 0123, 1e3 and no are
the text that stands in the file. What a value means is decided by the form it is put into.

Every error is an InputError of the shape "file:line: what is expected, what was found; what to do".
"""

import hashlib
import json
import re
import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from assetctl.errors import EnvironmentFault, InputError, lacking

MOST_BYTES = 4 * 1024 * 1024
MOST_TOML_BYTES = 1024 * 1024
MOST_DEPTH = 32
MOST_VALUES = 300_000  # in one YAML file: some seconds of reading

Way = tuple[str | int, ...]
"""How to get to a value from the top: keys and positions, such as ("networks", 0, "range")."""

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # what "\\ud800" in quotes makes; no file can hold it
_TOML_PLACE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")
# tomllib's time grows with the square of a key's parts; 128 are what an OID in a text may have
_TOML_ENDLESS_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){130}""", re.ASCII)
_TOML_HEADER = re.compile(r"\s*(\[{1,2})\s*([A-Za-z0-9_.-]+)\s*\]{1,2}\s*(?:#.*)?$")
_TOML_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds, and where in it each value begins.

    root: from YAML only str, list and dict with str keys, {} for an empty file; from TOML a dict of what TOML has.
    lines: from 1; from TOML those of plain `key = value` lines only. sha256: of the bytes of the file.
    """

    path: Path
    root: Any
    sha256: str
    lines: Mapping[Way, int] = field(default_factory=dict)

    def place(self, way: Way = ()) -> str:
        """ "file:line" of the value at `way`, or of the nearest one above it whose line is known, or the file alone."""
        for length in range(len(way), 0, -1):
            line = self.lines.get(way[:length])
            if line is not None:
                return f"{self.path}:{line}"
        return str(self.path)


def yaml_in(folder: Path) -> list[Path]:
    """The YAML files of a folder, by name. Raises OSError where it cannot be listed, which a glob takes for empty."""
    return sorted(path for path in folder.iterdir() if path.suffix == ".yaml" and path.is_file())


def read_yaml(path: Path, *, most: int = MOST_BYTES) -> Document:
    """The one YAML document of a file; duplicate keys, anchors, aliases, tags and further documents are refused."""
    text, digest = _read(path, most)
    root, lines = _Tree(path).grow(text)
    return Document(path, root, digest, lines)


def parse_yaml(text: str, path: Path) -> Document:
    """The document in a text that is to become a file, read as strictly as the file will be."""
    root, lines = _Tree(path).grow(text)
    return Document(path, root, hashlib.sha256(text.encode("utf-8")).hexdigest(), lines)


def read_toml(path: Path, *, most: int = MOST_TOML_BYTES) -> Document:
    """The TOML document of a file, nested at most MOST_DEPTH deep."""
    text, digest = _read(path, most)
    if _TOML_ENDLESS_KEY.search(text):
        raise InputError(_too_deep(str(path)))
    try:
        root = tomllib.loads(text)
    except RecursionError:
        problem = _too_deep(str(path))
    except ValueError as error:  # TOMLDecodeError, and numbers of more digits than Python converts
        problem = _toml_problem(path, text, str(error))
    else:
        if _is_deep(root):
            raise InputError(_too_deep(str(path)))
        return Document(path, root, digest, _toml_lines(text, root))
    raise InputError(problem)


def read_json(path: Path, *, most: int = MOST_BYTES, depth: int = MOST_DEPTH) -> Document:
    """The JSON document of a file, nested at most `depth` deep; keys that stand twice and NaN are refused."""
    text, digest = _read(path, most)
    try:
        root = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except RecursionError:
        problem = _too_deep(str(path), depth)
    except json.JSONDecodeError as error:
        problem = f"{path}:{error.lineno}: JSON is expected, {error.msg[:1].lower()}{error.msg[1:]}; is it complete?"
    except ValueError as error:  # ours, and numbers of more digits than Python converts
        problem = f"{path}: JSON is expected, {_first_line(error)} was found; get the file again"
    else:
        if _is_deep(root, depth):
            raise InputError(_too_deep(str(path), depth))
        return Document(path, root, digest)
    raise InputError(problem)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = sorted(key for key, _ in pairs)
        twice = next(one for one, other in pairwise(keys) if one == other)
        raise ValueError(f"the key {twice[:60]!r} a second time")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name}, which is no number of JSON,")


def read_text_lines(path: Path, *, most: int = MOST_BYTES) -> tuple[str, ...]:
    """The lines of a UTF-8 file without their ends; line n is at index n - 1."""
    text, _ = _read(path, most)
    lines = text.replace("\r\n", "\n").split("\n")
    return tuple(lines[:-1] if lines[-1] == "" else lines)


def _read(path: Path, most: int) -> tuple[str, str]:
    raw = _read_bytes(path, most)
    return _decoded(path, raw), hashlib.sha256(raw).hexdigest()


def _read_bytes(path: Path, most: int) -> bytes:
    """At most `most` bytes of a regular file. Pipes and devices are refused: opening one may wait for ever."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            found = "a directory" if stat.S_ISDIR(mode) else "a pipe, socket or device"
            raise InputError(f"{path}: a file is expected, {found} was found; give the path of a file")
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        if lack := lacking(error):
            raise EnvironmentFault(f"{path}: cannot be read: {lack}; end what uses it up, then try again") from None
        reason = getattr(error, "strerror", None) or "not a usable file name"
        raise InputError(f"{path}: cannot be read: {reason}; check the path and its permissions") from None
    if len(raw) > most:
        raise InputError(f"{path}: at most {most} bytes are read, it is larger; split the file")
    return raw


def _decoded(path: Path, raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path}: UTF-8 text is expected, UTF-16 was found; save the file as UTF-8")
    if b"\0" in raw:
        raise InputError(f"{path}: UTF-8 text is expected, binary data was found; is it the right file?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = raw.count(b"\n", 0, error.start) + 1, raw[error.start]
    raise InputError(f"{path}:{line}: UTF-8 text is expected, byte 0x{byte:02x} was found; save the file as UTF-8")


def _too_deep(place: str, most: int = MOST_DEPTH) -> str:
    return f"{place}: values are nested at most {most} deep, these are deeper; flatten them"


def _is_deep(root: object, most: int = MOST_DEPTH) -> bool:
    """Whether a value is nested deeper than `most`; without recursion, since dotted keys nest without end."""
    level: list[object] = [root]
    for _ in range(most):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _toml_problem(path: Path, text: str, said: str) -> str:
    place = _TOML_PLACE.search(said)
    if place is None:
        return f"{path}: TOML is expected, a value that cannot be read was found; is a number too long?"
    line = place[1] or str(text.count("\n") + 1)
    reason = _TOML_PLACE.sub("", said).strip()
    return f"{path}:{line}: TOML is expected, {reason[:1].lower()}{reason[1:160]}; texts need quotes, lists brackets"


def _toml_lines(text: str, root: Mapping[str, Any]) -> dict[Way, int]:
    """Lines of headers and keys that stand alone on one. tomllib tells none; ways that do not exist are left out."""
    lines: dict[Way, int] = {}
    counts: dict[Way, int] = {}
    here: Way = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _TOML_HEADER.match(line):
            here = tuple(header[2].split("."))
            if header[1] == "[[":
                counts[here] = counts.get(here, -1) + 1
                here = (*here, counts[here])
            way = here
        elif key := _TOML_KEY.match(line):
            way = (*here, key[1])
        else:
            continue
        if _exists(root, way):
            lines.setdefault(way, number)
    return lines


def _exists(value: Any, way: Way) -> bool:
    for step in way:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return False
    return True


@dataclass(slots=True)
class _Branch:
    """An open list or mapping. key: the mapping's key that waits for its value."""

    value: list[Any] | dict[str, Any]
    way: Way
    key: str | None = None


class _Tree:
    """Values from YAML events. Events, not nodes: an alias or too great a depth ends the reading where it stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root: Any = {}
        self.lines: dict[Way, int] = {}
        self.open: list[_Branch] = []
        self.documents = 0

    def grow(self, text: str) -> tuple[Any, dict[Way, int]]:
        """The value of the document and the line of each value in it."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            for event in YAML(typ="safe", pure=True).parse(text):
                self._take(event)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"{self.path}:{mark.line + 1}" if mark else str(self.path)
            problem = f"{place}: YAML is expected, {_first_line(error.problem)}; check indentation, colons and quotes"
        except YAMLError as error:
            line = text.count("\n", 0, getattr(error, "position", 0)) + 1
            problem = f"{self.path}:{line}: YAML is expected, a control character was found; remove it"
        except (ValueError, OverflowError):  # \\U escapes beyond Unicode
            problem = f"{self.path}: YAML is expected, a character that does not exist was found; check the escapes"
        else:
            return (self.root or {}), self.lines
        raise InputError(problem)

    def _take(self, event: Any) -> None:
        from ruamel.yaml import events

        line = event.start_mark.line + 1
        if len(self.lines) > MOST_VALUES:
            raise InputError(
                f"{self.path}:{line}: at most {MOST_VALUES} values are read, there are more; split the file"
            )
        match event:
            case events.AliasEvent():
                raise self._refused(line, "an alias (*name)", "write the value out")
            case events.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise self._refused(line, 'a second document ("---")', "keep one document in the file")
            case events.ScalarEvent():
                self._check(event, line)
                self._scalar(event.value, line)
            case events.SequenceStartEvent():
                self._check(event, line)
                self._begin([], line)
            case events.MappingStartEvent():
                self._check(event, line)
                self._begin({}, line)
            case events.SequenceEndEvent() | events.MappingEndEvent():
                self.open.pop()

    def _check(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            raise self._refused(line, f"an anchor (&{str(event.anchor)[:40]})", "write each value out")
        if event.tag is not None:
            raise self._refused(line, "a tag (!...)", "leave it out: every value is read as text")

    def _begin(self, value: list[Any] | dict[str, Any], line: int) -> None:
        if len(self.open) >= MOST_DEPTH:
            raise InputError(_too_deep(f"{self.path}:{line}"))
        top = self.open[-1] if self.open else None
        if top and isinstance(top.value, dict) and top.key is None:
            raise self._refused(line, "a list or mapping as a key", "use a text as the key")
        self.open.append(_Branch(value, self._put(value, line)))

    def _scalar(self, text: str, line: int) -> None:
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


def _first_line(said: object) -> str:
    lines = str(said).splitlines() or ["something unreadable was found"]
    return repr(lines[0][:160])[1:-1]
