"""Where content is found: the shipped library, an area's own, and the folder of the practice file.

Names are relative with forward slashes, 'templates/…' or 'checklists/…'. A file of a later layer replaces the same
file of an earlier one; YAML entries are replaced by id. Never reads a file outside its layers.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from migpack.problems import Place, did_you_mean, mistake


def shipped() -> Path:
    """Return the folder that holds the shipped templates/ and checklists/: the package, or a source checkout."""
    package = Path(__file__).parent
    return package if (package / "templates").is_dir() else package.parents[1]


def sample() -> Path:
    """Return the practice file of an invented practice."""
    return shipped() / "templates" / "samples" / "small" / "practice.yaml"


@dataclass(frozen=True)
class Library:
    """Content folders, the shipped one first; each may hold templates/ and checklists/."""

    layers: tuple[Path, ...]

    @classmethod
    def of(cls, practice_folder: Path | None, areas: tuple[Path, ...] = ()) -> Library:
        """Return the layers shipped → area → practice.

        Raises:
            Mistakes: an area folder holds neither templates/ nor checklists/.
        """
        for area in areas:
            if not ((area / "templates").is_dir() or (area / "checklists").is_dir()):
                raise mistake(Place(str(area)), "this folder holds neither templates/ nor checklists/", "name the folder above them")
        own = (practice_folder,) if practice_folder else ()
        return cls((shipped(), *areas, *own))

    @cached_property
    def shipped_layer(self) -> Path:
        """The layer that came with the program."""
        return self.layers[0]

    @cached_property
    def _roots(self) -> tuple[Path, ...]:
        """Where the layers are in truth, links followed."""
        return tuple(layer.resolve() for layer in self.layers)

    def every(self, name: str) -> tuple[Path, ...]:
        """Return this file in each layer that has it, shipped first."""
        parts = PurePosixPath(name).parts
        if (
            not parts
            or parts[0] not in ("templates", "checklists")
            or ".." in parts
            or name.startswith("/")
            or "\\" in name
            or "\0" in name
        ):
            return ()
        found = []
        for layer, root in zip(self.layers, self._roots, strict=True):
            path = layer.joinpath(*parts)
            # A link that leads out of the layer is not part of it.
            if path.is_file() and path.resolve().is_relative_to(root):
                found.append(path)
        return tuple(found)

    def find(self, name: str) -> Path:
        """Return the file that counts: that of the last layer which has it."""
        found = self.every(name)
        if not found:
            raise mistake(Place(name), "there is no such file in the library", did_you_mean(name, self.names(name.partition("/")[0])))
        return found[-1]

    def read(self, name: str) -> bytes:
        """Return the bytes of the file that counts."""
        return self.find(name).read_bytes()

    def names(self, top: str) -> tuple[str, ...]:
        """Return the names of all text files below templates/ or checklists/, over all layers."""
        return tuple(sorted({name for layer in self.layers for name in _names(layer, top)}))

    def locate(self, quote: str) -> Place | None:
        """Return where words stand in the library, or as many of them as stand together; of the later layer where several have them."""
        words = quote.split()
        for count in sorted({len(words), 6, 4, 3}, reverse=True):
            for start in range(max(len(words) - count + 1, 0)):
                if found := self._line_of(" ".join(words[start : start + count])):
                    return found
        return None

    def _line_of(self, words: str) -> Place | None:
        for name, (text, starts) in self._texts.items():
            if (at := text.find(words)) >= 0:
                return Place(self.label(self.find(name)), bisect_right(starts, at), 1)
        return None

    @cached_property
    def _texts(self) -> dict[str, tuple[str, list[int]]]:
        """The words of each template and list, white space folded, and where in them each line starts."""
        return {
            name: _folded_lines(self.read(name).decode("utf-8", "replace"))
            for top in ("templates", "checklists")
            for name in self.names(top)
            if name.endswith((".html", ".yaml")) and "/samples/" not in name
        }

    def label(self, path: Path) -> str:
        """Return a short name for messages: relative to its layer for shipped files, else as the user knows it."""
        if path.is_relative_to(self.shipped_layer):
            return path.relative_to(self.shipped_layer).as_posix()
        return _relative(path)

    def hashes(self) -> Iterator[tuple[str, str]]:
        """Yield name and SHA-256 of every content file that counts."""
        for top in ("checklists", "templates"):
            for name in self.names(top):
                if "/samples/" not in name:
                    yield name, hashlib.sha256(self.read(name)).hexdigest()


def _folded_lines(text: str) -> tuple[str, list[int]]:
    """Return a text in which each run of white space is one space, and the offset at which each line starts."""
    folded, starts = "", []
    for line in text.split("\n"):
        starts.append(len(folded))
        if words := " ".join(line.split()):
            folded += words + " "
    return folded, starts


def _names(layer: Path, top: str) -> Iterator[str]:
    for path in sorted((layer / top).rglob("*")):
        if path.is_file() and not any(part.startswith((".", "__")) for part in path.relative_to(layer).parts):
            yield path.relative_to(layer).as_posix()


def _relative(path: Path) -> str:
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
