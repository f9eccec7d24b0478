"""One folder per protocol. This package finds them; nothing else names them."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from assetctl.protocol import Protocol


@cache
def registry() -> Mapping[str, Protocol]:
    """All protocols by name, from the PROTOCOL record of each folder beside this file."""
    found: dict[str, Protocol] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg:
            record: Protocol = importlib.import_module(f"{__name__}.{module.name}").PROTOCOL
            found[record.name] = record
    return MappingProxyType(found)
