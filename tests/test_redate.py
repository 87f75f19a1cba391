"""Dates that move: what is shown before, what is written into the practice file, and that nothing else changes."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from migpack import yamlio
from migpack.changes.near import WITHIN, near_days
from migpack.changes.redate import Effect, effect, redated
from migpack.changes.screen import near_lines
from migpack.changes.wishes import read_wishes, wished
from migpack.check import check
from migpack.cli import main
from migpack.filters import short_day
from migpack.model import Case
from migpack.pack import full_plan
from migpack.parties import party_dates
from migpack.practice import PracticeFile
from migpack.problems import Mistakes, Weight
from migpack.values import Moment

SMALL = samples.SAMPLES["small"].read_text("utf-8")
PARTY = samples.MINIMAL + "third_parties:\n  - {name: Exampleton Pharmacy, kind: pharmacies}\n"
THURSDAYS = [dt.date(2027, 5, 6) + dt.timedelta(weeks=n) for n in range(20)]
ONE = ["--today", "2026-11-23", "--jobs", "1"]


@pytest.fixture
def small() -> Case:
    """The small sample."""
    return _base()


def run(*words: object) -> Result:
    """Run a command; a traceback fails the test."""
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


def moved(text: str, *words: str, issued: bool = True) -> str:
    """Return a practice file with these dates."""
    case = case_of(text)
    return redated(text, case, read_wishes(words, case, samples.TODAY), issued=issued)


def case_of(text: str) -> Case:
    """Return the case of another practice file, by the library that is read already."""
    base = _base()
    file, places = yamlio.to_model(yamlio.read_node(text, base.name), PracticeFile)
    return replace(base, file=file, places=places)


@cache
def _base() -> Case:
    return samples.case_of(samples.SAMPLES["small"])[0]


def effect_of(text: str, *words: str) -> Effect:
    """Return what new dates change."""
    old = case_of(text)
    wishes = read_wishes(words, old, samples.TODAY)
    return effect(old, case_of(redated(text, old, wishes, issued=False)), wishes, samples.TODAY)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("go_live", "'go_live' is not a milestone with a date — write for example go_live=2027-03-16"),
        ("go_live=", "'go_live=' is not a milestone with a date"),
        ("go_liv=2027-07-01", "'go_liv' is not a milestone of this practice — did you mean 'go_live'?"),
        ("go_live=2027-13-01", "go_live: there is no such day as 1 13 2027"),
        ("go_live=Friday 1 July 2027", "go_live: 1 July 2027 is a Thursday, not a Friday"),
        ("go_live=soon", "go_live: 'soon' is not a date — write for example '2027-03-04'"),
        ("kick_off=1 week after ordre", "kick_off: 'ordre' is not a milestone of this practice — did you mean 'order'?"),
    ],
)
def test_a_date_that_cannot_be_read_is_one_plain_line(small: Case, word: str, says: str) -> None:
    with pytest.raises(Mistakes) as found:
        read_wishes([word], small, samples.TODAY)
    assert str(found.value).startswith(f"command line: {says}")


def test_all_wrong_words_are_told_at_once_and_a_milestone_twice_is_one_of_them(small: Case) -> None:
    with pytest.raises(Mistakes) as found:
        read_wishes(["go_live=2027-07-01", "go_live=2027-07-02", "kick_of=2027-01-01", "order"], small, samples.TODAY)
    assert [problem.what for problem in found.value.problems] == [
        "'go_live' stands here twice",
        "'kick_of' is not a milestone of this practice",
        "'order' is not a milestone with a date",
    ]


def test_what_has_happened_cannot_be_moved() -> None:
    text = SMALL.replace("dates:\n", "dates:\n  order: {actual: 2026-11-20}\n")
    with pytest.raises(Mistakes, match=r"practice.yaml:\d+:\d+: 'order' has happened, on 2026-11-20"):
        read_wishes(["order=2026-12-01"], case_of(text), samples.TODAY)


def test_the_day_that_was_issued_stays_as_baseline_and_the_hour_stays() -> None:
    after = moved(SMALL, "go_live=2027-07-01")
    assert "  go_live: {baseline: Thursday 24 June 2027 8am, forecast: Thursday 1 July 2027 8am}\n" in after
    again = moved(after, "go_live=2027-07-08 7:30am")
    assert 'go_live: {baseline: Thursday 24 June 2027 8am, forecast: "Thursday 8 July 2027 7:30am"}' in again
    date = case_of(again).file.dates["go_live"]
    assert (date.baseline, date.now) == (Moment(dt.date(2027, 6, 24), dt.time(8)), Moment(dt.date(2027, 7, 8), dt.time(7, 30)))


def test_before_anything_is_issued_a_date_is_replaced_and_a_new_one_is_added() -> None:
    after = moved(SMALL, "go_live=2027-07-01", "kick_off=1 week after order", issued=False)
    assert "  go_live: Thursday 1 July 2027 8am\n" in after
    assert "  kick_off: 1 week after order\n" in after
    assert "baseline" not in after


def test_a_mapping_keeps_its_other_keys() -> None:
    text = SMALL.replace("Thursday 24 June 2027 8am", "{baseline: 2027-05-06, forecast: 2027-06-24}  # agreed in the ICB")
    assert "go_live: {baseline: 2027-05-06, forecast: 2027-07-01}  # agreed in the ICB\n" in moved(text, "go_live=2027-07-01")
    assert "go_live: 2027-05-06  # agreed in the ICB\n" in moved(text, "go_live=2027-05-06")
    own = SMALL.replace("Thursday 24 June 2027 8am", "Thu 24 Jun 2027 at 8am")
    assert moved(moved(own, "go_live=2027-07-01"), "go_live=2027-06-24") == own  # word for word as it was written first


@given(st.sampled_from(THURSDAYS), st.sampled_from(THURSDAYS), st.booleans(), st.booleans())
@settings(max_examples=40)
def test_there_and_back_is_the_same_file_and_no_other_line_is_touched(day: dt.date, extract: dt.date, issued: bool, windows: bool) -> None:
    text = SMALL.replace("\n", "\r\n") if windows else SMALL
    there = moved(text, f"go_live={day}", f"final_extract={extract}", issued=issued)
    lines = [(old, new) for old, new in zip(text.splitlines(True), there.splitlines(True), strict=True) if old != new]
    assert all(old.lstrip().startswith(("go_live:", "final_extract:")) for old, _ in lines)
    assert all(old.partition("#")[1:] == new.partition("#")[1:] for old, new in lines)
    back = moved(there, "go_live=2027-06-24", "final_extract=2027-06-17", issued=issued)
    assert back == text


def test_the_effect_names_each_day_the_rule_that_moves_it_and_what_stays() -> None:
    found = effect_of(SMALL, "go_live=2027-07-01")
    days = {one.id: one for one in found.milestones}
    assert (days["go_live"].days, days["go_live"].why) == (7, "")
    assert (days["order"].days, days["order"].why) == (7, "migration_length before go_live")
    assert "final_extract" not in days
    assert {milestone.id for milestone in found.stay} == {"final_extract", "log_off"}
    assert {one.id for one in found.parties} >= {"exampleton_pharmacy.on"}
    assert found.tasks
    assert [str(one) for one in found.named] == [
        f"{samples.SAMPLES['small']}:76:16: should: prescribing.running_out names 24 June, which was the day of go_live — "
        "change the text if it means that day"
    ]


def test_rules_newly_broken_and_no_longer_broken_are_told() -> None:
    weekend = effect_of(SMALL, "go_live=2027-07-10")
    assert {"R-39", "D-04"} <= {problem.rule for problem in weekend.problems}
    text = moved(SMALL, "go_live=2027-07-10", issued=False)
    back = effect_of(text, "go_live=2027-06-24")
    assert {"R-39", "D-04"} <= {problem.rule for problem in back.settled}
    assert not back.problems


def test_an_approval_that_the_new_day_undoes_is_named(small: Case) -> None:
    code = full_plan(small).approval_codes["business_case"]
    text = SMALL + f"\napprovals:\n  business_case: {{by: Kit Example, on: 2026-11-01, code: {code}}}\n"
    assert effect_of(text, "go_live=2027-07-01").lapsed == ("business_case",)
    assert effect_of(text, "kick_off=2027-03-29").lapsed == ()


def test_dates_that_contradict_each_other_are_refused_with_near_days(tmp_path: Path) -> None:
    path = samples.written(tmp_path, SMALL)
    result = run("redate", path, "go_live=2027-06-16", "--yes", "--out", tmp_path / "out", *ONE)
    assert result.exit_code == 1
    assert "final_extract is Thu 17 Jun 2027 but go_live is Wed 16 Jun 2027" in result.output
    assert "nearest days after it that break no must: Fri 18 Jun 2027" in result.output
    assert path.read_text("utf-8") == SMALL
    assert [file.name for file in tmp_path.iterdir()] == ["practice.yaml"]


@given(st.dates(dt.date(2027, 5, 1), dt.date(2027, 12, 31)))
@settings(max_examples=5)
def test_near_days_are_worked_days_that_break_no_must_nearest_first(day: dt.date) -> None:
    case = case_of(samples.MINIMAL)
    wishes = read_wishes([f"go_live={day}"], case, samples.TODAY)
    near = near_days(case, wishes, samples.TODAY)
    assert near
    assert [abs((one.day - day).days) for one in near] == sorted(abs((one.day - day).days) for one in near)
    assert all(abs((one.day - day).days) <= WITHIN for one in near)
    for one in near[:6]:
        plan = full_plan(wished(case, read_wishes([f"go_live={one.day}"], case, samples.TODAY)))
        found = check(plan.case, plan.milestones, party_dates(plan.parties), samples.TODAY)
        assert not [problem for problem in found if problem.weight in (Weight.MISTAKE, Weight.MUST)]
        assert {broken.id for broken in plan.broken} == set(one.shoulds)


def test_where_another_given_day_is_in_the_way_it_is_named_with_the_day_that_would_do() -> None:
    text = SMALL.replace("  order_by: Thursday 10 June 2027 ", "  #order_by: Thursday 10 June 2027 ")
    found = effect_of(text, "go_live=2027-09-09")  # the file keeps the final extract in June
    assert found.near == ()
    before, after = found.with_others
    assert [other.id for other in before.others] == [other.id for other in after.others] == ["final_extract", "log_off"]
    assert before.day <= dt.date(2027, 9, 9) < after.day
    days = [f"{other.id}={other.day}" for other in after.others]
    line = list(near_lines(found.near, found.with_others, Moment(dt.date(2027, 9, 9))))[-1]
    assert line == f"{short_day(after.day)} would break no must if you moved as well: {', '.join(days)}"
    together = effect_of(text, f"go_live={after.day}", *days)
    assert after.day in [one.day for one in together.near] and after.day not in [one.day for one in together.with_others]
    # The last day for orders is a given day too, and no rule says when it would be.
    (late, *_) = effect_of(SMALL, "go_live=2027-09-09").with_others
    assert [(other.id, bool(other.day)) for other in late.others] == [
        ("final_extract", True),
        ("log_off", True),
        ("prescribing.order_by", False),
    ]


def test_a_day_that_has_passed_is_no_forecast(small: Case) -> None:
    with pytest.raises(Mistakes, match=r"command line: go_live: Thu 19 Nov 2026 has passed — .* actual: 2026-11-19 under go_live"):
        read_wishes(["go_live=2026-11-19"], small, samples.TODAY)
    assert read_wishes([f"go_live={samples.TODAY}"], small, samples.TODAY)


def test_nothing_is_written_before_somebody_said_yes(tmp_path: Path) -> None:
    path = samples.written(tmp_path, samples.with_only(SMALL, "calendar"))
    before = path.read_bytes()
    for words, says in ((["--dry-run"], "Days that move"), ([], "nothing was written; add --yes")):
        result = run("redate", path, "go_live=2027-07-01", *words, "--out", tmp_path / "out", *ONE)
        assert result.exit_code == 0
        assert says in result.output
        assert path.read_bytes() == before
        assert not (tmp_path / "out").exists()
    assert "nothing was changed" in run("redate", path, "go_live=2027-06-24", "--yes", "--out", tmp_path / "out", *ONE).output
    assert not (tmp_path / "out").exists()


def test_yes_writes_the_file_and_builds_and_a_build_that_fails_leaves_the_file(tmp_path: Path) -> None:
    path = samples.written(tmp_path, samples.with_only(SMALL, "calendar"))
    path.chmod(0o640)
    before = path.read_bytes()
    samples.written(tmp_path, "in the way", "file")
    failed = run("redate", path, "go_live=2027-07-01", "--yes", "--out", tmp_path / "file", *ONE)
    assert (failed.exit_code, path.read_bytes()) == (1, before)
    done = run("redate", path, "go_live=2027-07-01", "--yes", "--out", tmp_path / "out", *ONE)
    assert done.exit_code == 0
    assert "go_live: Thursday 1 July 2027 8am" in path.read_text("utf-8")
    assert path.stat().st_mode & 0o777 == 0o640
    calendar = (tmp_path / "out" / "mill-lane-surgery" / "1-plan" / "calendar.ics").read_text("utf-8")
    assert "DTSTART;VALUE=DATE:20270701" in calendar
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "out", "practice.yaml"]


@pytest.mark.parametrize("issue_first", [False, True])
def test_there_and_back_gives_the_same_pack_byte_for_byte(tmp_path: Path, issue_first: bool) -> None:
    text = samples.with_only(PARTY, "overview", "calendar", "tracker", "notice", "delay_notice", "what_changed")
    path = samples.written(tmp_path, text)
    out = ["--out", tmp_path / "out"]
    assert run("build", path, *out, *ONE).exit_code == 0
    if issue_first:
        assert run("issue", path, *out, "--today", "2026-11-23").exit_code == 0
        assert run("build", path, *out, *ONE).exit_code == 0
    first = _files(tmp_path / "out" / "corner-surgery")
    for day in ("2027-06-17", "2027-06-10"):
        assert run("redate", path, f"go_live={day}", "--yes", *out, *ONE).exit_code == 0
        there = _files(tmp_path / "out" / "corner-surgery")
        apart = {name for name in first if first[name] != there[name]}
        assert first.keys() == there.keys()
        assert ("1-plan/tracker.xlsx" in apart) is (day == "2027-06-17")
    assert path.read_text("utf-8") == text
    # The forms of earlier builds stay known, since their sheets are still on desks.
    assert apart == {"1-plan/calendar.ics", "forms.json", "manifest.json"}
    assert json.loads(first["forms.json"]).items() <= json.loads(there["forms.json"]).items()
    held, now = json.loads(first["manifest.json"]), json.loads(there["manifest.json"])
    files, calendar = now.pop("files"), now.pop("calendar")
    assert {event[0] for event in calendar.values()} == {2}  # every event moved twice
    assert {name for name, entry in held.pop("files").items() if entry != files[name]} == {"1-plan/calendar.ics", "forms.json"}
    held.pop("calendar")
    assert held == now


def _files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
