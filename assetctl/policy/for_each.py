"""What the expressions of a check may name, by what the check is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assetctl.model import Value

SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "asset": ("asset",),
    "service": ("asset", "service"),
    "certificate": ("asset", "cert", "service"),
    "interface": ("asset", "interface"),
    "neighbour": ("asset", "neighbour"),
    "position": ("position",),
    "approved": ("approved",),
    "run": ("run",),
    "zone": ("zone",),
    "conduit": ("conduit",),
    "flow": ("flow",),
    "network": ("network",),
    "inventory": (),
}
"""The subjects at hand, by what the check is for."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    "asset": ("asset",),
    "service": ("service",),
    "neighbour": ("neighbour",),
    "position": ("position",),
    "group": ("group",),
    "zoned": ("asset", "zone"),
    "network": ("network",),
    "conduit": ("conduit",),
    "zone": ("zone",),
    "watched": ("asset", "zone", "conduit", "flow"),
}
"""Which subjects a function may be asked about, by its `needs`: one of them has to be at hand."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the check gives its expressions. grouped: group.count and the like may be named."""

    for_each: str
    params: Mapping[str, Value] = field(default_factory=dict)
    grouped: bool = False
