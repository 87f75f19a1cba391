"""An area's own Word form → the same file with its slots filled and its identity in the properties.

The look is the form's: a value takes the formatting of what stood there. Parts in which nothing is filled keep their bytes.
A value is words and nothing else: it is never read for names again, and reaches the file as XML text. In a draft a missing fact
leaves a control's prompt, and prints elsewhere as a marked gap. An answer that people are to write leaves a control alone as well;
elsewhere it prints nothing.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from lxml import etree

from migpack.facts import Fact
from migpack.forms import WordForm, day_of, fitting
from migpack.model import Artefact
from migpack.practice import Practice
from migpack.slots import Slot, Spot, W, open_form
from migpack.vocabulary import printable
from migpack.write.word_properties import part_bytes, say_what_it_is
from migpack.write.zipped import rezip

_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
# What stands behind w:highlight in the properties of a run: the order is fixed.
_AFTER_HIGHLIGHT = frozenset(
    f"{W}{name}"
    for name in "u effect bdr shd fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath webHidden rPrChange".split()
)
# What a control keeps beside its value: the form of its paragraph, and ends of what reaches beyond it.
_STAYS = frozenset(f"{W}{name}" for name in "pPr bookmarkStart bookmarkEnd commentRangeStart commentRangeEnd permStart permEnd".split())
_PICTURE = re.compile(r"'([^']*)'|d{1,4}|M{1,4}|y{1,4}|[^dMy']+")
_SWITCH = re.compile(r'\\([*@bf])\s*(?:"([^"]*)"|(\S+))')


def write_form(form: WordForm, practice: Practice) -> Artefact:
    """Return the form filled in, as a .docx."""
    opened = open_form(form.data)
    spots = [spot for spot in opened.spots() if spot.slot.name in form.facts and spot.nodes]
    # Controls go last: what they hold is replaced as a whole.
    for spot in sorted(spots, key=lambda spot: spot.slot.is_control):
        _fill(spot, form.facts[spot.slot.name])
    changed = {name: part_bytes(opened.stories[name]) for name in {spot.part for spot in spots}}
    parts = say_what_it_is({**opened.parts, **changed}, form, practice)
    return Artefact(f"{form.document.path}.docx", rezip(_packed(parts)), form.document.id)


def _packed(parts: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return held.getvalue()


def _fill(spot: Spot, fact: Fact) -> None:
    value = fact.value and fitting(spot.slot, fact)
    if not spot.slot.is_control:
        shown = f"[to add: {fact.name}]" if fact.value is None else _switched(spot.slot.code, fact)
        (_fill_field if spot.slot.kind == "field" else _fill_marker)(spot, printable(shown), gap=fact.value is None)
    elif value and spot.slot.kind == "tick":
        _tick(spot.nodes[0], yes=value == "yes")
    elif value:
        _fill_control(spot.nodes[0], spot.slot, fact, printable(value))


def _fill_marker(spot: Spot, value: str, *, gap: bool) -> None:
    first, last = spot.nodes[0], spot.nodes[-1]
    before, after = (first.text or "")[: spot.start], (last.text or "")[spot.end :]
    _part(first)
    run = first.getparent()
    for node in spot.nodes[1:]:
        _say(node, "")
    if last is first:
        rest = etree.SubElement(_like(run), f"{W}t")
        run.addnext(rest.getparent())
        last = rest
    _say(first, before)
    _say(last, after)
    run.addnext(_run(run, value, gap=gap))
    _tidy([*spot.nodes, last])


def _fill_field(spot: Spot, value: str, *, gap: bool) -> None:
    first = spot.nodes[0]
    if first.tag == f"{W}fldSimple":
        look = next(first.iter(f"{W}r"), None)
        first.addprevious(_run(look, value, gap=gap))
        first.getparent().remove(first)
        return
    # The look is that of what the field shows; of a field that shows nothing, that of its beginning.
    shown = next((node for node in spot.nodes if node.tag == f"{W}t"), first)
    _part(shown)
    run = shown.getparent()
    run.addnext(_run(run, value, gap=gap))
    for node in spot.nodes:
        _say(node, "")
    _tidy(spot.nodes)


def _part(piece: Any) -> None:
    """Put what stands behind a piece of a run into a run of its own that looks the same."""
    behind = list(piece.itersiblings())
    if behind:
        run = piece.getparent()
        rest = _like(run)
        rest.extend(behind)
        run.addnext(rest)


def _tidy(pieces: Any) -> None:
    """Take out pieces that say nothing any more, and runs that hold nothing but their look."""
    for piece in pieces:
        run = piece.getparent()
        if run is None or (piece.tag == f"{W}t" and piece.text):
            continue
        run.remove(piece)
        if all(child.tag == f"{W}rPr" for child in run) and run.getparent() is not None:
            run.getparent().remove(run)


def _like(run: Any) -> Any:
    """Return an empty run with the look of another."""
    made = etree.Element(f"{W}r")
    if run is not None and (look := run.find(f"{W}rPr")) is not None:
        made.append(deepcopy(look))
    return made


def _run(like: Any, value: str, *, gap: bool = False) -> Any:
    """Return a run of words that looks like another; a gap is marked."""
    made = _like(like)
    if like is not None and _leave_prompt(like):
        _drop_prompt_look(made)
    if gap:
        _mark(made)
    for n, line in enumerate(value.split("\n")):
        if n:
            etree.SubElement(made, f"{W}br")
        for m, words in enumerate(line.split("\t")):
            if m:
                etree.SubElement(made, f"{W}tab")
            _say(etree.SubElement(made, f"{W}t"), words)
    return made


def _say(text: Any, words: str) -> None:
    if text.tag == f"{W}t":
        text.text = words
        text.set(_XML_SPACE, "preserve")


def _mark(run: Any) -> None:
    look = run.find(f"{W}rPr")
    if look is None:
        look = etree.Element(f"{W}rPr")
        run.insert(0, look)
    for old in look.findall(f"{W}highlight"):
        look.remove(old)
    at = next((n for n, child in enumerate(look) if child.tag in _AFTER_HIGHLIGHT), len(look))
    look.insert(at, etree.Element(f"{W}highlight", {f"{W}val": "yellow"}))


def _leave_prompt(run: Any) -> bool:
    """Say whether a run stood in the prompt of a control, which is no prompt from now on."""
    prompts = [mark for control in run.iterancestors(f"{W}sdt") for mark in control.findall(f"{W}sdtPr/{W}showingPlcHdr")]
    for mark in prompts:
        mark.getparent().remove(mark)
    return bool(prompts)


def _drop_prompt_look(run: Any) -> None:
    look = run.find(f"{W}rPr")
    for style in [] if look is None else look.findall(f"{W}rStyle"):
        look.remove(style)


def _fill_control(control: Any, slot: Slot, fact: Fact, value: str) -> None:
    properties, content = control.find(f"{W}sdtPr"), control.find(f"{W}sdtContent")
    shown = next((text.getparent() for text in content.iter(f"{W}t")), None)
    if slot.kind == "date":
        value = _set_day(properties, fact) or value
    if slot.kind in ("list", "combo"):
        _set_choice(properties, slot, value)
    if "\n" in value and (plain := properties.find(f"{W}text")) is not None:
        plain.set(f"{W}multiLine", "1")
    # A prompt has a look of its own; what is to stand in its place may have one in the properties.
    is_prompt = properties.find(f"{W}showingPlcHdr") is not None
    like = properties if (is_prompt or shown is None) and properties.find(f"{W}rPr") is not None else shown
    made = _run(like, value)
    _unbind(properties)
    _put(content, made)


def _put(content: Any, run: Any) -> None:
    """Make a run all that a control holds: in its first paragraph where it holds paragraphs, straight inside where it stands in a line."""
    paragraphs = content.findall(f"{W}p") or content.findall(f"{W}tc/{W}p")
    holder = paragraphs[0] if paragraphs else content
    for other in paragraphs[1:]:
        other.getparent().remove(other)
    old = [child for child in holder if child.tag not in _STAYS]
    holder.insert(holder.index(old[0]) if old else len(holder), run)
    for child in old:
        holder.remove(child)


def _unbind(properties: Any) -> None:
    """Cut a control off from its prompt and from the data store, whose value Word would show instead."""
    for node in list(properties):
        if isinstance(node.tag, str) and etree.QName(node).localname in ("showingPlcHdr", "dataBinding"):
            properties.remove(node)


def _set_day(properties: Any, fact: Fact) -> str:
    """Write the day of a date control, and return it in the control's own form; '' where the fact is no day."""
    date, day = properties.find(f"{W}date"), day_of(fact)
    if not day:
        return ""
    date.set(f"{W}fullDate", f"{day:%Y-%m-%d}T00:00:00Z")
    picture = date.find(f"{W}dateFormat")
    return _pictured(picture.get(f"{W}val", ""), day) if picture is not None else ""


