"""Order codes against the patterns of advisories and life-cycle lists, such as 6ES7 5xx-..., BMXP34* or 750-82??.

Signs between letters and digits are left out on both sides, since every list and device sets them differently. A small
x, a ? and a ~ stand for one sign, a * and ... for any number. A capital X is a letter, as in 0XB0, unless two stand
together. A code that ends where ours goes on after a separator means all variants of it.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

MOST_CHARACTERS = 80
_SEPARATOR = re.compile(r"[^0-9A-Za-z?*~]+")
_RUN = re.compile(r"X{2,}|x|\?|~|\*+|[^Xx?~*]+|X")
MOST_HEAD = 6
_HEAD = re.compile(r"(?:[0-9A-WYZa-wyz]|X(?!X)){0,6}")
_IN_BRACKETS = re.compile(r"\(([^()]{4,200})\)")
_CODE = re.compile(r"[0-9A-Z][0-9A-Zx?*~]*(?:[ ./-][0-9A-Zx?*~]+){0,6}\Z")
_WORD_BEFORE = re.compile(r"(?:part numbers?|order codes?|references?|ref\.?|article(?: no\.?)?|p/n|no\.?)[: ]+", re.I)
_BETWEEN = re.compile(r"[,;]| and | or ")
LEAST_SIGNS = 7  # below that a text in brackets is as likely a family, such as S7-1200
CATALOGUE = re.compile(
    r"(?<![\w-])(\d{4}[A-Z]{0,3}-[0-9A-Zx?*]{2,16}(?:-[0-9A-Zx?*]{1,12}){0,2}(?:/[A-Z](?![A-Za-z]))?)(?![\w-])"
)
_BUT = re.compile(r"\b(?:excl\w*|except\w*|without|other than|not including|but not)\b", re.I)


class Fit(IntEnum):
    NONE = 0
    PART = 1  # ours or theirs is shorter: it may be that one
    WHOLE = 2


@dataclass(frozen=True, slots=True)
class Listed:
    """Codes that a product name mentions. without: those that it leaves out. exception: what else it leaves out."""

    codes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    exception: str = ""


def fits(pattern: str, code: str) -> Fit:
    """How a device's code stands to a pattern."""
    plain, heads = _prepared(pattern)
    own, begun = _own(code)
    if not own or not any(begun.startswith(head) or head.startswith(begun) for head in heads):
        return Fit.NONE
    for form in _forms(plain):
        found = _compiled(form).match(own)
        if found is not None and (found.end() == len(own) or _is_boundary(code, found.end())):
            return Fit.WHOLE
    return max(_fits_in_part(plain, own), _begins(plain, own))


@lru_cache(maxsize=100_000)
def _prepared(pattern: str) -> tuple[str, tuple[str, ...]]:
    """A pattern as compared, and how codes that fit begin; none fits a pattern that is too long."""
    plain = compared(pattern) if len(pattern) <= MOST_CHARACTERS else ""
    return plain, tuple(_begin(form) for form in _forms(plain)) if plain else ()


def _begin(form: str) -> str:
    found = _HEAD.match(form)
    return found[0].casefold() if found else ""


@lru_cache(maxsize=20_000)
def _own(code: str) -> tuple[str, str]:
    """A code as compared, and its beginning."""
    own = compared(code) if len(code) <= MOST_CHARACTERS else ""
    return own, own[:MOST_HEAD].casefold()


def _fits_in_part(pattern: str, own: str) -> Fit:
    """A code that ends before its pattern: where only wildcards are left, it does not matter what they stand for."""
    begun, rest = pattern[: len(own)], pattern[len(own) :]
    if len(own) < 4 or not rest or "*" in begun or _compiled(begun).fullmatch(own) is None:
        return Fit.NONE
    return Fit.WHOLE if not rest.strip("x?~*") else Fit.PART


def _begins(pattern: str, own: str) -> Fit:
    """1766-L32 is how a maker may write 1766-L32BWA; 1756-EN2T is not 1756-EN2TR."""
    found = _compiled(pattern).match(own) if len(pattern) >= 7 and pattern[-1].isdigit() else None
    return Fit.PART if found is not None and own[found.end() : found.end() + 1].isalpha() else Fit.NONE


def compared(text: str) -> str:
    """Letters, digits and wildcards alone."""
    return _SEPARATOR.sub("", text.replace("...", "*").replace("…", "*").replace("[", "").replace("]", ""))


@lru_cache(maxsize=50_000)
def listed(name: str) -> Listed:
    """The order codes that stand in a product name, in brackets or as catalogue numbers."""
    head, but, rest = _split_at_exception(name)
    codes, without = _mentioned(head), _mentioned(rest)
    return Listed(codes, without, exception=rest if but and not without else "")


def _split_at_exception(name: str) -> tuple[str, str, str]:
    found = _BUT.search(name)
    return (name[: found.start()], found[0], name[found.end() :]) if found else (name, "", "")


def _mentioned(text: str) -> tuple[str, ...]:
    inner = [part.strip() for found in _IN_BRACKETS.findall(f"{text})") for part in _BETWEEN.split(found)]
    words = [_WORD_BEFORE.sub("", part, count=1) for part in inner]
    return tuple(dict.fromkeys([*filter(_is_code, words), *CATALOGUE.findall(text)]))


def _is_code(word: str) -> bool:
    if _CODE.match(word) is None:
        return False
    signs = [sign for sign in word if sign.isalnum() and sign != "x"]
    if "*" in word:
        return len(signs) >= 4
    return len(compared(word)) >= LEAST_SIGNS and sum(sign.isdigit() for sign in signs) >= 3


def _forms(plain: str) -> tuple[str, ...]:
    """A pattern that begins with a nought may be meant without it: 0750-8202."""
    return (plain, plain[1:]) if plain.startswith("0") else (plain,)


@lru_cache(maxsize=50_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    signs = []
    for run in _RUN.findall(pattern):
        if run in ("x", "?", "~"):
            signs.append("[0-9A-Za-z]")
        elif run[0] == "X" and len(run) > 1:
            signs.append(f"[0-9A-Za-z]{{{len(run)}}}")
        else:
            signs.append(".*" if run[0] == "*" else re.escape(run))
    return re.compile(re.sub(r"(?:\.\*)+", ".*", "".join(signs)) if "".join(signs).count(".*") <= 3 else "(?!)", re.I)


def _is_boundary(code: str, at: int) -> bool:
    """Whether the sign at a place of the compared code begins a group of its own in the code as written."""
    seen = 0
    for index, sign in enumerate(code):
        if sign.isascii() and sign.isalnum():
            if seen == at:
                return index > 0 and not code[index - 1].isalnum() and code[index - 1] != "."
            seen += 1
    return True
