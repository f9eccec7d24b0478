"""The HTTP conversation: the first page, head first, then as much of its body as is needed.

The head ends with an empty line, so a server that keeps the connection open is understood too. The body of a
redirect is not read.
"""

from collections.abc import Generator
from dataclasses import replace

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.http import codec, page
from assetctl.talk import Ask, Open, Reply, Talk

REDIRECTS = (301, 302, 303, 307, 308)
UNAUTHORIZED = 401
MOST_TEXT = 256


def probe(context: Context) -> Talk:
    """Ask for the first page and say what it is."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    question = codec.encode(host=context.host, port=context.port)
    reply = yield Ask(question, codec.HEAD, wait_s=context.answer_s)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    try:
        head = codec.decode_head(reply.frames[0])
    except WireError:
        return ()
    seen = None if head.status in REDIRECTS else (yield from _page(head, context.answer_s))
    return _claims(head, seen, context.port)


def _page(head: codec.Head, wait_s: float) -> Generator[Ask, Reply, page.Page | None]:
    """The page of an answer; None where there is no text of a page."""
    kind, _, parameters = head.fields.get("content-type", "text/html").lower().partition(";")
    if not head.body_bytes or "html" not in kind:
        return None
    reply = yield Ask(b"", codec.body(head), wait_s=wait_s)
    if reply.outcome is not Outcome.ANSWERED:
        return None
    raw = reply.frames[0]
    try:
        seen = page.read(codec.decode_body(raw, head), _charset(parameters))
    except WireError:
        return None
    is_all = head.is_whole(raw) and "refresh" not in head.fields
    return replace(seen, is_plain=seen.is_plain and is_all)


def _charset(parameters: str) -> str:
    return parameters.partition("charset=")[2].partition(";")[0].strip(" \"'")


def _claims(head: codec.Head, seen: page.Page | None, port: int) -> tuple[Claim, ...]:
    """What head and page say. A flag is left open where another page, or a script, could say otherwise."""
    told: dict[str, Value | None] = {
        "service_name": "http",
        "service_source": "probed",
        "http_server": head.fields.get("server", "")[:MOST_TEXT],
        "http_title": seen.title if seen else "",
        "http_generator": seen.generator if seen else "",
        "http_realm": " ".join(head.realm.split())[:MOST_TEXT],
        "http_redirects_to_tls": _redirects(head, seen),
        "http_asks_login": _asks_login(head, seen),
    }
    return tuple(
        Claim(key, value, SubjectKind.SERVICE, f"tcp/{port}") for key, value in told.items() if value not in ("", None)
    )


def _redirects(head: codec.Head, seen: page.Page | None) -> bool | None:
    if head.status in REDIRECTS:
        return head.fields.get("location", "").lower().startswith("https://")
    if head.status == UNAUTHORIZED or (seen is not None and (seen.has_password or seen.is_plain)):
        return False
    return None


def _asks_login(head: codec.Head, seen: page.Page | None) -> bool | None:
    if head.status == UNAUTHORIZED or (seen is not None and seen.has_password):
        return True
    return False if head.status == 200 and seen is not None and seen.is_plain else None
