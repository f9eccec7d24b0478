"""YAML by two readers: an exact one, and one in C that is some ten times as quick.

Theory. The exact reader knows YAML 1.2 and says what is wrong with a file; every refusal is its own. The quick one
knows YAML 1.1. Both have the same ancestor and nobody asks them what a scalar means, so they differ in few places, and
`_DISPUTED` finds those. A file without them that the quick reader takes without complaint means the same to both.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

from assetctl.documents.document import Document, Way, first_line
from assetctl.documents.files import MOST_BYTES, read_text
from assetctl.documents.yaml_tree import Tree
from assetctl.errors import InputError

_DISPUTED = re.compile(
    r"""(?m)
    ^% | ^\.\.\. | ^[ ]+\r?$       # directives, the end of a document, lines of nothing but blanks
    | [|>][-+0-9]*[#]              # a comment without a blank before it
    | [\t\x85\u2028\u2029\ufeff]   # tabs, line breaks of YAML 1.1, byte order marks
    | \r(?!\n)
    | (?:^|[-?:,\[{])[ ]*\?(?:\s|\Z)  # explicit keys
    | ['"]:\S                      # a value without a blank before it
    """,
    re.VERBOSE,
)

Grown = tuple[Any, dict[Way, int]]
"""The value of a document and the line of each value in it."""


def read_yaml(path: Path, *, most: int = MOST_BYTES) -> Document:
    """The one YAML document of a file; duplicate keys, anchors, aliases, tags and further documents are refused."""
    text, digest = read_text(path, most)
    root, lines = _grown(text, path)
    return Document(path, root, digest, lines)


def parse_yaml(text: str, path: Path) -> Document:
    """The document in a text that is to become a file, read as strictly as the file will be."""
    root, lines = _grown(text, path)
    return Document(path, root, hashlib.sha256(text.encode("utf-8")).hexdigest(), lines)


def _grown(text: str, path: Path) -> Grown:
    return quickly(text, path) or exactly(text, path)


def quickly(text: str, path: Path) -> Grown | None:
    """What the quick reader understands, None for what only the exact one can tell, and without a reader in C."""
    if _DISPUTED.search(text):
        return None
    try:
        from yaml import CSafeLoader, YAMLError, parse
    except ImportError:  # PyYAML was built without its part in C
        return None
    tree = Tree(path)
    try:
        tree.take(parse(text, Loader=CSafeLoader))
    except (YAMLError, InputError, ValueError, OverflowError):
        return None
    return None if isinstance(tree.root, str) else tree.grown


def exactly(text: str, path: Path) -> Grown:
    """What the exact reader understands. Raises InputError with the line of what it does not."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    tree = Tree(path)
    try:
        tree.take(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = f"{place}: YAML is expected, {first_line(error.problem)}; check indentation, colons and quotes"
    except YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        problem = f"{path}:{line}: YAML is expected, a control character was found; remove it"
    except (ValueError, OverflowError):  # \\U escapes beyond Unicode
        problem = f"{path}: YAML is expected, a character that does not exist was found; check the escapes"
    else:
        return tree.grown
    raise InputError(problem)
