"""A Plan in, an iCalendar file out: every milestone and task as an all-day event with an identity that never changes.

Lines end in CRLF and are folded; an all-day event ends on the day after. DTSTAMP comes from the plan, never the clock.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from migpack.model import Plan

DAY = dt.timedelta(days=1)


def write_calendar(plan: Plan) -> bytes:
    """Return the .ics file of a plan."""
    from icalendar import Calendar

    case = plan.case
    calendar = Calendar()
    calendar.add("prodid", "-//migpack//clinical system migration//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{case.file.practice.name}: change of clinical system (issue {case.issue})")
    roles = case.content.roles
    for milestone in sorted(plan.milestones.values(), key=lambda m: (m.date, m.id)):
        notes = [milestone.done_when, f"Owner: {roles[milestone.owner].title}."]
        if milestone.time:
            notes.append(f"Time: {milestone.time:%H:%M}{' (to be confirmed)' if milestone.assumed_time else ''}.")
        calendar.add_component(_event(plan, milestone.id, milestone.date, milestone.title, " ".join(notes), "Milestone"))
    for task in sorted(plan.tasks, key=lambda t: (t.due, t.id)):
        notes = [*task.steps, f"Owner: {roles[task.owner].title}.", f"Keep: {task.evidence}"]
        calendar.add_component(_event(plan, task.id.lower(), task.due, f"{task.id} {task.task}", "\n".join(notes), "Task"))
    return bytes(calendar.to_ical())


def _event(plan: Plan, id: str, day: dt.date, summary: str, notes: str, category: str) -> Any:
    from icalendar import Alarm, Event

    case = plan.case
    event = Event()
    event.add("uid", f"{case.file.practice.ods_code.lower()}.{id}@migpack.example")
    # A stamp that the inputs fix, so that the same plan gives the same bytes: the plan's first day.
    event.add("dtstamp", dt.datetime.combine(min(m.date for m in plan.milestones.values()), dt.time(), dt.UTC))
    event.add("sequence", case.issue - 1)
    event.add("dtstart", day)
    event.add("dtend", day + DAY)
    event.add("summary", summary)
    event.add("description", notes)
    event.add("categories", [category])
    event.add("transp", "TRANSPARENT")
    if category == "Milestone":
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", -DAY)
        alarm.add("description", summary)
        event.add_component(alarm)
    return event
