"""A Plan in, Pages out: templates are rendered to HTML in the vocabulary of `migpack.blocks`.

Templates run in a sandbox (`migpack.sandbox`) and read what they are given (`migpack.context`). A fact that the practice has not given
prints as a marked gap.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from markupsafe import Markup

from migpack.compare import Changes
from migpack.context import Addressee, document_context, shared_context
from migpack.library import Library
from migpack.model import Page, Plan, PlannedDocument
from migpack.record import Record
from migpack.sandbox import Sandbox, key_paths

__all__ = [
    "Addressee", "PatientLetter", "form_code", "render", "render_changes", "render_emails", "render_form", "render_web_page", "spaced",
    "standing",
]  # fmt: skip

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for a digit


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
    sandbox = Sandbox(library, key_paths(plan.case.file))
    shared = shared_context(plan, today) | dict(more)
    return tuple(_page(sandbox, plan, shared, document) for document in documents if document.spec.template)


def render_web_page(plan: Plan, library: Library, today: dt.date, template: str, title: str, more: Mapping[str, Any]) -> str:
    """Return a web page that is no document of the pack: a template over the plan and what `more` holds."""
    sandbox = Sandbox(library, key_paths(plan.case.file))
    context = shared_context(plan, today) | dict(more) | {"document": {"title": title}}
    body = sandbox.body(f"templates/{template}", context)
    return sandbox.run("templates/parts/web.html", context | {"body": Markup(body)})


def render_emails(plan: Plan, library: Library, today: dt.date, each: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield an e-mail as an HTML page for each set of what the e-mail template may name beside the plan.

    Raises:
        Mistakes: the template has a mistake, with its file and line.
    """
    sandbox = Sandbox(library, key_paths(plan.case.file))
    shared = shared_context(plan, today)
    for more in each:
        yield sandbox.run("templates/emails/letter.html", shared | dict(more))


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
        self._sandbox = Sandbox(library, key_paths(plan.case.file) | {id(shaped): "letter"})
        shared = shared_context(plan, today)
        self._shared = shared | {"letter": shaped}
        self._as_issued = _page(self._sandbox, plan, shared, document).content_hash

    def page(self, addressee: Addressee) -> Page:
        """Return the letter to one patient; its issue and whether it is a draft are those of the pack's letter."""
        return _page(self._sandbox, self._plan, self._shared, self._document, addressee, self._as_issued)


def _page(
    sandbox: Sandbox,
    plan: Plan,
    shared: dict[str, Any],
    document: PlannedDocument,
    addressee: Addressee | None = None,
    as_issued: str = "",
) -> Page:
    context = shared | document_context(plan, document, addressee)
    fragment = sandbox.fragment(document, context, Record())
    reads = frozenset(sandbox.reads)
    content_hash = as_issued or hashlib.sha256(f"{document.title}\n{fragment}".encode()).hexdigest()
    version, draft = standing(plan, document, content_hash)
    if document.spec.fillable and any(name.startswith(f"{document.id}.") for name in plan.case.record.answers):
        fragment = sandbox.fragment(document, context, plan.case.record)
    practice = plan.case.file.practice
    patients = document.spec.audience == "patients"
    code = form_code(practice.ods_code, document.id, version, fragment) if document.spec.fillable else ""
    left = str(practice.patient_name) if patients else f"{document.id} \N{MIDDLE DOT} {practice.name} ({practice.ods_code})"
    running = left, f"{version} \N{MIDDLE DOT} {spaced(code)}" if code else version
    layout = "web" if document.spec.made_by == "overview" else "page"
    html = sandbox.run(
        f"templates/parts/{layout}.html",
        context | {"body": Markup(fragment), "version": version, "draft": draft, "running": running, "code": code},
    )
    return Page(document, html, version, running, draft, content_hash, code, reads)


def render_form(library: Library, document: PlannedDocument, context: Mapping[str, Any], name: str, ods_code: str) -> Page:
    """Return a form that stands outside any pack, of a practice with this name and ODS code, which may be ''.

    Raises:
        Mistakes: its template has a mistake, with its file and line.
    """
    sandbox, version = Sandbox(library, {}), "Issue 1"
    shared = {"document": document, "practice": {"name": name, "ods_code": ods_code}, "letter": {"profile": "plain"}, **context}
    fragment = sandbox.fragment(document, shared, Record())
    code = form_code(ods_code, document.id, version, fragment)
    whose = f"{document.id} \N{MIDDLE DOT} {name} ({ods_code})" if ods_code else document.id
    running = whose, f"{version} \N{MIDDLE DOT} {spaced(code)}"
    html = sandbox.run(
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
