"""Spreadsheets as rows of text: values, limits, and what is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.final.spreadsheets import is_spreadsheet, parts, read_spreadsheet, rows
from tests.builders.spreadsheets import Cell, Percent, Shown, ods, ods_around, ods_content, xlsx, xlsx_parts, zipped

WRITERS = {"xlsx": xlsx, "ods": ods}
FORMATS = pytest.mark.parametrize("kind", WRITERS)
ROWS: list[list[Cell]] = [
    ["Course", "Deep & <Learning>"],
    [],
    ["ID number", None, "Percentage"],
    [Shown(123456, "00123456"), "x", 66.7],
    ["00123", None, Percent(0.857)],
    [1e5, "12 / 14", 50.0],
]


def read(folder: Path, data: bytes) -> list[tuple[int, list[str]]]:
    """The rows of a spreadsheet with this contents, whatever its name."""
    path = folder / "export.csv"
    path.write_bytes(data)
    assert is_spreadsheet(path)
    return read_spreadsheet(path)


@FORMATS
def test_values_are_read_as_people_write_them(tmp_path: Path, kind: str) -> None:
    """Whole numbers without a point, percentages with their sign; the rows have their own numbers.

    Only .ods keeps the zeros before an ID number that became a number.
    """
    found = read(tmp_path, WRITERS[kind](ROWS))

    assert [
        (1, ["Course", "Deep & <Learning>"]),
        (3, ["ID number", "", "Percentage"]),
        (4, ["00123456" if kind == "ods" else "123456", "x", "66.7"]),
        (5, ["00123", "", "85.7%"]),
        (6, ["100000", "12 / 14", "50"]),
    ] == found


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(sorted(WRITERS)),
    st.lists(
        st.lists(
            st.one_of(st.none(), st.integers(0, 10**9), st.text(st.characters(codec="ascii", categories=["L", "N"]))),
            min_size=1,
            max_size=6,
        ),
        max_size=6,
    ),
)
def test_cells_stay_in_their_rows_and_columns(
    tmp_path_factory: pytest.TempPathFactory, kind: str, cells: list[list[Cell]]
) -> None:
    """Whatever is empty between them."""
    folder = tmp_path_factory.mktemp("sheet")
    wanted = {number: ["" if cell is None else str(cell) for cell in row] for number, row in enumerate(cells, 1)}
    found = dict(read(folder, WRITERS[kind](cells)))

    for number, row in wanted.items():
        got = found.get(number, [])
        assert row == got + [""] * (len(row) - len(got))


def test_other_ways_to_write_a_text_in_a_workbook(tmp_path: Path) -> None:
    """In the cell itself, in pieces, with its pronunciation; the result of a formula; cells without a place."""
    files = xlsx_parts([["a"]])
    files["xl/sharedStrings.xml"] = (
        "<sst><si><r><t>Ann </t></r><r><t>Byrne</t></r><rPh><t>an</t></rPh></si><si><t>x</t></si></sst>"
    )
    files["xl/worksheets/sheet1.xml"] = (
        '<worksheet><sheetData><row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>in</t></is></c></row>'
        '<row><c r="C2" t="str"><f>A1</f><v>made</v></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c></row>'
        "</sheetData></worksheet>"
    )

    assert [(1, ["Ann Byrne", "in"]), (2, ["", "", "made", "1", "#N/A"])] == read(tmp_path, zipped(files))


def test_other_ways_to_write_a_cell_in_an_ods(tmp_path: Path) -> None:
    """Repeated cells and rows, spaces, notes, and a number that is shown rounded."""
    lines = (
        '<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="9"/>'
        '</table:table-row><table:table-row table:number-rows-repeated="2">'
        '<table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>a<text:s text:c="2"/>b'
        "<text:span>c</text:span></text:p><office:annotation><text:p>note</text:p></office:annotation>"
        '</table:table-cell><table:covered-table-cell/><table:table-cell office:value-type="float" '
        'office:value="66.66666666666667"><text:p>66,7</text:p></table:table-cell></table:table-row>'
    )
    row = ["a  bc", "a  bc", "", "66.66666666666667"]

    assert [(4, row), (5, row)] == read(tmp_path, zipped({"content.xml": ods_around(lines)}))


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_not_exact(tmp_path: Path) -> None:
    """Nobody may take it for an ID number."""
    assert [(1, ["1.23456789012346E+18", "nan"])] == read(tmp_path, xlsx([[1234567890123456789.0, float("nan")]]))


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"content.xml": BOMB + ods_content([["&b;"]])}, "document type"),
        ({**xlsx_parts([["a"]]), "xl/sharedStrings.xml": BOMB + "<sst/>"}, "document type"),
        ({**xlsx_parts([["a"]]), SHEET: (BOMB + "<worksheet/>").encode("utf-16")}, "document type"),
        ({"content.xml": b" " * (8 << 20) + b"<x/>"}, "grows more than 200 times"),
        ({"content.xml": "<x>"}, "no element found"),
        ({"content.xml": "<x/>"}, "no sheet"),
        ({"other.txt": "x"}, "no xl/_rels/workbook.xml.rels"),
        ({**xlsx_parts([["a"]]), "xl/workbook.xml": "<workbook/>"}, "no sheet"),
        ({**xlsx_parts([["a"]]), "xl/sharedStrings.xml": "<sst/>"}, "no text 0"),
        ({**xlsx_parts([]), SHEET: '<x><row><c r="=1"/></row></x>'}, "no cell: '=1'"),
        ({**xlsx_parts([]), SHEET: '<x><row r="x"/></x>'}, "invalid literal"),
    ],
)
def test_a_damaged_or_hostile_spreadsheet_is_refused(tmp_path: Path, files: dict[str, str | bytes], words: str) -> None:
    """With the reason, and the formats that are read."""
    with pytest.raises(UsageError, match=words) as caught:
        read(tmp_path, zipped(files))

    assert "allowed: .xlsx, .ods, or text" in str(caught.value)


INNER = {"xlsx": xlsx_parts(ROWS), "ods": {"content.xml": '<?xml version="1.0" encoding="UTF-8"?>' + ods_content(ROWS)}}
PIECES = [b"-1", b"9" * 20, b"<", b'"', b"1e999", b"\0", b"\xff", b"", b'r=""', b"UTF-99", b"&a;", b"</"]


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(sorted(INNER)), st.data())
def test_a_damaged_part_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    """Whatever is in the place of a few of its bytes, nothing but the command's own error is raised."""
    files = dict(INNER[kind])
    name = data.draw(st.sampled_from(sorted(files)))
    contents = files[name]
    text = contents.encode() if isinstance(contents, str) else contents
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(len(text), start + 9)))
    files[name] = text[:start] + data.draw(st.sampled_from(PIECES)) + text[end:]
    path = tmp_path_factory.mktemp("sheet") / "a"
    path.write_bytes(zipped(files))
    with contextlib.suppress(UsageError):
        read_spreadsheet(path)


