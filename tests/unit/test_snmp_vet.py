"""What may leave as SNMP: reads of the published objects, nothing that writes, nothing larger than an agent bears."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import encoder
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c

from assetctl.errors import Refusal
from assetctl.protocols.snmp import codec, objects
from assetctl.protocols.snmp.vet import vet

IDENTITY, DEPTH = 0x40000001, 0x60000001
DESCR = objects.SYS_DESCR
ENT = objects.ENT_DESCR


def pdu(
    kind: Any, names: Any, *, request_id: int = IDENTITY, value: Any = None, second: int = 0, third: int = 0
) -> bytes:
    """A unit written by pysnmp, of any kind it knows."""
    made = kind()
    if kind is rfc1905.GetBulkRequestPDU:
        v2c.apiBulkPDU.set_defaults(made)
    else:
        v2c.apiPDU.set_defaults(made)
    v2c.apiPDU.set_request_id(made, request_id)
    v2c.apiPDU.set_varbinds(made, [(name, v2c.Null("") if value is None else value) for name in names])
    made.setComponentByPosition(1, second)
    made.setComponentByPosition(2, third)
    return bytes(encoder.encode(made))


def test_reads_of_the_published_objects_are_named() -> None:
    assert vet(pdu(rfc1905.GetRequestPDU, [DESCR])) == "get-system"
    assert vet(pdu(rfc1905.GetNextRequestPDU, [ENT])) == "next-entity"
    assert vet(pdu(rfc1905.GetNextRequestPDU, [objects.IF_DESCR])) == "next-interface"
    assert vet(pdu(rfc1905.GetNextRequestPDU, [ENT], request_id=DEPTH)) == "walk-entity"
    assert vet(pdu(rfc1905.GetBulkRequestPDU, [ENT], request_id=DEPTH, third=10)) == "bulk-entity"


@pytest.mark.parametrize(
    "kind",
    [
        *(rfc1905.SetRequestPDU, rfc1905.InformRequestPDU, rfc1905.SNMPv2TrapPDU),
        *(rfc1905.ResponsePDU, rfc1905.ReportPDU),
    ],
)
def test_what_writes_or_tells_is_refused(kind: Any) -> None:
    for request_id in (IDENTITY, DEPTH):
        for names in ([DESCR], [ENT]):
            with pytest.raises(Refusal, match="not on the list"):
                vet(pdu(kind, names, request_id=request_id))


@pytest.mark.parametrize(
    ("kind", "options", "reason"),
    [
        (rfc1905.GetRequestPDU, {"names": [DESCR] * 11}, "1 to 10 objects"),
        (rfc1905.GetRequestPDU, {"names": []}, "1 to 10 objects"),
        (rfc1905.GetRequestPDU, {"names": [DESCR], "value": v2c.OctetString("x")}, "NULL"),
        (rfc1905.GetRequestPDU, {"names": [(1, 3, 6, 1, 2, 1, 1, 8, 0)]}, "published scalars"),
        (rfc1905.GetRequestPDU, {"names": [DESCR, (1, 3, 6, 1, 4, 1, 9, 2, 1, 0)]}, "published scalars"),
        (rfc1905.GetRequestPDU, {"names": [ENT]}, "published scalars"),
        (rfc1905.GetRequestPDU, {"names": [DESCR], "request_id": DEPTH}, "published scalars"),
        (rfc1905.GetRequestPDU, {"names": [DESCR], "request_id": 1}, "request id"),
        (rfc1905.GetNextRequestPDU, {"names": [DESCR]}, "one published table"),
        (rfc1905.GetNextRequestPDU, {"names": [(1, 3, 6, 1)]}, "one published table"),
        (rfc1905.GetNextRequestPDU, {"names": [ENT[:-1]]}, "one published table"),
        (rfc1905.GetNextRequestPDU, {"names": [ENT, objects.IF_DESCR]}, "one published table"),
        (rfc1905.GetNextRequestPDU, {"names": [objects.IP_TYPE]}, "depth question"),
        (rfc1905.GetNextRequestPDU, {"names": [(*ENT, *[300] * 40)]}, "1 to 80 bytes"),
        (rfc1905.GetBulkRequestPDU, {"names": [ENT], "third": 4}, "depth question"),
        (rfc1905.GetBulkRequestPDU, {"names": [ENT], "third": 0, "request_id": DEPTH}, "max-repetitions"),
        (rfc1905.GetBulkRequestPDU, {"names": [ENT], "third": 11, "request_id": DEPTH}, "max-repetitions"),
        (rfc1905.GetBulkRequestPDU, {"names": [ENT], "second": 1, "third": 4, "request_id": DEPTH}, "non-repeaters"),
    ],
)
def test_reads_beyond_the_list_or_the_limits_are_refused(kind: Any, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        vet(pdu(kind, **options))


def test_a_message_with_its_community_is_no_unit() -> None:
    unit = pdu(rfc1905.GetRequestPDU, [DESCR])
    with pytest.raises(Refusal):
        vet(b"\x30" + bytes((len(unit) + 11,)) + b"\x02\x01\x01\x04\x06public" + unit)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20))
def test_no_object_outside_the_published_prefixes_is_let_through(rest: list[int]) -> None:
    name = (1, 3, *rest)
    known = (*objects.ENTITY, *objects.INTERFACES, *objects.ADDRESSES, *objects.IPV4_ADDRESSES)
    entries = {column[:-1] for column in known}
    unit = codec.encode_walk(request_id=DEPTH, columns=(name,), index=(), repetitions=5)
    if any(name[: len(entry)] == entry and len(name) > len(entry) for entry in entries):
        return
    with pytest.raises(Refusal):
        vet(unit)
