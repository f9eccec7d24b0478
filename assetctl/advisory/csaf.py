"""CSAF 2.0 documents. Source: OASIS, Common Security Advisory Framework Version 2.0, 2022."""

import re
from collections.abc import Mapping
from pathlib import Path

from assetctl.advisory.json_node import Node
from assetctl.advisory.product_tree import ProductTree
from assetctl.advisory.records import Advisory, Status, Vulnerability
from assetctl.documents import Document
from assetctl.errors import InputError
from assetctl.text import one_line

MOST_BYTES = 16 * 1024 * 1024
MOST_DEPTH = 64
MOST_VULNERABILITIES = 5_000
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}\Z")
_CWE = re.compile(r"CWE-[1-9]\d{0,5}\Z")
_FIX = "vendor_fix"
_NO_FIX = ("none_available", "no_fix_planned")
_STATES = ("draft", "interim", "final")


def is_csaf(root: object) -> bool:
    """Whether a JSON document says of itself that it is an advisory of this framework."""
    return isinstance(root, dict) and isinstance(root.get("document"), dict) and "csaf_version" in root["document"]


def read(document: Document) -> Advisory:
    """The advisory in a document. Raises InputError with file and place for one that cannot be relied on."""
    top = Node(f"{document.path}: ", document.root if isinstance(document.root, dict) else {})
    head = top.inner("document")
    version = head.text("csaf_version", "")
    if version != "2.0":
        head.refuse("csaf_version", f'"2.0" is expected, {one_line(version, most=20)!r} was found')
    tracking = head.inner("tracking")
    if tracking.text("status") not in _STATES:
        tracking.refuse("status", f"one of {', '.join(_STATES)} is expected")
    issued, current = tracking.moment("initial_release_date"), tracking.moment("current_release_date")
    tree = ProductTree(top.inner("product_tree"))
    return Advisory(
        id=_id(tracking),
        title=head.filled("title"),
        publisher=head.inner("publisher").filled("name"),
        revision=tracking.filled("version"),
        state=tracking.filled("status"),
        issued=min(issued, current),
        current=current,
        products=tuple(tree.products.values()),
        vulnerabilities=_vulnerabilities(top, tree),
        sha256=document.sha256,
    )


def read_file(path: Path) -> Advisory:
    """The advisory in a file."""
    from assetctl.documents import read_json

    document = read_json(path, most=MOST_BYTES, depth=MOST_DEPTH)
    if not is_csaf(document.root):
        raise InputError(f"{path}: a CSAF document is expected; no document.csaf_version was found")
    return read(document)


def _id(tracking: Node) -> str:
    said = tracking.filled("id")
    if len(said) > 120 or not said.isprintable():
        tracking.refuse("id", f"at most 120 plain characters are expected, {one_line(said, most=40)!r} was found")
    return said


def _vulnerabilities(top: Node, tree: ProductTree) -> tuple[Vulnerability, ...]:
    found = list(top.nodes("vulnerabilities"))
    if len(found) > MOST_VULNERABILITIES:
        top.refuse("vulnerabilities", f"at most {MOST_VULNERABILITIES} are read, {len(found)} were found")
    return tuple(_vulnerability(node, tree) for node in found)


def _vulnerability(node: Node, tree: ProductTree) -> Vulnerability:
    cve = node.text("cve", "")
    if cve and not _CVE.match(cve):
        node.refuse("cve", f"a number such as CVE-2024-12345 is expected, {one_line(cve, most=40)!r} was found")
    score, vector = _worst(node)
    return Vulnerability(
        cve=cve,
        title=node.text("title", ""),
        status=_status(node.inner("product_status"), tree),
        fixes=_with_remedy(node, tree, (_FIX,)),
        unfixed=_with_remedy(node, tree, _NO_FIX),
        score=score,
        vector=vector,
        weakness=_weakness(node),
    )


def _weakness(node: Node) -> str:
    """The CWE number (3.2.3.3), "" where none is named that can be read: that leaves questions open, and no more."""
    said = node.inner("cwe").text("id", "")
    return said if _CWE.match(said) else ""


def _status(node: Node, tree: ProductTree) -> Mapping[Status, tuple[str, ...]]:
    for key in node.value:
        if key not in set(Status):
            node.refuse(key, "is no product status of CSAF 2.0")
    found = {status: node.texts(status) for status in Status if node.has(status)}
    for status, ids in found.items():
        tree.known(node, status, ids)
    return found


def _with_remedy(node: Node, tree: ProductTree, categories: tuple[str, ...]) -> frozenset[str]:
    """Products with a remedy of one of the categories; a remedy that names none is for all."""
    found: set[str] = set()
    for remedy in node.nodes("remediations"):
        if remedy.filled("category") in categories:
            found.update(tree.ids(remedy) or tree.products)
    return frozenset(found)


def _worst(node: Node) -> tuple[float | None, str]:
    found: list[tuple[float, str]] = []
    for score in node.nodes("scores"):
        for key in ("cvss_v3", "cvss_v4"):
            base = score.inner(key).number("baseScore")
            if base is not None and 0 <= base <= 10:
                found.append((base, score.inner(key).text("vectorString", "")))
    return max(found, default=(None, ""), key=lambda one: one[0] or 0)
