"""SNMP agents on a whole range of addresses behind one socket: bound to every address, it answers for those alive.

A /16 has more addresses than a process may have files. Whoever asks an address that is not alive hears nothing.
"""

import select
import socket
import sys
from functools import lru_cache

from assetctl.demo.snmp import Agent, objects_of
from bench.fleet import SNMP_PORT, Answer, alive, ready, reply_to, table_of

PKTINFO = getattr(socket, "IP_PKTINFO", 8)
SO_RCVBUFFORCE = 33  # more than the machine's own limit, which the owner of a network namespace may take
BUFFER_BYTES = 16 << 20
INFO_BYTES = 12  # interface, address that is answered from, address that was asked


def serve(count: int, every: int) -> None:
    """Answer for one in `every` of the addresses until standard input ends."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.IPPROTO_IP, PKTINFO, 1)
    made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    made.bind(("0.0.0.0", SNMP_PORT))
    there = frozenset(alive(count, every))
    ready()
    while sys.stdin not in select.select([made, sys.stdin], [], [])[0]:
        message, ancillary, _, peer = made.recvmsg(65535, socket.CMSG_SPACE(INFO_BYTES))
        asked = ancillary[0][2][8:]
        if (address := socket.inet_ntoa(asked)) in there:
            from_there = [(socket.IPPROTO_IP, PKTINFO, bytes(4) + asked + bytes(4))]
            made.sendmsg([reply_to(message, _agent(address))], from_there, 0, peer)


@lru_cache(maxsize=1 << 12)
def _agent(address: str) -> Answer:
    return lru_cache(maxsize=8)(Agent(objects_of(table_of(address), (address,))).answer)
