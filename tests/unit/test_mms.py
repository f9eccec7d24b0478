"""IEC 61850 MMS: the layers, the questions, and the way out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal, WireError
from assetctl.model import Claim, Outcome, RequestClass
from assetctl.protocol import Context
from assetctl.protocols import iso
from assetctl.protocols.mms import PROTOCOL, ber, codec, layers
from assetctl.talk import Ask, Recorded, Reply, replay
from assetctl.wire import Reader

CONFIRMED = bytes.fromhex("0300001611d00001000100c0010dc2020001c1020001")  # libiec61850 1.6.1
ACCEPTED = bytes.fromhex(  # the same server
    "0300008f02f0800e8605061301001601021402000234020001c1743172a003800101a26b830400000001a5123007800100810251013007"
    "80010081025101614f304d020101a0486146a107060528ca220203a203020100a305a103020100be2f282d020103a028a926800300fde8"
    "81010582010583010aa416800101810305f100820c03ee1c00000002000040ed18"
)
CONCLUDED = bytes.fromhex("0300001602f0800100010061093007020103a0028c00")

NEVER = {  # confirmed services by their tag, and what stands beside them
    "read": "a4 03 a1 01 00",
    "write": "a5 03 a0 01 00",
    "define named variable list": "ab 02 a0 00",
    "delete named variable list": "ad 02 80 00",
    "start": "bf 28 00",
    "stop": "bf 29 00",
    "file open": "bf 48 00",
    "file rename": "bf 4b 00",
    "file delete": "bf 4c 00",
    "obtain file": "bf 2e 00",
    "names of variables": "a1 09 a0 03 80 01 00 a1 02 80 00",
    "names in a domain": "a1 0c a0 03 80 01 09 a1 05 81 03 4c 44 30",
}


def _unit(pdu: bytes) -> bytes:
    return layers.encode_data(pdu)


def _response(invoke_id: int, service: bytes) -> bytes:
    return _unit(ber.encode(0xA1, bytes((2, 1, invoke_id)), service))


def _identity(vendor: str, model: str, revision: str) -> bytes:
    texts = zip((0x80, 0x81, 0x82), (vendor, model, revision), strict=True)
    return _response(1, ber.encode(0xA2, *(ber.encode(tag, text.encode()) for tag, text in texts)))


def _associated() -> list[Recorded]:
    return [
        ("connect", b"", Reply(Outcome.ANSWERED)),
        ("cotp-connect", layers.encode_connect(), Reply(Outcome.ANSWERED, (CONFIRMED,))),
        ("associate", codec.encode_initiate(), Reply(Outcome.ANSWERED, (ACCEPTED,))),
    ]


def _parted() -> list[Recorded]:
    return [
        ("conclude", codec.encode_conclude(), Reply(Outcome.ANSWERED, (CONCLUDED,))),
        ("release", layers.encode_finish(), Reply(Outcome.SILENT)),
    ]


def _identified(reply: Reply) -> tuple[dict[str, Claim], list[str]]:
    """Claims by key, and the names of what was sent, where identify is answered so."""
    identify = ("identify", codec.encode_identify(invoke_id=1), reply)
    done = replay(PROTOCOL.probe(Context(port=102)), [*_associated(), identify, *_parted()])
    sent = [PROTOCOL.vet(step.payload) for step in done.asked if isinstance(step, Ask) and step.payload]
    return {claim.key: claim for claim in done.claims}, sent


@pytest.mark.parametrize("service", NEVER.values(), ids=NEVER.keys())
def test_nothing_that_writes_reads_values_or_walks_names_may_leave(service: str) -> None:
    unit = _unit(ber.encode(0xA0, b"\x02\x01\x01", bytes.fromhex(service)))
    with pytest.raises(Refusal):
        PROTOCOL.vet(unit)


@pytest.mark.parametrize("name", ["a b", "x/y", "ä", "n\0"])
def test_a_name_of_the_device_that_is_no_identifier_is_not_asked_after(name: str) -> None:
    assert not codec.can_follow(name)
    with pytest.raises(WireError):
        codec.encode_domains(invoke_id=2, after=name)


def test_it_is_stateful_as_it_takes_one_of_few_associations() -> None:
    assert PROTOCOL.klass is RequestClass.STATEFUL
    assert set(PROTOCOL.classes.values()) == {RequestClass.STATEFUL, RequestClass.DEPTH}


def test_an_association_is_concluded_and_released_after_the_answer() -> None:
    claims, sent = _identified(Reply(Outcome.ANSWERED, (_identity("ABB", "REF615", "5.1"),)))
    assert sent == ["cotp-connect", "associate", "identify", "conclude", "release"]
    told = {key: claims[key].value for key in ("manufacturer", "model", "firmware_software_version")}
    assert told == {"manufacturer": "ABB", "model": "REF615", "firmware_software_version": "5.1"}


@pytest.mark.parametrize("answer", ["a406800101810101", "a20a800101a205a003870100"])
def test_it_is_concluded_too_where_identify_is_refused(answer: str) -> None:
    _, sent = _identified(Reply(Outcome.ANSWERED, (_unit(bytes.fromhex(answer)),)))
    assert sent[-2:] == ["conclude", "release"]


def test_it_is_concluded_too_where_identify_stays_unanswered() -> None:
    assert _identified(Reply(Outcome.SILENT))[1][-2:] == ["conclude", "release"]


def test_nothing_more_is_said_after_an_answer_that_cannot_be_read() -> None:
    assert _identified(Reply(Outcome.ANSWERED, (_unit(b"\xa1\x01\x02"),)))[1][-1] == "identify"


def test_nothing_more_is_said_after_an_abort() -> None:
    abort = bytes.fromhex("0300000c02f0801903110105")
    assert _identified(Reply(Outcome.ANSWERED, (abort,)))[1][-1] == "identify"


ACCEPTS = {  # presentation units of servers in the field, as public test suites hold them; the session's is put around
    "a protection relay with protocol versions, 32000 octets and 8 calls": (
        "3179a003800101a272830400000001a512300780010081025101300780010081025101880206006152"
        "3050020101a04b614980020780a107060528ca220203a203020100a305a103020100be2e282c020103"
        "a027a92580027d0081010a820108830105a416800101810305e100820c03ee080000040000000001ed18"
    ),
    "a server with 1337 octets": (
        "3171a003800101a26a830400000001a51230078001008102510130078001008102510161"
        "4e304c020101a0476145a107060528ca220203a203020100a305a103020100be2e282c020103a027"
        "a9258002053981010582010583010aa416800101810305f100820c03ee1c000000000000000118"
    ),
}


@pytest.mark.parametrize("presented", ACCEPTS.values(), ids=ACCEPTS.keys())
@pytest.mark.parametrize("code", [0xC1, 0xC2])
def test_the_association_of_other_servers_is_read(presented: str, code: int) -> None:
    data = bytes.fromhex(presented)
    parameters = bytes.fromhex("05061301001601021402000234020001")
    parameters += bytes((code, 0xFF)) + len(data).to_bytes(2) + data
    pdu = layers.decode_associate(b"\x0e\xff" + len(parameters).to_bytes(2) + parameters)
    assert isinstance(pdu, bytes)
    assert codec.decode_initiate(pdu) is None


@pytest.mark.parametrize(("vendor", "model"), [("libiec61850.com", "LIBIEC61850"), ("open61850", "open61850")])
def test_the_name_of_a_library_is_no_name_of_a_device(vendor: str, model: str) -> None:
    claims, _ = _identified(Reply(Outcome.ANSWERED, (_identity(vendor, model, "1.6.1"),)))
    assert not {"manufacturer", "model", "firmware_software_version"} & set(claims)
    assert claims["service_product"].value.casefold() == model.casefold()  # type: ignore[union-attr]
    assert claims["service_version"].value == "1.6.1"


def test_a_list_of_domains_that_never_ends_is_left_after_a_few_pages() -> None:
    talk = PROTOCOL.probe(Context(port=102, depth=frozenset({"mms.domains"})))
    next(talk)
    replies = [reply for *_, reply in _associated()] + [Reply(Outcome.ANSWERED, (_identity("A", "B", "1"),))]
    for number in range(2, 6):
        page = ber.encode(0xA1, ber.encode(0xA0, ber.encode(0x1A, f"LD{number}".encode())))
        replies.append(Reply(Outcome.ANSWERED, (_response(number, page),)))
    steps = [talk.send(reply) for reply in replies]
    asked = [PROTOCOL.vet(step.payload) for step in steps if isinstance(step, Ask)]
    assert asked == ["cotp-connect", "associate", "identify", *["get-name-list-domains"] * 4, "conclude"]


def test_lengths_of_up_to_four_octets_are_read_and_the_indefinite_form_is_not() -> None:
    assert [tag for tag, _ in ber.elements(Reader(bytes.fromhex("8084000000010081820000")))] == [0x80, 0x81]
    for broken in ("80800000", "80850000000001", "80"):
        with pytest.raises(WireError):
            list(ber.elements(Reader(bytes.fromhex(broken))))


def test_elements_without_end_are_refused() -> None:
    with pytest.raises(WireError):
        list(ber.elements(Reader(b"\x05\x00" * (ber.MOST_ELEMENTS + 1))))


@given(st.binary(max_size=200))
def test_arbitrary_units_of_every_layer_are_values_or_wire_errors(raw: bytes) -> None:
    for read in (
        layers.decode_connect,
        iso.segment,
        layers.decode_associate,
        layers.decode_data,
        codec.decode_initiate,
        lambda pdu: codec.decode_identity(pdu, invoke_id=1),
        lambda pdu: codec.decode_names(pdu, invoke_id=1),
        codec.decode_conclude,
    ):
        try:
            read(raw)
        except WireError:
            continue
