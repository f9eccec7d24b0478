"""When a run may ask: until what allows it ends, and within the windows of OT networks."""

from collections.abc import Callable
from datetime import datetime, timedelta

from assetctl.model import NetworkKind
from assetctl.safety import limits
from assetctl.scope import Scope


class Hours:
    """until: when what allows the run ends; None for no end. now: wall clock in UTC."""

    def __init__(self, scope: Scope, until: datetime | None, now: Callable[[], datetime]) -> None:
        self._windows = scope.windows
        self._timezone = scope.timezone
        self._until = until
        self._now = now
        self._is_always = until is None and not scope.windows

    def fault(self, realm: str, kind: NetworkKind, worst_s: float) -> str:
        """Why nothing that takes `worst_s` seconds may begin now, or ""."""
        if self._is_always:
            return ""
        if expired := self._expiry(worst_s):
            return expired
        if not self._windows or kind is not NetworkKind.OT:
            return ""
        windows = tuple(w for w in self._windows if w.realm in ("", realm))
        left = limits.seconds_left(windows, self._now(), self._timezone)
        if left is None or (left > 0 and left >= worst_s):
            return ""
        return "outside the window" if left == 0 else f"{left:.0f} s are left in the window, {worst_s:.0f} s are needed"

    def _expiry(self, worst_s: float) -> str:
        if self._until is None or self._now() + timedelta(seconds=worst_s) <= self._until:
            return ""
        return f"the approval ends at {self._until:%Y-%m-%d %H:%M} UTC"
