"""Product names as words: what one name lists, and when two of them are alike in part."""

import re
from functools import lru_cache

MOST_CHARACTERS = 300
BRACKETS = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"[a-z0-9]+")
_SEVERAL = re.compile(r"\s*[,;]\s*|\s+and\s+|\s+&\s+")
_ENUMERATED = re.compile(r"([A-Za-z]{1,6})(\d{1,4}(?:/\d{1,4}){1,12})(?:\(([A-Za-z]{1,4})\))?([A-Za-z]{0,6})")


@lru_cache(maxsize=50_000)
def parts_of(name: str) -> tuple[str, ...]:
    """The products that one name lists, codes and remarks in brackets left out."""
    expanded = _expanded(name)
    plain = BRACKETS.sub(" ", expanded).strip() or expanded
    found = [plain, *_SEVERAL.split(plain)]
    found += [part.split(" Series ", 1)[1] for part in found if " Series " in part]  # the series, then the model
    return tuple(dict.fromkeys(part for part in found if part))[:80]


def _expanded(name: str) -> str:
    """R04/08(EN)CPU as R04CPU, R08CPU, R04ENCPU, R08ENCPU."""
    found = _ENUMERATED.search(name)
    if found is None or not (found[4] or found[3]):
        return name
    middles = ["", found[3]] if found[3] else [""]
    every = [f"{found[1]}{number}{middle}{found[4]}" for number in found[2].split("/") for middle in middles]
    return ", ".join(f"{name[: found.start()]}{one}{name[found.end() :]}" for one in every)


@lru_cache(maxsize=100_000)
def words_of(name: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(name[:MOST_CHARACTERS].casefold()))


def share_a_mark(wanted: tuple[str, ...], mine: tuple[str, ...]) -> bool:
    """Whether both have a word of letters and digits that names one product, such as 2152 or r08encpu."""
    return any(_is_mark(word) for word in set(wanted) & set(mine))


def _is_mark(word: str) -> bool:
    digits = sum(sign.isdigit() for sign in word)
    return (len(word) >= 4 and 0 < digits < len(word)) or (digits == len(word) and len(word) >= 5)


def is_rounded(wanted: tuple[str, ...], mine: tuple[str, ...]) -> bool:
    """Whether a series is written with noughts for the digits that vary: G500E for G508E, X300 for X308."""
    if len(mine) < len(wanted):
        return False
    for theirs, ours in zip(wanted, mine, strict=False):
        if theirs != ours and (len(theirs) > len(ours) or not _rounds(theirs, ours)):
            return False
    return True


def _rounds(theirs: str, ours: str) -> bool:
    stem = re.match(r"([a-z]{0,8}\d{1,6}?)(0{1,4})([a-z]?)\Z", theirs)
    return stem is not None and re.match(rf"{stem[1]}\d{{{len(stem[2])}}}{stem[3]}", ours) is not None
