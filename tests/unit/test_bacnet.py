"""BACnet/IP: the units, the values, and the conversation."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Claim, Outcome
from assetctl.protocol import Context
from assetctl.protocols.bacnet import PROTOCOL, calls, codec, frames, names, probe, routed, routers
from assetctl.protocols.bacnet.claims import FACTS
from assetctl.protocols.bacnet.codec import Property
from assetctl.protocols.bacnet.frames import Place, Table
from assetctl.protocols.bacnet.routers import Message
from assetctl.protocols.bacnet.values import Absent, Form, character_string, element, enclosed
from assetctl.talk import Ask, Open, Reply
from assetctl.wire import Reader

INSTANCE = 1234
DEEP = frozenset({probe.BBMD})
BEHIND = frozenset({probe.ROUTED})
UNKNOWN_PROPERTY = bytes.fromhex("9102 9120")
UNKNOWN_OBJECT = bytes.fromhex("9101 911f")


def _tag(number: int, content: bytes, *, context: bool = False) -> bytes:
    """One element; an extended length where the content has 5 bytes or more."""
    size = len(content)
    if size < 5:
        return bytes((number << 4 | context << 3 | size,)) + content
    stated = (
        bytes((size,)) if size < 254 else b"\xfe" + pack(">H", size) if size < 65536 else b"\xff" + pack(">I", size)
    )
    return bytes((number << 4 | context << 3 | 5,)) + stated + content


def _text(text: str, *, charset: int = 0, codec: str = "utf-8") -> bytes:
    return _tag(7, bytes((charset,)) + text.encode(codec))


def _about(instance: int) -> bytes:
    return b"\x0c" + pack(">I", 8 << 22 | instance)


def _frame(apdu: bytes, *, header: bytes = b"\x01\x00", function: int = 0x0A, origin: bytes = b"") -> bytes:
    return pack(">BBH", 0x81, function, 4 + len(origin + header + apdu)) + origin + header + apdu


def _identifier(prop: int, tag: int) -> bytes:
    return _tag(tag, prop.to_bytes(1 if prop < 256 else 2), context=True)


PROPERTIES: Mapping[Property, bytes] = {
    Property.VENDOR_NAME: _text("Automated Logic"),
    Property.MODEL_NAME: _text("ME812u"),
    Property.FIRMWARE_REVISION: _text("6.00a"),
    Property.OBJECT_NAME: _text("AHU-7"),
    Property.SERIAL_NUMBER: _text("ALC-0042"),
    Property.APPLICATION_SOFTWARE_VERSION: _text("drv_me812u"),
    Property.VENDOR_IDENTIFIER: _tag(2, b"\x18"),
    Property.DESCRIPTION: _text("supply air"),
    Property.LOCATION: _text("roof"),
    Property.PROTOCOL_REVISION: _tag(2, b"\x0e"),
    Property.SYSTEM_STATUS: _tag(9, b"\0"),
    Property.PROTOCOL_VERSION: _tag(2, b"\1"),
}


@dataclass
class Device:
    """A device of the tests. values: encoded elements; errors: encoded class and code, for single reads also an APDU
    type with its reason. multiple: None to serve ReadPropertyMultiple, else the APDU that refuses it."""

    instance: int = INSTANCE
    values: Mapping[Property, bytes] = field(default_factory=lambda: PROPERTIES)
    errors: Mapping[Property, bytes] = field(default_factory=dict)
    refusals: Mapping[Property, bytes] = field(default_factory=dict)
    multiple: bytes | None = None
    knows_wildcard: bool = True
    i_am: bytes | None = None
    silent: frozenset[str] = frozenset()
    busy: int = 0
    wrap: Callable[[bytes], bytes] = _frame
    tells_of: int | None = None
    nak: bool = False

    def answer(self, unit: bytes) -> Reply:
        name = PROTOCOL.vet(unit)
        if name in self.silent:
            return Reply(Outcome.SILENT)
        if name.startswith("read-") and name.endswith("dt"):
            return _said(self._table(name))
        if name == "who-is":
            return _said(_frame(self.i_am)) if self.i_am else Reply(Outcome.SILENT)
        invoke_id, service = unit[8:9], unit[9:10]
        if self.busy:
            self.busy -= 1
            return _said(self.wrap(b"\x71" + invoke_id + b"\x09"))
        return _said(self.wrap(self._confirmed(name, invoke_id, service, unit)))

    def _confirmed(self, name: str, invoke_id: bytes, service: bytes, unit: bytes) -> bytes:
        asked = int.from_bytes(unit[11:15]) & 0x3FFFFF
        error = b"\x50" + invoke_id + service
        if asked != self.instance and not (self.knows_wildcard and asked == codec.WILDCARD):
            return error + UNKNOWN_OBJECT
        acknowledged = b"\x30" + invoke_id + service
        if name == "find-device":
            return acknowledged + _about(self.instance) + b"\x19\x4b\x3e\xc4" + _about(self.instance)[1:] + b"\x3f"
        told_of = _about(self.instance if self.tells_of is None else self.tells_of)
        if name == "read-property-multiple":
            if self.multiple is not None:
                return self.multiple[:1] + invoke_id + self.multiple[1:]
            return acknowledged + told_of + b"\x1e" + b"".join(self._results()) + b"\x1f"
        prop = Property(int.from_bytes(unit[16:]))
        if prop in self.refusals:
            return self.refusals[prop][:1] + invoke_id + self.refusals[prop][1:]
        if prop in self.errors:
            return error + self.errors[prop]
        return acknowledged + told_of + _identifier(prop, 1) + b"\x3e" + self.values[prop] + b"\x3f"

    def _results(self) -> Iterable[bytes]:
        for prop in (*self.values, *self.errors):
            if prop in self.errors:
                yield _identifier(prop, 2) + b"\x5e" + self.errors[prop] + b"\x5f"
            else:
                yield _identifier(prop, 2) + b"\x4e" + self.values[prop] + b"\x4f"

    def _table(self, name: str) -> bytes:
        if self.nak:
            return bytes.fromhex("810000060020" if name == "read-bdt" else "810000060040")
        row = bytes((10, 20, 1, 5)) + pack(">H", 47808)
        return b"\x81\x03\x00\x0e" + row + b"\xff" * 4 if name == "read-bdt" else b"\x81\x07\x00\x0e" + row + b"\0<\0\1"


def _i_am(*, instance: int = INSTANCE, max_apdu: int = 1476, vendor: int = 24) -> bytes:
    return (
        b"\x10\x00\xc4"
        + _about(instance)[1:]
        + _tag(2, pack(">H", max_apdu))
        + b"\x91\x03"
        + _tag(2, pack(">H", vendor))
    )


def _said(frame: bytes) -> Reply:
    return Reply(Outcome.ANSWERED, (frame,))


def _converse(device: "Device | Router", **more: object) -> tuple[list[str], dict[str, object]]:
    """Names of what was asked, and the claims about the device itself by key."""
    asked, claims = _talk(device, **more)
    return asked, {claim.key: claim.value for claim in claims if not claim.part}


def _talk(device: "Device | Router", **more: object) -> tuple[list[str], tuple[Claim, ...]]:
    """Names of what was asked, and the claims."""
    context = Context(port=47808, **more)  # type: ignore[arg-type]
    talk, asked = probe.probe(context), []
    step = next(talk)
    try:
        while True:
            if isinstance(step, Open):
                asked.append("connect")
                reply = Reply(Outcome.ANSWERED)
            elif not step.payload:
                asked.append(f"pause {step.wait_s:.0f}")
                reply = Reply(Outcome.SILENT)
            else:
                asked.append(PROTOCOL.vet(step.payload))
                reply = device.answer(step.payload)
                frames = [frame for frame in reply.frames if step.accepts is None or step.accepts(frame)]
                reply = Reply(Outcome.ANSWERED if frames else Outcome.SILENT, tuple(frames[: step.replies]))
            step = talk.send(reply)
    except StopIteration as end:
        assert sum(name.split()[0] != "pause" for name in asked) <= PROTOCOL.limit(context).units
        return asked, end.value


ALL_AT_ONCE = ["connect", "find-device", "read-property-multiple"]
EXPECTED = {
    "manufacturer": "Automated Logic",
    "model": "ME812u",
    "firmware_software_version": "6.00a",
    "hostname": "AHU-7",
    "serial_number": "ALC-0042",
    "application_software_version": "drv_me812u",
    "bacnet_vendor_id": 24,
    "description": "supply air",
    "physical_location_address": "roof",
    "bacnet_protocol_revision": 14,
    "bacnet_system_status": "operational",
    "bacnet_protocol_version": 1,
    "bacnet_device_instance": INSTANCE,
    "service_name": "bacnet",
    "service_source": "probed",
}


# what may leave

NEVER = {
    "SubscribeCOV": (5, ""),
    "AtomicReadFile": (6, ""),
    "AtomicWriteFile": (7, ""),
    "AddListElement": (8, ""),
    "RemoveListElement": (9, ""),
    "CreateObject": (10, ""),
    "DeleteObject": (11, ""),
    "WriteProperty": (15, "0c020004d2194d3e7500413f"),
    "WritePropertyMultiple": (16, "0c020004d21e094d2e750041 2f1f"),
    "DeviceCommunicationControl": (17, "1901"),
    "ConfirmedPrivateTransfer": (18, "09051901"),
    "ReinitializeDevice": (20, "0901"),
    "LifeSafetyOperation": (27, ""),
    "SubscribeCOVProperty": (28, ""),
    "ReadRange": (26, "0c05000001 1983"),
    "ReadProperty of another property": (12, "0c020004d2194c"),
    "ReadProperty of an analog input": (12, "0c000000011955"),
    "ReadProperty of an element of an array": (12, "0c020004d2194d2901"),
    "ReadProperty of the identifier of a named device": (12, "0c020004d2194b"),
    "ReadPropertyMultiple of all": (14, "0c020004d21e09081f"),
    "ReadPropertyMultiple of two objects": (14, "0c020004d21e094d1f0c000000011e09551f"),
}


@pytest.mark.parametrize("name", NEVER)
def test_vet_refuses_every_other_service(name: str) -> None:
    service, request = NEVER[name]
    with pytest.raises(Refusal):
        PROTOCOL.vet(_frame(bytes((0, 5, 1, service)) + bytes.fromhex(request), header=b"\x01\x04"))


@pytest.mark.parametrize("service", [service for service in range(256) if service not in (12, 14)])
def test_vet_refuses_every_other_confirmed_service_with_any_of_our_requests(service: int) -> None:
    for unit in (codec.encode_find(invoke_id=1), codec.encode_read_multiple(invoke_id=1, instance=1)):
        with pytest.raises(Refusal):
            PROTOCOL.vet(unit[:9] + bytes((service,)) + unit[10:])


@pytest.mark.parametrize("function", [function for function in range(256) if function not in (2, 6)])
def test_vet_refuses_every_other_bvlc_function(function: int) -> None:
    """Write-BDT (1), Register-Foreign-Device (5), Delete-FDT (8), broadcasts (9, 11) and all the rest."""
    for body in (b"", b"\0\x3c", bytes(10), calls.encode_who_is()[4:] if function != 0x0A else b"\x01\x00\x10\x00"):
        with pytest.raises(Refusal):
            PROTOCOL.vet(pack(">BBH", 0x81, function, 4 + len(body)) + body)


@pytest.mark.parametrize("service", [service for service in range(256) if service != 8])
def test_vet_refuses_every_other_unconfirmed_service(service: int) -> None:
    """Time synchronisation (6, 9), WriteGroup (10), I-Am (0) and all the rest."""
    with pytest.raises(Refusal):
        PROTOCOL.vet(_frame(bytes((0x10, service))))


@pytest.mark.parametrize(
    "header",
    [
        *("0120ffff00ff", "0120000000ff", "01240005010cff", "01200005010cff", "0120000500fe", "0120000500"),
        *("0180", "018000", "0108000501aa", "0104", "0000", "0200", "0121000500ff", "0128000500000701ffff"),
    ],
)
def test_vet_refuses_a_who_is_for_all_networks_or_in_another_form(header: str) -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(_frame(b"\x10\x08", header=bytes.fromhex(header)))


@pytest.mark.parametrize("message", [message for message in range(256) if message not in (0, 0x12)])
def test_vet_refuses_every_other_message_of_the_network_layer(message: int) -> None:
    """Initialize-Routing-Table (6), Establish-Connection (8), Disconnect-Connection (9) and all the rest."""
    for more in (b"", b"\0", b"\0\x05", b"\0\x05\0"):
        with pytest.raises(Refusal):
            PROTOCOL.vet(_frame(bytes((message,)) + more, header=b"\x01\x80"))


@pytest.mark.parametrize("more", ["000005", "120005", "00", "12"])
def test_vet_refuses_a_question_to_a_router_about_one_network_or_to_others(more: str) -> None:
    for header in ("0180", "0184", "01a0ffff00ff") if len(more) > 2 else ("0184", "01a0ffff00ff", "01a0000500ff"):
        with pytest.raises(Refusal):
            PROTOCOL.vet(_frame(bytes.fromhex(more), header=bytes.fromhex(header)))


@pytest.mark.parametrize("name", NEVER)
def test_vet_refuses_the_same_services_behind_a_router(name: str) -> None:
    service, request = NEVER[name]
    apdu = bytes((0, 5, 1, service)) + bytes.fromhex(request)
    with pytest.raises(Refusal):
        PROTOCOL.vet(_frame(apdu, header=bytes.fromhex("01240005010cff")))


def test_nobody_is_looked_for_by_the_wildcard_behind_a_router() -> None:
    with pytest.raises(Refusal):
        PROTOCOL.vet(_frame(codec.encode_find(invoke_id=1)[6:], header=bytes.fromhex("01240005010cff")))


@given(st.integers(1, 0xFFFE), st.binary(min_size=1, max_size=7), st.integers(0, 255), st.integers(0, codec.WILDCARD))
def test_a_question_to_any_device_behind_a_router_may_leave_to_that_device_alone(
    network: int, address: bytes, invoke_id: int, instance: int
) -> None:
    asked = {"invoke_id": invoke_id, "instance": instance, "place": Place(network, address)}
    unit = codec.encode_read_multiple(**asked)
    assert PROTOCOL.vet(unit) == "routed-read-property-multiple"
    assert PROTOCOL.vet(codec.encode_read(**asked, prop=Property.MODEL_NAME)) == "routed-read-property"
    assert unit[4:6] == b"\x01\x24"
    assert unit[6 : 10 + len(address)] == pack(">HB", network, len(address)) + address + b"\xff"
    assert PROTOCOL.vet(calls.encode_who_is(network=network)) == "routed-who-is"


def test_a_who_is_with_limits_and_a_broadcast_one_do_not_leave() -> None:
    for unit in (_frame(b"\x10\x08\x09\x00\x1b\x3f\xff\xff"), _frame(b"\x10\x08", function=0x0B)):
        with pytest.raises(Refusal):
            PROTOCOL.vet(unit)


@given(st.integers(0, 255), st.integers(0, codec.WILDCARD))
def test_every_question_fits_the_smallest_unit_that_a_device_may_accept(invoke_id: int, instance: int) -> None:
    """50 bytes by the standard; and none offers to take segments."""
    units = [codec.encode_read(invoke_id=invoke_id, instance=instance, prop=prop) for prop in Property]
    for unit in (*units, codec.encode_read_multiple(invoke_id=invoke_id, instance=instance)):
        apdu = unit[6:]
        assert len(apdu) <= 50
        assert apdu[0] == 0x00
        assert apdu[1] >> 4 == 0


# what values say


@given(
    st.text(max_size=400).filter(lambda text: text == text.strip(" \0\t\r\n\ufeff")),
    st.sampled_from([(0, "utf-8"), (4, "utf-16-be")]),
)
def test_text_of_any_length_is_read_without_its_length(text: str, charset: tuple[int, str]) -> None:
    if any(ord(char) > 0xFFFF for char in text):
        return
    r = Reader(_text(text, charset=charset[0], codec=charset[1]))
    assert character_string(element(r).content) == text
    assert not r.left()


@pytest.mark.parametrize("size", [4, 5, 252, 253, 254, 255, 256, 65535, 65536])
def test_every_form_of_length_is_read(size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    assert element(Reader(_tag(7, content) + b"\x91\0")).content == content


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        (0, b"L\xc3\xbcftung", "Lüftung"),
        (4, "Lüftung".encode("utf-16-be"), "Lüftung"),
        (3, "Lüftung".encode("utf-32-be"), "Lüftung"),
        (5, b"L\xfcftung", "Lüftung"),
        (0, b"L\xfcftung, gro\xdf 20 \xb0C", "Lüftung, groß 20 °C"),  # Latin-1 under the number of UTF-8
        (0, b"Gr\xf6\xdfe", "Größe"),
        (0, b"AHU-7\0\0 ", "AHU-7"),
        (0, b"AHU-7\r\n", "AHU-7"),
        (4, b"\xfe\xff\0A\0H\0U\0\0", "AHU"),
        (1, b"\x03\x52L\x81ftung", "Lüftung"),
        (1, b"\x04\xe4L\xfcftung", "Lüftung"),
        (1, b"\x03\xa4" + "空調機".encode("cp932"), "空調機"),
    ],
)
def test_a_text_is_read_in_its_character_set(charset: int, raw: bytes, text: str) -> None:
    assert character_string(bytes((charset,)) + raw) == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x01\x00\x25Halle", "character set 1 with code page 37 is not read"),
        (b"\x01\x03\xa4\x81", "the bytes are not of character set 1 with code page 932"),
        (b"\x01", "character set 1 with code page 0 is not read"),
        (b"\x02\x30\x21", "character set 2 is not read"),
        (b"\x09abc", "character set 9 is not read"),
        (b"\0" + "空调机".encode("gbk"), "the bytes are not of character set 0"),
        (b"\0" + "水泵1".encode("gbk"), "the bytes are not of character set 0"),
        (b"\0" + "ポンプ".encode("cp932"), "the bytes are not of character set 0"),
        (b"\0" + "насос".encode("cp1251"), "the bytes are not of character set 0"),
        (b"\0" + "К1".encode("cp1251"), "the bytes are not of character set 0"),
        (b"\0" + "Čerpadlo".encode("cp1250"), "the bytes are not of character set 0"),
        (b"\0" + "İstanbul".encode("cp1254"), "the bytes are not of character set 0"),
        (b"\x04\0A\0", "the bytes are not of character set 4"),
        (b"", "a character string without a character set"),
    ],
)
def test_what_cannot_be_decoded_is_absent_with_its_reason(content: bytes, reason: str) -> None:
    assert character_string(content) == Absent(reason)


def test_values_within_values_are_passed_over_as_a_whole() -> None:
    inside = enclosed(Reader(bytes.fromhex("2e 3e 9100 3f 2f 4f 2105")), 4, "value")
    assert [one.form for one in inside] == [Form.OPENING, Form.OPENING, Form.DATA, Form.CLOSING, Form.CLOSING]


@pytest.mark.parametrize("raw", ["3f", "2e4f", "2e3e2f", "9100", "06", "75ff7fffffff41", "75fe4f"])
def test_a_value_that_is_not_closed_or_leads_past_the_end_is_refused(raw: str) -> None:
    with pytest.raises(WireError):
        enclosed(Reader(bytes.fromhex(raw)), 4, "value")


# what frames say

ROUTED = bytes.fromhex("0108 0007 01 0c")  # source network 7, address 0x0c
BOTH = bytes.fromhex("0128 ffff 00 0007 06 c0a80105bac0 fe")  # destination everywhere, source network 7, hop count
LATE = [b"\x30\x04", b"\x50\x04", b"\x60\x04", b"\x71\x04"]


@pytest.mark.parametrize("header", [ROUTED, BOTH])
def test_an_answer_with_a_source_network_is_read_behind_it(header: bytes) -> None:
    asked, claims = _converse(Device(wrap=lambda apdu: _frame(apdu, header=header)))
    assert asked == ALL_AT_ONCE
    assert claims == EXPECTED


def test_a_forwarded_answer_is_read_behind_its_origin() -> None:
    origin = bytes((10, 20, 1, 5)) + pack(">H", 47808)
    asked, claims = _converse(Device(wrap=lambda apdu: _frame(apdu, function=0x04, origin=origin)))
    assert asked == ALL_AT_ONCE
    assert claims == EXPECTED


@pytest.mark.parametrize("frame", [_frame(_i_am(), header=ROUTED), _frame(_i_am(), function=0x04, origin=bytes(6))])
def test_an_i_am_that_another_device_sent_is_not_that_of_the_device(frame: bytes) -> None:
    assert calls.is_i_am(_frame(_i_am()))
    assert calls.is_i_am(_frame(_i_am(), header=bytes.fromhex("0120ffff00ff"), function=0x0B))
    assert not calls.is_i_am(frame)


def test_an_answer_to_another_question_is_none_of_ours() -> None:
    asked = {"invoke_id": 5, "service": 12}
    for apdu in (b"\x30\x05\x0c", b"\x3c\x05\x00\x04\x0c", b"\x50\x05\x0c", b"\x60\x05\x09", b"\x71\x05\x04"):
        assert codec.is_answer(_frame(apdu), **asked)
    others = [b"\x30\x05\x0e", b"\x50\x05\x0e", b"\x20\x05\x0c", b"\x00\x05\x05\x0c", b"\x40\x05\x0c", b"\x10\x05", b""]
    for apdu in (*LATE, *others):
        assert not codec.is_answer(_frame(apdu + b"\x0c"[: len(apdu) == 2]), **asked)


@pytest.mark.parametrize(
    "frame",
    [
        *("", "81", "810a0004", "820a000601003005", "810a000701003005", "810a00060200", "810a00060180"),
        *("810a000a010800070030", "810a000b0108ffff010c30", "810a000b01080000010c30"),
        *("8109000801001008", "810c00060100"),
    ],
)
def test_a_frame_that_is_broken_or_carries_no_unit_is_refused(frame: str) -> None:
    with pytest.raises(WireError):
        frames.decode_unit(bytes.fromhex(frame))


def test_a_table_is_told_from_a_refusal_of_another_table() -> None:
    assert frames.is_table(bytes.fromhex("810000060020"), table=Table.BROADCAST_DISTRIBUTION)
    assert not frames.is_table(bytes.fromhex("810000060040"), table=Table.BROADCAST_DISTRIBUTION)
    assert not frames.is_table(bytes.fromhex("810000060000"), table=Table.FOREIGN_DEVICES)
    assert not frames.is_table(bytes.fromhex("81070004"), table=Table.BROADCAST_DISTRIBUTION)
    with pytest.raises(WireError):
        frames.decode_table(bytes.fromhex("8107000e 0a140105bac0003c00"), table=Table.FOREIGN_DEVICES)


@given(st.binary(max_size=60))
def test_any_bytes_behind_the_header_give_a_value_or_a_wire_error(rest: bytes) -> None:
    frame = _frame(b"\x30\x01\x0e" + _about(INSTANCE) + b"\x1e" + rest)
    told = codec.decode_read_multiple(frame, invoke_id=1, instance=INSTANCE)
    assert isinstance(told, codec.Properties)
    single = _frame(b"\x30\x01\x0c" + _about(INSTANCE) + b"\x19\x79\x3e" + rest)
    assert isinstance(
        codec.decode_read(single, invoke_id=1, instance=INSTANCE, prop=Property.VENDOR_NAME), str | Absent
    )


def test_names_are_those_of_the_registry_and_nobody_is_made_a_maker_by_number_0() -> None:
    assert names.vendor(24) == "Automated Logic Corporation"
    assert names.vendor(0) is None
    assert names.vendor(65535) is None
    assert names.system_status(4) == "non-operational"
    assert names.system_status(77) == "77"


# the conversation


def test_two_questions_are_all_that_a_device_of_today_is_asked() -> None:
    asked, claims = _converse(Device())
    assert asked == ALL_AT_ONCE
    assert claims == EXPECTED


@pytest.mark.parametrize("silent", [frozenset(), frozenset({"find-device"})])
def test_a_device_that_does_not_know_the_wildcard_is_called_once(silent: frozenset[str]) -> None:
    asked, claims = _converse(Device(knows_wildcard=False, i_am=_i_am(), silent=silent))
    assert asked == ["connect", "find-device", "who-is", "read-property-multiple"]
    assert claims == EXPECTED


def test_a_device_that_does_not_name_itself_is_known_by_its_service_alone() -> None:
    asked, claims = _converse(Device(knows_wildcard=False))
    assert asked == ["connect", "find-device", "who-is"]
    assert claims == {"service_name": "bacnet", "service_source": "probed"}


def test_a_known_instance_is_read_with_one_question() -> None:
    asked, claims = _converse(Device(), known={"bacnet_device_instance": str(INSTANCE)})
    assert asked == ["connect", "read-property-multiple"]
    assert claims == EXPECTED


@pytest.mark.parametrize("multiple", [None, b"\x60\x09"])
def test_a_known_instance_that_is_gone_is_looked_for_again(multiple: bytes | None) -> None:
    device = Device(multiple=multiple)
    _, claims = _converse(device, known={"bacnet_device_instance": "77"})
    assert claims == EXPECTED


@pytest.mark.parametrize("told", ["4194303", "-1", "x", "²", "99999999"])
def test_a_known_instance_that_is_none_is_not_asked_for(told: str) -> None:
    assert _converse(Device(), known={"bacnet_device_instance": told})[0] == ALL_AT_ONCE


REFUSALS = {
    "reject unrecognized-service": b"\x60\x09",
    "abort segmentation-not-supported": b"\x71\x04",
    "abort buffer-overflow": b"\x71\x01",
    "error services": b"\x50\x0e\x91\x05\x91\x2d",
    "a segmented answer": b"\x3c\x00\x04\x0e\x0c\x02\x00\x04\xd2\x1e",
    "a mangled error": b"\x50\x0e",
    "a mangled list": b"\x30\x0e" + _about(INSTANCE) + b"\x1e\x29\x79\x4e\x75\xff",
    "an empty list": b"\x30\x0e" + _about(INSTANCE) + b"\x1e\x1f",
}


@pytest.mark.parametrize("multiple", REFUSALS.values(), ids=REFUSALS.keys())
def test_a_device_that_does_not_give_all_at_once_is_read_one_by_one(multiple: bytes) -> None:
    asked, claims = _converse(Device(multiple=multiple))
    assert asked == [*ALL_AT_ONCE, *["read-property"] * len(Property)]
    assert claims == EXPECTED


def test_only_what_is_missing_behind_a_broken_place_is_asked_for() -> None:
    whole = b"".join(Device()._results())
    cut = whole[: whole.index(b"drv_")]
    asked, claims = _converse(Device(multiple=b"\x30\x0e" + _about(INSTANCE) + b"\x1e" + cut))
    assert asked == [*ALL_AT_ONCE, *["read-property"] * 7]
    assert claims == EXPECTED


def test_a_device_that_takes_small_units_only_is_read_one_by_one_at_once() -> None:
    device = Device(knows_wildcard=False, i_am=_i_am(max_apdu=128))
    asked, claims = _converse(device)
    assert asked == ["connect", "find-device", "who-is", *["read-property"] * (len(Property) - 1)]
    assert claims == EXPECTED


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("lost", list(Property))
@pytest.mark.parametrize("how", ["error", "reject", "abort", "type", "charset"])
def test_a_property_that_is_refused_or_unreadable_takes_no_other_with_it(
    lost: Property, how: str, at_once: bool
) -> None:
    odd = {"type": b"\x44\0\0\0\0", "charset": b"\x73\x01\x00\x25"}
    values = {**PROPERTIES, lost: odd[how]} if how in odd else PROPERTIES
    apdus = {"reject": b"\x60\x04", "abort": b"\x71\x00"}
    device = Device(
        values=values,
        errors={lost: UNKNOWN_PROPERTY} if how == "error" or (how in apdus and at_once) else {},
        refusals={lost: apdus[how]} if how in apdus else {},
        multiple=None if at_once else b"\x60\x09",
    )
    _, claims = _converse(device)
    key = FACTS[lost]
    reasons = claims.pop("bacnet_absent_properties")
    assert isinstance(reasons, tuple)
    assert [reason.split(":")[0] for reason in reasons] == [lost.name.lower().replace("_", "-")]
    expected = dict(EXPECTED)
    expected.pop(key)
    if lost is Property.VENDOR_NAME:
        expected[key] = "Automated Logic Corporation"
    assert claims == expected


def test_the_maker_by_its_number_is_less_sure_than_the_maker_in_words() -> None:
    talk = probe.probe(Context(port=47808))
    device = Device(errors={Property.VENDOR_NAME: UNKNOWN_PROPERTY})
    step = next(talk)
    try:
        while True:
            step = talk.send(Reply(Outcome.ANSWERED) if isinstance(step, Open) else device.answer(step.payload))
    except StopIteration as end:
        maker = next(claim for claim in end.value if claim.key == "manufacturer")
    assert (maker.value, maker.confidence) == ("Automated Logic Corporation", 70)


@pytest.mark.parametrize("multiple", [None, b"\x60\x09"])
def test_an_answer_about_another_device_is_refused_and_ends_the_talk(multiple: bytes | None) -> None:
    asked, claims = _converse(Device(tells_of=77, multiple=multiple))
    assert asked == ALL_AT_ONCE + ["read-property"] * (multiple is not None)
    assert claims == {"service_name": "bacnet", "service_source": "probed", "bacnet_device_instance": INSTANCE}


def test_a_busy_device_is_asked_again_once_and_then_left() -> None:
    asked, claims = _converse(Device(busy=1))
    assert asked == ["connect", "find-device", "pause 10", "find-device", "read-property-multiple"]
    assert claims == EXPECTED
    asked, claims = _converse(Device(busy=2))
    assert asked == ["connect", "find-device", "pause 10", "find-device"]
    assert "model" not in claims


def test_nothing_that_comes_in_the_pause_is_taken_for_an_answer() -> None:
    talk = probe.probe(Context(port=47808))
    next(talk)
    question = talk.send(Reply(Outcome.ANSWERED))
    assert isinstance(question, Ask)
    pause = talk.send(_said(_frame(b"\x71" + question.payload[8:9] + b"\x09")))
    assert isinstance(pause, Ask)
    assert not pause.payload
    assert pause.accepts is not None
    assert not pause.accepts(_frame(b"\x71" + question.payload[8:9] + b"\x09"))


def test_a_device_that_falls_silent_is_left_after_two_questions() -> None:
    silent = frozenset({"read-property-multiple", "read-property"})
    asked, claims = _converse(Device(silent=silent))
    assert asked == [*ALL_AT_ONCE, "read-property"]
    assert claims["bacnet_device_instance"] == INSTANCE


def test_a_device_that_passes_over_the_big_question_in_silence_is_read_one_by_one() -> None:
    _, claims = _converse(Device(silent=frozenset({"read-property-multiple"})))
    assert claims == EXPECTED


def test_an_instance_that_stands_for_none_is_not_claimed() -> None:
    _, claims = _converse(Device(instance=codec.WILDCARD))
    assert "bacnet_device_instance" not in claims
    assert claims["model"] == "ME812u"


def test_tables_are_read_only_in_depth() -> None:
    assert _converse(Device())[0] == ALL_AT_ONCE
    asked, claims = _converse(Device(), depth=DEEP)
    assert asked == [*ALL_AT_ONCE, "read-bdt", "read-fdt"]
    assert claims["bacnet_broadcast_distribution"] == ("10.20.1.5:47808/255.255.255.255",)
    assert claims["bacnet_foreign_devices"] == ("10.20.1.5:47808",)


def test_a_device_without_tables_says_so_and_a_silent_one_is_not_asked_twice() -> None:
    asked, claims = _converse(Device(nak=True), depth=DEEP)
    assert asked == [*ALL_AT_ONCE, "read-bdt", "read-fdt"]
    assert claims == EXPECTED
    assert _converse(Device(silent=frozenset({"read-bdt"})), depth=DEEP)[0] == [*ALL_AT_ONCE, "read-bdt"]


def test_every_question_has_an_invoke_id_of_its_own() -> None:
    talk = probe.probe(Context(port=47808, seed=0xFFFE))
    device = Device(multiple=b"\x60\x09")
    step, ids = next(talk), []
    try:
        while True:
            if isinstance(step, Ask):
                ids.append(step.payload[8])
            step = talk.send(Reply(Outcome.ANSWERED) if isinstance(step, Open) else device.answer(step.payload))
    except StopIteration:
        assert ids == [number & 0xFF for number in range(0xFE, 0xFE + 2 + len(Property))]


# behind a router


@dataclass
class Router:
    """A device that routes. behind: devices by their place. networks: those it names, more than there are if wanted.

    unreachable: networks it refuses; number: of the network it is asked on, None for silence. spoil: of an answer
    from behind it.
    """

    behind: Mapping[Place, Device]
    networks: tuple[int, ...] = ()
    own: Device = field(default_factory=Device)
    unreachable: frozenset[int] = frozenset()
    number: int | None = None
    is_router: bool = True
    max_apdu: int = 480

    def answer(self, unit: bytes) -> Reply:
        name = PROTOCOL.vet(unit)
        if name == "who-is-router":
            return _said(self._i_am_router()) if self.is_router else Reply(Outcome.SILENT)
        if name == "what-is-network-number":
            told = None if self.number is None else _frame(pack(">BHB", 0x13, self.number, 1), header=b"\x01\x80")
            return _said(told) if told else Reply(Outcome.SILENT)
        if not name.startswith("routed-"):
            return self.own.answer(unit)
        network, size = int.from_bytes(unit[6:8]), unit[8]
        if name == "routed-who-is":
            return self._called(network)
        place, apdu = Place(network, unit[9 : 9 + size]), unit[10 + size :]
        header = b"\x01\x08" + pack(">HB", place.network, len(place.address)) + place.address
        device = replace(self.behind[place], wrap=lambda answer: _frame(answer, header=header))
        return device.answer(_frame(apdu, header=b"\x01\x04"))

    def _i_am_router(self) -> bytes:
        networks = self.networks or tuple(dict.fromkeys(place.network for place in self.behind))
        return _frame(b"\x01" + b"".join(pack(">H", number) for number in networks), header=b"\x01\x80")

    def _called(self, network: int) -> Reply:
        if network in self.unreachable:
            return _said(_frame(b"\x03\x01" + pack(">H", network), header=b"\x01\x80"))
        told = tuple(
            _frame(
                _i_am(instance=device.instance, max_apdu=self.max_apdu),
                header=bytes.fromhex("0128ffff00") + pack(">HB", network, len(place.address)) + place.address + b"\xfe",
                function=0x0B,
            )
            for place, device in self.behind.items()
            if place.network == network
        )
        return Reply(Outcome.ANSWERED if told else Outcome.SILENT, told)


def _bus(count: int, *, network: int = 5, **more: object) -> dict[Place, Device]:
    """Devices 100, 101, ... with the addresses 1, 2, ... of one network."""
    return {Place(network, bytes((at + 1,))): Device(instance=100 + at, **more) for at in range(count)}  # type: ignore[arg-type]


def _parts(claims: tuple[Claim, ...]) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for claim in claims:
        found.setdefault(claim.part, {})[claim.key] = claim.value
    return found


ROUTER_ASKED = ["who-is-router", "what-is-network-number"]
PART = {key: value for key, value in EXPECTED.items() if not key.startswith("service")}


def test_every_device_behind_a_router_is_a_part_with_all_that_it_says() -> None:
    asked, claims = _talk(Router(_bus(2), number=1), depth=BEHIND)
    assert asked == [*ALL_AT_ONCE, *ROUTER_ASKED, "routed-who-is", *["routed-read-property-multiple"] * 2]
    parts = _parts(claims)
    assert parts[""] == EXPECTED | {"bacnet_routed_networks": ("5",), "bacnet_network_number": 1}
    for number, part in enumerate(("net/5/addr/01", "net/5/addr/02")):
        place = {"bacnet_network_number": 5, "bacnet_mac_address": f"{number + 1:02X}"}
        assert parts[part] == PART | {"bacnet_device_instance": 100 + number} | place
    assert set(parts) == {"", "net/5/addr/01", "net/5/addr/02"}


def test_nobody_is_asked_for_networks_but_in_depth() -> None:
    assert _talk(Router(_bus(2)))[0] == ALL_AT_ONCE
    assert _talk(Router(_bus(2), is_router=False), depth=BEHIND)[0] == [*ALL_AT_ONCE, "who-is-router"]
    silent = Device(knows_wildcard=False, silent=frozenset({"find-device", "who-is"}))
    assert _talk(Router(_bus(2), own=silent), depth=BEHIND)[0] == ["connect", "find-device", "who-is"]


def test_a_network_that_the_router_cannot_reach_or_that_is_empty_ends_nothing() -> None:
    bus = _bus(1, network=7)
    asked, claims = _talk(Router(bus, networks=(5, 6, 7), unreachable=frozenset({5})), depth=BEHIND)
    assert asked[5:] == ["routed-who-is"] * 3 + ["routed-read-property-multiple"]
    assert _parts(claims)[""]["bacnet_routed_networks"] == ("5", "6", "7")
    assert "net/7/addr/01" in _parts(claims)


def test_a_device_that_does_not_give_all_at_once_is_asked_for_what_names_it() -> None:
    asked, claims = _talk(Router(_bus(1, multiple=b"\x71\x04")), depth=BEHIND)
    assert asked.count("routed-read-property") == len(routed.SINGLY)
    told = _parts(claims)["net/5/addr/01"]
    assert (told["model"], told["serial_number"], told["bacnet_vendor_id"]) == ("ME812u", "ALC-0042", 24)
    assert "description" not in told


def test_a_device_that_takes_small_units_only_is_not_asked_for_all_at_once() -> None:
    asked, claims = _talk(Router(_bus(1), max_apdu=50), depth=BEHIND)
    assert "routed-read-property-multiple" not in asked
    assert _parts(claims)["net/5/addr/01"]["model"] == "ME812u"


def test_two_silent_devices_in_a_row_end_their_network_and_are_known_by_what_they_said_when_called() -> None:
    silent = frozenset({"read-property-multiple", "read-property"})
    bus = {**_bus(3, silent=silent), **_bus(1, network=6)}
    asked, claims = _talk(Router(bus), depth=BEHIND)
    assert asked.count("routed-read-property-multiple") == 3
    parts = _parts(claims)
    for number in (1, 2, 3):
        told = parts[f"net/5/addr/0{number}"]
        assert (told["bacnet_device_instance"], told["bacnet_vendor_id"]) == (99 + number, 24)
        assert told["manufacturer"] == "Automated Logic Corporation"
    assert parts["net/6/addr/01"]["model"] == "ME812u"


def test_one_silent_device_among_others_takes_none_of_them_with_it() -> None:
    silent = frozenset({"read-property-multiple", "read-property"})
    bus = _bus(5) | {Place(5, bytes((at,))): Device(instance=200 + at, silent=silent) for at in (2, 4)}
    parts = _parts(_talk(Router(bus), depth=BEHIND)[1])
    assert [parts[f"net/5/addr/0{number}"].get("model") for number in range(1, 6)] == ["ME812u", None] * 2 + ["ME812u"]


def test_devices_and_networks_beyond_the_limits_are_named_and_not_read() -> None:
    networks = tuple(range(1, routed.MOST_NETWORKS + 3))
    bus = {place: device for network in networks for place, device in _bus(10, network=network).items()}
    asked, claims = _talk(Router(bus), depth=BEHIND)
    assert asked.count("routed-who-is") == routed.MOST_NETWORKS
    assert asked.count("routed-read-property-multiple") == routed.MOST_DEVICES
    parts = _parts(claims)
    assert len(parts) == 1 + 10 * routed.MOST_NETWORKS
    assert sum("model" in told for told in parts.values()) == 1 + routed.MOST_DEVICES


def test_a_device_that_answers_a_call_twice_is_one_part() -> None:
    router = Router(_bus(1))
    twice = router._called(5).frames * 2

    @dataclass
    class Echoing(Router):
        def _called(self, network: int) -> Reply:
            return Reply(Outcome.ANSWERED, twice)

    assert _talk(Echoing(_bus(1)), depth=BEHIND)[0].count("routed-read-property-multiple") == 1


def test_an_answer_from_another_place_is_none_of_the_device_that_was_asked() -> None:
    asked = {"invoke_id": 5, "service": 12, "place": Place(5, b"\x0c")}
    assert codec.is_answer(_frame(b"\x30\x05\x0c", header=bytes.fromhex("01080005010c")), **asked)
    for header in ("0100", "01080006010c", "01080005010d", "01080005020c0c"):
        assert not codec.is_answer(_frame(b"\x30\x05\x0c", header=bytes.fromhex(header)), **asked)


def test_only_those_of_the_called_network_answer_the_call() -> None:
    there = _frame(_i_am(), header=bytes.fromhex("01080005010c"))
    assert calls.is_i_am_from(there, network=5)
    for other in (_frame(_i_am()), _frame(_i_am(), header=bytes.fromhex("01080006010c")), b"", _frame(b"\x10\x08")):
        assert not calls.is_i_am_from(other, network=5)
    assert not calls.is_i_am_from(
        _frame(_i_am(), header=bytes.fromhex("01080005010c"), function=0x04, origin=bytes(6)), network=5
    )


@given(st.binary(max_size=40))
def test_any_message_of_a_router_gives_networks_or_a_wire_error(rest: bytes) -> None:
    frame = _frame(b"\x01" + rest, header=b"\x01\x80")
    try:
        told = routers.decode_i_am_router(frame)
    except WireError:
        assert len(rest) % 2
        return
    assert all(0 < number < 0xFFFF for number in told)
    assert len(set(told)) == len(told)


def test_a_message_that_is_not_the_routers_own_is_none() -> None:
    told = b"\x01\x00\x05"
    assert routers.is_message(_frame(told, header=b"\x01\x80"), message=Message.I_AM_ROUTER)
    assert routers.is_message(
        _frame(told, header=bytes.fromhex("01a0ffff00ff"), function=0x0B), message=Message.I_AM_ROUTER
    )
    for frame in (
        _frame(told, header=bytes.fromhex("01880007010c")),
        _frame(told, header=b"\x01\x80", function=0x04, origin=bytes(6)),
        _frame(told),
        _frame(b"\x00\x00\x05", header=b"\x01\x80"),
    ):
        assert not routers.is_message(frame, message=Message.I_AM_ROUTER)
    assert routers.decode_number_is(_frame(b"\x13\x00\x05\x01", header=b"\x01\x80")) == 5
    assert routers.decode_number_is(_frame(b"\x13\x00\x00\x00", header=b"\x01\x80")) is None
