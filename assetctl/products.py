"""Products by sysObjectID: the names that makers' MIBs give to the arcs below their enterprise number.

An agent gives its arc as sysObjectID whatever else it tells. The names stand in data/products, one file for each
enterprise number, read when a device answers under that number. An arc that stands for a family or a stack gives its
kind alone; one that stands for software, for a part or for products of several names is not on the lists.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

FOLDER = "products"
MODEL_CONFIDENCE = 55  # below whatever a device itself says of its model, in the first row of a bare entity table too
KIND_CONFIDENCE = 70  # as of other arcs that name a kind of device
SELLER_CONFIDENCE = 80  # above what a description is read for, which names the maker of the agent
ENTERPRISES = "1.3.6.1.4.1."


@dataclass(frozen=True, slots=True)
class Product:
    """One product, or a family of them.

    model: as on the device or its order; "" for a family or a stack. role: "" where the MIB leaves it open.
    source: the MIB module. agent: the maker of the agent, where another sells the device; "" where nobody else does.
    """

    model: str
    maker: str
    role: str
    source: str
    agent: str = ""

    def facts(self) -> Iterator[tuple[str, str, int]]:
        """What it says of a device, each as key, value and confidence."""
        yield "manufacturer", self.maker, SELLER_CONFIDENCE if self.agent else KIND_CONFIDENCE
        if self.model:
            yield "model", self.model, MODEL_CONFIDENCE
        if self.role:
            yield "asset_role_type", self.role, KIND_CONFIDENCE


def of(sys_object_id: str) -> Product | None:
    """The product with exactly this arc; None where no list has it."""
    if not sys_object_id.startswith(ENTERPRISES):
        return None
    number = sys_object_id.removeprefix(ENTERPRISES).partition(".")[0]
    return _products(number).get(sys_object_id) if number in _files() else None


def why_no_model(sys_object_id: str) -> str:
    """Why an arc names no model, in words; "" where it does."""
    product = of(sys_object_id)
    if product is None:
        return f"sysObjectID {sys_object_id} is on no list of products"
    return "" if product.model else f"sysObjectID {sys_object_id} stands for several products in {product.source}"


def every() -> tuple[Traversable, ...]:
    """The lists, in the order of their names."""
    folder = files("assetctl.data").joinpath(FOLDER)
    return tuple(sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name))


def read(file: Traversable) -> Iterator[tuple[str, Product]]:
    """Each arc of a list with its product, as they stand there. Raises KeyError and ValueError for a broken one."""
    for branch in tomllib.loads(file.read_text("utf-8"))["branch"]:
        yield from _branch(branch)


def _branch(branch: Mapping[str, Any]) -> Iterator[tuple[str, Product]]:
    rest = (str(branch["maker"]), str(branch.get("role", "")), str(branch["source"]), str(branch.get("agent", "")))
    for arc, model in branch["products"].items():
        yield f"{branch['prefix']}.{arc}", Product(str(model), *rest)


@cache
def _files() -> Mapping[str, Traversable]:
    """The lists by the enterprise number with which their names begin."""
    return MappingProxyType({file.name.partition("-")[0]: file for file in every()})


@cache
def _products(number: str) -> Mapping[str, Product]:
    return MappingProxyType(dict(read(_files()[number])))
