"""May this MMS unit leave? Only the six that open, name, list and close may. Written without the codec, on purpose.

The units that never vary are held against their bytes; of the others every length is counted again.
"""

from assetctl.errors import Refusal

_FIXED = {
    bytes.fromhex("0300001611e00000000100c0010dc2020001c1020001"): "cotp-connect",
    bytes.fromhex(
        "030000bb02f080"  # TPKT, DT
        "0db20506130100160102140200023302000134020001c19c"  # session connect
        "318199a003800101a28191810400000001820400000001"  # presentation connect
        "a423300f0201010604520100013004060251013010020103060528ca220201300406025101"
        "615e305c020101a0576055a107060528ca220203"  # association request
        "a20706052901876701a30302010ca606060429018767a70302010c"
        "be2f282d020103a028a826"  # initiate request
        "800300fde881010582010583010aa416800101810305f100820c03ee1c00000408000079ef18"
    ): "associate",
    bytes.fromhex("0300001602f0800100010061093007020103a0028b00"): "conclude",
    bytes.fromhex("0300001902f0800910c10e610c300a020101a0056203800100"): "release",
}
_NAME_CHARACTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$")


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit in _FIXED:
        return _FIXED[unit]
    if len(unit) < 25 or unit[24] > 127:
        raise Refusal("mms: neither a fixed unit of the list nor a question with an invoke id of one octet")
    if unit == _question(unit[24], b"\x82\x00"):
        return "identify"
    if unit[25:26] == b"\xa1" and unit == _question(unit[24], _domains(unit[36:])):
        return "get-name-list-domains"
    raise Refusal(f"mms: the service {unit[25:].hex()} is not on the list")


def _domains(rest: bytes) -> bytes:
    """The service of getNameList for domains, with a name to go on after where there is more."""
    name = rest[2:]
    if rest and (not 1 <= len(name) <= 64 or rest[:2] != bytes((0x82, len(name))) or not set(name) <= _NAME_CHARACTERS):
        raise Refusal("mms: the name to go on after is not as published")
    return bytes((0xA1, 9 + len(rest))) + b"\xa0\x03\x80\x01\x09\xa1\x02\x80\x00" + rest


def _question(invoke_id: int, service: bytes) -> bytes:
    """A confirmed request as it must stand on the wire."""
    size = len(service)
    return (
        bytes((3, 0, 0, size + 25))
        + b"\x02\xf0\x80\x01\x00\x01\x00"
        + bytes((0x61, size + 12, 0x30, size + 10, 0x02, 1, 3, 0xA0, size + 5, 0xA0, size + 3, 0x02, 1, invoke_id))
        + service
    )
