"""CISA's catalogue of known exploited vulnerabilities, in its JSON form."""

import re
from datetime import date

from assetctl.advisory.json_node import Node
from assetctl.advisory.records import Catalogue, Exploited
from assetctl.documents import Document
from assetctl.makers import canonical
from assetctl.text import one_line

_CVE = re.compile(r"CVE-\d{4}-\d{4,19}\Z")


def is_kev(root: object) -> bool:
    """Whether a JSON document has the form of the catalogue."""
    return isinstance(root, dict) and "catalogVersion" in root and isinstance(root.get("vulnerabilities"), list)


def read(document: Document) -> Catalogue:
    """The catalogue in a document. Raises InputError with file and place; no entry is left out."""
    top = Node(f"{document.path}: ", document.root)
    entries = tuple(_entry(node) for node in top.nodes("vulnerabilities"))
    seen: set[str] = set()
    for entry in entries:
        if entry.cve in seen:
            top.refuse("vulnerabilities", f"{entry.cve} stands there twice; get the catalogue again")
        seen.add(entry.cve)
    count = top.number("count")
    if count is not None and count != len(entries):
        top.refuse("count", f"{count:g} entries are announced, {len(entries)} were found; get the catalogue again")
    return Catalogue(top.filled("catalogVersion"), top.moment("dateReleased"), entries, document.sha256)


def _entry(node: Node) -> Exploited:
    cve = node.filled("cveID")
    if not _CVE.match(cve):
        node.refuse("cveID", f"a number such as CVE-2024-12345 is expected, {one_line(cve, most=40)!r} was found")
    added: date | None = node.day("dateAdded")
    if added is None:
        node.refuse("dateAdded", "a date is expected, nothing was found")
    return Exploited(
        cve=cve,
        maker=canonical(node.text("vendorProject", "")),
        product=node.text("product", ""),
        added=added,
        due=node.day("dueDate"),
        action=node.text("requiredAction", ""),
        ransomware=node.text("knownRansomwareCampaignUse", "").casefold() == "known",
    )
