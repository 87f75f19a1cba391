"""Files in, one well-formed `Case` out: the practice file, the library's content, and what follows from both.

Every id is checked here, so that no later stage asks whether something is known. Reads files; never the clock.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from migpack import content, yamlio
from migpack.library import Library
from migpack.mailings import Mailings
from migpack.model import Case, Content, Input, SettingValue
from migpack.phrases import Length
from migpack.practice import PracticeFile, System
from migpack.problems import Mistakes, Place, mistake
from migpack.record import NAME as RECORD
from migpack.record import Record
from migpack.references import dangling, unknown_ids
from migpack.workdays import WorkCalendar

_Model = TypeVar("_Model", bound=BaseModel)
_IMAGES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
MAX_LOGO_BYTES = 1_000_000
CHECKLISTS = ("practice_staff", "delivery_partner", "commissioner")
LISTS = "checklists/lists/"
MAX_RECORD_BYTES = 50_000_000


def load(path: Path, library: Library, data: bytes | None = None) -> Case:
    """Read a practice file and the library into a Case, as for the first issue of its pack.

    Args:
        path: the practice file.
        library: what it is planned by.
        data: what is to be read in place of the bytes of the file.

    Raises:
        Mistakes: all mistakes of the practice file, or all of the library.
    """
    data = read_bytes(path) if data is None else data
    node = yamlio.read_node(yamlio.decode(data, str(path)), str(path))
    file, places = yamlio.to_model(node, PracticeFile)
    known = read_content(library)
    problems = list(unknown_ids(file, known, places, str(path)))
    if problems:
        raise Mistakes(problems)
    settings = _settings(file, known)
    file = _with_known_systems(file, known)
    record, recorded = read_record(path.parent / RECORD, file.practice.ods_code)
    inputs = (Input(path.name, hashlib.sha256(data).hexdigest()), *recorded, *(Input(*pair) for pair in library.hashes()))
    return Case(
        file=file,
        name=str(path),
        places=places,
        content=known,
        traits=_traits(file, known, settings),
        settings=settings,
        calendar=WorkCalendar.of(file.practice.closed_days),
        logo=_logo(file, path, places),
        inputs=inputs,
        issue=1,
        issued={},
        record=record,
    )


def read_record(path: Path, practice: str) -> tuple[Record, tuple[Input, ...]]:
    """Return what has been answered so far, and the file that says so; nothing where there is no such file.

    Raises:
        Mistakes: the file cannot be read, or is another practice's.
    """
    if not path.is_file():
        return Record(practice=practice), ()
    data = read_bytes(path)
    node = yamlio.read_node(yamlio.decode(data, str(path), MAX_RECORD_BYTES), str(path))
    record, places = yamlio.to_model(node, Record)
    if record.practice != practice:
        raise mistake(
            places.get("practice", Place(str(path))),
            f"this is the record of {record.practice or 'no practice'}, not of {practice}",
            "move it away, or back to the folder of its practice",
        )
    return record, (Input(path.name, hashlib.sha256(data).hexdigest()),)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; what stands in the way is one clear mistake."""
    if path.is_dir():
        raise mistake(Place(str(path)), "this is a folder", f"name the practice file in it, for example '{path / 'practice.yaml'}'")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise mistake(Place(str(path)), "there is no such file", "check the name, or make one with 'migpack new FOLDER'") from None
    except OSError as error:
        raise mistake(Place(str(path)), f"the file cannot be read ({error.strerror})", "check who may read it") from None


def read_content(library: Library) -> Content:
    """Read every content file of the library, each layer laid over the one before.

    Raises:
        Mistakes: all mistakes of the first file that cannot be read, or all ids that nothing defines.
    """
    nodes: dict[str, yamlio.Node] = {}
    checklists = tuple(read_part(library, f"checklists/{name}.yaml", content.Checklist, nodes) for name in CHECKLISTS)
    found = Content(
        timeline=read_part(library, "checklists/timeline.yaml", content.Timeline, nodes),
        roles=_by_id(read_part(library, "checklists/roles.yaml", content.Roles, nodes).roles),
        traits=_by_id(read_part(library, "checklists/traits.yaml", content.Traits, nodes).traits),
        systems=_by_id(read_part(library, "checklists/systems.yaml", content.KnownSystems, nodes).systems),
        sources=_by_id(read_part(library, "checklists/sources.yaml", content.Sources, nodes).sources),
        checklists=checklists,
        activities=read_part(library, "checklists/cutover_activities.yaml", content.Activities, nodes).activities,
        cutover=read_part(library, "checklists/cutover.yaml", content.CutoverContent, nodes),
        party_kinds=read_part(library, "checklists/third_parties.yaml", content.PartyKinds, nodes),
        business_case=read_part(library, "checklists/business_case.yaml", content.BusinessCaseContent, nodes),
        data_checks=read_part(library, "checklists/data_checks.yaml", content.DataChecks, nodes),
        messages=read_part(library, "checklists/messages.yaml", content.Messages, nodes),
        mailings=read_part(library, "checklists/mailings.yaml", Mailings, nodes),
        writing=read_part(library, "checklists/words.yaml", content.WritingRules, nodes),
        lists={name.rpartition("/")[2][:-5]: read_part(library, name, content.RowList, nodes) for name in _list_names(library)},
        catalogue=read_part(library, "templates/catalogue.yaml", content.Catalogue, nodes),
        places=yamlio.Places(nodes),
    )
    if problems := list(dangling(found)):
        raise Mistakes(problems)
    return found


