"""Which servers of a capture belong into an inventory: those of the plant, and not those of the rest of the world.

A computer of a plant that reaches the internet speaks to hundreds of servers there. They stay flows. A server of a
public address is the plant's where its address is declared or told on the link, or where it speaks a protocol of
plants: there are plants with public addresses.
"""

from collections.abc import Callable, Iterable

from assetctl.exchange.capture.readings import Reading
from assetctl.model import IPAddress

WORLDLY = frozenset(
    {"tls", "http", "ssh", "greeting", "ntp", "mqtt", "mysql", "postgres", "mssql", "smb", "rdp", "vnc"}
)
"""What servers speak all over the world, by the names of the protocols."""


def of_the_plant(
    told: Iterable[Reading], stations: frozenset[IPAddress], is_own: Callable[[IPAddress], bool]
) -> tuple[tuple[Reading, ...], int]:
    """The talks that make assets, and how many of the rest of the world do not.

    stations: addresses that something else proves to be the plant's. is_own: whether an address is declared.
    """
    all_told = tuple(told)
    proven = stations | {_ip(one) for one in all_told if _protocol(one) not in WORLDLY}

    def stays(one: Reading) -> bool:
        ip = _ip(one)
        return ip is None or not ip.is_global or ip in proven or is_own(ip)

    kept = tuple(one for one in all_told if stays(one))
    return kept, len(all_told) - len(kept)


def _ip(one: Reading) -> IPAddress | None:
    return one.observation.target.ip if one.observation.target else None


def _protocol(one: Reading) -> str:
    return one.observation.reader.partition("/")[0]
