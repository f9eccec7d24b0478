"""Members of a redundancy group take turns, and what the register declares counts before anything was seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from assetctl.model import Address, Exchange, Observation, Outcome, Position, Transport
from assetctl.protocols import registry
from assetctl.work.expected import expected
from assetctl.work.knowledge import Knowledge
from assetctl.work.partners import waiting
from tests.unit.plants import address, scope, target

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE, TWO = address("10.1.1.1"), address("10.1.1.2")
PAIR = scope(target("10.1.1.1", "10.1.1.9"), redundant=(frozenset({ONE, TWO}),))
NONE: frozenset[Address] = frozenset()


def asked(at: Address, minutes_ago: float, scan: str = "s-1") -> Observation:
    ended = NOW - timedelta(minutes=minutes_ago)
    return Observation(
        id=f"{scan}/{at}/{minutes_ago}",
        scan=scan,
        source="probe",
        reader="modbus/1",
        realm="plant",
        target=at,
        vantage="eth0",
        outcome=Outcome.ANSWERED,
        started=ended,
        ended=ended,
        exchanges=(EXCHANGE,),
        claims=(),
        port=502,
        transport=Transport.TCP,
    )


EXCHANGE = Exchange("s-1:1", "connect", b"", (), NOW, Outcome.ANSWERED)


def test_one_member_is_asked_and_its_partner_waits() -> None:
    held = waiting(PAIR, (), tripped=NONE, now=NOW)
    assert held == {TWO: f"its redundant partner {ONE} is asked first; ask this one 10 minutes later"}


def test_runs_take_turns() -> None:
    assert set(waiting(PAIR, [asked(ONE, 30)], tripped=NONE, now=NOW)) == {ONE}
    assert set(waiting(PAIR, [asked(ONE, 30), asked(TWO, 20)], tripped=NONE, now=NOW)) == {TWO}


def test_ten_minutes_pass_between_members() -> None:
    held = waiting(PAIR, [asked(ONE, 9.9)], tripped=NONE, now=NOW)
    assert "less than 10 minutes" in held[TWO]
    assert set(waiting(PAIR, [asked(ONE, 10)], tripped=NONE, now=NOW)) == {ONE}


def test_no_member_is_asked_after_its_partner_tripped() -> None:
    assert "quarantine" in waiting(PAIR, [asked(ONE, 60)], tripped=frozenset({ONE}), now=NOW)[TWO]


def test_an_interrupted_scan_goes_on_with_the_member_it_had_begun() -> None:
    held = waiting(PAIR, [asked(TWO, 1, "s-2"), asked(ONE, 90)], tripped=NONE, now=NOW, resume="s-2")
    assert set(held) == {ONE}


def test_a_member_outside_the_scope_is_no_concern_of_the_plan() -> None:
    alone = replace(PAIR, targets=(target("10.1.1.1"),))
    assert waiting(alone, (), tripped=NONE, now=NOW) == {}


def test_what_the_register_declares_of_an_address_suggests_protocols() -> None:
    place = Position("P1", "plant", {"ip_address": "10.1.1.1"}, {"manufacturer": "Omron"}, "register.yaml", NOW)
    elsewhere = replace(place, realm="cell1")
    unplaced = replace(place, match={"serial_number": "4711"})
    (found,) = expected((place, elsewhere, unplaced), "plant")
    known = Knowledge()
    known.expect(*found)
    wants = registry()["fins"].wants
    assert wants is not None
    assert found[0] == Address("plant", ip_address("10.1.1.1"))
    assert wants.suggested(known.of(ONE), port="udp/9600")
