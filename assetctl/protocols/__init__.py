"""One folder per protocol. This package finds them; nothing else names them."""

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from assetctl.protocol import Protocol


@cache
def registry() -> Mapping[str, Protocol]:
    """All protocols by name, from the PROTOCOL record of each folder beside this file."""
    found: dict[str, Protocol] = {}
    folder = Path(__file__).parent
    for name in sorted(path.name for path in folder.iterdir()):  # a folder that cannot be listed is no empty one
        if (folder / name / "__init__.py").is_file():
            record: Protocol = importlib.import_module(f"{__name__}.{name}").PROTOCOL
            found[record.name] = record
    return MappingProxyType(found)
