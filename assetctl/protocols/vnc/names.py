"""Names of RFB security types."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def security_type(number: int) -> str:
    """The name of a security type, its number as text when the table has none."""
    return _table().get(str(number), str(number))


@cache
def _table() -> Mapping[str, str]:
    table: Mapping[str, Mapping[str, str]] = tomllib.loads(
        files("assetctl.protocols.vnc").joinpath("names.toml").read_text("utf-8")
    )
    return table["security_type"]