def read_part(library: Library, name: str, model: type[_Model], nodes: dict[str, yamlio.Node]) -> _Model:
    """Return one content file, its layers laid over one another, and note its nodes under its name.

    Raises:
        Mistakes: all mistakes of the file.
    """
    library.find(name)
    node: yamlio.Node | None = None
    for path in library.every(name):
        layer = yamlio.read_node(yamlio.decode(read_bytes(path), library.label(path)), library.label(path))
        node = yamlio.overlay(node, layer) if node else layer
    assert node is not None
    nodes[name] = node
    value, _ = yamlio.to_model(node, model)
    return value


def _list_names(library: Library) -> list[str]:
    return [name for name in library.names("checklists") if name.startswith(LISTS) and name.endswith(".yaml")]


def _by_id(entries: Iterable[Any]) -> dict[str, Any]:
    return {entry.id: entry for entry in entries}


def _settings(file: PracticeFile, known: Content) -> dict[str, SettingValue]:
    own = dict(file.settings)
    if file.systems.current.read_only_days is not None:
        own["read_only_access"] = Length(file.systems.current.read_only_days, "days")
    return {
        rule.id: SettingValue(
            rule.id, rule.title, own.get(rule.id, rule.default), rule.id in own, rule.source, rule.as_of, rule.ask, rule.note
        )
        for rule in known.timeline.settings
    }


def _with_known_systems(file: PracticeFile, known: Content) -> PracticeFile:
    """Fill in what everybody knows of a system that the practice names."""

    def filled(system: System) -> System:
        match = known_system(system.name, known.systems.values())
        if not match:
            return system
        return system.model_copy(
            update={"supplier": system.supplier or match.supplier, "patient_app": system.patient_app or match.patient_app or None}
        )

    systems = file.systems.model_copy(update={"current": filled(file.systems.current), "new": filled(file.systems.new)})
    named = file.practice.model_copy(update={"patient_name": file.practice.patient_name or file.practice.name})
    return file.model_copy(update={"systems": systems, "practice": named})


def known_system(name: str, systems: Iterable[content.KnownSystem]) -> content.KnownSystem | None:
    """Return the known clinical system that people mean by this name."""
    said = _folded(name)
    return next((s for s in systems if said in map(_folded, (s.id, s.name, s.first_mention, *s.also))), None)


def _folded(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _traits(file: PracticeFile, known: Content, settings: Mapping[str, SettingValue]) -> frozenset[str]:
    derived = {f"accounts_{file.systems.online_accounts}"}
    # A move to or from SystmOne changes the MESH mailbox (source MESH16), whatever people call the system.
    named = (known_system(system.name, known.systems.values()) for system in (file.systems.current, file.systems.new))
    if any(system and system.id == "systmone" for system in named):
        derived.add("tpp_move")
    if settings["cutover_length"].value.n == 0:
        derived.add("no_cutover_period")
    if file.practice.branches:
        derived.add("branch_site")
    return frozenset(derived.union(file.practice.traits))


def _logo(file: PracticeFile, path: Path, places: Mapping[str, Place]) -> str:
    """Return the practice's own logo as a data: URI, or ''."""
    if not file.letter.logo:
        return ""
    place, logo = places["letter.logo"], path.parent / file.letter.logo
    kind = _IMAGES.get(logo.suffix.lower())
    if not kind:
        raise mistake(place, f"letter.logo: '{file.letter.logo}' is not a PNG or JPEG file", "save the logo as PNG")
    if not logo.resolve().is_relative_to(path.parent.resolve()):
        raise mistake(place, "letter.logo: the file lies outside the folder of the practice file", "copy it into that folder")
    data = read_bytes(logo)
    if len(data) > MAX_LOGO_BYTES or not data.startswith((b"\x89PNG", b"\xff\xd8")):
        raise mistake(place, f"letter.logo: '{file.letter.logo}' is too large or not a picture", "save the logo as a PNG of at most 1 MB")
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
