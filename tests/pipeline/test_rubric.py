"""The rubric's sheet: read however it was saved, and nothing in it is lost."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.course.models import StagePolicy
from autograder.course.textfiles import decode_sheet
from autograder.errors import ConfigurationError, UsageError
from autograder.pipeline.rubric import (
    FORMULA_SIGNS,
    Cells,
    RubricSheet,
    columns_of,
    read_rubric,
    spreadsheet_text,
    unguarded,
    write_rubric,
)

POLICY = StagePolicy.model_validate(
    {
        "title": "t",
        "week": 1,
        "due": "2027-02-05 17:00 Europe/Dublin",
        "files": ["scratch/a.py"],
        "tests": {"public": {"test_one": 10}},
        "rubric": {"clarity": 5, "written_answers": 10},
    }
)
HIDDEN = ["Cc", "Cf", "Zs"]
HEADER = "participant,name,clarity,written_answers,remark,clarity remark,written_answers remark"


def read(tmp_path: Path, data: bytes) -> RubricSheet:
    """A sheet with these bytes."""
    path = tmp_path / "rubric.csv"
    path.write_bytes(data)
    return read_rubric(path, POLICY)


def faults(tmp_path: Path, text: str) -> list[str]:
    """What is said about a sheet."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text.encode())
    return [*map(str, caught.value.faults)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_whatever_a_spreadsheet_writes_is_read(tmp_path: Path, encoding: str, separator: str, end: str) -> None:
    """Any encoding, separator, end of line, and case of the header; numbers with a point or a comma."""
    lines = [
        ["Participant", "NAME", "Clarity", "Written Answers", "Clarity Remark", "Remark"],
        ["41226", "Áine Ní Bhriain", '"4,5"', "7.25", "schön, – und gut", ""],
        ["41227", "", "", "", "", '"two\nlines"'],
    ]
    text = end.join(separator.join(line) if separator != "," else _quoted(line) for line in lines) + end
    sheet = read(tmp_path, text.encode(encoding))

    assert {"clarity": Decimal("4.5"), "written_answers": Decimal("7.25")} == sheet.cells["41226"].points
    assert {"clarity": "schön, – und gut"} == sheet.cells["41226"].remarks
    assert {"": "two\nlines"} == sheet.cells["41227"].remarks


def _quoted(line: list[str]) -> str:
    return ",".join(f'"{cell}"' if "," in cell and not cell.startswith('"') else cell for cell in line)


def test_a_line_that_names_the_separator_is_no_header(tmp_path: Path) -> None:
    """Excel writes and reads ``sep=;``."""
    assert Decimal(3) == read(tmp_path, b"sep=;\r\nparticipant;clarity\r\n7;3\r\n").cells["7"].points["clarity"]


@pytest.mark.parametrize("cell", ['="4.5"', "'4.5", '="4,5"', "'4,5", "4,50", "\xa04.5\xa0"])
def test_a_number_that_was_saved_as_text_counts(tmp_path: Path, cell: str) -> None:
    """As spreadsheets write a number in a cell of text."""
    quoted = cell.replace('"', '""')

    assert (
        Decimal("4.5") == read(tmp_path, f'participant,clarity\n7,"{quoted}"\n'.encode()).cells["7"].points["clarity"]
    )


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"], ids=["xlsx or ods", "xls"])
def test_a_workbook_with_the_name_of_the_sheet_is_refused(tmp_path: Path, start: bytes) -> None:
    """The words say how to save it; it is not written over."""
    with pytest.raises(UsageError, match="not CSV: save the sheet as CSV"):
        read(tmp_path, start + bytes(range(256)))


@pytest.mark.parametrize("cell", ["41226", " 41226 ", "Participant 41226", "41226.0", "41226,00", '=""41226""'])
def test_a_participant_is_recognised(tmp_path: Path, cell: str) -> None:
    """As Moodle writes it, and as a spreadsheet makes a number of it."""
    assert ["41226"] == [*read(tmp_path, f'participant,clarity\n"{cell}",1\n'.encode()).cells]


def test_every_fault_is_reported_with_its_line(tmp_path: Path) -> None:
    """A TA's typing errors come at once."""
    text = "participant,clarity\n1,four\n2,6\n3,-1\n4,NaN\n1,2\n,3\n5,4,5\n"

    assert [
        "rubric.csv:2: 1: clarity: 'four' is not a number; 0 to 5",
        "rubric.csv:3: 2: clarity: 6 is out of range; 0 to 5",
        "rubric.csv:4: 3: clarity: -1 is out of range; 0 to 5",
        "rubric.csv:5: 4: clarity: NaN is out of range; 0 to 5",
        "rubric.csv:6: 1: a second row; one row each",
        "rubric.csv:7: (no participant): no participant; Moodle's number, such as 41226",
        "rubric.csv:8: 5: more cells than the header has columns; put a number such as 4,5 in quotes",
    ] == faults(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,clarity\nx,1\n", "no column participant"),
        ("participant,clarity,Clarity\n1,1,2\n", "two columns clarity"),
        ("participant,clarty\n1,1\n", "no column clarity, but 'clarty'"),
        ('participant,clarity\n1,"1"2\n', "expected after"),
    ],
)
def test_a_header_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """No participants, a column twice, a slip in a criterion's name, a row that is no CSV."""
    assert words in "\n".join(faults(tmp_path, text))


