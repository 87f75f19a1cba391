"""A Plan in, the names that templates may use out: facts to read, and questions that only look something up.

A fact that nobody has given is a gap. Never an object that can do anything but be read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from migpack.chart import make_chart
from migpack.compare import Changes, for_role
from migpack.content import Activity, Conditional, Content, MergeField
from migpack.filters import Gap
from migpack.load import known_system
from migpack.messages import TextSize, qr_code, size, text_price
from migpack.model import Case, Milestone, Plan, PlannedDocument, Task
from migpack.practice import System
from migpack.record import Answer, Record
from migpack.status import Status, make_status
from migpack.timeline import due_date


def shared_context(plan: Plan, today: dt.date) -> dict[str, Any]:
    """Return what every template may name."""
    status = make_status(plan, today)
    return {
        **_from_practice_file(plan.case),
        **_from_library(plan.case),
        **_from_plan(plan),
        **_as_of(plan.case, status),
        **lookups(plan, status),
    }


def document_context(plan: Plan, document: PlannedDocument, addressee: Addressee | None = None) -> dict[str, Any]:
    """Return what the template of one document may name as well, in a letter run for one patient."""
    return {
        "document": document,
        "given": document.spec.given,
        "patient": Patient(document, plan.case.content.messages.merge_fields, addressee),
        **_subject(plan, document),
    }


def answered(document: PlannedDocument, record: Record) -> dict[str, Callable[..., Any]]:
    """Return what the template of one document may ask about the answers that came back."""
    answers = record.standing()

    def recorded(name: str) -> Answer | None:
        return answers.get(f"{document.id}.{name}")

    def came_from(answer: Answer) -> str:
        return record.came(answer.source).file or f"return {answer.source}"

    return {"recorded": recorded, "came_from": came_from}


@dataclass(frozen=True)
class Addressee:
    """A patient that a letter goes to: a text for each merge field that is known, and the lines of the address."""

    values: Mapping[str, Any]
    address: tuple[Any, ...]


class Patient:
    """The patient a letter goes to: what is known of them in a letter run, merge fields in a mail merge, blanks to write on elsewhere."""

    def __init__(self, document: PlannedDocument, fields: tuple[MergeField, ...], addressee: Addressee | None = None) -> None:
        self._merged, self._widths = document.style == "mail_merge", {field.id: field.width_mm for field in fields}
        self._addressee = addressee

    @property
    def named(self) -> bool:
        """Whether the letter goes to one patient by name."""
        return self._merged or self._addressee is not None

    @property
    def address(self) -> tuple[Any, ...]:
        """The lines of the address in a letter run; none elsewhere."""
        return self._addressee.address if self._addressee else ()

    def __getattr__(self, field: str) -> Any:
        if field.startswith("_") or field not in self._widths:
            raise AttributeError(field)
        if self._addressee and field in self._addressee.values:
            return self._addressee.values[field]
        if self._merged:
            return Markup('<span class="merge" data-key="{}"></span>').format(field)
        return Markup('<span class="fill" data-width="{}"></span>').format(self._widths[field])


class People:
    """The practice's people by role; a role that nobody has been named for is a gap."""

    def __init__(self, case: Case) -> None:
        self._people, self._roles = case.file.people, case.content.roles

    def __getattr__(self, role: str) -> Any:
        if role.startswith("_") or role not in self._roles:
            raise AttributeError(role)
        return self._people.get(role) or Gap(f"people.{role}")


def lookups(plan: Plan, status: Status) -> dict[str, Callable[..., Any]]:
    """Return the few questions that templates may ask: the public methods of `Lookups` by their names."""
    asked = Lookups(plan, status)
    return {name: getattr(asked, name) for name in vars(Lookups) if not name.startswith("_")}


class Lookups:
    """The questions that templates may ask; each only looks something up."""

    def __init__(self, plan: Plan, status: Status) -> None:
        self._plan, self._case, self._status = plan, plan.case, status

    def role(self, id: str) -> str:
        """Return a role's title."""
        return self._case.content.roles[id].title

    def owner(self, id: str) -> str:
        """Return a role's title with the name of the person, where one is given."""
        person = self._case.file.people.get(id)
        return f"{self.role(id)} ({person.name})" if person else self.role(id)

    def source(self, id: str) -> Any:
        """Return a source."""
        return self._case.content.sources[id]

    def introduced(self, system: System) -> str:
        """Return a clinical system's name as it is first mentioned to those who may not know it."""
        match = known_system(system.name, self._case.content.systems.values())
        return match.first_mention if match else f"{system.name} ({system.supplier})" if system.supplier else system.name

    def activity_plan(self, activity: Activity) -> Any:
        """Return how the practice handles an activity during cutover."""
        return self._case.file.cutover.activities.get(activity.id) or Gap(f"cutover.activities.{activity.id}")

    def service_state(self, service: Any) -> str:
        """Return whether patients have a service during cutover."""
        return str(self._case.file.cutover.services.get(service.id, service.default))

    def due(self, offset: Any, shift: str = "before") -> dt.date:
        """Return the day that a phrase gives."""
        return due_date(self._case, self._plan.milestones, offset, shift)

    def phase_milestones(self, phase: str) -> list[Milestone]:
        """Return the milestones of a phase in the order of their dates."""
        return _by_date(milestone for milestone in self._plan.milestones.values() if milestone.phase == phase)

    def section_tasks(self, checklist: str, section: str) -> list[Task]:
        """Return the tasks of one section of a checklist."""
        return [task for task in self._plan.tasks if (task.checklist, task.section) == (checklist, section)]

    def next_tasks(self, checklist: str, most: int) -> list[Task]:
        """Return the open tasks of a checklist that are due next."""
        today = self._status.today
        ahead = [one.task for one in self._status.tasks if one.task.checklist == checklist and one.task.due >= today and not one.closed]
        return sorted(ahead, key=lambda task: task.due)[:most]

    def role_changes(self, changes: Changes, checklist: str) -> Changes:
        """Return of what has changed what concerns a role."""
        return for_role(changes, self._plan, checklist)

    def text_size(self, words: str) -> TextSize:
        """Return how long a text message is and what it costs."""
        return size(str(words), text_price(self._case))

    @staticmethod
    def file_of(document: PlannedDocument, format: str) -> str:
        """Return a document's file inside the pack."""
        return f"{document.path}.{format}"

    @staticmethod
    def money_total(lines: tuple[Any, ...], key: str) -> int:
        """Return the sum of one figure over cost lines."""
        return sum(getattr(line, key) for line in lines)

    @staticmethod
    def gap(key: str) -> Gap:
        """Return the mark of a missing fact."""
        return Gap(key)

    @staticmethod
    def qr(address: str) -> str:
        """Return a QR code of a web address."""
        return qr_code(address)


