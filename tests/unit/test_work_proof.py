"""Evidence that was changed is found, and evidence that was not is not accused."""

import hashlib
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assetctl.errors import Exit, IntegrityFault
from assetctl.safety.ledger import GENESIS, Ledger, read
from assetctl.work.proof import verify
from tests.unit.behind import changed, rows
from tests.unit.command import Desk, Said
from tests.unit.scanned import desk, scan_of, scanned_once, servers, store_of

__all__ = ["desk", "scanned_once", "servers"]


def ledger(desk: Desk) -> Path:
    return Path(scan_of(desk).ledger)


def accused(said: Said, *words: str) -> None:
    assert said.code == Exit.INTEGRITY, said
    assert len(said.errors) == 1, said.err
    for word in words:
        assert word in said.errors[0]


def change(desk: Desk, statement: str, **values: object) -> int:
    return changed(desk.folder / "assetctl.db", statement, **values)


def rebuilt(path: Path, edit: Callable[[dict[str, object]], None]) -> tuple[str, int]:
    """Write the whole chain anew with an edit in each line, as somebody with the file and this program could."""
    entries = [dict(line.entry) for line in read(path)]
    path.unlink()
    fresh = Ledger(path)
    for entry in entries:
        edit(entry)
        fresh.append(entry, now_s=0.0)
    fresh.close()
    return fresh.head, fresh.count


def test_untouched_evidence_is_proved_with_and_without_the_ticket(desk: Desk) -> None:
    scan = scan_of(desk)
    said = desk.call("--format", "json", "evidence", "verify")
    assert said.code == 0, said.err
    row = json.loads(said.out)["data"][0]
    assert row["lines"] == scan.count
    assert row["exchanges"] > 0
    assert "ticket" not in row["proof"]
    said = desk.call(
        "--format", "json", "evidence", "verify", "--scan", scan.id, "--head", scan.head, "--count", str(scan.count)
    )
    assert said.code == 0
    assert "ticket" in json.loads(said.out)["data"][0]["proof"]


def test_a_changed_answer_is_found(desk: Desk) -> None:
    stored = rows(desk.folder / "assetctl.db", "SELECT digest, size FROM blob ORDER BY digest")
    digest, size = next(row for row in stored if row.size > 20)
    other = zlib.compress(bytes(size))
    assert change(desk, "UPDATE blob SET data = :data WHERE digest = :digest", data=other, digest=digest) == 1
    accused(desk.call("evidence", "verify"), digest[:12])


def test_an_exchange_that_names_other_bytes_is_found(desk: Desk) -> None:
    with store_of(desk) as store:
        first, second, *_ = [one for one in store.exchanges() if one.exchange.received]
    other = json.dumps(list(second.received))
    assert change(desk, "UPDATE exchange SET received = :other WHERE id = :id", other=other, id=first.exchange.id) == 1
    accused(desk.call("evidence", "verify"), first.exchange.id, "answer")


def test_an_exchange_with_another_question_is_found(desk: Desk) -> None:
    with store_of(desk) as store:
        first, second, *_ = [one for one in store.exchanges() if one.exchange.sent]
    other = second.sent
    assert change(desk, "UPDATE exchange SET sent = :other WHERE id = :id", other=other, id=first.exchange.id) == 1
    accused(desk.call("evidence", "verify"), first.exchange.id, "question")


@pytest.mark.parametrize(
    ("change_of", "word"),
    [("outcome = 'silent'", "outcome"), ("request = 'write-register'", "request"), ("step = step || '9'", "request")],
)
def test_an_exchange_row_that_was_changed_is_found(desk: Desk, change_of: str, word: str) -> None:
    with store_of(desk) as store:
        name = next(one.exchange.id for one in store.exchanges() if one.exchange.received)
    assert change(desk, f"UPDATE exchange SET {change_of} WHERE id = :id", id=name) == 1
    accused(desk.call("evidence", "verify"), name, word)


