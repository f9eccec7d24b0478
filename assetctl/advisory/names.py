"""Whether a product of an advisory is what an asset is: by order code, by name, by family, or perhaps.

Theory. Names are compared as words, without the words that tell nothing (brands, "family", "incl."). A code decides
before a name: a product with codes of which none fits a device whose code is known is another product, however alike
their names. What is left is graded, and only a sure grade can make a definite verdict.
"""

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from assetctl.advisory import codes
from assetctl.advisory.codes import Fit
from assetctl.advisory.described import Identity
from assetctl.advisory.families import Family, families
from assetctl.advisory.records import Naming
from assetctl.advisory.words import BRACKETS, MOST_CHARACTERS, is_rounded, parts_of, share_a_mark, words_of
from assetctl.makers import compared

_JOINED = re.compile(r"[^a-z0-9]+")
_TELL_NOTHING = frozenset(
    {"family", "series", "incl", "including", "variants", "variant", "device", "devices", "product", "products", "the"}
    | {"all", "models", "model", "controller", "controllers", "firmware", "and", "version", "versions"}
    | {
        "part",
        "numbers",
        "number",
        "cpu",
        "cpus",
        "module",
        "modules",
        "os",
        "type",
        "types",
        "with",
        "switch",
        "switches",
    }
)
_WHOLE = re.compile(r"\b(?:family|series|all variants|all models|all types|product line)\b", re.I)
_SERIES_LETTERS = re.compile(r"\b[Ss]eries ([A-Z](?:(?:, | and |, and |/)[A-Z])*)(?![\w-])")
_ANOTHER_SYSTEM = frozenset({"xe", "xr"})


class Grade(IntEnum):
    NONE = 0
    PERHAPS = 1
    FAMILY = 2  # the product is a family or series that the asset belongs to
    NAME = 3
    CODE = 4


@dataclass(frozen=True, slots=True)
class Sameness:
    """ours, theirs: the texts that were compared. reason: what makes it less than sure, else "".

    is_vague: the asset tells less than the product, so that it may be just this one.
    """

    grade: Grade
    ours: str = ""
    theirs: str = ""
    reason: str = ""
    is_vague: bool = False


NOT_THE_SAME = Sameness(Grade.NONE)


def maker_key(name: str) -> str:
    return compared(name)


def speaks_of(maker: str, own: str) -> bool:
    """Whether advisories under a maker's name are about devices of another, or the same."""
    return maker_key(maker) == maker_key(own) or own in families().houses.get(maker, ())


def same(naming: Naming, own: Identity) -> Sameness:
    """How sure it is that a product names an asset, and by which texts."""
    if own.makers and not any(speaks_of(naming.maker, maker) for maker in own.makers):
        return NOT_THE_SAME
    found = _same(naming, own)
    if found.grade in (Grade.NONE, Grade.PERHAPS):
        return found
    if doubt := _doubt(naming, own):
        return Sameness(Grade.PERHAPS, found.ours, found.theirs, doubt, is_vague=True)
    return found


def _doubt(naming: Naming, own: Identity) -> str:
    if naming.serials and not own.serials:
        return "only some serial numbers are meant"
    if naming.condition:
        return f"only where this holds: {naming.condition[:120]}"
    if not own.makers and not (naming.maker and maker_key(naming.maker) in " ".join(own.names).casefold()):
        return "the maker of the device is not known"
    if len(own.makers) > 1:
        return "sources disagree about the maker"
    return ""


def _same(naming: Naming, own: Identity) -> Sameness:
    if naming.serials and own.serials:
        fitting = [s for s in naming.serials if any(codes.fits(s, serial) is Fit.WHOLE for serial in own.serials)]
        if not fitting:
            return NOT_THE_SAME
    if _is_left_out(naming, own):
        return NOT_THE_SAME
    by_code = _by_code(naming, own)
    if by_code is not None and by_code.grade is Grade.CODE:
        return by_code
    by_name = _by_name(naming, own)
    if by_code is not None and by_code.grade is Grade.PERHAPS:
        return max(by_code, by_name, key=lambda one: one.grade)
    if by_code is not None and by_name.grade is not Grade.NONE:
        return _despite_code(naming, own, by_name)
    return by_name


