"""Questions of one BACnet/IP talk, and what was said so far."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Outcome
from assetctl.protocols.bacnet import codec
from assetctl.protocols.bacnet.codec import Property, Refused
from assetctl.protocols.bacnet.frames import FRAMING, Place, Table
from assetctl.protocols.bacnet.values import Value
from assetctl.talk import Ask, Open, Reply

BUSY_WAIT_S = 10.0
ROUTED_WAIT_S = 10.0
"""How long a device behind a router has: its network may be a serial bus on which one speaks after the other."""

Step = Generator[Open | Ask, Reply, None]
Told = codec.Properties | Value | Refused


@dataclass(slots=True)
class Device:
    """What one device said. place: behind a router, None for the device at the address itself.

    max_apdu: bytes it takes in one unit, None where it did not say. unread: questions that brought no answer.
    """

    place: Place | None = None
    instance: int | None = None
    max_apdu: int | None = None
    values: dict[Property, Value] = field(default_factory=dict)
    unread: int = 0


@dataclass(slots=True)
class Heard:
    """What was said in one talk. networks, network: told by a router."""

    device: Device = field(default_factory=Device)
    behind: list[Device] = field(default_factory=list)
    networks: tuple[int, ...] = ()
    network: int | None = None
    tables: dict[Table, tuple[str, ...]] = field(default_factory=dict)
    spoke: bool = False
    was_busy: bool = False
    ended: bool = False  # nothing more is to be asked


@dataclass(slots=True)
class Asker:
    """Numbers the questions of one talk and notes what ends it.

    in_segments: what is too long for one unit is taken in several.
    """

    heard: Heard
    wait_s: float
    invoke_id: int
    in_segments: bool = False

    def number(self) -> int:
        """The invoke id of the next confirmed question."""
        self.invoke_id += 1
        return self.invoke_id - 1 & 0xFF

    def tell(self, payload: bytes) -> Step:
        """Send what nobody answers."""
        reply = yield Ask(payload, FRAMING, replies=0, wait_s=0.0)
        self.heard.ended = reply.outcome not in (Outcome.ANSWERED, Outcome.SILENT)

    def ask(
        self, payload: bytes, accepts: Callable[[bytes], bool], *, once: bool = False, wait_s: float = 0.0
    ) -> Generator[Ask, Reply, bytes | None]:
        """The frame that answers a question; None when there is none."""
        frames = yield from self.gather(payload, accepts, once=once, wait_s=wait_s)
        return frames[0] if frames else None

    def gather(
        self,
        payload: bytes,
        accepts: Callable[[bytes], bool],
        *,
        most: int = 1,
        once: bool = False,
        wait_s: float = 0.0,
    ) -> Generator[Ask, Reply, tuple[bytes, ...]]:
        """The frames that answer a question, `most` of them at most."""
        wait_s = max(wait_s, self.wait_s)
        reply = yield Ask(payload, FRAMING, replies=most, wait_s=wait_s, accepts=accepts, once=once)
        frames = tuple(frame for frame in reply.frames[:most] if accepts(frame))
        if reply.outcome is Outcome.ANSWERED and frames:
            self.heard.spoke = True
            return frames
        self.heard.ended = reply.outcome is not Outcome.SILENT
        return ()

    def confirm(
        self, encode: Callable[..., bytes], decode: Callable[..., Told], service: int, *, place: Place | None = None
    ) -> Generator[Ask, Reply, Told | None]:
        """What a confirmed question brings. A busy device is asked again once, ten seconds later, in the whole talk."""
        told = yield from self._once(encode, decode, service, place)
        if isinstance(told, Refused) and told.is_busy and not self.heard.was_busy:
            self.heard.was_busy = True
            pause = yield Ask(b"", FRAMING, wait_s=BUSY_WAIT_S, accepts=_nothing)
            if pause.outcome is not Outcome.SILENT:
                self.heard.ended = True
                return None
            told = yield from self._once(encode, decode, service, place)
        if isinstance(told, Refused) and told.is_busy:
            self.heard.ended = True
        return told

    def _once(
        self, encode: Callable[..., bytes], decode: Callable[..., Told], service: int, place: Place | None
    ) -> Generator[Ask, Reply, Told | None]:
        number = self.number()
        is_answer = partial(codec.is_answer, invoke_id=number, service=service, place=place)
        payload, wait_s = encode(invoke_id=number), ROUTED_WAIT_S if place else 0.0
        frame = yield from self.ask(payload, is_answer, once=not self.heard.spoke, wait_s=wait_s)
        try:
            return None if frame is None else decode(frame, invoke_id=number)
        except WireError:
            self.heard.ended = True
            return None


def _nothing(_: bytes) -> bool:
    return False
