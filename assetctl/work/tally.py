"""How many steps of a run ended how, and what the run returns for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assetctl.errors import Exit, worst
from assetctl.model import Observation, Outcome, ScanState
from assetctl.plan import Plan
from assetctl.safety.gate import Gate
from assetctl.work.converse import BROKEN
from assetctl.work.scan import Progress
from assetctl.work.stop import Stop

AUTHENTICATION_WORDS = ("authentication", "unknown user", "wrong digest", "security level")


def _none() -> dict[str, int]:
    return {**dict.fromkeys((outcome.value for outcome in Outcome), 0), "authentication": 0, "broken": 0}


@dataclass(frozen=True)
class Tally:
    """counts: by outcome, and of what went wrong. on_step: hears of each step."""

    progress: Progress
    gate: Gate
    on_step: Callable[[Observation], None] | None
    counts: dict[str, int] = field(default_factory=_none)

    def add(self, observation: Observation) -> None:
        """Count a step that has ended."""
        counts = self.counts
        counts[observation.outcome] += 1
        counts["broken"] += observation.detail.startswith(BROKEN)
        counts["authentication"] += any(w in e.detail for e in observation.exchanges for w in AUTHENTICATION_WORDS)
        self.progress.units = self.gate.ledger.count
        if self.on_step is not None:
            self.on_step(observation)


def code_of(counts: Mapping[str, int], gate: Gate, stop: Stop, plan: Plan) -> Exit:
    """What the run returns: stops and trips first, then what could not be looked at, then whether anything spoke."""
    codes = [stop.exit] if stop.reason else []
    if gate.tripped or gate.stopped_zones:
        codes.append(Exit.SAFETY)
    if counts["broken"]:
        codes.append(Exit.BUG)
    if counts["authentication"]:
        codes.append(Exit.SECRET)
    if counts[Outcome.DENIED] or counts[Outcome.ABORTED] or any("not installed" in why for _, why in plan.left_out):
        codes.append(Exit.PARTIAL)
    if not counts[Outcome.ANSWERED] and not counts[Outcome.REFUSED]:
        codes.append(Exit.NOTHING)
    return worst(*codes)


def state_of(code: Exit, stop: Stop) -> ScanState:
    """The state that a scan is left in."""
    if stop.reason:
        return ScanState.INTERRUPTED
    if code is Exit.SAFETY:
        return ScanState.STOPPED
    return ScanState.PARTIAL if code is not Exit.DONE else ScanState.DONE
