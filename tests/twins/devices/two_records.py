from tests.twins.devices.s7 import S7Twin

_CODE = b"6ES7 314-6EH04-0AB0 "


class TwoRecords(S7Twin):
    """CPU whose module list has two records and whose component list is empty."""

    host = 54
    limit = "none; 0x0011 with two records, 0x001C with no byte"
    source = "mushorg/conpot issue 586: a short, valid list ends an asker with fixed offsets"
    cpu = {"slot": 2, "order_code": _CODE.decode().strip()}
    lists = {
        0x0011: b"\x00\x11\x00\x00\x00\x1c\x00\x02"
        + b"".join(
            number + _CODE + b"\0\0" + version for number, version in ((b"\0\1", b"\0\5\0\0"), (b"\0\7", b"V\3\3\x0c"))
        ),
        0x001C: b"",
    }
    truth = {"order_code": "6ES7 314-6EH04-0AB0", "firmware_software_version": "3.3.12"}
