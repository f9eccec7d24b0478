"""The SNMP codec against pysnmp and pyasn1, value for value, and against bytes that no agent may send."""

import contextlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c

from assetctl.errors import WireError
from assetctl.protocols.snmp import codec, objects
from assetctl.protocols.snmp.codec import Varbind

subids = st.integers(0, 2**32 - 1)
oids = st.builds(
    lambda first, second, rest: (first, second, *rest),
    st.integers(0, 2),
    st.integers(0, 39),
    st.lists(subids, max_size=24),
).map(tuple)
request_ids = st.integers(codec.REQUEST_ID_BASE, 2**31 - 1)

VALUES = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(lambda n: (v2c.Integer(n), codec.INTEGER, n)),
    st.binary(max_size=300).map(lambda b: (v2c.OctetString(b), codec.OCTET_STRING, b)),
    st.just((v2c.Null(""), codec.NULL, None)),
    oids.map(lambda o: (v2c.ObjectIdentifier(o), codec.OBJECT_ID, o)),
    st.binary(min_size=4, max_size=4).map(lambda b: (v2c.IpAddress(b), codec.IP_ADDRESS, b)),
    st.integers(0, 2**32 - 1).map(lambda n: (v2c.Counter32(n), codec.COUNTER32, n)),
    st.integers(0, 2**32 - 1).map(lambda n: (v2c.Gauge32(n), codec.GAUGE32, n)),
    st.integers(0, 2**32 - 1).map(lambda n: (v2c.TimeTicks(n), codec.TIME_TICKS, n)),
    st.binary(max_size=20).map(lambda b: (v2c.Opaque(b), codec.OPAQUE, b)),
    st.integers(0, 2**64 - 1).map(lambda n: (v2c.Counter64(n), codec.COUNTER64, n)),
    st.just((rfc1905.noSuchObject, codec.NO_SUCH_OBJECT, None)),
    st.just((rfc1905.noSuchInstance, codec.NO_SUCH_INSTANCE, None)),
    st.just((rfc1905.endOfMibView, codec.END_OF_MIB_VIEW, None)),
)


def written_by_pysnmp(request_id: int, status: int, index: int, varbinds: list[tuple[Any, Any]]) -> bytes:
    pdu = rfc1905.ResponsePDU()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, request_id)
    v2c.apiPDU.set_varbinds(pdu, varbinds)
    pdu.setComponentByPosition(1, status)
    pdu.setComponentByPosition(2, index)
    return bytes(encoder.encode(pdu))


def tlv(tag: int, body: bytes, *, width: int = 0) -> bytes:
    """width: bytes of a length in the long form, 0 for the short one."""
    size = bytes((0x80 | width,)) + len(body).to_bytes(width) if width else bytes((len(body),))
    return bytes((tag,)) + size + body


def answer_with(value: bytes, *, name: bytes = b"\x06\x03\x2b\x06\x01", width: int = 0) -> bytes:
    varbinds = tlv(0x30, tlv(0x30, name + value, width=width), width=width)
    return tlv(0xA2, b"\x02\x04\x40\0\0\x01\x02\x01\0\x02\x01\0" + varbinds, width=width)


@given(request_ids, st.integers(0, 18), st.lists(st.tuples(oids, VALUES), max_size=12), st.data())
def test_answers_written_by_pysnmp_are_read_value_for_value(
    request_id: int, status: int, rows: list[tuple[Any, Any]], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(rows)))
    unit = written_by_pysnmp(request_id, status, index, [(oid, value[0]) for oid, value in rows])
    response = codec.decode(unit, request_id=request_id)
    assert (response.request_id, response.error_status, response.error_index) == (request_id, status, index)
    assert response.varbinds == tuple(Varbind(oid, tag, value) for oid, (_, tag, value) in rows)
    assert codec.is_answer(unit, request_id=request_id)
    assert not codec.is_answer(unit, request_id=request_id ^ 1)


@given(request_ids, st.sampled_from(objects.Subsets(objects.SCALARS)))
def test_get_is_read_by_pysnmp_as_it_was_meant(request_id: int, wanted: tuple[Any, ...]) -> None:
    unit = codec.encode_get(request_id=request_id, objects=wanted)
    pdu = decoder.decode(unit, asn1Spec=rfc1905.PDUs())[0].getComponent()
    assert isinstance(pdu, rfc1905.GetRequestPDU)
    assert int(v2c.apiPDU.get_request_id(pdu)) == request_id
    assert [(tuple(n), v.tagSet) for n, v in v2c.apiPDU.get_varbinds(pdu)] == [(n, v2c.Null.tagSet) for n in wanted]
    assert encoder.encode(pdu) == unit


