"""Look-ups: whether the record has a fact, how fresh it is, and whether its sources agree."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from assetctl.facts import vocabulary
from assetctl.model import Fact, SubjectKind
from assetctl.policy.callables import Function, LookUp
from assetctl.policy.context import Context
from assetctl.policy.counting import DECLARED, STRONG
from assetctl.policy.history import HISTORY
from assetctl.policy.names import has_strong
from assetctl.policy.values import EvaluationError, Operand, Reason, Unknown
from assetctl.policy.view import Reading, View
from assetctl.text import folded

_EMPTY = ("", ())
_NOT_PROBED = Reason.NOT_PROBED


def has(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    """Known and fresh; not there only when a probe that would tell it answered without it."""
    _note(c, view, kind, local_key, key, closed=False)
    found = _told(view, kind, local_key, key)
    if any(fact.value not in ("", ()) for fact in view.fresh(found, c.max_age)):
        return True
    tellers = {name for name, keys in c.survey.plant.yields.items() if key in keys}
    heard = (fact for facts in view.by_key.values() for fact in facts if fact.source.name in tellers)
    if any(fact.source.kind == "probe" for fact in view.fresh(heard, c.max_age)):
        return False
    return Unknown(Reason.STALE if found else Reason.NOT_PROBED, key)


def recorded(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    return _note(c, view, kind, local_key, key, closed=True)


def is_recorded(c: Context, key: str) -> Operand:
    """As `recorded`, for a fact key that is a text, such as one out of a list in params."""
    entry = vocabulary().get(key)
    if entry is None:
        raise EvaluationError(f'there is no fact "{key[:60]}"')
    kind = SubjectKind.ASSET if entry.kind is SubjectKind.ASSET else None
    return recorded(c, c.seen, kind, "", key)


def fresh(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    """Whether some evidence of a fact is not too old; unknown where there is none at all."""
    if not _note(c, view, kind, local_key, key, closed=False):
        return Unknown(Reason.NOT_PROBED, key)
    found = _told(view, kind, local_key, key)
    return bool(view.fresh(found, c.max_age))


def sources(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    _note(c, view, kind, local_key, key, closed=True)
    return has_strong(view, key)


def conflicts(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str) -> Operand:
    """Whether sources that are more than guesses give different values, declared ones included.

    What only stale evidence contradicts is open, and so is what only stale evidence says.
    """
    _note(c, view, kind, local_key, key, closed=False)
    found = _told(view, kind, local_key, key)
    firm = [fact for fact in found if fact.confidence >= STRONG or fact.source.kind == DECLARED]
    fresh_ones = view.fresh(firm, c.max_age)
    if len(_told_last(fresh_ones)) > 1:
        return True
    is_open = len(_told_last(firm)) > 1 or (firm and not fresh_ones)
    return Unknown(Reason.STALE, key) if is_open else False


def _note(c: Context, view: View, kind: SubjectKind | None, local_key: str, key: str, *, closed: bool) -> bool:
    """Whether a fact has any value at all, whatever its age."""
    reading = view.looked_up.get((kind, local_key, key, closed))
    if reading is None:
        found = _told(view, kind, local_key, key)
        subject = view.subject(kind or SubjectKind.ASSET, local_key)
        held = [fact for fact in found if fact.value not in _EMPTY]
        value: Operand = held[0].value if held else Unknown(_NOT_PROBED, key)
        reading = Reading(subject, key, value, tuple(held[:4]), closed=closed)
        view.looked_up[kind, local_key, key, closed] = reading
    c.trace.append(reading)
    return bool(reading.facts)


def _told(view: View, kind: SubjectKind | None, local_key: str, key: str) -> list[Fact]:
    """The facts of a key, of whatever age. kind: None for those of any part of the asset."""
    return view.by_key.get(key, []) if kind is None else view.facts_of(local_key, key)


def _told_last(facts: Iterable[Fact]) -> set[str]:
    """The values that sources gave last, whatever their case and spaces."""
    newest: dict[tuple[str, str], tuple[datetime, str]] = {}
    for fact in facts:
        source = (fact.source.kind, fact.source.name)
        spelled = folded(str(fact.value))
        newest[source] = max(newest.get(source, (fact.last_seen, spelled)), (fact.last_seen, spelled))
    return {spelled for _, spelled in newest.values()}


BY_NAME: Mapping[str, Function] = {
    "is_recorded": Function(("text",), "flag", is_recorded, "the record holds that fact", "asset", closed=True),
}
"""Those that take the name of a fact as a text."""

LOOK_UPS: Mapping[str, LookUp] = {
    "has": LookUp("flag", has, "known; false only when a probe that tells it answered without it", closed=False),
    "recorded": LookUp("flag", recorded, "some value stands in the inventory, whatever its age"),
    "fresh": LookUp("flag", fresh, "the newest evidence is not older than max_age", closed=False),
    "sources": LookUp("number", sources, "how many sources give a value that is more than a guess"),
    "conflicts": LookUp("flag", conflicts, "such sources differ", closed=False),
    **HISTORY,
}
