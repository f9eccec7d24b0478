"""Charts of the workbook's own, drawn from the cells of its sheet of charts; the label of each bar is a word."""

from typing import Any

from assetctl.report.cells import TONES
from assetctl.report.charts import Chart
from assetctl.report.view import ReportView

MOST_BARS = 40
_FIRST_COLUMN, _WIDTH_CM, _BAR_CM, _FRAME_CM = "E", 22.0, 0.75, 2.6
_ROW_CM = 0.53
SCALE, PAGE_ROWS = 55, 62  # percent on paper, and how many rows of that size a page holds
_PLAIN = "0B5566"


def draw(sheet: Any, view: ReportView) -> None:
    """One bar chart below the other, beside the rows that hold their numbers; no page ends within a chart."""
    from openpyxl.worksheet.pagebreak import Break

    sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.scale = False, SCALE
    row, place, page = 2, 2, 1
    for section in view.sections:
        for chart in section.charts:
            if chart.parts:
                drawn = _bars(sheet, chart, row)
                rows = int(drawn.height / _ROW_CM) + 2
                if place + rows - page > PAGE_ROWS:
                    sheet.row_breaks.append(Break(id=place - 1))
                    page = place
                sheet.add_chart(drawn, f"{_FIRST_COLUMN}{place}")
                place += rows
            row += len(chart.parts)


def _bars(sheet: Any, chart: Chart, row: int) -> Any:
    """Lying bars over the cells from `row` on, the first on top."""
    from openpyxl.chart import BarChart, Reference
    from openpyxl.chart.label import DataLabelList

    count = min(len(chart.parts), MOST_BARS)
    made: Any = BarChart()
    made.type, made.style, made.title, made.legend = "bar", 10, chart.title, None
    made.add_data(Reference(sheet, min_col=3, min_row=row, max_row=row + count - 1))
    made.set_categories(Reference(sheet, min_col=2, min_row=row, max_row=row + count - 1))
    made.x_axis.scaling.orientation = "maxMin"
    made.x_axis.delete = made.y_axis.delete = False
    made.y_axis.crosses = "max"  # below, since the first bar is on top
    made.y_axis.scaling.min, made.y_axis.majorGridlines, made.y_axis.number_format = 0, None, "0"
    made.gapWidth, made.width, made.height = 40, _WIDTH_CM, _FRAME_CM + _BAR_CM * count
    (series,) = made.series
    series.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    series.graphicalProperties.solidFill = _PLAIN
    series.dPt = [_point(at, part.tone) for at, part in enumerate(chart.parts[:count]) if part.tone in TONES]
    return made


def _point(at: int, tone: str) -> Any:
    from openpyxl.chart.marker import DataPoint

    point: Any = DataPoint(idx=at)
    point.graphicalProperties.solidFill = TONES[tone]
    return point
