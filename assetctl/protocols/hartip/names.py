"""Names of the numbers that HART devices tell: their makers."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def manufacturer(number: int) -> str | None:
    """The maker with this manufacturer identification code; None when the table has none."""
    return _table().get(str(number))


@cache
def _table() -> Mapping[str, str]:
    text = files("assetctl.protocols.hartip").joinpath("names.toml").read_text("utf-8")
    return {number: str(name) for number, name in tomllib.loads(text)["manufacturer"].items()}
