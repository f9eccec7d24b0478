"""EtherNet/IP: the units, the identities, and the conversation."""

from collections.abc import Callable
from struct import pack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.enip import PROTOCOL, codec, names, probe, rack, slots
from assetctl.talk import Ask, Open, Reply
from assetctl.wire import cut

SESSION = 0x0A0B0C0D
DEEP = frozenset({probe.INTERFACES})
RACK = frozenset({probe.BACKPLANE})


def _attributes(
    *,
    vendor: int = 1,
    serial: int = 0xC0FFEE,
    revision: tuple[int, int] = (32, 11),
    kind: int = 14,
    status: int = 0x3160,
    name: bytes = b"1L3",
) -> bytes:
    return pack("<HHHBBHIB", vendor, kind, 150, *revision, status, serial, len(name)) + name


def _item(attributes: bytes, *, ip: bytes = b"\x0a\x14\x01\x05", kind: int = 0x0C) -> bytes:
    body = b"\x01\0\0\x02\xaf\x12" + ip + bytes(8) + attributes + b"\x03"
    return pack("<HH", kind, len(body)) + body


def _answer(asked: bytes, body: bytes = b"", *, status: int = 0, session: int = 0) -> bytes:
    """An answer to a unit: its command and context, our body."""
    return asked[:2] + pack("<HII", len(body), session, status) + asked[12:24] + body


def _listed(asked: bytes, *items: bytes) -> bytes:
    return _answer(asked, pack("<H", len(items)) + b"".join(items))


def _cip(asked: bytes, status: int = 0, data: bytes = b"") -> bytes:
    answer = bytes((asked[40] | 0x80, 0, status, 0)) + data
    return _answer(asked, bytes(6) + b"\x02\0" + bytes(4) + pack("<HH", 0xB2, len(answer)) + answer, session=SESSION)


# what may leave

ROUTED = "5202 2006 2401 052f"
NEVER = {
    "Get_Attributes_All of another instance of the chassis": "0102 2066 2402",
    "Get_Attributes_All of the program name": "0102 2064 2401",
    "Reset of a module": f"{ROUTED} 0600 0502 2001 2401 0100 0103",
    "read of a tag in a module": f"{ROUTED} 0600 4c02 2001 2401 0100 0103",
    "a slot beyond the largest chassis": f"{ROUTED} 0600 0102 2001 2401 0100 0111",
    "a module over another port": f"{ROUTED} 0600 0102 2001 2401 0100 0203",
    "a module of a second rack": f"{ROUTED} 0600 0102 2001 2401 0200 0103 0103",
    "the chassis of another module": f"{ROUTED} 0600 0102 2066 2401 0100 0103",
    "a module with a longer time": "5202 2006 2401 0a05 0600 0102 2001 2401 0100 0103",
    "Get_Attribute_Single of the Identity": "0e03 2001 2401 3001",
    "Set_Attributes_All": "0202 20f5 2401",
    "Set_Attribute_List": "0402 20f5 2401",
    "Reset": "0502 2001 2401",
    "Start": "0602 2001 2401",
    "Stop": "0702 2001 2401",
    "Create": "0802 2001 2400",
    "Delete": "0902 2001 2401",
    "Multiple_Service_Packet": "0a02 2002 2401",
    "Apply_Attributes": "0d02 20f5 2401",
    "Set_Attribute_Single": "1003 20f5 2401 3006",
    "Restore": "1502 2001 2401",
    "Save": "1602 2001 2401",
    "read tag": "4c02 9101 4100 0100",
    "write tag": "4d02 9101 4100 c400 0100",
    "Forward_Close": "4e02 2006 2401",
    "Unconnected_Send": "5202 2006 2401",
    "Forward_Open": "5402 2006 2401",
    "Large_Forward_Open": "5b02 2006 2401",
    "file read": "4f02 2037 2401",
    "PCCC": "4b02 2067 2401",
    "host name of another instance": "0e03 20f5 2402 3006",
}


