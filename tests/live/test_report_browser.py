"""The page in a real browser: hostile texts, requests, clicks, readers with and without sight, paper."""

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from assetctl.report import html
from assetctl.report.view import ReportView, build
from tests.live.browser import Page, browser, can_be_alone
from tests.unit.report_plant import hostile_plant, plant

PNG, PDF = b"\x89PNG\r\n\x1a\n", b"%PDF-"
AXE = files("axe_core_python").joinpath("axe.min.js")
MOST_ROWS = 3  # of a table, where each kind of cell is looked at and not each row

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not can_be_alone(), reason="chromium is not installed, or a network namespace cannot be made"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("plain"), build(plant()))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("hostile"), build(hostile_plant()))


def written(folder: Path, view: ReportView) -> Path:
    path = folder / "report.html"
    with path.open("w", encoding="utf-8") as out:
        html.write(view, out)
    return path


def shortened(view: ReportView) -> ReportView:
    """Every chapter with a few rows of each table."""
    sections = (
        replace(one, tables=tuple(replace(held, most=MOST_ROWS, folded=False) for held in one.tables))
        for one in view.sections
    )
    return replace(view, sections=tuple(sections))


def test_the_browser_asks_nobody_for_anything(page: Page, plain: Path, hostile: Path) -> None:
    for path in (plain, hostile):
        page.open(path)
        assert page.asked == []
        assert page.complaints == []


def test_a_page_that_does_ask_is_noticed(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<img src='http://evil.example/x'><script>fetch('https://evil.example/y')</script>", "utf-8")
    page.open(bad)
    assert set(page.asked) == {"http://evil.example/x", "https://evil.example/y"}


def test_no_text_of_a_device_runs(page: Page, hostile: Path) -> None:
    page.open(hostile)
    assert page.run("document.title").startswith("<script>document.title='taken'</script>")
    assert page.run("document.querySelectorAll('script, img, iframe, object, form').length") == 1
    assert page.run("document.body.innerText.includes('{{7*7}}')")
    assert page.run("getComputedStyle(document.body).display") == "block"


def test_the_script_adds_sorting_and_a_filter_to_every_long_table(page: Page, plain: Path) -> None:
    page.open(plain)
    assert page.run("document.querySelectorAll('table.rows thead th:not(:has(button))').length") == 0
    long = "[...document.querySelectorAll('table.rows')].filter((t) => t.tBodies[0].rows.length >= 8).length"
    assert page.run(long) == page.run("document.querySelectorAll('input[type=search]').length") > 8


def test_clicks_on_a_heading_sort_and_typing_filters(page: Page, plain: Path) -> None:
    page.open(plain)
    titles = page.run("[...document.querySelectorAll('#table-assets thead th')].map((e) => e.innerText.trim())")
    at = next(at for at, title in enumerate(titles, start=1) if title.startswith("Attributes"))
    numbers = (
        f"[...document.querySelectorAll('#table-assets tbody tr :nth-child({at})')].map((e) => Number(e.innerText))"
    )
    page.click(f"#table-assets thead th:nth-child({at}) button")
    up = page.run(numbers)
    assert up == sorted(up)
    assert len(set(up)) > 1
    page.click(f"#table-assets thead th:nth-child({at}) button")
    assert page.run(numbers) == sorted(up, reverse=True)
    page.run("document.querySelector('#table-assets').closest('.frame').previousElementSibling.id = 'narrow'")
    page.click("#narrow input")
    page.type("siemens XC208")
    assert page.run("document.querySelectorAll('#table-assets tbody tr:not([hidden])').length") == 3
    assert page.run("document.querySelector('#narrow [role=status]').innerText") == "3 of 30"


def test_a_click_on_a_link_opens_what_it_leads_into(page: Page, plain: Path) -> None:
    page.open(plain)
    page.run("document.querySelector('#table-rows a[href^=\"#k-\"]').id = 'to-check'")
    page.click("#to-check")
    assert page.run("location.hash").startswith("#k-")
    page.run("document.querySelector('#table-waivers a[href^=\"#f-\"]').id = 'to-finding'")
    page.click("#to-finding")
    row = "document.getElementById(decodeURIComponent(location.hash.slice(1))).getBoundingClientRect()"
    assert page.run(f"{row}.top >= 0 && {row}.top < innerHeight")


@pytest.mark.parametrize(("language", "dark"), [("en", False), ("en", True), ("de", False)])
def test_everybody_can_read_it(page: Page, tmp_path: Path, language: str, dark: bool) -> None:
    """No violation of WCAG 2.1 AA or of good practice, by axe-core."""
    page.open(written(tmp_path, replace(shortened(build(plant())), language=language)), dark=dark)
    page.run(AXE.read_text("utf-8") + "; true")
    told = json.loads(page.run("axe.run({resultTypes: ['violations']}).then((found) => JSON.stringify(found))"))
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in told["violations"]] == []
    assert len(told["passes"]) > 20


@pytest.mark.parametrize("width", [360, 1400])
def test_the_page_itself_never_scrolls_sideways(page: Page, plain: Path, width: int) -> None:
    page.open(plain, width=width)
    assert page.run("document.documentElement.scrollWidth") <= width


def test_in_german_it_sorts_filters_and_counts_as_in_english(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, replace(build(plant()), language="de")))
    assert page.asked == page.complaints == []
    assert page.run("document.documentElement.lang") == "de"
    titles = page.run("[...document.querySelectorAll('#table-checks thead th')].map((e) => e.innerText.trim())")
    at = next(at for at, title in enumerate(titles, start=1) if title.startswith("Schwere"))
    page.click(f"#table-checks thead th:nth-child({at}) button")
    order = f"[...document.querySelectorAll('#table-checks tbody tr :nth-child({at})')].map((e) => e.innerText.trim())"
    ranks = ["kritisch", "hoch", "mittel", "niedrig"]
    assert [ranks.index(word) for word in page.run(order)] == sorted(ranks.index(word) for word in page.run(order))
    page.run("document.querySelector('#table-assets').closest('.frame').previousElementSibling.id = 'narrow'")
    page.click("#narrow input")
    page.type("siemens XC208")
    assert page.run("document.querySelector('#narrow').innerText").startswith("Filter")
    assert page.run("document.querySelector('#narrow [role=status]').innerText") == "3 von 30"
    assert page.picture("#table-checks").startswith(PNG)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_can_be_looked_at(page: Page, plain: Path, dark: bool) -> None:
    page.open(plain, dark=dark)
    shown = page.picture()
    assert shown.startswith(PNG)
    assert len(shown) > 50_000
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) is dark


def test_without_script_every_table_is_there(page: Page, plain: Path) -> None:
    page.tell("Emulation.setScriptExecutionDisabled", value=True)
    page.open(plain)
    page.tell("Emulation.setScriptExecutionDisabled", value=False)
    assert page.run("document.querySelectorAll('button').length") == 0
    assert page.run("document.querySelectorAll('#table-assets tbody tr').length") == 30


def test_on_paper_it_has_headings_and_no_buttons(page: Page, plain: Path, tmp_path: Path) -> None:
    page.open(plain, media="print")
    assert page.run("getComputedStyle(document.querySelector('#table-assets thead button')).display") == "none"
    assert page.run("getComputedStyle(document.querySelector('#table-assets thead')).display") == "table-header-group"
    assert page.run("getComputedStyle(document.querySelector('#table-assets tbody tr')).breakInside") == "avoid"
    page.open(written(tmp_path, shortened(build(hostile_plant()))))
    assert page.paper().startswith(PDF)
