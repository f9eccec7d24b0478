"""Sockets for servers that only this machine can reach. The one place of the demo that binds anything."""

import errno
import socket
from ipaddress import IPv6Address, ip_address, ip_network

from assetctl.errors import EnvironmentFault, InputError
from assetctl.model import IPAddress, Transport

_LOOPBACK = ip_network("127.0.0.0/8")
_KINDS = {Transport.TCP: socket.SOCK_STREAM, Transport.UDP: socket.SOCK_DGRAM}
_BACKLOG = 16


class PortTaken(EnvironmentFault):
    """Somebody else holds the port."""


def checked(address: str) -> IPAddress:
    """The address when it is loopback. Raises InputError for every other one, IPv4 in IPv6 clothes included."""
    ip = ip_address(address)
    if ip == IPv6Address("::1") or (ip.version == 4 and ip in _LOOPBACK):
        return ip
    raise InputError(f"{address}: the demo binds loopback addresses only, 127.0.0.0/8 and ::1")


def bound(address: str, transport: Transport, port: int) -> socket.socket:
    """A non-blocking socket on a loopback address, listening when it is TCP. Raises EnvironmentFault in one line."""
    ip = checked(address)
    made = socket.socket(socket.AF_INET if ip.version == 4 else socket.AF_INET6, _KINDS[transport])
    try:
        if transport is Transport.TCP:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((str(ip), port))
        if transport is Transport.TCP:
            made.listen(_BACKLOG)
    except OSError as fault:
        made.close()
        kind = PortTaken if fault.errno == errno.EADDRINUSE else EnvironmentFault
        raise kind(explained(fault, address, port)) from None
    made.setblocking(False)
    return made


def explained(fault: OSError, address: str, port: int) -> str:
    """Why a loopback address cannot be bound, in one line for people."""
    if fault.errno == errno.EADDRINUSE:
        return f"{address} port {port} is taken; is another demo running?"
    if fault.errno in (errno.EADDRNOTAVAIL, errno.EINVAL):
        return (
            f"{address} does not exist here: this system has 127.0.0.1 alone, as macOS does, and the demo plant needs "
            "all of 127.0.0.0/8; run the demo on Linux or Windows"
        )
    return f"{address} port {port} cannot be bound: {fault.strerror}"