@pytest.mark.parametrize("name", NEVER)
def test_vet_refuses_every_other_service(name: str) -> None:
    request = bytes.fromhex(NEVER[name])
    allowed = codec.encode_read_identity(transaction=1, session=SESSION)
    items = allowed[24:38] + pack("<H", len(request)) + request
    unit = allowed[:2] + pack("<H", len(items)) + allowed[4:24] + items
    with pytest.raises(Refusal):
        PROTOCOL.vet(unit)


@pytest.mark.parametrize("command", [c for c in range(256) if c not in (0x63, 0x65, 0x66, 0x6F)])
def test_vet_refuses_every_other_command(command: int) -> None:
    for encode in (codec.encode_list_identity, codec.encode_register_session):
        unit = encode(transaction=1)
        with pytest.raises(Refusal):
            PROTOCOL.vet(bytes((command,)) + unit[1:])


def test_a_connected_item_does_not_leave() -> None:
    unit = codec.encode_read_identity(transaction=1, session=SESSION)
    with pytest.raises(Refusal):
        PROTOCOL.vet(unit.replace(b"\xb2\0\x06\0", b"\xb1\0\x06\0"))


# what an answer says


def test_all_identities_are_read_and_other_items_are_passed_over() -> None:
    asked = codec.encode_list_identity(transaction=7)
    answer = _listed(asked, _item(_attributes()), _item(b"", kind=0x86), _item(_attributes(serial=2)))
    listed = codec.decode_list_identity(answer, transaction=7)
    assert isinstance(listed, codec.Listed)
    assert [identity.serial_number for identity in listed.identities] == [0xC0FFEE, 2]
    assert not listed.broken


@given(st.integers(26, 26 + 2 * len(_item(_attributes())) - 1))
def test_of_a_list_cut_short_only_whole_identities_are_read(size: int) -> None:
    asked = codec.encode_list_identity(transaction=7)
    whole = _listed(asked, _item(_attributes()), _item(_attributes(serial=2)))
    answer = whole[:2] + pack("<H", size - 24) + whole[4:size]
    listed = codec.decode_list_identity(answer, transaction=7)
    assert isinstance(listed, codec.Listed)
    assert listed.broken
    assert len(listed.identities) == (size - 26) // len(_item(_attributes()))


@pytest.mark.parametrize("at", [0, 12, 14, 15, 16, 19])
def test_an_answer_to_another_command_or_context_is_refused(at: int) -> None:
    asked = codec.encode_list_identity(transaction=7)
    answer = bytearray(_listed(asked, _item(_attributes())))
    answer[at] ^= 0x01
    with pytest.raises(WireError):
        codec.decode_list_identity(bytes(answer), transaction=7)


def test_an_answer_of_another_session_or_service_is_refused() -> None:
    asked = codec.encode_read_identity(transaction=7, session=SESSION)
    answer = _cip(asked, data=_attributes())
    read = codec.decode_answer(answer, transaction=7, session=SESSION, services=(1,))
    assert read == codec.Answer(0, _attributes())
    for session, service in ((SESSION + 1, 1), (SESSION, 0x0E)):
        with pytest.raises(WireError):
            codec.decode_answer(answer, transaction=7, session=session, services=(service,))


def test_a_late_or_doubled_datagram_answers_no_later_question() -> None:
    talk = probe.probe(Context(port=44818, seed=5))
    next(talk)
    ask = talk.send(Reply(Outcome.ANSWERED))
    assert isinstance(ask, Ask)
    assert ask.accepts is not None
    assert ask.accepts(_listed(ask.payload, _item(_attributes())))
    assert not ask.accepts(_listed(codec.encode_list_identity(transaction=4), _item(_attributes())))
    assert not ask.accepts(_answer(codec.encode_register_session(transaction=5)))
    assert not ask.accepts(b"")


@given(st.binary(max_size=40))
def test_a_stream_is_cut_by_the_stated_length(rest: bytes) -> None:
    unit = _listed(codec.encode_list_identity(transaction=1), _item(_attributes()))
    assert cut(PROTOCOL.framing, unit + rest) == (unit, rest)


