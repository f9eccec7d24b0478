"""Subjects that share a value, such as all devices with one serial number: noted once, then asked of each of them."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

from assetctl.policy.check import Check
from assetctl.policy.context import Context, Group
from assetctl.policy.subjects import Target
from assetctl.policy.survey import Survey
from assetctl.policy.values import DISAGREE, EvaluationError, Operand, Unknown
from assetctl.policy.view import Reading, View
from assetctl.text import folded

MOST_PEERS = 50
"""Other devices of a group whose values are evidence."""

Key = tuple[str, ...]


class _Sharing:
    """The subjects of one group. What all of them are told of it is worked out once, when the first one asks."""

    def __init__(self, members: Sequence[Target]) -> None:
        self.members = members
        self.names: list[str] = []

    @cached_property
    def devices(self) -> dict[str, Target]:
        """The distinct devices; a device and its parts are one, shown by the first of them."""
        return {member.view.root.asset.id: member for member in reversed(self.members) if member.view}

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(sorted(self.devices))

    @cached_property
    def holders(self) -> tuple[tuple[View, str], ...]:
        return tuple((member.view, member.local_key) for member in self.members if member.view)

    def others(self, mine: str) -> tuple[str, ...]:
        at = bisect_left(self.ids, mine)
        is_there = at < len(self.ids) and self.ids[at] == mine
        return self.ids[:at] + self.ids[at + 1 :] if is_there else self.ids


class Groups:
    """All groups of one check."""

    __slots__ = ("_by_key", "_check", "_shared", "_survey")

    def __init__(self, check: Check, survey: Survey) -> None:
        self._check = check
        self._survey = survey
        self._by_key: dict[Key, list[Target]] = {}
        self._shared: dict[Key, _Sharing] = {}

    def note(self, target: Target) -> None:
        """Note whom a subject shares its values with. One that cannot be evaluated shares none: its result says so."""
        context = target.context(self._survey, self._check.max_age)
        try:
            if self._check.applies_to and self._check.applies_to.run(context) is False:
                return
            keys = self._keys(context)
        except EvaluationError:
            return
        if not isinstance(keys, Unknown):
            for key in keys:
                self._by_key.setdefault(key, []).append(target)

    def of(self, target: Target, context: Context) -> Group | Unknown:
        """The largest group of a subject; the values of the others in it go into the trace."""
        keys = self._keys(context)
        if isinstance(keys, Unknown):
            return keys
        assert target.view is not None, "groups are of assets and their parts"
        largest = max(keys, key=lambda key: len(self._sharing(key).devices), default=())
        sharing = self._sharing(largest)
        others = sharing.others(target.view.root.asset.id)
        for other in others[:MOST_PEERS]:
            context.trace += self._peer_readings(context, sharing.devices[other])
        return Group(" ".join(largest), len(sharing.devices), others, sharing.holders, sharing.names)

    def _sharing(self, key: Key) -> _Sharing:
        """A group; of most values there is one holder, of which nothing is remembered."""
        members = self._by_key.get(key, ())
        if len(members) < 2:
            return _Sharing(members)
        if key not in self._shared:
            self._shared[key] = _Sharing(members)
        return self._shared[key]

    def _keys(self, context: Context) -> Sequence[Key] | Unknown:
        """The values a subject is grouped by: several when the last is a list."""
        first: list[str] = []
        *before, last = (expression.run(context) for expression in self._check.group_by)
        for value in before:
            if not isinstance(value, str | int):
                return _no_key(value)
            first.append(folded(str(value)))
        if not isinstance(last, str | int | tuple):
            return _no_key(last)
        return tuple((*first, folded(str(value))) for value in (last if isinstance(last, tuple) else (last,)))

    def _peer_readings(self, context: Context, peer: Target) -> list[Reading]:
        theirs = peer.context(context.survey, self._check.max_age)
        self._keys(theirs)
        return theirs.trace


def _no_key(value: Operand) -> Unknown:
    return value if isinstance(value, Unknown) else DISAGREE
