"""A new check file: it loads as it stands, and its tests fail until facts are filled in."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from assetctl.errors import InputError
from assetctl.policy.expression import compile_expression
from assetctl.policy.for_each import SUBJECTS, Scope
from assetctl.text import near

_ID = re.compile(r"[A-Z]{2,8}-\d{3}")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ,.()/-]*")
_HEAD = "# Fill in the facts of the tests, then run: assetctl policy lint, assetctl policy test (both with --checks)"
_MAPS = (
    "# One line for each requirement that the check bears on, no stronger than the row's class:",
    "#   - {framework: iec62443-3-3, edition: '2013+COR1:2014', requirement: SR 7.7, strength: S}",
    "maps: []",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What an engineer says of a new check. applies_to: "" where it is for every subject."""

    id: str
    title: str
    severity: str
    for_each: str
    assertion: str
    fail: str
    unknown: str
    applies_to: str = ""
    max_age: str = "30d"


def checked_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise InputError(f"{text[:40]}: an id such as SITE-001 is expected")
    return text


def checked_subject(text: str) -> str:
    if text not in SUBJECTS:
        raise InputError(f"{text[:40]}: one of {', '.join(SUBJECTS)} is expected{near(text, tuple(SUBJECTS))}")
    return text


def checked_expression(text: str, for_each: str) -> str:
    """The text itself. Raises InputError when it is no expression over what a check for that subject may name."""
    compile_expression(text, Scope(for_each))
    return text


def skeleton(draft: Draft) -> str:
    """The text of the file."""
    return "\n".join((_HEAD, *_lines(draft))) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield f"id: {draft.id}"
    yield "version: 1"
    yield f"title: {_scalar(draft.title)}"
    yield f"severity: {draft.severity}"
    yield "# F: both results decide; P: only a failure does; H: neither does without a person"
    yield "own: P"
    yield f"for_each: {draft.for_each}"
    if draft.applies_to:
        yield f"applies_to: {_scalar(draft.applies_to)}"
    yield f"assert: {_scalar(draft.assertion)}"
    yield f"max_age: {draft.max_age}"
    yield from _MAPS
    yield f"fail: {_scalar(draft.fail)}"
    yield f"unknown: {_scalar(draft.unknown)}"
    yield "fix: say what to do"
    yield "limits: say what the check does not see"
    yield "tests:"
    for result in ("pass", "fail", "unknown", *(("not applicable",) if draft.applies_to else ())):
        yield f"  - name: {result}, to be filled in"
        yield f"    expect: {result}"
        yield "    facts: {}"


def _scalar(text: str) -> str:
    """A text as YAML: plain where that is safe, else in double quotes."""
    text = " ".join(text.split())
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
