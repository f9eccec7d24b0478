"""The only escaper of text that devices and foreign files chose.

Each output has its own danger: a terminal obeys escape sequences, a workbook obeys "=", a page obeys "<".
The page is escaped by Jinja's autoescape; everything else passes here.
"""

import re
import unicodedata

# C0, C1, DEL and soft hyphen; bidirectional overrides and isolates; line and paragraph separators; surrogates and
# noncharacters; fillers, variation selectors, tags and other invisibles
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202f\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
CUT_MARK = "… [cut]"


def visible(text: str, *, most: int = 4096) -> str:
    """Text in which every control, override and invisible character stands as \\xNN or \\uNNNN, cut at `most`.

    Safe for a terminal, a log line and a cell. A cut is marked.
    """
    if text.isascii() and text.isprintable() and len(text) <= most:
        return text
    shown = _HIDDEN.sub(_spelled, text[: most + 1])
    return shown[:most] + CUT_MARK if len(text) > most else shown


def cell(text: str) -> str:
    """Text for a CSV cell: visible, and a leading apostrophe where a spreadsheet would see a formula."""
    shown = visible(text)
    return "'" + shown if text.startswith(_FORMULA_STARTS) else shown


def one_line(text: str, *, most: int = 120) -> str:
    """Text for one table cell on a terminal: visible, runs of white space folded, cut with an ellipsis."""
    if len(text) <= most and text.isascii() and text.isprintable() and "  " not in text and text.strip(" ") == text:
        return text  # as it is: what follows would take five times as long, and most texts are such
    folded = visible(" ".join(text[: most * 4].split()))
    return folded if len(folded) <= most else folded[: most - 1] + "…"


def folded(text: str) -> str:
    """Text as two are compared that people wrote: upper and lower case and the number of spaces do not count."""
    return " ".join(text.split()).casefold()


def counted(count: int, noun: str) -> str:
    """A count with its noun, which is given as for one: "1 asset", "0 assets", "2 entries"."""
    if count == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{count} {noun[:-1]}ies"
    return f"{count} {noun}{'es' if noun.endswith(('s', 'x', 'ch', 'sh')) else 's'}"


def near(word: str, known: tuple[str, ...]) -> str:
    """A hint such as ', did you mean "targets"?', or "" when nothing known is near."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, n=1, cutoff=0.6)
    return f', did you mean "{found[0]}"?' if found else ""


def is_plain(text: str) -> bool:
    """Whether text holds no hidden character and no combining mark without a base."""
    return not _HIDDEN.search(text) and not (text and unicodedata.combining(text[0]))


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
