"""The page on paper: a PDF of equal bytes for equal content, with page numbers, and nothing asked of any network."""

import subprocess
from pathlib import Path

import pytest

from assetctl.errors import EnvironmentFault, InputError
from assetctl.report import html
from assetctl.report.view import build
from assetctl.work import printing
from tests.live.browser import CHROMIUM, can_be_alone
from tests.unit.command import Desk
from tests.unit.report_plant import GENERATED, plant
from tests.unit.test_redaction import AUDITED, NAMES, leaked, seeded

__all__ = ["seeded"]

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not can_be_alone(), reason="chromium is not installed, or a network namespace cannot be made"),
]


def test_equal_content_prints_to_equal_bytes(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    with page.open("w", encoding="utf-8") as out:
        html.write(build(plant(assets=(), findings=(), checks=(), levels=(), lives=(), evidence=lambda: iter(()))), out)
    first, again = (printing.paper(page, Path(str(CHROMIUM)), at=GENERATED) for _ in range(2))
    assert first.startswith(b"%PDF-")
    assert first == again
    assert b"D:20261122093000+00'00'" in first


def test_without_a_browser_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(printing, "PLACES", ())
    with pytest.raises(EnvironmentFault, match="no Chromium, Chrome or Edge was found"):
        printing.browser(None)
    with pytest.raises(InputError, match="no such file"):
        printing.browser(tmp_path / "nowhere")


def test_what_is_no_browser_is_named_in_one_line(tmp_path: Path) -> None:
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\necho no display >&2\nexit 3\n", "utf-8")
    fake.chmod(0o755)
    page = tmp_path / "report.html"
    page.write_text("<p>words</p>", "utf-8")
    with pytest.raises(EnvironmentFault, match=r"wrote no PDF \(status 3\): no display"):
        printing.paper(page, fake, at=GENERATED)


def test_a_redacted_report_is_redacted_on_paper_too(
    seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(seeded, monkeypatch)
    said = desk.call("--redact", "share", "report", "pdf", "--out", str(tmp_path / "share.pdf"))
    assert said.code == 0, said.err
    command = ["pdftotext", str(tmp_path / "share.pdf"), "-"]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    told += subprocess.run(["pdfinfo", command[1]], capture_output=True, check=True, text=True).stdout
    assert "redacted: share" in told
    assert len(told) > 10_000
    wanted = (*NAMES, *AUDITED)
    assert leaked(told, wanted) == []
    assert leaked("".join(told.split()), tuple("".join(name.split()) for name in wanted)) == []  # over ends of lines
