"""What a function of the language is: its types, what it may be asked about, and whether it is always answered."""

from collections.abc import Callable
from dataclasses import dataclass

from assetctl.model import SubjectKind
from assetctl.policy.context import Context
from assetctl.policy.values import Operand
from assetctl.policy.view import View


@dataclass(frozen=True, slots=True)
class Function:
    """arguments: their types, "text|number" where either is taken. needs: the subject it is about, "" for none.

    closed: it is always answered, from the record. reads: keys of the facts that it looks at by itself.
    """

    arguments: tuple[str, ...]
    result: str
    run: Callable[..., Operand]
    meaning: str
    needs: str = ""
    closed: bool = False
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookUp:
    """A function of a fact's name instead of its value. closed: it is always answered, from the record.

    type: of the facts that it takes, "" for any. needs: as of a function.
    """

    result: str
    run: Callable[[Context, View, SubjectKind | None, str, str], Operand]
    meaning: str
    closed: bool = True
    type: str = ""
    needs: str = ""
