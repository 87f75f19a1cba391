"""Sheets that come back on paper: however they lie in the scan, boxes are read, handwriting is kept as a picture, and doubt is said."""

from __future__ import annotations

import dataclasses
import io
import json
import random
import sys
from collections.abc import Mapping
from functools import cache

import numpy as np
import page as judge
import pypdfium2
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

import samples
import scanner
from migpack.collect.paper import read_scans
from migpack.collect.returned import Found, Unreadable
from migpack.collect.review import questions, read_review, review_page
from migpack.fillable import IssuedForm, issued_forms, read_forms, write_forms
from migpack.model import Artefact, Page, Spot
from migpack.plan import Wanted
from migpack.problems import CannotRun
from migpack.write.codes import PAPERS, corner_mm, read_code
from migpack.write.join import join
from pages import page, printer

IDS = ("go_live_morning", "register", "cutover_log.appointments", "technical_survey")
DPI = 200
PRACTICE = "A99998"


@cache
def pages() -> Mapping[str, Page]:
    ready = samples.prepared(samples.SAMPLES["small"], Wanted(only=frozenset(IDS)))
    return {page.document.id: page for page in ready.pages}


@cache
def printed(id: str) -> Artefact:
    return printer().print(pages()[id])


@cache
def joined() -> Artefact:
    contents = page("<h1>Print pack</h1>", "print_pack")
    return join(printer(), contents, [pages()["cutover_log.appointments"], pages()["technical_survey"]])


def form(id: str, *artefacts: Artefact) -> IssuedForm:
    (made,) = issued_forms([pages()[id]], artefacts or [printed(id)], PRACTICE, {}).values()
    return made


def boxes(form: IssuedForm, sheet: int, way: str = "A") -> dict[str, Spot]:
    ticks = {field.name for field in form.fields if field.kind == "tick"}
    return {name: spot for name, spot in form.sheets[way].items() if name in ticks and spot.sheet == sheet}


def sheet(id: str, number: int, dpi: int = DPI) -> Image.Image:
    return scanner.sheets(printed(id).data, dpi, range(number - 1, number))[0]


def scanned(picture: Image.Image, seed: int = 1, turned: int = 0, dpi: int = DPI) -> Image.Image:
    return scanner.scan(picture, random.Random(seed), dpi, turned=turned, bad=False)


def marked(id: str, number: int, kinds: Mapping[str, str], seed: int = 1, dpi: int = DPI) -> Image.Image:
    picture = sheet(id, number, dpi)
    scanner.mark(picture, form(id).sheets["A"], kinds, dpi, random.Random(seed))
    return picture


def read(pictures: list[Image.Image], *forms: IssuedForm, kind: str = "TIFF", dpi: int = DPI) -> tuple[Found, ...]:
    return read_scans({"scan": scanner.as_file(pictures, kind, dpi)}, {one.code: one for one in forms})


@pytest.mark.parametrize("id", IDS)
def test_a_field_stands_where_its_widget_is(id: str) -> None:
    spots, checked = printed(id).spots, 0
    for number, leaf in enumerate(PdfReader(io.BytesIO(printed(id).data)).pages, 1):
        tall = float(leaf.mediabox.height)
        for widget in (held.get_object() for held in leaf.get("/Annots", ())):
            if "/T" in widget:
                spot = spots[f"{id}/{widget['/T']}"]
                left, bottom, right, top = (float(part) * 25.4 / 72 for part in widget["/Rect"])
                edge = 0.55  # the widget lies inside the border
                top, bottom = sorted((tall * 25.4 / 72 - bottom, tall * 25.4 / 72 - top))
                assert spot.sheet == number
                assert spot.left_mm == pytest.approx(left, abs=edge) and spot.top_mm == pytest.approx(top, abs=edge)
                assert spot.left_mm + spot.width_mm == pytest.approx(right, abs=edge)
                assert spot.top_mm + spot.height_mm == pytest.approx(bottom, abs=edge)
                checked += 1
    assert checked == len(spots) == len(form(id).fields)