def _despite_code(naming: Naming, own: Identity, by_name: Sameness) -> Sameness:
    """A name that is the same although the codes differ: another revision, or codes of another kind."""
    if by_name.grade is Grade.NAME:
        return replace(by_name, grade=Grade.PERHAPS, reason="the name is the same, the order code another")
    in_table = any(
        _family(part, one, own).grade
        for n in naming.names
        for part in parts_of(n)
        for one in _families_of(own, naming.maker)
    )
    return by_name if in_table and not naming.codes else NOT_THE_SAME


def _is_left_out(naming: Naming, own: Identity) -> bool:
    """Whether every name of the product leaves the asset out, by code, by series letter or by family."""
    return all(_leaves_out(name, naming, own) is True for name in naming.names) if naming.names else False


def _leaves_out(name: str, naming: Naming, own: Identity) -> bool | None:
    """None when something is left out and nobody can tell whether that is the asset."""
    said = codes.listed(name)
    if any(codes.fits(pattern, code) is Fit.WHOLE for pattern in said.without for code in own.codes):
        return True
    if letters := _SERIES_LETTERS.search(name):
        told = {code[-1] for code in own.codes if code[-2:-1] == "/"}
        return None if not told else not told & set(re.findall(r"[A-Z]", letters[1]))
    if not said.exception:
        return False
    meant = [
        row for row in families().by_maker.get(naming.maker, ()) if _family(said.exception.strip(" )"), row, own).grade
    ]
    if not meant or not own.codes:
        return None
    return any(row in _families_of(own, naming.maker) for row in meant)


def _by_code(naming: Naming, own: Identity) -> Sameness | None:
    """None when one of the sides has no codes, so that names must tell. A model may be a code: then it may fit."""
    patterns = (*naming.codes, *(pattern for name in naming.names for pattern in codes.listed(name).codes))
    ours = (*own.codes, *own.names)
    if not patterns or not ours:
        return None
    fit, pattern, code = max(((codes.fits(p, c), p, c) for p in patterns for c in ours), key=lambda one: one[0])
    if fit is Fit.NONE:
        return NOT_THE_SAME if own.codes else None
    if fit is Fit.PART:
        return Sameness(Grade.PERHAPS, code, pattern, "one of the codes is not complete", is_vague=True)
    if any(_leaves_out(name, naming, own) is None for name in naming.names):
        return Sameness(Grade.PERHAPS, code, pattern, "the product leaves some out", is_vague=True)
    return Sameness(Grade.CODE, code, pattern)


def _by_name(naming: Naming, own: Identity) -> Sameness:
    found = [_graded(theirs, naming, own) for theirs in naming.names]
    found += [_by_cpe(cpe, own) for cpe in naming.cpes]
    return max(found, key=lambda one: one.grade, default=NOT_THE_SAME)


def _graded(theirs: str, naming: Naming, own: Identity) -> Sameness:
    left_out = _leaves_out(theirs, naming, own)
    if left_out is True:
        return NOT_THE_SAME
    best = _best(theirs[:MOST_CHARACTERS], naming, own)
    if best.grade > Grade.PERHAPS and (left_out is None or len(theirs) > MOST_CHARACTERS):
        return replace(best, grade=Grade.PERHAPS, reason="the product leaves some out", is_vague=True)
    return best


def _best(theirs: str, naming: Naming, own: Identity) -> Sameness:
    found = _best_of(parts_of(theirs), bool(_WHOLE.search(theirs)), naming.maker, own)
    return found if found is NOT_THE_SAME else replace(found, theirs=theirs)


@lru_cache(maxsize=200_000)
def _best_of(parts: tuple[str, ...], is_whole: bool, maker: str, own: Identity) -> Sameness:
    """The best of the products that one name lists. is_whole: it says that it means a family or series."""
    members = _families_of(own, maker)
    known = _known(maker, own, members)
    found = [NOT_THE_SAME]
    for part in parts:
        wanted = tuple(word for word in words_of(part) if word not in known)
        found += [_family(part, member, own) for member in members]
        found += [_words_against(wanted, ours, known, is_whole=is_whole) for ours in _ours(own)]
    return max(found, key=lambda one: one.grade)


