"""What a check file must keep beyond its form, so that it neither over-claims nor goes untested."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from assetctl.model import RequirementMapping, Result
from assetctl.policy.check import Check
from assetctl.policy.evaluation import DECLARED_SUBJECTS
from assetctl.policy.frameworks import IEC, SHALL, SHOULD, STRENGTHS, Framework, Named, duty_of
from assetctl.policy.load import named_frameworks
from assetctl.policy.trial import run_tests
from assetctl.text import near


def lint(checks: Iterable[Check], frameworks: Mapping[str, Framework]) -> tuple[str, ...]:
    """Every complaint, as "file: what is wrong; what to do". None means that the checks may be used."""
    known = Known(frameworks, named_frameworks())
    return tuple(f"{check.path}: {said}" for check in checks for said in _complaints(check, known))


@dataclass(frozen=True, slots=True)
class Known:
    """The frameworks that a mapping may name: those with a table of rows, and those of which the ids are known."""

    tables: Mapping[str, Framework]
    named: Mapping[str, Named]

    def edition(self, framework: str) -> str | None:
        """None for a framework that is not known."""
        found = self.tables.get(framework) or self.named.get(framework)
        return found.edition if found else None


def _complaints(check: Check, known: Known) -> Iterator[str]:
    if check.version < 1:
        yield "version: 1 or more is expected; count up when the statement changes"
    for mapping in check.maps:
        yield from _mapping(mapping, known)
    if len({(m.framework, m.requirement) for m in check.maps}) != len(check.maps):
        yield "maps: a requirement is named twice; keep one of the two"
    yield from _tested(check)
    if check.never_unknown and not _always_decided(check):
        yield 'unknown: "never" is for checks that only look up the record; write what makes this one unknown'
    if not check.never_unknown and _always_decided(check):
        yield 'unknown: this check is always decided; write "never"'
    yield from _unread_params(check)
    for trial in run_tests(check):
        if trial.expected is not trial.found:
            yield f'test "{trial.case}": {trial.expected} is expected, it gives {trial.found}'
        for survivor in trial.survivors:
            yield f'test "{trial.case}": still passes with {survivor}, although that fact decides'


def _mapping(mapping: RequirementMapping, known: Known) -> Iterator[str]:
    name = f"maps: {mapping.framework} {mapping.requirement}"
    duty = duty_of(mapping.framework, mapping.requirement)
    if (mapping.duty, duty) == (SHALL, SHOULD):
        yield f'{name}: the source recommends this; leave duty out or write "should"'
    elif mapping.duty != duty and mapping.framework == IEC:
        yield f'{name}: the standard demands this; leave duty out or write "shall"'
    edition = known.edition(mapping.framework)
    if edition is None:
        yield f"{name}: the framework is not known{near(mapping.framework, (*known.tables, *known.named))}"
    elif mapping.edition != edition:
        yield f'{name}: edition "{edition}" is expected, "{mapping.edition}" was found'
    elif mapping.framework in known.tables:
        yield from _of_row(mapping, known.tables[mapping.framework], name)
    else:
        yield from _of_id(mapping, known.named[mapping.framework], name)


def _of_row(mapping: RequirementMapping, table: Framework, name: str) -> Iterator[str]:
    if mapping.requirement not in table.rows:
        yield f"{name}: there is no such row{near(mapping.requirement, tuple(table.rows))}"
        return
    most = table.rows[mapping.requirement].strength
    if STRENGTHS.index(mapping.strength) > STRENGTHS.index(most):
        yield f"{name}: strength {mapping.strength} claims more than the row's class {most} allows"


def _of_id(mapping: RequirementMapping, named: Named, name: str) -> Iterator[str]:
    if mapping.strength == "D":
        yield f"{name}: strength D needs a requirement table; S or R is the most without one"
    if mapping.requirement not in named.ids:
        hint = near(mapping.requirement, tuple(named.ids))
        yield f"{name}: no such requirement is listed in frameworks/named/{named.id}.yaml{hint}"


def _tested(check: Check) -> Iterator[str]:
    if not check.cases:
        yield "tests: there are none; add one for each result"
        return
    wanted = [Result.PASS, Result.FAIL]
    if not check.never_unknown:
        wanted.append(Result.UNKNOWN)
    if check.applies_to is not None:
        wanted.append(Result.NOT_APPLICABLE)
    expected = {case.expect for case in check.cases}
    for result in wanted:
        if result not in expected:
            yield f"tests: none expects {result}; add one"
    names = [case.name for case in check.cases]
    if len(set(names)) != len(names):
        yield "tests: two have the same name"


def _always_decided(check: Check) -> bool:
    """Zones, conduits and networks may be undeclared and flows unseen: such checks are never always decided."""
    if check.for_each in DECLARED_SUBJECTS or check.group_by:
        return False
    return check.assertion.closed and (check.applies_to is None or check.applies_to.closed)


def _unread_params(check: Check) -> Iterator[str]:
    read = [check.assertion.text, check.fail.text, check.unknown.text, *(e.text for e in check.group_by)]
    read += [check.applies_to.text] if check.applies_to else []
    for name in check.params:
        if not any(f"params.{name}" in text for text in read):
            yield f"params: {name} is never read; remove it or use params.{name}"
