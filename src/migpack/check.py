"""A case and its dated milestones in, problems out: rules that span dates, feasibility, lapsed approvals.

Only dates that contradict each other are mistakes. A broken rule is a warning of its own weight that says whose rule
it is and which day would keep it; the practice may accept it. Pure: touches no file, clock, network or terminal.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from migpack.content import DayKind, OrderingRule
from migpack.model import Broken, Case, Milestone, SafeDate
from migpack.phrases import Avoid, Order, Rule
from migpack.problems import Problem, Weight
from migpack.timeline import length_of
from migpack.values import MONTHS, ODS_PRACTICE
from migpack.workdays import DAY, easter

Dates = Mapping[str, dt.date]


def check(case: Case, milestones: Mapping[str, Milestone], parties: Mapping[str, Dates], today: dt.date) -> tuple[Problem, ...]:
    """Return every problem of a practice's dates and facts.

    Args:
        case: the practice and the library.
        milestones: as `timeline.date_milestones` gives them.
        parties: for each third party's id its dates `off` and `on`.
        today: what lies before it is past.
    """
    broken = broken_rules(case, milestones, parties)
    return (
        *_contradictions(case, milestones),
        *(_broken_problem(case, entry) for entry in broken if not entry.accepted),
        *_needless(case, {entry.id for entry in broken}),
        *_late_steps(case, milestones),
        *_past(case, milestones, today),
        *_clocks(case, milestones),
        *_ordering(case, milestones),
        *_lapsed(case, milestones),
        *_odd_facts(case),
        *_own_form(case),
    )


def broken_rules(case: Case, milestones: Mapping[str, Milestone], parties: Mapping[str, Dates]) -> tuple[Broken, ...]:
    """Return every rule that the dates break, accepted or not."""
    dates = {id: milestone.date for id, milestone in milestones.items()}
    found: list[Broken] = []
    for rule in case.content.timeline.rules:
        if not rule.applies(case.traits):
            continue
        if rule.each:
            for party, own in parties.items():
                found += [b for phrase in rule.rules if (b := _judge(case, rule, phrase, {**dates, **own}, f"{party} "))]
        else:
            found += [b for phrase in rule.rules if (b := _judge(case, rule, phrase, dates, ""))]
    return tuple(found)


def safe_dates(case: Case, milestones: Mapping[str, Milestone]) -> tuple[SafeDate, ...]:
    """Return for each step of the critical path the latest day that still lets every later step take its least time."""
    latest: dict[str, SafeDate] = {}
    for step in reversed(case.content.timeline.path):
        if step.end not in milestones or step.start not in milestones:
            continue
        end = latest[step.end].latest if step.end in latest else milestones[step.end].date
        least = length_of(case, step.least)
        day = case.calendar.nearest_worked(case.calendar.step(end, least, -1), later=False)
        latest[step.start] = SafeDate(step.start, day, f"{least} to {milestones[step.end].title}", step.source)
    return tuple(reversed(latest.values()))


def window(case: Case, order: Order, anchor: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """Return the earliest and the latest day on which an order is kept; None where it sets no bound."""
    if order.sign == 0:
        return anchor, anchor
    near = far = None
    if order.least:
        near = case.calendar.step(anchor, length_of(case, order.least), order.sign)
    if order.most:
        far = case.calendar.step(anchor, length_of(case, order.most), order.sign)
    if order.least and order.most and near and far and (far - near).days * order.sign < 0:
        near, far = far, near
    near = near or (anchor + order.sign * DAY if order.strict else anchor)
    return (far, near) if order.sign < 0 else (near, far)


def day_kind(case: Case, kind: str, day: dt.date) -> str:
    """Return what makes this a day of that kind, in words, or ''."""
    calendar = case.calendar
    if kind == "bank_holiday":
        return calendar.bank_holiday(day)
    if kind == "weekend":
        return f"a {day:%A}" if day.weekday() >= 5 else ""
    if kind == "monday":
        return "a Monday" if day.weekday() == 0 else ""
    if kind == "closed_day":
        return "a day the practice is closed" if day in calendar.closed else ""
    if kind == "day_after_bank_holiday":
        before = day - DAY
        while before.weekday() >= 5 and not calendar.bank_holiday(before):
            before -= DAY
        return f"the working day after {calendar.bank_holiday(before)}" if calendar.is_worked(day) and calendar.bank_holiday(before) else ""
    found = next(entry for entry in case.content.timeline.days if entry.id == kind)
    return found.title if _in_range(found, day) else ""


def _in_range(kind: DayKind, day: dt.date) -> bool:
    if kind.easter_from is not None and kind.easter_to is not None:
        return kind.easter_from <= (day - easter(day.year)).days <= kind.easter_to
    start, end = _month_day(kind.start), _month_day(kind.end)
    now = (day.month, day.day)
    return start <= now <= end if start <= end else now >= start or now <= end


def _month_day(text: str) -> tuple[int, int]:
    day, month = text.split()
    return MONTHS.index(month) + 1, int(day)


def _judge(case: Case, rule: OrderingRule, phrase: Rule, dates: Dates, whose: str) -> Broken | None:
    """Return how the dates break one phrase, or None if they keep it or do not know its names."""
    date = dates.get(phrase.subject)
    if date is None:
        return None
    subject, accepted = whose + phrase.subject, case.file.accepted.get(rule.id)
    if isinstance(phrase, Avoid):
        last = dates.get(phrase.until, date) if phrase.until else date
        days = (date + n * DAY for n in range(max((last - date).days, 0) + 1))
        hit = next(((day, what) for day in days if (what := day_kind(case, phrase.kind, day))), None)
        if not hit:
            return None
        says = (
            f"{say_day(hit[0])} is {hit[1]}"
            if not phrase.until
            else f"{phrase.subject} to {phrase.until} ({say_day(date)} to {say_day(last)}) falls in {hit[1]}"
        )
        return Broken(rule, phrase, subject, date, says, f"{phrase.subject}: {_clear_day(case, phrase, dates)}", accepted)
    anchor = dates.get(phrase.anchor)
    if anchor is None:
        return None
    earliest, latest = window(case, phrase, anchor)
    if (earliest and date < earliest) or (latest and date > latest):
        early = bool(earliest and date < earliest)
        bound = (earliest if early else latest) or date
        gap, nearest = abs((date - bound).days), case.calendar.nearest_worked(bound, later=early)
        far = f"{gap} day{'s' * (gap != 1)} too {'early' if early else 'late'}"
        says = f"{subject} is {say_day(date)}, {far} ({phrase.anchor} is {say_day(anchor)})"
        return Broken(rule, phrase, subject, date, says, f"{phrase.subject}: {nearest} or {'later' if early else 'earlier'}", accepted)
    return None


def _clear_day(case: Case, phrase: Avoid, dates: Dates) -> str:
    """Return the nearest later day on which the subject keeps clear of that kind of day."""
    start = dates[phrase.subject]
    run = (dates[phrase.until] - start).days if phrase.until else 0
    for shift in range(1, 400):
        day = start + shift * DAY
        if all(not day_kind(case, phrase.kind, day + n * DAY) for n in range(run + 1)) and case.calendar.is_worked(day):
            return str(day)
    return "another day"


def say_day(day: dt.date) -> str:
    """Return 'Thu 4 Mar 2027', as messages for staff write a day."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def _contradictions(case: Case, milestones: Mapping[str, Milestone]) -> Iterator[Problem]:
    for phrase in case.content.timeline.necessary:
        if not {phrase.subject, phrase.anchor} <= case.file.dates.keys() & milestones.keys():
            continue
        subject, anchor = milestones[phrase.subject], milestones[phrase.anchor]
        earliest, latest = window(case, phrase, anchor.date)
        if (earliest and subject.date < earliest) or (latest and subject.date > latest):
            blamed = anchor if subject.id == "go_live" else subject
            way = "before" if phrase.sign < 0 else "after"
            yield Problem(
                case.place("dates", blamed.id),
                f"{subject.id} is {say_day(subject.date)} but {anchor.id} is {say_day(anchor.date)}",
                f"write dates in which {subject.id} comes {way} {anchor.id}{'' if phrase.strict else ', or falls on the same day'}",
            )


