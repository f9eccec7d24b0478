"""Which of two versions is lower, where that can be known.

Theory. A version as written is read into a `Version`: the product line that it stands in (a train of Cisco IOS, the
firmware CPCI85), its places as numbers, and its tail of words with numbers (SP 1, Update 3, build 1807). Two versions
are compared place by place. What is not written is not known: a device that says 4.5 may run 4.5.2, and an advisory
that says 4.5 may mean every 4.5.x. So a comparison gives the set of orders that are possible, and only a set of one is
an answer. Versions of different lines or schemes have no order at all.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from assetctl.text import folded

MOST_CHARACTERS = 100
MOST_GROWTH = 3  # digits: from 9.1 to 2024.0, not to 20240501


class Order(StrEnum):
    LOWER = "lower"
    EQUAL = "equal"
    HIGHER = "higher"


ALL = frozenset(Order)
_AT_LEAST = frozenset({Order.EQUAL, Order.HIGHER})


@dataclass(frozen=True, slots=True)
class Comparison:
    """possible: the orders that the first may have to the second. reason: why more than one, else ""."""

    possible: frozenset[Order]
    reason: str = ""

    @property
    def order(self) -> Order | None:
        """The order, or None when it is unknown."""
        return next(iter(self.possible)) if len(self.possible) == 1 else None


@dataclass(frozen=True, slots=True)
class Version:
    """digits: how many digits each place was written with. tail: words such as "sp" with their numbers.

    every: 3.x was written, which is every version that begins with these places.
    """

    line: str
    places: tuple[int, ...]
    digits: tuple[int, ...] = ()
    tail: tuple[tuple[str, str], ...] = ()
    every: bool = False


_HEAD = re.compile(
    r"(?:(?:firmware|software|version|release|revision|fw|sw|ver|rev|sv|v|r)[.: ]{0,2}){1,3}(?=\d)", re.I
)
_LINE = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:[ _-][A-Za-z][A-Za-z0-9]*){0,3})[ _-]+(?=[vV]?\d)")
_PLACES = re.compile(r"\d{1,18}(?:\.\d{1,18}){0,7}")
_TAIL = re.compile(r"[ ,._+-]{0,3}([A-Za-z]{1,16})[ .#-]{0,2}(\d{0,18})")
_WORDS = {"upd": "update", "hotfix": "hf", "patch": "p", "pl": "p", "bld": "build"}
_IGNORED = frozenset({"lts", "ga", "final", "standard", "release"})
_COUNTED = frozenset({"sp", "update", "hf", "p", "build", "fp", "ru", "pc", "cu", "uc"})
_BEFORE = frozenset({"alpha", "beta", "rc", "pre", "preview", "dev"})
_NO_TAIL = frozenset({"if", "on", "in", "or", "to", "of", "at", "by", "no", "as", "is"})
_EVERY = re.compile(r"\.[xX*](?:\.[xX*])*\Z")
_BUILD = re.compile(r"\s*\((build[ .]?\d{1,18})\)\Z", re.I)

# lines that only say which system the number is of: the product name decides that
_SYSTEM = re.compile(
    r"(?:hios(?:-\w{1,4})?|hisecos|junos(?: os)?|fortios|twincat(?: 3)?|ios(?:[ -]xe)?|windows(?: server)?)[ -]+", re.I
)
_IOS = re.compile(r"(\d{1,3})\.(\d{1,3})\((\d{1,4})([a-z]?)(?:\.(\d{1,4}))?\)([A-Z]{0,4})(\d{0,4})([a-z]?)\Z")
_JUNOS = re.compile(r"(\d{1,3})\.(\d{1,2})(?:([RX])(\d{1,3}))?(?:-([SD])(\d{1,3}))?(?:\.(\d{1,4}))?\Z")
_WAGO = re.compile(r"\d{2}\.\d{2}\.\d{2} ?\((\d{1,3})\)\Z")
_WAGO_FW = re.compile(r"(?:fw|firmware(?: version)?) ?(\d{1,3})(?: ?(?:patch|p) ?(\d{1,3}))?\Z", re.I)
_FORTINET = re.compile(
    r"[vV]?(\d{1,3}\.\d{1,3}\.\d{1,3})(?:,? ?build ?(\d{1,6})(?:,\d{0,8})?)?(?: ?\([A-Z.]{1,6}\))?\Z"
)
_TWINCAT = re.compile(r"(\d)\.(\d{1,2})(?:\.| ?build ?)(\d{1,5})(?:\.(\d{1,5}))?\Z", re.I)

_WHOLE_NUMBERS = frozenset(
    {"Siemens", "Moxa", "Hirschmann", "Belden", "WAGO", "Phoenix Contact", "Beckhoff", "Cisco", "Fortinet", "Juniper"}
)


def compare(have: str, bound: str, *, maker: str = "") -> Comparison:
    """How the version that a device has stands to one that an advisory names.

    maker: in the spelling of data/makers.toml; its own way of writing versions counts, and the plain way otherwise.
    """
    if folded(have) == folded(bound) and have.strip():
        return Comparison(frozenset({Order.EQUAL}))
    pair = read(have, maker=maker), read(bound, maker=maker)
    for text, version in zip((have, bound), pair, strict=True):
        if version is None:
            return Comparison(ALL, f'version "{text[:60]}" is of no known form')
    mine, theirs = pair
    assert mine is not None
    assert theirs is not None
    if mine.line != theirs.line:
        lines = " and ".join(f'"{version.line or "none"}"' for version in (mine, theirs))
        return Comparison(ALL, f"versions of different lines have no order: {lines}")
    if abs(mine.digits[0] - theirs.digits[0]) > MOST_GROWTH:
        return Comparison(ALL, "one is a date or the number of a build, the other a version")
    return _compare(mine, theirs, maker)


def read(text: str, *, maker: str = "") -> Version | None:
    """A version as the maker writes it; None when it is of no known form."""
    plain = " ".join(text.split())
    if not plain or len(plain) > MOST_CHARACTERS or not plain.isascii():
        return None
    plain = _BUILD.sub(r" \1", _SYSTEM.sub("", plain, count=1) if _SYSTEM.match(plain) else plain)
    if every := _EVERY.search(plain):
        found = _plain(plain[: every.start()])
        return replace(found, every=True) if found and not found.tail else None
    own = _SCHEMES.get(maker)
    return (own(plain) if own else None) or _plain(plain)


def _plain(text: str) -> Version | None:
    line = ""
    if found := _HEAD.match(text):
        text = text[found.end() :]
    elif found := _LINE.match(text):
        line, text = found[1].casefold(), text[found.end() :].lstrip("vV")
    places = _PLACES.match(text)
    if places is None:
        return None
    tail = _tail(text[places.end() :])
    return None if tail is None else _version(places[0], line=line, tail=tail)


def _tail(text: str) -> tuple[tuple[str, str], ...] | None:
    """What follows the numbers, wholly read; None when something in it is no word with a number."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TAIL.match(text, at)
        if match is None:
            return None
        word = _WORDS.get(match[1].casefold(), match[1].casefold())
        if word in _NO_TAIL or not (len(word) <= 2 or word in _COUNTED | _BEFORE | _IGNORED):
            return None
        if word not in _IGNORED:
            found.append((word, match[2]))
        at = match.end()
    return tuple(found)


