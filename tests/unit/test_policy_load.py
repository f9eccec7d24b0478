"""Check files: what is refused, where it is said, and what lint adds."""

from dataclasses import replace
from pathlib import Path

import pytest

from assetctl.errors import InputError
from assetctl.model import RequirementMapping
from assetctl.policy.check import Check
from assetctl.policy.explain import explain
from assetctl.policy.frameworks import load_framework
from assetctl.policy.lint import lint
from assetctl.policy.load import checks_folder, load_checks, load_frameworks
from tests.unit.policy_plants import check_of, written

FRAMEWORKS = load_frameworks()


def refused(folder: Path, *changes: tuple[str, str]) -> str:
    with pytest.raises(InputError) as caught:
        check_of(folder, *changes)
    return str(caught.value)


def test_the_packaged_checks_are_found() -> None:
    assert len(load_checks([checks_folder()])) >= 25


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("severity: high", "severity: hihg", "TST-001.yaml:4: severity: one of critical, high, medium, low"),
        ("severity:", "severty:", 'severty: is not known here, did you mean "severity"?'),
        ("fix: Disable it.\n", "", '"fix" is missing'),
        ("id: TST-001", "id: telnet", "TST-001.yaml:1: id: an id such as SVC-002 is expected"),
        ("max_age: 30d", "max_age: 30", "max_age: a time such as 30d or 12h is expected"),
        ("for_each: asset", "for_each: device", "for_each: one of asset, service"),
        ("port(23)", "prt(23)", 'assert: "prt" is not known in a check for each asset, did you mean "port"?'),
        ('port(23) == "closed"', "port(23) == 4", "TST-001.yaml:7: assert: text == number cannot be compared"),
        ("{asset.name} has", "{asset.nam} has", "fail: placeholder {asset.nam}: asset has no"),
        ("strength: S}", "strength: X}", "strength: one of R, S, D is expected"),
        ("expect: pass,", "expect: green,", "expect: one of pass, fail"),
        (
            "tcp/23 port_state: closed",
            "tcp/23 port_stat: closed",
            'there is no fact "port_stat", did you mean "port_state"?',
        ),
        ("{tcp/23 port_state: closed}", "{port_state: closed}", "port_state is a fact of service"),
        ("version: 1", "version: one", "version: a whole number is expected"),
        ("maps:\n", "maps: none\nother:\n", "is not known here"),
    ],
)
def test_an_error_names_file_line_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refused(tmp_path, (old, new))


GERMAN = """limits: One port.
de:
  title: Telnet ist aus
  fail: "{asset.name} hat {decisive}."
  unknown: "{asset.name}: {reason}."
  fix: Abschalten.
  limits: Ein Port.
"""


def test_a_check_may_speak_another_language(tmp_path: Path) -> None:
    said = check_of(tmp_path, ("limits: One port.\n", GERMAN)).said["de"]
    assert (said["Telnet is off"], said["{asset.name} has {decisive}."]) == (
        "Telnet ist aus",
        "{asset.name} hat {decisive}.",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "hat {decisive}.",
            "hat etwas.",
            "fail: the placeholders of the English text are expected: asset.name, decisiv",
        ),
        ("  fix: Abschalten.\n", "", '"fix" is missing'),
        ("  title:", "  titel:", 'titel: is not known here, did you mean "title"?'),
    ],
)
def test_another_language_says_the_same_things(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refused(tmp_path, ("limits: One port.\n", GERMAN.replace(old, new)))


def test_two_checks_may_not_share_an_id(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "again.yaml").write_text((tmp_path / "TST-001.yaml").read_text("utf-8"), "utf-8")
    with pytest.raises(InputError, match="id TST-001 is already that of"):
        load_checks([tmp_path])


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder with check files is expected"):
        load_checks([tmp_path / "none"])


WITH_PARAM = (
    ('port(23) == "closed"', "port(params.port) == params.state"),
    ("max_age", "params: {port: 23, state: closed}\nmax_age"),
)


def test_thresholds_can_be_changed_and_the_change_is_kept(tmp_path: Path) -> None:
    written(tmp_path, *WITH_PARAM)
    (check,) = load_checks([tmp_path], params={"TST-001": {"port": 2323}})
    assert (check.params["port"], check.changed) == (2323, ("port",))
    assert "port = 2323 (changed from the default)" in explain(check, FRAMEWORKS)
    (same,) = load_checks([tmp_path], params={"TST-001": {"port": 23}})
    assert same.changed == ()


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"TST-001": {"prt": 1}}, 'there is no "prt", did you mean "port"?'),
        ({"TST-001": {"port": "x"}}, "port: a number is expected, a text was given"),
        ({"TST-002": {"port": 1}}, 'there is no check "TST-002", did you mean "TST-001"?'),
    ],
)
def test_a_threshold_that_does_not_exist_is_refused(
    tmp_path: Path, params: dict[str, dict[str, int]], said: str
) -> None:
    written(tmp_path, *WITH_PARAM)
    with pytest.raises(InputError) as caught:
        load_checks([tmp_path], params=params)
    assert said in str(caught.value)


