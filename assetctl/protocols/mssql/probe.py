"""The SQL Server conversation: which version are you, and do you encrypt? No login follows."""

from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.mssql import codec
from assetctl.talk import Ask, Open, Talk, answer_to


def probe(context: Context) -> Talk:
    """Ask for version and encryption."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    said = yield from answer_to(Ask(codec.encode(), codec.FRAMING, wait_s=context.answer_s), codec.decode)
    return _claims(said, context.port) if said is not None else ()


def _claims(said: codec.Prelogin, port: int) -> tuple[Claim, ...]:
    told: dict[str, Value] = {
        "service_name": "mssql",
        "service_source": "probed",
        "service_product": "Microsoft SQL Server",
        "service_version": said.version,
    }
    if said.encryption in codec.ENCRYPTIONS:
        told["mssql_encryption"] = codec.ENCRYPTIONS[said.encryption]
    return tuple(Claim(key, value, SubjectKind.SERVICE, f"tcp/{port}") for key, value in told.items())
