"""The product tree of a CSAF document: branches, plain names and relationships become products with their naming.

Which of two related products is meant: firmware installed on hardware of the same maker is the device, with the
firmware's version; a component that is always part of a product is that product, with the product's version; in every
other relation the first product is meant, and the second is a condition. Source: CSAF 2.0, 3.2.2.
"""

import re
from dataclasses import dataclass, replace

from assetctl.advisory.json_node import Node
from assetctl.advisory.records import Naming, Product
from assetctl.makers import canonical

MOST_BRANCH_DEPTH = 16
MOST_PRODUCTS = 50_000
MOST_RELATION_DEPTH = 8
_CATEGORIES = frozenset(
    {"architecture", "host_name", "language", "legacy", "patch_level", "product_family", "product_name"}
    | {"product_version", "product_version_range", "service_pack", "specification", "vendor"}
)
_FURTHER = {"architecture", "host_name", "language", "legacy", "specification"}
_VERSIONS = ("product_version_range", "product_version", "patch_level", "service_pack")
_VERSION_BEHIND = re.compile(r":\s*(?:vers:|[<>=]|[vV]?\d)[^:]*\Z")


@dataclass(frozen=True, slots=True)
class _Way:
    """What the branches above a product say, from the outside in."""

    steps: tuple[tuple[str, str], ...] = ()

    def below(self, category: str, name: str) -> "_Way":
        return _Way((*self.steps, (category, name)))

    def of(self, *categories: str) -> tuple[str, ...]:
        return tuple(name for category, name in self.steps if category in categories)


class ProductTree:
    """products: by product id, relationships resolved. groups: ids of a product group."""

    def __init__(self, tree: Node) -> None:
        self.products: dict[str, Product] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        for branch in tree.nodes("branches"):
            self._branch(branch, _Way(), 1)
        for name in tree.nodes("full_product_names"):
            self._add(name, _Way())
        self._relate(tree)
        for group in tree.nodes("product_groups"):
            self.groups[group.filled("group_id")] = group.texts("product_ids")

    def ids(self, node: Node) -> tuple[str, ...]:
        """The product ids that a score or remedy is for, its groups included; those that do not exist are refused."""
        named = [
            *node.texts("product_ids"),
            *(id for group in node.texts("group_ids") for id in self._group(node, group)),
        ]
        self.known(node, "product_ids", named)
        return tuple(dict.fromkeys(named))

    def known(self, node: Node, key: str, ids: list[str] | tuple[str, ...]) -> None:
        for id in ids:
            if id not in self.products:
                node.refuse(key, f"product id {id[:60]!r} is not in the product tree; get the document again")

    def _group(self, node: Node, name: str) -> tuple[str, ...]:
        if name not in self.groups:
            node.refuse("group_ids", f"product group {name[:60]!r} is not in the product tree; get the document again")
        return self.groups[name]

    def _branch(self, branch: Node, above: _Way, depth: int) -> None:
        if depth > MOST_BRANCH_DEPTH:
            branch.refuse("", f"branches are nested at most {MOST_BRANCH_DEPTH} deep, these are deeper")
        category = branch.filled("category")
        if category not in _CATEGORIES:
            branch.refuse("category", f"{category[:40]!r} is no category of CSAF 2.0")
        way = above.below(category, branch.filled("name"))
        if branch.has("product"):
            self._add(branch.inner("product"), way)
        for inner in branch.nodes("branches"):
            self._branch(inner, way, depth + 1)

    def _add(self, node: Node, way: _Way) -> None:
        self._put(node, _product(node, way))

    def _put(self, node: Node, product: Product) -> None:
        if product.id in self.products:
            node.refuse("product_id", f"{product.id[:60]!r} stands for two products; get the document again")
        if len(self.products) >= MOST_PRODUCTS:
            node.refuse("", f"at most {MOST_PRODUCTS} products are read, there are more")
        self.products[product.id] = product

    def _relate(self, tree: Node) -> None:
        """Relationships may rest on others, in any order; rounds until nothing new is found bound the work."""
        waiting = list(tree.nodes("relationships"))
        for _ in range(MOST_RELATION_DEPTH):
            left = [relation for relation in waiting if not self._related(relation)]
            if len(left) == len(waiting):
                break
            waiting = left
        if waiting:
            waiting[0].refuse("", "it rests on a product that is not there, or on itself; get the document again")

    def _related(self, relation: Node) -> bool:
        what = self.products.get(relation.filled("product_reference"))
        host = self.products.get(relation.filled("relates_to_product_reference"))
        if what is None or host is None:
            return False
        whole = relation.inner("full_product_name")
        self._put(whole, _joined(whole, relation.filled("category"), what, host))
        return True


def _product(node: Node, way: _Way) -> Product:
    helper = node.inner("product_identification_helper")
    full = node.filled("name")
    products, families = way.of("product_name"), way.of("product_family")
    makers = way.of("vendor")
    further = " ".join(way.of(*_FURTHER))
    names = products[-1:] or families[-1:] or (_VERSION_BEHIND.sub("", full),)
    naming = Naming(
        maker=canonical(makers[-1]) if makers else "",
        names=names,
        families=families if products else families[:-1],
        codes=(*helper.texts("model_numbers"), *helper.texts("skus")),
        serials=helper.texts("serial_numbers"),
        cpes=tuple(filter(None, (helper.text("cpe", ""),))),
        condition=further,
    )
    is_whole = bool(way.steps) and way.steps[-1][0] in ("product_name", "product_family")
    return Product(node.filled("product_id"), full, naming, _versions(way), is_whole=is_whole)


def _versions(way: _Way) -> str | None:
    """The version text; a service pack or patch level stands behind its version."""
    said = [name for category in _VERSIONS for name in way.of(category)]
    return " ".join(said[-1:] if len(way.of(*_VERSIONS[:2])) == len(said) else said) if said else None


def _joined(node: Node, category: str, what: Product, host: Product) -> Product:
    id, name = node.filled("product_id"), node.filled("name")
    same_maker = what.naming.maker == host.naming.maker
    own = node.inner("product_identification_helper")
    codes = (*own.texts("model_numbers"), *own.texts("skus"))
    if category == "installed_on" and same_maker:
        naming = _with(host.naming, codes, _conditions(what, host))
        return Product(id, name, naming, what.versions, hardware=host.versions or "")
    if category == "default_component_of":
        return Product(id, name, _with(host.naming, codes, host.naming.condition), host.versions, host.hardware)
    condition = "; ".join(filter(None, (what.naming.condition, f"{category.replace('_', ' ')} {host.name}")))
    return Product(id, name, _with(what.naming, codes, condition), what.versions, what.hardware)


def _conditions(*products: Product) -> str:
    return "; ".join(filter(None, (product.naming.condition for product in products)))


def _with(naming: Naming, codes: tuple[str, ...], condition: str) -> Naming:
    return replace(naming, codes=(*naming.codes, *codes), condition=condition)
