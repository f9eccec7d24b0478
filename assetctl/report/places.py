"""The chapter about zones and conduits: what is declared, and which flows were seen between them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from assetctl.model import Allowed, Capture, Conduit, Result, Zone
from assetctl.report import topology
from assetctl.report.inputs import Passage, ReportInputs
from assetctl.report.judgement import Here, Judged
from assetctl.report.levels import FR
from assetctl.report.section import Drawing, Figure, Section
from assetctl.report.table import Column, Kind, Row, Table, moment, ref, table
from assetctl.report.topology import Device
from assetctl.report.zones_drawing import legible, passing

ALLOWED, NO_CONDUIT = "allowed", "no conduit"
VERDICTS = (NO_CONDUIT, "not in its conduit", "other opener", "no zone", ALLOWED)
"""Of a flow between zones, worst first."""

_ZONES = (
    Column("Zone", Kind.KEY, 20),
    Column("Realm", width=14, page=False),
    Column("Level", width=10),
    Column("Part of", width=18),
    Column("Owner", width=24),
    Column("Networks", Kind.CODE, 36),
    Column("VLANs", Kind.CODE, 14, page=False),
    Column("Set apart for", width=20, page=False),
    Column("Trust", width=12, page=False),
    Column("Criticality", width=12, page=False),
    Column("Access points", width=26, page=False),
    *(Column(f"SL-T {fr}", Kind.NUMBER, 10) for fr in FR),
    Column("Source of SL-T", width=22, page=False),
    Column("Approved", width=36, page=False),
    Column("Assets", Kind.NUMBER, 10),
    Column("Fail", Kind.NUMBER, 10),
    Column("Unknown", Kind.NUMBER, 10),
    Column("Worst", Kind.MARK, 12),
)
_CONDUITS = (
    Column("Conduit", Kind.KEY, 20),
    Column("From", Kind.LINKS, 18),
    Column("To", Kind.LINKS, 18),
    Column("Protocol", width=16),
    Column("Port", Kind.CODE, 16),
    Column("Opener", width=10),
    Column("Boundary", width=22),
    Column("Tunnel", width=14, page=False),
    Column("Network", width=12, page=False),
    Column("Security", width=16, page=False),
    Column("SL-T", Kind.CODE, 22, page=False),
    Column("Flows seen", Kind.NUMBER, 12),
    Column("First", Kind.TIME, 20, page=False),
    Column("Last", Kind.TIME, 20),
    Column("Verdict", Kind.MARK, 16),
)
_FLOWS = (
    Column("Verdict", Kind.MARK, 20),
    Column("From", Kind.CODE, 20),
    Column("From zone", Kind.LINKS, 18),
    Column("To", Kind.CODE, 20),
    Column("To zone", Kind.LINKS, 18),
    Column("Port", Kind.CODE, 12),
    Column("Service", width=14),
    Column("Conduit", Kind.LINKS, 18),
    Column("Connections", Kind.NUMBER, 13),
    Column("Answered", Kind.NUMBER, 11),
    Column("First", Kind.TIME, 20, page=False),
    Column("Last", Kind.TIME, 20),
    Column("Sensor", width=18, page=False),
)
_SENSORS = (
    Column("Sensor", Kind.KEY, 22),
    Column("Realm", width=14, page=False),
    Column("File", width=36),
    Column("SHA-256", Kind.CODE, 66, page=False),
    Column("From", Kind.TIME, 20),
    Column("Until", Kind.TIME, 20),
    Column("Sees every flow of", Kind.CODE, 44),
    Column("Flows", Kind.NUMBER, 10),
    Column("Lines that were no flows", Kind.NUMBER, 14),
)


def places(judged: Judged) -> Section:
    """The zones and conduits, and what passed between zones."""
    inputs = judged.inputs
    counts = Counter(one.verdict for one in inputs.passages)
    lead = ("SL-T is the owner's target. Levels are never inferred: every row needs an attestation first.",)
    return Section(
        "zones",
        "Zones and conduits",
        lead,
        figures=_figures(inputs, counts),
        drawings=_drawings(judged),
        tables=(_zones(judged), _conduits(judged), _flows(judged), _sensors(inputs)),
    )


def _drawings(judged: Judged) -> tuple[Drawing, ...]:
    inputs = judged.inputs
    here = Counter(entry.asset.zone or "" for entry in judged.entries.values())
    drawn: list[Drawing] = []
    if inputs.zones:
        drawn.append(legible(inputs.zones, inputs.conduits, here, nowhere=here[""]))
    if inputs.topology.links:
        devices = {
            id: Device(one.name, one.text("asset_role_type"), one.asset.zone or "")
            for id, one in judged.entries.items()
        }
        drawn.append(topology.drawing(inputs.topology, devices))
    return tuple(drawn)


def _figures(inputs: ReportInputs, counts: Mapping[str, int]) -> tuple[Figure, ...]:
    astray = sum(count for verdict, count in counts.items() if verdict != ALLOWED)
    seen = bool(inputs.captures)
    return (
        Figure(str(len(inputs.zones)), "zones", "quiet" if inputs.zones else "warn"),
        Figure(str(len(inputs.conduits)), "conduits", "quiet" if inputs.conduits else "warn"),
        Figure(
            str(counts.get(NO_CONDUIT, 0)) if seen else "–",
            "flows without a conduit",
            "bad" if counts.get(NO_CONDUIT) else "good" if seen else "warn",
            "" if seen else "no flows of a sensor were imported",
        ),
        Figure(str(astray - counts.get(NO_CONDUIT, 0)) if seen else "–", "other flows that were not declared", "warn"),
    )


def _zones(judged: Judged) -> Table:
    here = Counter(entry.asset.zone for entry in judged.entries.values())
    zones = sorted(judged.inputs.zones, key=lambda zone: zone.id)
    seen = judged.places_seen() if zones else {}
    return table(
        "zones",
        "Zones",
        "One row for each zone: its targets (SL-T), its assets, and what was found.",
        _ZONES,
        lambda: (_zone(zone, here[zone.id], seen.get(zone.id, Here())) for zone in zones),
        empty="No zones file was given.",
        most=1_000_000,
    )


def _zone(zone: Zone, assets: int, here: Here) -> Row:
    return (
        ref("zones", zone.id),
        zone.realm,
        zone.level,
        zone.parent,
        zone.owner,
        ", ".join(map(str, zone.networks)),
        ", ".join(map(str, zone.vlans)),
        ", ".join(zone.designations),
        zone.trust,
        zone.criticality,
        ", ".join(zone.access_points),
        *(zone.sl_t.get(fr, "–") for fr in FR),
        zone.sl_t_source,
        "; ".join(f"{one.by} on {one.on}" for one in zone.approvals),
        assets,
        here.counts[Result.FAIL],
        here.counts[Result.UNKNOWN],
        here.worst.value if here.worst else "none",
    )


def _conduits(judged: Judged) -> Table:
    inputs = judged.inputs
    by_conduit: dict[str, list[Passage]] = {}
    for one in inputs.passages:
        by_conduit.setdefault(one.conduit, []).append(one)
    declared = sorted(inputs.conduits, key=lambda one: one.id)
    return table(
        "conduits",
        "Conduits",
        "One row for each line of what may pass a conduit, and what was seen of it.",
        _CONDUITS,
        lambda: (row for one in declared for row in _conduit(judged, one, by_conduit.get(one.id, ()))),
        empty="No conduit is declared.",
        most=1_000_000,
    )


def _conduit(judged: Judged, conduit: Conduit, flows: Sequence[Passage]) -> Iterator[Row]:
    opener = {"from": conduit.source, "to": conduit.target, "both": "both"}[conduit.opens]
    lines: tuple[Allowed | None, ...] = conduit.allow or (None,)
    for at, line in enumerate(lines):
        seen = [one for one in flows if line and one.transport == line.transport and _has(line, one.port)]
        verdict = "nothing allowed" if line is None else "seen" if seen else _unseen(judged.inputs)
        yield (
            ref("conduits", conduit.id if not at else f"{conduit.id}:{at + 1}", conduit.id),
            judged.links.zone(conduit.source),
            judged.links.zone(conduit.target),
            line.protocol if line else "",
            _port(line) if line else "",
            opener,
            ", ".join(conduit.boundary),
            conduit.tunnel,
            conduit.trust,
            line.security if line else "",
            " ".join(f"{fr} {conduit.sl_t[fr]}" for fr in FR if fr in conduit.sl_t),
            len(seen),
            moment(min((one.first_seen for one in seen), default=None)),
            moment(max((one.last_seen for one in seen), default=None)),
            verdict,
        )


def _port(line: Allowed) -> str:
    return passing(replace(line, protocol=""))


def _has(line: Allowed, port: int) -> bool:
    return line.ports[0] <= port <= line.ports[1]


def _unseen(inputs: ReportInputs) -> str:
    return "not seen" if inputs.captures else "no sensor"


def _flows(judged: Judged) -> Table:
    ordered = sorted(
        judged.inputs.passages,
        key=lambda one: (VERDICTS.index(one.verdict), one.from_zone, one.to_zone, one.source, one.target, one.port),
    )
    return table(
        "flows",
        "Flows",
        "Flows that were seen between zones; those without a conduit, or not allowed by theirs, first.",
        _FLOWS,
        lambda: (_flow(judged, one) for one in ordered),
        empty="No flow between zones was seen." if judged.inputs.captures else "No flows of a sensor were imported.",
        folded=len(ordered) > 200,
        most=3_000,
    )


def _flow(judged: Judged, one: Passage) -> Row:
    return (
        one.verdict,
        one.source,
        judged.links.zone(one.from_zone),
        one.target,
        judged.links.zone(one.to_zone),
        f"{one.transport}/{one.port}" if one.port else one.transport,
        one.service,
        judged.links.places((one.conduit,)) if one.conduit else (),
        one.connections,
        one.answered,
        moment(one.first_seen),
        moment(one.last_seen),
        one.sensor,
    )


def _sensors(inputs: ReportInputs) -> Table:
    def row(one: Capture) -> Row:
        return (
            ref("sensors", one.id, one.sensor), one.realm, one.file, one.sha256, moment(one.started),
            moment(one.ended), ", ".join(one.covers), one.flows, one.skipped,
        )  # fmt: skip

    return table(
        "sensors",
        "Sensors",
        "Files of flows, when their sensors listened, and the networks of which they see every flow.",
        _SENSORS,
        lambda: map(row, inputs.captures),
        empty="No flows of a sensor were imported.",
    )
