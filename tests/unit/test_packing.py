"""What is packed comes back as it was, and takes a fraction of the room."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.model import Because, Fact, Finding, Result, Severity, Source, Subject, SubjectKind
from assetctl.packing import PIECE, Findings, PackedFacts, Packer, packed_findings

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
EASTERN = timezone(timedelta(hours=-5))
TEXTS = st.text(st.characters(), max_size=20)  # lone surrogates too: devices send them
NAIVE = st.datetimes(min_value=datetime(1970, 1, 1))  # noqa: DTZ001  its zone comes next
TIMES = st.builds(lambda at, zone: at.replace(tzinfo=zone, fold=0), NAIVE, st.sampled_from((UTC, EASTERN)))
VALUES = st.one_of(TEXTS, st.booleans(), st.integers(), st.lists(TEXTS).map(tuple))
FACTS = st.builds(
    Fact,
    st.builds(Subject, st.sampled_from(SubjectKind), TEXTS, TEXTS),
    TEXTS,
    VALUES,
    st.builds(Source, TEXTS, TEXTS, TEXTS),
    TEXTS,
    TIMES,
    TIMES,
    st.integers(0, 100),
)
REASONS = st.builds(Because, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, st.none() | TIMES, TEXTS)
WRITTEN = st.builds(
    Finding,
    *(TEXTS, TEXTS, st.integers(1, 9), TEXTS, st.sampled_from(Severity), TEXTS, st.sampled_from(Result), TEXTS, TEXTS),
    st.lists(REASONS, max_size=3).map(tuple),
    *(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS),
)


def finding(number: int, result: Result = Result.UNKNOWN) -> Finding:
    because = (Because(f"as-{number}", "port_state", "open", observed_at=NOW),)
    return Finding(f"{number:016x}", "SVC-001", 1, "Telnet is off", Severity.HIGH, "as", result, "", "It is.", because)


@given(st.lists(FACTS, max_size=6))
def test_facts_come_back_as_they_were(facts: list[Fact]) -> None:
    packed = PackedFacts(facts)
    assert tuple(packed) == tuple(facts)
    assert [repr(one) for one in packed] == [repr(one) for one in facts], "true is not 1, and a time keeps its zone"
    assert (len(packed), packed == tuple(facts), packed == PackedFacts(facts)) == (len(facts), True, True)
    assert hash(packed) == hash(tuple(facts))


@given(st.lists(WRITTEN, max_size=6))
def test_findings_come_back_as_they_were(findings: list[Finding]) -> None:
    packed = Findings(findings)
    assert [repr(one) for one in packed] == [repr(one) for one in findings]
    assert packed == findings
    assert list(packed.having(Result.FAIL)) == [one for one in findings if one.result is Result.FAIL]
    assert list(packed.cited()) == [because.evidence for one in findings for because in one.because]
    assert packed.sorts().total() == len(findings)
    for sort in packed.sorts():
        alike = [one for one in findings if (one.severity, one.check, one.result) == sort]
        assert list(packed.of({sort})) == alike
        assert packed.sorts()[sort] == len(alike)


def test_findings_that_are_packed_already_are_not_packed_again() -> None:
    packed = packed_findings([finding(1)])
    assert packed_findings(packed) is packed
    assert packed == [finding(1)]


def test_findings_are_found_by_their_place_across_pieces() -> None:
    every = [finding(number) for number in range(2 * PIECE + 7)]
    packer = Packer()
    for one in every:
        packer.add(one)
    packed = packer.packed()
    assert len(packed) == len(every)
    assert [packed[at] for at in (0, PIECE - 1, PIECE, -1, -len(every))] == [
        every[at] for at in (0, PIECE - 1, PIECE, -1, -len(every))
    ]
    assert packed[PIECE - 2 : PIECE + 2] == tuple(every[PIECE - 2 : PIECE + 2])
    for beyond in (len(every), -len(every) - 1):
        with pytest.raises(IndexError):
            packed[beyond]


def test_one_that_differs_or_is_missing_makes_findings_unequal() -> None:
    every = [finding(number) for number in range(PIECE + 1)]
    assert Findings(every) == tuple(every)
    assert Findings(every) != every[:-1]
    assert Findings(every) != [*every[:-1], replace(every[-1], statement="It was.")]


def test_a_hundred_facts_of_an_asset_take_less_room_than_ten_loose_ones() -> None:
    def fact(number: int) -> Fact:
        subject = Subject(SubjectKind.INTERFACE, "as-0123456789ab", f"{number // 4}")
        key = ("interface_name", "interface_oper_status", "interface_admin_status", "interface_description")[number % 4]
        return Fact(subject, key, f"Port {number}", Source("probe", "snmp", "e-17"), "eth0", NOW, NOW, 90)

    packed = PackedFacts(map(fact, range(100)))
    assert sys.getsizeof(packed._packed) < 10 * sys.getsizeof(fact(0)) * 2