def _version(places: str, *, line: str = "", tail: tuple[tuple[str, str], ...] = ()) -> Version:
    parts = places.split(".")
    return Version(line, tuple(map(int, parts)), tuple(map(len, parts)), tail)


def _ios(text: str) -> Version | None:
    """15.2(7)E3: release, rebuild of the release, train, rebuild of the train."""
    found = _IOS.match(text.removeprefix("Version "))
    if found is None:
        return None
    major, minor, number, letter, interim, train, rebuild, last = found.groups()
    letters = [ord(one) if one else 0 for one in (letter, last)]
    places = f"{major}.{minor}.{number}.{letters[0]}.{interim or 0}.{rebuild or 0}.{letters[1]}"
    return _version(places, line=f"train {train or 'mainline'}")


def _junos(text: str) -> Version | None:
    """21.4R3-S5.4: R releases are one line, X releases another; a release that names neither is of the first."""
    found = _JUNOS.match(text)
    if found is None:
        return None
    major, minor, kind, number, service, serviced, spin = found.groups()
    places = [major, minor]
    if number:
        places += [number, serviced or "0"]
        if spin:
            places.append(spin)
    elif service or spin:
        return None
    return _version(".".join(places), line="x releases" if kind == "X" else "")


def _wago(text: str) -> Version | None:
    """04.01.10(23): the index in brackets is the firmware by which advisories speak, as in FW23 or FW 22 Patch 1."""
    if found := _WAGO.match(text):
        return _version(found[1], line="fw")
    if found := _WAGO_FW.match(text):
        return _version(found[1], line="fw", tail=(("p", found[2]),) if found[2] else ())
    return None