def test_an_answer_that_was_taken_away_is_found(desk: Desk) -> None:
    with store_of(desk) as store:
        name = next(one.exchange.id for one in store.exchanges() if one.exchange.received)
    change(desk, "DELETE FROM observation_exchange WHERE exchange = :id", id=name)
    assert change(desk, "DELETE FROM exchange WHERE id = :id", id=name) == 1
    accused(desk.call("evidence", "verify"), "1 answer of the ledger not stored")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_of_a_ledger_is_found(desk: Desk, data: st.DataObject) -> None:
    scan = scan_of(desk)
    raw = Path(scan.ledger).read_bytes()
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != raw[at]))
    copy = desk.folder / "copy.jsonl"
    copy.write_bytes(raw[:at] + bytes((byte,)) + raw[at + 1 :])
    with store_of(desk) as store:
        proof = verify(store, scan.id, ledger=copy)[0]
    assert proof.fault


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_truncation_of_a_ledger_is_found(desk: Desk, data: st.DataObject) -> None:
    scan = scan_of(desk)
    raw = Path(scan.ledger).read_bytes()
    copy = desk.folder / "copy.jsonl"
    copy.write_bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])
    with store_of(desk) as store:
        assert verify(store, scan.id, ledger=copy)[0].fault
        assert verify(store, scan.id, ledger=copy, head=scan.head, count=scan.count)[0].fault


def test_a_changed_and_a_short_ledger_are_one_line_each(desk: Desk) -> None:
    path = ledger(desk)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b'"units":1', b'"units":0', 1))
    accused(desk.call("evidence", "verify"), path.name, "line")
    path.write_bytes(raw[: raw.rfind(b"\n", 0, -1) + 1])
    accused(desk.call("evidence", "verify"), path.name, "missing")
    path.unlink()
    accused(desk.call("evidence", "verify"), path.name, "cannot be read")


def test_a_rebuilt_chain_is_found_by_the_database(desk: Desk) -> None:
    rebuilt(ledger(desk), lambda entry: entry.update(port=1) if entry.get("port") else None)
    accused(desk.call("evidence", "verify"), "the database", "rebuilt")


def test_a_chain_rebuilt_together_with_the_database_is_found_by_the_ticket_alone(desk: Desk) -> None:
    scan = scan_of(desk)
    head, count = rebuilt(ledger(desk), lambda entry: entry.update(port=1) if entry.get("port") else None)
    change(desk, "UPDATE scan SET head = :head, count = :count", head=head, count=count)
    assert desk.call("evidence", "verify").code == 0
    ticket = ("--head", scan.head, "--count", str(scan.count))
    accused(desk.call("evidence", "verify", "--scan", scan.id, *ticket), "ticket")


def test_a_ticket_is_asked_for_whole_lines(desk: Desk) -> None:
    scan = scan_of(desk)
    for head, count in ((GENESIS, scan.count), (scan.head, scan.count + 1), (scan.head, scan.count - 1)):
        accused(desk.call("evidence", "verify", "--scan", scan.id, "--head", head, "--count", str(count)), "ticket")


def test_a_torn_last_line_is_reported_and_no_fault(desk: Desk) -> None:
    """After a power cut: the scan row has no head yet."""
    scan = scan_of(desk)
    with Path(scan.ledger).open("ab") as stream:
        stream.write(b'{"n":')
    change(desk, "UPDATE scan SET head = '', count = 0")
    said = desk.call("--format", "json", "evidence", "verify")
    assert said.code == 0
    assert "not finished" in json.loads(said.out)["data"][0]["proof"]


def test_pruned_bytes_are_no_fault(desk: Desk) -> None:
    with store_of(desk) as store:
        digest = next(one.received[0] for one in store.exchanges() if one.received)
    assert change(desk, "UPDATE blob SET data = NULL WHERE digest = :digest", digest=digest) == 1
    assert desk.call("evidence", "verify").code == 0


def test_the_answer_line_of_the_ledger_is_the_digest_of_the_stored_bytes(desk: Desk) -> None:
    """Every answer that the ledger notes is stored, and every stored answer of a finished scan is noted."""
    scan = scan_of(desk)
    noted = {e["re"]: e["sha256"] for e in (line.entry for line in read(Path(scan.ledger))) if e["do"] == "answer"}
    with store_of(desk) as store:
        stored = {
            int(one.exchange.id.rpartition(":")[2]): hashlib.sha256(b"".join(one.exchange.received)).hexdigest()
            for one in store.exchanges(scan.id)
            if one.exchange.received
        }
    assert {number: digest for number, digest in noted.items() if digest} == stored


def test_an_old_ledger_that_was_changed_forbids_new_questions(desk: Desk, servers: object) -> None:
    """Budgets are counted from the ledgers: one that lies cannot be built on."""
    path = ledger(desk)
    path.write_bytes(path.read_bytes().replace(b'"units":1', b'"units":0', 1))
    said = desk.call("-q", "scan", "--yes")
    accused(said, path.name)
    with pytest.raises(IntegrityFault):
        list(read(path))
    assert len(os.listdir(desk.folder / "assetctl.ledgers")) == 1