def _broken_problem(case: Case, broken: Broken) -> Problem:
    words = broken.subject.split()
    place = case.place("dates", words[-1])
    if len(words) == 2:
        ids = [party.id or "" for party in case.file.third_parties]
        place = case.place("third_parties", ids.index(words[0]) if words[0] in ids else 0, words[1])
    advice = f"write {broken.keep}, or accept it under accepted: {broken.id}"
    title = broken.rule.title.rstrip(".")
    return Problem(place, f"{title} ({broken.rule.whose}). {broken.says}", advice, Weight(broken.rule.weight), broken.id)


def _needless(case: Case, broken: set[str]) -> Iterator[Problem]:
    for id in sorted(case.file.accepted.keys() - broken):
        place = case.place("accepted", id)
        yield Problem(
            place, f"{id} is accepted as broken, but these dates keep it", f"take {id} out of accepted:", Weight.SHOULD, "needless"
        )


def _late_steps(case: Case, milestones: Mapping[str, Milestone]) -> Iterator[Problem]:
    for safe in safe_dates(case, milestones):
        milestone = milestones[safe.milestone]
        if milestone.date > safe.latest and not milestone.actual:
            yield Problem(
                case.place("dates", milestone.id),
                f"{milestone.title} is planned for {say_day(milestone.date)}, "
                f"but what follows needs it by {say_day(safe.latest)} ({safe.needs})",
                f"write {milestone.id}: {safe.latest} or earlier, or move go_live",
                Weight.MUST,
                "feasibility",
            )


def _past(case: Case, milestones: Mapping[str, Milestone], today: dt.date) -> Iterator[Problem]:
    past = [m.id for m in milestones.values() if m.date < today and not m.actual]
    if past:
        shown = ", ".join(past[:6]) + (f" and {len(past) - 6} more" if len(past) > 6 else "")
        what = f"{len(past)} milestone{'s' * (len(past) != 1)} lie before today with no date on which it happened: {shown}"
        yield Problem(
            case.place("dates"),
            what.replace(" 1 milestone lie", " 1 milestone lies"),
            f"write '{past[0]}: {{actual: …}}' for what is done, a later forecast for what is not",
            Weight.SHOULD,
            "late",
        )


