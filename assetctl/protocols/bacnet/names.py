"""Names of the numbers that devices tell: vendor ids, the device's status, and why something was refused."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def vendor(number: int) -> str | None:
    """The maker to whom ASHRAE assigned a vendor id, in the registry's spelling; None when the table has none."""
    return _tables()["vendor"].get(str(number))


def system_status(number: int) -> str:
    """BACnetDeviceStatus by name; the number as text for one that a vendor defined for itself."""
    return _tables()["system_status"].get(str(number), str(number))


def error(error_class: int, error_code: int) -> str:
    """Why a service or a property was answered with an error."""
    return _tables()["error_code"].get(str(error_code), f"error class {error_class} code {error_code}")


def reject(reason: int) -> str:
    """Why a request was rejected."""
    return "reject: " + _tables()["reject_reason"].get(str(reason), str(reason))


def abort(reason: int) -> str:
    """Why a transaction was aborted."""
    return "abort: " + _tables()["abort_reason"].get(str(reason), str(reason))


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("assetctl.protocols.bacnet").joinpath("names.toml").read_text("utf-8"))
