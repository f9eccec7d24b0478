"""Questions of one EtherNet/IP talk, and what the device said so far."""

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Outcome
from assetctl.protocols.enip import codec
from assetctl.protocols.enip.codec import Answer, Attribute, Identity, Refused
from assetctl.protocols.enip.rack import Chassis
from assetctl.talk import Ask, Open, Reply
from assetctl.wire import Framing

BUSY_WAIT_S = 10.0

Step = Generator[Open | Ask, Reply, None]


@dataclass(slots=True)
class Heard:
    """What the device said so far. services: where EtherNet/IP was spoken, as transport/port. slots: by number."""

    identities: list[Identity] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    attributes: dict[Attribute, bytes] = field(default_factory=dict)
    chassis: Chassis | None = None
    slots: dict[int, Identity] = field(default_factory=dict)
    was_busy: bool = False
    ended: bool = False  # nothing more is to be asked


@dataclass(slots=True)
class Asker:
    """Numbers the questions of one talk and notes what ends it. session: of the open connection, 0 for none."""

    heard: Heard
    wait_s: float
    port: int
    transaction: int
    session: int = 0

    def ask(
        self, question: partial[bytes], command: int, framing: Framing = codec.FRAMING
    ) -> Generator[Ask, Reply, tuple[bytes, int] | None]:
        """The answering unit and its transaction; None when none came."""
        number = self.transaction & 0xFFFF
        self.transaction += 1
        reply = yield Ask(
            question(transaction=number),
            framing,
            wait_s=self.wait_s,
            accepts=partial(codec.is_answer, command=command, transaction=number),
        )
        if reply.outcome is Outcome.ANSWERED:
            return reply.frames[0], number
        self.heard.ended = reply.outcome not in (Outcome.SILENT, Outcome.REFUSED)
        return None

    def read(self, question: partial[bytes], *services: int) -> Generator[Ask, Reply, Answer | Refused | None]:
        """The answer to a CIP request in the session; None when none came.

        A busy device is asked again once, ten seconds later, in the whole talk.
        """
        if self.heard.ended:
            return None
        answer = yield from self._once(question, services)
        if not isinstance(answer, Answer) or answer.status != codec.BUSY or self.heard.was_busy:
            return answer
        self.heard.was_busy = True
        pause = yield Ask(b"", codec.FRAMING, wait_s=BUSY_WAIT_S)
        if pause.outcome is not Outcome.SILENT:
            self.heard.ended = True
            return None
        return (yield from self._once(question, services))

    def _once(
        self, question: partial[bytes], services: tuple[int, ...]
    ) -> Generator[Ask, Reply, Answer | Refused | None]:
        got = yield from self.ask(partial(question, session=self.session), codec.SEND_RR_DATA)
        if got is None:
            return None
        try:
            return codec.decode_answer(got[0], transaction=got[1], session=self.session, services=services)
        except WireError:
            self.heard.ended = True
            return None
