"""JSON Schemas of the outputs that others build on, shipped as files, and of the files that people write."""

import json
from importlib.resources import files
from typing import Any

from assetctl.errors import InputError
from assetctl.text import near


def names() -> tuple[str, ...]:
    """The outputs and files that have a schema."""
    from assetctl.work.form_schemas import NAMES

    folder = files("assetctl.data").joinpath("schemas")
    shipped = (one.name.removesuffix(".json") for one in folder.iterdir() if one.name.endswith(".json"))
    return tuple(sorted((*shipped, *NAMES)))


def schema_of(name: str) -> dict[str, Any]:
    """One schema. Raises InputError for a name that has none."""
    from assetctl.work.form_schemas import NAMES, form_schema

    if name not in names():
        raise InputError(f"{name}: no such schema{near(name, names())}; one of {', '.join(names())}")
    if name in NAMES:
        return form_schema(name)
    text = files("assetctl.data").joinpath("schemas", f"{name}.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
