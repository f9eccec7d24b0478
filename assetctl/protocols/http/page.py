"""What a page says at first sight: its title, what made it, and whether it asks for a password.

A scanner of its own that looks at every byte a bounded number of times. The standard library's HTML parser takes up
to a minute for 64 KiB of hostile tags, and nothing but a title and a few tags is wanted here.
"""

import html
import re
from dataclasses import dataclass

MOST_TITLE = 256
MOST_TAG = 2048
MOST_METAS = 64
_ATTRIBUTE = re.compile(
    rb"""([a-z-]{1,32})\s{0,4}=\s{0,4}("[^"]{0,512}"|'[^']{0,512}'|[^\s"'>]{1,512})""", re.IGNORECASE
)
_LATER = (b"<script", b"<frame", b"<iframe", b"<object", b"<embed", b"refresh", b"onload")
_QUOTES = b"\"' \t\r\n"


@dataclass(frozen=True, slots=True)
class Page:
    """title, generator: "" when there is none. has_password: a password field.

    is_plain: no part that could bring one later.
    """

    title: str
    has_password: bool
    is_plain: bool
    generator: str = ""


def read(data: bytes, charset: str = "") -> Page:
    """Look at a page, or at the beginning of one. charset: as the header says, "" when it does not."""
    lower = data.lower()
    is_plain = not any(mark in lower for mark in _LATER)
    return Page(_title(data, lower, charset), _has_password(lower), is_plain, _generator(data, lower, charset))


def _title(data: bytes, lower: bytes, charset: str) -> str:
    start = lower.find(b"<title")
    opened = lower.find(b">", start, start + MOST_TAG) if start >= 0 else -1
    end = lower.find(b"</title", opened) if opened >= 0 else -1
    if end < 0:
        return ""
    raw = data[opened + 1 : min(end, opened + 1 + 8 * MOST_TITLE)]
    return " ".join(html.unescape(_decoded(raw, charset)).split())[:MOST_TITLE]


def _generator(data: bytes, lower: bytes, charset: str) -> str:
    """The content of the meta element that names what made the page, HTML Living Standard, 4.2.5.1."""
    at = -1
    for _ in range(MOST_METAS):
        at = lower.find(b"<meta", at + 1)
        end = lower.find(b">", at, at + MOST_TAG) if at >= 0 else -1
        if end < 0:
            return ""
        found = {m[1].lower(): m[2].strip(_QUOTES) for m in _ATTRIBUTE.finditer(data[at:end])}
        if found.get(b"name", b"").lower() == b"generator":
            return " ".join(html.unescape(_decoded(found.get(b"content", b""), charset)).split())[:MOST_TITLE]
    return ""


def _decoded(raw: bytes, charset: str) -> str:
    """Text in the stated character set where that is a common one, else UTF-8, else Latin-1."""
    for name in (charset.lower(), "utf-8"):
        if name in ("utf-8", "gb2312", "gbk", "shift_jis", "euc-jp", "big5", "windows-1251", "windows-1252"):
            try:
                return raw.decode(name)
            except UnicodeDecodeError:
                continue
    return raw.decode("latin-1")


def _has_password(lower: bytes) -> bool:
    """Whether an input element is of type password."""
    at = lower.find(b"<input")
    while at >= 0:
        if _is_password(lower, at):
            return True
        at = lower.find(b"<input", at + 6)
    return False


def _is_password(lower: bytes, at: int) -> bool:
    end = lower.find(b">", at, at + MOST_TAG)
    tag = lower[at + 6 : end] if end >= 0 else b""
    for part in tag.replace(b" =", b"=").replace(b"= ", b"=").split():
        name, _, value = part.strip(b"/").partition(b"=")
        if name == b"type" and value.strip(_QUOTES) == b"password":
            return True
    return False
