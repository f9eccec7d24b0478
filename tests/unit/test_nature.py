import pytest

from assetctl.model import Claim, SubjectKind
from assetctl.safety.nature import control_equipment, safety_system
from assetctl.work.scan import Held
from tests.unit.plants import address


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("order_code", "6ES7 315-2FJ14-0AB0"),
        ("order_code", "6ES7 516-3FN01-0AB0"),
        ("module_type", "CPU 1516F-3 PN/DP"),
        ("model", "1756-L82ES"),
        ("model", "GuardLogix 5570"),
        ("manufacturer", "HIMA Paul Hildebrandt GmbH"),
        ("cip_device_type", 35),
        ("asset_role_type", "safety-controller"),
    ],
)
def test_a_safety_system_is_recognised(key: str, value: object) -> None:
    assert safety_system([(key, "", value)])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("order_code", "6ES7 315-2EH14-0AB0"),
        ("order_code", "6ES7 321-1FH00-0AA0"),
        ("module_type", "CPU 1516-3 PN/DP"),
        ("model", "1769-L33ER/A LOGIX5333ER"),
        ("manufacturer", "Siemens"),
        ("cip_device_type", 14),
    ],
)
def test_a_usual_controller_is_not_taken_for_one(key: str, value: object) -> None:
    assert safety_system([(key, "", value)]) == ""


def test_control_equipment_shows_by_protocol_port_maker_or_role() -> None:
    assert control_equipment([("service_name", "tcp/502", "modbus")])
    assert control_equipment([("port_state", "tcp/44818", "open")])
    assert control_equipment([("manufacturer", "", "Siemens")])
    assert control_equipment([("asset_role_type", "", "plc")])
    assert not control_equipment([("port_state", "tcp/44818", "closed"), ("manufacturer", "", "Cisco")])


def test_a_safety_system_is_asked_nothing_more_unless_a_consent_names_it() -> None:
    claim = Claim("order_code", "6ES7 315-2FJ14-0AB0")
    held = Held()
    held.learn(address("10.1.1.1"), (claim,))
    assert "safety system" in held.reason(address("10.1.1.1"), "modbus", "connect")
    consented = Held(frozenset({address("10.1.1.1")}))
    consented.learn(address("10.1.1.1"), (claim,))
    assert consented.reason(address("10.1.1.1"), "modbus", "connect") == ""


def test_a_part_does_not_make_its_rack_a_safety_system() -> None:
    held = Held()
    held.learn(address("10.1.1.1"), (Claim("cip_device_type", 35, SubjectKind.ASSET, part="slot/3"),))
    assert held.reason(address("10.1.1.1"), "enip", "connect") == ""
