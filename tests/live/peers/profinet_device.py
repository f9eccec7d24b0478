"""A PROFINET device's context manager over UDP; scapy reads and writes its RPC and records. Arguments: address, port.

Its endpoint mapper has two entries, its own and the device's. It opens no relation; identification records of the
device and of the module in slot 1 can be read without one, those of slot 2 are refused. Says "ready" once it listens.
"""

import logging
import socket
import struct
import sys
import uuid
import warnings

warnings.filterwarnings("ignore")
logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.all import load_contrib, raw  # noqa: E402
from scapy.layers.dcerpc import DceRpc4, NDRContextHandle  # noqa: E402
from scapy.layers.msrpce.raw import ept  # noqa: E402

load_contrib("pnio_rpc")

from scapy.contrib import pnio_rpc  # noqa: E402

MAPPER, DEVICE, NDR = (
    uuid.UUID(text)
    for text in (
        "e1af8308-5d1f-11c9-91a4-08002b14a0fa",
        "dea00001-6c97-11d1-8271-00a02442df7d",
        "8a885d04-1ceb-11c9-9fe8-08002b104860",
    )
)
OBJECT = uuid.UUID("dea00000-6c97-11d1-8271-0001010d002a")
ANNOTATION = b"S7-1200                   6ES7 212-1AE40-0XB0     14 V  4  5  1\0"
NOT_REGISTERED = 0x16C9A0D6
INVALID_INDEX = 0xDE80B000


def floor(left, right):
    return struct.pack("<H", len(left)) + left + struct.pack("<H", len(right)) + right


def tower(interface, major, port):
    floors = (
        floor(b"\x0d" + interface.bytes_le + struct.pack("<H", major), bytes(2)),
        floor(b"\x0d" + NDR.bytes_le + struct.pack("<H", 2), bytes(2)),
        floor(b"\x0a", bytes(2)),
        floor(b"\x08", struct.pack(">H", port)),
        floor(b"\x09", bytes(4)),
    )
    return struct.pack("<H", len(floors)) + b"".join(floors)


def ndr_uuid(value):
    return ept.UUID(Data1=value.time_low, Data2=value.time_mid, Data3=value.time_hi_version, Data4=value.bytes[8:])


def lookup(body, port):
    """The entry behind the handle: none for a new lookup, then its own, then the device's."""
    asked = ept.ept_lookup_Request(body, ndr64=False, ndrendian="little")
    assert asked.max_ents == 1
    step = body[52:72].count(1)  # the handle is as many ones as entries were told
    told = ((uuid.UUID(int=0), MAPPER, 3), (OBJECT, DEVICE, 1))[step : step + 1]
    entries = [
        ept.ept_entry_t(
            object=ndr_uuid(target),
            tower=ept.twr_p_t(tower_octet_string=tower(interface, major, port)),
            annotation=ANNOTATION,
        )
        for target, interface, major in told
    ]
    handle = NDRContextHandle(attributes=0, uuid=(b"\1" * (step + 1)).ljust(16, b"\0")) if told else NDRContextHandle()
    answer = ept.ept_lookup_Response(entry_handle=handle, entries=entries, status=0 if told else NOT_REGISTERED)
    answer.ndr64, answer.ndrendian = False, "little"
    return bytes(answer)


def im0(order, serial, hardware, version):
    return raw(
        pnio_rpc.IM0Block(
            VendorIDLow=42, OrderID=order.ljust(20).encode(), IMSerialNumber=serial.ljust(16).encode(),
            IMHardwareRevision=hardware, IMSWRevisionFunctionalEnhancement=version[0], IMSWRevisionBugFix=version[1],
            IMSWRevisionInternalChange=version[2], IMSupported=0x1E, block_length=56,
        )
    )  # fmt: skip


def filter_data():
    modules = b"".join(struct.pack(">HIHHI", slot, 0x1000 + slot, 1, 1, 1) for slot in range(3))
    block = struct.pack(">BBHIH", 1, 0, 1, 0, 3) + modules
    return struct.pack(">HH", 0x30, len(block)) + block + struct.pack(">HH", 0x31, len(block)) + block


RECORDS = {
    (0, 1, 0xAFF0): im0("6ES7 212-1AE40-0XB0", "S C-X4U421302009", 14, (4, 5, 1)),
    (0, 1, 0xAFF1): raw(
        pnio_rpc.IM1Block(IMTagFunction=b"=A1.PLC2".ljust(32), IMTagLocation=b"cabinet +B3".ljust(22), block_length=56)
    ),
    (0, 0, 0xF840): filter_data(),
    (1, 1, 0xAFF0): im0("6ES7 131-6BF01-0BA0", "", 1, (0, 0, 0)),
}


def read(body):
    asked = pnio_rpc.IODReadReq(body[20:])
    assert asked.ARUUID in (uuid.UUID(int=0), None)
    most = struct.unpack_from("<I", body)[0]
    record = RECORDS.get((asked.slotNumber, asked.subslotNumber, asked.index))
    if record is None:
        return struct.pack("<IIIII", INVALID_INDEX, 0, most, 0, 0)
    told = asked.get_response()
    told.ARUUID, told.recordDataLength = uuid.UUID(int=0), len(record)
    block = raw(told) + record
    return struct.pack("<IIIII", 0, len(block), most, 0, len(block)) + block


def main(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, port))
        print("ready", flush=True)
        while True:
            data, client = server.recvfrom(65535)
            call = DceRpc4(data)
            assert (call.ptype, call.endian) == (0, 1)
            body = data[80 : 80 + call.len]
            done = {(MAPPER, 2): lambda b=body: lookup(b, port), (DEVICE, 5): lambda b=body: read(b)}[
                call.if_id, call.opnum
            ]()
            head = DceRpc4(
                ptype=2, flags1=0x0A, endian=1, object=call.object, if_id=call.if_id, act_id=call.act_id,
                if_vers=call.if_vers, seqnum=call.seqnum, opnum=call.opnum, len=len(done),
            )  # fmt: skip
            server.sendto(raw(head) + done, client)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
