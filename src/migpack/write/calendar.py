"""A Plan and the last calendar's events in, an iCalendar file out: every milestone and task as an all-day event that keeps its id.

Lines end in CRLF and are folded; an all-day event ends on the day after. DTSTAMP comes from the plan, never the clock. SEQUENCE rises
by one with every calendar in which the event says something else than before; an event that is no longer in the plan stays, called off.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from migpack.issued import CalendarEvent
from migpack.model import Plan

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class _Planned:
    """A milestone or a task as its event says it."""

    id: str
    day: dt.date
    summary: str
    notes: str
    category: str

    @property
    def said(self) -> str:
        return hashlib.sha256(f"{self.day}\0{self.summary}\0{self.notes}".encode()).hexdigest()[:16]


def follow(plan: Plan, last: Mapping[str, CalendarEvent]) -> dict[str, CalendarEvent]:
    """Return the events of this calendar by their ids, to be kept for the next one."""
    events = {}
    for one in _planned(plan):
        was = last.get(one.id)
        sequence = was.sequence + (was.said != one.said or was.gone) if was else 0
        events[one.id] = CalendarEvent(sequence, one.said, one.day, one.summary)
    for id, was in last.items():
        if id not in events:
            events[id] = was if was.gone else replace(was, sequence=was.sequence + 1, gone=True)
    return events


def write_calendar(plan: Plan, last: Mapping[str, CalendarEvent]) -> bytes:
    """Return the .ics file of a plan; `last` are the events of the calendar before it."""
    from icalendar import Calendar

    case, events = plan.case, follow(plan, last)
    calendar = Calendar()
    calendar.add("prodid", "-//migpack//clinical system migration//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{case.file.practice.name}: change of clinical system (issue {case.issue})")
    for one in _planned(plan):
        calendar.add_component(_event(plan, one, events[one.id].sequence))
    for id, event in sorted(events.items()):
        if event.gone:
            gone = _Planned(id, event.day, f"Cancelled: {event.summary}", "This is no longer in the plan.", "Cancelled")
            calendar.add_component(_event(plan, gone, event.sequence, status="CANCELLED"))
    return bytes(calendar.to_ical())


def _planned(plan: Plan) -> Iterator[_Planned]:
    roles = plan.case.content.roles
    for milestone in sorted(plan.milestones.values(), key=lambda m: (m.date, m.id)):
        notes = [milestone.done_when, f"Owner: {roles[milestone.owner].title}."]
        if milestone.time:
            notes.append(f"Time: {milestone.time:%H:%M}{' (to be confirmed)' if milestone.assumed_time else ''}.")
        yield _Planned(milestone.id, milestone.date, milestone.title, " ".join(notes), "Milestone")
    for task in sorted(plan.tasks, key=lambda t: (t.due, t.id)):
        steps = [*task.steps, f"Owner: {roles[task.owner].title}.", f"Keep: {task.evidence}"]
        yield _Planned(task.id.lower(), task.due, f"{task.id} {task.task}", "\n".join(steps), "Task")


def _event(plan: Plan, one: _Planned, sequence: int, status: str = "") -> Any:
    from icalendar import Alarm, Event

    event = Event()
    event.add("uid", f"{plan.case.file.practice.ods_code.lower()}.{one.id}@migpack.example")
    # A stamp that the inputs fix, so that the same plan gives the same bytes: the plan's first day.
    event.add("dtstamp", dt.datetime.combine(min(m.date for m in plan.milestones.values()), dt.time(), dt.UTC))
    event.add("sequence", sequence)
    if status:
        event.add("status", status)
    event.add("dtstart", one.day)
    event.add("dtend", one.day + DAY)
    event.add("summary", one.summary)
    event.add("description", one.notes)
    event.add("categories", [one.category])
    event.add("transp", "TRANSPARENT")
    if one.category == "Milestone":
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", -DAY)
        alarm.add("description", one.summary)
        event.add_component(alarm)
    return event
