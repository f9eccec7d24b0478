"""A tank gauge: one report is asked, its checksum counts, and its port is nobody else's."""

from dataclasses import replace
from pathlib import Path

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import RequestClass, Transport
from assetctl.plan import Plan, Step, steps
from assetctl.planning import make
from assetctl.protocols import registry
from assetctl.protocols.modbus.codec import FRAMING
from assetctl.protocols.veeder_root import PROTOCOL, codec, vet
from assetctl.safety.permit import Permit, Refused
from assetctl.scope import Consent, Scope
from assetctl.talk import Ask, Open
from tests.unit.plants import gate, scope, target

GAUGE = "10.20.1.7"
OPEN = Open(Transport.TCP, 10001)


def message(text: bytes) -> bytes:
    said = b"\x01" + text
    return said + f"{-sum(said) & 0xFFFF:04X}".encode() + b"\x03"


def found(plan: Plan) -> tuple[Step, ...]:
    return next(iter(steps(plan, registry(), plan.rows[0].target)))[1]


REPORT = b"i902002611231200SOFTWARE# 346330-100-DCREATED - 06.10.24.13.42&&"


def consented() -> Plan:
    asked = target(GAUGE)
    told = scope(asked, probes=("veeder_root", "modbus"), ports={"modbus": (10001,)})
    allowed = replace(told, consents=(Consent("veeder_root", (asked,), "A. Engineer", "the station is shut"),))
    return make(allowed, registry())


def test_no_other_function_may_leave() -> None:
    assert vet.vet(codec.encode_revision()) == "revision-report"
    for text in (b"I90200", b"i20100", b"i10100", b"s00100", b"S60201", b"i90201", b"i90200\n", b"i902"):
        with pytest.raises(Refusal):
            vet.vet(b"\x01" + text)
    assert PROTOCOL.klass is RequestClass.STATEFUL
    assert not PROTOCOL.verified


def test_the_checksum_of_the_manual_is_understood() -> None:
    assert message(b"9999")[-5:] == b"FF1B\x03"
    assert codec.decode(b"\x019999FF1B\x03") == codec.Revision()


def test_software_and_its_date_are_told() -> None:
    assert codec.decode(message(REPORT)) == codec.Revision("346330-100-D", "06.10.24.13.42")


@pytest.mark.parametrize(
    "unit",
    [
        b"",
        b"\x03",
        message(REPORT)[:-5] + b"0000\x03",
        message(REPORT).replace(b"346330", b"346331"),  # a flipped bit
        message(REPORT.replace(b"&&", b"")),
        message(REPORT.replace(b"i902", b"i201")),
        message(REPORT.replace(b"SOFTWARE#", b"HARDWARE#")),
        message(REPORT)[1:],
    ],
)
def test_what_is_no_whole_report_is_refused(unit: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode(unit)


def test_it_is_planned_only_with_a_consent_for_the_device() -> None:
    assert not make(Scope(targets=(target(GAUGE),), probes=("veeder_root",)), registry()).rows
    assert "veeder_root" in {row.protocol for row in consented().rows}


def test_only_the_consented_protocol_reaches_the_port_of_a_serial_tunnel(tmp_path: Path) -> None:
    guard = gate(consented(), tmp_path)
    own = next(step for step in found(consented()) if step.protocol == "veeder_root")
    assert isinstance(guard.permit(own, OPEN, opened=OPEN), Permit)
    for action in (OPEN, Ask(bytes.fromhex("000100000005ff2b0e0100"), FRAMING)):
        refused = guard.permit(replace(own, protocol="modbus"), action, opened=OPEN)
        assert isinstance(refused, Refused)
        assert "port 10001 is not the planned one" in refused.reason


def test_no_other_port_of_a_serial_tunnel_is_reached(tmp_path: Path) -> None:
    asked = target(GAUGE)
    told = scope(asked, probes=("veeder_root",), ports={"veeder_root": (10002,)})
    plan = make(replace(told, consents=(Consent("veeder_root", (asked,), "A. Engineer", "shut"),)), registry())
    (step,) = found(plan)
    elsewhere = Open(Transport.TCP, 10002)
    refused = gate(plan, tmp_path).permit(step, elsewhere, opened=elsewhere)
    assert isinstance(refused, Refused)
    assert "port 10002 is not the planned one" in refused.reason
