"""A Plan in, Pages out: templates are rendered to HTML in the vocabulary of `migpack.blocks`.

Templates run in a sandbox: autoescaped, strict about undefined names, and with no object in reach that can do
anything but be read. A fact that the practice has not given prints as a marked gap.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2.runtime import Macro
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup
from pydantic import BaseModel

from migpack.chart import make_chart
from migpack.compare import Changes, for_role
from migpack.content import Activity, Conditional, Content, MergeField
from migpack.filters import FILTERS, Gap
from migpack.library import Library
from migpack.load import known_system
from migpack.messages import TextSize, qr_code, size, text_price
from migpack.model import Milestone, Page, Party, Plan, PlannedDocument, Task
from migpack.practice import System
from migpack.problems import Place, mistake
from migpack.record import Answer, Record
from migpack.status import Status, make_status

# White space before an end tag shows nowhere, but the layout engine breaks a line at it.
_ENDS = re.compile(r"\s+(</(?:p|h[1-4]|li|td|th|caption|span|strong)>)")
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for a digit
_PLAIN = (str, bytes, dict, list, tuple, frozenset, set, Mapping)


def render(plan: Plan, library: Library, today: dt.date) -> tuple[Page, ...]:
    """Return a page for each planned document that has a template of ours; a word form has none.

    Raises:
        Mistakes: a template has a mistake, with its file and line.
    """
    return _pages(
        plan, library, today, [document for document in plan.documents if document.spec.made_by not in ("word_form", "changes")], {}
    )


def render_changes(plan: Plan, library: Library, today: dt.date, changes: Changes) -> tuple[Page, ...]:
    """Return the pages that tell what changed since the last issue."""
    documents = [document for document in plan.documents if document.spec.made_by == "changes"]
    return _pages(plan, library, today, documents, {"changes": changes})


def _pages(plan: Plan, library: Library, today: dt.date, documents: Iterable[PlannedDocument], more: Mapping[str, Any]) -> tuple[Page, ...]:
    environment = _Environment(library, dict(_model_paths(plan.case.file, "")))
    shared = _context(plan, today) | dict(more)
    return tuple(_page(environment, plan, shared, document) for document in documents if document.spec.template)


def render_web_page(plan: Plan, library: Library, today: dt.date, template: str, title: str, more: Mapping[str, Any]) -> str:
    """Return a web page that is no document of the pack: a template over the plan and what `more` holds."""
    environment = _Environment(library, dict(_model_paths(plan.case.file, "")))
    context = _context(plan, today) | dict(more) | {"document": {"title": title}}
    body = _ENDS.sub(r"\1", environment.run(f"templates/{template}", context))
    return environment.run("templates/parts/web.html", context | {"body": Markup(body)})


def render_emails(plan: Plan, library: Library, today: dt.date, each: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield an e-mail as an HTML page for each set of what the e-mail template may name beside the plan.

    Raises:
        Mistakes: the template has a mistake, with its file and line.
    """
    environment = _Environment(library, dict(_model_paths(plan.case.file, "")))
    shared = _context(plan, today)
    for more in each:
        yield environment.run("templates/emails/letter.html", shared | dict(more))


def standing(plan: Plan, document: PlannedDocument, content_hash: str) -> tuple[str, bool]:
    """Return a document's version and whether it is a draft: what was issued stays so until what it says changes."""
    issued = plan.case.issued.get(document.id)
    stands = issued is not None and issued.content_hash == content_hash
    draft = not (document.final or stands)
    issue = issued.issue if issued and stands else plan.case.issue
    return f"Issue {issue}{' draft' if draft else ''}", draft


class PatientLetter:
    """A letter of the pack as it goes to patients by name: one page for each, from the template that the pack's letter has."""

    def __init__(self, plan: Plan, library: Library, today: dt.date, document: PlannedDocument, layout: str) -> None:
        """Take the letter, in the style that is wanted, and how its sheet is laid out: the `letter.profile` that its templates see.

        Raises:
            Mistakes: its template has a mistake, with its file and line.
        """
        shaped = plan.case.file.letter.model_copy(update={"profile": layout})
        self._plan, self._document = plan, document
        self._environment = _Environment(library, {**dict(_model_paths(plan.case.file, "")), id(shaped): "letter"})
        shared = _context(plan, today)
        self._shared = shared | {"letter": shaped}
        self._as_issued = _page(self._environment, plan, shared, document).content_hash

    def page(self, addressee: Addressee) -> Page:
        """Return the letter to one patient; its issue and whether it is a draft are those of the pack's letter."""
        return _page(self._environment, self._plan, self._shared, self._document, addressee, self._as_issued)


