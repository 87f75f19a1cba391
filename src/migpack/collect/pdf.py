"""The bytes of a returned PDF → the fields that stand in it, whoever saved it, and what the file says of itself.

Fields are read from the form, and from the sheets where a viewer has dropped the form's list of them. A form 'printed to PDF' has
none left: that is told, never read as nothing ticked. Never opens what a file names, and runs nothing in it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from migpack.collect.returned import Flattened, Found, Identity, NoForm, Unreadable
from migpack.collect.signatures import Judged, judge_signatures
from migpack.collect.words import foot_identity, normal
from migpack.record import Signature

_NAMES = ("practice", "document", "version", "code")
_FOOT_SHEETS = 3  # how many sheets are looked at for a running foot
_SCAN_PIXELS = 1000  # of a sheet's shorter side; a logo is smaller
_DEEPEST = 32  # of fields inside fields
_MOST_FIELDS = 20_000
_XMP = r"migpack-?{0}(?:=[\"']|>)([^<\"']+)"
_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})(\d{2})")
_SAVE = "save the form in the viewer it was filled in with, and send that file"


def read_pdf(data: bytes) -> Found:
    """Return what stands in a PDF form.

    Raises:
        Flattened: the form has lost its fields.
        NoForm: the file has no fields and says nothing of a form.
        Unreadable: it is damaged, protected, or no PDF.
    """
    with _quiet():
        try:
            return _read(data)
        except (Unreadable, MemoryError):
            raise
        except Exception as error:  # a damaged file can fail anywhere in the library, in any way
            raise Unreadable(f"the PDF is damaged or cut short \N{EM DASH} send it again, or {_SAVE}") from error


def _read(data: bytes) -> Found:
    reader = _opened(data)
    fields = _fields(reader)
    identity = _identity(reader)
    if not fields:
        if (identity.code or identity.document) and not _is_scanned(reader):
            what = "the form was printed to a PDF, which has turned its fields into a picture"
            raise Flattened(f"{what} \N{EM DASH} {_SAVE} (do not 'print to PDF'), or print it and send a scan", identity)
        raise NoForm(
            "the PDF has no fields, and nothing in it says which form it is \N{EM DASH} send back the form itself, or a scan of it"
        )
    return Found(
        "pdf",
        identity,
        values={name: one.value() for name, one in fields.items() if one.kind != "/Sig"},
        notes=tuple(_remarks(reader)),
        signatures=tuple(_signatures(data, fields)),
        issued={name: one.issued() for name, one in fields.items() if one.kind != "/Sig" and "/DV" in one.said},
        saved_on=_day_of(reader.metadata and reader.metadata.get("/ModDate")),
    )


def _opened(data: bytes) -> Any:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    if b"%PDF-" not in data[:1024]:
        raise Unreadable("this is no PDF, or a damaged one \N{EM DASH} send the file again")
    reader = PdfReader(io.BytesIO(data))
    try:
        closed = reader.is_encrypted and not reader.decrypt("")
    except DependencyError:
        closed = True
    if closed:
        raise Unreadable("the PDF is protected with a password \N{EM DASH} save it without one and send it again")
    return reader


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the libraries say of a broken file out of people's sight: it may quote the file."""
    loggers = [logging.getLogger(name) for name in ("pypdf", "pyhanko", "pyhanko_certvalidator")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@dataclass
class _Field:
    """A field: what it says, with what it takes over from the fields that hold it, and the boxes in which it is shown."""

    said: dict[str, Any]
    shown: list[Any] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return str(self.said.get("/FT", ""))

    def value(self) -> str:
        """Return what stands in the field."""
        if self.kind != "/Btn":
            return self._words(self.said.get("/V"))
        states = {_tick(state) for state in (self.said.get("/V"), *(box.get("/AS") for box in self.shown)) if state is not None}
        # Some programs change the state alone, others the look alone: what differs from the issued one is the change.
        return states.pop() if len(states) == 1 else _tick(self.said.get("/V")) if "/DV" not in self.said else _other(self.issued())

    def issued(self) -> str:
        """Return what the file says that the field was issued with."""
        return _tick(self.said.get("/DV")) if self.kind == "/Btn" else self._words(self.said.get("/DV"))

    def _words(self, value: Any) -> str:
        text = normal(_text(value))
        if self.kind != "/Ch":
            return text
        values = [_pair(option) for option in _resolved(self.said.get("/Opt")) or ()]
        if any(text == one for one, _ in values):
            return text
        return next((one for one, words in values if text == words), text)


def _tick(state: Any) -> str:
    return "no" if _text(_resolved(state)).lstrip("/") in ("", "Off") else "yes"


def _other(state: str) -> str:
    return "no" if state == "yes" else "yes"


def _pair(option: Any) -> tuple[str, str]:
    """Return a choice as its value and its words."""
    option = _resolved(option)
    parts = [normal(_text(part)) for part in option] if isinstance(option, list) else [normal(_text(option))]
    return (parts[0], parts[-1]) if parts else ("", "")


def _text(value: Any) -> str:
    """Return a string, a name, a stream or a list of the file as text."""
    value = _resolved(value)
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    data = value.get_data() if hasattr(value, "get_data") else value
    if isinstance(data, bytes):
        return data.decode("utf-16" if data[:2] in (b"\xfe\xff", b"\xff\xfe") else "utf-8-sig", "replace")
    return str(data)


def _resolved(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value


def _fields(reader: Any) -> dict[str, _Field]:
    """Return the fields by their full names: those of the form's list first, then any others that stand on the sheets."""
    found: dict[str, _Field] = {}
    form = _resolved(reader.root_object.get("/AcroForm"))
    seen: set[int] = set()
    for node in _resolved(form.get("/Fields")) or () if isinstance(form, Mapping) else ():
        _descend(_resolved(node), {}, found, seen, 0)
    for page in reader.pages:
        for node in map(_resolved, _resolved(page.get("/Annots")) or ()):
            if isinstance(node, Mapping) and node.get("/Subtype") == "/Widget" and id(node) not in seen:
                _count(node, seen)
                _add(found, _inherited(node), node)
    return {name: one for name, one in found.items() if name and one.kind in ("/Btn", "/Tx", "/Ch", "/Sig")}


def _descend(node: Any, above: Mapping[str, Any], found: dict[str, _Field], seen: set[int], depth: int) -> None:
    if not isinstance(node, Mapping) or id(node) in seen or depth > _DEEPEST:
        return
    _count(node, seen)
    said = _with(above, node)
    kids = [_resolved(kid) for kid in _resolved(node.get("/Kids")) or ()]
    for kid in kids:
        _descend(kid, said, found, seen, depth + 1)
    if not kids:
        _add(found, said, node)


def _count(node: Any, seen: set[int]) -> None:
    seen.add(id(node))
    if len(seen) > _MOST_FIELDS:
        raise Unreadable(f"the PDF has more fields than any form of ours \N{EM DASH} {_SAVE}")


def _inherited(node: Any) -> dict[str, Any]:
    chain: list[Any] = []
    while isinstance(node, Mapping) and not any(node is one for one in chain) and len(chain) <= _DEEPEST:
        chain.append(node)
        node = _resolved(node.get("/Parent"))
    said: dict[str, Any] = {}
    for one in reversed(chain):
        said = _with(said, one)
    return said


def _with(above: Mapping[str, Any], node: Any) -> dict[str, Any]:
    """Return what a field says together with what it takes over; '/T' is its full name."""
    own = {key: node[key] for key in ("/FT", "/V", "/DV", "/Opt") if key in node}
    names = [name for name in (above.get("/T", ""), _text(node.get("/T"))) if name]
    return {**above, **own, "/T": ".".join(names)}


def _add(found: dict[str, _Field], said: dict[str, Any], node: Any) -> None:
    one = found.setdefault(said["/T"], _Field(said))
    one.shown.append(node)


def _remarks(reader: Any) -> Iterable[str]:
    """Yield what people wrote on the sheets where no field is."""
    for number, page in enumerate(reader.pages, 1):
        for node in map(_resolved, _resolved(page.get("/Annots")) or ()):
            is_remark = isinstance(node, Mapping) and node.get("/Subtype") in ("/FreeText", "/Text")
            if is_remark and (words := " ".join(normal(_text(node.get("/Contents"))).split())):
                yield f"Written on page {number}: {words}"


def _signatures(data: bytes, fields: Mapping[str, _Field]) -> Iterator[Signature]:
    """Yield the fields that were signed digitally."""
    signed = {name: _resolved(one.said.get("/V")) for name, one in fields.items() if one.kind == "/Sig"}
    signed = {name: value for name, value in signed.items() if isinstance(value, Mapping)}
    judged = judge_signatures(data) if signed else {}
    for name, value in signed.items():
        one = judged.get(name, Judged("unchecked"))
        changed = one.state == "intact" and one.covers_bytes < len(data) and _changed(fields, data[: one.covers_bytes])
        by = one.by or normal(_text(value.get("/Name")))
        yield Signature(field=name, state="broken" if changed else one.state, by=by, on=_day_of(value.get("/M")))


def _changed(fields: Mapping[str, _Field], signed: bytes) -> bool:
    """Say whether an answer that stood in the file when it was signed is another now; what was empty may have been filled in."""
    before = {name: one for name, one in _fields(_opened(signed)).items() if one.kind != "/Sig" and one.value() != one.issued()}
    return any(name not in fields or fields[name].value() != one.value() for name, one in before.items())


def _identity(reader: Any) -> Identity:
    """Return what the file's properties say of it, else what its running foot does."""
    told = {re.sub("[^a-z]", "", str(key).lower()): normal(_text(value)) for key, value in (reader.metadata or {}).items()}
    said = {name: told.get(f"migpack{name}", "") for name in _NAMES}
    if not said["code"]:
        stream = _resolved(reader.root_object.get("/Metadata"))
        packet = _text(stream) if stream is not None else ""
        said = {name: said[name] or _first(_XMP.format(name), packet) for name in _NAMES}
    if said["code"] or said["document"]:
        return Identity(**said)
    feet = (foot_identity(page.extract_text()) for page in reader.pages[:_FOOT_SHEETS])
    return next((foot for foot in feet if foot.code), Identity())


def _is_scanned(reader: Any) -> bool:
    """Say whether each sheet is one large picture, as scanners make them; some put the words that they read behind it."""
    pages = reader.pages[:_FOOT_SHEETS]
    return bool(pages) and all(any(_is_large(thing) for thing in _pictures(page)) for page in pages)


def _pictures(page: Any) -> Iterator[Any]:
    things = _resolved(_resolved(page.get("/Resources") or {}).get("/XObject") or {})
    yield from (thing for thing in map(_resolved, things.values()) if thing.get("/Subtype") == "/Image")


def _is_large(picture: Any) -> bool:
    return min(int(_resolved(picture.get(side, 0))) for side in ("/Width", "/Height")) >= _SCAN_PIXELS


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return normal(found[1]) if found else ""


def _day_of(written: Any) -> dt.date | None:
    found = _DATE.match(_text(written))
    try:
        return dt.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
