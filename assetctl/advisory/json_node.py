"""Values of a foreign JSON document, taken by name and form; what does not fit is refused with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NoReturn

from assetctl.errors import InputError
from assetctl.text import one_line

MOST_TEXT = 4000
MOST_ITEMS = 50_000
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.{0,30})?\Z")


@dataclass(frozen=True, slots=True)
class Node:
    """One object. place: the file and the way to it, such as "a.json: product_tree.branches[0]"."""

    place: str
    value: dict[str, Any]

    def refuse(self, key: str, problem: str) -> NoReturn:
        raise InputError(f"{self._way(key)}: {problem}")

    def has(self, key: str) -> bool:
        return key in self.value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; `default` where there is none, and without it the absence is refused."""
        found = self.value.get(key, default)
        if not isinstance(found, str):
            self.refuse(key, f"a text is expected, {_form(found)} was found")
        if len(found) > MOST_TEXT:
            self.refuse(key, f"at most {MOST_TEXT} characters are expected, {len(found)} were found")
        return found.strip()

    def filled(self, key: str) -> str:
        return self.text(key) or self.refuse(key, "a text is expected, an empty one was found")

    def number(self, key: str) -> float | None:
        found = self.value.get(key)
        return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None

    def texts(self, key: str) -> tuple[str, ...]:
        items = self._items(key)
        for item in items:
            if not isinstance(item, str) or len(item) > MOST_TEXT:
                self.refuse(key, f"texts of at most {MOST_TEXT} characters are expected, {_form(item)} was found")
        return tuple(item.strip() for item in items)

    def inner(self, key: str) -> "Node":
        """The object below a key; empty when there is none."""
        found = self.value.get(key, {})
        if not isinstance(found, dict):
            self.refuse(key, f"an object is expected, {_form(found)} was found")
        return Node(self._way(key), found)

    def nodes(self, key: str) -> Iterator["Node"]:
        for index, item in enumerate(self._items(key)):
            if not isinstance(item, dict):
                self.refuse(f"{key}[{index}]", f"an object is expected, {_form(item)} was found")
            yield Node(f"{self._way(key)}[{index}]", item)

    def moment(self, key: str) -> datetime:
        """A date, or a date and time with or without a zone, in UTC."""
        said = self.filled(key)
        try:
            if not _MOMENT.match(said):
                raise ValueError
            found = datetime.fromisoformat(said)
        except ValueError:
            self.refuse(key, f"a date such as 2026-01-31 is expected, {one_line(said, most=40)!r} was found")
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)

    def day(self, key: str) -> date | None:
        return self.moment(key).date() if self.text(key, "") else None

    def _items(self, key: str) -> list[Any]:
        found = self.value.get(key, [])
        if not isinstance(found, list):
            self.refuse(key, f"a list is expected, {_form(found)} was found")
        if len(found) > MOST_ITEMS:
            self.refuse(key, f"at most {MOST_ITEMS} items are read, {len(found)} were found; split the file")
        return found

    def _way(self, key: str) -> str:
        joint = "." if self.place[-1:] != " " else ""
        return f"{self.place}{joint}{key}" if key else self.place


def _form(value: object) -> str:
    names = {"str": "a text", "dict": "an object", "list": "a list", "NoneType": "nothing", "bool": "a flag"}
    return names.get(type(value).__name__, "a number")
