"""The labelled pairs of asset and advisory: nothing definite is ever wrong, and most of it is definite."""

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from assetctl.advisory import csaf
from assetctl.advisory.described import describe
from assetctl.advisory.matching import Matcher
from assetctl.advisory.settling import Verdict
from assetctl.model import Asset, Fact
from tests.unit.policy_plants import asset, fact

FOLDER = Path(__file__).resolve().parents[1] / "labelled" / "advisories"
NOT_NAMED = "not named"
LABELS = {*map(str, Verdict), NOT_NAMED}
KEYS = {"os": "operating_system", "os_version": "os_version", "serial": "serial_number", "hardware": "hardware_version"}


@dataclass(frozen=True)
class Pair:
    line: int
    advisory: str
    label: str
    asset: Asset
    parent: Asset | None


def _pair(line: int, row: dict[str, str]) -> Pair:
    more = dict(part.split("=", 1) for part in row["more"].split(";") if part)
    said = {"manufacturer": row["maker"], "model": row["model"], "order_code": row["order_code"]}
    said |= {"firmware_software_version": row["firmware"], **{KEYS[name]: more[name] for name in more if name in KEYS}}
    facts: list[Fact] = [fact(key, value) for key, value in said.items() if value]
    if "program" in more:
        facts += [fact("p1 software_name", more["program"]), fact("p1 software_version", more["program_version"])]
    parent = asset(fact("manufacturer", more["parent_maker"]), id="rack") if "parent_maker" in more else None
    return Pair(line, row["advisory"], row["label"], asset(*facts, parent="rack" if parent else None), parent)


@cache
def pairs() -> tuple[Pair, ...]:
    with (FOLDER / "pairs.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_pair(line, row) for line, row in enumerate(csv.DictReader(file), start=2))


@cache
def matcher() -> Matcher:
    return Matcher(tuple(csaf.read_file(path) for path in sorted(FOLDER.glob("*.json"))))


def found(pair: Pair) -> str:
    matches = matcher().matches(describe(pair.asset, pair.parent))
    return next((str(match.verdict) for match in matches if match.advisory.id == pair.advisory), NOT_NAMED)


def of(pair: Pair) -> str:
    return f"line-{pair.line}"


def test_there_are_enough_pairs_of_every_label_and_maker() -> None:
    assert len(pairs()) >= 200
    assert {pair.label for pair in pairs()} == LABELS
    assert {pair.advisory for pair in pairs()} == {advisory.id for advisory in matcher().advisories}


@pytest.mark.parametrize("pair", pairs(), ids=of)
def test_no_pair_is_wrongly_cleared(pair: Pair) -> None:
    if pair.label in (Verdict.AFFECTED, Verdict.POSSIBLE):
        assert found(pair) in (Verdict.AFFECTED, Verdict.POSSIBLE)


@pytest.mark.parametrize("pair", pairs(), ids=of)
def test_no_pair_is_wrongly_called_affected(pair: Pair) -> None:
    if pair.label != Verdict.AFFECTED:
        assert found(pair) != Verdict.AFFECTED


def test_what_the_texts_decide_is_decided() -> None:
    missed = [(pair.line, pair.label, found(pair)) for pair in pairs() if found(pair) != pair.label]
    assert len(missed) <= len(pairs()) // 20, missed


@pytest.mark.parametrize("pair", pairs(), ids=of)
def test_what_is_definite_without_a_version_stays_so_with_any(pair: Pair) -> None:
    bare = replace(
        pair.asset, facts=tuple(f for f in pair.asset.facts if f.key not in ("firmware_software_version", "os_version"))
    )
    without = found(replace(pair, asset=bare))
    if without in (Verdict.AFFECTED, Verdict.NOT_AFFECTED):
        assert found(pair) == without


def nameless() -> list[Pair]:
    """Pairs in which nothing but the maker's own fact, or that of its device, tells the maker."""
    return [pair for pair in pairs() if not any(str(one.value).startswith("Cisco ") for one in pair.asset.facts)]


@pytest.mark.parametrize("pair", nameless(), ids=of)
def test_without_a_maker_nothing_is_called_affected(pair: Pair) -> None:
    bare = replace(pair.asset, facts=tuple(f for f in pair.asset.facts if f.key != "manufacturer"))
    assert found(replace(pair, asset=bare, parent=None)) != Verdict.AFFECTED