@given(request_ids, st.sampled_from(objects.Subsets(objects.ENTITY)), st.lists(subids, max_size=22), st.integers(0, 10))
def test_walks_are_read_by_pysnmp_as_they_were_meant(
    request_id: int, columns: tuple[Any, ...], index: list[int], repetitions: int
) -> None:
    unit = codec.encode_walk(request_id=request_id, columns=columns, index=tuple(index), repetitions=repetitions)
    pdu = decoder.decode(unit, asn1Spec=rfc1905.PDUs())[0].getComponent()
    assert type(pdu) is (rfc1905.GetBulkRequestPDU if repetitions else rfc1905.GetNextRequestPDU)
    if repetitions:
        assert (int(pdu[1]), int(pdu[2])) == (0, repetitions)
    assert [tuple(n) for n, _ in v2c.apiPDU.get_varbinds(pdu)] == [(*c, *index) for c in columns]
    assert encoder.encode(pdu) == unit


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xa2\x80")
@example(b"\xa2\x84\xff\xff\xff\xff")
def test_arbitrary_bytes_give_a_value_or_a_wire_error(unit: bytes) -> None:
    codec.is_answer(unit, request_id=codec.REQUEST_ID_BASE)
    with contextlib.suppress(WireError):
        codec.decode(unit, request_id=codec.REQUEST_ID_BASE)


@given(st.lists(st.tuples(oids, VALUES), min_size=1, max_size=4), st.data())
def test_every_proper_prefix_is_refused(rows: list[tuple[Any, Any]], data: st.DataObject) -> None:
    unit = written_by_pysnmp(codec.REQUEST_ID_BASE, 0, 0, [(oid, value[0]) for oid, value in rows])
    size = data.draw(st.integers(0, len(unit) - 1))
    with pytest.raises(WireError):
        codec.decode(unit[:size], request_id=codec.REQUEST_ID_BASE)


@given(st.lists(st.tuples(oids, VALUES), min_size=1, max_size=4), st.data())
def test_changed_bytes_give_a_value_or_a_wire_error(rows: list[tuple[Any, Any]], data: st.DataObject) -> None:
    unit = bytearray(written_by_pysnmp(codec.REQUEST_ID_BASE, 0, 0, [(oid, value[0]) for oid, value in rows]))
    for _ in range(data.draw(st.integers(1, 4))):
        unit[data.draw(st.integers(0, len(unit) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        codec.decode(bytes(unit), request_id=codec.REQUEST_ID_BASE)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_lengths_longer_than_need_be_are_read(width: int) -> None:
    unit = answer_with(tlv(0x04, b"abc", width=width), width=width)
    assert codec.decode(unit, request_id=0x40000001).varbinds == (Varbind((1, 3, 6, 1), 0x04, b"abc"),)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("0204000000ff", 255),  # an integer with needless zeros
        ("4104ffffffff", 2**32 - 1),  # a counter without the leading zero that its sign needs
        ("410500ffffffff", 2**32 - 1),
        ("4608ffffffffffffffff", 2**64 - 1),
        ("0201ff", -1),
    ],
)
def test_numbers_as_agents_write_them_are_read(raw: str, value: int) -> None:
    assert codec.decode(answer_with(bytes.fromhex(raw)), request_id=0x40000001).varbinds[0].value == value


@pytest.mark.parametrize(
    "raw",
    [
        "0200",  # an integer of no bytes
        "02050100000000",  # above 32 bits
        "41050100000000",
        "4609010000000000000000",  # above 64 bits
        "4003c0a801",  # an address of three bytes
        "050100",  # NULL with contents
        "820100",
        "0600",  # an object identifier of no bytes
        "06022b81",  # that ends inside a sub-identifier
        "06032b8001",  # with a padded sub-identifier
        "06062b90808080 00",  # with one above 32 bits
        "4500",  # a type that SNMP does not have
        "3000",
        "04030102",  # longer than its varbind
        "0402010203",  # shorter than its varbind
        "0480010000",  # indefinite length
        "0485000000000100",  # five bytes of length
    ],
)
def test_impossible_values_are_refused(raw: str) -> None:
    with pytest.raises(WireError):
        codec.decode(answer_with(bytes.fromhex(raw.replace(" ", ""))), request_id=0x40000001)


def test_an_answer_to_another_question_is_refused() -> None:
    with pytest.raises(WireError, match="request id"):
        codec.decode(answer_with(b"\x05\0"), request_id=0x40000002)


def test_bytes_left_over_are_refused() -> None:
    with pytest.raises(WireError, match="too many"):
        codec.decode(answer_with(b"\x05\0") + b"\0", request_id=0x40000001)


def test_more_than_128_sub_identifiers_are_refused() -> None:
    name = tlv(0x06, b"\x2b" + b"\x01" * 127, width=2)
    with pytest.raises(WireError, match="sub-identifiers"):
        codec.decode(answer_with(b"\x05\0", name=name, width=2), request_id=0x40000001)


def test_subsets_are_all_selections_once_and_the_whole_list_first() -> None:
    subsets = objects.Subsets(objects.FIRST_INTERFACES)
    assert subsets[0] == objects.FIRST_INTERFACES
    assert len(set(subsets)) == len(subsets) == 7
    assert subsets[1:3] == (subsets[1], subsets[2])
    with pytest.raises(IndexError):
        subsets[7]
