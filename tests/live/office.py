"""LibreOffice without a window and without a way out: it opens, works out anew, is typed into, and saves.

Its first start makes the profile and writes the standard macros into it, so the macro is put there afterwards.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

SOFFICE = shutil.which("soffice")
ALONE = (
    ("unshare", "--net") if sys.platform == "linux" and os.geteuid() == 0 else ("unshare", "--map-root-user", "--net")
)
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1"
 script:language="StarBasic">%s</script:module>"""
_WORK = """
Sub Work
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden"
  hidden(0).Value = True
  doc = StarDesktop.loadComponentFromURL("%(source)s", "_blank", 0, hidden())
  doc.calculateAll()
%(typed)s
  Dim how(0) As New com.sun.star.beans.PropertyValue
  how(0).Name = "FilterName"
  how(0).Value = "Calc MS Excel 2007 XML"
  doc.storeToURL("%(target)s", how())
  doc.close(True)
  StarDesktop.terminate()
End Sub

Sub Typed(doc, sheet, cell, text)
  controller = doc.CurrentController
  controller.setActiveSheet(doc.Sheets.getByName(sheet))
  helper = createUnoService("com.sun.star.frame.DispatchHelper")
  Dim place(0) As New com.sun.star.beans.PropertyValue
  place(0).Name = "ToPoint"
  place(0).Value = cell
  helper.executeDispatch(controller.Frame, ".uno:GoToCell", "", 0, place())
  Dim entry(0) As New com.sun.star.beans.PropertyValue
  entry(0).Name = "StringName"
  entry(0).Value = text
  helper.executeDispatch(controller.Frame, ".uno:EnterString", "", 0, entry())
End Sub
"""


def can_be_alone() -> bool:
    """Whether there is LibreOffice and a network namespace without a way out to run it in."""
    return (
        bool(SOFFICE and shutil.which(ALONE[0]))
        and subprocess.run([*ALONE, "true"], capture_output=True).returncode == 0
    )


class Office:
    """One profile in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def converted(self, *books: Path, to: str = "xlsx") -> list[Path]:
        """Workbooks as LibreOffice saves them."""
        out = self.folder / to
        self._run("--convert-to", to, "--outdir", str(out), *map(str, books))
        return [out / f"{book.stem}.{to}" for book in books]

    def typed(self, book: Path, target: Path, entries: Iterable[tuple[str, str, str]]) -> Path:
        """A workbook into whose cells somebody typed: sheet, cell, keys. `converted` must have run before."""
        lines = "\n".join(f"  Typed doc, {', '.join(map(_quoted, entry))}" for entry in entries)
        work = _WORK % {"source": book.as_uri(), "target": target.as_uri(), "typed": lines}
        module = self.folder / "profile" / "user" / "basic" / "Standard" / "Module1.xba"
        module.write_text(_MODULE % escape(work), "utf-8")
        self._run("macro:///Standard.Module1.Work")
        return target

    def _run(self, *arguments: str) -> None:
        profile = f"-env:UserInstallation={(self.folder / 'profile').as_uri()}"
        command = [*ALONE, str(SOFFICE), "--headless", "--norestore", profile, *arguments]
        subprocess.run(command, capture_output=True, timeout=300, check=True)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
