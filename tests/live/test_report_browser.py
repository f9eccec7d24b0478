"""The page in a real browser: what hostile texts do, what is requested, what the script adds, and that it prints.

The browser asks its maker's servers by itself, whatever flags it is given: it runs in a network namespace of its own,
in which nothing leads anywhere.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from assetctl.report import html
from assetctl.report.view import build
from tests.unit.report_plant import hostile_plant, plant

CHROMIUM = shutil.which("chromium")
ALONE = (
    ("unshare", "--net") if sys.platform == "linux" and os.geteuid() == 0 else ("unshare", "--map-root-user", "--net")
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--virtual-time-budget=4000",
)
PNG, PDF = b"\x89PNG\r\n\x1a\n", b"%PDF-"


def can_be_alone() -> bool:
    """Whether there is a browser and a network namespace without a way out to run it in."""
    return (
        bool(CHROMIUM and shutil.which(ALONE[0]))
        and subprocess.run([*ALONE, "true"], capture_output=True).returncode == 0
    )


pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not can_be_alone(), reason="chromium is not installed, or a network namespace cannot be made"),
]


def browse(tmp_path: Path, page: Path, *flags: str) -> str:
    """What chromium says on stdout and stderr about a page."""
    command = [*ALONE, str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *flags, page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout + done.stderr if "--enable-logging=stderr" in flags else done.stdout


def written(tmp_path: Path, *, hostile: bool = False) -> Path:
    page = tmp_path / "report.html"
    with page.open("w", encoding="utf-8") as out:
        html.write(build(hostile_plant() if hostile else plant()), out)
    return page


def requested(log: Path) -> set[str]:
    """Every address that a page asked for; what the browser asks by itself has no page as its origin."""
    events = [event.get("params", {}) for event in json.loads(log.read_text("utf-8"))["events"]]
    return {one["url"] for one in events if "url" in one and one.get("initiator", "not an origin") != "not an origin"}


@pytest.mark.parametrize("hostile", [False, True])
def test_the_browser_asks_nobody_for_anything(tmp_path: Path, hostile: bool) -> None:
    log = tmp_path / "net.json"
    browse(tmp_path, written(tmp_path, hostile=hostile), f"--log-net-log={log}", "--dump-dom")
    assert requested(log) == set()


def test_a_page_that_does_ask_is_noticed(tmp_path: Path) -> None:
    page, log = tmp_path / "bad.html", tmp_path / "net.json"
    page.write_text("<img src='http://evil.example/x'><script>fetch('https://evil.example/y')</script>", "utf-8")
    browse(tmp_path, page, f"--log-net-log={log}", "--dump-dom")
    assert requested(log) == {"http://evil.example/x", "https://evil.example/y"}


def test_no_text_of_a_device_runs(tmp_path: Path) -> None:
    shown = browse(tmp_path, written(tmp_path, hostile=True), "--dump-dom")
    title = re.search(r"<title>(.*?)</title>", shown, re.S)
    assert title is not None
    assert unescape(title[1]).startswith("<script>document.title='taken'</script>")
    assert shown.count("<script") == 1
    assert "<img" not in shown
    assert "<button" in shown
    assert "{{7*7}}" in shown


def test_the_browser_has_no_complaint_about_the_page(tmp_path: Path) -> None:
    told = browse(tmp_path, written(tmp_path), "--enable-logging=stderr", "--v=0", "--dump-dom")
    assert [line for line in told.splitlines() if "CONSOLE" in line] == []


def test_the_script_adds_sorting_and_a_filter_to_every_long_table(tmp_path: Path) -> None:
    shown = browse(tmp_path, written(tmp_path), "--dump-dom")
    tables = re.findall(r'<table class="rows".*?</table>', shown, re.S)
    heads = [head for table in tables for head in re.findall(r"<th scope=\"col\".*?</th>", table, re.S)]
    assert heads
    assert all("<button" in head for head in heads)
    long = [table for table in tables if table.count("<tr") > 8]
    assert shown.count('<input type="search"') == len(long)


def test_sort_and_filter_do_what_they_say(tmp_path: Path) -> None:
    page = written(tmp_path)
    probe = """
      const table = document.getElementById("table-assets");
      const head = [...table.tHead.rows[0].cells].find((cell) => cell.textContent.startsWith("Attributes"));
      const numbers = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[head.cellIndex].textContent));
      head.querySelector("button").click();
      const up = numbers(), upward = head.getAttribute("aria-sort");
      head.querySelector("button").click();
      const down = numbers();
      const input = table.closest(".frame").previousElementSibling.querySelector("input");
      input.value = "siemens XC208"; input.dispatchEvent(new Event("input"));
      const left = [...table.tBodies[0].rows].filter((row) => !row.hidden).length;
      document.title = JSON.stringify({ up, upward, down, left });
    """
    text = page.read_text("utf-8")
    text = re.sub(r"script-src 'sha256-[^']*'", "script-src 'unsafe-inline'", text)
    page.write_text(text.replace("</body>", f"<script>{probe}</script></body>"), "utf-8")
    title = re.search(r"<title>(.*?)</title>", browse(tmp_path, page, "--dump-dom"), re.S)
    assert title is not None
    told = json.loads(unescape(title[1]))
    assert told["upward"] == "ascending"
    assert told["up"] == sorted(told["up"])
    assert told["down"] == sorted(told["up"], reverse=True)
    assert told["left"] == 3


@pytest.mark.parametrize("theme", [(), ("--blink-settings=preferredColorScheme=0",)], ids=["light", "dark"])
def test_the_page_can_be_looked_at(tmp_path: Path, theme: tuple[str, ...]) -> None:
    picture = tmp_path / "page.png"
    browse(tmp_path, written(tmp_path), "--window-size=1400,2000", f"--screenshot={picture}", *theme)
    assert picture.read_bytes().startswith(PNG)
    assert picture.stat().st_size > 100_000


def test_the_page_prints(tmp_path: Path) -> None:
    paper = tmp_path / "page.pdf"
    browse(tmp_path, written(tmp_path, hostile=True), "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    assert paper.read_bytes().startswith(PDF)
