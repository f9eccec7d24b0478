"""What a pattern over device text may look like, so that no text can make it slow.

The text is cut first. Patterns are anchored at its start, repeat no group that has a choice or a repetition in it, and
hold at most two unbounded repetitions of everything: the work is then bounded by the square of the cut length.
"""

import re
from collections.abc import Iterator
from functools import cache

MOST_CHARACTERS = 1024
MOST_LOOSE = 2
_COUNT = re.compile(r"\{(\d*)(,?)(\d*)\}")
_HEAD = re.compile(r"\((?:\?(?:P<\w+>|:|P=\w+|<?[=!]))?")
_LITERAL = re.compile(r"(?:[^\\.\[\](){}*+?|^$]|\\[^0-9A-Za-z])+")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready for `match`. Raises ValueError that says which rule it breaks."""
    if not pattern.startswith("^"):
        raise ValueError('not anchored: a pattern begins with "^"')
    _check_repetitions(pattern)
    try:
        return re.compile(pattern, re.ASCII)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None


def cut(text: str) -> str:
    """The part of a device's text that patterns may see. A tab is a space: some agents part their fields with them."""
    return text[:MOST_CHARACTERS].replace("\t", " ")


def beginnings(pattern: str) -> tuple[str, ...]:
    """Texts with one of which everything begins that the pattern matches; "" among them where nothing is known.

    Cheap beside compiling: a text that begins otherwise need not be tried.
    """
    return tuple(sorted(set(_group_beginnings(f"({pattern.removeprefix('^')})", 0))))


def _sequence_beginnings(pattern: str, at: int) -> tuple[str, ...]:
    if pattern.startswith(("(?=", "(?!", "(?<", "(?P="), at):
        return ("",)
    if pattern.startswith("(", at):
        return _group_beginnings(pattern, at)
    found = _LITERAL.match(pattern, at)
    if found is None:
        return ("",)
    literal = found[0]
    if pattern[found.end() : found.end() + 1] in ("?", "*", "{"):  # the last sign may be missing
        literal = literal[:-2] if literal[-2:-1] == "\\" else literal[:-1]
    return (re.sub(r"\\(.)", r"\1", literal),)


def _group_beginnings(pattern: str, at: int) -> tuple[str, ...]:
    alternatives, end = _alternatives(pattern, at)
    found = tuple(text for one in alternatives for text in _sequence_beginnings(pattern, one))
    if pattern[end : end + 1] in ("?", "*", "{"):
        return found + _sequence_beginnings(pattern, end + 1) if pattern[end] == "?" else ("",)
    return found


def _alternatives(pattern: str, at: int) -> tuple[list[int], int]:
    """Where each alternative of a group begins, and the place behind the group."""
    starts: list[int] = []
    depth = 0
    while at < len(pattern):
        sign, size = pattern[at], 1
        if sign == "\\":
            size = 2
        elif sign == "[":
            size = _class_size(pattern, at)
        elif sign == "(" and (head := _HEAD.match(pattern, at)):
            depth, size = depth + 1, len(head[0])
            starts += [at + size] * (depth == 1)
        elif sign == ")":
            depth -= 1
            if not depth:
                return starts, at + 1
        elif sign == "|" and depth == 1:
            starts.append(at + 1)
        at += size
    return starts, at


def _check_repetitions(pattern: str) -> None:
    repeats = [False]  # for each open group, whether it holds a repetition or a choice
    closed = ""  # what stands before a repetition sign: "(" and its content's verdict, or one sign
    loose = 0
    for sign in _tokens(pattern):
        if sign == "(":
            repeats.append(False)
        elif sign == ")":
            if len(repeats) == 1:
                raise ValueError("a bracket closes that was not opened")
            inner = repeats.pop()
            closed = "loose group" if inner else "group"
            repeats[-1] = repeats[-1] or inner
            continue
        elif _is_repetition(sign):
            if closed == "loose group":
                raise ValueError(f"repetition or choice inside a repetition at {sign!r}")
            loose += closed == "." and _is_open_ended(sign)
            repeats[-1] = True
        elif sign in "?|":
            repeats[-1] = True  # two ways to read the same text are as bad inside a repetition
        closed = sign
    if loose > MOST_LOOSE:
        raise ValueError(f"{loose} unbounded repetitions of everything, at most {MOST_LOOSE} are allowed")


def _tokens(pattern: str) -> Iterator[str]:
    """Escapes and classes as one sign each, a repetition as one, everything else character by character."""
    at = 0
    while at < len(pattern):
        size = 1
        if pattern[at] == "\\":
            size = 2
        elif pattern[at] == "[":
            size = _class_size(pattern, at)
        elif pattern.startswith("(?", at):
            head = re.match(r"\(\?(?:P<\w+>|:|P=\w+|[=!]|<[=!])", pattern[at:])
            if head is None:
                raise ValueError(f"only plain and named groups are allowed, not {pattern[at : at + 6]!r}")
            yield "("
            at += head.end()
            continue
        elif pattern[at] == "{" and (count := _COUNT.match(pattern, at)):
            size = len(count[0])
        yield pattern[at : at + size]
        at += size


def _class_size(pattern: str, at: int) -> int:
    end = at + 2 if pattern[at + 1 : at + 2] == "^" else at + 1
    end += pattern[end : end + 1] == "]"
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return end + 1 - at


def _is_repetition(sign: str) -> bool:
    """A question mark is none: it tries twice, not for ever."""
    return sign in ("*", "+") or (len(sign) > 1 and sign.startswith("{"))


def _is_open_ended(sign: str) -> bool:
    count = _COUNT.fullmatch(sign)
    return count is None or (bool(count[2]) and not count[3])