@dataclass(frozen=True)
class Addressee:
    """A patient that a letter goes to: a text for each merge field that is known, and the lines of the address."""

    values: Mapping[str, Any]
    address: tuple[Any, ...]


def _page(
    environment: _Environment,
    plan: Plan,
    shared: dict[str, Any],
    document: PlannedDocument,
    addressee: Addressee | None = None,
    as_issued: str = "",
) -> Page:
    patient = Patient(document, plan.case.content.messages.merge_fields, addressee)
    context = shared | {"document": document, "given": document.spec.given, "patient": patient, **_subject(plan, document)}
    fragment = environment.fragment(document, context, Record())
    reads = frozenset(environment.reads)
    content_hash = as_issued or hashlib.sha256(f"{document.title}\n{fragment}".encode()).hexdigest()
    version, draft = standing(plan, document, content_hash)
    if document.spec.fillable and any(name.startswith(f"{document.id}.") for name in plan.case.record.answers):
        fragment = environment.fragment(document, context, plan.case.record)
    practice = plan.case.file.practice
    patients = document.spec.audience == "patients"
    code = form_code(practice.ods_code, document.id, version, fragment) if document.spec.fillable else ""
    left = str(practice.patient_name) if patients else f"{document.id} \N{MIDDLE DOT} {practice.name} ({practice.ods_code})"
    running = left, f"{version} \N{MIDDLE DOT} {spaced(code)}" if code else version
    layout = "web" if document.spec.made_by == "overview" else "page"
    html = environment.run(
        f"templates/parts/{layout}.html",
        context | {"body": Markup(fragment), "version": version, "draft": draft, "running": running, "code": code},
    )
    return Page(document, html, version, running, draft, content_hash, code, reads)


def render_form(library: Library, document: PlannedDocument, context: Mapping[str, Any], name: str, ods_code: str) -> Page:
    """Return a form that stands outside any pack, of a practice with this name and ODS code, which may be ''.

    Raises:
        Mistakes: its template has a mistake, with its file and line.
    """
    environment, version = _Environment(library, {}), "Issue 1"
    shared = {"document": document, "practice": {"name": name, "ods_code": ods_code}, "letter": {"profile": "plain"}, **context}
    fragment = environment.fragment(document, shared, Record())
    code = form_code(ods_code, document.id, version, fragment)
    whose = f"{document.id} \N{MIDDLE DOT} {name} ({ods_code})" if ods_code else document.id
    running = whose, f"{version} \N{MIDDLE DOT} {spaced(code)}"
    html = environment.run(
        "templates/parts/page.html",
        shared | {"body": Markup(fragment), "version": version, "draft": False, "running": running, "code": code},
    )
    return Page(document, html, version, running, False, hashlib.sha256(fragment.encode()).hexdigest(), code)


def form_code(*said: str) -> str:
    """Return the eight letters and digits that name a form as it was issued, made from all that it says."""
    number = int.from_bytes(hashlib.sha256("\0".join(said).encode()).digest()[:5])
    return "".join(_LETTERS[number >> shift & 31] for shift in range(35, -1, -5))


def spaced(code: str) -> str:
    """Return a form's code as people read it."""
    return f"{code[:4]}-{code[4:]}"


def _subject(plan: Plan, document: PlannedDocument) -> dict[str, Any]:
    if document.spec.per == "role":
        return {"checklist": next(c for c in plan.case.content.checklists if c.id == document.subject)}
    if document.spec.per == "third_party":
        correction = next((one for one in plan.case.corrections if one.recipient == document.subject), None)
        return {"party": next(p for p in plan.parties if p.id == document.subject), "correction": correction}
    if document.spec.per == "activity":
        return {"activity": next(a for a in plan.case.content.activities if a.id == document.subject)}
    return {}


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

    def __init__(self, plan: Plan) -> None:
        self._people, self._roles = plan.case.file.people, plan.case.content.roles

    def __getattr__(self, role: str) -> Any:
        if role.startswith("_") or role not in self._roles:
            raise AttributeError(role)
        return self._people.get(role) or Gap(f"people.{role}")


