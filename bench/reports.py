"""Writing a report of many rows: our workbook beside XlsxWriter's, our page beside hand-joined strings.

Run as a program it is one side of one round: `python -m bench.reports SIDE ROWS` writes to nowhere and prints its CPU
and its greatest memory as JSON. All sides write the same texts; the peers neither check, escape nor style them alike.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from assetctl.report.inputs import ReportInputs
from assetctl.report.section import Section
from assetctl.report.table import Column, Kind, Ref, Row, table
from assetctl.report.view import ReportView, build
from bench.memory import peak_kib

COLUMNS = 20
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def texts(rows: int) -> Iterator[tuple[str, ...]]:
    """The cells of a made-up list; making them is to cost nothing beside writing them."""
    rest = tuple(f"value {at} of this device" for at in range(1, COLUMNS))
    return ((f"device {row}", *rest) for row in range(rows))


def view(rows: int) -> ReportView:
    """A report with one long table, whose rows are keys as assets and findings are, and the usual chapters, empty."""
    columns = (Column("C0", Kind.KEY), *(Column(f"C{at}") for at in range(1, COLUMNS)))

    def keyed() -> Iterator[Row]:
        return ((Ref(f"long-{first}", first), *rest) for first, *rest in texts(rows))

    blank = ReportInputs("Bench", "", "", "assetctl", AT, lambda _: {}, lambda _: ())
    long = table("long", "Long", "Rows.", columns, keyed, empty="", most=rows)
    return replace(build(blank), sections=(Section("long", "Long", tables=(long,)),))


def ours_xlsx(rows: int, folder: Path) -> None:
    from assetctl.report.xlsx import write

    with (folder / "ours.xlsx").open("wb") as out:
        write(view(rows), out)


def xlsxwriter(rows: int, folder: Path) -> None:
    import xlsxwriter as peer

    with peer.Workbook(str(folder / "peer.xlsx"), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Long")
        sheet.write_row(0, 0, [f"C{at}" for at in range(COLUMNS)])
        for number, cells in enumerate(texts(rows), start=1):
            for at, text in enumerate(cells):
                sheet.write_string(number, at, text)


def ours_html(rows: int, folder: Path) -> None:
    from assetctl.report.html import write

    with (folder / "ours.html").open("w", encoding="utf-8") as out:
        write(view(rows), out)


def joined(rows: int, folder: Path) -> None:
    with (folder / "peer.html").open("w", encoding="utf-8") as out:
        out.write("<table>")
        for cells in texts(rows):
            out.write("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in cells) + "</tr>\n")
        out.write("</table>")


SIDES: Mapping[str, Callable[[int, Path], None]] = {
    "xlsx": ours_xlsx,
    "xlsxwriter": xlsxwriter,
    "html": ours_html,
    "joined": joined,
}


def main(arguments: Iterable[str]) -> None:
    side, rows = arguments
    with TemporaryDirectory() as made:
        SIDES[side](1, Path(made))  # imports are not what is measured
        begun = process_time()
        SIDES[side](int(rows), Path(made))
        print(json.dumps({"cpu": process_time() - begun, "kib": peak_kib()}))


if __name__ == "__main__":
    main(sys.argv[1:])
