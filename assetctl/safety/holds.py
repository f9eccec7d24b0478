"""Holds: questions that are not asked of devices that are known to suffer from them, with the reason and its source."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

from assetctl.model import Claim


@dataclass(frozen=True, slots=True)
class Hold:
    """One hazard. key, pattern: the identity it is known by. protocol, requests: what is held, as globs."""

    name: str
    key: str
    pattern: str
    protocol: str
    requests: tuple[str, ...]
    reason: str
    source: str

    def knows(self, claims: Iterable[Claim]) -> bool:
        """Whether an identity answer is one of the devices meant. Text is cut first: it comes from the network."""
        pattern = self.pattern.lower()
        return any(c.key == self.key and fnmatchcase(str(c.value)[:1024].lower(), pattern) for c in claims)

    def holds(self, protocol: str, request: str) -> bool:
        return protocol == self.protocol and any(fnmatchcase(request, wanted) for wanted in self.requests)


@cache
def known() -> tuple[Hold, ...]:
    """The holds that ship with assetctl."""
    table = tomllib.loads(files("assetctl.safety").joinpath("holds.toml").read_text("utf-8"))
    return tuple(Hold(**{**row, "requests": tuple(row["requests"])}) for row in table["hold"])
