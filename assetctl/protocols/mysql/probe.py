"""The conversation with a MySQL server, which speaks first: connect, listen, go. Nothing is answered."""

from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.mysql import codec
from assetctl.talk import Ask, Open, Talk, answer_to


def probe(context: Context) -> Talk:
    """Listen to the greeting."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    said = yield from answer_to(Ask(b"", codec.FRAMING, wait_s=context.answer_s), codec.decode)
    return _claims(said, context.port) if said is not None else ()


def _claims(said: codec.Greeting | codec.Refused, port: int) -> tuple[Claim, ...]:
    told: dict[str, Value | None] = {"service_name": "mysql", "service_source": "probed", "service_banner": said.text}
    if isinstance(said, codec.Greeting):
        told["service_product"] = "MariaDB" if said.is_mariadb else None  # others do not say who made them
        told["service_version"] = said.version
        told["mysql_tls"] = said.has_tls
        told["mysql_authentication"] = said.plugin
    return tuple(
        Claim(key, value, SubjectKind.SERVICE, f"tcp/{port}") for key, value in told.items() if value not in ("", None)
    )