def _set_choice(properties: Any, slot: Slot, text: str) -> None:
    listed = next(node for node in properties if node.tag in (f"{W}dropDownList", f"{W}comboBox"))
    if chosen := next((value for value, shown in slot.choices if shown == text), ""):
        listed.set(f"{W}lastValue", chosen)


def _tick(control: Any, *, yes: bool) -> None:
    properties, content = control.find(f"{W}sdtPr"), control.find(f"{W}sdtContent")
    box = next(node for node in properties if isinstance(node.tag, str) and etree.QName(node).localname == "checkbox")
    own = f"{{{etree.QName(box).namespace}}}"
    state = box.find(f"{own}checked")
    if state is None:
        state = etree.Element(f"{own}checked")
        box.insert(0, state)
    state.set(f"{own}val", "1" if yes else "0")
    shape = box.find(f"{own}checkedState" if yes else f"{own}uncheckedState")
    code = shape.get(f"{own}val", "") if shape is not None else ""
    code, font = code or ("2612" if yes else "2610"), shape.get(f"{own}font", "") if shape is not None else ""
    for sign in content.iter(f"{W}t", f"{W}sym"):
        if sign.tag == f"{W}sym":
            sign.set(f"{W}char", code)
            sign.set(f"{W}font", font or sign.get(f"{W}font", ""))
        else:
            _say(sign, chr(int(code, 16)))
        break
    _unbind(properties)


