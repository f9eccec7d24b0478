"""The requirement tables that checks are mapped to, and the other frameworks that may be named."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assetctl.documents import read_yaml
from assetctl.policy.fields import Fields, top
from assetctl.policy.names import FR
from assetctl.text import near

IEC = "iec62443-3-3"
STRENGTHS = ("N", "R", "S", "D")
"""From saying nothing to deciding: not at all, refutes only, supports, decides."""

SHALL, SHOULD = "shall", "should"
_GUIDANCE = frozenset({"cisa-cpg", "cisa-ot-inventory", "iec62443-2-3", "nis2-cir", "nist-csf", "nist-800-53"})
"""Frameworks that recommend: voluntary goals, a technical report, and controls as the guide for OT applies them."""
_RECOMMENDED = frozenset({("iec62443-3-2", "ZCR 3.4"), ("iec62443-3-2", "ZCR 3.5"), ("iec62443-3-2", "ZCR 3.6")})

_ID = re.compile(r"SR [1-7]\.\d{1,2}(?: RE \d)?\Z")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row. strength: the most that looking at a network can say about it. from_sl: 1 to 4. confidence: A to C."""

    id: str
    fr: str
    name: str
    words: str
    from_sl: int
    strength: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Framework:
    id: str
    edition: str
    title: str
    rows: Mapping[str, Requirement]


@dataclass(frozen=True, slots=True)
class Named:
    """A framework of which only the identifiers are known here. ids: each with what its group is about.

    duty: whether it demands or recommends; recommended: ids that it recommends although it demands the others.
    source: where the identifiers are from.
    """

    id: str
    edition: str
    title: str
    duty: str
    source: str
    ids: Mapping[str, str]
    recommended: frozenset[str]


def load_named(path: Path) -> Named:
    """A list of identifiers. Raises InputError with the place of what is wrong."""
    fields = top(read_yaml(path))
    names = ("id", "edition", "title", "duty", "source", "groups")
    fields.only((*names, "recommended"), required=names)
    ids: dict[str, str] = {}
    for group in fields.rows("groups"):
        group.only(("name", "ids"), required=("name", "ids"))
        for id in group.texts("ids"):
            if id in ids:
                group.refuse("ids", f"{id} stands here a second time")
            ids[id] = group.filled("name")
    for id in fields.texts("recommended"):
        if id not in ids:
            fields.refuse("recommended", f"{id} is not in any group{near(id, tuple(ids))}")
    return Named(
        id=fields.filled("id"),
        edition=fields.filled("edition"),
        title=fields.filled("title"),
        duty=fields.choice("duty", (SHALL, SHOULD)),
        source=fields.filled("source"),
        ids=ids,
        recommended=frozenset(fields.texts("recommended")),
    )


def duty_of(framework: str, requirement: str) -> str:
    """Whether a requirement demands or recommends."""
    is_advice = framework in _GUIDANCE or (framework, requirement) in _RECOMMENDED
    return SHOULD if is_advice else SHALL


def load_framework(path: Path) -> Framework:
    """A requirement table. Raises InputError with the place of what is wrong."""
    fields = top(read_yaml(path))
    fields.only(("id", "edition", "title", "rows"), required=("id", "edition", "title", "rows"))
    rows: dict[str, Requirement] = {}
    for row in fields.rows("rows"):
        requirement = _row(row)
        if requirement.id in rows:
            row.refuse("id", f"{requirement.id} stands here a second time")
        rows[requirement.id] = requirement
    return Framework(fields.filled("id"), fields.filled("edition"), fields.filled("title"), rows)


def _row(row: Fields) -> Requirement:
    names = ("id", "fr", "name", "words", "from_sl", "class", "confidence")
    row.only(names, required=names)
    if not _ID.match(row.text("id")):
        row.refuse("id", "an id such as SR 1.1 or SR 1.1 RE 2 is expected")
    return Requirement(
        id=row.text("id"),
        fr=row.choice("fr", FR),
        name=row.filled("name"),
        words=row.filled("words"),
        from_sl=int(row.choice("from_sl", "1234")),
        strength=row.choice("class", STRENGTHS),
        confidence=row.choice("confidence", "ABC"),
    )
