"""The fact vocabulary: every key that a reader may claim, with its subject, type and meaning.

Keys follow the attribute names of the CISA "Foundations for OT Cybersecurity: Asset Inventory Guidance" (August 2025)
where it has one, and the protocol's own spelling for the rest. The table lives in data/facts.toml.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from assetctl.model import SubjectKind, Value

TYPES = {"text": str, "number": int, "flag": bool, "texts": tuple}


@dataclass(frozen=True, slots=True)
class FactKey:
    """One key of the vocabulary.

    type: text, number, flag or texts. cisa: the guidance's priority (high, medium, low) or "".
    names: tells which plant, person or piece it is; replaced in what travels to other people's servers.
    volatile: changes by itself between two looks at an unchanged plant, so golden files leave it out.
    """

    name: str
    kind: SubjectKind
    type: str
    meaning: str
    unit: str = ""
    cisa: str = ""
    volatile: bool = False
    names: bool = False


@cache
def vocabulary() -> Mapping[str, FactKey]:
    """All fact keys by name."""
    table = tomllib.loads(files("assetctl.data").joinpath("facts.toml").read_text("utf-8"))
    keys = {
        name: FactKey(name=name, kind=SubjectKind(kind), **row)
        for kind, rows in table.items()
        for name, row in rows.items()
    }
    return MappingProxyType(keys)


def is_of_type(key: FactKey, value: Value) -> bool:
    """Whether a value has the type its key declares. A flag is not a number."""
    if key.type == "number":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[key.type])
