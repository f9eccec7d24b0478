"""Names of the numbers that devices tell: ODVA vendor ids and CIP device types."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

ROCKWELL = 1
COMMUNICATIONS_ADAPTER, PROGRAMMABLE_LOGIC_CONTROLLER = 12, 14


def vendor(number: int) -> str | None:
    """The maker to whom ODVA assigned a vendor id, in the registry's spelling; None when the table has none."""
    return _tables()["vendor"].get(str(number))


def device_type(number: int, *, vendor_id: int) -> str | None:
    """The name of a CIP device type: the profile's, or what the vendor calls a type of its own; None for others."""
    tables = _tables()
    return tables["device_type"].get(str(number)) or tables["vendor_device_type"].get(f"{vendor_id}/{number}")


def extended_device_status(number: int) -> str | None:
    """Bits 4 to 7 of the status word by name; None for those that a vendor defines for itself."""
    return _tables()["extended_device_status"].get(str(number))


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("assetctl.protocols.enip").joinpath("names.toml").read_text("utf-8"))
