"""The table of product families: which devices a maker means when an advisory names a whole family."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FILE = "families.toml"


@dataclass(frozen=True, slots=True)
class Family:
    """names: as advisories write them. codes: patterns over order codes. models: beginnings of model names."""

    maker: str
    names: tuple[str, ...]
    codes: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Families:
    """by_maker: the families of a maker. brands: words that tell nothing. houses: makers that speak for each other."""

    by_maker: Mapping[str, tuple[Family, ...]]
    brands: Mapping[str, frozenset[str]]
    houses: Mapping[str, frozenset[str]]


@cache
def families() -> Families:
    """The table as shipped."""
    table = tomllib.loads(files("assetctl.advisory").joinpath(FILE).read_text("utf-8"))
    found: dict[str, list[Family]] = {}
    for row in table["family"]:
        family = Family(row["maker"], tuple(row["names"]), tuple(row["codes"]), tuple(row["models"]))
        found.setdefault(family.maker, []).append(family)
    return Families(
        by_maker={maker: tuple(rows) for maker, rows in found.items()},
        brands={maker: frozenset(words) for maker, words in table["brands"].items()},
        houses={maker: frozenset(others) for maker, others in table["houses"].items()},
    )
