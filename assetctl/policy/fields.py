"""The fields of one mapping in a document: taken by name and form, refused with their place."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from assetctl.documents import Document, Way
from assetctl.errors import InputError
from assetctl.model import Value
from assetctl.text import near, one_line

_SPAN = re.compile(r"(\d{1,5})([dh])\Z")
_NUMBER = re.compile(r"-?\d{1,15}\Z")
MOST_TEXT = 2000
MOST_ITEMS = 500


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping at `way` of a document, of which only the `known` keys may exist."""

    document: Document
    way: Way
    values: dict[str, object]

    def refuse(self, key: str, problem: str) -> NoReturn:
        way = (*self.way, key) if key else self.way
        raise InputError(f"{self.document.place(way)}: {key + ': ' if key else ''}{problem}")

    def only(self, known: Iterable[str], required: Iterable[str] = ()) -> None:
        names = tuple(known)
        for key in self.values:
            if key not in names:
                self.refuse(key, f"is not known here{near(key, names)}; known are {', '.join(names)}")
        for key in required:
            if key not in self.values:
                self.refuse("", f'"{key}" is missing; add it')

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            self.refuse(key, f"a text is expected, a {_form(value)} was found")
        if len(value) > MOST_TEXT:
            self.refuse(key, f"at most {MOST_TEXT} characters are expected, {len(value)} were found")
        return value.strip()

    def filled(self, key: str) -> str:
        return self.text(key) or self.refuse(key, "a text is expected, nothing was found")

    def number(self, key: str, default: str = "0") -> int:
        text = self.text(key, default)
        if not re.fullmatch(r"\d{1,9}", text):
            self.refuse(key, f"a whole number is expected, {one_line(text, most=40)!r} was found")
        return int(text)

    def choice(self, key: str, names: Iterable[str], default: str = "") -> str:
        known, text = tuple(names), self.text(key, default)
        if text not in known:
            self.refuse(key, f"one of {', '.join(known)} is expected, {one_line(text, most=40)!r} was found")
        return text

    def span(self, key: str) -> timedelta:
        found = _SPAN.match(self.text(key))
        if found is None:
            self.refuse(key, f"a time such as 30d or 12h is expected, {one_line(self.text(key), most=40)!r} was found")
        return timedelta(days=int(found[1])) if found[2] == "d" else timedelta(hours=int(found[1]))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text stands for a list of one."""
        value = self.values.get(key, [])
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            self.refuse(key, f"a list of texts is expected, a {_form(value)} was found")
        if len(items) > MOST_ITEMS:
            self.refuse(key, f"at most {MOST_ITEMS} items are expected, {len(items)} were found")
        return tuple(items)

    def value(self, key: str) -> Value:
        """A list holds texts; a text of digits is a number, true and false are flags."""
        if not isinstance(self.values[key], str):
            return self.texts(key)
        text = self.text(key)
        if text in ("true", "false"):
            return text == "true"
        return int(text) if _NUMBER.match(text) else text

    def inner(self, key: str) -> "Fields":
        """The mapping below a key; empty when the key is missing."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, f"a mapping is expected, a {_form(value)} was found")
        return Fields(self.document, (*self.way, key), value)

    def rows(self, key: str) -> tuple["Fields", ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(key, f"a list of mappings is expected, a {_form(value)} was found")
        if len(value) > MOST_ITEMS:
            self.refuse(key, f"at most {MOST_ITEMS} items are expected, {len(value)} were found")
        return tuple(Fields(self.document, (*self.way, key, index), item) for index, item in enumerate(value))


def top(document: Document) -> Fields:
    """The fields of a whole document."""
    if not isinstance(document.root, dict):
        raise InputError(f"{document.path}: a mapping is expected at the top, a {_form(document.root)} was found")
    return Fields(document, (), document.root)


def _form(value: object) -> str:
    names = {"str": "text", "dict": "mapping"}
    return names.get(type(value).__name__, type(value).__name__)
