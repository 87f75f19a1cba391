"""Heads and rows in, a sheet of a workbook in the style of the pack out, to be printed on A4 across. Text is never a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

DATE = "ddd d mmm yyyy"
LINE_PT = 14.5
Row = Sequence[Any]
_HEAD, _ROW = "migpack head", "migpack row"  # styles of the workbook


def fill_sheet(
    sheet: Any, heads: Row, rows: Iterable[Row], widths: Sequence[float], *, dates: Sequence[int] = (), frozen: str = "C2"
) -> None:
    """Fill an empty sheet (openpyxl).

    Args:
        heads: the names of the columns.
        rows: values of each row, among them at least one text.
        widths: of the columns, in letters.
        dates: which columns hold dates, from 1.
        frozen: the first cell that moves when the sheet is scrolled.
    """
    from openpyxl.utils import get_column_letter

    _name_styles(sheet.parent)
    for column, value in enumerate(heads, 1):
        sheet.cell(1, column, value).style = _HEAD
    number = 1
    for number, row in enumerate(rows, 2):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column, value)
            cell.style = _ROW
            if isinstance(value, str):
                # A text that starts with '=' or '+' stays a text: openpyxl would otherwise take it for a formula.
                cell.data_type = "s"
                cell.quotePrefix = value[:1] in "=+-@"
            elif column in dates:
                cell.number_format = DATE
        # Said here, since some programs do not fit the height of a row to wrapped text.
        lines = max(-(-len(value) // (width - 2)) for value, width in zip(row, widths, strict=True) if isinstance(value, str))
        sheet.row_dimensions[number].height = LINE_PT * lines + 3
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = frozen
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{max(number, 2)}"
    sheet.sheet_view.zoomScale = 90
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _name_styles(book: Any) -> None:
    """Give a workbook the styles of its sheets, once; cells name them, which is much quicker than a style for each cell."""
    from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side

    if _ROW in book.named_styles:
        return
    across, at_top = Alignment(wrap_text=True, vertical="center"), Alignment(wrap_text=True, vertical="top", horizontal="left")
    head, fill = Font(name="Arial", bold=True, color="FFFFFF"), PatternFill("solid", fgColor="003087")
    book.add_named_style(NamedStyle(_HEAD, font=head, fill=fill, alignment=across))
    line = Border(bottom=Side("hair", color="768692"))
    book.add_named_style(NamedStyle(_ROW, font=Font(name="Arial"), alignment=at_top, border=line))
