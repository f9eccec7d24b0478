"""Every export is valid by the tool or schema of the system that it is for."""

import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from assetctl.exchange import out_cyclonedx, out_ocsf, out_oscal
from assetctl.exchange.outgoing import Outgoing
from assetctl.report import junit, sarif
from assetctl.report.machine import finding_rows
from tests.formats.asking import Validator
from tests.unit.export_plants import named, plants
from tests.unit.report_plant import GENERATED, hostile_plant, plant

BY_TOOL = {
    "cyclonedx": "cyclonedx-python-lib",
    "oscal": "compliance-trestle",
    "ocsf": "ocsf-json-schema",
    "sarif": "jsonschema",
    "junit": "xmlschema",
}
WRITERS = {"cyclonedx": out_cyclonedx.text, "oscal": out_oscal.text, "ocsf": out_ocsf.text}


def documents(format: str) -> dict[str, str]:
    """The plants of the tests in a format."""
    if format in WRITERS:
        return {name: WRITERS[format](one) for name, one in named().items()}
    return {name: _results(format, name) for name in ("report", "hostile", "empty")}


def _results(format: str, name: str) -> str:
    findings = {"report": plant().findings, "hostile": hostile_plant().findings, "empty": ()}[name]
    rows, out = tuple(finding_rows(findings, {})), io.StringIO()
    if format == "sarif":
        sarif.write(rows, out, version="0.1.0", redact=str)
    else:
        junit.write(rows, out, name="assetctl check", generated_at=GENERATED, redact=str)
    return out.getvalue()


@pytest.fixture(scope="module")
def validator() -> Iterator[Validator]:
    started = Validator()
    yield started
    started.close()


@pytest.mark.parametrize("format", BY_TOOL)
def test_every_document_is_valid(validator: Validator, format: str) -> None:
    assert {name: validator.faults(format, text) for name, text in documents(format).items()} == {
        name: [] for name in documents(format)
    }


@pytest.mark.parametrize("format", BY_TOOL)
def test_the_validator_sees_a_fault(validator: Validator, format: str) -> None:
    text = documents(format)["report"]
    broken = {
        "cyclonedx": text.replace('"type": "device"', '"type": "gadget"'),
        "oscal": text.replace('"not-satisfied"', '"maybe"'),
        "ocsf": text.replace('"class_uid":5001', '"class_uid":2003'),
        "sarif": text.replace('"kind": "fail"', '"kind": "failed"'),
        "junit": text.replace("<testcase ", "<case ", 1).replace("</testcase>", "</case>", 1),
    }[format]
    assert broken != text
    assert validator.faults(format, broken)


@given(one=plants())
@settings(max_examples=12)
def test_every_random_inventory_is_valid(validator: Validator, one: Outgoing) -> None:
    assert {name: validator.faults(name, write(one)) for name, write in WRITERS.items()} == {
        name: [] for name in WRITERS
    }
