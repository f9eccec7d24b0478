"""The chapters of a view: words, figures, charts, drawings and tables, all of them final."""

from dataclasses import dataclass

from assetctl.report.charts import Chart
from assetctl.report.table import Table


@dataclass(frozen=True, slots=True)
class Shape:
    """tag: rect (x, y, width, height), circle (x, y, radius), text (x, y) or path. words: of a text, or the path."""

    tag: str
    tone: str
    at: tuple[int, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """description: the same in one sentence. notes: lines that explain it. sizes in pixels."""

    id: str
    title: str
    description: str
    width: int
    height: int
    shapes: tuple[Shape, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the summary. tone: good, bad, warn, quiet."""

    value: str
    label: str
    tone: str = "quiet"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One chapter of the page. lead: paragraphs. points: a list below them."""

    id: str
    title: str
    lead: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    charts: tuple[Chart, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    tables: tuple[Table, ...] = ()
