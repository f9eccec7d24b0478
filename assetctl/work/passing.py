"""The passes of a run, which are kept as counts: judged again from the same facts, for what they rest on."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from assetctl.model import Finding, Result
from assetctl.policy.check import Check
from assetctl.policy.evaluation import finding_of, verdicts
from assetctl.policy.places import Places
from assetctl.policy.plant import Plant
from assetctl.policy.snapshot import snapshot_hash
from assetctl.policy.survey import Survey
from assetctl.store.records import CheckRun

Passes = Callable[[str], Sequence[Finding]]
"""Check id -> its passes with their evidence."""


def passes_of(run: CheckRun | None, checks: Sequence[Check], plant: Plant) -> Passes | None:
    """The passes of a run. None when its facts are no longer those of the plant: then only the counts are left."""
    if run is None or snapshot_hash(plant) != run.snapshot_hash:
        return None
    known: Mapping[str, Check] = {check.id: check for check in checks}
    survey = Survey(plant, run.at)
    where = Places(survey)

    def found(name: str) -> Iterator[Finding]:
        if name in known:
            for verdict in verdicts(known[name], survey):
                if verdict.result is Result.PASS:
                    yield finding_of(known[name], verdict, " ".join(where.of(verdict.target)))

    return lambda name: tuple(found(name))
