"""What the gate hands out: a Permit for one unit, a Lease for one exact nmap call, Wait, or Refused.

Only gate.py can make a Permit or a Lease: both want a seal that no other module has. Each is good for one use.
"""

from dataclasses import dataclass

from assetctl.errors import Refusal
from assetctl.model import Address, Destination, IPAddress, Transport


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: the pace, or another device of the same network, wants this many seconds.

    is_shared: it is the pace of the whole run, which all devices wait for.
    """

    seconds: float
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """No, for this reason. It stands in the ledger and in the observation."""

    reason: str


class Seal:
    """Held by the gate alone; a test shows that no other module makes one."""


class Permit:
    """Leave to send one unit, the bytes included. action: connect, unit or goodbye.

    datagrams: how many datagrams it covers; more than one only for an SNMPv3 engine's discovery and time sync.
    pause_s: the least time between two of them, since those of one connection may leave in one question.
    source_port: what they should leave from, 0 for any.
    """

    __slots__ = (
        *("_used", "action", "address", "datagrams", "envelope", "pause_s", "payload"),
        *("port", "request", "sequence", "source_port", "step", "transport"),
    )

    def __init__(
        self,
        seal: Seal,
        *,
        address: Destination,
        transport: Transport,
        port: int,
        payload: bytes,
        request: str,
        action: str,
        step: str,
        sequence: int,
        envelope: str = "",
        datagrams: int = 1,
        pause_s: float = 0.0,
        source_port: int = 0,
    ) -> None:
        if type(seal) is not Seal:
            raise Refusal("a permit comes from the gate only")
        self.address = address
        self.transport = transport
        self.port = port
        self.payload = payload
        self.request = request
        self.action = action
        self.step = step
        self.sequence = sequence
        self.envelope = envelope
        self.datagrams = datagrams
        self.pause_s = pause_s
        self.source_port = source_port
        self._used = False

    @property
    def ip(self) -> IPAddress:
        """The address a socket may be opened to. Raises Refusal for a permit that is for a segment."""
        if not isinstance(self.address, Address):
            raise Refusal(f"{self.step}: a permit for a segment is none for an address")
        return self.address.ip

    @property
    def host(self) -> str:
        """The same as text."""
        return self.address.host if isinstance(self.address, Address) else str(self.ip)

    def use(self) -> bytes:
        """The bytes to send. Raises Refusal at the second call."""
        if self._used:
            raise Refusal(f"{self.step}: a permit is good for one unit")
        self._used = True
        return self.payload


class Lease:
    """Leave to start nmap once with exactly these arguments, for at most 16 addresses and 60 seconds."""

    __slots__ = ("_used", "addresses", "argv", "ports", "profile", "seconds", "sequence")

    def __init__(
        self,
        seal: Seal,
        *,
        addresses: tuple[IPAddress, ...],
        ports: tuple[int, ...],
        profile: str,
        argv: tuple[str, ...],
        seconds: float,
        sequence: int,
    ) -> None:
        if type(seal) is not Seal:
            raise Refusal("a lease comes from the gate only")
        self.addresses = addresses
        self.ports = ports
        self.profile = profile
        self.argv = argv
        self.seconds = seconds
        self.sequence = sequence
        self._used = False

    def use(self) -> tuple[str, ...]:
        """The argument list to start. Raises Refusal at the second call."""
        if self._used:
            raise Refusal("a lease is good for one call")
        self._used = True
        return self.argv
