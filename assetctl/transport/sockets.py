"""Sockets bound to the vantage, and what an operating system error says about a device."""

import errno
import socket
import sys
from dataclasses import dataclass

from assetctl.errors import EnvironmentFault
from assetctl.model import IPAddress, Outcome
from assetctl.scope import Vantage
from assetctl.talk import Reply

IP_RECVERR, IPV6_RECVERR = 11, 25  # Linux: ICMP errors are told to a socket that is not connected


@dataclass(frozen=True, slots=True)
class Heard:
    """A reply with the time to its first byte, and how many units came that did not answer the question."""

    reply: Reply
    rtt_ms: float | None = None
    strays: int = 0


def bound(ip: IPAddress, kind: socket.SocketKind, vantage: Vantage) -> socket.socket:
    """A non-blocking socket that can only leave by the vantage's interface and source address.

    Raises EnvironmentFault when the machine has no such interface or address, or no socket to spare.
    """
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        made = socket.socket(family, kind)
    except OSError as fault:
        raise EnvironmentFault(f"no socket: {fault.strerror}; raise the limit of open files (ulimit -n)") from None
    made.setblocking(False)
    try:
        if vantage.declared and vantage.interface and sys.platform == "linux":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, vantage.interface.encode() + b"\0")
        if vantage.source is not None and vantage.source.version == ip.version:
            made.bind((str(vantage.source), 0))
    except OSError as fault:
        made.close()
        raise EnvironmentFault(f"vantage {vantage.name}: {fault.strerror}; see `assetctl doctor`") from None
    return made


def tells_errors(made: socket.socket) -> None:
    """Have ICMP errors reported on a datagram socket, where the system can."""
    if sys.platform == "linux":
        level, option = (socket.IPPROTO_IP, IP_RECVERR)
        if made.family == socket.AF_INET6:
            level, option = (socket.IPPROTO_IPV6, IPV6_RECVERR)
        made.setsockopt(level, option, 1)


_CLOSED = {errno.ECONNREFUSED}
_RESET = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED}
_ABSENT = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EHOSTDOWN}


def told(fault: OSError) -> Reply:
    """What an operating system error means for an exchange."""
    detail = fault.strerror or str(fault)
    if fault.errno in _CLOSED:
        return Reply(Outcome.REFUSED, detail=detail)
    if fault.errno in _RESET:
        return Reply(Outcome.RESET, detail=detail)
    if fault.errno in _ABSENT:
        return Reply(Outcome.SILENT, detail=detail)
    return Reply(Outcome.ABORTED, detail=detail)
