"""A document as JSON whose bytes follow from its content alone."""

import json
from typing import Any


def document(value: Any) -> str:
    """The whole document. ASCII, so that no letter of a device can break the encoding of a reader."""
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def line(value: Any) -> str:
    """One record of a file of lines."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n"


def known(**values: Any) -> dict[str, Any]:
    """The members that have a value; what is not known is not written."""
    return {key: value for key, value in values.items() if value not in ("", None, [], (), {})}