def _context(plan: Plan, today: dt.date) -> dict[str, Any]:
    """Return what every template may name."""
    case = plan.case
    file, known = case.file, case.content
    status = make_status(plan, today)
    applying = [activity for activity in known.activities if activity.applies(case.traits)]
    return {
        "practice": file.practice,
        "people": People(plan),
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
        "traits": case.traits,
        "settings": case.settings,
        "dates": plan.milestones,
        "milestones": sorted(plan.milestones.values(), key=lambda m: (m.date, m.time or dt.time(0))),
        "phases": known.timeline.phases,
        "tasks": plan.tasks,
        "parties": plan.parties,
        "kinds": _applying(case.traits, known.party_kinds.kinds),
        "ask_all": known.party_kinds.ask_all,
        "activities": applying,
        "services": _applying(case.traits, known.cutover.patient_services),
        "run_sheets": plan.run_sheets,
        "go_no_go": _applying(case.traits, known.cutover.go_no_go),
        "escalation": _applying(case.traits, known.cutover.escalation),
        "reentry_order": known.cutover.reentry_order,
        "form": _only_applying(case.traits, known.business_case),
        "data_checks": _only_applying(case.traits, known.data_checks),
        "lists": {name: _only_applying(case.traits, rows) for name, rows in known.lists.items()},
        "elements": known.messages.elements,
        "merge_fields": known.messages.merge_fields,
        "checklists": known.checklists,
        "folders": known.catalogue.folders,
        "documents": plan.every_document,
        "chosen": plan.documents,
        "broken": plan.broken,
        "safe_dates": plan.safe_dates,
        "approvals": file.approvals,
        "approval_codes": plan.approval_codes,
        "sources_as_of": file.sources_as_of or Gap("sources_as_of"),
        "today": today,
        "before": case.before,
        "edited": case.edited,
        "week_end": status.week_end,
        "status": status if status.recorded else None,
        "chart": make_chart(plan),
        **_functions(plan, status),
    }


def _applying(traits: frozenset[str], entries: tuple[Any, ...]) -> list[Any]:
    return [entry for entry in entries if entry.applies(traits)]


def _only_applying(traits: frozenset[str], part: Content) -> Content:
    """Return a part of the content without the rows that are for other practices."""
    rows = {key: value for key, value in part if isinstance(value, tuple)}
    kept = {key: tuple(row for row in value if not isinstance(row, Conditional) or row.applies(traits)) for key, value in rows.items()}
    return part.model_copy(update=kept)


def _functions(plan: Plan, status: Status) -> dict[str, Callable[..., Any]]:
    """Return the few questions that templates may ask; each only looks something up."""
    case = plan.case

    def role(id: str) -> str:
        return case.content.roles[id].title

    def owner(id: str) -> str:
        person = case.file.people.get(id)
        return f"{role(id)} ({person.name})" if person else role(id)

    def source(id: str) -> Any:
        return case.content.sources[id]

    def due(offset: Any, shift: str = "before") -> dt.date:
        from migpack.timeline import due_date

        return due_date(case, plan.milestones, offset, shift)

    def section_tasks(checklist: str, section: str) -> list[Task]:
        return [task for task in plan.tasks if (task.checklist, task.section) == (checklist, section)]

    def next_tasks(checklist: str, most: int) -> list[Task]:
        ahead = [one.task for one in status.tasks if one.task.checklist == checklist and one.task.due >= status.today and not one.closed]
        return sorted(ahead, key=lambda task: task.due)[:most]

    def activity_plan(activity: Activity) -> Any:
        return case.file.cutover.activities.get(activity.id) or Gap(f"cutover.activities.{activity.id}")

    def service_state(service: Any) -> str:
        return str(case.file.cutover.services.get(service.id, service.default))

    def introduced(system: System) -> str:
        match = known_system(system.name, case.content.systems.values())
        return match.first_mention if match else f"{system.name} ({system.supplier})" if system.supplier else system.name

    def phase_milestones(phase: str) -> list[Milestone]:
        return sorted((m for m in plan.milestones.values() if m.phase == phase), key=lambda m: (m.date, m.time or dt.time(0)))

    def file_of(document: PlannedDocument, format: str) -> str:
        return f"{document.path}.{format}"

    def money_total(lines: tuple[Any, ...], key: str) -> int:
        return sum(getattr(line, key) for line in lines)

    def role_changes(changes: Changes, checklist: str) -> Changes:
        return for_role(changes, plan, checklist)

    def gap(key: str) -> Gap:
        return Gap(key)

    def text_size(words: str) -> TextSize:
        return size(str(words), text_price(case))

    def qr(address: str) -> str:
        return qr_code(address)

    named = (
        role,
        owner,
        source,
        due,
        section_tasks,
        next_tasks,
        activity_plan,
        service_state,
        introduced,
        phase_milestones,
        file_of,
        role_changes,
        gap,
        text_size,
        qr,
    )
    return {function.__name__: function for function in (*named, money_total)}


