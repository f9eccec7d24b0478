"""A check in words for `policy explain`: what it states, how it decides, what it needs and what it may be used for."""

import re
from collections.abc import Iterator, Mapping

from assetctl.facts import vocabulary
from assetctl.model import RequirementMapping, Value
from assetctl.policy.check import Check, Own
from assetctl.policy.frameworks import Framework
from assetctl.policy.functions import FUNCTIONS
from assetctl.policy.look_ups import LOOK_UPS

OWN_WORDS = {
    Own.FINAL: "both results are decisive for what was looked at",
    Own.PARTIAL: "only a failure is decisive; a pass says that nothing contrary was seen",
    Own.HUMAN: "neither result is final without a person",
}
STRENGTH_WORDS = {
    "D": "decides the row, as a composite of several checks",
    "S": "a failure contradicts the row, a pass is partial evidence",
    "R": "a failure contradicts the row, a pass says nothing for it",
}
_CALL = re.compile(r"\b([a-z_]+)\(")


def explain(check: Check, frameworks: Mapping[str, Framework]) -> str:
    """Plain text of some 30 lines, the same for the same check."""
    return "\n".join(_lines(check, frameworks)) + "\n"


def _lines(check: Check, frameworks: Mapping[str, Framework]) -> Iterator[str]:
    yield f"{check.id}  {check.title}"
    yield f"  severity {check.severity}, version {check.version}, for each {check.for_each}"
    yield f"  its own statement: {OWN_WORDS[check.own]}"
    yield ""
    yield from _logic(check)
    yield from _section("Facts", (f"{key}: {vocabulary()[key].meaning}" for key in sorted(check.keys)))
    yield from _section("Functions", _functions(check))
    yield from _section("Thresholds", (_threshold(check, name, value) for name, value in check.params.items()))
    yield from _section("Requirements", (_requirement(mapping, frameworks) for mapping in check.maps))
    yield from _section("When it fails", (check.fail.text, f"What to do: {check.fix}"))
    yield from _section("When it is unknown", (check.unknown.text,))
    yield from _section("Limits", (check.limits,))


def _logic(check: Check) -> Iterator[str]:
    yield "Logic"
    if check.applies_to:
        yield f"  applies when   {check.applies_to.text}"
    if check.group_by:
        yield f"  grouped by     {', '.join(expression.text for expression in check.group_by)}"
    yield f"  passes when    {check.assertion.text}"
    yield f"  evidence is used up to {check.max_age.days} days" + (
        f" and the test {check.permission!r} must be permitted" if check.permission else ""
    )
    yield "  a fact that is missing, stale or disputed makes it unknown unless the rest decides"
    yield ""


def _section(title: str, lines: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
    found = tuple(lines)
    if found:
        yield title
        yield from (f"  {line}" for line in found)
        yield ""


def _functions(check: Check) -> Iterator[str]:
    text = " ".join(part.text for part in (check.assertion, *((check.applies_to,) if check.applies_to else ())))
    for name in dict.fromkeys(_CALL.findall(text)):
        found = FUNCTIONS.get(name) or LOOK_UPS.get(name)
        if found:
            yield f"{name}(): {found.meaning}"


def _threshold(check: Check, name: str, value: Value) -> str:
    shown = ", ".join(value) if isinstance(value, tuple) else str(value)
    return f"{name} = {shown or 'empty'}" + (" (changed from the default)" if name in check.changed else "")


def _requirement(mapping: RequirementMapping, frameworks: Mapping[str, Framework]) -> str:
    known = frameworks.get(mapping.framework)
    row = known.rows.get(mapping.requirement) if known else None
    name = f" {row.name} (from SL {row.from_sl})" if row else ""
    which = f"{mapping.framework} {mapping.edition} {mapping.requirement}{name}"
    return f"{which}: {mapping.duty}; {mapping.strength}, {STRENGTH_WORDS[mapping.strength]}"