@given(st.binary(max_size=40))
def test_any_attribute_is_read_or_refused(data: bytes) -> None:
    for decode in (codec.decode_host_name, codec.decode_ip_address, codec.decode_mac_address, codec.decode_identity):
        try:
            decode(data)
        except WireError:
            continue


def test_the_address_attribute_is_a_little_endian_number() -> None:
    assert codec.decode_ip_address(pack("<I", 0xC0A8010A) + bytes(18)) == "192.168.1.10"
    assert codec.decode_ip_address(bytes(22)) == ""


def test_names_are_those_of_the_registry() -> None:
    assert names.vendor(1) == "Rockwell Automation/Allen-Bradley"
    assert names.vendor(0) is None
    assert names.device_type(14, vendor_id=1) == "Programmable Logic Controller"
    assert names.device_type(0x2C, vendor_id=0) == "Managed Ethernet Switch"
    assert names.device_type(0xC8 + 0x300, vendor_id=1) is None


def test_a_type_that_a_vendor_made_for_itself_has_its_name_with_that_vendor_alone() -> None:
    assert names.device_type(150, vendor_id=1) == "PowerFlex 525"
    assert names.device_type(150, vendor_id=48) is None


# the conversation


def _converse(
    context: Context, device: Callable[[Transport, bytes], Reply], *, refused: frozenset[Transport] = frozenset()
) -> tuple[list[str], dict[tuple[str, str], object]]:
    """Names of what was asked, each with its transport and a slot its number, and the claims by key and part."""
    talk, asked, transport = probe.probe(context), [], Transport.UDP
    step = next(talk)
    try:
        while True:
            if isinstance(step, Open):
                transport = step.transport
                asked.append(f"{transport} connect")
                reply = Reply(Outcome.REFUSED if transport in refused else Outcome.ANSWERED)
            elif not step.payload:
                asked.append(f"{transport} pause")
                reply = Reply(Outcome.SILENT)
            else:
                name = PROTOCOL.vet(step.payload)
                asked.append(f"{transport} {name}" + (f" {step.payload[-1]}" if name == "unconnected-send" else ""))
                reply = device(transport, step.payload) if step.replies else Reply(Outcome.ANSWERED)
            step = talk.send(reply)
    except StopIteration as end:
        assert sum("pause" not in name for name in asked) <= PROTOCOL.limit(context).units
        return asked, {(claim.key, claim.part): claim.value for claim in end.value}


def _said(frame: bytes) -> Reply:
    return Reply(Outcome.ANSWERED, (frame,))


def _device(
    *items: bytes, status: int = 0, udp: bool = True, tcp: bool = True, cip: tuple[int, ...] = (0,)
) -> Callable[[Transport, bytes], Reply]:
    """A device. status: to ListIdentity. udp, tcp: whether it answers ListIdentity there. cip: status of each read."""
    statuses = iter(cip)

    def answer(transport: Transport, unit: bytes) -> Reply:
        match PROTOCOL.vet(unit):
            case "list-identity" if not (udp if transport is Transport.UDP else tcp):
                return Reply(Outcome.SILENT)
            case "list-identity":
                return _said(_answer(unit, status=status) if status else _listed(unit, *items))
            case "register-session":
                return _said(_answer(unit, b"\x01\0\0\0", session=SESSION))
            case _:
                return _said(_cip(unit, next(statuses, 0), _attributes()))

    return answer


IN_SESSION = ["tcp register-session", "tcp get-attributes-all", "tcp unregister-session"]
LISTING = ["udp connect", "udp list-identity", "tcp connect", "tcp list-identity"]


def test_one_datagram_is_all_that_a_device_with_an_identity_is_asked() -> None:
    asked, claims = _converse(Context(port=44818), _device(_item(_attributes())))
    assert asked == ["udp connect", "udp list-identity"]
    assert claims["serial_number", ""] == "00C0FFEE"


@pytest.mark.parametrize("status", [0, 1])
def test_a_status_or_an_empty_list_leads_to_a_session_that_is_ended(status: int) -> None:
    asked, claims = _converse(Context(port=44818), _device(status=status))
    assert asked == LISTING + IN_SESSION
    assert claims["model", ""] == "1L3"


