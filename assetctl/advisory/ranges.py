"""Version ranges as advisories write them: operator text, words, `vers:` and lists; and whether a version lies in one.

CSAF asks for `vers:` in ranges, and most documents hold something else: "<V4.5.0", "All versions < V14 SP1",
"vers:all/<V7.0.3", ">= V2.0 < V3.1", ">=3.0|<5.92", "1.2 and prior". What is not wholly understood decides nothing.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from assetctl.advisory.packaged import SCHEMES as PACKAGED
from assetctl.advisory.packaged import compare as compare_packaged
from assetctl.advisory.versions import Comparison, Order, compare

MOST_CHARACTERS = 400
MOST_CONSTRAINTS = 40
UP_TO = "up to"  # whether the limit itself belongs to it is not said

_SATISFYING = {
    "<": frozenset({Order.LOWER}),
    "<=": frozenset({Order.LOWER, Order.EQUAL}),
    "=": frozenset({Order.EQUAL}),
    ">=": frozenset({Order.EQUAL, Order.HIGHER}),
    ">": frozenset({Order.HIGHER}),
    "!=": frozenset({Order.LOWER, Order.HIGHER}),
}
_EVERY = re.compile(r"(?:\*|all|any|(?:all|any)?\s*(?:known |firmware |software )*(?:versions?|releases?))\Z", re.I)
_VERS = re.compile(r"(?:vers:)?([a-z][a-z0-9.+-]{0,30})/(.*)\Z", re.I | re.S)
_NOISE = re.compile(r"\b(?:all |any )?(?:firmware |software |product |known )*(?:versions?|releases?)\b:?", re.I)
_REWRITTEN = tuple(
    (re.compile(pattern, re.I), instead)
    for pattern, instead in (
        (r"≤|=<", "<="),
        (r"≥|=>", ">="),
        (r"==", "="),
        (r"\bup to and including\b|\bnot (?:newer|later|higher) than\b", "<="),
        (r"\b(?:equal to or|or equal to) (?:lower|less|older|earlier)(?: than)?\b", "<="),
        (r"\b(?:prior to|before|earlier than|lower than|less than|below|older than|prior)\s+(?=[vV]?\w*\d)", "<"),
        (r"\b(?:from|since|starting with|starting from)\b", ">="),
        (r"\b(?:after|newer than|later than|higher than|greater than)\b", ">"),
        (r"\bup to\b", "^"),
        (r"(?<=\d)\s+(?:through|thru|to|-|–)\s+(?=[vV]?\d)", " <= "),
    )
)
_AND_PRIOR = re.compile(r"\s*,?\s*(?:and|or|&)\s+(?:all )?(?:prior|earlier|below|older|lower|previous)\s*\Z", re.I)
_AND_LATER = re.compile(r"\s*,?\s*(?:and|or|&)\s+(?:all )?(?:later|newer|above|higher|greater|onwards?)\s*\Z", re.I)
_SIGN = re.compile(r"(<=|>=|!=|<|>|=|\^|\||,|;|\s+and\s+|\s+or\s+|\s+&\s+)", re.I)


@dataclass(frozen=True, slots=True)
class Constraint:
    """op: one of < <= = >= > != and `UP_TO`."""

    op: str
    version: str


@dataclass(frozen=True, slots=True)
class Range:
    """constraints: in the order written; none and not `every` when the text could not be understood.

    scheme: of `vers:` where it is one of a package system, else "" for the maker's own way.
    """

    text: str
    every: bool = False
    constraints: tuple[Constraint, ...] = ()
    scheme: str = ""

    @property
    def is_single(self) -> bool:
        """Whether it only lists versions: then it is silent about those between and beside them."""
        return bool(self.constraints) and all(constraint.op == "=" for constraint in self.constraints)


@dataclass(frozen=True, slots=True)
class Answer:
    """holds: None when it is unknown. reason: why, else ""."""

    holds: bool | None
    reason: str = ""


@lru_cache(maxsize=50_000)
def parse(text: str) -> Range:
    """A range or a single version. What cannot be understood gives a range that decides nothing."""
    scheme, inner = "", " ".join(text.split())
    if len(inner) > MOST_CHARACTERS:
        return Range(text[:MOST_CHARACTERS])
    if found := _VERS.match(inner):
        scheme = found[1].casefold() if found[1].casefold() in PACKAGED else ""
        inner = unquote(found[2]).strip()
    if _EVERY.match(inner):
        return Range(text, every=True)
    constraints = _constraints(_signs(inner))
    return Range(text, constraints=constraints or (), scheme=scheme)


def holds(wanted: Range, have: str, *, maker: str = "") -> Answer:
    """Whether a version lies in a range."""
    if wanted.every:
        return Answer(True)
    if not wanted.constraints:
        return Answer(None, f'the versions "{wanted.text[:80]}" are of no known form')
    if not have:
        return Answer(None, "its version is not known")
    groups = _groups(wanted, maker)
    if groups is None:
        return Answer(None, f'the limits of "{wanted.text[:80]}" cannot be ordered')
    answers = [_all(group, have, wanted.scheme, maker) for group in groups]
    if any(answer.holds for answer in answers):
        return Answer(True)
    return next((answer for answer in answers if answer.holds is None), Answer(False))


def ordering(have: str, bound: str, *, scheme: str = "", maker: str = "") -> Comparison:
    """Two versions by the package system's rules where the range names one, else by the maker's."""
    return compare_packaged(scheme, have, bound) if scheme else compare(have, bound, maker=maker)


def _signs(text: str) -> str:
    """Words as signs: "V5.1 and prior" becomes "<= V5.1"."""
    text = _NOISE.sub(" ", text).strip()
    for pattern, sign in ((_AND_PRIOR, "<="), (_AND_LATER, ">=")):
        if found := pattern.search(text):
            return f"{sign} {text[: found.start()]}"
    for pattern, instead in _REWRITTEN:
        text = pattern.sub(instead, text)
    if re.match(r"\s*[vV]?\d[\w.]*\s+<=\s", text):  # "1.0 to 2.0": the first is where it begins
        text = f">= {text}"
    return text


def _constraints(text: str) -> tuple[Constraint, ...] | None:
    """Signs and versions in turn. A version without a sign stands for itself, between separators only."""
    found: list[Constraint] = []
    op, apart = "", True
    for piece in _SIGN.split(text):
        sign = piece.strip()
        if not sign:
            continue
        if sign in _SATISFYING or sign == "^":
            if op or (found and found[-1].op == "=" and not apart):
                return None
            op = UP_TO if sign == "^" else sign
        elif _SIGN.fullmatch(piece):
            if op:
                return None
            apart = True
        elif not any(letter.isdigit() for letter in sign) or len(sign) > 60 or len(found) >= MOST_CONSTRAINTS:
            return None
        else:
            found.append(Constraint(op or "=", sign))
            op, apart = "", False
    return None if op else tuple(found)


def _groups(wanted: Range, maker: str) -> list[list[Constraint]] | None:
    """Constraints that must hold together; the groups stand for themselves. None when nobody can tell which do.

    A lower limit and the upper one behind it are an interval. An upper limit before a lower one is an interval when
    they overlap, since together they would else mean every version, and two ranges when they leave a gap.
    """
    groups: list[list[Constraint]] = []
    excluded = [constraint for constraint in wanted.constraints if constraint.op == "!="]
    for constraint in wanted.constraints:
        last = groups[-1] if groups else []
        if constraint.op == "!=":
            continue
        if len(last) == 1 and _is_upper(constraint) and _is_lower(last[0]):
            last.append(constraint)
        elif len(last) == 1 and _is_lower(constraint) and _is_upper(last[0]):
            order = ordering(constraint.version, last[0].version, scheme=wanted.scheme, maker=maker).order
            if order is None:
                return None
            if order is Order.LOWER:
                last.append(constraint)
            else:
                groups.append([constraint])
        else:
            groups.append([constraint])
    return [[*group, *excluded] for group in groups] or [excluded]


def _is_lower(constraint: Constraint) -> bool:
    return constraint.op in (">", ">=")


def _is_upper(constraint: Constraint) -> bool:
    return constraint.op in ("<", "<=", UP_TO)


def _all(group: list[Constraint], have: str, scheme: str, maker: str) -> Answer:
    missing: Answer | None = None
    for constraint in group:
        answer = _holds(constraint, ordering(have, constraint.version, scheme=scheme, maker=maker))
        if answer.holds is False:
            return answer
        missing = missing or (answer if answer.holds is None else None)
    return missing or Answer(True)


def _holds(constraint: Constraint, found: Comparison) -> Answer:
    if constraint.op == UP_TO:
        if found.order is Order.EQUAL:
            return Answer(None, "whether the limit itself is meant is not said")
        return Answer(None, found.reason) if found.order is None else Answer(found.order is Order.LOWER)
    good = _SATISFYING[constraint.op]
    if found.possible <= good:
        return Answer(True)
    if not found.possible & good:
        return Answer(False)
    return Answer(None, found.reason or "the versions cannot be compared")
