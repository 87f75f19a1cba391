"""What was found on scanned sheets in, a page on which a person looks at it out; and what the person saved, read back.

The page is one file without network: each picture beside what was read. "Save" gives `review-<code>.json` for `migpack collect`.
Never says that a person has confirmed what was not shown.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from migpack.collect.returned import Found, Identity, Unreadable
from migpack.fillable import IssuedField, IssuedForm
from migpack.model import Spot

KIND = "migpack-review"
_NAME = "review-{}.json"
_NO_NETWORK = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def review_page(found: Sequence[Found], forms: Mapping[str, IssuedForm], practice: str) -> str:
    """Return the page for a person to look through; `practice` is the practice's name."""
    said = [sentence for one in found if not one.identity.code for sentence in one.said]
    parts = "".join(_form(one, forms[one.identity.code]) for one in found if one.identity.code in forms)
    title = f"Look through the scanned sheets: {practice}"
    return (
        f'<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{_NO_NETWORK}">'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>"
        "<p>Compare each picture with what is said beside it, answer what could not be read, then press Save under each form and give "
        "the file that you get to <code>migpack collect</code>. Nothing leaves this computer.</p>"
        f"{_sentences(said)}{parts}</main><script>{_SCRIPT}</script></body></html>\n"
    )


def questions(found: Sequence[Found], forms: Mapping[str, IssuedForm]) -> list[tuple[str, str, str]]:
    """Return what a person has to be asked: the field, its label, and where it stands in words."""
    asked = []
    for one in found:
        form = forms.get(one.identity.code)
        for name in (*one.doubtful, *(name for name in one.crops if name not in one.doubtful)):
            issued = form.field(name) if form else None
            if form and issued:
                asked.append((name, issued.title, _where(form, one, issued)))
    return asked


