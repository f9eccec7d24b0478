"""Changes to the YAML files that people review: comments and layout stay, and no other value changes.

A change is made twice, to the text with its comments and to the plain values, and the file is written only when both
give the same. So no value that was written by hand (0123, no, 1e3) is spelled anew on the way.
"""

import io
from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from assetctl.documents import Document, parse_yaml
from assetctl.errors import InputError
from assetctl.work import outfile

Change = Callable[[Any], None]
"""Alters the mapping at the top of a document in place: dicts, lists and texts, be they plain or with comments."""


def edit(path: Path, change: Change, *, check: Callable[[Document], object], blank: str = "") -> None:
    """Change a file, whole or not at all. blank: what the file begins with when it is not there yet.

    check: raises InputError when the changed file would not load.
    """
    before = path.read_text("utf-8-sig") if path.exists() else blank
    written = changed(before, change, path)
    check(parse_yaml(written, path))
    with outfile.text(path) as file:
        file.write(written)


def changed(before: str, change: Change, path: Path) -> str:
    """The text of a file after a change. Raises InputError when it cannot be made without touching other values."""
    wanted = parse_yaml(before, path).root
    change(wanted)
    editor, document = _opened(before)
    change(document)
    written = io.StringIO()
    editor.dump(document, written)
    text = written.getvalue()
    if parse_yaml(text, path).root != _plain(wanted):
        raise InputError(f"{path}: this change would spell other values anew; make it by hand")
    if lost := _comments(before) - _comments(text):
        raise InputError(f'{path}: this change would lose the comment "{sorted(lost)[0]}"; make it by hand')
    return text


def appended(rows: Any, entry: dict[str, Any]) -> None:
    """Add an entry at the end of a list, which is written as a block even where it was an empty [] before."""
    flow = getattr(rows, "fa", None)
    if flow is not None and not rows:
        flow.set_block_style()
    rows.append(entry)


def put(mapping: Any, key: str, value: Any) -> None:
    """Set a key; a new one stands before the last, to which what is written below the mapping belongs."""
    insert = getattr(mapping, "insert", None)
    if insert is None or key in mapping or not mapping:
        mapping[key] = value
    else:
        insert(len(mapping) - 1, key, value)


def drop(mapping: Any, key: str) -> None:
    """Remove a key; comment lines that follow it stay, below the key before it."""
    notes = getattr(getattr(mapping, "ca", None), "items", {})
    held = notes.pop(key, None)
    before = [name for name in mapping if name != key]
    del mapping[key]
    token = held[2] if held else None
    if token is None or not before:
        return
    _, _, below = token.value.partition("\n")
    slot = notes.setdefault(before[-1], [None, None, None, None])
    if slot[2] is None:
        token.value, slot[2] = f"\n{below}", token
    else:
        slot[2].value += below


def _opened(before: str) -> tuple[Any, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.nodes import ScalarNode
    from ruamel.yaml.resolver import VersionedResolver

    class AllText(VersionedResolver):
        """Takes every scalar for a text, as the strict reader does."""

        def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
            return self.DEFAULT_SCALAR_TAG if kind is ScalarNode else super().resolve(kind, value, implicit)

    editor = YAML(typ="rt")
    editor.Resolver = AllText
    editor.preserve_quotes = True
    editor.brace_single_entry_mapping_in_flow_sequence = True
    editor.width = 4096
    offset = _list_offset(before)
    editor.indent(mapping=2, sequence=offset + 2, offset=offset)
    return editor, editor.load(before)


def _list_offset(before: str) -> int:
    """How far the first list below a key is set in: 2 where nothing tells."""
    lines = [line for line in before.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for key, item in pairwise(lines):
        if key.rstrip().endswith(":") and item.lstrip().startswith("- "):
            return min(4, max(0, _depth(item) - _depth(key)))
    return 2


def _comments(text: str) -> Counter[str]:
    """The lines that are comments."""
    lines = (line.strip() for line in text.splitlines())
    return Counter(line for line in lines if line.startswith("#"))


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _plain(value: Any) -> Any:
    """The values as the strict reader gives them: everything a text."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else str(value)
