"""A Plan in, a spreadsheet out: the tasks with a status to set, the milestones, the third parties, and what the file is.

What has been answered stands in it; the cells to fill in are the fields of `tracker_form`. Dates are real dates. Text from the
practice file is written as text, so nothing in it can become a formula. Colours come with a word: the State column says "overdue"
where the colour does.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Sequence
from typing import Any

from migpack.fillable import IssuedField, IssuedForm
from migpack.model import Party, Plan
from migpack.render import form_code, spaced, standing
from migpack.status import WEEK_DAYS
from migpack.told import Tellings
from migpack.write.sheets import fill_sheet
from migpack.write.tracker_fields import (
    ABOUT,
    IDENTITY,
    LIST,
    PARTY_FIELDS,
    PARTY_STATUSES,
    STATUSES,
    TASK_FIELDS,
    list_id,
    party_values,
    row_fields,
    task_name,
    task_values,
)
from migpack.write.zipped import rezip

Row = Sequence[Any]


def write_tracker(plan: Plan) -> bytes:
    """Return the .xlsx file of a plan."""
    from openpyxl import Workbook

    book: Any = Workbook()
    book.remove(book.active)
    _tasks(book.create_sheet("Tasks"), plan)
    _milestones(book.create_sheet("Milestones"), plan)
    _parties(book.create_sheet("Third parties"), plan)
    _about(book.create_sheet(ABOUT), plan, tracker_form(plan))
    practice = plan.case.file.practice
    book.properties.title = f"Task tracker: {practice.name}"
    book.properties.creator = practice.name
    book.properties.language = "en-GB"
    held = io.BytesIO()
    book.save(held)
    return rezip(held.getvalue())


def tracker_form(plan: Plan) -> IssuedForm:
    """Return the tracker as a form: its fields with what they are issued with, and its code, made from all that it says."""
    document = next(document for document in plan.every_document if document.spec.made_by == "tracker")
    fields: list[IssuedField] = []
    told = Tellings(plan.case.record)
    for task in plan.tasks:
        fields += row_fields(task_name(task), task.id, f"{task.id} {task.task}", TASK_FIELDS, task_values(task, told), STATUSES)
    for party in plan.parties:
        name, values = f"tracker.{party.id}", party_values(party, told)
        fields += row_fields(name, party.name, party.name, PARTY_FIELDS, values, PARTY_STATUSES)
    said = repr((_task_rows(plan), _milestone_rows(plan), _party_rows(plan)))
    version, draft = standing(plan, document, hashlib.sha256(said.encode()).hexdigest())
    practice = plan.case.file.practice.ods_code
    code = form_code(practice, document.id, version, said)
    return IssuedForm(code, document.id, document.title, version, draft, practice, False, tuple(fields), {})


def _owner(plan: Plan, role: str) -> str:
    person = plan.case.file.people.get(role)
    title = plan.case.content.roles[role].title
    return f"{title} ({person.name})" if person else title


def _tasks(sheet: Any, plan: Plan) -> None:
    heads = ("No", "Task", "Checklist", "Phase", "Owner", "Due", "Status", "State", "Done on", "Evidence to keep", "Notes")
    rows = _task_rows(plan)
    fill_sheet(sheet, heads, rows, (10, 44, 20, 22, 26, 16, 14, 14, 16, 38, 28), dates=(6, 9))
    _status(sheet, "G", len(rows), STATUSES)
    for n in range(2, len(rows) + 2):
        by_day = f'IF(F{n}<TODAY(),"overdue",IF(F{n}<=TODAY()+{WEEK_DAYS},"due this week","later"))'
        sheet.cell(n, 8).value = f'=IF(OR(G{n}="Done",G{n}="Not applicable"),"closed",{by_day})'
    _colour(sheet, "H", len(rows), {"overdue": "F8D7DA", "due this week": "FFF2CC", "closed": "E2EFDA"})


def _task_rows(plan: Plan) -> list[Row]:
    titles = {(c.id, s.id): (c.title, s.title) for c in plan.case.content.checklists for s in c.phases}
    told = Tellings(plan.case.record)
    rows: list[Row] = []
    for t in plan.tasks:
        status, on, note = task_values(t, told).values()
        rows.append((t.id, t.task, *titles[t.checklist, t.section], _owner(plan, t.owner), t.due, status, None, on, t.evidence, note))
    return rows


def _milestones(sheet: Any, plan: Plan) -> None:
    heads = ("Ref", "Milestone", "Phase", "Owner", "Date", "Time", "First agreed", "Happened on", "How the date was made", "Done when")
    rows = _milestone_rows(plan)
    fill_sheet(sheet, heads, rows, (8, 32, 22, 28, 16, 8, 16, 16, 28, 54), dates=(5, 7, 8))


def _milestone_rows(plan: Plan) -> list[Row]:
    phases = {phase.id: phase.title for phase in plan.case.content.timeline.phases}
    ordered = sorted(plan.milestones.values(), key=lambda m: (m.date, m.ref))
    return [
        (m.ref, m.title, phases[m.phase], _owner(plan, m.owner), m.date, f"{m.time:%H:%M}" if m.time else None, m.baseline, m.actual,
         m.why or "given by the practice", m.done_when)
        for m in ordered
    ]  # fmt: skip


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
        "Ref",
    )
    rows = _party_rows(plan)
    widths = (28, 26, 22, 15, 28, 14, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 28, 14)
    fill_sheet(sheet, heads, rows, widths, dates=(7, 8, 9, 10, 11, 12, 13, 14))
    _status(sheet, "P", len(rows), PARTY_STATUSES)


def _party_rows(plan: Plan) -> list[Row]:
    rows: list[Row] = []
    told = Tellings(plan.case.record)
    for party in plan.parties:
        contact = party.contact
        status, replied, chased, charge, note = party_values(party, told).values()
        rows.append(
            (party.name, party.kind_title, contact and contact.name, contact and contact.phone, contact and contact.email,
             str(party.notice) if party.notice else None, party.tell_by, party.letter_on, _reminded_on(plan, party), party.off, party.on,
             max(party.on or plan.milestones["go_live"].date, plan.milestones["reentry_complete"].date), replied, chased, charge,
             status, note, party.id)
        )  # fmt: skip
    return rows


def _about(sheet: Any, plan: Plan, form: IssuedForm) -> None:
    """Say what the file is and how it comes back; the reader of returned trackers finds the last rows by their first words."""
    practice, receiver = plan.case.file.practice, _owner(plan, "project_manager")
    said = {"practice": practice.ods_code, "document": form.document, "version": form.version, "code": spaced(form.code)}
    rows: list[Row] = [
        ("What this is", "Every task of the move with its owner and due day, the milestones and the third parties, as they stood when this "
         "issue was made.", None),
        ("What to do", "Set Status, and write in Done on, Replied on, Chased on, Charge and Notes. You may sort, filter and hide. Leave "
         "the heads and the columns No, Checklist and Ref as they are, and this sheet too. Write no patient's details.", None),
        ("How to return it", f"Save it as an Excel workbook (.xlsx) under any name, and send it to: {receiver}.", None),
        ("Practice", practice.name, None),
        *((label, said[name], None) for name, label in IDENTITY.items()),
        *((LIST, checklist.title, list_id(checklist.id)) for checklist in plan.case.content.checklists),
    ]  # fmt: skip
    fill_sheet(sheet, ("About this tracker", "Task tracker", "Id"), rows, (24, 80, 30), dates=())


def _reminded_on(plan: Plan, party: Party) -> dt.date | None:
    """Return the plan's day for reminders where it lies in the week before the party's own change; else the letter says it in words."""
    reminder = plan.milestones["third_party_reminder"].date
    change = party.off or plan.milestones["final_extract"].date
    return reminder if 0 < (change - reminder).days < 9 else None


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
