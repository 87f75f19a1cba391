"""Five facts in, a commented practice file out; the schema that editors check it by; shipped files copied to be changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migpack.library import Library
from migpack.load import read_content
from migpack.practice import PracticeFile
from migpack.problems import Mistakes, Place, Problem, did_you_mean, mistake
from migpack.values import read_moment, read_ods_code
from migpack.yamlio import quoted

QUESTIONS = {
    "name": "The practice's name",
    "ods_code": "Its ODS code",
    "current": "The clinical system you are leaving (for example EMIS Web)",
    "new": "The clinical system you are moving to (for example SystmOne)",
    "go_live": "The day you go live (for example 2027-06-10)",
}
_OPTIONS = {"name": "--name", "ods_code": "--ods-code", "current": "--current", "new": "--new", "go_live": "--go-live"}
SCHEMA = "practice.schema.json"


def write_starter(folder: Path, answers: Mapping[str, str]) -> Path:
    """Write practice.yaml and its schema into a folder and return the path of the file.

    Raises:
        Mistakes: a fact is missing or cannot be right, or the file is there already.
    """
    problems = [
        Problem(Place(_OPTIONS[key]), f"{question} is missing", f"give it as {_OPTIONS[key]}")
        for key, question in QUESTIONS.items()
        if not answers.get(key)
    ]
    for key, reader in (("ods_code", read_ods_code), ("go_live", read_moment)):
        try:
            if key in answers:
                reader(answers[key])
        except ValueError as error:
            what, _, write = str(error).partition(" \N{EM DASH} ")
            problems.append(Problem(Place(_OPTIONS[key]), what, write))
    if problems:
        raise Mistakes(problems)
    path = folder / "practice.yaml"
    if path.exists():
        raise mistake(Place(str(path)), "there is a practice file here already", "name another folder, or change that file")
    text = Library.of(None).read("templates/samples/starter.yaml").decode()
    for key, value in answers.items():
        text = text.replace(f"<<{key}>>", quoted(value))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SCHEMA).write_text(schema_text(), "utf-8")
        path.write_text(text, "utf-8")
    except OSError as error:
        raise mistake(Place(str(folder)), f"the folder cannot be written to ({error.strerror})", "name another folder") from None
    return path


def schema_text() -> str:
    """Return the JSON Schema of the practice file."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema", **PracticeFile.model_json_schema()}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def eject_file(library: Library, id: str, folder: Path) -> Path:
    """Copy the file behind a document id, or a library file by its name, into a practice's folder and return its path.

    Raises:
        Mistakes: nothing has this id or name, or the folder has such a file already.
    """
    catalogue = read_content(library).catalogue
    templates = {spec.id: f"templates/{spec.template}" for spec in catalogue.documents if spec.template}
    names = {name for top in ("checklists", "templates") for name in library.names(top) if "/samples/" not in name}
    by_stem = {Path(name).stem: name for name in sorted(names) if name.startswith("checklists/")}
    name = templates.get(id) or by_stem.get(id) or (id if id in names else "")
    if not name:
        raise mistake(Place(id), "no document, checklist or template has this name", did_you_mean(id, {*templates, *by_stem, *names}))
    target = folder / name
    if target.exists():
        raise mistake(Place(str(target)), "there is such a file already", "change that one, or move it away first")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(library.read(name))
    except OSError as error:
        raise mistake(Place(str(target)), f"the file cannot be written ({error.strerror})", "name another folder with --to") from None
    return target
