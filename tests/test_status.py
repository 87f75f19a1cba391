"""What the record tells: each task in one state, who said so, what does not count, and how the command ends."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import records
import samples
from migpack.model import Plan
from migpack.pack import plan_only, prepare
from migpack.plan import Wanted
from migpack.record import Record, Signature
from migpack.status import STATES, Status, TaskStatus, make_status
from migpack.write.tracker_fields import STATUSES
from records import MARCH, answer, came, record
from test_cli import run

TASK = "P-EP-03"  # due on 29 April 2027
DUE = dt.date(2027, 4, 29)
NAME = "checklist.practice_staff.p-ep-03"
DAY = dt.timedelta(days=1)


@cache
def plan() -> Plan:
    """The plan of the small sample."""
    return plan_only(samples.case_of(samples.SAMPLES["small"])[0], samples.TODAY)


def status(held: Record, today: dt.date = MARCH) -> Status:
    """Return the status of the small sample with a record."""
    return make_status(replace(plan(), case=replace(plan().case, record=held)), today)


def one(held: Record, today: dt.date = MARCH, id: str = TASK) -> TaskStatus:
    """Return the status of one task."""
    return next(entry for entry in status(held, today).tasks if entry.task.id == id)


@pytest.mark.parametrize(
    ("today", "said", "state", "late"),
    [
        (DUE - 7 * DAY, "", "unanswered", False),
        (DUE - 6 * DAY, "", "due_this_week", False),
        (DUE, "", "due_this_week", False),
        (DUE + DAY, "", "overdue", True),
        (DUE - 7 * DAY, "Not started", "unanswered", False),
        (DUE - 7 * DAY, "In progress", "in_progress", False),
        (DUE, "In progress", "due_this_week", False),
        (DUE + DAY, "In progress", "overdue", True),
        (DUE, "Blocked", "blocked", False),
        (DUE + DAY, "Blocked", "blocked", True),
        (DUE + DAY, "Done", "done", False),
        (DUE + DAY, "Not applicable", "not_applicable", False),
    ],
)
def test_a_task_is_in_the_state_that_its_day_and_the_tracker_give(today: dt.date, said: str, state: str, late: bool) -> None:
    held = record({f"{NAME}.status": answer(said)} if said else {})
    found = one(held, today)
    assert found.task.due == DUE
    assert (found.state, found.late, found.said) == (state, late, said)


def test_every_status_of_the_tracker_is_understood() -> None:
    states = {said: one(record({f"{NAME}.status": answer(said)})).state for said in STATUSES}
    assert states == {
        "Not started": "unanswered",
        "In progress": "in_progress",
        "Done": "done",
        "Blocked": "blocked",
        "Not applicable": "not_applicable",
    }


def test_a_done_task_tells_who_when_and_from_which_return() -> None:
    held = record(
        {
            f"{NAME}.done": answer("yes", "r2", by="Sam Example"),
            f"{NAME}.on": answer("26 February 2027", "r2"),
            f"{NAME}.by": answer("SE", "r2"),
            f"{NAME}.note": answer("Filed with the contract", "r2"),
        },
        came("r2", "checklist signed.pdf"),
    )
    found = one(held)
    assert (found.state, found.by, found.on, found.source) == ("done", "SE", dt.date(2027, 2, 26), "r2")
    assert (found.file, found.note, found.role, found.person) == (
        "checklist signed.pdf",
        "Filed with the contract",
        "Practice manager",
        "Sam Example",
    )


def test_a_day_that_cannot_be_read_leaves_the_day_of_the_return() -> None:
    assert one(record({f"{NAME}.done": answer("yes"), f"{NAME}.on": answer("last week")})).on == MARCH


@pytest.mark.parametrize(
    ("tick", "tracker", "state"),
    [
        (answer("yes", "r1", MARCH), answer("Blocked", "r2", MARCH + DAY), "blocked"),
        (answer("yes", "r2", MARCH + DAY), answer("Blocked", "r1", MARCH), "done"),
        (answer("no", "r2", MARCH + DAY), answer("Done", "r1", MARCH), "unanswered"),
        (answer("yes", "r1", MARCH), answer("In progress", "r2", MARCH), "in_progress"),  # one day: what was read later
        (answer("yes", "r2", MARCH), answer("In progress", "r1", MARCH), "done"),
        (answer("yes", "r2", MARCH + DAY, confirmed=False), answer("Blocked", "r1", MARCH), "blocked"),
    ],
)
def test_of_tick_and_tracker_the_later_answer_counts(tick: object, tracker: object, state: str) -> None:
    held = record({f"{NAME}.done": tick, f"{NAME}.status": tracker}, came("r1"), came("r2"))  # type: ignore[dict-item]
    assert one(held).state == state


def test_an_answer_on_which_people_disagree_is_shown_and_does_not_count() -> None:
    both = (answer("yes", "r1", MARCH, "Ann"), answer("no", "r2", MARCH + DAY, "Ben"))
    held = record({f"{NAME}.done": both})
    assert (one(held).state, one(held).said, one(held).contested) == ("unanswered", "", True)
    [conflict] = status(held).conflicts
    assert (conflict.field, [(told.value, told.by) for told in conflict.answers]) == (f"{NAME}.done", [("yes", "Ann"), ("no", "Ben")])
    settled = record({f"{NAME}.done": (*both, answer("yes", "r3", MARCH + 2 * DAY, "Sam", settles=True))})
    assert (one(settled).state, one(settled).by, one(settled).contested) == ("done", "Sam", False)


def test_an_older_word_of_the_tracker_does_not_decide_a_later_disagreement() -> None:
    both = (answer("yes", "r1", MARCH, "Ann"), answer("no", "r2", MARCH + DAY, "Ben"))
    older = record({f"{NAME}.done": both, f"{NAME}.status": answer("Done", "r0", MARCH - DAY)}, came("r0"))
    assert one(older).state == "unanswered"
    newer = record({f"{NAME}.done": both, f"{NAME}.status": answer("Done", "r3", MARCH + 2 * DAY)})
    assert (one(newer).state, one(newer).contested) == ("done", True)


def test_an_answer_that_nobody_has_confirmed_is_shown_and_does_not_count() -> None:
    held = record({f"{NAME}.done": answer("yes", "r1", confirmed=False)}, came("r1", "scan.pdf", medium="paper"))
    assert (one(held).state, one(held).to_confirm) == ("unanswered", True)
    [waiting] = status(held).to_confirm
    assert (waiting.field, waiting.answers[0].file) == (f"{NAME}.done", "scan.pdf")


def test_a_task_with_sub_items_is_what_its_own_tick_says() -> None:
    inner = [task for task in plan().tasks if task.parent == "P-ID-09"]
    assert inner
    ticks = {f"checklist.practice_staff.{task.id.lower()}.done": answer("yes") for task in inner}
    assert one(record(dict(ticks)), id="P-ID-09").state == "unanswered"
    assert one(record({"checklist.practice_staff.p-id-09.done": answer("yes")}), id=inner[0].id).state == "unanswered"


def test_milestones_have_happened_or_lie_ahead() -> None:
    found = status(record({}))
    assert {m.id for m in found.happened} == {m.id for m in plan().milestones.values() if m.actual}
    assert len(found.happened) + len(found.ahead) == len(plan().milestones)


PLAN = "cutover_plan"


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({}, ""),
        ({"yes": "yes"}, "yes"),
        ({"no": "yes"}, "no"),
        ({"yes": "yes", "no": "yes"}, "both"),
        ({"yes": "no"}, ""),
        ({"yes": "yes", "no": "no"}, "yes"),
    ],
)
def test_a_test_is_answered_by_one_ticked_box(answers: dict[str, str], says: str) -> None:
    held = {f"{PLAN}.g-01.{box}": answer(value, by="AE") for box, value in answers.items()}
    gate, _ = status(record({**held, f"{PLAN}.g-01.by": answer("AE")})).gates
    assert [test.answer for test in gate.tests if test.id == "G-01"] == [says]
    assert (gate.tests[0].by, gate.tests[0].on) == (("AE", MARCH) if says else ("", None))
    assert [len(gate.met), len(gate.refused)] == [says == "yes", says == "no"]
    assert len(gate.met) + len(gate.refused) + len(gate.open) == len(gate.tests)


def test_a_disputed_test_is_no_yes() -> None:
    both = (answer("yes", "r1", MARCH, "Ann"), answer("no", "r2", MARCH + DAY, "Ben"))
    gate, _ = status(record({f"{PLAN}.g-01.yes": both})).gates
    assert (gate.tests[0].answer, gate.met) == ("disputed", ())


def test_a_newer_answer_that_waits_takes_a_yes_back() -> None:
    held = record({f"{PLAN}.g-01.yes": answer("yes"), f"{PLAN}.g-01.no": answer("yes", "r2", MARCH + DAY, confirmed=False)})
    gate, _ = status(held).gates
    assert (gate.tests[0].answer, gate.met) == ("to_confirm", ())


def test_the_decision_and_its_signatures_are_told() -> None:
    signed = (
        Signature(field=f"{PLAN}.sign.fx.clinical_lead.signature", state="ink"),
        Signature(field=f"{PLAN}.sign.fx.practice_manager.signature", state="broken", by="Sam Example"),
        Signature(field=f"{PLAN}.sign.gl.clinical_lead.signature", state="intact"),
    )
    held = record(
        {
            f"{PLAN}.fx.decision": answer("wait"),
            f"{PLAN}.fx.at": answer("5pm"),
            f"{PLAN}.sign.fx.clinical_lead.name": answer("Dr Ada Example"),
            f"{PLAN}.sign.fx.project_manager.name": answer("Lee Sample"),
            "go_live_morning.open.paper": answer("yes"),
            "go_live_morning.cards.fault": answer("yes"),
        },
        came("r1", document=PLAN, signatures=signed),
    )
    found = status(held)
    extract, live = found.gates
    assert (extract.decision.words, extract.decision.at) == ("Wait", "5pm")
    assert extract.decision.signed == ("Dr Ada Example (by pen)", "Sam Example (digital, does not hold)")  # a printed name signs nothing
    assert (live.decision.words, live.decision.signed) == ("", ("name not read (digital)",))
    assert found.morning.decision.words == "Open on the printed lists and paper"
    assert [test.answer for test in found.morning.tests if test.id == "cards"] == ["no"]
    two = record({"go_live_morning.open.yes": answer("yes"), "go_live_morning.open.later": answer("yes")})
    assert status(two).morning.decision.words == ""
    both = (answer("yes", "r1", MARCH, "Ann"), answer("no", "r2", MARCH + DAY, "Ben"))
    disputed = record({"go_live_morning.open.paper": answer("yes"), "go_live_morning.open.yes": both})
    assert status(disputed).morning.decision.words == ""


def test_the_fields_that_the_status_reads_are_those_of_the_forms() -> None:
    case, library = samples.case_of(samples.SAMPLES["rich"])
    wanted = Wanted(only=frozenset({"checklist", PLAN, "go_live_morning"}))
    ready = prepare(case, library, samples.TODAY, wanted)
    fields = "".join(page.html for page in ready.pages)
    found = make_status(ready.plan, samples.TODAY)
    names = [f"{PLAN}.{test.id.lower()}.{end}" for gate in found.gates for test in gate.tests for end in ("yes", "no", "by")]
    names += [f"{PLAN}.{step}.{end}" for step in ("fx", "gl") for end in ("decision", "at", "why")]
    names += [f"{PLAN}.sign.{step}.clinical_lead.name" for step in ("fx", "gl")]
    names += [f"go_live_morning.{test.id}.{end}" for test in found.morning.tests for end in ("works", "fault")]
    names += [f"go_live_morning.open.{end}" for end in ("yes", "paper", "later", "faults", "again")]
    names += [f"checklist.{t.task.checklist}.{t.task.id.lower()}.{end}" for t in found.tasks for end in ("done", "on", "by", "note")]
    assert [name for name in names if f'name="{name}"' not in fields] == []
    asked = {one.id for one in case.content.cutover.go_no_go if one.applies(case.traits)}
    assert {test.id for gate in found.gates for test in gate.tests} == asked


def test_open_tasks_that_a_must_binds_stand_before_the_extract() -> None:
    open_before = status(record({})).before_extract
    assert TASK in {entry.task.id for entry in open_before}
    assert all(entry.task.due < plan().milestones["final_extract"].date for entry in open_before)
    assert TASK not in {entry.task.id for entry in status(record({f"{NAME}.done": answer("yes")})).before_extract}


_TASKS = st.sampled_from([f"checklist.{task.checklist}.{task.id.lower()}" for task in plan().tasks])
_DAYS = st.dates(dt.date(2026, 9, 1), dt.date(2027, 12, 31))
_SAID = st.one_of(
    st.tuples(st.just("done"), st.sampled_from(["yes", "no", ""])),
    st.tuples(st.just("status"), st.sampled_from([*STATUSES, "", "Finished"])),
)
_ANSWERS = st.lists(st.tuples(_TASKS, _SAID, _DAYS, st.sampled_from(["", "Ann", "Ben"]), st.booleans()), max_size=40)


@given(answers=_ANSWERS, today=_DAYS)
def test_states_partition_the_tasks_and_every_way_of_counting_has_the_same_total(
    answers: list[tuple[str, tuple[str, str], dt.date, str, bool]], today: dt.date
) -> None:
    histories: dict[str, tuple[object, ...]] = {}
    for n, (name, (kind, value), on, by, confirmed) in enumerate(answers):
        field = f"{name}.{kind}"
        histories[field] = (*histories.get(field, ()), answer(value, f"r{n}", on, by, confirmed=confirmed))
    found = status(record(histories), today)  # type: ignore[arg-type]
    parts = [found.of(state) for state in STATES]
    assert sorted(entry.task.id for part in parts for entry in part) == sorted(task.id for task in plan().tasks)
    for counts in (found.by_checklist, found.by_role, found.by_phase):
        assert sum(count.total for count in counts) == len(plan().tasks)
        assert sum((Counter(count.states) for count in counts), Counter()) == Counter(entry.state for entry in found.tasks)
    assert set(found.of("overdue")) <= set(found.late) <= set(found.of("overdue")) | set(found.of("blocked"))


def test_the_command_ends_with_one_when_something_is_overdue(tmp_path: Path) -> None:
    first = min(task.due for task in plan().tasks)
    path = records.practice_with(tmp_path, None)
    fine = run("status", path, "--today", str(first))
    assert (fine.exit_code, "nothing has come back yet" in fine.output) == (0, True)
    assert run("status", path, "--today", str(first + DAY)).exit_code == 1
    ids = [(task.checklist, task.id.lower()) for task in plan().tasks if task.due == first]
    done = record({f"checklist.{list}.{id}.status": answer("Done") for list, id in ids})
    closed = run("status", records.practice_with(tmp_path, done), "--today", str(first + DAY))
    assert (closed.exit_code, "nothing has come back" in closed.output) == (0, False)
    blocked = record({f"checklist.{list}.{id}.status": answer("Blocked") for list, id in ids})
    assert run("status", records.practice_with(tmp_path, blocked), "--today", str(first + DAY)).exit_code == 1


def test_the_command_shows_what_needs_somebody(tmp_path: Path) -> None:
    held = record(
        {
            f"{NAME}.done": (answer("yes", "r1", MARCH, "Ann"), answer("no", "r2", MARCH + DAY, "Ben")),
            "checklist.practice_staff.p-ep-02.status": answer("Blocked", "r3", by="Lee"),
            "checklist.practice_staff.p-ep-04.done": answer("yes", "r4", confirmed=False),
        },
        came("r3", "tracker March.xlsx", document="tracker", medium="tracker"),
    )
    path = records.practice_with(tmp_path, held)
    output = run("status", path, "--today", "2027-03-15").output
    for words in (
        "By role",
        "By phase",
        "Blocked: 1",
        "Lee, Mon 1 Mar 2027, tracker March.xlsx",
        f"{NAME}.done",
        "yes (Ann",
        "r4",
        "Go or no go",
    ):
        assert words in output
    assert "J-GL-28" not in output
    assert "J-GL-28" in run("status", path, "--today", "2027-03-15", "--all").output


def test_json_holds_everything(tmp_path: Path) -> None:
    held = record({f"{NAME}.done": answer("yes", by="SE")}, came("r1", "list.pdf"))
    result = run("status", records.practice_with(tmp_path, held), "--today", "2027-03-15", "--json")
    data = json.loads(result.output)
    assert result.exit_code == (1 if data["late"] else 0)
    assert len(data["tasks"]) == len(plan().tasks)
    [task] = [task for task in data["tasks"] if task["id"] == TASK]
    assert (task["state"], task["by"], task["on"], task["return"], task["file"]) == ("done", "SE", "2027-03-01", "r1", "list.pdf")
    assert task["evidence"] and task["person"] == "Sam Example"
    assert {gate["milestone"] for gate in data["go_no_go"]} == {"final_extract", "go_live"}


def overview(folder: Path, held: Record | None, today: dt.date) -> str:
    """Return the overview page of the small sample with a record."""
    case, library = samples.case_of(records.practice_with(folder, held))
    [page] = prepare(case, library, today, Wanted(only=frozenset({"overview"}))).pages
    return page.html


def test_the_overview_leaves_out_what_is_done_and_names_what_is_overdue(tmp_path: Path) -> None:
    words = next(task.task for task in plan().tasks if task.id == TASK)
    without = overview(tmp_path, None, DUE)
    assert 'id="status"' not in without and 'id="gates"' not in without and words in without
    done = overview(tmp_path, record({f"{NAME}.done": answer("yes")}), DUE)
    assert 'id="status"' in done and words not in done
    late = overview(tmp_path, record({f"{NAME}.status": answer("In progress", by="Lee")}), DUE + DAY)
    assert words in late.partition(">Overdue</h3>")[2].partition('id="timeline"')[0]
    assert "In progress, Lee, Mon 1 Mar 2027" in late


def test_the_overview_shows_go_or_no_go_when_it_is_near(tmp_path: Path) -> None:
    extract = plan().milestones["final_extract"].date
    held = record({f"{NAME}.done": answer("yes")})
    assert 'id="gates"' not in overview(tmp_path, held, extract - 29 * DAY)
    assert 'id="gates"' in overview(tmp_path, held, extract - 28 * DAY)
    answered = record({f"{PLAN}.g-01.no": answer("yes", by="AE")})
    assert "<strong>No:</strong>" in overview(tmp_path, answered, MARCH)


def test_folders_of_the_overview_have_titles_of_their_own(tmp_path: Path) -> None:
    html = overview(tmp_path, None, MARCH)
    titles = [part.partition(">")[2].partition("<")[0] for part in html.split('<h3 id="folder-')[1:]]
    assert "Patients: afterwards" in titles and "Afterwards" in titles
    assert len(titles) == len(set(titles))
    levels = [int(part[0]) for part in html.split("<h")[1:] if part[0].isdigit()]
    assert levels[0] == 1 and levels.count(1) == 1 and max(levels) == 3
    assert all(after - before <= 1 for before, after in pairwise(levels))
