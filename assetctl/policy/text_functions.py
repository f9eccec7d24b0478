"""Functions of texts, lists and dates alone: they read nothing of an asset."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from assetctl.policy.callables import Function
from assetctl.policy.context import Context
from assetctl.policy.values import Operand, Reason, Unknown

_PLAIN_VERSION = re.compile(r"[vV]?(\d{1,9}(?:\.\d{1,9}){0,7})\Z")
_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}", re.ASCII)
_LAST_NUMBER = re.compile(r"(?:^|\s)(\d{1,6})\Z")
MOST_TEXT = 4096


def listed(_: Context, names: tuple[str, ...], name: str) -> Operand:
    """Yes when a list of what was tried or refused names it; else open, since the list says nothing of the rest."""
    return True if name in names else Unknown(Reason.NOT_PROBED, f"{name} was not tried")


def version_at_least(_: Context, have: str, wanted: str) -> Operand:
    """Versions of dotted numbers by their places; others are equal or not comparable."""
    if have.strip() == wanted.strip():
        return True
    pair = _PLAIN_VERSION.match(have.strip()), _PLAIN_VERSION.match(wanted.strip())
    if pair[0] is None or pair[1] is None:
        return Unknown(Reason.NOT_COMPARABLE, f"versions {have[:40]} and {wanted[:40]}")
    rows = [[int(part) for part in found[1].split(".")] for found in pair if found]
    width = max(map(len, rows))
    left, right = (row + [0] * (width - len(row)) for row in rows)
    return left >= right


def days_until(c: Context, moment: str) -> Operand:
    """Whole days from the time of judgement, negative for what is past. moment: ISO 8601, in UTC without a zone.

    A day without a time lasts until its end: it is 0 days away while it is today.
    """
    try:
        when = datetime.fromisoformat(moment)
    except ValueError:
        return Unknown(Reason.NOT_COMPARABLE, f"date {moment[:40]}")
    if _DAY.fullmatch(moment):
        return (when.date() - c.survey.now.date()).days
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (when - c.survey.now) // timedelta(days=1)


def settled(_: Context, open_questions: tuple[str, ...]) -> Operand:
    """Yes when a list of open questions is empty; while it is not, nobody can say."""
    return Unknown(Reason.UNDECIDED, open_questions[0][:200]) if open_questions else True


def glob(_: Context, text: str, pattern: str) -> Operand:
    return fnmatchcase(text[:MOST_TEXT].casefold(), pattern[:200].casefold())


def key_bits(_: Context, key: str) -> Operand:
    found = _LAST_NUMBER.search(key[:MOST_TEXT])
    return int(found[1]) if found else Unknown(Reason.NOT_COMPARABLE, f"key {key[:40]}")


def has_entry(_: Context, entries: tuple[str, ...], name: str) -> Operand:
    return any(_unspaced(entry.partition("=")[0]) == _unspaced(name) for entry in entries)


def entry_allows(_: Context, entries: tuple[str, ...], name: str, value: str) -> Operand:
    wanted = (_unspaced(name), _unspaced(value))
    return any(tuple(map(_unspaced, entry.split("=", 1))) == wanted for entry in entries)


def _unspaced(text: str) -> str:
    """Order codes and versions are told with and without blanks: 6ES7 315-2EH14 and 6ES7315-2EH14 are one."""
    return "".join(text.split()).casefold()


def locally_administered(_: Context, mac: str) -> Operand:
    """The second lowest bit of the first octet; multicast addresses belong to no device."""
    first = mac.replace("-", ":").split(":", maxsplit=1)[0]
    if not re.fullmatch(r"[0-9A-Fa-f]{2}", first):
        return Unknown(Reason.NOT_COMPARABLE, f"address {mac[:40]}")
    return bool(int(first, 16) & 0x02)


TEXTS: Mapping[str, Function] = {
    "listed": Function(("texts", "text"), "flag", listed, "a list of what was tried names it; open when it does not"),
    "version_at_least": Function(("text", "text"), "flag", version_at_least, "a version is not lower than another"),
    "days_until": Function(("text",), "number", days_until, "whole days from now to a date"),
    "settled": Function(("texts",), "flag", settled, "a list of open questions is empty; unknown while it is not"),
    "glob": Function(("text", "text"), "flag", glob, "a text matches a pattern of * and ?, upper and lower case alike"),
    "key_bits": Function(("text",), "number", key_bits, 'size in "ssh-rsa 2048"'),
    "has_entry": Function(("texts", "text"), "flag", has_entry, 'a list of "name=value" has the name'),
    "entry_allows": Function(("texts", "text", "text"), "flag", entry_allows, 'a list has "name=value"'),
    "locally_administered": Function(("text",), "flag", locally_administered, "a MAC address was not given by a maker"),
}
