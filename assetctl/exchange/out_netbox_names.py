"""Names as NetBox takes them: bounded, unlike each other whatever their case, with slugs."""

import re
from hashlib import sha256

LONGEST = 63
"""Of a device or interface; NetBox takes 64, one is left for the mark that keeps a spreadsheet from computing."""
LONG = 99
UNKNOWN = "Unknown"
_NO_SLUG = re.compile(r"[^a-z0-9]+")


class Unique:
    """Gives each key a name of its own: the wanted one, or that with a few digits of the key's digest."""

    def __init__(self, most: int = LONGEST) -> None:
        self._most = most
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def __call__(self, wanted: str, key: str) -> str:
        if key not in self._given:
            name = fit(wanted or key, self._most)
            if name.lower() in self._taken:
                mark = f" ({_digest(key)})"
                name = fit(wanted or key, self._most - len(mark)) + mark
            self._taken.add(name.lower())
            self._given[key] = name
        return self._given[key]


class Slugs:
    """Gives each name a slug of its own: lower case letters, digits and hyphens, at most 99 characters."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def __call__(self, name: str) -> str:
        slug = _NO_SLUG.sub("-", name.lower())[:LONG].strip("-")
        if not slug or slug in self._taken:
            slug = f"{slug[: LONG - 9]}-{_digest(name)}".strip("-")
        self._taken.add(slug)
        return slug


def fit(text: str, most: int) -> str:
    """Text of at most so many characters, cut visibly."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
