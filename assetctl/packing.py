"""Facts and findings by the million, in a tenth of their room: unpacked piece by piece as somebody goes over them.

A large company has ten million facts and half as many findings. Whoever goes through all of them needs one asset or
one piece at a time. What is unpacked equals what was packed; it is another object each time.
"""

import marshal
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from sys import intern
from typing import Any, Final, NamedTuple, overload

from assetctl.model import Asset, Because, Fact, Finding, Result, Severity, Source, Subject, SubjectKind

PIECE = 500  # findings that are packed together
REMEMBERED = 256  # assets whose facts stay unpacked for a while, since they are asked for again and again
MANY = 2000  # facts of an asset that are too many for that
FAST = 1
_sorted_by = itemgetter(4, 1, 6)  # severity, check and result of a row as `_finding_row` makes it
RESULT = 6  # likewise
_ID = 0
_BECAUSE, _EVIDENCE = 9, 4  # likewise, and in a row of `_because_row`
_KINDS = {kind.value: kind for kind in SubjectKind}
_SEVERITIES = {severity.value: severity for severity in Severity}
_RESULTS = {result.value: result for result in Result}
_CODES: Mapping[Severity | Result, str] = {member: member.value for member in (*Severity, *Result)}


class PackedFacts(Sequence[Fact]):
    """The facts of one asset, in their order."""

    __slots__ = ("_count", "_packed")

    def __init__(self, facts: Iterable[Fact]) -> None:
        rows = [_fact_row(fact) for fact in facts]
        self._count: Final = len(rows)
        self._packed: Final = _pack(list(zip(*rows, strict=True)))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._unpacked())

    @overload
    def __getitem__(self, at: int) -> Fact: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Fact, ...]: ...
    def __getitem__(self, at: int | slice) -> Fact | tuple[Fact, ...]:
        return self._unpacked()[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._unpacked() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._unpacked())

    def _unpacked(self) -> tuple[Fact, ...]:
        return (_facts if self._count > MANY else _remembered)(self._packed)


def packed(asset: Asset) -> Asset:
    """The same asset, its facts packed."""
    return replace(asset, facts=PackedFacts(asset.facts))


class Sort(NamedTuple):
    """What findings can be told apart by without unpacking them."""

    severity: Severity
    check: str
    result: Result


class Findings(Sequence[Finding]):
    """Findings, in their order. Pieces without a wanted one are not even unpacked, see `having` and `of`."""

    __slots__ = ("_pieces",)

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        source = iter(findings)
        self._pieces: list[tuple[bytes, Counter[Sort]]] = []
        while piece := list(islice(source, PIECE)):
            told = Counter([(one.severity, one.check, one.result) for one in piece])
            sorts = Counter({Sort(*sort): count for sort, count in told.items()})
            self._pieces.append((_pack([_finding_row(one) for one in piece]), sorts))

    def extend(self, more: "Findings") -> None:
        """Take over what another one holds, behind what is here."""
        self._pieces += more._pieces

    def having(self, *results: Result) -> Iterator[Finding]:
        """Those with one of these results."""
        return self.of({sort for sort in self.sorts() if sort.result in results})

    def of(self, sorts: Collection[Sort]) -> Iterator[Finding]:
        """Those of these sorts."""
        wanted = {(one.severity.value, one.check, one.result.value) for one in sorts}
        found = (packed for packed, held in self._pieces if not held.keys().isdisjoint(sorts))
        return (_finding(row) for packed in found for row in _unpack(packed) if _sorted_by(row) in wanted)

    def cited(self) -> Iterator[str]:
        """Ids of the evidence that they rest on."""
        return (
            because[_EVIDENCE] for packed, _ in self._pieces for row in _unpack(packed) for because in row[_BECAUSE]
        )

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """All of them as plain values in the order of their fields, evidence likewise, times as text."""
        return (row for packed, _ in self._pieces for row in _unpack(packed))

    def ids(self) -> Iterator[tuple[str, Result]]:
        """The id and the result of each."""
        return ((row[_ID], _RESULTS[row[RESULT]]) for row in self.rows())

    def sorts(self) -> Counter[Sort]:
        """How many there are of each sort."""
        found: Counter[Sort] = Counter()
        for _, held in self._pieces:
            found.update(held)
        return found

    def __len__(self) -> int:
        return sum(held.total() for _, held in self._pieces)

    def __iter__(self) -> Iterator[Finding]:
        return chain.from_iterable(map(self._opened, range(len(self._pieces))))

    @overload
    def __getitem__(self, at: int) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, at: int | slice) -> Finding | tuple[Finding, ...]:
        if isinstance(at, slice):
            return tuple(self)[at]
        left = at + len(self) if at < 0 else at
        for piece, (_, held) in enumerate(self._pieces):
            count = held.total()
            if 0 <= left < count:
                return self._opened(piece)[left]
            left -= count
        raise IndexError(at)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_are_equal, self, other))

    __hash__ = None  # type: ignore[assignment]

    def _opened(self, at: int) -> list[Finding]:
        return list(map(_finding, _unpack(self._pieces[at][0])))


