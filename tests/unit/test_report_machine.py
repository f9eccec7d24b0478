"""What CI systems read: valid, stable, redacted, and in which nothing a device said can act."""

import io
import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from assetctl.model import Result, Severity
from assetctl.report import github, junit, sarif
from assetctl.report.machine import Row, finding_rows
from assetctl.report.redact import Pseudonyms, names_of
from tests.unit.report_plant import GENERATED, HOSTILE, ZONES, plant

INPUTS = plant()
ROWS = tuple(finding_rows(INPUTS.findings, {"SVC-002": "checks/svc/SVC-002.yaml"}))
SHARE = Pseudonyms(b"0123456789abcdef", names_of(INPUTS.assets, ZONES, INPUTS.positions))
HOSTILE_ROWS = tuple(
    Row("golden", text, text, text, Severity.HIGH, state, text, text, logical=text, waiver=text)
    for state in (Result.FAIL, Result.ERROR, Result.UNKNOWN)
    for text in HOSTILE
)


def secrets() -> set[str]:
    """What an outsider must not read."""
    keys = ("hostname", "serial_number", "ip_address", "mac_address")
    facts = {str(fact.value) for asset in INPUTS.assets for fact in asset.facts if fact.key in keys}
    return (
        facts
        | {asset.id for asset in INPUTS.assets}
        | {zone.id for zone in ZONES}
        | {one.id for one in INPUTS.positions}
    )


def xml(rows: tuple[Row, ...], redact: Any = SHARE) -> ElementTree.Element:
    out = io.StringIO()
    junit.write(rows, out, name="assetctl check", generated_at=GENERATED, redact=redact)
    return ElementTree.fromstring(out.getvalue().encode())


def log(rows: tuple[Row, ...], redact: Any = SHARE) -> dict[str, Any]:
    out = io.StringIO()
    sarif.write(rows, out, version="0.1.0", redact=redact)
    loaded: dict[str, Any] = json.loads(out.getvalue())
    out.getvalue().encode()
    return loaded


def annotations(rows: tuple[Row, ...], redact: Any = SHARE) -> list[str]:
    return list(github.lines(rows, redact=redact))


def told(rows: tuple[Row, ...]) -> str:
    out = io.StringIO()
    junit.write(rows, out, name="n", generated_at=GENERATED, redact=SHARE)
    return out.getvalue() + json.dumps(log(rows)) + "".join(annotations(rows))


def test_nothing_by_which_a_plant_could_be_told_leaves_it() -> None:
    named = tuple(
        replace(row, message=f"{secret} at {secret.lower()}, ({secret})", title=secret, waiver=secret, logical=secret)
        for row, secret in zip(ROWS * 4, sorted(secrets()), strict=False)
    )
    assert len(named) > 100
    text = told(named).lower()
    assert [secret for secret in secrets() if secret.lower() in text] == []


def test_junit_counts_every_row_once_and_nothing_unknown_as_passed() -> None:
    root = xml(ROWS)
    cases = root.findall("testsuite/testcase")
    assert len(cases) == len(ROWS) == int(root.attrib["tests"])
    for tag, states in {
        "failure": {Result.FAIL},
        "error": {Result.ERROR},
        "skipped": {Result.UNKNOWN, Result.NOT_APPLICABLE},
    }.items():
        assert len(root.findall(f"testsuite/testcase/{tag}")) == sum(row.state in states for row in ROWS)
    assert int(root.attrib["failures"]) == sum(row.state is Result.FAIL for row in ROWS)
    assert int(root.attrib["skipped"]) == sum(int(suite.attrib["skipped"]) for suite in root)
    assert sum(len(case) == 0 for case in cases) == sum(row.state is Result.PASS for row in ROWS)
    assert {case.attrib["file"] for case in cases if "SVC-002" in case.attrib["classname"]} == {
        "checks/svc/SVC-002.yaml"
    }


def test_junit_names_every_case_differently() -> None:
    names = [(case.attrib["classname"], case.attrib["name"]) for case in xml(ROWS).iter("testcase")]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rows", [ROWS, HOSTILE_ROWS, ()], ids=["plant", "hostile", "none"])
