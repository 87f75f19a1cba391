"""What the other content files name by id: sources, roles, traits and clinical systems."""

from __future__ import annotations

from typing import Literal

from migpack.content.base import Content
from migpack.values import Id, Line, Prose


class Source(Content):
    """Where a fact comes from: what it is, how far to trust it."""

    id: str
    title: Line
    where: Prose = ""
    published: str = ""
    trust: Prose = ""


class Sources(Content):
    """checklists/sources.yaml"""

    sources: tuple[Source, ...]


class Role(Content):
    """Somebody who can own a task; `organisation` says whose staff they are."""

    id: Id
    title: Line
    organisation: Literal["practice", "icb", "delivery_partner", "current_supplier", "new_supplier", "outside"]
    does: Prose = ""


class Roles(Content):
    """checklists/roles.yaml"""

    roles: tuple[Role, ...]


class Trait(Content):
    """Something true of a practice or of its move that changes what the pack holds."""

    id: Id
    title: Line
    means: Prose
    derived: bool = False


class Traits(Content):
    """checklists/traits.yaml"""

    traits: tuple[Trait, ...]


class KnownSystem(Content):
    """A clinical system as staff and as patients know it."""

    id: Id
    name: Line
    also: tuple[Line, ...] = ()
    supplier: Line
    first_mention: Line
    patient_app: Line = ""
    source: str
    note: Prose = ""


class KnownSystems(Content):
    """checklists/systems.yaml"""

    systems: tuple[KnownSystem, ...]
