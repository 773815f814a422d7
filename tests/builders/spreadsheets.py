"""Spreadsheets as Moodle exports them: text in a table of its own (.xlsx), or beside each value (.ods)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True)
class Percent:
    """A number that is shown as a percentage: 0.857 as 85.7%."""

    value: float


@dataclass(frozen=True)
class Shown:
    """A number that is shown with other digits: 123456 as 00123456."""

    value: float
    text: str


Cell = str | float | Percent | Shown | None
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip with these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


def xlsx(rows: Sequence[Sequence[Cell]]) -> bytes:
    """A workbook with one sheet; an empty row is left out of it, as Moodle does."""
    return zipped(xlsx_parts(rows))


def xlsx_parts(rows: Sequence[Sequence[Cell]]) -> dict[str, str | bytes]:
    """The files of such a workbook."""
    texts: list[str] = []
    lines = [
        f'<row r="{number}">{"".join(_xlsx_cell(number, place, cell, texts) for place, cell in enumerate(row))}</row>'
        for number, row in enumerate(rows, 1)
        if row
    ]
    strings = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
    linked = {"rId1": "styles", "rId3": "sharedStrings", "rId4": "worksheet"}
    targets = {"rId1": "styles.xml", "rId3": "sharedStrings.xml", "rId4": "worksheets/sheet1.xml"}
    links = "".join(
        f'<Relationship Id="{key}" Type="{_LINKS}/{kind}" Target="{targets[key]}"/>' for key, kind in linked.items()
    )
    return {
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets><sheet name="A" sheetId="1" '
        'r:id="rId4"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{links}</Relationships>",
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts><numFmt numFmtId="170" formatCode="0.0%"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }


def _xlsx_cell(number: int, place: int, cell: Cell, texts: list[str]) -> str:
    at = f'r="{chr(ord("A") + place)}{number}"'
    if cell is None:
        return f"<c {at}/>"
    if isinstance(cell, str):
        texts.append(cell)
        return f'<c {at} t="s"><v>{len(texts) - 1}</v></c>'
    if isinstance(cell, Percent):
        return f'<c {at} s="1"><v>{cell.value!r}</v></c>'
    return f"<c {at}><v>{cell.value if isinstance(cell, Shown) else cell}</v></c>"


def ods(rows: Sequence[Sequence[Cell]]) -> bytes:
    """A document with one sheet."""
    return zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": ods_content(rows)})


def ods_content(rows: Sequence[Sequence[Cell]]) -> str:
    """The text of such a document."""
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    return ods_around(lines)


def ods_around(lines: str) -> str:
    """A document with these rows."""
    names = " ".join(f'xmlns:{name}="{_ODF}{name}:1.0"' for name in ("office", "table", "text"))
    return (
        f"<office:document-content {names}><office:body><office:spreadsheet><table:table>{lines}"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, str):
        return f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
    kind, value, text = "float", cell, str(cell)
    if isinstance(cell, Percent):
        kind, value, text = "percentage", cell.value, f"{cell.value * 100:.0f}%"
    elif isinstance(cell, Shown):
        value, text = cell.value, cell.text
    attributes = f'office:value-type="{kind}" office:value={quoteattr(str(value))}'
    return f"<table:table-cell {attributes}><text:p>{escape(text)}</text:p></table:table-cell>"
