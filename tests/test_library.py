"""Layers: an area's and a practice's own content over the shipped one, and nothing from outside them."""

from __future__ import annotations

from pathlib import Path

import pytest

import samples
from migpack.library import Library
from migpack.load import load, read_content
from migpack.problems import Mistakes


def test_an_entry_of_a_later_layer_changes_only_what_it_says(tmp_path: Path) -> None:
    area = tmp_path / "area"
    samples.written(area / "checklists", "roles:\n  - id: icb\n    title: Our ICB lead\n", "roles.yaml")
    shipped, ours = read_content(Library.of(None)), read_content(Library.of(None, (area,)))
    assert ours.roles["icb"].title == "Our ICB lead"
    assert ours.roles["icb"].organisation == shipped.roles["icb"].organisation
    assert ours.roles["practice_manager"] == shipped.roles["practice_manager"]
    assert list(ours.roles) == list(shipped.roles)


def test_the_practice_comes_after_the_area(tmp_path: Path) -> None:
    area, own = tmp_path / "area", tmp_path / "own"
    samples.written(area / "checklists", "roles: [{id: icb, title: Area}]\n", "roles.yaml")
    samples.written(own / "checklists", "roles: [{id: icb, title: Own}]\n", "roles.yaml")
    assert load(samples.written(own, samples.MINIMAL), Library.of(own, (area,))).content.roles["icb"].title == "Own"


def test_a_new_entry_is_added_and_its_place_is_known(tmp_path: Path) -> None:
    entry = (
        "{id: agenda, title: Agenda, folder: 1-plan, name: agenda, template: plan/agenda.html, formats: [pdf], audience: staff, about: x}"
    )
    text = f"documents:\n  - {entry}\n"
    samples.written(tmp_path / "templates", text, "catalogue.yaml")
    content = read_content(Library.of(tmp_path))
    assert content.catalogue.documents[-1].id == "agenda"
    place = content.places[f"templates/catalogue.yaml.documents.{len(content.catalogue.documents) - 1}"]
    assert place.file.endswith("catalogue.yaml") and place.line == 2


def test_a_mistake_in_a_library_file_is_told_with_its_place(tmp_path: Path) -> None:
    samples.written(tmp_path / "checklists", "roles:\n  - id: icb\n    titel: x\n", "roles.yaml")
    with pytest.raises(Mistakes, match=r"roles.yaml:3:5: 'titel' is not a key .* did you mean 'title'"):
        read_content(Library.of(tmp_path))


def test_an_id_that_nothing_defines_is_told_with_its_place(tmp_path: Path) -> None:
    text = "milestones:\n  - id: kick_off\n    owner: project_boss\n    when: 1 week after ordr\n"
    samples.written(tmp_path / "checklists", text, "timeline.yaml")
    with pytest.raises(Mistakes) as error:
        read_content(Library.of(tmp_path))
    assert "timeline.yaml:3:12: owner: no owner is called 'project_boss'" in str(error.value)
    assert "no anchor is called 'ordr' — did you mean 'order'?" in str(error.value)


def test_a_circle_made_by_a_library_is_told_as_the_chain(tmp_path: Path) -> None:
    samples.written(tmp_path / "checklists", "milestones: [{id: order, when: 1 week before kick_off}]\n", "timeline.yaml")
    with pytest.raises(Mistakes, match="order → kick_off → order"):
        samples.prepared(samples.written(tmp_path, samples.MINIMAL))


@pytest.mark.parametrize("name", ["../secret.txt", "templates/../../secret.txt", "/etc/hostname", "secret.txt", "templates/link.html"])
def test_nothing_outside_the_layers_can_be_read(tmp_path: Path, name: str) -> None:
    own = tmp_path / "own"
    (own / "templates").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (own / "templates" / "link.html").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(Mistakes, match="no such file in the library"):
        Library.of(own).read(name)


def test_an_area_folder_without_content_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match="holds neither templates/ nor checklists/"):
        Library.of(None, (tmp_path,))


def test_every_numbered_entry_of_the_domain_has_its_place() -> None:
    content = read_content(Library.of(None))
    milestones = {rule.ref for rule in content.timeline.milestones}
    assert {f"M{n:02}" for n in range(1, 46)} <= milestones
    carried = {rule.id for rule in content.timeline.rules}
    left_out = {entry.id for entry in content.timeline.not_carried}
    assert {f"R-{n:02}" for n in range(1, 53)} <= carried | left_out
    assert not carried & left_out
    assert {f"A{n}" for n in range(1, 35)} == {activity.ref for activity in content.activities}
    assert {f"T{n:02}" for n in range(1, 21)} <= {kind.ref[:3] for kind in content.party_kinds.kinds}
    assert [activity.page for activity in content.activities] == [True] * 13 + [False] * 21