@pytest.mark.parametrize(
    ("id", "way"), [("go_live_morning", "A"), ("register", "A"), ("cutover_log.appointments", "B"), ("technical_survey", "B")]
)
def test_a_box_is_drawn_where_its_field_stands(id: str, way: str) -> None:
    made = printed(id) if way == "A" else joined()
    before = {"technical_survey": 2}.get(id, 1) if way == "B" else 0  # the contents, and the log before the survey
    marks = [(name, spot) for name, spot in form(id, made).sheets[way].items() if spot.width_mm == spot.height_mm]
    document = pypdfium2.PdfDocument(made.data)
    document.init_forms()
    assert marks
    for number in {spot.sheet for _, spot in marks}:
        drawn = document[before + number - 1].render(scale=300 / 72, grayscale=True).to_numpy().squeeze()
        for name, spot in marks:
            if spot.sheet == number:
                x0, y0, x1, y1 = (
                    round(part * 300 / 25.4)
                    for part in (spot.left_mm, spot.top_mm, spot.left_mm + spot.width_mm, spot.top_mm + spot.height_mm)
                )
                middle = (x0 + x1) // 2, (y0 + y1) // 2
                assert drawn[y0 + 2, middle[0]] < 90 and drawn[y1 - 3, middle[0]] < 90, name
                assert drawn[middle[1], x0 + 2] < 90 and drawn[middle[1], x1 - 3] < 90, name
                assert drawn[y0 - 3, middle[0]] > 200 and drawn[middle[1], middle[0]] > 200, name


def test_codes_say_form_way_and_sheet_and_the_file_stays_accessible(tmp_path) -> None:
    import zxingcpp

    for made, ids in ((printed("go_live_morning"), ["go_live_morning"]), (joined(), ["cutover_log.appointments", "technical_survey"])):
        path = tmp_path / "made.pdf"
        path.write_bytes(made.data)
        assert judge.validate_pdf(path, profile="ua1").is_compliant
        seen = []
        for picture in scanner.sheets(made.data, DPI):
            codes = [code for held in zxingcpp.read_barcodes(picture) if (code := read_code(held.text))]
            assert len(codes) in (0, 4)
            assert sorted(code.corner for code in codes) == ["1", "2", "3", "4"][: len(codes)]
            seen += [(code.form, code.way, code.sheet, code.count) for code in codes if code.corner == "1"]
        way = "A" if len(ids) == 1 else "B"
        numbers = {id: {spot.sheet for spot in form(id, made).sheets[way].values()} for id in ids}
        assert seen == [(pages()[id].code, way, n, max(numbers[id])) for id in ids for n in sorted(numbers[id])]
    assert printer().print(pages()["cutover_log.appointments"]).data == printed("cutover_log.appointments").data


def test_nothing_stands_where_the_codes_are() -> None:
    plain = dataclasses.replace(pages()["go_live_morning"], html=pages()["go_live_morning"].html.replace("migpack-code", "other"))
    turned = dataclasses.replace(pages()["register"], html=pages()["register"].html.replace("migpack-code", "other"))
    slip = '<section class="slip"><h2>Slip</h2><p><input name="a.b" title="B"></p></section>'
    body = f'<div class="recipient"><p>Dr Ann Example</p></div><p>Dear Ann</p>{slip}'
    letters = [
        page(
            body,
            "letter",
            classes=f"third_parties addressed {more}",
            fillable=True,
            left="a.long.document.name · The Mill Lane Surgery (A99998)",
        )
        for more in ("profile-c5_window", "profile-dl_window", "profile-plain", "profile-c5_window style-large_print")
    ]
    for one, paper in ((plain, "P"), (turned, "L"), *((letter, "P") for letter in letters)):
        for picture in scanner.sheets(printer().print(one).data, DPI):
            drawn = np.asarray(picture)
            for corner in "1234":
                x, y = corner_mm(paper, corner)
                part = drawn[round(y * DPI / 25.4) : round((y + 10.5) * DPI / 25.4), round(x * DPI / 25.4) : round((x + 10.5) * DPI / 25.4)]
                assert part.min() > 200, (one.document.id, PAPERS[paper], corner)


def test_sheets_of_two_forms_in_any_order_and_turn_are_read() -> None:
    morning, register = form("go_live_morning"), form("register")
    truth: dict[str, str] = {}
    pictures = []
    for number, (id, place, turned) in enumerate(
        (("register", 1, 180), ("go_live_morning", 2, 90), ("go_live_morning", 1, 180), ("register", 2, 0))
    ):
        names = list(boxes(form(id), place))
        kinds = {name: (*scanner.TICKS, *scanner.EMPTY)[index % 10] for index, name in enumerate(names)}
        truth |= {name: "no" if kind in scanner.EMPTY else "yes" for name, kind in kinds.items()}
        pictures.append(scanned(marked(id, place, kinds, number), number, turned))
    found = {one.identity.document: one for one in read(pictures, morning, register)}
    assert set(found) == {"go_live_morning", "register"}
    values = {**found["go_live_morning"].values, **found["register"].values}
    assert {name: values[name] for name in truth} == truth
    assert len(truth) > 40
    assert found["go_live_morning"].identity.code == morning.code and found["go_live_morning"].identity.practice == PRACTICE
    assert found["go_live_morning"].said == ("Sheets 3 to 4 of 4 are missing.",)
    assert not found["go_live_morning"].doubtful


