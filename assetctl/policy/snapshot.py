"""The hash of what was judged, so that a stored count of passes can be tied to its facts."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted

from assetctl.model import Fact, Position, Scan, Zone
from assetctl.policy.counting import DECLARED
from assetctl.policy.plant import Plant


def snapshot_hash(plant: Plant) -> str:
    """SHA-256 over every fact, zone, position, scan and permission, whatever order they came in.

    When something was declared is no part of it: no check asks that, and a file copied anew says the same.
    """
    digest = hashlib.sha256()
    for line in _lines(plant):
        digest.update(line.encode("utf-8", "backslashreplace"))
        digest.update(b"\n")
    return digest.hexdigest()


def _lines(plant: Plant) -> Iterator[str]:
    for asset in sorted(plant.assets, key=lambda asset: asset.id):
        yield json.dumps(["asset", asset.id, asset.realm, asset.position, asset.parent, asset.zone])
        yield from sorted(map(_fact, asset.facts))
    yield from sorted(map(_zone, plant.zones))
    yield from sorted(map(_position, plant.positions))
    yield from sorted(map(_scan, plant.scans))
    yield from sorted(map(repr, (*plant.conduits, *plant.captures, *plant.flows, *plant.approved)))
    yield json.dumps(["linked", sorted(plant.links), sorted(plant.switches), sorted(plant.safety)])
    yield json.dumps(["permitted", sorted(plant.permitted), sorted(map(str, plant.networks))])


def _zone(zone: Zone) -> str:
    networks = [str(network) for network in zone.networks]
    row = ["zone", zone.realm, zone.id, networks, zone.level, zone.owner, sorted(zone.sl_t.items())]
    more = [zone.parent, zone.vlans, zone.positions, zone.assets, zone.designations, zone.trust, zone.criticality]
    return json.dumps([*row, *more, zone.access_points, [repr(one) for one in zone.approvals]])


def _position(position: Position) -> str:
    match, declared = sorted(position.match.items()), sorted(position.declared.items())
    return json.dumps(["position", position.realm, position.id, match, declared])


def _scan(scan: Scan) -> str:
    return json.dumps(["scan", scan.id, scan.state, scan.ended.isoformat() if scan.ended else None, scan.coverage])


def _fact(fact: Fact) -> str:
    """A JSON list, put together by hand: `json.dumps` sets up anew for each of hundreds of thousands."""
    subject, source = fact.subject, fact.source
    value = quoted(fact.value) if fact.value.__class__ is str else json.dumps(fact.value)
    said = _texts(source.kind, source.name, source.evidence, fact.vantage)
    if source.kind != DECLARED:
        said = f"{said}, {_moment(fact.first_seen)}, {_moment(fact.last_seen)}"
    return f"[{_texts(subject.kind, subject.local_key, fact.key)}, {value}, {said}, {fact.confidence}]"


@lru_cache(1 << 12)  # those of one asset follow each other, and assets are asked the same
def _texts(*texts: str) -> str:
    return ", ".join(map(quoted, texts))


def _moment(at: datetime) -> str:
    return _utc_moment(at) if at.tzinfo is UTC else quoted(at.isoformat())  # the same time may be written otherwise


@lru_cache(1 << 12)
def _utc_moment(at: datetime) -> str:
    return quoted(at.isoformat())
