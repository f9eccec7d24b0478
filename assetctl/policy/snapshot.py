"""The hash of what was judged, so that a stored count of passes can be tied to its facts."""

import hashlib
import json
from collections.abc import Iterator

from assetctl.model import Fact, Position, Scan, Zone
from assetctl.policy.plant import DECLARED, Plant


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
    subject, source = fact.subject, fact.source
    row = [subject.kind, subject.local_key, fact.key, fact.value, source.kind, source.name, source.evidence]
    times = [] if source.kind == DECLARED else [fact.first_seen.isoformat(), fact.last_seen.isoformat()]
    return json.dumps([*row, fact.vantage, *times, fact.confidence])
