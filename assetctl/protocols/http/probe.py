"""The HTTP conversation: the first page, head first, then as much of its body as is needed.

The head ends with an empty line, so a server that keeps the connection open is understood too. The body of a
redirect is not read; where it leads on this very server is asked once, and what that says then counts as the page.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.http import codec, page, redirect
from assetctl.talk import TLS, Ask, Open, Reply, Talk, answer_to

UNAUTHORIZED = 401
MOST_TEXT = 256


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its head, and its page where there is one to read."""

    head: codec.Head
    page: page.Page | None

    @property
    def is_redirect(self) -> bool:
        return self.head.status in codec.REDIRECTS

    @property
    def location(self) -> str:
        return self.head.fields.get("location", "")


def probe(context: Context) -> Talk:
    """Ask for the first page, in the clear, and say what it is."""
    return (yield from visit(context, scheme="http"))


def visit(context: Context, *, scheme: str) -> Talk:
    """Ask for the first page, and for the one it leads to on this very server. scheme: http or https."""
    first = yield from _ask(context, scheme, "/")
    if first is None:
        return ()
    path = ""
    if first.is_redirect:
        path = redirect.followed(first.location, scheme=scheme, host=context.host, port=context.port)
    second = (yield from _ask(context, scheme, path)) if path else None
    return _claims(first, second, context.port, scheme)


def _ask(context: Context, scheme: str, path: str) -> Generator[Open | Ask, Reply, Answer | None]:
    """The answer to one question on a connection of its own; None where none came that is HTTP."""
    envelope = TLS if scheme == "https" else ""
    reply = yield Open(Transport.TCP, context.port, envelope=envelope, wait_s=context.answer_s)
    if reply.outcome is not Outcome.ANSWERED:
        return None
    question = codec.encode(host=context.host, port=context.port, scheme=scheme, path=path)
    head = yield from answer_to(Ask(question, codec.HEAD, wait_s=context.answer_s), codec.decode_head)
    if head is None:
        return None
    seen = None if head.status in codec.REDIRECTS else (yield from _page(head, context.answer_s))
    return Answer(head, seen)


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


def _claims(first: Answer, second: Answer | None, port: int, scheme: str) -> tuple[Claim, ...]:
    """What heads and pages say. A flag is left open where another page, or a script, could say otherwise."""
    last = second or first
    seen = last.page
    told: dict[str, Value | None] = {
        "service_name": "http",
        "service_source": "probed",
        "service_tunnel": "ssl" if scheme == "https" else "",
        "http_server": _field("server", first, last),
        "http_title": seen.title if seen else "",
        "http_generator": seen.generator if seen else "",
        "http_realm": " ".join(last.head.realm.split())[:MOST_TEXT],
        "http_redirects_to_tls": _redirects(last) if scheme == "http" else None,
        "http_asks_login": _asks_login(last.head, seen),
    }
    return tuple(
        Claim(key, value, SubjectKind.SERVICE, f"tcp/{port}") for key, value in told.items() if value not in ("", None)
    )


def _field(name: str, *answers: Answer) -> str:
    """A header field of the first answer that has it."""
    return next((text[:MOST_TEXT] for one in answers if (text := one.head.fields.get(name, ""))), "")


def _redirects(last: Answer) -> bool | None:
    if last.is_redirect:
        return last.location.lower().startswith("https://")
    seen = last.page
    if last.head.status == UNAUTHORIZED or (seen is not None and (seen.has_password or seen.is_plain)):
        return False
    return None


def _asks_login(head: codec.Head, seen: page.Page | None) -> bool | None:
    if head.status == UNAUTHORIZED or (seen is not None and seen.has_password):
        return True
    return False if head.status == 200 and seen is not None and seen.is_plain else None
