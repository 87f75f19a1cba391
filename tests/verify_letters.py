"""Lay out a seeded random sample of recipients both ways, poured and in full, and compare: pixels, words, structure and places of letters.

Over all letters, styles and profiles of a sample practice: `make verify-letters`. Also reads each address back by its position and looks
for ink outside the areas of the profile. Prints how many letters went through full layout anyway; any difference fails.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from letter_pairs import differences, ink_outside, lines_in, page_differences, pages_of
from migpack.letters.press import Press
from migpack.letters.profiles import Box, Profile, read_profiles
from migpack.letters.recipients import Recipient
from migpack.library import Library
from migpack.load import load
from migpack.pack import plan_only
from people import recipients
from samples import SAMPLES, TODAY

STYLES = ("house", "large_print")
NEW = {"new_day": "Monday 5 July 2027", "new_time": "4:10pm"}


def main() -> None:
    """Compare, and say what differs."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sample", default="rich", choices=SAMPLES, help="the sample practice")
    options.add_argument("--each", type=int, default=4, help="letters of each kind, style and profile")
    options.add_argument("--seed", type=int, default=int(time.strftime("%Y%m%d")), help="the same seed draws the same recipients")
    options.add_argument("--only", default="", help="one letter, such as letter_repeats")
    chosen = options.parse_args()
    library = Library.of(SAMPLES[chosen.sample].parent)
    plan = plan_only(load(SAMPLES[chosen.sample], library), TODAY)
    letters = [d.spec.id for d in plan.every_document if d.style == "mail_merge" and chosen.only in ("", d.spec.id)]
    in_house = {d.spec.id for d in plan.every_document if d.style == "house"}
    draw, counts, failed = random.Random(chosen.seed), Counter[str](), 0
    print(f"seed {chosen.seed}: {len(letters)} letters, {len(STYLES)} styles, {chosen.each} recipients of each in each profile")
    for letter in letters:
        for style in STYLES if letter in in_house else STYLES[1:]:
            for profile in read_profiles(library).values():
                press = Press(plan, library, TODAY, letter=letter, style=style, profile=profile)
                drawn = recipients(chosen.each, draw.randrange(10**9), letter=letter, style=style)
                for what in compare(press, profile, [replace(one, values={**one.values, **NEW}) for one in drawn], counts):
                    failed += 1
                    print(f"  {letter}, {style}, {profile.id}: {what}")
        print(f"{letter}: {counts['compared']} letters compared so far, {failed} differences", flush=True)
    share = counts["in full"] / max(1, counts["poured"] + counts["in full"])
    print(f"{counts['compared']} letters are the same both ways, {failed} differences; {counts['left out']} left out with a reason")
    print(f"{share:.2%} of the letters went through full layout")
    sys.exit(1 if failed else 0)


def compare(press: Press, profile: Profile, people: Sequence[Recipient], counts: Counter[str]) -> Iterator[str]:
    """Yield in what letters differ from full layout, or break the rules of their profile."""
    out = {problem.row for problem in press.problems(people)}
    kept = [person for person in people if person.row not in out]
    counts["left out"] += len(out)
    if not kept:
        return
    packed, joined = io.BytesIO(), io.BytesIO()
    press.separate(kept, packed)
    counts["in full"] += press.slow
    firsts = press.merged([person for person in kept for _ in (0, 1)], joined)  # twice, since a layout that one letter has is not shared
    counts["in full"] += press.slow // 2
    counts["poured"] += 2 * len(kept) - press.slow // 2
    sheets, archive = pages_of(joined.getvalue()), zipfile.ZipFile(packed)
    for number, person in enumerate(kept):
        full, poured = press.full(person), archive.read(f"{number + 1:06}.pdf")
        yield from (f"row {person.row}: {what}" for what in differences(poured, full))
        for sheet, expected in zip(sheets[firsts[2 * number] - 1 :], pages_of(full), strict=False):
            yield from (f"row {person.row}, print file: {what}" for what in page_differences(sheet, expected, in_order=False))
        yield from (f"row {person.row}: {what}" for what in outside(poured, profile, person))
        counts["compared"] += 1


def outside(data: bytes, profile: Profile, person: Recipient) -> Iterator[str]:
    """Yield where a letter breaks the rules of its profile."""
    first, *later = pages_of(data)
    for sheet in later:
        if found := ink_outside(sheet, [sides(profile.ink)]):
            yield f"ink outside, at {found}"
    if not (profile.window and profile.quiet and profile.letterhead and profile.sender and profile.body):
        if found := ink_outside(first, [sides(profile.ink)]):
            yield f"ink outside, at {found}"
        return
    below = (profile.ink.left, profile.body, profile.ink.right, profile.ink.bottom)
    if found := ink_outside(first, [sides(profile.window), sides(profile.letterhead), sides(profile.sender), below]):
        yield f"ink outside the areas of page 1, at {found}"
    shown = whole(lines_in(first, sides(profile.quiet)), person.address)
    if list(filter(reads_as_drawn, person.address)) != list(filter(reads_as_drawn, shown)):
        yield "the address in the window is not the row's"


def whole(shown: Sequence[str], address: Sequence[str]) -> list[str]:
    """Return the lines of a window, those joined that one line of the address is drawn on."""
    found: list[str] = []
    for line in shown:
        longer = f"{found[-1]} {line}" if found else line
        if found and any(f"{one} ".startswith(f"{longer} ") for one in address):
            found[-1] = longer
        else:
            found.append(line)
    return found


def reads_as_drawn(line: str) -> bool:
    """Say whether letters are read in the order in which they are drawn; that the others are full layout's is compared elsewhere."""
    text = unicodedata.normalize("NFC", line)
    return not any(unicodedata.bidirectional(letter) in ("R", "AL") or unicodedata.category(letter).startswith("M") for letter in text)


def sides(box: Box) -> tuple[float, float, float, float]:
    """Return a box as left, top, right, bottom."""
    return box.left, box.top, box.right, box.bottom


if __name__ == "__main__":
    main()
