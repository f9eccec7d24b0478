"""The frameworks of which only the identifiers are known: their arithmetic, and what the lint of mappings says."""

from collections import Counter
from pathlib import Path

import pytest

from assetctl.errors import InputError
from assetctl.policy.frameworks import IEC, SHALL, SHOULD, duty_of, load_named
from assetctl.policy.lint import lint
from assetctl.policy.load import checks_folder, load_checks, load_frameworks, named_frameworks
from tests.unit.policy_plants import check_of

NAMED = named_frameworks()
CSF = """\
id: nist-csf
edition: "2.0"
title: CSF
duty: should
source: NIST
groups:
  - {name: assets, ids: [ID.AM-01, ID.AM-02]}
"""


def complaints(folder: Path, framework: str, edition: str, requirement: str, strength: str = "S") -> str:
    row = f'{{framework: {framework}, edition: "{edition}", requirement: "{requirement}", strength: {strength}}}'
    old = '{framework: iec62443-3-3, edition: "2013+COR1:2014", requirement: SR 7.7, strength: S}'
    return "\n".join(lint([check_of(folder, (old, row))], load_frameworks()))


def written(folder: Path, old: str = "", new: str = "") -> Path:
    path = folder / "nist-csf.yaml"
    path.write_text(CSF.replace(old, new) if old else CSF, "utf-8")
    return path


def test_the_framework_of_nist_has_106_subcategories_in_six_functions() -> None:
    ids = NAMED["nist-csf"].ids
    functions = Counter(id.split(".")[0] for id in ids)
    assert functions == {"GV": 31, "ID": 21, "PR": 22, "DE": 11, "RS": 13, "RC": 8}


def test_an_enhancement_of_a_control_stands_beside_its_control() -> None:
    ids = NAMED["nist-800-53"].ids
    assert len({id.split("-")[0] for id in ids}) == 20
    assert all(id.split("(")[0] in ids for id in ids)


def test_the_steps_of_risk_assessment_are_counted_as_in_their_standard() -> None:
    steps = Counter(id.split(".")[0] for id in NAMED["iec62443-3-2"].ids)
    assert steps == {"ZCR 1": 1, "ZCR 2": 1, "ZCR 3": 6, "ZCR 4": 1, "ZCR 5": 13, "ZCR 6": 9, "ZCR 7": 1}


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_list_says_its_source_and_the_duty_that_mappings_take(name: str) -> None:
    named = NAMED[name]
    assert named.source
    for id in named.ids:
        assert duty_of(name, id) == (SHOULD if id in named.recommended else named.duty)


def test_the_checks_map_to_every_framework_and_most_to_several() -> None:
    checks = load_checks([checks_folder()])
    used = {mapping.framework for check in checks for mapping in check.maps}
    assert used == {IEC, *NAMED}
    assert sum(len({m.framework for m in check.maps}) > 1 for check in checks) > len(checks) * 3 / 4


def test_an_identifier_that_is_not_listed_is_a_complaint_with_a_near_one(tmp_path: Path) -> None:
    assert not complaints(tmp_path, "nist-csf", "2.0", "ID.AM-01")
    assert 'did you mean "ID.AM-01"' in complaints(tmp_path, "nist-csf", "2.0", "ID.AM01")
    assert 'did you mean "CM-8(8)"' in complaints(tmp_path, "nist-800-53", "rev 5", "CM-8 (8)")


def test_a_framework_without_a_table_cannot_be_decided(tmp_path: Path) -> None:
    assert "strength D needs a requirement table" in complaints(tmp_path, "nist-csf", "2.0", "ID.AM-01", "D")


def test_another_edition_and_another_framework_are_complaints(tmp_path: Path) -> None:
    assert 'edition "2.0" is expected' in complaints(tmp_path, "nist-csf", "1.1", "ID.AM-01")
    assert 'did you mean "nist-csf"' in complaints(tmp_path, "nist-cfs", "2.0", "ID.AM-01")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ID.AM-02", "ID.AM-01", "a second time"),
        ("duty: should", "duty: must", "one of shall, should is expected"),
        ("source: NIST\n", "", '"source" is missing'),
        ("groups:", "recommended: [ID.AM-20]\ngroups:", "is not in any group"),
    ],
)
def test_a_broken_list_is_refused_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert load_named(written(tmp_path)).duty != SHALL
    with pytest.raises(InputError, match=said) as caught:
        load_named(written(tmp_path, old, new))
    assert "nist-csf.yaml" in str(caught.value)