def _switched(code: str, fact: Fact) -> str:
    """Return a fact as a merge field's switches ask: a picture of a day, capitals, words before and after that fall away with it."""
    switches = {mark: quoted or bare for mark, quoted, bare in _SWITCH.findall(code)}
    value, day = fact.value or "", fact.day
    if day and "@" in switches:
        value = _pictured(switches["@"], day)
    value = {"upper": value.upper(), "lower": value.lower()}.get(switches.get("*", "").lower(), value)
    return f"{switches.get('b', '')}{value}{switches.get('f', '')}" if value else ""


def _pictured(picture: str, day: dt.date) -> str:
    """Return a day as a picture of Word's says: 'dd/MM/yyyy', 'dddd d MMMM yyyy'. Other letters stand as they are."""
    said = {
        "d": f"{day.day}", "dd": f"{day:%d}", "ddd": f"{day:%a}", "dddd": f"{day:%A}",
        "M": f"{day.month}", "MM": f"{day:%m}", "MMM": f"{day:%b}", "MMMM": f"{day:%B}",
        "yy": f"{day:%y}", "yyyy": f"{day:%Y}",
    }  # fmt: skip
    return "".join(said.get(piece[0], piece[1] or piece[0].replace("'", "")) for piece in _PICTURE.finditer(picture)) or f"{day}"