def complaints(check: Check) -> str:
    return "\n".join(lint([check], FRAMEWORKS))


def test_a_sound_check_has_no_complaint(tmp_path: Path) -> None:
    assert complaints(check_of(tmp_path)) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("strength: S", "strength: D"), "strength D claims more than the row's class S allows"),
        (("SR 7.7, strength: S", "SR 4.1, strength: S"), "strength S claims more than the row's class R allows"),
        (("SR 7.7, strength: S", "SR 1.3, strength: R"), "strength R claims more than the row's class N allows"),
        (("SR 7.7", "SR 9.9"), "there is no such row"),
        (("2013+COR1:2014", "2013"), 'edition "2013+COR1:2014" is expected, "2013" was found'),
        (("iec62443-3-3", "iec62443-3-4"), "the framework is not known"),
        (("strength: S}", "strength: S, duty: should}"), "the standard demands this"),
        (('iec62443-3-3, edition: "2013+COR1:2014"', 'cisa-cpg, edition: "2.0", duty: shall'), "recommends this"),
        (("version: 1", "version: 0"), "version: 1 or more"),
        (("expect: unknown", "expect: pass"), 'test "nothing": pass is expected, it gives unknown'),
        (("  - {name: nothing, expect: unknown, facts: {model: X}}\n", ""), "none expects unknown"),
        (("assert:", 'applies_to: asset.model == "X"\nassert:'), "none expects not applicable"),
        (("max_age", "params: {spare: 1}\nmax_age"), "params: spare is never read"),
        (
            ('unknown: "{asset.name}: {reason}."', "unknown: never"),
            '"never" is for checks that only look up the record',
        ),
        (("port(23)", "port(24)"), 'test "reset": pass is expected, it gives unknown'),
        (("name: open", "name: reset"), "two have the same name"),
    ],
)
def test_lint_finds_what_the_form_allows(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    assert said in complaints(check_of(tmp_path, change))


def test_a_recommendation_is_told_from_a_demand(tmp_path: Path) -> None:
    written(tmp_path, ('"2013+COR1:2014"', "2020"), ("iec62443-3-3", "iec62443-3-2"), ("SR 7.7", "ZCR 3.5"))
    (check,) = load_checks([tmp_path])
    assert [one.duty for one in check.maps] == ["should"]
    assert [one.duty for one in check_of(tmp_path).maps] == ["shall"]
    assert "ZCR 3.5: should" in explain(check, FRAMEWORKS)


def test_a_check_without_tests_is_never_good(tmp_path: Path) -> None:
    assert "tests: there are none" in complaints(replace(check_of(tmp_path), cases=()))


def test_a_requirement_is_named_once(tmp_path: Path) -> None:
    check = check_of(tmp_path)
    twice = replace(check, maps=(*check.maps, RequirementMapping("iec62443-3-3", "2013+COR1:2014", "SR 7.7", "R")))
    assert "named twice" in complaints(twice)


def test_a_requirement_table_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    row = "{id: SR 1.1, fr: IAC, name: n, words: w, from_sl: 1, class: R, confidence: A}"
    for broken in (row.replace("SR 1.1", "1.1"), row.replace("IAC", "XX"), row.replace("from_sl: 1", "from_sl: 12")):
        path.write_text(f"id: f\nedition: '1'\ntitle: t\nrows:\n  - {broken}\n", "utf-8")
        with pytest.raises(InputError, match=r"f\.yaml:5"):
            load_framework(path)
    path.write_text(f"id: f\nedition: '1'\ntitle: t\nrows:\n  - {row}\n  - {row}\n", "utf-8")
    with pytest.raises(InputError, match="a second time"):
        load_framework(path)