def _from_practice_file(case: Case) -> dict[str, Any]:
    file = case.file
    return {
        "practice": file.practice,
        "people": People(case),
        "icb": file.icb or Gap("icb"),
        "delivery_partner": file.delivery_partner or Gap("delivery_partner"),
        "systems": file.systems,
        "cutover": file.cutover,
        "prescribing": file.prescribing,
        "closing": file.closing,
        "incident": file.incident,
        "messages": file.messages,
        "case": file.business_case,
        "letter": file.letter,
        "logo": case.logo,
        "approvals": file.approvals,
        "sources_as_of": file.sources_as_of or Gap("sources_as_of"),
    }


def _from_library(case: Case) -> dict[str, Any]:
    """Return the content that is for this practice."""
    known, traits = case.content, case.traits
    return {
        "traits": traits,
        "phases": known.timeline.phases,
        "checklists": known.checklists,
        "activities": _applying(traits, known.activities),
        "services": {service.id: service for service in _applying(traits, known.cutover.patient_services)},
        "go_no_go": _applying(traits, known.cutover.go_no_go),
        "escalation": _applying(traits, known.cutover.escalation),
        "reentry_order": known.cutover.reentry_order,
        "kinds": _applying(traits, known.party_kinds.kinds),
        "ask_all": known.party_kinds.ask_all,
        "form": _only_applying(traits, known.business_case),
        "data_checks": _only_applying(traits, known.data_checks),
        "lists": {name: _only_applying(traits, rows) for name, rows in known.lists.items()},
        "elements": known.messages.elements,
        "merge_fields": known.messages.merge_fields,
        "folders": known.catalogue.folders,
    }


def _from_plan(plan: Plan) -> dict[str, Any]:
    return {
        "settings": plan.case.settings,
        "dates": plan.milestones,
        "milestones": _by_date(plan.milestones.values()),
        "tasks": plan.tasks,
        "parties": plan.parties,
        "run_sheets": plan.run_sheets,
        "documents": plan.every_document,
        "chosen": plan.documents,
        "broken": plan.broken,
        "safe_dates": plan.safe_dates,
        "approval_codes": plan.approval_codes,
        "chart": make_chart(plan),
    }


def _as_of(case: Case, status: Status) -> dict[str, Any]:
    """Return how things stand today: what was issued before, and what has come back."""
    return {
        "today": status.today,
        "week_end": status.week_end,
        "status": status if status.recorded else None,
        "before": case.before,
        "edited": case.edited,
    }


def _subject(plan: Plan, document: PlannedDocument) -> dict[str, Any]:
    if document.spec.per == "role":
        return {"checklist": next(c for c in plan.case.content.checklists if c.id == document.subject)}
    if document.spec.per == "third_party":
        correction = next((one for one in plan.case.corrections if one.recipient == document.subject), None)
        return {"party": next(p for p in plan.parties if p.id == document.subject), "correction": correction}
    if document.spec.per == "activity":
        return {"activity": next(a for a in plan.case.content.activities if a.id == document.subject)}
    return {}


def _by_date(milestones: Iterable[Milestone]) -> list[Milestone]:
    return sorted(milestones, key=lambda milestone: (milestone.date, milestone.time or dt.time(0)))


def _applying(traits: frozenset[str], entries: tuple[Any, ...]) -> list[Any]:
    return [entry for entry in entries if entry.applies(traits)]


def _only_applying(traits: frozenset[str], part: Content) -> Content:
    """Return a part of the content without the rows that are for other practices."""
    rows = {key: value for key, value in part if isinstance(value, tuple)}
    kept = {key: tuple(row for row in value if not isinstance(row, Conditional) or row.applies(traits)) for key, value in rows.items()}
    return part.model_copy(update=kept)