def test_sarif_has_what_the_format_requires(rows: tuple[Row, ...]) -> None:
    whole = log(rows)
    assert whole["version"] == "2.1.0"
    assert whole["$schema"].endswith("sarif-2.1.0.json")
    (run,) = whole["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "assetctl"
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(rules) == len(set(rules))
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is (not any(row.state is Result.ERROR for row in rows))
    for notification in invocation["toolExecutionNotifications"]:
        assert notification["message"]["text"]
        assert rules[notification["associatedRule"]["index"]] == notification["associatedRule"]["id"]
    assert len(run["results"]) == sum(row.state is not Result.ERROR for row in rows)
    for result in run["results"]:
        check_result(result, rules)


def check_result(result: dict[str, Any], rules: list[str]) -> None:
    assert rules[result["ruleIndex"]] == result["ruleId"]
    assert result["kind"] in ("fail", "open", "pass", "notApplicable")
    assert (result["level"] == "none") is (result["kind"] != "fail")
    assert result["level"] in ("none", "note", "warning", "error")
    assert result["message"]["text"]
    (location,) = result["locations"]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"]["uri"].isascii()
    assert not set(physical["artifactLocation"]["uri"]) & set(' <>"{}|\\^`')
    assert physical["region"]["startLine"] >= 1
    for logical in location.get("logicalLocations", ()):
        assert logical["fullyQualifiedName"]
    for suppression in result.get("suppressions", ()):
        assert suppression["kind"] == "external"
        assert suppression["justification"]


def test_an_unknown_is_open_and_a_waiver_stands_beside_the_result() -> None:
    results = {
        row.id: result
        for row, result in zip(
            (r for r in ROWS if r.state is not Result.ERROR), log(ROWS)["runs"][0]["results"], strict=True
        )
    }
    assert {results[row.id]["kind"] for row in ROWS if row.state is Result.UNKNOWN} == {"open"}
    waived = [row for row in ROWS if row.waiver and row.state is Result.FAIL]
    assert waived
    assert all(results[row.id]["kind"] == "fail" and results[row.id]["suppressions"] for row in waived)


def test_fingerprints_stay_equal_over_runs_and_differ_between_results() -> None:
    first, second = (log(ROWS)["runs"][0]["results"] for _ in range(2))
    prints = [json.dumps(result["partialFingerprints"]) for result in first]
    assert prints == [json.dumps(result["partialFingerprints"]) for result in second]
    assert len(set(prints)) == len(prints)


def test_annotations_say_what_failed_and_are_silent_on_the_rest() -> None:
    lines = annotations(ROWS)
    assert len(lines) == sum(row.state in (Result.FAIL, Result.ERROR, Result.UNKNOWN) for row in ROWS)
    assert all(line.startswith(("::error file=", "::warning file=", "::notice file=")) for line in lines)
    severe = next(row for row in ROWS if row.severity is Severity.CRITICAL and row.state is Result.FAIL)
    assert annotations((severe,))[0].startswith("::error file=checks/SNM-001.yaml,line=1,title=SNM-001 fail%3A ")


def test_no_text_begins_a_command_of_its_own() -> None:
    attack = "x\n::set-output name=a::b\r::error::%0A,file=/etc/passwd:1"
    for row in (replace(HOSTILE_ROWS[0], message=attack, title=attack, file=attack, logical=attack), *HOSTILE_ROWS):
        (line,) = annotations((row,), str)
        assert line.count("\n") == 1
        assert "\r" not in line
        head = line[2:].split("::", 1)[0]
        assert re.fullmatch(r"(error|warning|notice) file=[^,:]*,line=1,title=[^,:]*", head)


def test_hostile_texts_leave_the_xml_whole() -> None:
    cases = xml(HOSTILE_ROWS, str).findall("testsuite/testcase")
    assert len(cases) == len(HOSTILE_ROWS)
    messages = "".join(str(element.attrib["message"]) for case in cases for element in case)
    assert "<script>document.title='taken'</script>" in messages
    assert "\\x1b" in messages
