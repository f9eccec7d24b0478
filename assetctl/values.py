"""Single values as people write them, checked and made exact: names, addresses, networks, times of day.

Functions raise ValueError with what is expected and what was found; the annotated types use them in forms.
"""

import re
from dataclasses import dataclass
from datetime import time
from ipaddress import ip_address, ip_network
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from assetctl import text
from assetctl.model import IPAddress, IPNetwork

REALM_PATTERN, NAME_PATTERN = r"[a-z0-9][a-z0-9_-]{0,63}", r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_REALM, _NAME = re.compile(REALM_PATTERN), re.compile(NAME_PATTERN)
_MAC = re.compile(r"[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}")
_DEPTH = re.compile(r"[a-z0-9]+\.[a-z0-9_-]+")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def realm_name(name: str) -> str:
    """A realm as it may stand before an address. Raises ValueError for any other text."""
    if not _REALM.fullmatch(name):
        raise ValueError(
            f"{shown(name)} is not a realm: small letters, digits, - and _, beginning with one of the first two"
        )
    return name


def entry_name(name: str) -> str:
    """A name for a credential, zone or secret. Raises ValueError for any other text."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{shown(name)} is not a name: letters, digits, -, _ and . are expected, at most 64")
    return name


def plain(value: str) -> str:
    """A text of one line. Raises ValueError when it is over 300 characters or holds hidden ones."""
    if len(value) > 300 or not text.is_plain(value):
        raise ValueError(f"{shown(value)} is too long or holds hidden characters: one line of at most 300 is expected")
    return value


def mac_address(value: str) -> str:
    """A hardware address as 00:1B:1B:00:00:01. Raises ValueError for any other text."""
    if not _MAC.fullmatch(value):
        raise ValueError(f"{shown(value)} is not a MAC address such as 00:1B:1B:00:00:01")
    return value.replace("-", ":").upper()


def address(value: object) -> IPAddress:
    """One IPv4 or IPv6 address without a zone index. Raises ValueError for anything else."""
    try:
        found = ip_address(value) if isinstance(value, str) and "%" not in value else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError(f"{shown(value)} is not an address such as 10.20.1.7 or fd00::7")
    return found


def network(value: object) -> IPNetwork:
    """A network such as 10.20.1.0/24, or one address. Raises ValueError, with the right network where that is clear."""
    if isinstance(value, str) and re.fullmatch(r"[0-9A-Fa-f:.]+(/(0|[1-9]\d{0,2}))?", value, re.ASCII):
        try:
            loose = ip_network(value, strict=False)
        except ValueError:
            pass
        else:
            if str(loose.network_address) != str(ip_address(value.partition("/")[0])):
                raise ValueError(f"{shown(value)} is an address inside a network: write {loose}")
            return loose
    raise ValueError(f"{shown(value)} is not a network such as 10.20.1.0/24 or fd00::/64")


def shown(value: object) -> str:
    return f'"{text.one_line(value, most=60)}"' if isinstance(value, str) else f"a {type(value).__name__}"


def timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        if name != "UTC":  # a machine without a time zone table still knows this one
            raise ValueError(f"{shown(name)} is not a time zone such as Europe/Berlin or UTC") from None
    return name


def clock(value: object) -> object:
    """A time of day from "22:00", or as TOML's own local time."""
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        return time.fromisoformat(value)
    if isinstance(value, time) and value.tzinfo is None:
        return value
    raise ValueError(f'{shown(value)} is not a time of day such as "22:00"')


T = TypeVar("T")


def filled(value: str) -> str:
    if not value.strip():
        raise ValueError("a text is expected, an empty one was found")
    return plain(value)


def depth_name(name: str) -> str:
    if not _DEPTH.fullmatch(name):
        raise ValueError(f"{shown(name)} is not a depth question such as snmp.tables")
    return name


def distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise ValueError(f"{shown(str(value))} stands there twice; remove one")
    return values


@dataclass(frozen=True, slots=True)
class OneOf:
    """A check that a text is one of `words`, with a near match in the error."""

    words: tuple[str, ...]

    def __call__(self, value: str) -> str:
        if value not in self.words:
            choice = ", ".join(name for name in self.words if name)
            raise ValueError(f"{shown(value)} is not one of {choice}{text.near(value, self.words)}")
        return value


def one_of(*known: str) -> OneOf:
    """A check that a text is one of `known`."""
    return OneOf(known)


Flag = Annotated[bool, Field(strict=True)]
Text = Annotated[str, AfterValidator(plain)]
Filled = Annotated[str, AfterValidator(filled)]
Name = Annotated[str, AfterValidator(entry_name)]
Realm = Annotated[str, AfterValidator(realm_name)]
Mac = Annotated[str, AfterValidator(mac_address)]
IP = Annotated[IPAddress, BeforeValidator(address)]
Range = Annotated[IPNetwork, BeforeValidator(network)]
Clock = Annotated[time, BeforeValidator(clock)]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Timezone = Annotated[str, AfterValidator(timezone)]
Depth = Annotated[str, AfterValidator(depth_name)]
Rate = Annotated[float, Field(strict=True, ge=0.05)]
Wait = Annotated[float, Field(strict=True, ge=0.1)]
