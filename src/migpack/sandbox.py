"""Templates of the library in, HTML out: the sandbox that templates run in.

Autoescaped, strict about undefined names, and what a template may reach can only be read (`migpack.context` says what that is). A fact
that the practice has not given reads as a gap.
"""

from __future__ import annotations

import dataclasses
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jinja2
from jinja2.runtime import Macro
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel

from migpack import context as given
from migpack.filters import FILTERS, Gap
from migpack.library import Library
from migpack.model import Milestone, Party, PlannedDocument, Task
from migpack.practice import PracticeFile
from migpack.problems import Place, mistake
from migpack.record import Record

# White space before an end tag shows nowhere, but the layout engine breaks a line at it.
_ENDS = re.compile(r"\s+(</(?:p|h[1-4]|li|td|th|caption|span|strong)>)")
_PLAIN = (str, bytes, dict, list, tuple, frozenset, set, Mapping)


def key_paths(file: PracticeFile) -> dict[int, str]:
    """Return the key path of every part of the practice file, by identity."""
    return dict(_paths_below(file, ""))


class _Compiled(jinja2.BytecodeCache):
    """Templates compiled by any sandbox of this process: a run of letters renders the same ones in several."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


class Sandbox(SandboxedEnvironment):
    """The templates of a library, and the facts that they have read."""

    def __init__(self, library: Library, paths: Mapping[int, str]) -> None:
        """Take the library, and the key path of each part of the practice file (`key_paths`): gaps and facts read are named by it."""

        def load(name: str) -> tuple[str, str, Callable[[], bool]]:
            return library.read(name).decode("utf-8"), name, lambda: True

        super().__init__(
            loader=jinja2.FunctionLoader(load),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
            bytecode_cache=_COMPILED,
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
        if module == given.__name__:  # a question that templates may ask
            return super().is_safe_callable(obj)
        return isinstance(getattr(obj, "__self__", None), _PLAIN) and super().is_safe_callable(obj)

    def fragment(self, document: PlannedDocument, context: dict[str, Any], record: Record) -> str:
        """Render a document's own template with what has been answered in it."""
        self.reads = set()
        return self.body(f"templates/{document.spec.template}", context | given.answered(document, record))

    def body(self, name: str, context: dict[str, Any]) -> str:
        """Render a template that is set into a page."""
        return _ENDS.sub(r"\1", self.run(name, context))

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


def _paths_below(value: Any, path: str) -> Iterator[tuple[int, str]]:
    dot = f"{path}." if path else ""
    if isinstance(value, BaseModel):
        yield id(value), path
        for key in type(value).model_fields:
            yield from _paths_below(getattr(value, key), f"{dot}{key}")
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _paths_below(entry, f"{dot}{key}")
    elif isinstance(value, tuple):
        for number, entry in enumerate(value):
            yield from _paths_below(entry, f"{dot}{number}")
