"""The conversation with a server that speaks first: connect, listen, go.

A greeting may come in pieces, and a Telnet prompt a moment after the negotiation, so it is listened for a few times,
until it is whole. Nothing is answered.
"""

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.greeting import codec
from assetctl.talk import Ask, Open, Talk

BY_PORT = {21: "ftp", 25: "smtp"}
GREETINGS = (120, 220, 421, 554)  # ready soon, ready, too busy, no service: what RFC 959 and RFC 5321 begin with
MOST_LOOKS = 4
PORT_CONFIDENCE = 60  # a greeting that only its port tells from another protocol's


def probe(context: Context) -> Talk:
    """Listen to the greeting of one port."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    heard = b""
    for _ in range(MOST_LOOKS):
        reply = yield Ask(b"", codec.AS_IT_COMES, wait_s=context.answer_s)
        if reply.outcome is not Outcome.ANSWERED:
            break
        heard += reply.frames[0]
        if codec.decode(heard).is_whole or len(heard) > codec.MOST_BYTES:
            break
    return _claims(codec.decode(heard), context.port)


def _claims(said: codec.Greeting, port: int) -> tuple[Claim, ...]:
    """The greeting as it is, and its protocol where it is certain enough."""
    service = SubjectKind.SERVICE, f"tcp/{port}"
    name, confidence = _named(said, port)
    claims = [Claim("service_banner", said.text, *service)] if said.text else []
    if name:
        claims.append(Claim("service_name", name, *service, confidence=confidence))
        claims.append(Claim("service_source", "probed", *service, confidence=confidence))
    return tuple(claims)


def _named(said: codec.Greeting, port: int) -> tuple[str, int]:
    """The protocol that spoke and how sure that is; "" for one that is none of the three."""
    if said.code in GREETINGS:
        name = codec.words_name(said.text)
        return (name, 90) if name else (BY_PORT.get(port, ""), PORT_CONFIDENCE)
    is_telnet = said.negotiates or codec.is_prompt(said.text)
    return ("telnet", 90) if is_telnet and not said.code else ("", 0)
