"""Finding ids by the million: of most subjects a check only says that it does not apply, and each may end a finding."""

from array import array
from bisect import bisect_left


class Ids:
    """A set of finding ids, eight bytes each. len: how often one was added."""

    __slots__ = ("_added", "_sorted")

    def __init__(self) -> None:
        self._added = array("Q")
        self._sorted = array("Q")

    def add(self, id: str) -> None:
        self._added.append(int(id, 16))

    def __contains__(self, id: object) -> bool:
        try:
            number = int(str(id), 16)
        except ValueError:
            return False
        numbers = self._in_order()
        at = bisect_left(numbers, number)
        return at < len(numbers) and numbers[at] == number

    def __len__(self) -> int:
        return len(self._sorted) + len(self._added)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and self._in_order() == other._in_order()

    __hash__ = None  # type: ignore[assignment]

    def _in_order(self) -> "array[int]":
        if self._added:
            self._sorted = array("Q", sorted((*self._sorted, *self._added)))
            self._added = array("Q")
        return self._sorted
