"""Names of the numbers that stations tell."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

ROLES = ("IO-Device", "IO-Controller", "IO-Multidevice", "PN-Supervisor")  # from the lowest bit
IP_STATES = ("not set", "set", "set by DHCP")


def vendor(number: int) -> str | None:
    """The maker behind a PI vendor id; None when the table has none."""
    return _vendors().get(str(number))


def roles(bits: int) -> tuple[str, ...]:
    """The roles of a station from the bits of DeviceRoleDetails."""
    return tuple(name for at, name in enumerate(ROLES) if bits & 1 << at)


def ip_status(state: int, *, conflict: bool) -> str:
    """What BlockInfo says of an address; "" for a state that is reserved."""
    if state >= len(IP_STATES):
        return ""
    return IP_STATES[state] + (", address conflict" if conflict else "")


@cache
def _vendors() -> Mapping[str, str]:
    table: Mapping[str, Mapping[str, str]] = tomllib.loads(
        files("assetctl.protocols.profinet_dcp").joinpath("names.toml").read_text("utf-8")
    )
    return table["vendor"]
