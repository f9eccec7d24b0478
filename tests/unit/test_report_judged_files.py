"""The files that people write stand in a report as it shows them, and as the checks knew them when that differs."""

from assetctl.report import judged_files
from assetctl.report.speech import speech
from assetctl.report.view import build
from tests.unit.report_plant import plant

ONE, OTHER = "1d" * 32, "2e" * 32


def test_equal_files_are_told_once_and_without_a_notice() -> None:
    view = build(plant(run="run-1", files={"zones": ONE}, judged_files={"zones": ONE}))
    assert dict(view.cover)["Zones file SHA-256"] == ONE
    assert not [text for text in view.notices if "checks were run with" in text]
    assert "positions" not in judged_files.made_from(plant(run="run-1")).keys() - judged_files.FILES.keys()


def test_a_changed_a_new_and_a_lost_file_are_told_with_both_digests() -> None:
    inputs = plant(
        run="run-1", files={"zones": ONE, "waivers": ONE}, judged_files={"zones": OTHER, "attestations": OTHER}
    )
    view = build(inputs)
    cover = dict(view.cover)
    assert cover["Zones file SHA-256"] == f"{ONE}; checks were run with {OTHER}"
    assert cover["Waivers file SHA-256"] == f"{ONE}; checks were run without it"
    assert cover["Attestations file SHA-256"] == f"no attestations file; checks were run with {OTHER}"
    assert view.notices[:3] == (
        "Zones file: the checks were run with 2e2e2e2e2e2e, this report shows 1d1d1d1d1d1d."
        " Run `assetctl check` and write the report again.",
        "Waivers file: the checks were run with none, this report shows 1d1d1d1d1d1d."
        " Run `assetctl check` and write the report again.",
        "Attestations file: the checks were run with 2e2e2e2e2e2e, this report shows none."
        " Run `assetctl check` and write the report again.",
    )
    told = {name: digest for name, digest in judged_files.made_from(inputs).items() if digest}
    assert told == {
        "zones": ONE,
        "waivers": ONE,
        "zones, judged with": OTHER,
        "attestations, judged with": OTHER,
    }


def test_without_a_run_there_is_nothing_to_differ_from() -> None:
    view = build(plant(run="", files={"zones": ONE}, judged_files={}))
    assert dict(view.cover)["Zones file SHA-256"] == ONE
    assert not [text for text in view.notices if "checks were run" in text]


def test_it_is_said_in_german_too() -> None:
    view = build(plant(run="r", files={"zones": ONE}, judged_files={"zones": OTHER, "positions": OTHER}))
    say = speech("de")
    assert say(view.notices[0]).startswith("Zonendatei: Die Prüfungen liefen mit 2e2e2e2e2e2e, dieser Bericht zeigt 1d")
    cover = dict(view.cover)
    assert say(cover["Zones file SHA-256"]) == f"{ONE}; die Prüfungen liefen mit {OTHER}"
    assert say(cover["Register file SHA-256"]) == f"keine Registerdatei; die Prüfungen liefen mit {OTHER}"
