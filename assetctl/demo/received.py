"""What reached the demo plant, noted at the receiving side: the other half of the ledger."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from assetctl.model import Transport

WINDOW_S = 1.0


class Ending(StrEnum):
    OPEN = "open"
    FIN = "fin"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Unit:
    """One protocol unit that came in, out of its envelope. at_s: on the plant's own clock."""

    address: str
    transport: Transport
    port: int
    payload: bytes
    at_s: float


@dataclass(slots=True)
class Connection:
    """One TCP connection from its accept to its end, as the server saw it."""

    address: str
    port: int
    at_s: float
    ending: Ending = Ending.OPEN


@dataclass(slots=True)
class Fragility:
    """What a device can bear. More does harm: it stops answering for good, and every further offence is counted."""

    most_connections: int
    most_per_s: int
    harms: list[str] = field(default_factory=list)

    def judge(self, connections: int, in_last_second: int) -> None:
        if connections > self.most_connections:
            self.harms.append(f"{connections} connections at once, it bears {self.most_connections}")
        if in_last_second > self.most_per_s:
            self.harms.append(f"{in_last_second} units in a second, it bears {self.most_per_s}")


@dataclass(slots=True)
class Received:
    """Everything that reached one device, over all of its addresses.

    rubbish: pieces that are no unit of their port's protocol. most_at_once: connections at one address, since nobody
    knows beforehand that two addresses are one device.
    """

    device: str
    fragility: Fragility | None = None
    units: list[Unit] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    rubbish: int = 0
    most_at_once: int = 0
    _moments: list[float] = field(default_factory=list)

    @property
    def is_harmed(self) -> bool:
        return self.fragility is not None and bool(self.fragility.harms)

    @property
    def highest_per_s(self) -> int:
        """The most connects and units in any one second."""
        return max((self._in_second_before(moment) for moment in self._moments), default=0)

    def opened(self, address: str, port: int, at_s: float) -> Connection:
        connection = Connection(address, port, at_s)
        self.connections.append(connection)
        self._judge(at_s)
        return connection

    def heard(self, unit: Unit) -> None:
        self.units.append(unit)
        self._judge(unit.at_s)

    def _judge(self, at_s: float) -> None:
        self._moments.append(at_s)
        still_open = Counter(one.address for one in self.connections if one.ending is Ending.OPEN)
        self.most_at_once = max(self.most_at_once, *still_open.values(), 0)
        if self.fragility is not None:
            self.fragility.judge(still_open.total(), self._in_second_before(at_s))

    def _in_second_before(self, at_s: float) -> int:
        return sum(1 for _ in self._recent(at_s))

    def _recent(self, at_s: float) -> Iterator[float]:
        return (moment for moment in self._moments if at_s - WINDOW_S < moment <= at_s)
