"""Names of the numbers that devices tell: ODVA vendor ids and CIP device types."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def vendor(number: int) -> str | None:
    """The maker to whom ODVA assigned a vendor id, in the registry's spelling; None when the table has none."""
    return _tables()["vendor"].get(str(number))


def device_type(number: int) -> str | None:
    """The profile's name for a CIP device type; None for one that a vendor defined for itself."""
    return _tables()["device_type"].get(str(number))


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("assetctl.protocols.enip").joinpath("names.toml").read_text("utf-8"))
