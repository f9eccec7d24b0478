"""TOML within bounds, with the lines that can be found: tomllib tells none."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assetctl.documents.document import Document, Way, is_deep, too_deep
from assetctl.documents.files import read_text
from assetctl.errors import InputError

MOST_BYTES = 1024 * 1024

_PLACE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")
# tomllib's time grows with the square of a key's parts; 128 are what an OID in a text may have
_ENDLESS_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){130}""", re.ASCII)
_TWICE = re.compile(r"overwrite|twice|mutate|Duplicate", re.IGNORECASE)  # tomllib's words for what was given before
_HEADER = re.compile(r"\s*(\[{1,2})\s*([A-Za-z0-9_.-]+)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


def read_toml(path: Path) -> Document:
    """The TOML document of a file, nested at most MOST_DEPTH deep."""
    text, digest = read_text(path, MOST_BYTES)
    if _ENDLESS_KEY.search(text):
        raise InputError(too_deep(str(path)))
    try:
        root = tomllib.loads(text)
    except RecursionError:
        problem = too_deep(str(path))
    except ValueError as error:  # TOMLDecodeError, and numbers of more digits than Python converts
        problem = _problem(path, text, str(error))
    else:
        if is_deep(root):
            raise InputError(too_deep(str(path)))
        return Document(path, root, digest, _lines(text, root))
    raise InputError(problem)


def _problem(path: Path, text: str, said: str) -> str:
    place = _PLACE.search(said)
    if place is None:
        return f"{path}: TOML is expected, a value that cannot be read was found; is a number too long?"
    line = place[1] or str(text.count("\n") + 1)
    reason = _PLACE.sub("", said).strip()
    if _TWICE.search(reason):
        return f"{path}:{line}: TOML is expected, a key or table stands there for the second time; keep one of the two"
    return f"{path}:{line}: TOML is expected, {reason[:1].lower()}{reason[1:160]}; texts need quotes, lists brackets"


def _lines(text: str, root: Mapping[str, Any]) -> dict[Way, int]:
    """Lines of headers and keys that stand alone on one; ways that do not exist are left out."""
    lines: dict[Way, int] = {}
    counts: dict[Way, int] = {}
    here: Way = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            here = tuple(header[2].split("."))
            if header[1] == "[[":
                counts[here] = counts.get(here, -1) + 1
                here = (*here, counts[here])
            way = here
        elif key := _KEY.match(line):
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
