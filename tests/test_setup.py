"""What make sets up: every package pinned, no host named, every target explained."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def lock_lines() -> list[str]:
    lines = (ROOT / ".ci/requirements.lock").read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def needed(requirements: list[str], extras: frozenset[str] = frozenset(), seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the names of all packages that these requirements bring with them here, and theirs."""
    for text in requirements:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras or {""}):
            continue
        yield name
        if name not in seen:
            yield from needed(metadata.requires(name) or [], frozenset(requirement.extras), seen | {name})


def test_every_package_is_pinned_to_one_version_without_naming_a_host():
    names = [canonicalize_name(line.partition("==")[0]) for line in lock_lines()]
    assert len(names) == len(set(names)) > 50
    assert [line for line in lock_lines() if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_the_lock_covers_all_that_migpack_and_its_tests_need():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = set(needed([*project["dependencies"], *project["optional-dependencies"]["dev"]]))
    locked = {canonicalize_name(line.partition("==")[0]) for line in lock_lines()}
    assert wanted - locked == set()


@pytest.mark.parametrize("file", ["Makefile", "tests/setup.sh", ".ci/run", ".ci/requirements.lock", "pyproject.toml"])
def test_setting_up_names_no_package_index_and_no_machine(file):
    text = (ROOT / file).read_text("utf-8")
    assert re.findall(r"https?://\S+|index-url|find-links|/(?:home|root|work)/\S*", text) == []


def test_make_explains_every_target():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE) == phony[1].split()
