"""PROFINET stations on one interface, by scapy: they answer DCP Identify, and one of them speaks LLDP every second.

    profinet_stations.py INTERFACE

Each station has a MAC address of its own. The second answers in a priority tag, the third in VLAN 100, the fourth has
neither name nor address. Says "ready" once it listens.
"""

import logging
import sys
import threading
import time
import warnings
from functools import reduce

warnings.filterwarnings("ignore")
logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.all import AsyncSniffer, Ether, conf, load_contrib, raw  # noqa: E402

for _layer in ("pnio", "pnio_dcp", "lldp"):
    load_contrib(_layer)

from scapy.contrib import lldp, pnio_dcp  # noqa: E402
from scapy.contrib.pnio import ProfinetIO  # noqa: E402

MACS = ("28:63:36:AB:CD:01", "AC:64:17:01:02:03", "00:0E:8C:01:02:03", "00:30:DE:0A:0B:0C")


def padded(text, block, **fields):
    value = text.encode()
    return block(dcp_block_length=2 + len(value), padding=b"\0" * (len(value) % 2), **fields)


def name(text):
    return padded(text, pnio_dcp.DCPNameOfStationBlock, name_of_station=text.encode())


def kind(text):
    return padded(text, pnio_dcp.DCPManufacturerSpecificBlock, device_vendor_value=text.encode())


def ids(vendor, device):
    return pnio_dcp.DCPDeviceIDBlock(dcp_block_length=6, vendor_id=vendor, device_id=device, padding=b"")


def role(bits):
    return pnio_dcp.DCPDeviceRoleBlock(dcp_block_length=4, device_role_details=bits, padding=b"")


def address(ip, info=1):
    mask = "255.255.255.0" if info else "0.0.0.0"
    return pnio_dcp.DCPIPBlock(
        dcp_block_length=14, block_info=info, ip=ip, netmask=mask, gateway="0.0.0.0", padding=b""
    )


STATIONS = (
    (kind("S7-1500"), name("plc-line1"), ids(0x2A, 0x10D), role(2), address("198.18.77.2")),
    (name("et200sp-1"), kind("ET200SP"), ids(0x2A, 0x313), role(1), address("198.18.77.21")),
    (name("scalance-1"), kind("SCALANCE X-200"), ids(0x2A, 0xA01), role(1), address("198.18.77.22", 2)),
    (kind("750-377"), name(""), ids(0x11D, 2), role(1), address("0.0.0.0", 0)),
)
TAGS = (b"", b"\x81\x00\xc0\x00", b"\x81\x00\xc0\x64", b"")


def answer(question, mac, blocks, tag):
    chain = reduce(lambda one, other: one / other, blocks)
    head = pnio_dcp.ProfinetDCP(
        service_id=5, service_type=1, xid=question.xid, reserved=0, dcp_data_length=len(raw(chain))
    )
    frame = raw(
        Ether(src=mac, dst=question.underlayer.underlayer.src, type=0x8892) / ProfinetIO(frameID=0xFEFF) / head / chain
    )
    frame = frame[: 26 + len(raw(chain))]
    return frame[:12] + tag + frame[12:].ljust(48, b"\0")


def lldp_frame(mac):
    frame = Ether(src=mac, dst="01:80:c2:00:00:00", type=0x88CC)
    frame /= lldp.LLDPDUChassisID(subtype=4, id=mac)
    frame /= lldp.LLDPDUPortID(subtype=7, id=b"port-001")
    frame /= lldp.LLDPDUTimeToLive(ttl=20)
    frame /= lldp.LLDPDUSystemDescription(description=b"Siemens, SIMATIC S7, CPU-1500, 6ES7 511-1AK02-0AB0")
    return raw(frame / lldp.LLDPDUEndOfLLDPDU())


def main(interface):
    sender = conf.L2socket(iface=interface)

    def on_frame(packet):
        question = packet.getlayer(pnio_dcp.ProfinetDCP)
        if question is None or (question.service_id, question.service_type) != (5, 0):
            return
        for mac, blocks, tag in zip(MACS, STATIONS, TAGS, strict=True):
            sender.outs.send(answer(question, mac, blocks, tag))

    sniffer = AsyncSniffer(
        iface=interface, store=False, prn=on_frame, filter="ether proto 0x8892",
        started_callback=lambda: print("ready", flush=True),
    )  # fmt: skip
    sniffer.start()
    while threading.main_thread().is_alive():
        sender.outs.send(lldp_frame(MACS[0]))
        time.sleep(1)


if __name__ == "__main__":
    main(sys.argv[1])
