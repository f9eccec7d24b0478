"""SARIF 2.1.0: FAIL as kind "fail", UNKNOWN as "open" (too little to decide), a broken check as a notification."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TextIO
from urllib.parse import quote

from assetctl.model import Result, Severity
from assetctl.report.machine import LEVELS, Redact, Row, message
from assetctl.report.table import final

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_KINDS = {
    Result.FAIL: "fail",
    Result.UNKNOWN: "open",
    Result.PASS: "pass",
    Result.NOT_APPLICABLE: "notApplicable",
}
# Middle of the bands into which code scanning sorts this number.
_SECURITY = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}


def write(rows: Iterable[Row], out: TextIO, *, version: str, redact: Redact) -> None:
    """Write all rows as one run. version: of this tool."""
    json.dump(log(tuple(rows), version=version, redact=redact), out, ensure_ascii=False, indent=1, sort_keys=True)
    out.write("\n")


def log(rows: Sequence[Row], *, version: str, redact: Redact) -> dict[str, Any]:
    """The whole log as plain values."""
    first = {row.rule: row for row in reversed(rows)}
    order = {rule: at for at, rule in enumerate(sorted(first))}
    broken = [row for row in rows if row.state is Result.ERROR]
    driver = {
        "name": "assetctl",
        "version": version,
        "rules": [_rule(first[rule], redact) for rule in order],
    }
    invocation = {
        "executionSuccessful": not broken,
        "toolExecutionNotifications": [_notification(row, order, redact) for row in broken],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(row, order, redact) for row in rows if row.state is not Result.ERROR],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(row: Row, redact: Redact) -> dict[str, Any]:
    return {
        "id": final(row.rule),
        "shortDescription": {"text": final(redact(row.title)) or final(row.rule)},
        "defaultConfiguration": {"level": LEVELS[row.severity]},
        "properties": {"security-severity": _SECURITY[row.severity], "tags": [row.kind]},
    }


def _result(row: Row, order: dict[str, int], redact: Redact) -> dict[str, Any]:
    kind = _KINDS[row.state]
    result: dict[str, Any] = {
        "ruleId": final(row.rule),
        "ruleIndex": order[row.rule],
        "kind": kind,
        "level": LEVELS[row.severity] if kind == "fail" else "none",
        "message": {"text": message(row, redact) or final(row.rule)},
        "locations": [_location(row, redact)],
        "partialFingerprints": {"assetctlResult/v1": final(redact(row.id))},
    }
    if row.waiver:
        result["suppressions"] = [{"kind": "external", "justification": final(redact(row.waiver))}]
    return result


def _location(row: Row, redact: Redact) -> dict[str, Any]:
    physical = {"artifactLocation": {"uri": quote(final(row.file))}, "region": {"startLine": max(1, row.line)}}
    location: dict[str, Any] = {"physicalLocation": physical}
    if row.logical:
        location["logicalLocations"] = [{"fullyQualifiedName": final(redact(row.logical)), "kind": "resource"}]
    return location


def _notification(row: Row, order: dict[str, int], redact: Redact) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": message(row, redact) or final(row.rule)},
        "associatedRule": {"id": final(row.rule), "index": order[row.rule]},
    }
