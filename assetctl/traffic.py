"""The protocols that pass between zones, by the names of people and sensors. The table is data/flow_protocols.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Passing:
    """One protocol. ports: such as "tcp/502". protection: none or own, "" when its settings decide. kind: its use."""

    name: str
    ports: tuple[str, ...]
    names: tuple[str, ...]
    protection: str
    kind: str


@cache
def protocols() -> Mapping[str, Passing]:
    """Every protocol by its name."""
    table = tomllib.loads(files("assetctl.data").joinpath("flow_protocols.toml").read_text("utf-8"))
    rows = {
        name: Passing(name, tuple(row["ports"]), tuple(row["names"]), row["protection"], row["kind"])
        for name, row in table.items()
    }
    return MappingProxyType(rows)


@cache
def _spelled() -> Mapping[str, Passing]:
    return MappingProxyType({name: one for one in protocols().values() for name in (one.name, *one.names)})


@cache
def _by_port() -> Mapping[str, tuple[Passing, ...]]:
    found: dict[str, tuple[Passing, ...]] = {}
    for one in protocols().values():
        for port in one.ports:
            found[port] = (*found.get(port, ()), one)
    return MappingProxyType(found)


def named(name: str) -> Passing | None:
    """The protocol of a name, None when the table does not have it."""
    return _spelled().get(name.strip().casefold())


def recognised(service: str) -> tuple[Passing, ...]:
    """The known protocols in a sensor's words, such as "ssl,http"; a name after "-" is one that it gave up."""
    told = (named(word) for word in service.split(",") if not word.startswith("-"))
    return tuple(dict.fromkeys(one for one in told if one is not None))


def expected_on(transport: str, port: int) -> tuple[Passing, ...]:
    """The protocols whose usual port this is."""
    return _by_port().get(f"{transport}/{port}", ())


def is_readable(service: str) -> bool | None:
    """Whether the recognised traffic passes unprotected; None when that cannot be told."""
    told = recognised(service)
    if any(one.protection == "own" for one in told):
        return False
    return True if told and all(one.protection == "none" for one in told) else None
