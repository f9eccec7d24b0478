"""What is asked of one unit, and what it said.

The stream of basic objects is asked, then regular and extended ones where the conformity level promises them. What was
told stays told: a later refusal or silence ends the questions and takes nothing back. Devices that have individual
access alone refuse the stream with exception 2 or 3 and are asked object by object.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Outcome
from assetctl.protocols.modbus import codec
from assetctl.talk import Ask, Reply

SELF = 255
MOST_CHUNKS = 4  # per read code; 8 objects of the largest size fit into as many
BUSY_WAIT_S = 10.0

FIRST = {codec.BASIC: 0, codec.REGULAR: 3, codec.EXTENDED: 0x80}
ONE_BY_ONE = {codec.BASIC: (0, 1, 2), codec.REGULAR: (3, 4, 5, 6)}
_INDIVIDUAL_ACCESS = 0x80


@dataclass(slots=True)
class Heard:
    """What one unit said so far. exception: the last one, None once objects came."""

    conformity_level: int = 0
    objects: dict[int, bytes] = field(default_factory=dict)
    server_id: bytes = b""
    exception: int | None = None
    spoke: bool = False
    was_busy: bool = False
    silent: bool = False  # the last question met silence
    refused: bool = False  # a question was refused though objects had come
    ended: bool = False  # the connection is gone, the answer unreadable, or the gate said no

    def has_more(self, read_code: int) -> bool:
        """Whether the level promises this kind of objects and nothing speaks against asking."""
        level = self.conformity_level & ~_INDIVIDUAL_ACCESS
        return bool(self.objects) and level >= read_code and not (self.ended or self.silent or self.refused)


Step = Generator[Ask, Reply, None]


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit that is asked, and how long it may think."""

    id: int
    numbers: "Generator[int]"
    wait_s: float

    def of_answer(self, frame: bytes) -> int:
        """The unit that must answer. Some devices answer for 255, the device itself, under a number of their own."""
        return frame[6] if self.id == SELF and len(frame) > 6 else self.id


def ask(unit: Unit, with_server_id: bool) -> Generator[Ask, Reply, Heard]:
    """Everything one unit tells; its server id only where it has no identification."""
    heard = Heard()
    yield from _read(heard, unit, codec.BASIC)
    for read_code in (codec.REGULAR, codec.EXTENDED):
        if heard.has_more(read_code):
            yield from _read(heard, unit, read_code)
    has_none = heard.spoke and not heard.objects and heard.exception in (None, codec.ILLEGAL_FUNCTION)
    if with_server_id and has_none and not (heard.ended or heard.silent):
        yield from _read_server_id(heard, unit)
    return heard


def _read(heard: Heard, unit: Unit, read_code: int) -> Step:
    """All objects of one kind, into `heard`: as a stream, or one by one where only that is had."""
    before = len(heard.objects)
    refused = yield from _stream(heard, unit, read_code)
    one_by_one = refused in (codec.ILLEGAL_ADDRESS, codec.ILLEGAL_VALUE) and len(heard.objects) == before
    if read_code == codec.REGULAR and not heard.conformity_level & _INDIVIDUAL_ACCESS:
        return
    for object_id in ONE_BY_ONE.get(read_code, ()) if one_by_one else ():
        answer = yield from _question(heard, unit, codec.INDIVIDUAL, object_id)
        if isinstance(answer, codec.Identification):
            _keep(heard, answer)
            heard.refused = False
        elif answer is None or object_id == ONE_BY_ONE[read_code][0]:
            break


def _stream(heard: Heard, unit: Unit, read_code: int) -> Generator[Ask, Reply, int | None]:
    """All parts of one stream; the exception that ended it, if one did.

    An answer that brings nothing new ends it: servers start again at the beginning after their last object.
    """
    object_id = FIRST[read_code]
    for _ in range(MOST_CHUNKS):
        answer = yield from _question(heard, unit, read_code, object_id)
        if answer is None:
            return None
        if isinstance(answer, codec.Exceptional):
            if answer.code == codec.BUSY and not heard.was_busy:
                heard.was_busy = True
                yield from _pause(heard)
                if heard.ended:
                    return None
                continue
            return answer.code
        brought_new = _keep(heard, answer)
        if not answer.more_follows or not brought_new:
            return None
        # some say that more follows and name 0, or an object they have told already
        last = max(at for at, _ in answer.objects)
        object_id = answer.next_object_id if answer.next_object_id > object_id else last + 1
        if object_id > 0xFF:
            return None
    return None


def _keep(heard: Heard, answer: codec.Identification) -> bool:
    """Take over an answer's objects; the first text of an object stands. Returns whether there was a new one."""
    heard.conformity_level = heard.conformity_level or answer.conformity_level
    heard.exception = None
    known = set(heard.objects)
    for object_id, raw in answer.objects:
        if not heard.objects.get(object_id):
            heard.objects[object_id] = raw
    return set(heard.objects) != known


def _question(
    heard: Heard, unit: Unit, read_code: int, object_id: int
) -> Generator[Ask, Reply, codec.Identification | codec.Exceptional | None]:
    """The answer to one question, None where none came that can be read; how it ended is noted."""
    number = next(unit.numbers)
    frame = yield from _exchange(
        heard,
        codec.encode(transaction=number, unit_id=unit.id, read_code=read_code, object_id=object_id),
        number,
        unit.wait_s,
    )
    if frame is None:
        return None
    try:
        answer = codec.decode(frame, transaction=number, unit_id=unit.of_answer(frame))
    except WireError:
        heard.ended = True
        return None
    heard.spoke = True
    if isinstance(answer, codec.Exceptional):
        heard.exception = None if heard.objects else answer.code
        heard.refused = bool(heard.objects) and answer.code != codec.BUSY
    return answer


def _read_server_id(heard: Heard, unit: Unit) -> Step:
    number = next(unit.numbers)
    question = codec.encode_server_id(transaction=number, unit_id=unit.id)
    frame = yield from _exchange(heard, question, number, unit.wait_s)
    if frame is None:
        return
    try:
        answer = codec.decode_server_id(frame, transaction=number, unit_id=unit.of_answer(frame))
    except WireError:
        heard.ended = True
        return
    if isinstance(answer, bytes):
        heard.server_id = answer


def _exchange(heard: Heard, question: bytes, number: int, wait_s: float) -> Generator[Ask, Reply, bytes | None]:
    reply = yield Ask(question, codec.FRAMING, wait_s=wait_s, accepts=partial(codec.is_answer, transaction=number))
    if reply.outcome is Outcome.ANSWERED:
        return reply.frames[0]
    heard.silent = reply.outcome is Outcome.SILENT
    heard.ended = not heard.silent
    return None


def _pause(heard: Heard) -> Step:
    """What a busy device asks for."""
    pause = yield Ask(b"", codec.FRAMING, wait_s=BUSY_WAIT_S)
    heard.ended = pause.outcome is not Outcome.SILENT