REPEATED = (
    '<table:table-row table:number-rows-repeated="{}"><table:table-cell table:number-columns-repeated="{}">'
    "<text:p>a</text:p></table:table-cell></table:table-row>"
)


@pytest.mark.parametrize("times", [(10**9, 1), (1, 10**12), (3, 7)])
def test_a_cell_repeated_too_often_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: tuple[int, int]
) -> None:
    """Before the memory for it is needed."""
    monkeypatch.setattr(rows, "MOST_CELLS", 20)
    with pytest.raises(UsageError, match=r"more than .* cells"):
        read(tmp_path, zipped({"content.xml": ods_around(REPEATED.format(*times))}))


def test_the_size_and_the_number_of_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all files together."""
    monkeypatch.setattr(parts, "MOST_BYTES", 1000)
    with pytest.raises(UsageError, match="unpacked"):
        read(tmp_path, xlsx([["a" * 400, "b" * 400]]))
    monkeypatch.setattr(parts, "MOST_ENTRIES", 4)
    with pytest.raises(UsageError, match="too many files"):
        read(tmp_path, xlsx([["a"]]))


def test_old_and_encrypted_files_are_named_as_such(tmp_path: Path) -> None:
    """An .xls, or a file with a password: what to do is said; text is no spreadsheet."""
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(UsageError, match=r"save it as \.xlsx"):
        read_spreadsheet(path)
    path.write_bytes(xlsx([["a"]])[:-30])
    with pytest.raises(UsageError, match="not a zip"):
        read_spreadsheet(path)
    path.write_text("ID number\tx\n")

    assert not is_spreadsheet(path)