class _Environment(SandboxedEnvironment):
    """The sandbox: what a template may reach can only be read."""

    def __init__(self, library: Library, paths: dict[int, str]) -> None:
        def load(name: str) -> tuple[str, str, Callable[[], bool]]:
            return library.read(name).decode("utf-8"), name, lambda: True

        super().__init__(
            loader=jinja2.FunctionLoader(load),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
        )
        self.filters.update(FILTERS)
        self._library = library
        self._paths = paths
        self.reads: set[str] = set()

    def join_path(self, template: str, parent: str) -> str:
        return template if template.startswith("templates/") else f"templates/{template}"

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Gap):
            return Gap(f"{obj.key}.{attribute}") if attribute != "key" else obj.key
        value = super().getattr(obj, attribute)
        self._note(obj, attribute, value)
        if value is None and isinstance(obj, BaseModel):
            path = self._paths.get(id(obj), "")
            return Gap(f"{path}.{attribute}" if path else attribute)
        return value

    def _note(self, obj: Any, attribute: str, value: Any) -> None:
        """Note the fact that a template reads, under the name that `migpack.compare` has for it."""
        if isinstance(obj, BaseModel):
            if not isinstance(value, BaseModel) and (path := self._paths.get(id(obj))):
                self.reads.add(f"{path}.{attribute}")
        elif isinstance(obj, Milestone) and attribute in ("date", "time"):
            self.reads.add(f"dates.{obj.id}")
        elif isinstance(obj, Party):
            self.reads.add(f"parties.{obj.id}.{attribute}")
        elif isinstance(obj, Task) and attribute in ("due", "task"):
            self.reads.add(f"tasks.{obj.id}")

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, BaseModel) or dataclasses.is_dataclass(obj):
            return not attr.startswith("_") and not callable(value)
        return super().is_safe_attribute(obj, attr, value)

    def is_safe_callable(self, obj: Any) -> bool:
        module = getattr(obj, "__module__", "") or ""
        if isinstance(obj, Macro) or module.startswith("jinja2."):
            return True
        if module == __name__:
            return super().is_safe_callable(obj)
        return isinstance(getattr(obj, "__self__", None), _PLAIN) and super().is_safe_callable(obj)

    def fragment(self, document: PlannedDocument, context: dict[str, Any], record: Record) -> str:
        """Render a document's own template with what has been answered in it."""
        answers = record.standing()

        def recorded(name: str) -> Answer | None:
            return answers.get(f"{document.id}.{name}")

        def came_from(answer: Answer) -> str:
            return record.came(answer.source).file or f"return {answer.source}"

        self.reads = set()
        functions = {"recorded": recorded, "came_from": came_from}
        return _ENDS.sub(r"\1", self.run(f"templates/{document.spec.template}", context | functions))

    def run(self, name: str, context: dict[str, Any]) -> str:
        """Render a template; a mistake in it is told with its file and line."""
        try:
            return self.get_template(name).render(context)
        except jinja2.TemplateSyntaxError as error:
            raise mistake(
                self._place(error.name or name, error.lineno), error.message or "this cannot be read", "mend the template"
            ) from None
        except jinja2.TemplateError as error:
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("templates/")]
            place = self._place(frames[-1].filename, frames[-1].lineno or 0) if frames else self._place(name, 0)
            raise mistake(place, str(error), "mend the template, or 'migpack eject' the shipped one again") from None

    def _place(self, name: str, line: int) -> Place:
        return Place(self._library.label(self._library.find(name)), line, 1 if line else 0)


def _model_paths(value: Any, path: str) -> Iterator[tuple[int, str]]:
    """Yield the key path of every part of the practice file, by identity."""
    dot = f"{path}." if path else ""
    if isinstance(value, BaseModel):
        yield id(value), path
        for key in type(value).model_fields:
            yield from _model_paths(getattr(value, key), f"{dot}{key}")
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _model_paths(entry, f"{dot}{key}")
    elif isinstance(value, tuple):
        for number, entry in enumerate(value):
            yield from _model_paths(entry, f"{dot}{number}")
