"""Dates that follow from go-live: laws over many go-live days, and single cases."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from migpack.check import broken_rules, check, safe_dates
from migpack.model import Case, Milestone
from migpack.parties import party_dates, plan_parties
from migpack.practice import MilestoneDate
from migpack.problems import Mistakes, Weight
from migpack.timeline import date_milestones
from migpack.values import Moment
from migpack.workdays import WorkCalendar

WEEK = dt.timedelta(days=7)
go_lives = st.dates(dt.date(2026, 6, 1), dt.date(2029, 6, 1)).filter(WorkCalendar.of().is_worked)


@cache
def minimal() -> Case:
    """Return the case of a practice that gives only what must be given."""
    folder = Path(tempfile.mkdtemp(prefix="migpack-test-"))
    return samples.case_of(samples.written(folder, samples.MINIMAL, "minimal.yaml"))[0]


def going_live(day: dt.date, **dates: str) -> Case:
    """Return that case with another go-live day and some dates given."""
    given_dates = {"go_live": MilestoneDate(forecast=Moment(day))} | {id: MilestoneDate.model_validate(text) for id, text in dates.items()}
    return replace(minimal(), file=minimal().file.model_copy(update={"dates": given_dates}))


def in_calendar_units(case: Case, milestone: Milestone, milestones: dict[str, Milestone]) -> bool:
    """Say whether the whole way from go-live to a milestone is counted in days, weeks or months, not in working days."""
    while milestone.why:
        if "working" in milestone.why or "cutover_length" in milestone.why or "check_round" in milestone.why:
            return False
        milestone = milestones[milestone.why.split()[-1]]
    return True


@settings(max_examples=60)
@given(go_lives)
def test_a_week_later_moves_every_calendar_date_by_a_week(day: dt.date) -> None:
    case = going_live(day)
    now, later = date_milestones(case), date_milestones(going_live(day + WEEK))
    checked = [id for id, m in now.items() if in_calendar_units(case, m, now)]
    assert len(checked) > 12
    assert {id: later[id].unadjusted - now[id].unadjusted for id in checked} == dict.fromkeys(checked, WEEK)


@settings(max_examples=150)
@given(go_lives)
def test_the_default_plan_keeps_every_must_rule(day: dt.date) -> None:
    case = going_live(day)
    milestones = date_milestones(case)
    assert [b.says for b in broken_rules(case, milestones, {}) if b.rule.weight == "must"] == []
    assert all(milestones[safe.milestone].date <= safe.latest for safe in safe_dates(case, milestones))


@settings(max_examples=60)
@given(go_lives)
def test_worked_out_days_are_worked_unless_they_may_not_move(day: dt.date) -> None:
    case = going_live(day)
    shifts = {rule.id: rule.shift for rule in case.content.timeline.milestones}
    for milestone in date_milestones(case).values():
        if milestone.why and shifts[milestone.id] != "keep" and not milestone.why.startswith("on "):
            assert case.calendar.is_worked(milestone.date), milestone


def test_a_given_date_stands_and_what_hangs_on_it_follows() -> None:
    milestones = date_milestones(going_live(dt.date(2027, 6, 10), final_extract="2027-06-04 19:00"))
    extract = milestones["final_extract"]
    assert (extract.date, extract.time, extract.given, extract.assumed_time) == (dt.date(2027, 6, 4), dt.time(19), True, False)
    assert milestones["cutover_meeting"].date == dt.date(2027, 5, 7)
    assert milestones["go_live"].assumed_time


def test_what_happened_counts_before_what_was_expected() -> None:
    dates = {"order": MilestoneDate.model_validate({"baseline": "2027-03-01", "forecast": "2027-03-04", "actual": "2027-03-09"})}
    case = going_live(dt.date(2027, 6, 10))
    case = replace(case, file=case.file.model_copy(update={"dates": case.file.dates | dates}))
    order = date_milestones(case)["order"]
    assert (order.date, order.baseline, order.actual) == (dt.date(2027, 3, 9), dt.date(2027, 3, 1), dt.date(2027, 3, 9))


def found(case: Case, today: dt.date = samples.TODAY) -> dict[str, str]:
    """Return what `check` finds: rule id and message."""
    milestones = date_milestones(case)
    parties = party_dates(plan_parties(case, milestones))
    return {problem.rule: str(problem) for problem in check(case, milestones, parties, today)}


@pytest.mark.parametrize(
    ("dates", "rule", "says"),
    [
        ({"cutover_meeting": "2027-05-20"}, "R-21", "write cutover_meeting: 2027-05-06 or earlier, or accept it under accepted: R-21"),
        ({"extract_request": "2027-04-01"}, "R-07", "R-07"),
        ({"third_party_links_off": "2027-05-20"}, "C-09", "third_party_links_off is Thu 20 May 2027"),
        ({"final_extract": "2027-05-10"}, "R-39", "final_extract"),
        ({"initial_extract": "2027-05-31"}, "D-01", "is Spring Bank Holiday"),
        ({"extract_request": "2027-05-14", "order": "2027-05-14"}, "feasibility", "write extract_request"),
    ],
)
def test_a_broken_rule_says_whose_it_is_and_which_day_would_keep_it(dates: dict[str, str], rule: str, says: str) -> None:
    problems = found(going_live(dt.date(2027, 6, 10), **dates))
    assert rule in problems, problems
    assert says in problems[rule]


def test_a_broken_rule_is_no_mistake_and_an_accepted_one_is_silent(tmp_path: Path) -> None:
    text = samples.MINIMAL + "  cutover_meeting: 2027-05-20\n"
    assert any(p.rule == "R-21" and p.weight is Weight.MUST for p in samples.prepared(samples.written(tmp_path, text)).problems)
    accepted = text + "accepted:\n  R-21: {reason: The supplier could not come sooner., by: Sam Example, on: 2026-11-20}\n"
    ready = samples.prepared(samples.written(tmp_path, accepted))
    assert not any(p.rule == "R-21" for p in ready.problems)
    assert [b.accepted.by for b in ready.plan.broken if b.id == "R-21" and b.accepted] == ["Sam Example"]


def test_an_acceptance_that_nothing_needs_is_told(tmp_path: Path) -> None:
    text = samples.MINIMAL + "accepted:\n  R-21: {reason: None is needed., by: Sam Example, on: 2026-11-20}\n"
    assert "these dates keep it" in found(samples.case_of(samples.written(tmp_path, text))[0])["needless"]


def test_the_day_a_rule_names_does_keep_it() -> None:
    late = going_live(dt.date(2027, 6, 10), cutover_meeting="2027-05-20")
    broken = next(b for b in broken_rules(late, date_milestones(late), {}) if b.id == "R-21")
    mended = going_live(dt.date(2027, 6, 10), cutover_meeting=broken.keep.split()[1])
    assert "R-21" not in found(mended)


@pytest.mark.parametrize(
    ("day", "rule"),
    [
        ("2027-06-07", "D-03"),  # a Monday
        ("2027-06-01", "D-02"),  # the day after the spring bank holiday
        ("2027-03-31", "R-48"),  # QOF year end
        ("2026-12-29", "D-05"),  # Christmas weeks
        ("2027-04-01", "D-06"),  # Easter week
    ],
)
def test_days_to_avoid_are_warned_of(day: str, rule: str) -> None:
    assert rule in found(going_live(dt.date.fromisoformat(day)))


def test_past_milestones_are_one_warning_not_fifty() -> None:
    problems = found(going_live(dt.date(2027, 6, 10)), today=dt.date(2027, 5, 1))
    assert "with no date on which it happened" in problems["late"]


def test_no_cutover_period_puts_extract_and_go_live_on_one_day() -> None:
    case = minimal()
    zero = replace(case.settings["cutover_length"], value=replace(case.settings["cutover_length"].value, n=0), given=True)
    case = replace(case, settings={**case.settings, "cutover_length": zero}, traits=case.traits | {"no_cutover_period"})
    milestones = date_milestones(case)
    assert milestones["final_extract"].date == milestones["go_live"].date
    assert [b.id for b in broken_rules(case, milestones, {}) if b.rule.weight == "must"] == []


def test_dates_that_contradict_each_other_are_mistakes(tmp_path: Path) -> None:
    text = samples.MINIMAL + "  data_sign_off: 2027-03-01\n  initial_extract: 2027-04-01\n"
    with pytest.raises(Mistakes, match="data_sign_off is Mon 1 Mar 2027 but"):
        samples.prepared(samples.written(tmp_path, text))


def test_an_nhs_number_in_the_file_is_warned_of(tmp_path: Path) -> None:
    text = samples.MINIMAL + "third_parties:\n  - {name: Lab, notes: ask about 999 000 0018}\n"
    case = samples.case_of(samples.written(tmp_path, text))[0]
    assert "third_parties" in found(case)["patient-data"]


@pytest.mark.parametrize(("code", "rule"), [("W91001", "ods"), ("AB1", "ods"), ("A99998", "")])
def test_an_unusual_ods_code_is_warned_of_not_refused(tmp_path: Path, code: str, rule: str) -> None:
    case = samples.case_of(samples.written(tmp_path, samples.MINIMAL.replace("A99997", code)))[0]
    assert ("ods" in found(case)) == bool(rule)


def test_an_approval_lapses_when_what_it_covers_changes(tmp_path: Path) -> None:
    plan = samples.prepared(samples.written(tmp_path, samples.MINIMAL)).plan
    code = plan.approval_codes["business_case"]
    approved = samples.MINIMAL + f"approvals:\n  business_case: {{by: Kim Sample, on: 2026-11-01, code: {code}}}\n"
    assert "approval" not in found(samples.case_of(samples.written(tmp_path, approved))[0])
    moved = approved.replace("2027-06-10", "2027-06-17")
    assert "has lapsed" in found(samples.case_of(samples.written(tmp_path, moved))[0])["approval"]