def test_a_device_that_is_silent_over_udp_is_asked_once_over_tcp() -> None:
    asked, claims = _converse(Context(port=44818), _device(_item(_attributes()), udp=False))
    assert asked == LISTING
    assert claims["service_name", ""] == "enip"
    assert _converse(Context(port=44818), _device(udp=False, tcp=False))[0] == LISTING


def test_a_device_that_only_refuses_over_udp_is_read_in_a_session() -> None:
    assert _converse(Context(port=44818), _device(status=1, tcp=False))[0] == LISTING + IN_SESSION


def test_a_busy_device_is_asked_again_once_and_then_left() -> None:
    again = ["tcp get-attributes-all", "tcp pause", "tcp get-attributes-all", "tcp unregister-session"]
    asked, claims = _converse(Context(port=44818), _device(cip=(2, 0)))
    assert asked == [*LISTING, "tcp register-session", *again]
    assert claims["model", ""] == "1L3"
    asked, claims = _converse(Context(port=44818), _device(cip=(2, 2)))
    assert asked == [*LISTING, "tcp register-session", *again]
    assert ("model", "") not in claims


def test_interfaces_are_read_only_in_depth() -> None:
    asked, _ = _converse(Context(port=44818, depth=DEEP), _device(_item(_attributes())))
    assert asked.count("tcp get-attribute-single") == 3
    assert asked[-1] == "tcp unregister-session"
    assert len(asked) <= PROTOCOL.limit(Context(port=44818, depth=DEEP)).units


def test_a_closed_tcp_port_keeps_what_udp_brought() -> None:
    device = _device(_item(_attributes()))
    asked, claims = _converse(Context(port=44818, depth=DEEP), device, refused=frozenset({Transport.TCP}))
    assert asked == ["udp connect", "udp list-identity", "tcp connect"]
    assert claims["model", ""] == "1L3"


def test_other_devices_in_the_list_are_parts_and_the_same_device_is_not() -> None:
    device = _device(_item(_attributes()), _item(_attributes(serial=7)), _item(_attributes(), ip=b"\x0a\x14\x02\x05"))
    _, claims = _converse(Context(port=44818), device)
    assert claims["serial_number", ""] == "00C0FFEE"
    assert claims["serial_number", "item/2"] == "00000007"
    assert ("serial_number", "item/3") not in claims


def test_two_devices_without_a_serial_number_are_not_taken_for_one() -> None:
    _, claims = _converse(Context(port=44818), _device(_item(_attributes(serial=0)), _item(_attributes(serial=0))))
    assert claims["model", "item/2"] == "1L3"
    assert ("serial_number", "") not in claims


@pytest.mark.parametrize(
    ("vendor", "revision", "text"),
    [
        (1, (32, 11), "32.011"),
        (1, (5, 2), "5.002"),
        (1, (33, 123), "33.123"),
        (48, (32, 11), "32.11"),
        (48, (2, 7), "2.7"),
        (48, (0, 0), None),
    ],
)
def test_the_minor_revision_has_three_digits_where_the_maker_prints_it_so(
    vendor: int, revision: tuple[int, int], text: str | None
) -> None:
    _, claims = _converse(Context(port=44818), _device(_item(_attributes(vendor=vendor, revision=revision))))
    assert claims.get(("firmware_software_version", "")) == text


def test_interface_facts_are_about_the_interface_with_that_hardware_address() -> None:
    values = {0x06: b"\x05\0line7", 0x05: pack("<I", 0x0A140105) + bytes(18), 0x03: bytes.fromhex("001d9c0a0b0c")}
    usual = _device(_item(_attributes()))

    def device(transport: Transport, unit: bytes) -> Reply:
        if PROTOCOL.vet(unit) == "get-attribute-single":
            return _said(_cip(unit, data=values[unit[-1]]))
        return usual(transport, unit)

    talk = probe.probe(Context(port=44818, depth=DEEP))
    step = next(talk)
    try:
        while True:
            opened = isinstance(step, Open) or not step.replies
            step = talk.send(Reply(Outcome.ANSWERED) if opened else device(Transport.TCP, step.payload))
    except StopIteration as end:
        found = {c.key: (c.value, c.kind, c.local_key) for c in end.value}
    mac = "00:1D:9C:0A:0B:0C"
    assert found["hostname"] == ("line7", SubjectKind.ASSET, "")
    assert found["ip_address"] == ("10.20.1.5", SubjectKind.INTERFACE, mac)
    assert found["mac_address"] == (mac, SubjectKind.INTERFACE, mac)


