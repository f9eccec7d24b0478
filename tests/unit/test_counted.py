"""A count and its noun agree wherever text for people is made."""

import re
from pathlib import Path

import pytest

import assetctl
from assetctl.text import counted

ROOT = Path(assetctl.__file__).parent
PLACES = ("cli", "work", "report", "policy")
NOUNS = """
answers|assets|cases|checks|claims|complaints|conduits|days|devices|differences|entries|examples|failures|files|findings
|flows|hosts|lines|mistakes|mutants|observations|packets|positions|questions|records|rejects|results|rows|runs
|suggestions|zones
"""
PLURAL = re.compile(r"\{([^{}]+)\} (?:" + "".join(NOUNS.split()) + r")\b")
# what stands before a verb of the same letters, or is a bound above one
SPARED = re.compile(r"^[A-Z_. ]+$|MOST|max_age|\bone\.reason\b|^mapping|^one\.count$|^(days|most|config|asset\.id)$")


@pytest.mark.parametrize(
    ("count", "noun", "told"),
    [
        (0, "asset", "0 assets"),
        (1, "asset", "1 asset"),
        (2, "entry", "2 entries"),
        (2, "day", "2 days"),
        (1, "exploited vulnerability", "1 exploited vulnerability"),
        (3, "exploited vulnerability", "3 exploited vulnerabilities"),
        (5, "address", "5 addresses"),
        (4, "switch", "4 switches"),
        (2, "box", "2 boxes"),
    ],
)
def test_a_count_and_its_noun_agree(count: int, noun: str, told: str) -> None:
    assert counted(count, noun) == told


def test_no_text_for_people_puts_a_plural_of_its_own_behind_a_count() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for place in PLACES
        for path in sorted((ROOT / place).rglob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if "Error(" not in line and "Fault(" not in line
        for match in PLURAL.finditer(line)
        if not SPARED.search(match[1])
    ]
    assert found == []
