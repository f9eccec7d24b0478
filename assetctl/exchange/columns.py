"""Which column of a hand-kept list means what: guessed from its heading, or told by a mapping file."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path

from assetctl.documents import read_toml
from assetctl.errors import InputError
from assetctl.exchange.rows import Row
from assetctl.facts import vocabulary
from assetctl.model import SubjectKind
from assetctl.text import near, one_line

POSITION, IGNORE = "position", "ignore"
INTERFACE_KEYS = ("ip_address", "mac_address")
HEADER_ROWS = 20  # title, date and legend may stand above the headings
MOST_HEADER = 120
CLOSENESS = 0.86  # "Seriennumer" is near "Seriennummer"; "Anlage" is not near "Adresse"
LEAST_CLOSE = 6  # characters of a heading that may be misspelt

_EXACT, _BEGINS, _CLOSE, _NONE = 3, 2, 1, 0
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_IN_BRACKETS = re.compile(r"[(\[{][^)\]}]{0,60}[)\]}]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the list. key: a fact key, "position", or "" when it is not used; reason says why, for people."""

    index: int
    header: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Guess:
    key: str
    reason: str
    rank: int


def targets() -> frozenset[str]:
    """What a column may hold."""
    facts = {name for name, key in vocabulary().items() if key.kind is SubjectKind.ASSET}
    return frozenset(facts | {*INTERFACE_KEYS, POSITION})


def load_mapping(path: Path) -> Mapping[str, str]:
    """A mapping file: heading = fact key, "position" or "ignore". Raises InputError with the line that is wrong."""
    document = read_toml(path)
    known = (*sorted(targets()), IGNORE)
    for header, key in document.root.items():
        if not isinstance(key, str) or key not in known:
            shown = one_line(str(key))
            hint = near(shown, known)
            raise InputError(
                f'{path}: "{one_line(header)}" = "{shown}": a fact key, "position" or "ignore" expected{hint}'
            )
    return dict(document.root)


def find_header(rows: Iterable[Row], mapping: Mapping[str, str]) -> tuple[Row | None, int]:
    """The row that looks most like headings among the first, and how many of them are known."""
    best, most = None, 0
    for row in rows:
        if row.number > HEADER_ROWS:
            break
        if (score := score_of(row.cells, mapping)) > most:
            best, most = row, score
    return best, most


def score_of(cells: tuple[str, ...], mapping: Mapping[str, str]) -> int:
    """How many different things the headings of a row name; those of the mapping count double."""
    keys = {guess.key for cell in cells if (guess := _guess(cell)).rank >= _BEGINS}
    return len(keys) + 2 * len({cell for cell in cells if cell in mapping})


def assign(header: Row, mapping: Mapping[str, str]) -> tuple[Column, ...]:
    """What each column holds: as mapped, else as guessed; of two with one meaning the surer, else the first.

    A heading that stands twice is called "Heading#2" in the mapping. Raises InputError when a mapped one is missing.
    """
    named = _labelled(header.cells)
    _check_mapping(tuple(named.values()), mapping)
    taken = {key: label for label, key in mapping.items() if key != IGNORE}
    columns = {at: _mapped(at, label, mapping[label]) for at, label in named.items() if label in mapping}
    guesses = {at: _guess(label.partition("#")[0]) for at, label in named.items() if at not in columns}
    for at in sorted(guesses, key=lambda at: (-guesses[at].rank, at)):
        guess, column = guesses[at], Column(at, named[at], "", "not known; name it in a mapping file to use it")
        if guess.key in taken:
            column = replace(column, reason=f'"{taken[guess.key]}" already gives {guess.key}')
        elif guess.key:
            taken[guess.key] = named[at]
            column = replace(column, key=guess.key, reason=guess.reason)
        columns[at] = column
    return tuple(columns[at] for at in sorted(columns))


def _mapped(at: int, label: str, key: str) -> Column:
    return Column(at, label, "" if key == IGNORE else key, "as the mapping says")


def _labelled(cells: tuple[str, ...]) -> dict[int, str]:
    """The headings by column, a repeated one with its number; columns without one are left out."""
    counts: dict[str, int] = {}
    named: dict[int, str] = {}
    for at, cell in enumerate(cells):
        text = " ".join(cell.split())[:MOST_HEADER]
        if text:
            counts[text] = counts.get(text, 0) + 1
            named[at] = text if counts[text] == 1 else f"{text}#{counts[text]}"
    return named


def _check_mapping(headers: tuple[str, ...], mapping: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for label, key in mapping.items():
        if label not in headers:
            shown = one_line(label)
            raise InputError(f'the mapping names a column "{shown}" that the list does not have{near(shown, headers)}')
        if key != IGNORE and key in seen:
            raise InputError(f'the mapping gives {key} two columns, "{seen[key]}" and "{label}"; keep one')
        seen[key] = label


def _guess(header: str) -> _Guess:
    words = folded(header)
    if not words:
        return _Guess("", "", _NONE)
    compact = words.replace(" ", "")
    known = _headings()
    if compact in known:
        key, shown = known[compact]
        return _Guess(key, f'is called "{shown}"', _EXACT)
    parts = words.split()
    for length in range(len(parts) - 1, 0, -1):
        key, shown = known.get("".join(parts[:length]), ("", ""))
        if key:
            return _Guess(key, f'begins with "{shown}"', _BEGINS)
    close = get_close_matches(compact, known, n=1, cutoff=CLOSENESS) if len(compact) >= LEAST_CLOSE else []
    if close:
        key, shown = known[close[0]]
        return _Guess(key, f'is close to "{shown}"', _CLOSE)
    return _Guess("", "", _NONE)


def folded(header: str) -> str:
    """A heading in the form in which two are compared: small letters, no brackets, umlauts and marks spelled out."""
    plain = _IN_BRACKETS.sub(" ", header[:MOST_HEADER].casefold()).translate(_UMLAUTS)
    plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in plain).split())


@cache
def _headings() -> Mapping[str, tuple[str, str]]:
    """Compared heading -> its key, and how the list writes it. A key's own name is a heading too."""
    table = tomllib.loads(files("assetctl.data").joinpath("headers.toml").read_text("utf-8"))
    known: dict[str, tuple[str, str]] = {}
    for key, names in table.items():
        for name in (*names, key):
            compact = folded(name).replace(" ", "")
            if known.setdefault(compact, (key, name))[0] != key:
                raise ValueError(f"headers.toml: {name!r} stands for {known[compact][0]} and {key}")
    return known