# the status word and the name


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (0x0000, (False, False, "self-testing or unknown", None)),
        (0x0065, (True, True, "at least one I/O connection in run mode", None)),
        (0x0554, (False, True, "major fault", ("minor recoverable", "major recoverable"))),
        (0x0AA0, (False, False, None, ("minor unrecoverable", "major unrecoverable"))),
    ],
)
def test_the_status_word_is_told_by_its_fields(status: int, told: tuple[object, ...]) -> None:
    _, claims = _converse(Context(port=44818), _device(_item(_attributes(vendor=48, status=status))))
    keys = ("cip_owned", "cip_configured", "cip_extended_device_status", "cip_faults")
    assert tuple(claims.get((key, "")) for key in keys) == told
    assert claims["cip_status", ""] == status


@pytest.mark.parametrize(
    ("status", "position", "more"),
    [
        (0x1060, "RUN", {}),
        (0x3160, "REMOTE RUN", {}),
        (0x2070, "PROG", {}),
        (0x3171, "REMOTE PROG", {}),
        (0x3050, None, {}),
        (0x0060, None, {}),
        (0x3060, None, {"vendor": 48}),
        (0x3060, None, {"kind": 12}),
    ],
)
def test_the_key_switch_is_told_of_logix_controllers_alone(
    status: int, position: str | None, more: dict[str, int]
) -> None:
    attributes: Any = {"status": status, **more}
    _, claims = _converse(Context(port=44818), _device(_item(_attributes(**attributes))))
    assert claims.get(("cip_key_switch", "")) == position


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"1756-IB16/A DCIN ", "1756-IB16/A DCIN"),
        (b"1756-IB16\0\0\0", "1756-IB16"),
        ("Gerät 5".encode(), "Gerät 5"),
        ("Gerät 5".encode("latin-1"), "Gerät 5"),
        (b"   ", None),
        (b"", None),
    ],
)
def test_a_product_name_is_read_without_its_padding_in_its_own_letters(raw: bytes, text: str | None) -> None:
    _, claims = _converse(Context(port=44818), _device(_item(_attributes(name=raw))))
    assert claims.get(("model", "")) == text


def test_a_vendor_that_the_registry_does_not_know_has_its_number_alone() -> None:
    _, claims = _converse(Context(port=44818), _device(_item(_attributes(vendor=65000))))
    assert claims["cip_vendor_id", ""] == 65000
    assert ("manufacturer", "") not in claims


# the rack

A10 = bytes.fromhex("000800000000 2d00 01 00 0101 b12a1b00 0a00")  # recorded, see captures/rack.toml
EMPTY, TIMED_OUT = (1, 0x0312), (1, 0x0204)
Told = bytes | tuple[int, int] | None


