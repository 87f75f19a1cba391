# ruff: noqa: E501  a part of the file reads best on a line
"""Makes templates/styles/house.docx, the Word styles of the pack: `make styles`.

The file is committed, so that a practice or an ICB can open it in Word, change a style, and keep the changed file in a
library of its own. Sizes are points, lengths are twips (20 to the point, 56.7 to the millimetre). The colours and
sizes are those of house.css.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from migpack.write.zipped import rezip

TEXT, NAVY, BLUE, MUTED, LINE, HAIR, TINT, YELLOW = "212B32", "003087", "005EB8", "4C6272", "768692", "D8DDE0", "F0F4F5", "FFF9C4"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
ARIAL = '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="Arial" w:cs="Arial"/>'
SYMBOL = '<w:rFonts w:ascii="Segoe UI Symbol" w:hAnsi="Segoe UI Symbol" w:eastAsia="Segoe UI Symbol" w:cs="Segoe UI Symbol"/>'


def letters(size: float = 0, *, bold: bool | None = None, colour: str = "", fonts: str = "", more: str = "") -> str:
    """Return run properties, in the order of the schema; `more` is what comes after the size."""
    weight = {None: "", True: "<w:b/><w:bCs/>", False: '<w:b w:val="0"/><w:bCs w:val="0"/>'}[bold]
    tint = f'<w:color w:val="{colour}"/>' if colour else ""
    points = f'<w:sz w:val="{size * 2:g}"/><w:szCs w:val="{size * 2:g}"/>' if size else ""
    inner = fonts + weight + tint + points + more
    return f"<w:rPr>{inner}</w:rPr>" if inner else ""


def lines(before: int | None = None, after: int | None = None, line: int | None = None, *, left: int | None = None, hanging: int = 0,
          right: int = 0, keep: bool = False, together: bool = False, shade: str = "", align: str = "", level: int | None = None,
          number: str = "") -> str:  # fmt: skip
    """Return paragraph properties, in the order of the schema; `line` is 240ths of a line."""
    space = "".join(f' w:{k}="{v}"' for k, v in (("before", before), ("after", after), ("line", line)) if v is not None)
    space += ' w:lineRule="auto"' if line is not None else ""
    hang = f' w:hanging="{hanging}"' if hanging else ""
    parts = [
        "<w:keepNext/>" if keep else "",
        "<w:keepLines/>" if together or keep else "",
        f'<w:numPr><w:numId w:val="{number}"/></w:numPr>' if number else "",
        f'<w:shd w:val="clear" w:color="auto" w:fill="{shade}"/>' if shade else "",
        f"<w:spacing{space}/>" if space else "",
        f'<w:ind w:left="{left}" w:right="{right}"{hang}/>' if left is not None else "",
        f'<w:jc w:val="{align}"/>' if align else "",
        f'<w:outlineLvl w:val="{level}"/>' if level is not None else "",
    ]
    return f"<w:pPr>{''.join(parts)}</w:pPr>" if any(parts) else ""


# What LibreOffice draws round words it leaves untagged in a PDF, so only tables have borders; and a style must not have the name of
# a PDF structure type, such as Reference.
PARAGRAPHS = (  # name, based on, next, paragraph properties, run properties
    ("Normal", "", "", "", ""),
    ("heading 1", "Normal", "Normal", lines(0, 227, 240, keep=True, level=0), letters(22, bold=True, colour=NAVY)),
    ("heading 2", "Normal", "Normal", lines(360, 100, 250, keep=True, level=1), letters(14, bold=True, colour=NAVY)),
    ("heading 3", "Normal", "Normal", lines(240, 80, 250, keep=True, level=2), letters(11.5, bold=True, colour=TEXT)),
    ("heading 4", "Normal", "Normal", lines(200, 60, 250, keep=True, level=3), letters(10, bold=True, colour=TEXT)),
    ("Title", "Normal", "Normal", lines(0, 120, 259, keep=True), letters(24, bold=True, colour=NAVY)),
    ("Lead", "Normal", "Normal", lines(0, 200, 281), letters(12)),
    ("Hint", "Normal", "Normal", lines(0, 100, 281, keep=True), letters(9, colour=MUTED)),
    ("Small", "Normal", "Normal", lines(0, 80, 264), letters(8.5)),
    ("List Bullet", "Normal", "", lines(0, 60, number="1"), ""),
    ("List Number", "Normal", "", lines(0, 60, number="2"), ""),
    ("List Plain", "Normal", "", lines(0, 60), ""),
    ("caption", "Normal", "Normal", lines(120, 80, keep=True), letters(10, bold=True)),
    ("Sign Off", "Normal", "Normal", lines(320, 140, together=True), ""),
    ("Draft Mark", "Normal", "Normal", lines(0, 280, shade=HAIR, align="center"), letters(bold=True)),
    ("Letter Date", "Normal", "Normal", lines(0, 200, align="right"), ""),
    ("Centred", "Normal", "Normal", lines(align="center"), ""),
    ("Letterhead", "Normal", "Sender", lines(0, 120, 250), letters(15, bold=True, colour=NAVY)),
    ("Sender", "Normal", "Sender", lines(0, 0, 271, left=6120), letters(10)),
    ("Recipient", "Normal", "Recipient", lines(0, 0, 261), letters(11)),
    ("Callout", "Normal", "Callout", lines(0, 80), ""),
    ("Callout Warning", "Callout", "Callout Warning", "", ""),
    ("Callout Heading", "heading 3", "Callout", lines(0, 60), ""),
    ("Callout List", "Callout", "", lines(0, 60), ""),
    ("Table Text", "Normal", "", lines(0, 40, 268), letters(9)),
    ("Table Head", "Table Text", "", lines(0, 0, 252, keep=True), letters(8.5, bold=True)),
    ("Table Row Head", "Table Text", "", "", letters(bold=True)),
    ("Table Number", "Table Text", "", "", letters(8, colour=MUTED)),
    ("Table Hint", "Table Text", "", "", letters(8, colour=MUTED)),
    ("Table Small", "Table Text", "", "", letters(8)),
    ("Table List", "Table Text", "", lines(0, 20), ""),
    ("Table Gap", "Normal", "Normal", lines(0, 180, 240), letters(2)),
    ("Poster Heading", "heading 1", "Poster Text", lines(120, 480, 240, align="center"), letters(60)),
    ("Poster Subheading", "heading 2", "Poster Text", lines(400, 160, 240, align="center"), letters(34)),
    ("Poster Text", "Normal", "", lines(0, 320, 271, align="center"), letters(26)),
    ("Poster Big", "Poster Text", "", lines(line=252), letters(36)),
    ("Poster Huge", "Poster Text", "", lines(line=240), letters(60, bold=True)),
    ("Poster List", "Poster Text", "", lines(0, 160, align="left"), ""),
    ("header", "Normal", "", lines(0, 0, 240), letters(8, colour=MUTED)),
    ("footer", "Normal", "", lines(0, 0, 240), letters(8, colour=MUTED)),
)
CHARACTERS = (  # name, run properties
    ("Default Paragraph Font", ""),
    ("Strong", letters(bold=True)),
    ("Hyperlink", letters(colour=BLUE, more='<w:u w:val="single"/>')),
    ("Placeholder Text", letters(colour=MUTED, more=f'<w:shd w:val="clear" w:color="auto" w:fill="{TINT}"/>')),
    ("Tick Box", letters(15, fonts=SYMBOL)),
    ("Gap", letters(more=f'<w:shd w:val="clear" w:color="auto" w:fill="{YELLOW}"/>')),
    ("Source Reference", letters(8, colour=MUTED)),
    ("Tag", letters(8, colour=MUTED, more=f'<w:shd w:val="clear" w:color="auto" w:fill="{HAIR}"/>')),
    ("Draft Label", letters(9, bold=True, colour=TEXT, more=f'<w:shd w:val="clear" w:color="auto" w:fill="{HAIR}"/>')),
    ("Fill", letters(more='<w:u w:val="single"/>')),
)
RULE = '<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{colour}"/>'


def rules(sides: str, size: int, colour: str) -> str:
    """Return borders for these sides, which stand in the order of the schema."""
    return "".join(RULE.format(side=side, size=size, colour=colour) for side in sides.split())


ROWS = rules("top bottom insideH", 6, LINE)
RULED = rules("top left bottom right insideH insideV", 6, LINE)
HEADROW = (
    '<w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders>'
    + rules("bottom", 14, NAVY)
    + f'</w:tcBorders><w:shd w:val="clear" w:color="auto" w:fill="{TINT}"/></w:tcPr></w:tblStylePr>'
)
TABLES = (  # name, margins in a cell (above and below, at the sides), borders, conditional formats
    ("House Callout", (142, 227), rules("left", 36, NAVY), f'<w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="{TINT}"/></w:tcPr>'),
    ("House Warning", (142, 227), rules("top", 12, TEXT) + rules("left", 68, TEXT) + rules("bottom right", 12, TEXT), ""),
    ("House Box", (74, 91), rules("top left bottom right", 8, LINE), ""),
    ("House Tasks", (74, 91), ROWS + rules("insideV", 6, HAIR), HEADROW),
    ("House Facts", (74, 91), rules("top bottom insideH", 6, HAIR), HEADROW),
    ("House Grid", (74, 91), RULED, HEADROW),
    ("House Log", (74, 91), RULED, HEADROW),
    ("House Signatures", (74, 91), RULED, HEADROW),
)


def identifier(name: str) -> str:
    """Return the id of a style: its name without spaces, each word with a capital."""
    return "".join(word[0].upper() + word[1:] for word in name.split())


def style(kind: str, name: str, inner: str, *, based: str = "", after: str = "", default: bool = False) -> str:
    """Return one style."""
    link = f'<w:basedOn w:val="{identifier(based)}"/>' if based else ""
    link += f'<w:next w:val="{identifier(after)}"/>' if after else ""
    own = "" if name in BUILT_IN else ' w:customStyle="1"'
    mark = ' w:default="1"' if default else ""
    return f'<w:style w:type="{kind}"{mark}{own} w:styleId="{identifier(name)}"><w:name w:val="{name}"/>{link}<w:qFormat/>{inner}</w:style>'


BUILT_IN = {"Normal", "Title", "List Bullet", "List Number", "caption", "header", "footer", "Default Paragraph Font", "Strong", "Hyperlink",
            "Placeholder Text", "Normal Table", "No List"} | {f"heading {n}" for n in range(1, 5)}  # fmt: skip


def styles_xml() -> str:
    """Return word/styles.xml."""
    base = letters(10, colour=TEXT, fonts=ARIAL, more='<w:lang w:val="en-GB" w:eastAsia="en-GB" w:bidi="ar-SA"/>')
    out = [
        f"{HEAD}<w:styles {W}><w:docDefaults><w:rPrDefault>{base}</w:rPrDefault>",
        f"<w:pPrDefault>{lines(0, 120, 281)}</w:pPrDefault></w:docDefaults>",
    ]
    for name, based, after, paragraph, run in PARAGRAPHS:
        out.append(style("paragraph", name, paragraph + run, based=based, after=after, default=name == "Normal"))
    for name, run in CHARACTERS:
        out.append(style("character", name, run, default=name == "Default Paragraph Font"))
    margins = '<w:tblCellMar><w:top w:w="{0}" w:type="dxa"/><w:left w:w="{1}" w:type="dxa"/><w:bottom w:w="{0}" w:type="dxa"/><w:right w:w="{1}" w:type="dxa"/></w:tblCellMar>'
    normal = f'<w:tblPr><w:tblInd w:w="0" w:type="dxa"/>{margins.format(0, 0)}</w:tblPr>'
    out.append(style("table", "Normal Table", normal, default=True))
    out.append(style("numbering", "No List", "", default=True))
    for name, inside, borders, conditional in TABLES:
        inner = f"<w:tblPr><w:tblBorders>{borders}</w:tblBorders>{margins.format(*inside)}</w:tblPr>{conditional}"
        out.append(style("table", name, inner, based="Normal Table"))
    return "".join(out) + "</w:styles>"


def numbering_xml() -> str:
    """Return word/numbering.xml: 1 is bullets, 2 is numbers; both have three levels."""
    kinds = {1: (("bullet", "\N{BULLET}"), ("bullet", "\N{EN DASH}"), ("bullet", "\N{BULLET}")),
             2: (("decimal", "%1."), ("lowerLetter", "%2."), ("lowerRoman", "%3."))}  # fmt: skip
    out = [f"{HEAD}<w:numbering {W}>"]
    for key, levels in kinds.items():
        out.append(f'<w:abstractNum w:abstractNumId="{key}"><w:multiLevelType w:val="multilevel"/>')
        for depth, (kind, text) in enumerate(levels):
            out.append(
                f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>'
                f'<w:pPr><w:ind w:left="{340 * (depth + 1)}" w:hanging="340"/></w:pPr><w:rPr>{ARIAL}</w:rPr></w:lvl>'
            )
        out.append("</w:abstractNum>")
    out += [f'<w:num w:numId="{key}"><w:abstractNumId w:val="{key}"/></w:num>' for key in kinds]
    return "".join(out) + "</w:numbering>"


def settings_xml() -> str:
    """Return word/settings.xml; compatibility 15 makes tables start at the margin."""
    office = 'w:uri="http://schemas.microsoft.com/office/word"'
    return (
        f'{HEAD}<w:settings {W}><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/><w:characterSpacingControl w:val="doNotCompress"/>'
        f'<w:compat><w:compatSetting w:name="compatibilityMode" {office} w:val="15"/></w:compat>'
        '<w:themeFontLang w:val="en-GB"/><w:decimalSymbol w:val="."/><w:listSeparator w:val=","/></w:settings>'
    )


def parts() -> dict[str, str]:
    """Return every part of the file, by name."""
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    overrides = {
        "/word/document.xml": f"{word}.document.main+xml",
        "/word/styles.xml": f"{word}.styles+xml",
        "/word/settings.xml": f"{word}.settings+xml",
        "/word/numbering.xml": f"{word}.numbering+xml",
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    names = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in overrides.items())
    inside = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/{name}" Target="{name}.xml"/>'
        for n, name in enumerate(("styles", "settings", "numbering"), 1)
    )
    sample = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{identifier(n)}"/></w:pPr><w:r><w:t>{n[0].upper() + n[1:]}</w:t></w:r></w:p>' for n, *_ in PARAGRAPHS
    )
    size = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1020" w:bottom="1134" w:left="1020" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    core = (
        f'<cp:coreProperties xmlns:cp="{package}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        "<dc:title>House styles of the pack</dc:title><dc:language>en-GB</dc:language></cp:coreProperties>"
    )
    return {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{names}</Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{package}/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>',
        "docProps/core.xml": HEAD + core,
        "word/document.xml": f"{HEAD}<w:document {W}><w:body>{sample}{size}</w:body></w:document>",
        "word/_rels/document.xml.rels": f'{HEAD}<Relationships xmlns="{package}/relationships">{inside}</Relationships>',
        "word/styles.xml": styles_xml(),
        "word/settings.xml": settings_xml(),
        "word/numbering.xml": numbering_xml(),
    }


def packed(held: Mapping[str, str]) -> bytes:
    """Return a .docx of these parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in held.items():
            archive.writestr(name, text)
    return rezip(made.getvalue())


def house_docx() -> bytes:
    """Return the file."""
    return packed(parts())


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(house_docx())
