"""How scalars and tables are read without hurting the agent.

Agents reboot at 15 objects a Get, hang on GetBulk, answer a long list with tooBig or not at all, and loop. So a
question has at most ten objects, GetNext comes before the first GetBulk, a bulk answer is kept near forty objects, a
refusal makes the next question smaller, silence after a bulk ends bulk for good, and a name that does not grow ends the
table.
All columns of a table are asked at one index, the smallest that any of them has reached: in a sparse table that reads
some objects twice and misses none.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import NamedTuple

from assetctl.errors import WireError
from assetctl.model import Outcome
from assetctl.protocols.snmp import codec
from assetctl.protocols.snmp.codec import Response, Varbind
from assetctl.protocols.snmp.objects import Oid
from assetctl.talk import Ask, Reply

MOST_REPETITIONS = 10
ANSWER_OBJECTS = 40  # about as many as one unfragmented datagram holds
ANSWER_BYTES = 1300  # with room for the envelope

Row = dict[Oid, Varbind]
Rows = dict[Oid, Row]
Asking = Generator[Ask, Reply, Response | None]


@dataclass(slots=True)
class Session:
    """What a conversation with one device remembers.

    purse: questions it may still ask. heard: the agent has answered.
    denied: it answered that this credential may not ask. cut: tables not read to their end, and why.
    """

    wait_s: float
    seed: int
    purse: int
    is_v1: bool = False
    is_depth: bool = False
    bulk_allowed: bool = True
    heard: bool = False
    denied: bool = False
    ended: bool = False
    last: Reply = field(default_factory=lambda: Reply(Outcome.SILENT))
    cut: dict[str, str] = field(default_factory=dict)
    _asked: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more may be asked: the talk has ended, or the purse is empty."""
        return self.ended or self.purse < 1

    def next_id(self) -> int:
        """A request id that always takes four bytes; bit 29 marks a depth question."""
        self._asked += 1
        marks = codec.REQUEST_ID_BASE | (codec.DEPTH_MARK if self.is_depth else 0)
        return marks | (self.seed & 0xFFFF) << 12 | self._asked & 0xFFF


class Table(NamedTuple):
    """Columns with one kind of index, and the most questions that may be spent on them.

    name: as in the names of its requests. An index is `numbers` numbers and at most `octets` octets after them.
    objects: how many an answer to a bulk question may hold; fewer where they are long texts.
    least: numbers that an index has at least, where some agents leave one out; 0 for all.
    """

    name: str
    columns: tuple[Oid, ...]
    rounds: int
    numbers: int = 1
    octets: int = 0
    objects: int = ANSWER_OBJECTS
    least: int = 0

    def has(self, index: Oid) -> bool:
        """Whether an index is one that this table can have."""
        size = len(index)
        if size == self.numbers:
            return size > 0
        tail = index[self.numbers :]
        return 0 < size >= (self.least or self.numbers) and len(tail) <= self.octets and max(tail, default=0) < 0x100


@dataclass(slots=True)
class _Reading:
    """A table being read. rounds: questions left for it. ended: why before its end, or ""."""

    table: Table
    enough: Callable[[Rows], bool]
    rounds: int
    rows: Rows = field(default_factory=dict)
    ended: str = ""


def ask(session: Session, encode: Callable[..., bytes], *, may_be_silent: bool = False) -> Asking:
    """The answer to one question, or None for any other outcome, which `session.last` then holds.

    may_be_silent: the question is of a kind that agents drop, so silence does not end the talk.
    """
    if session.over:
        return None
    request_id = session.next_id()
    session.purse -= 1
    session.last = yield Ask(
        encode(request_id=request_id),
        codec.FRAMING,
        wait_s=session.wait_s,
        accepts=partial(codec.is_answer, request_id=request_id),
    )
    if session.last.outcome is not Outcome.ANSWERED:
        session.ended = not (may_be_silent and session.last.outcome is Outcome.SILENT)
        return None
    try:
        response = codec.decode(session.last.frames[0], request_id=request_id)
    except WireError as broken:
        session.ended = True
        session.last = Reply(Outcome.GARBLED, detail=str(broken))
        return None
    if response.error_status == codec.AUTHORIZATION_ERROR:
        session.ended = session.denied = True
        return None
    session.heard = True
    return response


def read_scalars(session: Session, wanted: tuple[Oid, ...]) -> Generator[Ask, Reply, Row]:
    """What the agent has of these objects. A refusal of one is answered by asking for the others."""
    found: Row = {}
    pieces = [wanted]
    while pieces and not session.over:
        objects = pieces.pop(0)
        response = yield from ask(session, partial(codec.encode_get, objects=objects))
        if response is None:
            break
        if response.error_status:
            pieces[:0] = _smaller(objects, response)
            continue
        found.update((varbind.name, varbind) for varbind in response.varbinds if varbind.name in objects)
    return found


