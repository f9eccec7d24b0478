"""Progress on stderr with the time that is left, on terminals only."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from assetctl.model import Observation
    from assetctl.work.scan import Progress


class Bar:
    """A bar over the devices of a plan. Without a terminal it is silent."""

    def __init__(self, progress: "Progress", *, shown: bool) -> None:
        self._progress = progress
        self._shown = shown and sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if self._shown:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("scan"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[last]}"))
            self._bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("scan", total=self._progress.total, last="")
            self._bar.start()
        return self

    def step(self, _observation: "Observation") -> None:
        """One step ended."""
        if self._bar is not None:
            note = f"{self._progress.answered} answered  {self._progress.last}"
            self._bar.update(self._task, completed=self._progress.done, last=note)

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