def _fortinet(text: str) -> Version | None:
    found = _FORTINET.match(text)
    return _version(found[1], tail=(("build", found[2]),) if found[2] else ()) if found else None


def _twincat(text: str) -> Version | None:
    found = _TWINCAT.match(text)
    return _version(".".join(filter(None, found.groups()))) if found else None


_SCHEMES: Mapping[str, Callable[[str], Version | None]] = {
    "Cisco": _ios,
    "Juniper": _junos,
    "WAGO": _wago,
    "Fortinet": _fortinet,
    "Beckhoff": _twincat,
}


def _compare(mine: Version, theirs: Version, maker: str) -> Comparison:
    if _is_doubtful(mine, theirs, maker):
        return Comparison(ALL, "written with different numbers of digits, which may mean .8 or .80")
    for a, b in zip(mine.places, theirs.places, strict=False):
        if a != b:
            return Comparison(frozenset({Order.LOWER if a < b else Order.HIGHER}))
    if theirs.every and len(mine.places) >= len(theirs.places):
        return Comparison(frozenset({Order.EQUAL}))
    if mine.every or theirs.every:
        return Comparison(ALL, "the device tells fewer places of its version")
    mine_rest, their_rest = mine.places[len(theirs.places) :], theirs.places[len(mine.places) :]
    if (any(mine_rest) and theirs.tail) or (any(their_rest) and mine.tail):
        return Comparison(ALL, "one is written with more places, the other with words")
    if any(mine_rest):
        return Comparison(_AT_LEAST, "the advisory tells fewer places of the version")
    if their_rest:
        possible = ALL if any(their_rest) else _AT_LEAST
        return Comparison(possible, "the device tells fewer places of its version")
    if maker == "Fortinet" and not theirs.tail:  # a release has one build
        return Comparison(frozenset({Order.EQUAL}))
    return _compare_tails(mine.tail, theirs.tail)


def _is_doubtful(mine: Version, theirs: Version, maker: str) -> bool:
    """Whether .8 may be meant as .80: makers differ, so that both readings must give the same order."""
    if maker in _WHOLE_NUMBERS or len(mine.places) != 2 or len(theirs.places) != 2:
        return False
    if mine.places[0] != theirs.places[0] or mine.digits[1] == theirs.digits[1]:
        return False
    a, b = (str(v.places[1]).rjust(v.digits[1], "0") for v in (mine, theirs))
    padded = maker != "Schneider Electric" and (a.startswith("0") or b.startswith("0"))
    width = max(len(a), len(b))
    return not padded and _sign(a.ljust(width, "0"), b.ljust(width, "0")) != _sign(
        a.rjust(width, "0"), b.rjust(width, "0")
    )


def _sign(a: str, b: str) -> int:
    return (a > b) - (a < b)


def _compare_tails(mine: tuple[tuple[str, str], ...], theirs: tuple[tuple[str, str], ...]) -> Comparison:
    for (word, number), (other, limit) in zip(mine, theirs, strict=False):
        if (word, number.lstrip("0")) == (other, limit.lstrip("0")):
            continue
        return _compare_words(word, number, other, limit)
    if len(mine) > len(theirs):
        word, number = mine[len(theirs)]
        known = (word in _COUNTED and number) or len(word) == 1
        return Comparison(_AT_LEAST if known else ALL, f'the advisory does not speak of "{word} {number}"'.strip())
    if len(theirs) > len(mine):
        word, number = theirs[len(mine)]
        return Comparison(ALL, f'the device does not tell "{" ".join(filter(None, (word, number)))}" of its version')
    return Comparison(frozenset({Order.EQUAL}))


def _compare_words(word: str, number: str, other: str, limit: str) -> Comparison:
    if word == other and word in _COUNTED and number and limit:
        if word == "build" and len(number) != len(limit):
            return Comparison(ALL, "builds are written with different numbers of digits")
        return Comparison(frozenset({Order.LOWER if int(number) < int(limit) else Order.HIGHER}))
    if len(word) == len(other) == 1 and not number and not limit:
        return Comparison(frozenset({Order.LOWER if word < other else Order.HIGHER}))
    return Comparison(ALL, f'"{word} {number}" and "{other} {limit}" have no known order'.replace(' "', '"'))
