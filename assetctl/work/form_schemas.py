"""JSON Schemas of the files that people write, most of them made from the forms that read them.

What the reader takes, the schema takes; what a schema cannot say (days in order, ids that exist, texts without hidden
characters) only the reader refuses. In YAML every value is read as text, so numbers and flags stand there for texts.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from assetctl import enrolled, zones
from assetctl.forms import Form
from assetctl.policy import attestations, waivers
from assetctl.settings import Settings
from assetctl.values import NAME_PATTERN, REALM_PATTERN, OneOf, distinct, entry_name, filled, realm_name
from assetctl.work import reader_schemas
from assetctl.work.reader_schemas import CHECK
from assetctl.zone_forms import ConduitForm, File1, File2, Zone2

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_YAML: Mapping[str, type[Form]] = {
    "register.yaml": zones.REGISTER_FORM,
    "waivers.yaml": waivers.FORM,
    "attestations.yaml": attestations.FORM,
    "keys.yaml": enrolled.FORM,
}
_SETTINGS, _ZONES = "assetctl.toml", "zones.yaml"
NAMES = tuple(sorted((_SETTINGS, _ZONES, *_YAML, CHECK, *reader_schemas.YAML, *reader_schemas.TOML)))
"""The files that have a schema."""

_SAID: Mapping[Callable[..., object], Schema] = {
    distinct: {"uniqueItems": True},
    entry_name: {"pattern": f"^{NAME_PATTERN}$"},
    realm_name: {"pattern": f"^{REALM_PATTERN}$"},
    filled: {"pattern": r"\S"},
}


def form_schema(name: str) -> Schema:
    """The schema of one of `NAMES`."""
    if name == _SETTINGS:
        found = _made(Settings)
    elif name == _ZONES:
        newer = {"properties": {"schema": {"enum": ["2", 2]}}, "required": ["schema"]}
        found = {"if": newer, "then": _as_yaml(_made(File2)), "else": _as_yaml(_made(File1))}
    elif name == CHECK:
        found = _as_yaml(reader_schemas.check(_made(Zone2), _made(ConduitForm)))
    elif name in reader_schemas.YAML:
        found = _as_yaml(reader_schemas.YAML[name]())
    elif name in reader_schemas.TOML:
        found = reader_schemas.TOML[name]()
    else:
        found = _as_yaml(_made(_YAML[name]))
    return {"$schema": _DIALECT, **found, "title": name}


class _Generator(GenerateJsonSchema):
    """Knows what our own checks of single values say."""

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        check = schema["function"]["function"]
        if isinstance(check, OneOf):
            return {**inner, "enum": list(check.words)}
        return {**inner, **_SAID.get(check, {})} if "$ref" not in inner else inner

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """A value that is made from text is a text."""
        inner = self.generate_inner(schema["schema"])
        return {"type": "string"} if inner.get("type") == "string" else inner

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        found = super().generate(schema, mode)
        return {key: value for key, value in found.items() if key != "description"}


def _made(form: type[Form]) -> Schema:
    found = _plain(form.model_json_schema(by_alias=True, schema_generator=_Generator))
    assert isinstance(found, dict)
    return _local(found, form.__name__)


def _plain(node: Any) -> Any:
    """A schema without titles, defaults and descriptions of the forms, which speak of Python, not of the file."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    names = {"properties", "$defs"}
    return {
        key: {name: _plain(one) for name, one in value.items()} if key in names else _plain(value)
        for key, value in node.items()
        if key not in ("title", "description", "default")
    }


def _local(node: Schema, name: str) -> Schema:
    """A schema that may stand inside another: its definitions are found from itself."""
    return {"$id": f"assetctl/{name}", **node}


def _as_yaml(node: Any) -> Any:
    """A schema for what a YAML editor makes of plain words: a number or a flag where our reader sees a text."""
    if isinstance(node, list):
        return [_as_yaml(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {key: _as_yaml(value) for key, value in node.items()}
    if found.get("type") == "string" and found.get("format") != "date":
        found["type"] = ["string", "number", "boolean"]
        found.pop("format", None)
    if "enum" in found:
        found["enum"] = [*found["enum"], *(made for word in found["enum"] if (made := _as_scalar(word)) is not None)]
    return found


def _as_scalar(word: object) -> int | float | None:
    """The number that a YAML editor makes of a word; None for any other."""
    if not isinstance(word, str) or not word.replace(".", "", 1).isdigit():
        return None
    return float(word) if "." in word else int(word)
