"""Makes the pictures of README.md again, from real runs on the demo plant: python docs/pictures.py.

Terminals become SVG by rich, the report PNG by Chromium, the workbook PNG by LibreOffice and pdftoppm, the last two in
a network namespace without a way out. Nothing is drawn by hand; ids and times are those of the run.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

DOCS = Path(__file__).resolve().parent
PICTURES = DOCS / "pictures"
WIDTH = 132
HEIGHT, HEADER = 800, 100  # pixels of the page; those of its list of chapters, which stays in sight
CHARTS = "5"  # the page of the workbook on paper that has its charts
MOST_BYTES = 1_500_000
FONT = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)
FAMILY = "Fira Code"
sys.path.insert(0, str(DOCS.parent))


def main() -> int:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="assetctl-pictures-") as name:
        folder = Path(name)
        with plant_up(folder):
            terminals(folder / "demo-plant")
        pages(folder)
        workbook(folder)
    return 0 if sum(path.stat().st_size for path in PICTURES.iterdir()) < MOST_BYTES else 1


@contextmanager
def plant_up(folder: Path) -> Iterator[None]:
    """The demo in a folder; its fake plant answers until the block ends."""
    command = [sys.executable, "-m", "assetctl", "demo", "--serve"]
    demo = subprocess.Popen(  # noqa: S603 (our own program)
        command, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
    )
    try:
        assert demo.stderr
        if not any("stays up" in line for line in demo.stderr):
            raise SystemExit("the demo has ended early")
        yield
    finally:
        demo.terminate()
        demo.wait()


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(DOCS.parent), "COLUMNS": str(WIDTH)}


def said(folder: Path, *arguments: str) -> list[str]:
    """What a command writes, in lines; its code is its own."""
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-m", "assetctl", *arguments],
        cwd=folder,
        env=environment() | {"ASSETCTL_LOCKS": str(folder / ".locks")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()


def terminals(plant: Path) -> None:
    plan = said(plant, "plan", "--approval", "signed.toml")
    terminal("plan", "assetctl plan --approval signed.toml", plan)
    draft = plant / "signed.toml"
    signed = draft.read_text("utf-8").replace("approved_by = []", 'approved_by = ["A. Smith, plant engineer"]')
    draft.write_text(signed, "utf-8")
    scan = said(plant, "scan", "--approval", "signed.toml", "--yes")
    first = next(number for number, line in enumerate(scan) if line.startswith("scan "))
    why = ["", "$ assetctl assets why PRESS-PLC1 model", *said(plant, "assets", "why", "PRESS-PLC1", "model")]
    listed = ["", "$ assetctl assets list --zone press-line", *said(plant, "assets", "list", "--zone", "press-line")]
    listed = [line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in listed]
    terminal("scan", "assetctl scan --approval signed.toml --yes", [*scan[:3], "...", *scan[first:], *listed, *why])


def terminal(name: str, command: str, lines: list[str]) -> None:
    """One terminal as SVG, without the web font that rich would fetch."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {command}", style="bold"))
    for line in lines:
        console.print(Text(line))
    drawn = FONT.sub("", console.export_svg(title="assetctl", theme=MONOKAI, unique_id=name))
    text = drawn.replace(FAMILY, "DejaVu Sans Mono")
    (PICTURES / f"{name}.svg").write_text(text, "utf-8", newline="\n")


def pages(folder: Path) -> None:
    from tests.live.browser import browser

    with browser(folder / "profile") as page:
        for theme in ("light", "dark"):
            page.open(folder / "demo-plant" / "report.html", dark=theme == "dark", width=1100, height=HEIGHT)
            page.run(f"scrollBy(0, document.querySelector('#summary').getBoundingClientRect().top - {HEADER})")
            (PICTURES / f"report-{theme}.png").write_bytes(page.picture())


def workbook(folder: Path) -> None:
    from tests.live.office import Office

    [paper] = Office(folder).converted(folder / "demo-plant" / "report.xlsx", to="pdf")
    prefix = PICTURES / "workbook"
    command = ["pdftoppm", "-png", "-r", "100", "-f", CHARTS, "-l", CHARTS, "-singlefile", str(paper), str(prefix)]
    subprocess.run(command, check=True)  # noqa: S603 (a path of our own)


if __name__ == "__main__":
    sys.exit(main())
