"""What a pattern over device text may look like, so that no text can make it slow.

The text is cut first. Patterns are anchored at its start, repeat no group that has a choice or a repetition in it, and
hold at most two unbounded repetitions of everything: the work is then bounded by the square of the cut length.
"""

import re
from collections.abc import Iterator

MOST_CHARACTERS = 1024
MOST_LOOSE = 2
_COUNT = re.compile(r"\{(\d*)(,?)(\d*)\}")


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
    """The part of a device's text that patterns may see."""
    return text[:MOST_CHARACTERS]


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
