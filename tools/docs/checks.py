"""docs/checks.md: every packaged check, from its file."""

from collections.abc import Iterator, Mapping

from assetctl.model import RequirementMapping
from assetctl.policy.check import Check
from assetctl.policy.explain import OWN_WORDS, STRENGTH_WORDS
from assetctl.policy.frameworks import Framework
from assetctl.policy.load import checks_folder, load_checks, load_frameworks
from tools.docs.markup import cell, code, codes, head, table

CLASSES = "**Its own statement** (`own`): " + "; ".join(f"`{own}` {words}" for own, words in OWN_WORDS.items()) + "."
STRENGTHS = "**Strength of a mapping**: " + "; ".join(f"`{s}` {words}" for s, words in STRENGTH_WORDS.items()) + "."


def page() -> str:
    checks, frameworks = load_checks([checks_folder()]), load_frameworks()
    return "\n".join(_lines(checks, frameworks)) + "\n"


def _lines(checks: tuple[Check, ...], frameworks: Mapping[str, Framework]) -> Iterator[str]:
    yield from head(
        "Checks",
        f"{len(checks)} checks come with assetctl. Each is one file in `checks/`, with its own tests in it. "
        "`assetctl policy explain ID` says the same in a terminal, with the thresholds that count on your machine.",
        "A fact that is missing, too old or disputed makes a check *unknown*, never a pass, unless the rest of the "
        "expression decides. A fail is an indication until an assessor confirms it; a pass is a statement about what "
        "was looked at, not conformity with a requirement.",
        CLASSES,
        STRENGTHS,
    )
    rows = ((f"[{one.id}](#{one.id.lower()})", one.severity, one.title, one.for_each) for one in checks)
    yield from table(("check", "severity", "statement", "for each"), rows)
    for check in checks:
        yield from _check(check, frameworks)


def _check(check: Check, frameworks: Mapping[str, Framework]) -> Iterator[str]:
    yield from (f"## {check.id}", "", f"**{cell(check.title)}**", "")
    needs = f", and the test `{check.permission}` must be permitted" if check.permission else ""
    yield f"Severity {check.severity}, version {check.version}, for each {check.for_each}, own class `{check.own}`;"
    yield f"evidence counts up to {check.max_age.days} days{needs}."
    yield from ("", "```")
    if check.applies_to:
        yield f"applies when  {check.applies_to.text}"
    if check.group_by:
        yield f"grouped by    {', '.join(one.text for one in check.group_by)}"
    yield from (f"passes when   {check.assertion.text}", "```", "")
    yield f"- Facts: {codes(sorted(check.keys)) or 'none; it reads the record itself'}"
    if check.params:
        yield f"- Thresholds: {'; '.join(_threshold(*one) for one in check.params.items())}"
    yield f"- When it fails: {cell(check.fail.text)}"
    yield f"- When it is unknown: {cell(check.unknown.text)}"
    yield f"- What to do: {cell(check.fix)}"
    yield f"- Limits: {cell(check.limits)}"
    yield ""
    yield from table(
        ("framework", "requirement", "duty", "strength"), (_mapping(one, frameworks) for one in check.maps)
    )


def _threshold(name: str, value: object) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"{code(name)} = {cell(shown) or 'empty'}"


def _mapping(mapping: RequirementMapping, frameworks: Mapping[str, Framework]) -> tuple[str, ...]:
    known = frameworks.get(mapping.framework)
    row = known.rows.get(mapping.requirement) if known else None
    name = f" {row.name} (from SL {row.from_sl})" if row else ""
    return f"{mapping.framework} {mapping.edition}", f"{mapping.requirement}{name}", mapping.duty, mapping.strength
