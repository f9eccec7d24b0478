"""JUnit XML: one suite a rule, one case a row. UNKNOWN is "skipped" with its reason: no evidence is not a pass."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from assetctl.model import Result
from assetctl.report.machine import Redact, Row, message
from assetctl.report.table import final, moment

_ELEMENTS = {
    Result.FAIL: "failure",
    Result.ERROR: "error",
    Result.UNKNOWN: "skipped",
    Result.NOT_APPLICABLE: "skipped",
}


def write(rows: Iterable[Row], out: TextIO, *, name: str, generated_at: datetime, redact: Redact) -> None:
    """Write all rows as test cases."""
    suites: dict[str, list[Row]] = {}
    for row in rows:
        suites.setdefault(row.rule, []).append(row)
    every = [row for suite in suites.values() for row in suite]
    stamp = moment(generated_at).replace(" ", "T").rstrip("Z")
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f"<testsuites {_attributes(name=redact(name))} {_counts(every)}>\n")
    for rule, suite in sorted(suites.items()):
        head = _attributes(name=f"{rule} {redact(suite[0].title)}", timestamp=stamp)
        out.write(f"<testsuite {head} {_counts(suite)}>\n")
        out.writelines(_case(row, redact) for row in suite)
        out.write("</testsuite>\n")
    out.write("</testsuites>\n")


def _case(row: Row, redact: Redact) -> str:
    subject = redact(row.logical) or row.id
    head = _attributes(
        classname=f"{row.kind}.{row.rule}",
        name=f"{subject} {redact(row.id)}",
        file=row.file,
        line=str(row.line),
        time="0",
    )
    element = _ELEMENTS.get(row.state)
    if element is None:
        return f"<testcase {head}/>\n"
    told = message(row, redact)
    kind = "" if element == "skipped" else " " + _attributes(type=row.severity.value)
    note = f"<{element} {_attributes(message=f'{row.state.value}: {told}')}{kind}>{escape(told)}</{element}>"
    return f"<testcase {head}>{note}</testcase>\n"


def _counts(rows: Sequence[Row]) -> str:
    elements = [_ELEMENTS.get(row.state) for row in rows]
    counts = {name: str(elements.count(element)) for name, element in _COUNTED.items()}
    return _attributes(tests=str(len(rows)), **counts, time="0")


def _attributes(**values: str) -> str:
    return " ".join(f"{name}={quoteattr(final(value))}" for name, value in values.items())


_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}
