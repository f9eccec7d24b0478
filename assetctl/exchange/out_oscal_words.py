"""Names as OSCAL spells them: tokens of requirements, properties, titles."""

import re

NS = "https://assetctl.invalid/ns/oscal"
"""Of properties that OSCAL does not name. It leads nowhere (RFC 2606); a URN is a URI that some readers refuse here."""
_NO_TOKEN = re.compile(r"[^A-Za-z0-9._-]+")


def control_id(framework: str, requirement: str) -> str:
    """The token of a requirement, such as "iec62443-3-3_sr-1.5-re-1"."""
    token = _NO_TOKEN.sub("-", f"{framework}_{requirement}".lower()).strip("-.")
    return token if token[:1].isalpha() else f"r_{token}"


def prop(name: str, value: str, ns: str = "") -> dict[str, str]:
    """A property. ns: of names that are not OSCAL's own."""
    made = {"name": name, "value": value}
    return made | {"ns": ns} if ns else made


def title(text: str) -> str:
    """A title in one line."""
    return " ".join(text.split())