def packed_findings(findings: Iterable[Finding]) -> Findings:
    """The same findings, packed where they are not yet."""
    return findings if isinstance(findings, Findings) else Findings(findings)


class Packer:
    """Takes findings one by one and packs them as they become many."""

    __slots__ = ("_held", "_loose")

    def __init__(self) -> None:
        self._held = Findings()
        self._loose: list[Finding] = []

    def add(self, finding: Finding) -> None:
        self._loose.append(finding)
        if len(self._loose) >= PIECE:
            self._pack()

    def packed(self) -> Findings:
        self._pack()
        return self._held

    def _pack(self) -> None:
        self._held.extend(Findings(self._loose))
        self._loose = []


def _are_equal(one: object, other: object) -> bool:
    return one == other


def _pack(rows: Any) -> bytes:
    # our own values on their way through our own memory: what is unpacked was packed by this process
    return zlib.compress(marshal.dumps(rows), FAST)


def _unpack(packed: bytes) -> Any:
    return marshal.loads(zlib.decompress(packed))  # noqa: S302  see `_pack`


def _fact_row(fact: Fact) -> tuple[Any, ...]:
    subject, source = fact.subject, fact.source
    said = (source.kind, source.name, source.evidence, fact.vantage)
    span = _text(fact.first_seen), _text(fact.last_seen)
    return subject.asset, subject.kind.value, subject.local_key, fact.key, fact.value, *said, *span, fact.confidence


def _facts(packed: bytes) -> tuple[Fact, ...]:
    columns = _unpack(packed)
    if not columns:
        return ()
    assets, kinds, local_keys, keys, values, source_kinds, names, evidence, vantages, first, last, confidence = columns
    subjects = map(_subject, kinds, assets, local_keys)
    sources = map(_source, source_kinds, names, evidence)
    seen = map(_moment, first), map(_moment, last)
    return tuple(map(Fact, subjects, map(intern, keys), values, sources, map(intern, vantages), *seen, confidence))


_remembered = lru_cache(REMEMBERED)(_facts)


@lru_cache(1 << 12)  # those of one asset follow each other
def _subject(kind: str, asset: str, local_key: str) -> Subject:
    return Subject(_KINDS[kind], intern(asset), intern(local_key))


@lru_cache(1 << 12)
def _source(kind: str, name: str, evidence: str) -> Source:
    return Source(intern(kind), intern(name), evidence)


def _finding_row(one: Finding) -> tuple[Any, ...]:
    return (
        one.id,
        one.check,
        one.check_version,
        one.title,
        _CODES[one.severity],
        one.subject,
        _CODES[one.result],
        one.reason,
        one.statement,
        [_because_row(each) for each in one.because],
        one.waiver,
        one.realm,
        one.position,
        one.part,
        one.zone,
    )


def _finding(row: tuple[Any, ...]) -> Finding:
    id, check, version, title, severity, subject, result, reason, statement, because, *where = row
    return Finding(
        id,
        intern(check),
        version,
        intern(title),
        _SEVERITIES[severity],
        intern(subject),
        _RESULTS[result],
        intern(reason),
        statement,
        tuple([_because(each) for each in because]),
        *where,
    )


def _because_row(one: Because) -> tuple[Any, ...]:
    at = _text(one.observed_at) if one.observed_at else None
    return one.subject, one.key, one.value, one.source, one.evidence, at, one.reason


def _because(row: tuple[Any, ...]) -> Because:
    subject, key, value, source, evidence, at, reason = row
    moment = _moment(at) if at else None
    return Because(intern(subject), intern(key), value, intern(source), evidence, moment, intern(reason))


def _text(at: datetime) -> str:
    return _utc_text(at) if at.tzinfo is UTC else at.isoformat()


_utc_text: Callable[[datetime], str] = lru_cache(1 << 12)(datetime.isoformat)
_moment: Callable[[str], datetime] = lru_cache(1 << 12)(datetime.fromisoformat)
