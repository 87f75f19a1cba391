"""The words of a tagged PDF in reading order, as a screen reader meets them: by its structure tree, artifacts apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.generic import ArrayObject, ByteStringObject, ContentStream, DictionaryObject, NumberObject, TextStringObject

_HEX = re.compile(rb"<([0-9A-Fa-f]+)>")


def words(reader: PdfReader) -> str:
    """Return all words of a PDF in reading order, list markers and fields apart; a head row repeated on a new page counts once."""
    marked = {page.indirect_reference.idnum: _marked(page) for page in reader.pages if page.indirect_reference}
    root = reader.root_object["/StructTreeRoot"].get_object()
    told, heads = [], set()
    for kind, text in _told(root["/K"], None, marked, "text"):
        if kind == "text" and text.strip():
            heads = set()
        elif kind == "head":
            if text in heads:
                continue
            heads.add(text)
        told.append(text)
    return " ".join(told).strip()


def family(base_font: str) -> str:
    """Return the family of an embedded font: of '/ABCDEF+Noto-Sans-Arabic' and of a bold face of it, 'NotoSansArabic'."""
    return re.sub("(Regular|Bold|Italic)+$", "", base_font.lstrip("/").partition("+")[2].replace("-", ""))


def _told(kid: Any, page: int | None, marked: dict[int, dict[int, str]], kind: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, words): 'text', or inside tables 'row' and, for a row of header cells alone, 'head'."""
    held = kid.get_object()
    if isinstance(held, ArrayObject):
        for one in held:
            yield from _told(one, page, marked, kind)
    elif isinstance(held, NumberObject):
        yield kind, marked[page or 0].get(int(held), "")
    elif isinstance(held, DictionaryObject):
        here = held.raw_get("/Pg").idnum if "/Pg" in held else page
        if held.get("/Type") == "/MCR":
            yield kind, marked[here or 0].get(int(held["/MCID"]), "")
        elif held.get("/S") == "/TR":
            all_heads = all(cell.get_object().get("/S") == "/TH" for cell in held["/K"])
            yield "head" if all_heads else "row", " ".join(text for _, text in _told(held.raw_get("/K"), here, marked, "row"))
        elif held.get("/S") not in ("/Lbl", "/Form") and "/K" in held:
            yield from _told(held.raw_get("/K"), here, marked, kind)


def _marked(page: PageObject) -> dict[int, str]:
    """Return the text of each marked piece of a page by its number."""
    maps = {name: _letters(font.get_object()) for name, font in page["/Resources"].get("/Font", {}).items()}
    found: dict[int, str] = {}
    stack: list[int | None] = []
    letters: dict[int, str] = {}
    for operands, operator in ContentStream(page["/Contents"], page.pdf).operations:
        if operator in (b"BDC", b"BMC"):
            properties = operands[1] if len(operands) > 1 and isinstance(operands[1], DictionaryObject) else {}
            stack.append(int(properties["/MCID"]) if "/MCID" in properties else None)
        elif operator == b"EMC":
            stack.pop()
        elif operator == b"Tf":
            letters = maps[operands[0]]
        elif operator in (b"Tj", b"TJ"):
            here = next((mark for mark in reversed(stack) if mark is not None), None)
            if here is not None:
                found[here] = found.get(here, "") + _read(operands[0], letters)
        elif operator in (b"Td", b"Tm", b"T*", b"ET"):
            here = next((mark for mark in reversed(stack) if mark is not None), None)
            if here in found:
                found[here] += " "
    return found


def _read(shown: Any, letters: dict[int, str]) -> str:
    parts = shown if isinstance(shown, ArrayObject) else [shown]
    text = ""
    for part in parts:
        if isinstance(part, (ByteStringObject, TextStringObject)):
            raw = part.original_bytes if isinstance(part, TextStringObject) else bytes(part)
            text += "".join(letters.get(int.from_bytes(raw[n : n + 2], "big"), "\ufffd") for n in range(0, len(raw), 2))
    return text


def _letters(font: Any) -> dict[int, str]:
    """Return what each glyph of a font stands for, from its ToUnicode map."""
    letters: dict[int, str] = {}
    for line in font["/ToUnicode"].get_object().get_data().splitlines():
        codes = [bytes.fromhex(code.decode()) for code in _HEX.findall(line)]
        if len(codes) == 2 and b"codespace" not in line:
            letters[int.from_bytes(codes[0], "big")] = codes[1].decode("utf-16-be")
    return letters
