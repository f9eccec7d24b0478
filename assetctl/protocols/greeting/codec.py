"""The first words of FTP, SMTP and Telnet servers: bytes to values, nothing else; there is no question to encode.

Source: RFC 959, section 4.2, and RFC 5321, section 4.2 (replies of three digits); RFC 854 (Telnet commands).
"""

import re
from dataclasses import dataclass

from assetctl.wire import Datagram, Reader, decode_text

AS_IT_COMES = Datagram(most=4096)  # a prompt has no line end to wait for, so what has come by now is taken
MOST_BYTES = AS_IT_COMES.most
MOST_TEXT = 1024

IAC, SE, SB = 0xFF, 0xF0, 0xFA
_WILL, _DONT = 0xFB, 0xFE  # WILL, WON'T, DO and DON'T are followed by an option

_REPLY = re.compile(r"([1-5][0-9]{2})([ -]|\Z)")
_FTP = re.compile(r"ftp|filezilla", re.IGNORECASE)
_SMTP = re.compile(r"\be?smtp\b|postfix|sendmail|exim\b", re.IGNORECASE)
_PROMPTS = ("login:", "username:", "user name:", "user:", "password:", "login name:")


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a server said so far.

    text: as it would be shown, lines joined by a line feed. negotiates: it began with a Telnet command.
    code: of a reply of three digits, 0 when it is none. is_whole: nothing more belongs to it.
    """

    text: str
    negotiates: bool
    code: int
    is_whole: bool


def decode(heard: bytes) -> Greeting:
    """Read a greeting, or the beginning of one. No bytes at all are a greeting of nothing; none are refused."""
    heard = heard[:MOST_BYTES]
    negotiates = heard[:1] == bytes((IAC,)) and heard[1:2] >= bytes((SE,))
    shown = _without_commands(heard)
    lines = [line for raw in shown.splitlines() if (line := decode_text(raw).strip())]
    text = "\n".join(lines)[:MOST_TEXT]
    first = _REPLY.match(lines[0]) if lines else None
    if first is None or negotiates:
        whole = is_prompt(text) if negotiates else is_prompt(text) or (bool(lines) and shown.endswith(b"\n"))
        return Greeting(text, negotiates, 0, whole)
    last = f"{first[1]} "
    whole = shown.endswith(b"\n") and f"{lines[-1]} ".startswith(last)
    return Greeting(text, negotiates, int(first[1]), whole)


def words_name(text: str) -> str:
    """ftp or smtp where the words of a greeting say one of them, "" where they say none or both."""
    told = [name for name, words in (("ftp", _FTP), ("smtp", _SMTP)) if words.search(text)]
    return told[0] if len(told) == 1 else ""


def is_prompt(text: str) -> bool:
    """Whether a text ends by asking for a user or password."""
    return text.rstrip().lower().endswith(_PROMPTS)


def _without_commands(heard: bytes) -> bytes:
    """The text between Telnet commands. A command that is cut off at the end is no fault: the stream goes on."""
    r = Reader(heard)
    shown = bytearray()
    while r.left():
        byte = r.u8("data")
        if byte != IAC:
            shown.append(byte)
        elif r.left():
            _command(r, shown)
    return bytes(shown).replace(b"\0", b"")


def _command(r: Reader, shown: bytearray) -> None:
    """Skip one command whose IAC was read; IAC IAC is the byte 255 itself."""
    command = r.u8("command")
    if command == IAC:
        shown.append(IAC)
    elif _WILL <= command <= _DONT and r.left():
        r.u8("option")
    elif command == SB:
        _skip_subnegotiation(r)


def _skip_subnegotiation(r: Reader) -> None:
    """Past IAC SE, or to the end when it is not there."""
    before = 0
    while r.left():
        byte = r.u8("subnegotiation")
        if before == IAC and byte == SE:
            return
        before = 0 if before == IAC and byte == IAC else byte