def _clocks(case: Case, milestones: Mapping[str, Milestone]) -> Iterator[Problem]:
    """Find times on one day that run backwards, which a cutover within a day easily has."""
    extract, go_live = milestones["final_extract"], milestones["go_live"]
    if extract.date == go_live.date and extract.time and go_live.time and extract.time >= go_live.time:
        what = f"final_extract at {extract.time:%H:%M} is not before go_live at {go_live.time:%H:%M} on {say_day(go_live.date)}"
        yield Problem(case.place("dates", "go_live"), what, "write the time of each after its day, such as 18:30", Weight.MUST, "clock")


def _ordering(case: Case, milestones: Mapping[str, Milestone]) -> Iterator[Problem]:
    """Find a last day for ordering medicine that patients cannot keep, or that comes too late to be one."""
    day = case.file.prescribing.order_by if case.file.prescribing else None
    letter, extract = milestones["patient_letter"].date, milestones["final_extract"].date
    if day and not letter < day <= extract:
        what = f"patients are to order by {say_day(day)}, but their letter is dated {say_day(letter)} and cutover starts {say_day(extract)}"
        yield Problem(case.place("prescribing", "order_by"), what, "write a day between the two", Weight.MUST, "order-by")


def approval_codes(case: Case, milestones: Mapping[str, Milestone]) -> dict[str, str]:
    """Return for each approval the code of the facts it covers: it changes when they do.

    A fact is a path in the practice file, or 'dates.<milestone>' for a day of the plan.
    """
    codes = {}
    whole = case.file.model_dump(mode="json")
    for rule in case.content.catalogue.approvals:
        facts = {path: _fact(whole, milestones, path) for path in rule.covers}
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        codes[rule.id] = f"{digest[:4]}-{digest[4:8]}"
    return codes


def _fact(whole: dict[str, Any], milestones: Mapping[str, Milestone], path: str) -> Any:
    first, _, rest = path.partition(".")
    if first == "dates":
        return str(milestones[rest].date) if rest in milestones else None
    value: Any = whole
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _lapsed(case: Case, milestones: Mapping[str, Milestone]) -> Iterator[Problem]:
    codes = approval_codes(case, milestones)
    for id, approval in case.file.approvals.items():
        if approval.code != codes[id]:
            yield Problem(
                case.place("approvals", id, "code"),
                f"the approval '{id}' by {approval.by} has lapsed: it was given for {approval.code}, and what it covers is now {codes[id]}",
                f"have it approved again and write code: {codes[id]}",
                Weight.MUST,
                "approval",
            )


_TEN_DIGITS = re.compile(r"(?<!\d)(?<!\d )\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")


def _odd_facts(case: Case) -> Iterator[Problem]:
    ods = case.file.practice.ods_code
    place = case.place("practice", "ods_code")
    if ods[0] in "WSZ" and len(ods) == 6:
        yield Problem(
            place,
            f"ODS code {ods} looks like a practice outside England",
            "check it: every rule and form here is England's",
            Weight.MUST,
            "ods",
        )
    elif not ODS_PRACTICE.fullmatch(ods):
        yield Problem(
            place,
            f"ODS code {ods} has an unusual shape for a GP practice",
            "check it: most are a letter and 5 digits, such as A99998",
            Weight.SHOULD,
            "ods",
        )
    for path, where in case.places.items():
        text = case.written(path)
        for number in _TEN_DIGITS.findall(text):
            if is_nhs_number(number):
                yield Problem(
                    where,
                    f"{path} holds what looks like an NHS number",
                    "take it out: nothing about a patient belongs in this file",
                    Weight.MUST,
                    "patient-data",
                )
    length = case.settings["cutover_length"]
    if not length.given and "final_extract" not in case.file.dates:
        yield Problem(
            case.place("dates"),
            f"the cutover length is the default, {length.value} (source {length.source})",
            f"ask the {length.ask}, then write dates: final_extract, or settings: cutover_length",
            Weight.SHOULD,
            "default",
        )


def _own_form(case: Case) -> Iterator[Problem]:
    """Find an ICB that insists on a form which the library does not have."""
    has_one = any(spec.made_by == "word_form" and spec.applies(case.traits) for spec in case.content.catalogue.documents)
    if case.file.icb and case.file.icb.template_required and not has_one:
        yield Problem(
            case.place("icb", "template_required"),
            f"{case.file.icb.name} insists on its own template, and no document of the catalogue fills it in",
            "lay its .docx into templates/forms/ and give it an entry in templates/catalogue.yaml with made_by: word_form (see the README)",
            Weight.SHOULD,
            "own-form",
        )


def is_nhs_number(text: str) -> bool:
    """Say whether ten digits carry a right NHS check digit (modulus 11) and are not all the same."""
    digits = [int(char) for char in text if char.isdigit()]
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    check = 11 - sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check % 11 == digits[9] and check != 10
