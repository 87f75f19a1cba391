"""A Plan in, a spreadsheet out: the tasks with a status to set, the milestones, the third parties.

Dates are real dates. Text from the practice file is written as text, so nothing in it can become a formula. Colours
come with a word: the State column says "overdue" where the colour does.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any

from migpack.model import Party, Plan
from migpack.write.zipped import rezip

STATUSES = ("Not started", "In progress", "Done", "Blocked", "Not applicable")
PARTY_STATUSES = ("Not told yet", "Told", "Dates agreed", "Off", "On and tested", "Closed", "Problem")
DATE = "ddd d mmm yyyy"
LINE_PT = 14.5
Row = Sequence[Any]


def write_tracker(plan: Plan) -> bytes:
    """Return the .xlsx file of a plan."""
    from openpyxl import Workbook

    book: Any = Workbook()
    book.remove(book.active)
    _tasks(book.create_sheet("Tasks"), plan)
    _milestones(book.create_sheet("Milestones"), plan)
    _parties(book.create_sheet("Third parties"), plan)
    practice = plan.case.file.practice
    book.properties.title = f"Task tracker: {practice.name}"
    book.properties.creator = practice.name
    book.properties.language = "en-GB"
    held = io.BytesIO()
    book.save(held)
    return rezip(held.getvalue())


def _owner(plan: Plan, role: str) -> str:
    person = plan.case.file.people.get(role)
    title = plan.case.content.roles[role].title
    return f"{title} ({person.name})" if person else title


def _tasks(sheet: Any, plan: Plan) -> None:
    titles = {(c.id, s.id): (c.title, s.title) for c in plan.case.content.checklists for s in c.phases}
    heads = ("No", "Task", "Checklist", "Phase", "Owner", "Due", "Status", "State", "Done on", "Evidence to keep", "Notes")
    rows: list[Row] = [
        (t.id, t.task, *titles[t.checklist, t.section], _owner(plan, t.owner), t.due, STATUSES[0], None, None, t.evidence, None)
        for t in plan.tasks
    ]
    _fill(sheet, heads, rows, (10, 44, 20, 22, 26, 16, 14, 14, 16, 38, 28), dates=(6, 9))
    _status(sheet, "G", len(rows), STATUSES)
    for n in range(2, len(rows) + 2):
        sheet.cell(
            n, 8
        ).value = (
            f'=IF(OR(G{n}="Done",G{n}="Not applicable"),"closed",IF(F{n}<TODAY(),"overdue",IF(F{n}<=TODAY()+7,"due this week","later")))'
        )
    _colour(sheet, "H", len(rows), {"overdue": "F8D7DA", "due this week": "FFF2CC", "closed": "E2EFDA"})


def _milestones(sheet: Any, plan: Plan) -> None:
    phases = {phase.id: phase.title for phase in plan.case.content.timeline.phases}
    heads = ("Ref", "Milestone", "Phase", "Owner", "Date", "Time", "First agreed", "Happened on", "How the date was made", "Done when")
    ordered = sorted(plan.milestones.values(), key=lambda m: (m.date, m.ref))
    rows = [
        (m.ref, m.title, phases[m.phase], _owner(plan, m.owner), m.date, f"{m.time:%H:%M}" if m.time else None, m.baseline, m.actual,
         m.why or "given by the practice", m.done_when)
        for m in ordered
    ]  # fmt: skip
    _fill(sheet, heads, rows, (8, 32, 22, 28, 16, 8, 16, 16, 28, 54), dates=(5, 7, 8))


def _parties(sheet: Any, plan: Plan) -> None:
    heads = (
        "Third party",
        "Category",
        "Contact",
        "Phone",
        "E-mail",
        "Notice needed",
        "Tell by",
        "1 Notice dated",
        "2 Reminder",
        "Off, and message 3",
        "On, and message 4",
        "5 Confirmation",
        "Replied on",
        "Chased on",
        "Charge",
        "Status",
        "Notes",
    )
    rows: list[Row] = []
    for party in plan.parties:
        contact = party.contact
        rows.append(
            (party.name, party.kind_title, contact and contact.name, contact and contact.phone, contact and contact.email,
             str(party.notice) if party.notice else None, party.tell_by, party.letter_on, _reminded_on(plan, party), party.off, party.on,
             max(party.on or plan.milestones["go_live"].date, plan.milestones["reentry_complete"].date), None, None, party.charge or None,
             PARTY_STATUSES[0], party.notes or None)
        )  # fmt: skip
    widths = (28, 26, 22, 15, 28, 14, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 28)
    _fill(sheet, heads, rows, widths, dates=(7, 8, 9, 10, 11, 12, 13, 14))
    _status(sheet, "P", len(rows), PARTY_STATUSES)


def _reminded_on(plan: Plan, party: Party) -> dt.date | None:
    """Return the plan's day for reminders where it lies in the week before the party's own change; else the letter says it in words."""
    reminder = plan.milestones["third_party_reminder"].date
    change = party.off or plan.milestones["final_extract"].date
    return reminder if 0 < (change - reminder).days < 9 else None


def _fill(sheet: Any, heads: Row, rows: Iterable[Row], widths: Sequence[float], *, dates: Sequence[int]) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    sheet.append(list(heads))
    for cell in sheet[1]:
        cell.font = Font(name="Arial", bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="003087")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for row in rows:
        sheet.append(list(row))
        for cell in sheet[sheet.max_row]:
            cell.font = Font(name="Arial")
            cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
            cell.border = Border(bottom=Side("hair", color="768692"))
            if cell.column in dates:
                cell.number_format = DATE
            elif isinstance(cell.value, str):
                # A text that starts with '=' or '+' stays a text: openpyxl would otherwise take it for a formula.
                cell.data_type = "s"
                cell.quotePrefix = cell.value[:1] in "=+-@"
        # Said here, since some programs do not fit the height of a row to wrapped text.
        lines = max(-(-len(str(value)) // (width - 2)) for value, width in zip(row, widths, strict=True) if isinstance(value, str))
        sheet.row_dimensions[sheet.max_row].height = LINE_PT * lines + 3
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{max(sheet.max_row, 2)}"
    sheet.sheet_view.zoomScale = 90
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _status(sheet: Any, column: str, count: int, statuses: Sequence[str]) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    choice = DataValidation(type="list", formula1=f'"{",".join(statuses)}"', allow_blank=False)
    choice.error = "Choose one of the list"
    sheet.add_data_validation(choice)
    choice.add(f"{column}2:{column}{max(count + 1, 2)}")


def _colour(sheet: Any, column: str, count: int, fills: dict[str, str]) -> None:
    from openpyxl.formatting.rule import Rule
    from openpyxl.styles import PatternFill
    from openpyxl.styles.differential import DifferentialStyle

    for word, colour in fills.items():
        fill = PatternFill("solid", bgColor=colour, fgColor=colour)
        rule = Rule(type="cellIs", operator="equal", formula=[f'"{word}"'], dxf=DifferentialStyle(fill=fill))
        sheet.conditional_formatting.add(f"{column}2:{column}{count + 1}", rule)