def _rack(
    slots_told: dict[int, Told], *, chassis: bytes | int | None = A10, default: Told = EMPTY, **identity: Any
) -> Callable[[Transport, bytes], Reply]:
    """A communication module in slot 1. slots_told: attributes, status and additional status of the router, or None
    for silence. chassis: attributes, a general status, or None for silence."""
    usual = _device(_item(_attributes(**{"kind": 12, "serial": 0x72AB01, "name": b"1756-ENBT/A", **identity})))

    def routed(unit: bytes) -> Reply:
        told = slots_told.get(unit[-1], default)
        if told is None:
            return Reply(Outcome.SILENT)
        if isinstance(told, bytes):
            return _said(_cip(unit[:40] + b"\x01" + unit[41:], data=told))
        answer = bytes((0xD2, 0, told[0], 1)) + pack("<H", told[1]) + b"\0"
        body = bytes(6) + b"\x02\0" + bytes(4) + pack("<HH", 0xB2, len(answer)) + answer
        return _said(_answer(unit, body, session=SESSION))

    def device(transport: Transport, unit: bytes) -> Reply:
        match PROTOCOL.vet(unit):
            case "get-chassis-attributes-all" if chassis is None:
                return Reply(Outcome.SILENT)
            case "get-chassis-attributes-all":
                is_told = isinstance(chassis, bytes)
                return _said(_cip(unit, 0 if is_told else chassis, chassis if is_told else b""))  # type: ignore[arg-type]
            case "unconnected-send":
                return routed(unit)
            case _:
                return usual(transport, unit)

    return device


def _slots_asked(asked: list[str]) -> list[int]:
    return [int(name.split()[-1]) for name in asked if "unconnected-send" in name]


L61 = bytes.fromhex("01000e003600140b60311a066c0014313735362d4c36312f42204c4f47495835353631")


def test_every_slot_but_the_own_is_asked_once_and_only_in_depth() -> None:
    assert _converse(Context(port=44818), _rack({}))[0] == ["udp connect", "udp list-identity"]
    asked, claims = _converse(Context(port=44818, depth=RACK), _rack({0: L61}))
    assert _slots_asked(asked) == [0, 2, 3, 4, 5, 6, 7, 8, 9]
    assert asked[:4] == ["udp connect", "udp list-identity", "tcp connect", "tcp register-session"]
    assert asked[-1] == "tcp unregister-session"
    assert claims["chassis_serial_number", ""] == claims["chassis_serial_number", "slot/0"] == "001B2AB1"
    assert (claims["slot", ""], claims["slot", "slot/0"], claims["cip_chassis_size", ""]) == (1, 0, 10)
    assert claims["model", "slot/0"] == "1756-L61/B LOGIX5561"
    assert claims["serial_number", "slot/0"] == "006C061A"
    assert claims["firmware_software_version", "slot/0"] == "20.011"
    assert {part for _, part in claims} == {"", "slot/0"}


def test_both_depths_share_one_session() -> None:
    asked, _ = _converse(Context(port=44818, depth=RACK | DEEP), _rack({}))
    assert asked.count("tcp register-session") == asked.count("tcp connect") == 1
    assert asked.count("tcp get-attribute-single") == 3


@pytest.mark.parametrize(
    "identity",
    [
        {"vendor": 48},
        {"kind": 2, "name": b"PowerFlex 525"},
        {"kind": 44, "name": b"1783-BMS10CGL"},
        {"kind": 14, "name": b"1766-L32BXB B/21.06"},
        {"kind": 14, "name": b"2080-LC50-48QWB"},
    ],
)
def test_a_device_that_cannot_have_a_rack_is_not_asked_for_it(identity: dict[str, Any]) -> None:
    asked, _ = _converse(Context(port=44818, depth=RACK), _rack({}, **identity))
    assert asked == ["udp connect", "udp list-identity"]


@pytest.mark.parametrize("silence", [TIMED_OUT, None])
def test_three_silent_slots_in_a_row_end_the_walk(silence: Told) -> None:
    asked, claims = _converse(Context(port=44818, depth=RACK), _rack({0: L61}, default=silence))
    assert _slots_asked(asked) == [0, 2, 3, 4]
    assert asked[-1] == "tcp unregister-session"
    assert claims["model", "slot/0"] == "1756-L61/B LOGIX5561"


def test_silent_slots_that_are_not_in_a_row_end_nothing() -> None:
    told: dict[int, Told] = {2: TIMED_OUT, 3: TIMED_OUT, 4: EMPTY, 5: TIMED_OUT, 6: TIMED_OUT, 7: L61}
    asked, _ = _converse(Context(port=44818, depth=RACK), _rack(told))
    assert len(_slots_asked(asked)) == 9