def _ours(own: Identity) -> tuple[str, ...]:
    plain = (BRACKETS.sub(" ", name) for name in own.names if "(" in name)
    return (*own.names, *plain, *own.codes)


def _words_against(wanted: tuple[str, ...], ours: str, known: frozenset[str], *, is_whole: bool) -> Sameness:
    mine = tuple(word for word in words_of(ours) if word not in known)
    if not wanted or not mine:
        return NOT_THE_SAME
    if wanted == mine or "".join(wanted) == "".join(mine):
        return Sameness(Grade.NAME, ours)
    if mine[: len(wanted)] == wanted:
        return _longer(ours, mine[len(wanted) :], is_whole=is_whole)
    if wanted[: len(mine)] == mine or set(mine) < set(wanted):
        return Sameness(Grade.PERHAPS, ours, "", "the product's name says more than the device's", is_vague=True)
    if share_a_mark(wanted, mine) or (is_whole and is_rounded(wanted, mine)):
        return Sameness(Grade.PERHAPS, ours, "", "the names are alike in part")
    return NOT_THE_SAME


def _longer(ours: str, rest: tuple[str, ...], *, is_whole: bool) -> Sameness:
    """The device's name goes on where the product's ends: a variant of a series, or another product."""
    if is_whole or all(len(word) == 1 for word in rest):
        return Sameness(Grade.FAMILY, ours)
    if set(rest) & _ANOTHER_SYSTEM:
        return NOT_THE_SAME
    return Sameness(Grade.PERHAPS, ours, "", "the device's name says more than the product's")


def _family(part: str, member: Family, own: Identity) -> Sameness:
    brands = families().brands.get(member.maker, frozenset())
    wanted = "".join(word for word in words_of(codes.CATALOGUE.sub(" ", part)) if word not in _TELL_NOTHING | brands)
    for name in member.names:
        if wanted and wanted == "".join(word for word in words_of(name) if word not in _TELL_NOTHING | brands):
            return Sameness(Grade.FAMILY, next(iter((*own.codes, *own.names)), ""))
    return NOT_THE_SAME


@lru_cache(maxsize=20_000)
def _families_of(own: Identity, maker: str) -> tuple[Family, ...]:
    """The families of the table that an asset belongs to; a code decides before a model name."""
    rows = [row for name in {maker, *own.makers} for row in families().by_maker.get(name, ())]
    by_code = tuple(row for row in rows for c in own.codes if any(codes.fits(p, c) is Fit.WHOLE for p in row.codes))
    if by_code:
        return by_code
    rows = [row for row in rows if not (row.codes and own.codes)]
    return tuple(row for row in rows if any(_begins(model, name) for model in row.models for name in own.names))


def _begins(pattern: str, name: str) -> bool:
    wanted, mine = _JOINED.sub(" ", pattern.casefold().rstrip("*")).strip(), _JOINED.sub(" ", name.casefold()).strip()
    if not mine.startswith(wanted):
        return False
    return pattern.endswith("*") or mine[len(wanted) : len(wanted) + 1] in ("", " ")


@lru_cache(maxsize=20_000)
def _known(maker: str, own: Identity, members: tuple[Family, ...]) -> frozenset[str]:
    """Words that tell nothing about this asset: brands, and the names of families that it belongs to."""
    makers = {maker, *own.makers}
    brands = {word for maker in makers for word in (*families().brands.get(maker, ()), *words_of(maker))}
    names = {word for member in members for name in member.names for word in words_of(name)}
    return frozenset(_TELL_NOTHING | brands | names)


def _by_cpe(cpe: str, own: Identity) -> Sameness:
    """A CPE of the advisory against those that a scanner gave: vendor and product, never the version."""
    wanted = _product_of(cpe)
    for ours in own.cpes:
        if wanted and wanted == _product_of(ours):
            return Sameness(Grade.NAME, ours, cpe)
    return NOT_THE_SAME


def _product_of(cpe: str) -> tuple[str, str] | None:
    parts = cpe.casefold().split(":")
    if len(parts) >= 5 and parts[1] == "2.3":
        return parts[3], parts[4].removesuffix("_firmware")
    return (parts[2], parts[3].removesuffix("_firmware")) if len(parts) >= 4 and parts[0] == "cpe" else None
