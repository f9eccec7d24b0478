"""EtherNet/IP: the units, the identities, and the conversation."""

from collections.abc import Callable
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.enip import PROTOCOL, codec, names, probe
from assetctl.talk import Ask, Open, Reply
from assetctl.wire import cut

SESSION = 0x0A0B0C0D
DEEP = frozenset({probe.DEPTH})


def _attributes(*, vendor: int = 1, serial: int = 0xC0FFEE, revision: tuple[int, int] = (32, 11)) -> bytes:
    return pack("<HHHBBHI", vendor, 14, 150, *revision, 0x3160, serial) + b"\x031L3"


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

NEVER = {
    "Get_Attributes_All of the backplane": "0102 2066 2401",
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
    read = codec.decode_answer(answer, transaction=7, session=SESSION, service=1)
    assert read == codec.Answer(0, _attributes())
    for session, service in ((SESSION + 1, 1), (SESSION, 0x0E)):
        with pytest.raises(WireError):
            codec.decode_answer(answer, transaction=7, session=session, service=service)


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
    assert names.device_type(14) == "Programmable Logic Controller"
    assert names.device_type(0x2C) == "Managed Ethernet Switch"
    assert names.device_type(0xC8 + 0x300) is None


# the conversation


def _converse(
    context: Context, device: Callable[[Transport, bytes], Reply], *, refused: frozenset[Transport] = frozenset()
) -> tuple[list[str], dict[tuple[str, str], object]]:
    """Names of what was asked, each with its transport, and the claims by key and part."""
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
                asked.append(f"{transport} {PROTOCOL.vet(step.payload)}")
                reply = device(transport, step.payload) if step.replies else Reply(Outcome.ANSWERED)
            step = talk.send(reply)
    except StopIteration as end:
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
