"""One run: each scanner through a rack of healthy twins, with what reached every twin recorded at its side."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live.namespace import PEERS_END, SCANNER, SCANNER_IT, Namespaces, Side, namespaces
from tests.live.wire import Recording, recorded
from tests.twins.devices import KINDS
from tests.twins.process import Served, served
from tests.twins.scanners import Outcome, assetctl, found, fusioninventory, nmap, onesixtyone
from tests.twins.twin import Twin

SCANNERS: dict[str, Callable[[Side, Path], Outcome]] = {
    "assetctl": assetctl, "nmap": nmap, "fusioninventory": fusioninventory, "onesixtyone": onesixtyone,
}  # fmt: skip
PROGRAMS = {"fusioninventory": "fusioninventory-netdiscovery"}


@dataclass(frozen=True)
class Passage:
    """How one scanner fared with one twin. found: identity fields. state: of the twin afterwards."""

    kind: type[Twin]
    found: tuple[str, ...]
    units: int
    connections: int
    state: str

    @property
    def is_harmed(self) -> bool:
        return self.state != "healthy"


@dataclass(frozen=True)
class Run:
    """One scanner through the whole rack."""

    scanner: str
    outcome: Outcome
    passages: tuple[Passage, ...]

    @property
    def harmed(self) -> list[str]:
        return [f"{one.kind.__name__}: {one.state}" for one in self.passages if one.is_harmed]

    @property
    def fields(self) -> int:
        return sum(len(one.found) for one in self.passages)


@contextmanager
def racked() -> Iterator[tuple[Namespaces, Served]]:
    """Both namespaces and the rack in one of them."""
    with namespaces() as spaces, served(spaces) as rack:
        yield spaces, rack


def through(spaces: Namespaces, rack: Served, scanner: str, folder: Path) -> Run:
    """Send one scanner through a rack of healthy twins."""
    rack.renew()
    file = folder / f"{scanner}.frames"
    with recorded(spaces.peers.enter, PEERS_END, file, (SCANNER, SCANNER_IT)) as recordings:
        outcome = SCANNERS[scanner](spaces.scanner, folder / scanner)
        states = rack.states()
    return Run(scanner, outcome, tuple(_passage(kind, outcome, recordings[0], states) for kind in KINDS))


def _passage(kind: type[Twin], outcome: Outcome, recording: Recording, states: dict[str, str]) -> Passage:
    addresses = (kind.address(), *kind.others)
    units = sum(not unit.is_connect for address in addresses for unit in recording.units(address))
    connections = sum(len(recording.connections(address)) for address in addresses)
    return Passage(kind, tuple(found(kind, outcome)), units, connections, states[kind.address()])


def installed() -> list[str]:
    """Scanners that can run here."""
    return [name for name in SCANNERS if name == "assetctl" or shutil.which(PROGRAMS.get(name, name))]
