"""What one command adds to the settings."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flags:
    """profile, realm: "" when not given. targets: as typed, segments of Ethernet among them."""

    targets: Sequence[str]
    exclude: Sequence[str]
    profile: str
    realm: str
    probes: Sequence[str]
    depth: Sequence[str]
