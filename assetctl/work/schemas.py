"""JSON Schemas of the outputs that others build on, shipped as files."""

import json
from importlib.resources import files
from typing import Any

from assetctl.errors import InputError
from assetctl.text import near


def names() -> tuple[str, ...]:
    """The outputs that have a schema."""
    folder = files("assetctl.data").joinpath("schemas")
    return tuple(sorted(one.name.removesuffix(".json") for one in folder.iterdir() if one.name.endswith(".json")))


def schema_of(name: str) -> dict[str, Any]:
    """One schema. Raises InputError for a name that has none."""
    if name not in names():
        raise InputError(f"{name}: no such schema{near(name, names())}; one of {', '.join(names())}")
    text = files("assetctl.data").joinpath("schemas", f"{name}.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
