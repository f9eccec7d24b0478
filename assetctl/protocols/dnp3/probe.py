"""The DNP3 conversation: the state of the data link of an outstation, asked in the name of its configured master.

Outstations answer frames that carry their own address as destination, many only those that carry their master's as
source, and some send unsolicited data to whatever source they heard; so both addresses come from the scope, and
without them nothing is asked. What an outstation says unasked (over TCP it may begin as soon as it is connected) has
the same two addresses in its header and is read, never answered.
"""

import re
from collections.abc import Generator
from dataclasses import dataclass, field

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.dnp3 import codec
from assetctl.talk import Ask, Open, Reply, Talk
from assetctl.wire import Datagram, Framing

PARAMETERS = {
    "destination": "link addresses of the outstations, 0 to 65519: 10 for every device, or 10.0.0.5=10 10.0.0.6=11 "
    "10.0.0.6=12 for each; 65532, the self-address, where the owner allows it",
    "source": "link address of the master that the outstations are configured for, 0 to 65519, in the same form",
}
MOST_STATIONS = 4  # behind one address
MOST_UNASKED = 4  # frames that may come before an answer
MOST_SILENT = 2
GATEWAY_WAIT_S = 10.0

_NUMBER = re.compile("[0-9]{1,5}")


@dataclass(slots=True)
class _Heard:
    """What came so far. answered: (part, address) of outstations that answered. unasked: (outstation, master)."""

    source: int | None
    spoke: bool = False
    answered: list[tuple[str, int]] = field(default_factory=list)
    unasked: set[tuple[int, int]] = field(default_factory=set)
    ended: bool = False  # nothing more is to be asked


def probe(context: Context) -> Talk:
    """Ask over UDP."""
    return (yield from converse(context, Transport.UDP, Datagram()))


def converse(context: Context, transport: Transport, framing: Framing) -> Talk:
    """Ask the declared outstation, then those behind it; where none is declared, a stream is only listened to."""
    source = _declared(context, "source")
    heard = _Heard(source[0] if len(source) == 1 else None)
    reply = yield Open(transport, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    asked = [] if heard.source is None else _destinations(context)
    silent = 0
    for part, destination in asked:
        wait_s = context.answer_s if not part else GATEWAY_WAIT_S
        got = yield from _ask(heard, part, destination, Ask(_question(heard, destination), framing, wait_s=wait_s))
        silent = 0 if got else silent + 1
        if heard.ended or silent == MOST_SILENT:
            break
    if not asked and transport is Transport.TCP:
        yield from _ask(heard, "", None, Ask(b"", framing, wait_s=context.answer_s))
    return _claims(heard, f"{transport}/{context.port}")


def _destinations(context: Context) -> list[tuple[str, int]]:
    """Parts and addresses to ask: a single outstation is the device itself, several stand behind it."""
    declared = _declared(context, "destination", also=codec.SELF_ADDRESS)
    if len(declared) == 1:
        return [("", declared[0])]
    return [(f"unit/{address}", address) for address in declared if address != codec.SELF_ADDRESS][:MOST_STATIONS]


def _declared(context: Context, parameter: str, *, also: int = 0) -> tuple[int, ...]:
    """The link addresses that the scope declares for this device, or else for every device.

    also: allowed beside the addresses of stations. None at all where a word is no declaration: it may have been meant
    for this device.
    """
    own: list[int] = []
    every: list[int] = []
    for word in context.parameters.get(parameter, "").replace(",", " ").split():
        host, _, number = word.rpartition("=")
        if not _NUMBER.fullmatch(number) or (int(number) > codec.HIGHEST_ADDRESS and int(number) != also):
            return ()
        if host in ("", context.host):
            (own if host else every).append(int(number))
    return tuple(dict.fromkeys(own or every))


def _question(heard: _Heard, destination: int) -> bytes:
    assert heard.source is not None
    return codec.encode_request(destination=destination, source=heard.source)


def _ask(heard: _Heard, part: str, destination: int | None, ask: Ask) -> Generator[Ask, Reply, bool]:
    """Whether an answer came. Frames that answer nothing are taken in, a bounded number of them."""
    reply = yield ask
    for _ in range(MOST_UNASKED):
        if reply.outcome is not Outcome.ANSWERED:
            heard.ended |= reply.outcome is not Outcome.SILENT
            return False
        try:
            frame = codec.decode(reply.frames[0])
        except WireError:
            heard.ended = True
            return False
        if _is_answer(heard, frame, part, destination):
            return True
        reply = yield Ask(b"", ask.framing, wait_s=ask.wait_s)
    return False


def _is_answer(heard: _Heard, frame: codec.LinkFrame, part: str, destination: int | None) -> bool:
    """Whether a frame answers; either way what it tells is kept. Our own frame come back tells nothing."""
    if frame.from_master and frame.source == heard.source:
        return False
    heard.spoke = True
    if frame.from_master or frame.source > codec.HIGHEST_ADDRESS:
        return False
    if frame.primary:
        heard.unasked.add((frame.source, frame.destination))
        return False
    if frame.destination != heard.source or frame.function not in (codec.LINK_STATUS, codec.NOT_SUPPORTED):
        return False
    if destination in (frame.source, codec.SELF_ADDRESS):
        heard.answered.append((part, frame.source))
    return True


def _claims(heard: _Heard, port: str) -> tuple[Claim, ...]:
    if not heard.spoke:
        return ()
    service = SubjectKind.SERVICE, port
    claims = [Claim("service_name", "dnp3", *service), Claim("service_source", "probed", *service)]
    stations, masters = ({pair[at] for pair in heard.unasked} for at in (0, 1))
    claims += [Claim("dnp3_address", address, part=part) for part, address in heard.answered]
    if not heard.answered and len(stations) == 1:
        claims.append(Claim("dnp3_address", stations.pop()))
    if len(masters) == 1 and (master := masters.pop()) <= codec.HIGHEST_ADDRESS:
        claims.append(Claim("dnp3_master_address", master))
    return tuple(claims)
