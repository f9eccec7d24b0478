"""Domain objects with everything in them that a store could lose."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from assetctl.model import (
    Address,
    Asset,
    Because,
    Claim,
    Exchange,
    Fact,
    Finding,
    Join,
    Observation,
    Outcome,
    Position,
    Result,
    Scan,
    ScanState,
    Severity,
    Source,
    Subject,
    SubjectKind,
    Transport,
)
from assetctl.store.records import CheckRun

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
HOSTILE = "NUL \x00, half a pair \ud83d, \\u0041 and \\\\, \x1b[31m, =cmd(), Ünïcode \U0001f600, 'quoted' \"twice\""


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def scan(scan_id: str = "s1", *, realm: str = "plant", minutes: float = 0) -> Scan:
    return Scan(
        id=scan_id,
        realm=realm,
        state=ScanState.PARTIAL,
        started=at(minutes),
        ended=at(minutes + 5),
        vantage="eth0",
        plan_hash="ab" * 32,
        approval=HOSTILE,
        ledger="/var/lib/ledger",
        head="cd" * 32,
        count=5_000_000_000,
        exit=5,
        counts={"answered": 3, "silent": 1},
        coverage=("10.0.0.0/24", "10.0.1.7"),
        excluded=("10.0.0.9",),
        note=HOSTILE,
    )


def exchange(number: int, *, scan_id: str = "s1", received: tuple[bytes, ...] = (b"\x00\x01\xff",)) -> Exchange:
    return Exchange(
        id=f"{scan_id}:{number}",
        request="read device identification",
        sent=b"\x00\x01\x00\x00" + number.to_bytes(4, "big"),
        received=received,
        outcome=Outcome.ANSWERED if received else Outcome.SILENT,
        at=at(number / 60),
        rtt_ms=1.25 if received else None,
        detail=HOSTILE,
    )


def observation(number: int, *, scan_id: str = "s1", realm: str = "plant", of: int = 3) -> Observation:
    exchanges = tuple(
        exchange(number * 100 + n, scan_id=scan_id, received=(b"a" * n, b"", b"a" * n)) for n in range(of)
    )
    return Observation(
        id=f"{scan_id}-step-{number}",
        scan=scan_id,
        source="probe",
        reader="modbus/1",
        realm=realm,
        target=Address(realm, ip_address(f"10.0.0.{number % 250}" if number % 2 else f"fe80::{number:x}%eth0")),
        vantage="eth0",
        outcome=Outcome.ANSWERED,
        started=at(number // 2),  # pairs begin at the same moment
        ended=at(number + 1),
        exchanges=exchanges,
        claims=(
            Claim("manufacturer", HOSTILE),
            Claim("modbus_unit_id", 2**70, part="unit/7", confidence=60),
            Claim("is_managed", True, SubjectKind.INTERFACE, "2"),
            Claim("modbus_objects", ("0x80=b", "0x80=a"), SubjectKind.SERVICE, "tcp/502"),
        ),
        port=502,
        transport=Transport.TCP,
        envelope="plant-read",
        options={"units": "1,2", "a": HOSTILE},
        detail=HOSTILE,
    )


def record(number: int, *, scan_id: str = "s1") -> Observation:
    """An imported record: no address, no exchange."""
    return Observation(
        id=f"row-{number}",
        scan=scan_id,
        source="xlsx",
        reader="xlsx/1",
        realm="plant",
        target=None,
        vantage="",
        outcome=Outcome.ANSWERED,
        started=at(0),
        ended=at(0),
        exchanges=(),
        claims=(Claim("hostname", "plc-7"),),
        record=f"row {number}",
    )


def asset(name: str, *, realm: str = "plant", aliases: tuple[str, ...] = (), facts: int = 4) -> Asset:
    values = (HOSTILE, 7, True, ("b", "a"))
    return Asset(
        id=name,
        realm=realm,
        facts=tuple(
            Fact(
                Subject(list(SubjectKind)[n % 6], name, HOSTILE if n else ""),
                ("manufacturer", "mtu", "is_managed", "modbus_objects")[n % 4],
                values[n % 4],
                Source("probe", "modbus", f"s1:{n}"),
                "eth0",
                at(n),
                at(n + 10),
                90 - n,
            )
            for n in range(facts)
        ),
        first_seen=at(0),
        last_seen=at(20),
        confidence=80,
        aliases=aliases,
        site="Werk Süd",
        position=None if name.endswith("0") else "=A1+B2",
        parent=None,
        zone="cell-1",
        joins=(Join("serial_number", HOSTILE, ("s1-step-1", "s1-step-2")),),
        observations=("s1-step-1", "s1-step-2"),
    )


def position(name: str, *, realm: str = "plant", source: str = "register.yaml") -> Position:
    return Position(
        id=name,
        realm=realm,
        match={"ip_address": "10.20.1.5", "serial_number": HOSTILE},
        declared={"asset_criticality": "high", "redundant": True, "slot": 3, "tags": ("b", "a")},
        source=source,
        declared_at=at(0),
    )


def run(run_id: str = "r1", *, minutes: float = 0, realm: str = "plant") -> CheckRun:
    return CheckRun(run_id, at(minutes), realm, "ab" * 32, "cd" * 32, {"pass": 10, "fail": 1}, ("s1", "s2"))


def finding(number: int, result: Result = Result.FAIL) -> Finding:
    return Finding(
        id=f"f-{number}",
        check="SVC-001",
        check_version=2,
        title="Clear-text administration",
        severity=Severity.HIGH,
        subject=f"a-{number}",
        result=result,
        reason="stale",
        statement=HOSTILE,
        because=(
            Because(f"a-{number}", "service_name", HOSTILE, "probe modbus", "s1:1", at(0)),
            Because(f"a-{number}", "port_state", "", reason="not-probed"),
        ),
        waiver="W-1",
    )
