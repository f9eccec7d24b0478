"""Whether devices answer the same harmless questions as before: the no-harm line of a traffic record.

Nothing is asked for it. The answers of a run are held against the last answers that the same question got in an
earlier run: who the device says it is, and in which direction its uptime went.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from assetctl.model import Address, Observation, Outcome
from assetctl.safety.limits import UPTIME_WRAP_S

IDENTITY = ("manufacturer", "model", "order_code", "serial_number", "firmware_software_version")
UPTIME = "sys_uptime_s"
FIRST = "first answers, nothing to compare with"

Question = tuple[str, int]  # protocol and port


@dataclass(frozen=True, slots=True)
class Said:
    """The facts about the device itself in one answer, and when it was asked."""

    at: datetime
    facts: Mapping[str, object]


@dataclass
class Told:
    """What a device said before and in the run, by question; None where it said nothing."""

    before: dict[Question, Said] = field(default_factory=dict)
    after: dict[Question, Said | None] = field(default_factory=dict)


def lines(observations: Iterable[Observation], *, scan: str) -> dict[str, str]:
    """The line of each address that was asked in a scan. observations: of its realm, oldest first."""
    devices: dict[Address, Told] = {}
    for one in observations:
        if one.source != "probe" or one.target is None or not one.exchanges:
            continue
        told = devices.setdefault(one.target, Told())
        question = (one.reader.partition("/")[0], one.port)
        if one.scan == scan and _is_cut_short(one):
            continue
        if one.scan == scan:
            told.after[question] = _said(one) if one.outcome is Outcome.ANSWERED else None
        elif not told.after and one.outcome is Outcome.ANSWERED:
            told.before[question] = _said(one)
    return {str(address): line(told) for address, told in sorted(devices.items()) if told.after}


def line(told: Told) -> str:
    """One line: before and after, in words."""
    shared = sorted(told.before.keys() & told.after.keys())
    if not shared:
        return FIRST
    silent = [f"{name}/{port}" for name, port in shared if told.after[name, port] is None]
    if silent:
        return f"answered before, not in this run: {', '.join(silent)}"
    pairs = [(told.before[question], now) for question in shared if (now := told.after[question]) is not None]
    differs = sorted({key for was, now in pairs for key in IDENTITY if was.facts.get(key) != now.facts.get(key)})
    identity = f"another identity: {', '.join(differs)}" if differs else "same identity"
    return "; ".join((identity, *_uptime(pairs)))


def _uptime(pairs: Iterable[tuple[Said, Said]]) -> list[str]:
    for was, now in pairs:
        first, second = was.facts.get(UPTIME), now.facts.get(UPTIME)
        if isinstance(first, int) and isinstance(second, int):
            has_wrapped = first + (now.at - was.at).total_seconds() >= UPTIME_WRAP_S - 60
            return ["uptime went on" if second >= first or has_wrapped else "uptime began anew"]
    return []


def _is_cut_short(observation: Observation) -> bool:
    """Whether the gate or a stop of ours ended the talk: what is missing in it is not the device's doing."""
    is_whole = observation.outcome not in (Outcome.DENIED, Outcome.ABORTED)
    return not is_whole or (observation.outcome is Outcome.ANSWERED and bool(observation.detail))


def _said(observation: Observation) -> Said:
    own = {claim.key: claim.value for claim in observation.claims if not claim.part and not claim.local_key}
    return Said(observation.started, own)
