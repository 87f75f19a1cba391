"""The last build of a pack → files of it that are what this build would make again, so that only what changed is made.

The pack's own folder is the store: its manifest says what each file was made from and the file's hash. A file whose bytes do not have that
hash is never used. What a file is made from covers the page, the styles, the program and the engines, so another version makes
everything anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from migpack.library import Library
from migpack.manifest import Last, digest
from migpack.model import Artefact, Page

_ENGINES = ("weasyprint", "pydyf", "fonttools", "python-docx", "pypdf", "lxml", "segno")


@dataclass(frozen=True)
class Earlier:
    """What the last build left in a pack's folder."""

    folder: Path
    last: Last
    library: Library

    def made_from(self, page: Page, format: str, printed: Sequence[Page] = ()) -> str:
        """Return what a file is made from, as a hash; `printed` are the documents that a print pack joins."""
        told = [self._program, format, page.document.id, str(page.document.spec.fillable), str(page.draft)]
        for part in (page, *printed):
            told += [part.document.id, part.html, *part.running]
        return hashlib.sha256("\0".join(told).encode()).hexdigest()

    def find(self, made_from: str, path: str, document: str) -> Artefact | None:
        """Return the file that was made from the same, under the path it has now, or None."""
        for name, entry in self._by_origin.get(made_from, ()):
            try:
                data = (self.folder / name).read_bytes()
            except OSError:
                continue
            if digest(data) == entry.get("sha256"):
                return Artefact(path, data, document, int(str(entry.get("pages", 0))), made_from, reused=True)
        return None

    @cached_property
    def _by_origin(self) -> dict[str, list[tuple[str, dict[str, object]]]]:
        found: dict[str, list[tuple[str, dict[str, object]]]] = {}
        for name, entry in self.last.files.items():
            if origin := entry.get("made_from"):
                found.setdefault(str(origin), []).append((name, dict(entry)))
        return found

    @cached_property
    def _program(self) -> str:
        """What makes the files, as a hash: the styles, our own code and the engines' versions."""
        told = hashlib.sha256()
        for name in self.library.names("templates"):
            if name.startswith("templates/styles/"):
                told.update(name.encode() + self.library.read(name))
        for path in sorted(Path(__file__).parents[1].rglob("*.py")):
            told.update(path.name.encode() + path.read_bytes())
        for engine in _ENGINES:
            try:
                told.update(f"{engine} {version(engine)}".encode())
            except PackageNotFoundError:
                continue
        return told.hexdigest()
