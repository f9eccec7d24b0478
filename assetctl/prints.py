"""A fingerprint, and all of them in the order in which they are tried."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from assetctl import makers, patterns
from assetctl.model import Value
from assetctl.placeholders import is_placeholder

SIGNS, BEGINNINGS = 5, 4096
SIGNS_AFTER = ".,;-"
SHORT = 256  # characters of a text that is remembered as a whole
ANY = "any maker"

_CODES = frozenset({"model", "order_code", "serial_number"})


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One pattern over one field.

    gives: facts that hold whenever it matches. Named groups of the pattern are facts too, where they matched.
    examples: a text and the values of its groups. others: texts that must not match.
    provenance: where the form of the text is known from. beginnings: with one of them every text begins that it
    matches. The pattern is compiled when a text begins so.
    only: the maker whose devices alone it reads, for names that others may have as well; ANY where it has to be known,
    whoever it is; "" where the text is enough.
    """

    name: str
    field: str
    source: str
    gives: Mapping[str, Value]
    confidence: int
    examples: tuple[tuple[str, Mapping[str, str]], ...]
    others: tuple[str, ...]
    provenance: str
    beginnings: tuple[str, ...]
    only: str = ""

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern. Raises ValueError when it breaks a rule."""
        return patterns.compiled(self.source)

    def matches(self, text: str) -> bool:
        """Whether it reads a text."""
        start = patterns.cut(text)
        return start.startswith(self.beginnings) and self.pattern.match(start) is not None

    def read(self, text: str) -> Mapping[str, str] | None:
        """Values of the named groups but placeholders (a version 0 is none); None for a text of another kind."""
        found = self.pattern.match(patterns.cut(text))
        if found is None:
            return None
        told = {key: _whole(key, value) for key, value in found.groupdict().items() if value}
        return {key: value for key, value in told.items() if value and (_is_version(key) or not is_placeholder(value))}


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """over: for each field what gives the patterns over it, in the order in which they are tried.

    Of the patterns over a field the first that matches counts. Those of a field are read from their files when they are
    asked for: reading all of them takes longer than most commands. Which of them may match a text is remembered by its
    first signs, since a plant has many texts that begin alike and few patterns begin like any of them; and which one
    reads a short text by all of it, since a plant has many devices of a kind.
    """

    over: Mapping[str, Callable[[], tuple[Fingerprint, ...]]]
    _beginning: Callable[[str, str], tuple[Fingerprint, ...]] = dataclasses.field(init=False, repr=False, compare=False)
    _known: Callable[[str, str, frozenset[str]], Fingerprint | None] = dataclasses.field(
        init=False, repr=False, compare=False
    )
    _known_of_house: Callable[[str, str, str], Fingerprint | None] = dataclasses.field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_beginning", lru_cache(BEGINNINGS)(self._that_begin))
        object.__setattr__(self, "_known", lru_cache(BEGINNINGS)(self._first))
        object.__setattr__(self, "_known_of_house", lru_cache(BEGINNINGS)(self._of_house))

    @property
    def by_field(self) -> Mapping[str, tuple[Fingerprint, ...]]:
        """All of them."""
        return {field: read() for field, read in self.over.items()}

    def first(self, field: str, text: str, houses: frozenset[str] = frozenset()) -> Fingerprint | None:
        """The pattern that reads a text, whoever made the device.

        houses: those that are said to have made it; the patterns of other makers are then left out.
        """
        return (self._known if len(text) <= SHORT else self._first)(field, text, houses)

    def of_house(self, field: str, text: str, house: str) -> Fingerprint | None:
        """The pattern that reads a text of this house's devices only, else of any known maker's."""
        return (self._known_of_house if len(text) <= SHORT else self._of_house)(field, text, house)

    def _first(self, field: str, text: str, houses: frozenset[str]) -> Fingerprint | None:
        rows = self._beginning(field, text[:SIGNS])
        return next((one for one in rows if not one.only and one.matches(text) and _may_be_of(one, houses)), None)

    def _of_house(self, field: str, text: str, house: str) -> Fingerprint | None:
        rows = [one for one in self._beginning(field, text[:SIGNS]) if one.only]
        own = (one for one in rows if one.only != ANY and makers.house(one.only) == house)
        anyone = (one for one in rows if one.only == ANY)
        return next((one for one in chain(own, anyone) if one.matches(text)), None)

    def _that_begin(self, field: str, start: str) -> tuple[Fingerprint, ...]:
        """Those of a field, in their order, that may match a text with these first signs."""
        rows = self.over[field]() if field in self.over else ()
        return tuple(one for one in rows if start.startswith(tuple(text[:SIGNS] for text in one.beginnings)))


def _whole(key: str, value: str) -> str:
    """A value without the signs that end the sentence it stands in."""
    return value.strip().rstrip(SIGNS_AFTER if _is_version(key) or key in _CODES else "")


def _is_version(key: str) -> bool:
    return key.endswith("_version")


def _may_be_of(one: Fingerprint, houses: frozenset[str]) -> bool:
    maker = one.gives.get("manufacturer")
    return not houses or maker is None or makers.house(str(maker)) in houses
