"""JSON within bounds; keys that stand twice and numbers that JSON does not have are refused."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from assetctl.documents.document import MOST_DEPTH, Document, first_line, is_deep, too_deep
from assetctl.documents.files import MOST_BYTES, read_text
from assetctl.errors import InputError


def read_json(path: Path, *, most: int = MOST_BYTES, depth: int = MOST_DEPTH) -> Document:
    """The JSON document of a file, nested at most `depth` deep; keys that stand twice and NaN are refused."""
    text, digest = read_text(path, most)
    try:
        root = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except RecursionError:
        problem = too_deep(str(path), depth)
    except json.JSONDecodeError as error:
        problem = f"{path}:{error.lineno}: JSON is expected, {error.msg[:1].lower()}{error.msg[1:]}; is it complete?"
    except ValueError as error:  # ours, and numbers of more digits than Python converts
        problem = f"{path}: JSON is expected, {first_line(error)} was found; get the file again"
    else:
        if is_deep(root, depth):
            raise InputError(too_deep(str(path), depth))
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
