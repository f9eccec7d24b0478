"""Says whether a document is valid, by the other side's own tools; runs in the environment that holds those.

One question a line: {"format": ..., "text": ...}. One answer a line: {"errors": [...]}. An empty question ends it.
"""

import json
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parents[1] / "data" / "schemas"
OURS = {"testcase": ("file", "line"), "testsuites": ("skipped",)}
"""Attributes that CI systems read or other tools write, and that the schema of Jenkins does not know."""


@cache
def _bom_validator() -> Any:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6)


def cyclonedx(text: str) -> Iterable[str]:
    fault = _bom_validator().validate_str(text)
    return [str(fault)] if fault else []


def oscal(text: str) -> Iterable[str]:
    """By the models of trestle, then by all of its validators, which look for doubled and dangling references."""
    from trestle.common.err import TrestleError
    from trestle.core.validator_factory import validator_factory
    from trestle.oscal.assessment_results import AssessmentResults

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.json"
        path.write_text(text, "utf-8")
        try:
            model = AssessmentResults.oscal_read(path)
        except TrestleError as fault:
            return [str(fault)]
    refused = (one for one in validator_factory.get_all() if model is None or not one.model_is_valid(model, True))
    return [f"{type(one).__name__}: {one.error_msg()}" for one in refused]


@cache
def _event_schema(class_uid: int) -> Any:
    from jsonschema import Draft202012Validator
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.5.0"))
    return Draft202012Validator(schema.get_class_schema(class_name=schema.lookup_class_name_from_uid(class_uid)))


def ocsf(text: str) -> Iterable[str]:
    events = [json.loads(line) for line in text.splitlines()]
    return [fault.message for event in events for fault in _event_schema(event["class_uid"]).iter_errors(event)]


@cache
def _sarif_schema() -> Any:
    from jsonschema import Draft202012Validator

    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text("utf-8"))
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def sarif(text: str) -> Iterable[str]:
    return [f"{list(fault.absolute_path)}: {fault.message}" for fault in _sarif_schema().iter_errors(json.loads(text))]


@cache
def _junit_schema() -> Any:
    from xml.etree import ElementTree

    import xmlschema

    tree = ElementTree.parse(SCHEMAS / "junit-10.xsd")
    xs = "{http://www.w3.org/2001/XMLSchema}"
    for element, names in OURS.items():
        kind = tree.find(f"{xs}element[@name='{element}']/{xs}complexType")
        assert kind is not None
        for name in names:
            ElementTree.SubElement(kind, f"{xs}attribute", {"name": name, "type": "xs:string"})
    return xmlschema.XMLSchema(ElementTree.tostring(tree.getroot(), "unicode"))


def junit(text: str) -> Iterable[str]:
    return [str(fault.reason) for fault in _junit_schema().iter_errors(text)]


FORMATS = {"cyclonedx": cyclonedx, "oscal": oscal, "ocsf": ocsf, "sarif": sarif, "junit": junit}
PACKAGES = ("compliance-trestle", "cyclonedx-python-lib", "ocsf-json-schema", "xmlschema", "jsonschema")


def main() -> None:
    answers = sys.stdout
    sys.stdout = sys.stderr  # what the tools print is no answer
    for line in sys.stdin:
        question = json.loads(line)
        if question["format"] == "versions":
            answer: dict[str, Any] = {name: version(name) for name in PACKAGES}
        else:
            answer = {"errors": list(FORMATS[question["format"]](question["text"]))}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