def read_review(data: bytes) -> Found:
    """Return what a person saved on the review page.

    Raises:
        Unreadable: it is no such file.
    """
    try:
        held = json.loads(data)
        if held["kind"] != KIND:
            raise KeyError
        identity = Identity(*(str(held[part]) for part in ("practice", "document", "version", "code")))
        values = {str(name): str(value) for name, value in held["values"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("is no saved review \N{EM DASH} open review.html and press Save") from error
    return Found("review", identity, values)


def _form(found: Found, form: IssuedForm) -> str:
    """Return the part of the page that shows one form."""
    known = {issued.name: issued for issued in form.fields}
    asked = [known[name] for name in found.doubtful if name in known]
    written = [known[name] for name in found.crops if name in known and name not in found.doubtful]
    read = [known[name] for name in found.boxes if name in found.values and name in known]
    empty = sum(value == "no" for value in found.values.values())
    groups = (
        ("Could not be read", "Say what you see. What you leave open stays open.", asked, _doubtful),
        ("Written by hand", "Type what it says. What you leave empty stays open.", written, _written),
        ("Read as ticked", "Take the tick out where it is wrong.", read, _ticked),
    )
    code = escape(form.code)
    shown = "".join(
        f'<h3>{heading} ({len(fields)})</h3><p>{hint}</p><div class="cards">{"".join(show(found, form, one) for one in fields)}</div>'
        for heading, hint, fields, show in groups
        if fields
    )
    identity = {"kind": KIND, "code": form.code, "document": form.document, "version": form.version, "practice": form.practice}
    return (
        f'<form data-save="{escape(json.dumps(identity))}" data-file="{escape(_NAME.format(form.code))}" aria-labelledby="f{code}">'
        f'<h2 id="f{code}">{escape(form.title)} <small>{escape(form.version)}, {code[:4]}-{code[4:]}</small></h2>'
        f"{_sentences([*found.said, *found.notes, f'{empty} boxes were read as empty.'])}{shown}"
        f'<p><button>Save {escape(_NAME.format(form.code))}</button> <span role="status"></span></p></form>'
    )


def _sentences(said: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in said)}</ul>" if said else ""


def _doubtful(found: Found, form: IssuedForm, issued: IssuedField) -> str:
    choices = [("yes", "Ticked"), ("no", "Not ticked")] if issued.kind == "tick" else [o for o in issued.options if o[0]]
    name = escape(issued.name)
    radios = "".join(
        f'<label><input type="radio" name="{name}" value="{escape(value)}"> {escape(words)}</label>'
        for value, words in (*choices, ("", "Leave open"))
    )
    inner = f"<fieldset><legend>{_label(form, found, issued)}</legend>{radios}</fieldset>"
    return _card(found.boxes.get(issued.name), inner)


def _written(found: Found, form: IssuedForm, issued: IssuedField) -> str:
    name = escape(issued.name)
    field = f'<textarea name="{name}" rows="3"></textarea>' if issued.kind == "lines" else f'<input type="text" name="{name}">'
    return _card(found.crops[issued.name], f"<label>{_label(form, found, issued)} {field}</label>")


def _ticked(found: Found, form: IssuedForm, issued: IssuedField) -> str:
    name, value = escape(issued.name), found.values[issued.name]
    words = "Ticked" if issued.kind == "tick" else dict(issued.options).get(value, value)
    box = f'<input type="checkbox" name="{name}" value="{escape(value)}" data-else="{"no" if issued.kind == "tick" else ""}" checked>'
    return _card(found.boxes[issued.name], f"<label>{box} {escape(words)}: {_label(form, found, issued)}</label>")


def _card(picture: bytes | None, inner: str) -> str:
    shown = f'<img alt="As scanned" src="data:image/png;base64,{base64.b64encode(picture).decode()}">' if picture else ""
    return f'<div class="card">{shown}{inner}</div>'


def _label(form: IssuedForm, found: Found, issued: IssuedField) -> str:
    return f"{escape(issued.title)} <small>{escape(_where(form, found, issued))}</small>"


def _where(form: IssuedForm, found: Found, issued: IssuedField) -> str:
    """Say where a field stands: the sheet, the part of it, and the row."""
    spot = form.sheets.get(found.way or "A", {}).get(issued.name)
    return "; ".join([*_place(spot), *([f"row “{issued.row}”"] if issued.row else [])])


def _place(spot: Spot | None) -> Iterator[str]:
    if spot:
        yield f"sheet {spot.sheet}, {spot.top_mm / 10:.0f} cm from the top and {spot.left_mm / 10:.0f} cm from the left"


_STYLE = """
body{margin:0 auto;max-width:70rem;padding:1rem;font:1rem/1.5 Arial,sans-serif;color:#212b32;background:#fff}
h1,h2{color:#003087;line-height:1.2}h2{margin-top:2.5rem;border-top:.2rem solid #003087;padding-top:.8rem}
small{color:#4c6272;font-weight:400}h2 small{font-size:.6em}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:.6rem}
.card{display:flex;flex-wrap:wrap;gap:.6rem;align-items:flex-start;border:1px solid #768692;padding:.5rem;overflow-wrap:anywhere}
.card>:last-child{flex:1 1 12rem}.card img{max-width:100%;border:1px solid #d8dde0}
fieldset{border:0;margin:0;padding:0}fieldset label{display:block}legend{padding:0}
input[type=text],textarea{display:block;box-sizing:border-box;width:100%;font:inherit;border:2px solid #212b32;padding:.2rem}
input[type=checkbox],input[type=radio]{width:1.2rem;height:1.2rem;vertical-align:-.2rem}
button{font:inherit;font-weight:700;color:#fff;background:#007f3b;border:0;padding:.6rem 1.2rem;cursor:pointer}
:focus-visible{outline:.25rem solid #ffb81c;outline-offset:.1rem}
@media print{button{display:none}}
"""
_SCRIPT = """
document.querySelectorAll("form").forEach(form=>form.addEventListener("submit",event=>{
 event.preventDefault();const values={};
 for(const field of form.elements){if(!field.name)continue;
  if(field.type==="checkbox")values[field.name]=field.checked?field.value:field.dataset.else;
  else if(field.type==="radio"){if(field.checked&&field.value)values[field.name]=field.value}
  else if(field.value.trim())values[field.name]=field.value.trim()}
 const held={...JSON.parse(form.dataset.save),values};
 const link=document.createElement("a");
 link.href=URL.createObjectURL(new Blob([JSON.stringify(held,null,1)],{type:"application/json"}));
 link.download=form.dataset.file;document.body.append(link);link.click();link.remove();
 form.querySelector("[role=status]").textContent="Saved as "+form.dataset.file+" in your downloads."}));
"""
