"""Which model codes are Mitsubishi Electric's, and under which names."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def is_known(code: int, name: str) -> bool:
    """Whether the maker's manuals list a model under both this code and this name."""
    return name in _models().get(f"{code:04x}", ())


@cache
def _models() -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = tomllib.loads(
        files("assetctl.protocols.slmp").joinpath("names.toml").read_text("utf-8")
    )["model"]
    return found
