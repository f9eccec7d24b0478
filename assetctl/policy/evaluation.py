"""One check asked of one subject, and the finding that comes of it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from assetctl.model import Finding, Result
from assetctl.policy.check import Check
from assetctl.policy.context import Context
from assetctl.policy.grouping import Groups
from assetctl.policy.places import realm_of
from assetctl.policy.subjects import Target, targets
from assetctl.policy.survey import Survey
from assetctl.policy.values import CODES, EvaluationError, Reason, Unknown
from assetctl.policy.wording import because_of, statement_of, why_unknown

BROKEN = "broken-check"
ABSENT = {
    "zone": Reason.NOT_DECLARED,
    "network": Reason.NOT_DECLARED,
    "position": Reason.NOT_DECLARED,
    "approved": Reason.NOT_DECLARED,
    "run": Reason.NOT_DECLARED,
    "conduit": Reason.NOT_DECLARED,
    "flow": Reason.NO_FLOW_COVERAGE,
}
DECLARED_SUBJECTS = tuple(ABSENT)
"""Subjects that nobody may have named or seen yet: then one unknown says so, with that reason."""

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Result.PASS, Result.FAIL, Result.UNKNOWN, Result.NOT_APPLICABLE
_NOT_PROBED = Reason.NOT_PROBED
# Python finds a member of an enum by a function, which would be a tenth of an evaluation


@dataclass(slots=True)
class Verdict:
    """One evaluation. reason: why it is unknown, or what broke. detail: the same, for people.

    There are millions, see `Because`.
    """

    result: Final[Result]
    reason: Final[str]
    detail: Final[str]
    context: Final[Context]
    target: Final[Target]

    @property
    def newest_evidence(self) -> datetime | None:
        seen = [fact.last_seen for reading in self.context.trace for fact in reading.facts]
        return max(seen) if seen else None


def verdicts(check: Check, survey: Survey) -> Iterator[Verdict]:
    """One check over everything it is for. What nobody declared, and flows that nobody saw, leave one unknown."""
    found = targets(check.for_each, survey)
    if not found:
        yield from of_nobody(check, survey)
        return
    groups = Groups(check, survey)
    for target in found if check.group_by else ():
        groups.note(target)
    for target in found:
        yield evaluate(check, survey, target, groups)


def of_nobody(check: Check, survey: Survey) -> Iterator[Verdict]:
    """What is said where there is no subject at all."""
    if check.for_each in ABSENT:
        missing = Unknown(ABSENT[check.for_each], f"{check.for_each}s")
        yield _unknown(check, missing, Target().context(survey, check.max_age), Target())


def evaluate(check: Check, survey: Survey, target: Target, groups: Groups) -> Verdict:
    """One check of one subject."""
    context = target.context(survey, check.max_age)
    try:
        applies = check.applies_to.run(context) if check.applies_to else True
        if applies is False:
            return Verdict(NOT_APPLICABLE, "", "", context, target)
        if isinstance(applies, Unknown):
            return _unknown(check, applies, context, target)
        if check.group_by:
            context.group = groups.of(target, context)
        value = check.assertion.run(context)
    except EvaluationError as error:
        return Verdict(Result.ERROR, BROKEN, str(error), context, target)
    if isinstance(value, Unknown):
        return _unknown(check, value, context, target)
    return Verdict(PASS if value is True else FAIL, "", "", context, target)


def finding_of(check: Check, verdict: Verdict, zone: str = "") -> Finding:
    """A verdict with its sentence and its evidence. zone: where its subject lies, see `Places`."""
    target = verdict.target
    return Finding(
        id=finding_id(check, target),
        check=check.id,
        check_version=check.version,
        title=check.title,
        severity=check.severity,
        subject=target.subject,
        result=verdict.result,
        reason=verdict.reason,
        statement=statement_of(check, verdict.result, verdict.detail, verdict.context),
        because=because_of(verdict.context.trace),
        realm=realm_of(target),
        position=(target.view.asset.position or "") if target.view else "",
        part=target.stable_key or target.local_key,
        zone=zone,
    )


def finding_id(check: Check, target: Target) -> str:
    """The same for the same check and the same place, whatever device stands there."""
    digest = _begun(check.id).copy()
    digest.update(target.key.encode())
    return digest.digest()[:8].hex()


@lru_cache(4096)
def _begun(check: str) -> "hashlib._Hash":
    """What all ids of a check have in common: going on from there takes a third of the time."""
    return hashlib.sha256(f"{check}\0".encode())


def _unknown(check: Check, missing: Unknown, context: Context, target: Target) -> Verdict:
    is_forbidden = check.permission and check.permission not in context.survey.plant.permitted
    reason = missing.reason
    if is_forbidden and reason is _NOT_PROBED:
        reason = Reason.NOT_PERMITTED
        missing = Unknown(reason, missing.about)
    return Verdict(UNKNOWN, CODES[reason], why_unknown(missing), context, target)
