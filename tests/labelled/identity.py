"""Reads identity.txt: sightings with the true device of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assetctl.hearsay import hearsay
from assetctl.model import Claim, Observation, Outcome, SubjectKind
from assetctl.sightings import Sighting, sightings
from tests.unit.test_merge import seen

NOBODY = "-"
_WORD = re.compile(r'[^\s"]*"[^"]*"|\S+')
_CLAIMS = {"sn": "serial_number", "mk": "manufacturer", "eng": "snmp_engine_id", "host": "hostname"}
_CLAIMS |= {"chassis": "chassis_serial_number", "slot": "slot", "model": "model"}


@dataclass(frozen=True, slots=True)
class Case:
    """truth: id of each sighting -> label of the device. is_knowable: False when nobody could know better."""

    name: str
    seen: tuple[Sighting, ...]
    truth: dict[str, str]
    is_knowable: bool


def cases() -> tuple[Case, ...]:
    text = Path(__file__).with_name("identity.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return tuple(_case(*line.split(" | ")) for line in lines)


def _case(name: str, rest: str) -> Case:
    words = [_WORD.findall(part) for part in rest.split(";")]
    own = [(label, place, told) for label, place, *told in (w for w in words if not w[1].startswith(">"))]
    observations: dict[tuple[str, str, str, str], Observation] = {}
    labels: dict[str, str] = {}
    for number, (label, place, told) in enumerate(own):
        one, part = _observation(number, place, told)
        whole = (one.scan, one.realm, place, one.reader if part == "" else "")
        holder = next((o for k, o in observations.items() if k[:3] == whole[:3]), one) if part else one
        merged = replace(holder, claims=holder.claims + one.claims) if part else one
        key = next((k for k, o in observations.items() if o.id == holder.id), (*whole[:3], str(number)))
        observations[key] = merged
        if label != NOBODY:
            labels[f"{merged.id}#{part}" if part else merged.id] = label
    told_of = {w[1][1:]: w[0] for w in words if w[1].startswith(">")}
    every = tuple(observations.values())
    heard = hearsay(every)
    labels |= {one.id: told_of[one.record] for one in heard if one.record in told_of}
    return Case(name, (*sightings(every), *heard), labels, not name.startswith("?"))


def _observation(number: int, place: str, told: list[str]) -> tuple[Observation, str]:
    flags = {word for word in told if "=" not in word}
    part = next((word[5:] for word in flags if word.startswith("part:")), "")
    claims = [claim for word in told if "=" in word for claim in _claims(word, part)]
    if not {"silent", "refused"} & flags:
        claims.append(
            Claim("service_name", "x", SubjectKind.SERVICE, "tcp/1") if not part else Claim("slot", 1, part=part)
        )
    outcome = Outcome.SILENT if "silent" in flags else Outcome.REFUSED if "refused" in flags else Outcome.ANSWERED
    made = seen(
        *claims,
        ip=None if place == "-" else place,
        scan=next((int(word[1:]) for word in flags if word.startswith("@")), 1),
        reader=next((f"{word[7:]}/1" for word in flags if word.startswith("reader:")), "modbus/1"),
        source=next((word[3:] for word in flags if word.startswith("in:")), "probe"),
        realm=next((word[6:] for word in flags if word.startswith("realm:")), "plant"),
        outcome=outcome,
    )
    return replace(made, id=f"{made.scan}/{number:02}"), part


def _claims(word: str, part: str) -> Iterator[Claim]:
    key, _, value = word.partition("=")
    value = value.strip('"')
    match key:
        case "mac":
            yield Claim("mac_address", value, SubjectKind.INTERFACE, value, part)
        case "arp" | "lldp":
            mac, ip, *names = value.split(",")
            local = SubjectKind.NEIGHBOUR, f"1/{mac}/{ip}"
            yield Claim("neighbour_mac_address", mac, *local)
            yield Claim("neighbour_learned_by", ("lldp",) if key == "lldp" else ("arp",) if ip else ("fdb",), *local)
            if ip:
                yield Claim("neighbour_addresses", (ip,), *local)
            for name in names:
                yield Claim("neighbour_name", name, *local)
        case "slot":
            yield Claim("slot", int(value), part=part)
        case _:
            yield Claim(_CLAIMS[key], value, part=part)
