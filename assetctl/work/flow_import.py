"""Takes in what a sensor saw of the traffic: who spoke with whom, and what the sensor can see at all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from assetctl.errors import InputError
from assetctl.exchange.flow_rows import rows
from assetctl.exchange.flows import TOLERANCE, FlowFile, read_flows
from assetctl.model import Capture, Flow, IPNetwork, Zone
from assetctl.standing import Whereabouts
from assetctl.store.repo import Store
from assetctl.text import near
from assetctl.values import network


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the operator says of a file. covers: networks or zone ids. since, until: None for those of its records."""

    realm: str
    sensor: str = ""
    covers: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One import. nowhere: flows with an end in no declared zone. problems: the first lines left out."""

    capture: Capture
    nowhere: int
    problems: tuple[str, ...]


def import_flows(store: Store | None, path: Path, wanted: Wanted, *, zones: Iterable[Zone], now: datetime) -> Told:
    """Take in one file; the same file of the same sensor twice changes nothing. Raises InputError.

    store: None to only look.
    """
    return take_flows(store, read_flows(path, now=now), path, wanted, zones=zones, now=now)


def take_flows(
    store: Store | None, found: FlowFile, path: Path, wanted: Wanted, *, zones: Iterable[Zone], now: datetime
) -> Told:
    """Take in flows that were read already. Raises InputError."""
    declared = tuple(zones)
    covers = tuple(dict.fromkeys(map(str, covered(wanted, declared))))
    capture = _capture(found, path, wanted, covers, now)
    if store is not None:
        store.put_capture(capture, _flows(found, capture))
    where = Whereabouts(declared)
    ends = ((key[0], key[1]) for key in found.gathered.flows)
    nowhere = sum(not all(where.of_address(wanted.realm, ip) for ip in pair) for pair in ends) if declared else 0
    return Told(capture, nowhere, tuple(found.gathered.problems))


def covered(wanted: Wanted, zones: tuple[Zone, ...]) -> tuple[IPNetwork, ...]:
    """The networks that a sensor sees, as its operator says. Raises InputError."""
    return tuple(net for text in wanted.covers for net in _covered(text, wanted.realm, zones))


def _covered(text: str, realm: str, zones: tuple[Zone, ...]) -> tuple[IPNetwork, ...]:
    """The networks of a zone's id, or the network itself."""
    zone = next((one for one in zones if one.id == text), None)
    if zone is not None:
        if zone.realm != realm or not zone.networks:
            raise InputError(f"--covers {text}: that zone has no ranges in realm {realm}; name a network")
        return zone.networks
    try:
        return (network(text),)
    except ValueError as error:
        problem = f"--covers {text}: neither a zone{near(text, tuple(one.id for one in zones))} nor a network: {error}"
    raise InputError(problem)


def _capture(found: FlowFile, path: Path, wanted: Wanted, covers: tuple[str, ...], now: datetime) -> Capture:
    started, ended = wanted.since or found.started, wanted.until or found.ended
    if started > found.started or ended < found.ended:
        raise InputError(
            f"{path}: its records go from {found.started:%Y-%m-%dT%H:%MZ} to {found.ended:%Y-%m-%dT%H:%MZ},"
            " which --since and --until must enclose"
        )
    if ended > now + TOLERANCE:
        raise InputError(f"--until {ended:%Y-%m-%dT%H:%MZ} lies in the future")
    sensor = wanted.sensor or path.name
    return Capture(
        id="f-" + sha256("\0".join((wanted.realm, sensor, found.sha256)).encode()).hexdigest()[:16],
        realm=wanted.realm,
        sensor=sensor,
        format=found.format,
        file=path.name,
        sha256=found.sha256,
        started=started,
        ended=ended,
        imported=now,
        covers=covers,
        records=found.gathered.records,
        flows=len(found.gathered.flows),
        skipped=found.gathered.skipped,
    )


def _flows(found: FlowFile, capture: Capture) -> Iterator[Flow]:
    for (source, target, transport, port, service), one in rows(found.gathered):
        yield Flow(
            capture=capture.id,
            realm=capture.realm,
            source=source,
            target=target,
            transport=transport,
            port=port,
            service=service,
            first_seen=one.first_seen,
            last_seen=one.last_seen,
            connections=one.connections,
            answered=one.answered,
            opened=one.opened,
            size_bytes=one.size_bytes,
            sensor=capture.sensor,
        )
