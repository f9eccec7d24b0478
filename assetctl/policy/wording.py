"""Findings in words: the sentence of a result, and the facts it rests on."""

from collections.abc import Callable, Iterable, Mapping

from assetctl.model import Because, Fact, Result, SubjectKind
from assetctl.policy.check import Check, Template
from assetctl.policy.context import Context
from assetctl.policy.values import CODES, REASONS, EvaluationError, Operand, Rivals, Span, Unknown
from assetctl.policy.view import Reading
from assetctl.text import one_line

NOT_KNOWN = "not known"
RECORD = "inventory"
MOST_BECAUSE = 50
MOST_STATEMENT = 600
_FAIL, _UNKNOWN, _ASSET = Result.FAIL, Result.UNKNOWN, SubjectKind.ASSET


def statement_of(check: Check, result: Result, why: str, context: Context) -> str:
    """One sentence for a failure, an unknown or an error; the title for the rest. why: what is missing or broken."""
    if result is _FAIL:
        text = _filled(check.fail, context, why)
    elif result is _UNKNOWN:
        text = _filled(check.unknown, context, why)
    else:
        text = f"The check could not be evaluated: {why}." if result is Result.ERROR else check.title
    return one_line(text, most=MOST_STATEMENT)


def because_of(trace: list[Reading]) -> tuple[Because, ...]:
    """What an evaluation read, each thing once, in the order of reading."""
    found: dict[tuple[str, ...], Because] = {}
    for reading in trace:
        told = reading.told
        if told is None:
            told = reading.told = tuple([((b.subject, b.key, b.value, b.source), b) for b in _because(reading)])
        for place, because in told:
            if place not in found:
                found[place] = because
                if len(found) >= MOST_BECAUSE:
                    return tuple(found.values())
    return tuple(found.values())


def shown(value: Operand) -> str:
    """A value as text."""
    match value:
        case Unknown():
            return NOT_KNOWN
        case Rivals(values):
            return " or ".join(shown(rival) for rival in values)
        case Span(low, _):
            return f"at least {int(low)}"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value) if value else "none"
    return str(value)


def _filled(template: Template, context: Context, why: str) -> str:
    trace = len(context.trace)
    texts = []
    for part in template.parts:
        if not isinstance(part, str):
            texts.append(one_line(_value(part.run, context)))
        elif part in _SPECIAL:
            texts.append(_SPECIAL[part](context.trace[:trace], why))
        else:
            texts.append(part)
    del context.trace[trace:]
    return "".join(texts)


def _value(run: object, context: Context) -> str:
    assert callable(run)
    try:
        value = run(context)
    except EvaluationError:
        return NOT_KNOWN
    return shown(value[:MOST_STATEMENT] if isinstance(value, tuple) else value)  # more has no room, and some are long


def _decisive(trace: list[Reading], _: str) -> str:
    known = next((reading for reading in reversed(trace) if not isinstance(reading.value, Unknown)), None)
    return _named(known) if known else "nothing that is known"


def _missing(trace: list[Reading], _: str) -> str:
    return ", ".join(dict.fromkeys(r.key for r in trace if isinstance(r.value, Unknown))) or "nothing"


_SPECIAL: Mapping[str, Callable[[list[Reading], str], str]] = {
    "{decisive}": _decisive,
    "{missing}": _missing,
    "{reason}": lambda _, why: why,
}
"""Placeholders that stand for what was read, or for why something is not known."""


def why_unknown(missing: Unknown) -> str:
    """The reason in words, with what it is about."""
    words = REASONS[missing.reason]
    return f"{missing.about}: {words}" if missing.about else words


def _named(reading: Reading) -> str:
    where = f"{reading.subject.local_key} " if reading.subject.local_key else ""
    return f"{where}{reading.key} = {one_line(shown(reading.value))}"


def _because(reading: Reading) -> list[Because]:
    subject, key, facts = reading.subject, reading.key, reading.facts
    where = subject.asset
    if subject.kind is not _ASSET:
        where = f"{subject.asset} {subject.kind} {subject.local_key}".rstrip()
    reason = CODES[reading.value.reason] if isinstance(reading.value, Unknown) else ""
    if not facts:
        value = "" if reason else one_line(shown(reading.value))
        return [Because(where, key, value, "" if reason else RECORD, "", None, reason)]
    found = []
    for fact in facts if len(facts) < 2 else _newest(facts):
        value, source = one_line(shown(fact.value if fact.key == key else reading.value)), fact.source
        said = f"{source.kind} {source.name}"
        found.append(Because(where, key, value, said, source.evidence, fact.last_seen, reason))
    return found


def _newest(facts: Iterable[Fact]) -> Iterable[Fact]:
    """Of each value the fact that was seen last."""
    return {fact.value: fact for fact in sorted(facts, key=lambda fact: fact.last_seen)}.values()
