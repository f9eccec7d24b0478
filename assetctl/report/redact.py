"""Pseudonyms for what travels to other people's servers: equal names get equal pseudonyms under one key.

A pseudonym is a keyed digest: two reports of one owner still compare, and without the key it cannot be guessed back.
Addresses are recognised by their form; names, ids and serial numbers only when they were given.
"""

import hmac
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from ipaddress import ip_address

from assetctl.errors import InputError
from assetctl.facts import vocabulary
from assetctl.model import DEFAULT_REALM, Asset, Capture, Conduit, Position, Zone
from assetctl.settle import as_text

SHORTEST_KEY = 16
SHORTEST_NAME = 3

_MAC = (
    r"(?<![0-9A-Fa-f:.-])"
    r"(?:[0-9A-Fa-f]{2}(?P<sep>[:-])(?:[0-9A-Fa-f]{2}(?P=sep)){4}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})"
    r"(?![0-9A-Fa-f:-])"
)
_IPV4 = r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)"
_IPV6 = (
    r"(?<![0-9A-Fa-f:.])(?=[0-9A-Fa-f]{0,4}:)"
    r"(?:[0-9A-Fa-f:]{2,30}:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]{2,39})"
    r"(?![0-9A-Fa-f:])"
)
_ADDRESS = re.compile(f"(?P<mac>{_MAC})|{_IPV6}|{_IPV4}")
_WORD = re.compile(r"\w+")
_LABEL = re.compile(r"(\b[\da-fA-F]*[^\W\da-fA-F]\w*[:-])")  # touches an address, and is no group of hex digits
_CUT = "…"
_OURS = {"assetctl"}  # an account may be named so; every report holds the word, so that it tells nobody anything
_BEGUN_ADDRESS = re.compile(r"(?<![\w.:-])[0-9A-Fa-f]{0,4}(?:[.:-][0-9A-Fa-f.:-]*)?\Z")


class Pseudonyms:
    """Replaces addresses and the given names in a text. names: what must not be read, such as `names_of` gives.
    addresses: whether these are replaced too.

    Case is ignored. A name is found where no letter, digit or underscore touches it; one of two letters, or of three
    digits, only where it is the whole text. Raises InputError for a key that is too short to keep a secret.
    """

    def __init__(self, key: bytes, names: Iterable[str] = (), *, addresses: bool = True) -> None:
        if len(key) < SHORTEST_KEY:
            raise InputError(f"redaction key: at least {SHORTEST_KEY} bytes expected, found {len(key)}; make a new one")
        self._key = key
        self._addresses = addresses
        self._names: dict[str, list[tuple[str, int]]] = {}
        self._short: set[str] = set()
        for name in sorted({_folded(name.strip()) for name in names} - _OURS, key=lambda name: (-len(name), name)):
            first = _WORD.search(name)
            if first and (len(name) < SHORTEST_NAME or (name.isdecimal() and len(name) <= SHORTEST_NAME)):
                self._short.add(name)
            elif first:
                self._names.setdefault(first[0], []).append((name, first.start()))
        self._sorted = sorted(name[offset:] for found in self._names.values() for name, offset in found)
        self._with_cut = [name for name in self._sorted if _CUT in name]

    def __call__(self, text: str) -> str:
        if _folded(text.strip()) in self._short:
            return self.pseudonym("name", text.strip())
        if _CUT in text and not any(name in _folded(text) for name in self._with_cut):
            *cut, rest = text.split(_CUT)
            text = "".join(f"{self._without_begun(part)}{_CUT}" for part in cut) + rest
        named = "".join(self._without_names(text))
        return "".join(_ADDRESS.sub(self._address, part) for part in _LABEL.split(named)) if self._addresses else named

    def is_address(self, text: str) -> bool:
        """Whether a text is one address and nothing else."""
        return _ADDRESS.fullmatch(text) is not None

    def pseudonym(self, kind: str, name: str) -> str:
        """The word that stands for a name."""
        return f"{kind}-{hmac.new(self._key, _folded(name).encode('utf-8', 'replace'), sha256).hexdigest()[:10]}"

    def _without_begun(self, text: str) -> str:
        """What stands before a cut, without the name or address that was cut: its beginning is a part of it."""
        folded = _folded(text)
        for word in _WORD.finditer(folded):
            begun = folded[word.start() :]
            at = bisect_left(self._sorted, begun)
            if at < len(self._sorted) and self._sorted[at].startswith(begun):
                if self._sorted[at] == begun:  # a name as a whole, or as it is written when it is cut
                    return text
                text = text[: word.start()]
                break
        *labelled, last = _LABEL.split(text)
        return "".join(labelled) + _BEGUN_ADDRESS.sub("", last) if self._addresses else text

    def _without_names(self, text: str) -> Iterator[str]:
        folded, done = _folded(text), 0
        for word in _WORD.finditer(folded):
            found = self._name_at(folded, word, done)
            if found:
                start, end = found
                yield text[done:start]
                yield self._stand_in(text[start:end])
                done = end
        yield text[done:]

    def _name_at(self, folded: str, word: re.Match[str], done: int) -> tuple[int, int] | None:
        """The longest name whose first word stands here."""
        for name, offset in self._names.get(word[0], ()):
            start = word.start() - offset
            end = start + len(name)
            if start >= done and folded.startswith(name, start) and not folded[end : end + 1].isalnum():
                return start, end
        return None

    def _stand_in(self, name: str) -> str:
        whole = _ADDRESS.fullmatch(name)
        return self._address(whole) if whole else self.pseudonym("name", name)

    def _address(self, match: re.Match[str]) -> str:
        found = match[0]
        if match["mac"]:
            return self.pseudonym("mac", re.sub("[^0-9a-f]", "", found.lower()))
        try:
            return self.pseudonym("ip", str(ip_address(found)))
        except ValueError:
            return found


def names_of(
    assets: Iterable[Asset],
    zones: Iterable[Zone],
    positions: Iterable[Position],
    conduits: Iterable[Conduit] = (),
    captures: Iterable[Capture] = (),
) -> Iterator[str]:
    """Every id, name, number and place by which an outsider could tell a plant, zone or device."""
    for asset in assets:
        yield from (asset.id, *asset.aliases, asset.site, asset.position or "")
        if asset.realm != DEFAULT_REALM:
            yield asset.realm
        for fact in asset.facts:
            if vocabulary()[fact.key].names:
                yield from fact.value if isinstance(fact.value, tuple) else (as_text(fact.value),)
    for zone in zones:
        yield from (zone.id, zone.owner, *zone.access_points, *zone.positions, *zone.assets)
    for conduit in conduits:
        yield from (conduit.id, conduit.owner, *conduit.boundary)
    for capture in captures:
        yield from (capture.sensor, capture.file)
    for position in positions:
        yield position.id
        yield from _declared(position.declared)


def _declared(declared: Mapping[str, object]) -> Iterator[str]:
    yield from (str(value) for key, value in declared.items() if vocabulary()[key].names)


def _folded(text: str) -> str:
    """Lower case that keeps the place of every letter."""
    whole = text.lower()
    return (
        whole
        if len(whole) == len(text)
        else "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
    )