def test_a_sheet_that_cannot_be_read_is_usage(tmp_path: Path) -> None:
    """A folder of its name, for instance."""
    (tmp_path / "rubric.csv").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        read_rubric(tmp_path / "rubric.csv", POLICY)


def test_no_sheet_and_an_empty_one_say_nothing(tmp_path: Path) -> None:
    """Nothing was typed yet; in a stage without a rubric no sheet is read."""
    assert {} == read_rubric(tmp_path / "none.csv", POLICY).cells
    assert {} == read(tmp_path, b"").cells
    (tmp_path / "rubric.csv").write_bytes(b"nonsense")
    assert None is read_rubric(tmp_path / "rubric.csv", POLICY.model_copy(update={"rubric": {}})).data


def test_a_dash_takes_back(tmp_path: Path) -> None:
    """An empty cell states nothing."""
    cells = read(tmp_path, b"participant,clarity,written_answers,remark\n1,-,,-\n").cells["1"]

    assert Cells({"clarity": None}, {"": ""}) == cells


def test_a_new_sheet_has_a_row_for_each(tmp_path: Path) -> None:
    """Participants in order, and what the gradebook holds of them."""
    rows = {"2": ("Bob", Cells({"clarity": Decimal("4.5")}, {"": "good"})), "1": ("=Ann()", Cells())}
    data = write_rubric(RubricSheet(tmp_path / "rubric.csv"), POLICY, rows)

    assert f"\ufeff{HEADER}\r\n1,'=Ann(),,,,,\r\n2,Bob,4.5,,good,,\r\n".encode() == data


def test_what_a_person_typed_stays(tmp_path: Path) -> None:
    """Order, separator, columns and rows of others; what is missing is added, and only empty cells are filled."""
    sheet = read(tmp_path, "Participant;Clarity;my notes\r\n9;4;ask\r\n1;;later\r\n".encode("cp1252"))
    rows = {"1": ("Ann", Cells({"clarity": Decimal(3)})), "9": ("Zoë", Cells({"clarity": Decimal(1)}))}
    data = write_rubric(sheet, POLICY, rows)

    assert data is not None
    assert ("my notes",) == sheet.foreign_columns
    assert [
        ["Participant", "Clarity", "my notes", "name", *columns_of(POLICY)[3:]],
        ["9", "4", "ask", "Zoë", "", "", "", ""],
        ["1", "3", "later", "Ann", "", "", "", ""],
    ] == [*csv.reader(io.StringIO(decode_sheet(data)), delimiter=";")]


def test_a_sheet_that_lacks_nothing_is_not_written(tmp_path: Path) -> None:
    """Whatever its encoding and separator: it stays as the TA saved it."""
    data = (HEADER.replace(",", "\t") + "\n1\tÁine\t4\t\t\t\t\n").encode("utf-16")

    assert None is write_rubric(read(tmp_path, data), POLICY, {"1": ("Áine", Cells({"clarity": Decimal(4)}))})


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "\u00a0"])
def test_no_name_is_a_formula(tmp_path: Path, sign: str, before: str) -> None:
    """Each sign that begins a formula is guarded, also after space that a spreadsheet strips."""
    data = write_rubric(RubricSheet(tmp_path / "r.csv"), POLICY, {"1": (f"{before}{sign}cmd|'/c calc'!A1", Cells())})
    assert data is not None
    cell = [*csv.reader(io.StringIO(decode_sheet(data).lstrip("\ufeff")))][1][1]

    assert "'" == cell[0]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Co", "Cn"]), min_size=1))
@settings(deadline=None)
def test_a_guarded_text_is_read_back(text: str) -> None:
    """A remark that begins with a sign is the same after a round trip."""
    guarded = spreadsheet_text(text)

    assert guarded.lstrip()[:1] not in FORMULA_SIGNS
    assert spreadsheet_text(unguarded(guarded)) == guarded
    assert text.startswith("'") or unguarded(guarded) == spreadsheet_text(text).removeprefix("'")


@given(
    st.dictionaries(
        st.integers(1, 10**6).map(str),
        st.tuples(
            st.decimals(0, 5, places=2),
            st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=HIDDEN), max_size=20),
        ),
        max_size=5,
    )
)
@settings(deadline=None)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[str, tuple[Decimal, str]]
) -> None:
    """Points and remarks come back as they were, and a second writing changes nothing."""
    path = tmp_path_factory.mktemp("r") / "rubric.csv"
    kept = {
        key: ("", Cells({"clarity": points}, {"": text} if text.strip() not in ("", "-") else {}))
        for key, (points, text) in rows.items()
        if not text.startswith("'")
    }
    data = write_rubric(RubricSheet(path), POLICY, kept)
    assert data is not None
    path.write_bytes(data)
    sheet = read_rubric(path, POLICY)

    assert {key: cells for key, (_, cells) in kept.items()} == sheet.cells
    assert None is write_rubric(sheet, POLICY, kept)