@pytest.mark.parametrize("chassis", [b"\0\7\0\0\0\0\3\0", A10 + bytes(4), A10[:8] + b"\x0a" + A10[9:], 5, 8])
def test_without_a_size_three_empty_slots_end_the_walk_and_nothing_is_said_of_the_chassis(chassis: bytes | int) -> None:
    asked, claims = _converse(Context(port=44818, depth=RACK), _rack({0: L61, 1: EMPTY}, chassis=chassis))
    assert _slots_asked(asked) == [0, 1, 2, 3]
    assert not {key for key, _ in claims} & {"cip_chassis_size", "chassis_serial_number"}
    full, _ = _converse(Context(port=44818, depth=RACK), _rack({}, chassis=chassis, default=L61))
    assert _slots_asked(full) == list(range(rack.MOST_SLOTS))


def test_the_module_that_was_asked_is_no_part_of_itself() -> None:
    own = _attributes(kind=12, serial=0x72AB01, name=b"1756-ENBT/A")
    _, claims = _converse(Context(port=44818, depth=RACK), _rack({3: own}, chassis=5, default=L61))
    assert claims["slot", ""] == 3
    assert "slot/3" not in {part for _, part in claims}


def test_a_device_that_answers_for_every_slot_itself_is_in_none() -> None:
    own = _attributes(kind=12, serial=0x72AB01, name=b"1756-ENBT/A")
    _, claims = _converse(Context(port=44818, depth=RACK), _rack({}, chassis=5, default=own))
    assert ("slot", "") not in claims
    assert {part for _, part in claims} == {""}


@pytest.mark.parametrize("refusal", [(1, 0x0311), (8, 0), (5, 0), (4, 0)])
def test_a_device_without_a_route_is_asked_for_one_slot(refusal: tuple[int, int]) -> None:
    asked, _ = _converse(Context(port=44818, depth=RACK), _rack({}, default=refusal))
    assert _slots_asked(asked) == [0]
    assert asked[-1] == "tcp unregister-session"


def test_a_device_that_falls_silent_at_the_chassis_is_asked_for_no_slot() -> None:
    asked, _ = _converse(Context(port=44818, depth=RACK), _rack({}, chassis=None))
    assert asked[-2:] == ["tcp get-chassis-attributes-all", "tcp unregister-session"]


def test_a_busy_router_is_asked_again_once_and_then_taken_for_none() -> None:
    asked, _ = _converse(Context(port=44818, depth=RACK), _rack({}, default=(2, 0)))
    assert asked.count("tcp pause") == 1
    assert _slots_asked(asked) == [0, 0]


def test_a_module_whose_attributes_cannot_be_read_takes_no_other_with_it() -> None:
    _, claims = _converse(Context(port=44818, depth=RACK), _rack({0: L61[:9], 2: L61}))
    assert {part for _, part in claims} == {"", "slot/2"}


@given(st.binary(max_size=40))
def test_a_chassis_is_read_whole_or_refused(data: bytes) -> None:
    try:
        chassis = rack.decode_chassis(data)
    except WireError:
        return
    assert chassis.slot < chassis.size <= rack.MOST_SLOTS


@pytest.mark.parametrize(
    ("slot", "answer"),
    [
        (0, "00 08 00 00 00 00 2D 00 00 00 01 01 83 62 4B 00 07 00"),  # 1756-ENBT/A
        (1, "00 08 00 00 00 00 00 00 01 00 01 01 83 62 4B 00 07 00"),  # 1756-L81E
        (6, "00 08 00 00 00 00 38 00 06 00 01 01 83 62 4B 00 07 00"),  # 1756-CNBR/E
    ],
)
def test_all_modules_of_a_recorded_rack_name_the_same_chassis(slot: int, answer: str) -> None:
    """A 1756-A7, as published in issue 105 of pjkundert/cpppo."""
    assert rack.decode_chassis(bytes.fromhex(answer)) == rack.Chassis(slot, 0x4B6283, 7)


def test_only_families_with_a_backplane_are_asked() -> None:
    controller = codec.decode_identity(L61)
    assert slots.may_be_rack(controller)