@pytest.mark.parametrize("kind", ["PDF", "PNG", "JPEG", "TIFF"])
def test_every_kind_of_scan_is_read(kind: str) -> None:
    names = list(boxes(form("go_live_morning"), 1))
    (found,) = read([scanned(marked("go_live_morning", 1, {names[0]: "tick"}))], form("go_live_morning"), kind=kind)
    assert [name for name, value in found.values.items() if value == "yes"] == [names[0]]


def test_a_crossed_out_or_damaged_box_is_asked_and_a_ring_is_no_tick() -> None:
    first, second, third, *_ = boxes(form("go_live_morning"), 1)
    picture = marked("go_live_morning", 1, {first: "scribble", second: "ring"})
    spot = form("go_live_morning").sheets["A"][third]
    x, y, w = (round(part * DPI / 25.4) for part in (spot.left_mm, spot.top_mm, spot.width_mm))
    picture.paste(255, (x + w // 2, y - 4, x + w + 4, y + w + 4))  # half of the box is torn away
    (found,) = read([scanned(picture)], form("go_live_morning"))
    assert set(found.doubtful) == {first, third} and found.values[second] == "no"
    assert first not in found.values and set(found.boxes) >= {first, third}


def test_a_box_printed_ticked_stands_until_somebody_draws_over_it() -> None:
    held = pages()["go_live_morning"]
    names = list(boxes(form("go_live_morning"), 1))[:2]
    html = held.html
    for name in names:
        html = html.replace(f'name="{name}"', f'checked name="{name}"')
    page_ = dataclasses.replace(held, html=html)
    made = printer().print(page_)
    (issued,) = issued_forms([page_], [made], PRACTICE, {}).values()
    assert issued.field(names[0]).value == "yes"
    picture = scanner.sheets(made.data, DPI, range(1))[0]
    scanner.mark(picture, issued.sheets["A"], {names[1]: "scribble"}, DPI, random.Random(1))
    (found,) = read([scanned(picture)], issued)
    assert found.values[names[0]] == "yes" and found.doubtful == (names[1],)
    assert not found.crops  # of the words that stand in its fields, none is handwriting


def test_handwriting_is_kept_as_a_picture_and_a_signature_is_told() -> None:
    issued = form("go_live_morning")
    signature = next(field.name for field in issued.fields if field.look == "signature")
    spots = issued.sheets["A"]
    number = spots[signature].sheet
    words = next(name for name, spot in spots.items() if spot.sheet == number and issued.field(name).kind == "text" and name != signature)
    picture = sheet("go_live_morning", number)
    for name in (signature, words):
        scanner.write(picture, spots[name], DPI, random.Random(4))
    (found,) = read([scanned(picture, turned=180)], issued)
    assert set(found.crops) == {signature, words}
    assert [(one.field, one.state) for one in found.signatures] == [(signature, "ink")]
    assert signature not in found.values and words not in found.values
    with Image.open(io.BytesIO(found.crops[words])) as crop:
        assert crop.width / crop.height == pytest.approx((spots[words].width_mm + 3) / (spots[words].height_mm + 3), rel=0.05)
        assert np.asarray(crop).min() < 140


def test_of_sheets_with_patients_details_nothing_but_the_lines_used_is_kept() -> None:
    id = "cutover_log.appointments"
    issued = form(id)
    picture = sheet(id, 1)
    used = [name for name in issued.sheets["A"] if ".row." in name and name.split(".row.")[1].split(".")[0] in ("1", "2", "3")]
    for name in used:
        if name.endswith(".2"):
            scanner.write(picture, issued.sheets["A"][name], DPI, random.Random(2))
        elif issued.field(name).kind == "tick":
            scanner.draw(picture, issued.sheets["A"][name], "tick", DPI, random.Random(2))
    (found,) = read([scanned(picture)], issued)
    assert found.notes == ("3 rows used",)
    assert not found.values and not found.crops and not found.boxes and not found.doubtful
    assert "data:image" not in review_page([found], {issued.code: issued}, "Mill Lane Surgery")


def test_a_list_in_the_print_pack_is_answered_by_the_box_before_its_choice() -> None:
    issued = form("technical_survey", joined())
    spots = issued.sheets["B"]
    lists = [field for field in issued.fields if field.kind == "choice" and spots[field.name].sheet == 1 and not field.value][:3]
    picture = scanner.sheets(joined().data, 300, range(2, 3))[0]
    rnd = random.Random(1)
    chosen = [field.options[-1][0] for field in lists]
    scanner.draw(picture, spots[f"{lists[0].name}={chosen[0]}"], "small tick", 300, rnd)
    for value, _ in lists[1].options[-2:]:
        scanner.draw(picture, spots[f"{lists[1].name}={value}"], "small tick", 300, rnd)
    (found,) = read([scanned(picture, dpi=300)], issued, dpi=300)
    assert found.way == "B" and found.values[lists[0].name] == chosen[0]
    assert lists[1].name in found.doubtful and found.values[lists[2].name] == ""


def test_a_sheet_that_came_twice_counts_once_and_is_asked_where_it_differs() -> None:
    first, second, *_ = boxes(form("go_live_morning"), 1)
    one = scanned(marked("go_live_morning", 1, {first: "tick"}))
    other = scanned(marked("go_live_morning", 1, {first: "cross", second: "tick"}), 2)
    (found,) = read([one, other], form("go_live_morning"))
    assert found.values[first] == "yes" and found.doubtful == (second,) and second not in found.values
    assert found.said[0] == "Sheet 1 of 4 came twice (scan, page 1; scan, page 2)."


def test_what_cannot_be_read_is_said_and_the_rest_is_read() -> None:
    morning = form("go_live_morning")
    other = dataclasses.replace(morning, code="00000000")
    good, blank, letter = scanned(sheet("go_live_morning", 1)), Image.new("L", (1654, 2339), 250), Image.new("L", (1654, 2339), 250)
    letter.paste(20, (300, 300, 1200, 600))
    said, found = read([blank, letter, good, scanned(sheet("register", 1))], morning)
    assert said.identity.code == "" and found.identity.code == morning.code
    assert [line.split(": ")[0] for line in said.said] == ["scan, page 2", "scan, page 4"]
    assert "no code" in said.said[0] and "which no pack" in said.said[1]
    (only,) = read([good], dataclasses.replace(other, practice="A99997"))
    assert "another practice" in only.said[0]


@pytest.mark.parametrize("shade", [0.9, 0.8, 0.65])
def test_the_edge_of_a_stain_is_no_tick(shade: float) -> None:
    ticked, *empty = names = list(boxes(form("go_live_morning"), 1))
    picture = marked("go_live_morning", 1, {ticked: "pencil"})
    drawn = np.asarray(picture).copy()
    for name in names:
        spot = form("go_live_morning").sheets["A"][name]
        left, top = round((spot.left_mm + 1) * DPI / 25.4), round((spot.top_mm - 6) * DPI / 25.4)
        drawn[top : top + 130, left : left + 22] = drawn[top : top + 130, left : left + 22] * shade
    (found,) = read([scanned(Image.fromarray(drawn))], form("go_live_morning"))
    assert {name for name, value in found.values.items() if value == "yes"} == {ticked}
    assert {found.values.get(name) for name in empty} == {"no"}


@pytest.mark.parametrize(("lost", "right"), [("1", 1.0), ("14", 0.9), ("34", 0.9)])
def test_a_sheet_that_lost_codes_is_read_or_asked_never_guessed(lost: str, right: float) -> None:
    names = list(boxes(form("go_live_morning"), 2))
    kinds = {name: "tick" if index % 2 else "none" for index, name in enumerate(names)}
    said: list[bool] = []
    for seed in range(3):
        picture = marked("go_live_morning", 2, kinds, seed)
        _lose(picture, lost)
        (found,) = read([scanned(picture, seed)], form("go_live_morning"))
        said += [found.values[name] == ("yes" if kinds[name] == "tick" else "no") for name in names if name in found.values]
        assert set(found.values) | set(found.doubtful) >= set(names)
    assert all(said) and len(said) >= right * 3 * len(names)


def test_a_scribble_that_could_be_a_border_itself_is_asked() -> None:
    names = list(boxes(form("go_live_morning"), 1))
    for seed in (8, 15, 19):  # in each, strokes of one scribble look like a border some way off the printed one
        picture = marked("go_live_morning", 1, dict.fromkeys(names, "scribble"), seed)
        _lose(picture, "4")
        (found,) = read([scanned(picture, seed)], form("go_live_morning"))
        assert set(found.doubtful) >= set(names)


def test_a_sheet_with_one_code_left_is_not_read() -> None:
    picture = sheet("go_live_morning", 1)
    _lose(picture, "123")
    (said,) = read([scanned(picture)], form("go_live_morning"))
    assert "one whole code only" in said.said[0]


def _lose(picture: Image.Image, corners: str) -> None:
    for corner in corners:
        x, y = (round(part * DPI / 25.4) for part in corner_mm("P", corner))
        picture.paste(255, (x, y, x + 90, y + 90))


def test_a_coarse_scan_is_refused_with_the_reason() -> None:
    (said,) = read([scanned(sheet("go_live_morning", 1, 150), dpi=150)], form("go_live_morning"), dpi=150)
    assert "scan it at 200 dpi or more" in said.said[0] and not said.values


def test_hostile_files_are_told_in_one_line_each() -> None:
    wide = io.BytesIO()
    Image.new("1", (20_000, 5_000)).save(wide, "PNG")
    good = scanner.as_file([scanned(sheet("go_live_morning", 1))], "JPEG", DPI)
    writer = PdfWriter(clone_from=io.BytesIO(printed("go_live_morning").data))
    writer.encrypt("secret")
    locked = io.BytesIO()
    writer.write(locked)
    files = {"wide.png": wide.getvalue(), "cut.jpg": good[: len(good) // 2], "locked.pdf": locked.getvalue(), "no.pdf": b"%PDF-1.7 nothing"}
    issued = form("go_live_morning")
    said, found = read_scans({**files, "good.jpg": good}, {issued.code: issued})
    assert [line.split()[0] for line in said.said] == list(files) and len(found.values) == len(boxes(issued, 1))
    assert "80 million" in said.said[0] and "password" in said.said[2]
    with pytest.raises(Unreadable, match="80 million"):
        read_scans({"wide.png": wide.getvalue()}, {})


def test_without_the_extra_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    with pytest.raises(CannotRun, match=r"migpack\[paper\]"):
        read_scans({}, {})


def test_spots_are_kept_with_the_forms(tmp_path) -> None:
    issued = form("technical_survey", printed("technical_survey"), joined())
    (tmp_path / "forms.json").write_bytes(write_forms({issued.code: issued}))
    assert read_forms(tmp_path)[issued.code].sheets == issued.sheets and set(issued.sheets) == {"A", "B"}


def test_the_review_shows_each_picture_and_what_is_saved_is_read_back() -> None:
    issued = form("go_live_morning")
    first, second, *_ = boxes(issued, 1)
    words = next(name for name, spot in issued.sheets["A"].items() if spot.sheet == 1 and issued.field(name).kind == "text")
    picture = marked("go_live_morning", 1, {first: "scribble", second: "tick"})
    scanner.write(picture, issued.sheets["A"][words], DPI, random.Random(4))
    found = read([scanned(picture)], issued)
    shown = review_page(found, {issued.code: issued}, "<b>Mill & Lane</b>")
    assert "<b>Mill" not in shown and "&lt;b&gt;Mill &amp; Lane" in shown
    assert shown.count("data:image/png") == 3 and f'data-file="review-{issued.code}.json"' in shown
    assert "http" not in shown.replace("http-equiv", "")
    asked = {name: (label, where) for name, label, where in questions(found, {issued.code: issued})}
    assert set(asked) == {first, *found[0].crops} and asked[first][1].startswith("sheet 1, ")
    saved = {"kind": "migpack-review", "code": issued.code, "document": "go_live_morning", "version": "1", "practice": PRACTICE}
    back = read_review(json.dumps({**saved, "values": {first: "no"}}).encode())
    assert (back.medium, back.identity.code, back.values) == ("review", issued.code, {first: "no"})
    for broken in (b"", b"[]", b"{}", json.dumps({**saved, "values": []}).encode(), b"[" * 100_000):
        with pytest.raises(Unreadable, match=r"review\.html"):
            read_review(broken)
