"""May this SNMP PDU leave? Reads of the published objects only. Written without the codec, on purpose.

There is no way through for SetRequest, traps, informs, reports and responses: their types are not on the list.
Identity and depth questions are told apart by bit 29 of the request id, since a table's first row and its fortieth are
asked for in the same words but are paid from different purses.
"""

from assetctl.errors import Refusal, WireError
from assetctl.wire import Reader

GET, GET_NEXT, GET_BULK = 0xA0, 0xA1, 0xA5

MOST_VARBINDS = 10
MOST_REPETITIONS = 10
MOST_OID_BYTES = 64

_SCALARS = (
    bytes.fromhex("2b060102010101"),  # 1.3.6.1.2.1.1.1 sysDescr
    bytes.fromhex("2b060102010102"),  # sysObjectID
    bytes.fromhex("2b060102010103"),  # sysUpTime
    bytes.fromhex("2b060102010104"),  # sysContact
    bytes.fromhex("2b060102010105"),  # sysName
    bytes.fromhex("2b060102010106"),  # sysLocation
    bytes.fromhex("2b060102010107"),  # sysServices
    bytes.fromhex("2b060102010201"),  # 1.3.6.1.2.1.2.1 ifNumber
    bytes.fromhex("2b060106030a020101"),  # 1.3.6.1.6.3.10.2.1.1 snmpEngineID
)
_TABLES = {
    bytes.fromhex("2b060102012f01010101"): "entity",  # 1.3.6.1.2.1.47.1.1.1.1 entPhysicalEntry
    bytes.fromhex("2b06010201020201"): "interface",  # 1.3.6.1.2.1.2.2.1 ifEntry
    bytes.fromhex("2b060102011f010101"): "interface",  # 1.3.6.1.2.1.31.1.1.1 ifXEntry
    bytes.fromhex("2b06010201041401"): "ipv4-address",  # 1.3.6.1.2.1.4.20.1 ipAddrEntry
    bytes.fromhex("2b06010201042201"): "ip-address",  # 1.3.6.1.2.1.4.34.1 ipAddressEntry
}


def vet(unit: bytes) -> str:
    """Name of the request that a PDU is; raises Refusal for any other unit."""
    try:
        return _read(unit)
    except WireError as broken:
        raise Refusal(f"snmp: not a whole PDU ({broken})") from broken


def _read(unit: bytes) -> str:
    pdu = Reader(unit)
    kind = pdu.u8("PDU type")
    if kind not in (GET, GET_NEXT, GET_BULK):
        raise Refusal(f"snmp: PDU type 0x{kind:02x} is not on the list")
    body = _contents(pdu, "PDU")
    pdu.end("PDU")
    body.expect(b"\x02\x04", "request id type and length")
    request_id = body.u32("request id")
    if not 0x40000000 <= request_id <= 0x7FFFFFFF:
        raise Refusal("snmp: request ids are 0x40000000 to 0x7fffffff")
    body.expect(b"\x02\x01\0\x02\x01", "error status or non-repeaters 0")
    _check_repetitions(kind, body.u8("error index or max-repetitions"))
    body.expect(b"\x30", "variable bindings")
    varbinds = _contents(body, "variable bindings")
    body.end("PDU")
    return _name(kind, _oids(varbinds), is_depth=request_id >= 0x60000000)


def _check_repetitions(kind: int, third: int) -> None:
    if kind == GET_BULK and not 1 <= third <= MOST_REPETITIONS:
        raise Refusal(f"snmp: max-repetitions is 1 to {MOST_REPETITIONS}, this one {third}")
    if kind != GET_BULK and third:
        raise Refusal("snmp: the error index of a question is 0")


def _contents(r: Reader, field: str) -> Reader:
    """What a length announces, in the short form or the long one of one or two bytes, each as short as can be."""
    size = r.u8(f"{field} length")
    if size == 0x81:
        size = r.u8(f"{field} length")
        if size < 0x80:
            raise Refusal(f"snmp: {field} length is longer than need be")
    elif size == 0x82:
        size = r.u16(f"{field} length")
        if size < 0x100:
            raise Refusal(f"snmp: {field} length is longer than need be")
    elif size >= 0x80:
        raise Refusal(f"snmp: {field} length form 0x{size:02x} is not on the list")
    return r.part(size, field)


def _oids(varbinds: Reader) -> list[bytes]:
    """The names asked for. A name is short, so both lengths before it have one byte each."""
    oids: list[bytes] = []
    while varbinds.left():
        varbinds.expect(b"\x30", "variable binding")
        whole = varbinds.u8("variable binding length")
        varbinds.expect(b"\x06", "name")
        size = varbinds.u8("name length")
        if not 0 < size <= MOST_OID_BYTES or whole != size + 4:
            raise Refusal(f"snmp: an object name has 1 to {MOST_OID_BYTES} bytes and NULL behind it, this one {size}")
        oid = varbinds.take(size, "name")
        if oid[-1] >= 0x80:
            raise Refusal(f"snmp: an object name ends, this one does not: {oid.hex()}")
        varbinds.expect(b"\x05\0", "value NULL")
        oids.append(oid)
    if not 1 <= len(oids) <= MOST_VARBINDS:
        raise Refusal(f"snmp: 1 to {MOST_VARBINDS} objects a question, this one has {len(oids)}")
    return oids


def _name(kind: int, oids: list[bytes], *, is_depth: bool) -> str:
    if kind == GET:
        if is_depth or not all(oid[-1] == 0 and oid[:-1] in _SCALARS for oid in oids):
            raise Refusal("snmp: a Get asks only for the published scalars, as an identity question")
        return "get-system"
    tables = {_table(oid) for oid in oids}
    if "" in tables or len(tables) != 1:
        raise Refusal("snmp: a GetNext or GetBulk asks only for columns of one published table")
    (table,) = tables
    if is_depth:
        return f"walk-{table}"
    if kind == GET_BULK or table not in ("entity", "interface"):
        raise Refusal(f"snmp: {table} beyond first rows is a depth question")
    return f"next-{table}"


def _table(oid: bytes) -> str:
    """The published table that an object lies in, or "". No entry of the list begins another."""
    return next((table for entry, table in _TABLES.items() if oid.startswith(entry) and oid != entry), "")