def read_groups(session: Session, groups: Iterable[tuple[Oid, ...]]) -> Generator[Ask, Reply, Row]:
    """What an agent of version 1 has of each group, where most agents have a group whole or not at all.

    It refuses a question whole for one object. A group whose first object is refused is left; of any other the refused
    object is left out.
    """
    found: Row = {}
    for group in groups:
        objects = group
        while objects and not session.over:
            response = yield from ask(session, partial(codec.encode_get, objects=objects))
            if response is None:
                return found
            if not response.error_status:
                found.update((varbind.name, varbind) for varbind in response.varbinds if varbind.name in objects)
                break
            at = response.error_index - 1
            objects = objects[:at] + objects[at + 1 :] if 0 < at < len(objects) else ()
    return found


def _smaller(objects: tuple[Oid, ...], refusal: Response) -> list[tuple[Oid, ...]]:
    """What to ask instead: the list without the object that was named, or halves where it is too big or none was."""
    half = len(objects) // 2
    at = refusal.error_index - 1
    if half and (refusal.error_status == codec.TOO_BIG or not 0 <= at < len(objects)):
        return [objects[:half], objects[half:]]
    rest = objects[:at] + objects[at + 1 :] if 0 <= at < len(objects) else ()
    return [rest] if rest else []


def read_table(
    session: Session, table: Table, *, enough: Callable[[Rows], bool] = lambda _: False
) -> Generator[Ask, Reply, Rows]:
    """Rows of a table by index, from the first on, until its end, its limit, or `enough` of them."""
    if session.over:
        session.cut[table.name] = "not asked"
        return {}
    reading = _Reading(table, enough, table.rounds)
    pieces = [table.columns]
    while pieces and reading.rounds and not session.over:
        yield from _read_columns(session, reading, pieces)
    if pieces or reading.ended:
        session.cut[table.name] = reading.ended or _why_over(session)
    return reading.rows


def _why_over(session: Session) -> str:
    if not session.ended:
        return "limit of questions"
    return "no answer" if session.last.outcome is Outcome.SILENT else str(session.last.outcome)


def _read_columns(session: Session, reading: _Reading, pieces: list[tuple[Oid, ...]]) -> Generator[Ask, Reply, None]:
    """Walk the first of `pieces`; a list that is too big goes back there in halves.

    The first question is GetNext: it is the cheaper one where there is no such table, and shows how large a row is.
    """
    columns: tuple[Oid, ...] = pieces.pop(0)
    index: Oid = ()
    most, fitting = MOST_REPETITIONS, 0
    while columns and reading.rounds and not session.over:
        reading.rounds -= 1
        repetitions = min(most, fitting, _repetitions(session, reading.table, len(columns)))
        encode = partial(codec.encode_walk, columns=columns, index=index, repetitions=repetitions)
        response = yield from ask(session, encode, may_be_silent=repetitions > 0)
        if response is None:
            session.bulk_allowed = False
            continue
        if repetitions and (response.error_status or len(response.varbinds) < len(columns)):
            most = repetitions // 2
            session.bulk_allowed = most > 0
            continue
        if response.error_status:
            smaller = _smaller(columns, response)
            columns = smaller.pop(0) if smaller else ()
            pieces[:0] = smaller
            continue
        fitting = _fitting(repetitions, len(session.last.frames[0]))
        columns, index = _taken(reading, columns, index, response.varbinds[: len(columns) * max(1, repetitions)])
    if columns and not reading.ended:
        reading.ended = _why_over(session)


def _fitting(repetitions: int, size: int) -> int:
    """Repetitions that an unfragmented datagram holds, by the size of the answer to the last question."""
    return max(1, ANSWER_BYTES * max(1, repetitions) // size)


def _taken(
    reading: _Reading, columns: tuple[Oid, ...], index: Oid, varbinds: tuple[Varbind, ...]
) -> tuple[tuple[Oid, ...], Oid]:
    """Put an answer's objects into the rows; the columns that go on, none at the end, and from which index."""
    reached = _collect(columns, index, varbinds, reading)
    if reached is None:
        reading.ended = "names that do not grow or are none of the table"
    return ((), index) if reached is None or reading.enough(reading.rows) else reached


def _repetitions(session: Session, table: Table, columns: int) -> int:
    """The most for a bulk question; 0 for GetNext, which version, history, or the kind of question may demand."""
    if session.is_v1 or not (session.is_depth and session.bulk_allowed):
        return 0
    return min(MOST_REPETITIONS, max(1, table.objects // columns))


def _collect(
    columns: tuple[Oid, ...], index: Oid, varbinds: tuple[Varbind, ...], reading: _Reading
) -> tuple[tuple[Oid, ...], Oid] | None:
    """Put an answer's objects into the rows; the columns that go on and from which index, or None if stuck."""
    reached: dict[Oid, Oid] = {}
    done: set[Oid] = set()
    rows, has = reading.rows, reading.table.has
    for column, varbind in zip(cycle(columns), varbinds):
        if column in done:
            continue
        name, size = varbind.name, len(column)
        if name[:size] != column or varbind.tag == codec.END_OF_MIB_VIEW:
            done.add(column)
            continue
        at = name[size:]
        if at <= reached.get(column, index) or not has(at):
            return None
        reached[column] = at
        row = rows.get(at)
        if row is None:
            row = rows[at] = {}
        row[column] = varbind
    rest = tuple(column for column in columns if column not in done)
    smallest = min((reached.get(column, index) for column in rest), default=index)
    return (rest, smallest) if smallest > index or not rest else None
