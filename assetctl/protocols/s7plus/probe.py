"""The S7comm-plus conversation: make a session object, read what the CPU says on it, delete it.

The answer to the question for a session carries the module's order code and firmware; nobody logs in, and nothing
is asked in the session. CPUs that demand TLS refuse or close, which ends the talk. The session is deleted only where
it is of version 1: later ones want a checked counter in every question, and end with the connection.
"""

from collections.abc import Generator

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols import iso
from assetctl.protocols.s7plus import codec
from assetctl.talk import UNASKED, Ask, Open, Reply, Talk, answer_to

MOST_TPDUS = 8  # an answer with keys and texts has some 600 bytes


def probe(context: Context) -> Talk:
    """Identify the CPU."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    question = Ask(codec.encode_connect(), codec.FRAMING, wait_s=context.answer_s)
    confirmed = yield from answer_to(question, lambda frame: iso.refusal(frame) is None)
    if confirmed is None:
        return ()
    session = (yield from _create(context)) if confirmed else None
    if isinstance(session, Outcome):
        return ()  # we stopped before it could say that it speaks S7comm-plus: an earlier talk may know
    if session and session.id and session.version == codec.VERSION_1:
        end = codec.encode_delete(sequence=_second(context.seed), session=session.id)
        yield Ask(end, codec.FRAMING, wait_s=context.answer_s)
    return _claims(session, context.port)


def _create(context: Context) -> Generator[Ask, Reply, codec.Session | Outcome | None]:
    """The session; None where no answer came that can be read, and the outcome where we did not let one come."""
    number = context.seed & 0xFFFF
    reply = yield Ask(codec.encode_create(sequence=number), codec.FRAMING, wait_s=context.answer_s)
    pdu, data = b"", b""
    try:
        for _ in range(MOST_TPDUS):
            if reply.outcome is not Outcome.ANSWERED:
                return reply.outcome if reply.outcome in UNASKED else None
            carried, is_whole = iso.segment(reply.frames[0])
            pdu += carried
            if is_whole:
                version, content, is_last = codec.part(pdu)
                pdu = b""
                data += content if version != codec.SYSTEM_EVENT else b""
                if is_last and version != codec.SYSTEM_EVENT:
                    return codec.decode_create(version, data, sequence=number)
            reply = yield Ask(b"", codec.FRAMING, wait_s=context.answer_s)
    except WireError:
        return None
    return None


def _claims(session: codec.Session | None, port: int) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, f"tcp/{port}"
    name = "s7plus" if session else "iso-tsap"
    claims = [Claim("service_name", name, *service), Claim("service_source", "probed", *service)]
    if session is None:
        return tuple(claims)
    claims.append(Claim("s7plus_version", session.version))
    if text := session.module.strip("\0 "):
        claims.append(Claim("s7plus_module", text))
    code, version = codec.module(text)
    if code:
        claims.append(Claim("order_code", code))
        # two of the three numbers that other protocols tell
        claims.append(Claim("firmware_software_version", version.removeprefix("V"), confidence=60))
        if code.startswith(("6ES7", "6AG1")):
            claims.append(Claim("manufacturer", "Siemens"))
    return tuple(claims)


def _second(seed: int) -> int:
    return (seed + 1) & 0xFFFF
