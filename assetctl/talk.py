"""The conversation between a probe and the world: a generator that yields questions and is sent answers.

A probe yields `Open` or `Ask` and is sent `Reply`; it returns its claims. It owns no socket and no clock, so that a
recording drives it in tests, and in re-reading old evidence, exactly as a device does.

Rules for probes: the first thing yielded is an Open. An Open closes the earlier connection. After a reply "denied"
a probe yields nothing more and returns what it has.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, Transport
from assetctl.wire import Framing

TLS = "tls"
HANDSHAKE_UNITS = 2  # of one TLS handshake: our hello, and our part after the server's

_T = TypeVar("_T")


@dataclass(slots=True, unsafe_hash=True)
class Open:
    """Open a connection, or bind a datagram socket, to one port of the device.

    envelope: what the units travel in: over UDP the name of a credential, over TCP "tls", "" for nothing. With TLS the
    connection is open once the handshake is done. wait_s: for each answer of that handshake.
    goodbye: unit that the transport sends on every ending of this connection; vetted and counted in advance.
    groups: on a segment, the multicast addresses that are listened to beside our own.
    source_port: of a datagram socket: the questions leave from this port where it is free, and what the device
    broadcasts to it is heard; 0 for any port. Only the port that is asked can be named.
    """

    transport: Final[Transport]
    port: Final[int]
    envelope: Final[str] = ""
    goodbye: Final[bytes] = b""
    groups: Final[tuple[bytes, ...]] = ()
    source_port: Final[int] = 0
    wait_s: Final[float] = 2.0


@dataclass(slots=True, unsafe_hash=True)
class Ask:
    """Send one unit and wait for its answers. An empty payload only listens.

    replies: how many units belong to the answer at most, 0 where none is waited for. wait_s: for the first of them.
    accepts: whether a unit answers this question; others are recorded and otherwise ignored.
    once: a datagram that met silence is not sent again, as the probe has another question for that case.
    """

    payload: Final[bytes]
    framing: Final[Framing]
    replies: Final[int] = 1
    wait_s: Final[float] = 2.0
    accepts: Final[Callable[[bytes], bool] | None] = None
    once: Final[bool] = False


@dataclass(slots=True, unsafe_hash=True)
class Reply:
    """What came of an Open or an Ask. frames is empty unless the outcome is answered."""

    outcome: Final[Outcome]
    frames: Final[tuple[bytes, ...]] = ()
    detail: Final[str] = ""


UNASKED = (Outcome.DENIED, Outcome.ABORTED)  # we did not let it come to an answer

Talk = Generator[Open | Ask, Reply, tuple[Claim, ...]]


def answer_to(question: Ask, decode: Callable[[bytes], _T]) -> Generator[Ask, Reply, _T | None]:
    """What a question brought, as `decode` reads it; None where nothing came that can be read."""
    reply = yield question
    if reply.outcome is not Outcome.ANSWERED:
        return None
    try:
        return decode(reply.frames[0])
    except WireError:
        return None


@dataclass(frozen=True, slots=True)
class Replayed:
    """The end of a replayed conversation.

    missing: questions that the recording does not hold. unused: recorded ones that were not asked again.
    """

    claims: tuple[Claim, ...]
    asked: tuple[Open | Ask, ...]
    missing: int
    unused: int = 0


Recorded = tuple[str, bytes, Reply]  # "connect" or the request's name, the unit sent, what came back


def replay(talk: Talk, recording: Iterable[Recorded]) -> Replayed:
    """Drive a probe from a recording, in the recorded order; a question that is not there is answered "denied".

    An Open is answered by the next recorded connect, an Ask by the next record with the same bytes.
    Raises WireError when the probe lets one escape: answers it cannot read must end inside it.
    """
    records = list(recording)
    asked: list[Open | Ask] = []
    missing = 0
    reply: Reply | None = None
    while True:
        try:
            step = next(talk) if reply is None else talk.send(reply)
        except StopIteration as end:
            return Replayed(tuple(end.value), tuple(asked), missing, len(records))
        asked.append(step)
        found = _find(records, step)
        if found is None:
            missing += 1
            reply = Reply(Outcome.DENIED, detail="not in the recording")
        else:
            reply = records.pop(found)[2]


def _find(records: list[Recorded], step: Open | Ask) -> int | None:
    for index, (name, sent, _) in enumerate(records):
        if isinstance(step, Open) and name == "connect":
            return index
        if isinstance(step, Ask) and name != "connect" and sent == step.payload:
            return index
    return None
