"""Finding ids by the million: of most subjects a check only says that it does not apply, and each may end a finding."""

from array import array
from bisect import bisect_left
from heapq import merge

RUN = 1 << 20


class Ids:
    """A set of finding ids, eight bytes each. len: how often one was added."""

    __slots__ = ("_added", "_runs")

    def __init__(self) -> None:
        self._added = array("Q")
        self._runs: list[array[int]] = []  # each in order: one for all would double itself to be put in order

    def add(self, id: str) -> None:
        self._added.append(int(id, 16))
        if len(self._added) >= RUN:
            self._put_in_order()

    def __contains__(self, id: object) -> bool:
        try:
            number = int(str(id), 16)
        except ValueError:
            return False
        self._put_in_order()
        return any((at := bisect_left(run, number)) < len(run) and run[at] == number for run in self._runs)

    def __len__(self) -> int:
        return sum(map(len, self._runs)) + len(self._added)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and self._numbers() == other._numbers()

    __hash__ = None  # type: ignore[assignment]

    def _numbers(self) -> list[int]:
        self._put_in_order()
        return list(merge(*self._runs))

    def _put_in_order(self) -> None:
        if self._added:
            self._runs.append(array("Q", sorted(self._added)))
            self._added = array("Q")
