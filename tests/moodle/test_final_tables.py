"""Tables for the final grade: which column has the ID numbers, whose row is whose, and what each cell says."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.final.joining import joined
from autograder.final.percentages import attendance_reader, entries, item_reader, percent_in, project_reader
from autograder.final.tables import Row, Table, read_table
from tests.builders.spreadsheets import Percent, Shown, ods, xlsx

D = Decimal
HEAD = "Course\tDeep Learning\nGroup\tAll participants\n\n"


def table_of(folder: Path, text: str, name: str = "a.txt") -> Table:
    """The table in a text."""
    (folder / name).write_text(text, "utf-8")
    return read_table(folder / name)


def plain(*keys: str) -> Table:
    """A table with these ID numbers and their line as the percentage."""
    rows = tuple(Row(key, line, [key, str(line)]) for line, key in enumerate(keys, 2))
    return Table("t.csv", ("ID number", "Percentage"), 1, rows)


def attendance(table: Table, *people: str) -> dict[str, Decimal | str]:
    """Everybody's attendance, or why there is none."""
    found = entries(table, joined(table, people or [row.key for row in table.rows]), attendance_reader(table))
    return {key: one.why if one.percent is None else one.percent for key, one in found.items()}


@pytest.mark.parametrize(
    "text",
    [
        "Course,Deep Learning\nGroup,All\n\nLast name,First name,ID number,Points,Percentage\nB,A,7,12,85.7%\n",
        "\ufeffID number;Percentage\n7;85,7\n",
        "ID number,Attended,Sessions\n7,857,1000\n",
        HEAD + "Last name\tStudent ID\tID number\tTaken sessions\tPoints\tPercentage\nB\t3202\t7\t3\t4 / 6\t85.7\n",
        HEAD + "Last name\tRemarks\tID number\tTaken sessions\tPercentage\n\"B\tsaid \"no\t7\t3\t85,7\n",
        "First name,ID number,Percentage,Last downloaded\nA,7,85.7\u00a0%\n",
    ],
    ids=["with lines before", "plain, with a comma", "sessions", "Student ID first", "quotation marks", "a short row"],
)  # fmt: skip
def test_attendance_tables(tmp_path: Path, text: str) -> None:
    """Moodle's attendance export has lines before its header; plain tables need two columns."""
    assert {"7": D("85.7")} == attendance(table_of(tmp_path, text))


@pytest.mark.parametrize("write", [xlsx, ods])
def test_an_attendance_spreadsheet(tmp_path: Path, write: Callable[..., bytes]) -> None:
    """ID numbers are numbers there; what cannot be theirs is refused, a row of the sheet is named."""
    head = [
        ["Course", "DL"],
        ["Group", "All participants"],
        [],
        ["Student ID", "ID number", "Taken sessions", "Percentage"],
    ]
    rows = [
        [3201, Shown(123456, "123456"), 3, 66.7],
        [3202, 1e5, 3, 50.0],
        [3203, None, 3, 50.0],
        [3204, 25300109, 0, 0.0],
    ]
    (tmp_path / "a.xlsx").write_bytes(write(head + rows))
    table = read_table(tmp_path / "a.xlsx")
    found = joined(table, ["00123456", "1e5", "25300109"])

    assert ("a.xlsx:7: no ID number: left out (3203 3)",) == tuple(" ".join(one.split()) for one in found.left_out)
    why = "a.xlsx:8: no session was taken for this person"
    assert {"00123456": D("66.7"), "1e5": D(50), "25300109": why} == attendance(table, "00123456", "1e5", "25300109")
    assert (
        "a.xlsx: found by the number that a spreadsheet made of them: 123456 is 00123456, 100000 is 1e5",
    ) == found.notes


@pytest.mark.parametrize("write", [xlsx, ods])
def test_computed_percentages_have_many_digits(tmp_path: Path, write: Callable[..., bytes]) -> None:
    """200 / 3, and the same as a number that is shown as a percentage."""
    rows = [["ID number", "Percentage"], ["1", 200 / 3], ["2", Percent(2 / 3)], ["3", 50.0]]
    (tmp_path / "a").write_bytes(write(rows))
    found = attendance(read_table(tmp_path / "a"))

    assert [True, True] == [abs(Decimal(found[key]) - D(200) / 3) < D("1e-10") for key in "12"]
    assert D(50) == found["3"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("Last name\tStudent ID", "'Student ID' is Moodle's own number of the account"),
        ("Last name\tUsername", "no column 'ID number'"),
        ("Last name", "no column 'ID number'"),
    ],
)
def test_an_attendance_without_id_numbers_is_refused(tmp_path: Path, columns: str, words: str) -> None:
    """What to tick is said: Moodle's own number of the account belongs to somebody else in another table."""
    with pytest.raises(UsageError, match=words) as caught:
        table_of(tmp_path, HEAD + f"{columns}\tTaken sessions\tPercentage\nB\t3202\t3\t50\n")

    assert "tick 'ID number' beside 'Student ID' and export again" in str(caught.value)


@pytest.mark.parametrize(
    ("header", "key"),
    [("Student ID,ID number", "b"), ("student number,Student ID", "a"), ("Student ID,x", "a"), ("x,IDNUMBER", "b")],
)
def test_the_column_of_id_numbers_is_the_best_that_there_is(tmp_path: Path, header: str, key: str) -> None:
    """Whatever the order of the columns."""
    assert [key] == [row.key for row in table_of(tmp_path, f"{header}\na,b\n").rows]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "no column of ID numbers"),
        ("ID number,x,ID number\n7,1,8\n", "2 columns are called 'id number'"),
        ('ID number,x\n"7,1\n', "no column of ID numbers"),
    ],
)
def test_tables_that_do_not_fit_are_errors(tmp_path: Path, text: str, words: str) -> None:
    """File and cause are named."""
    with pytest.raises(UsageError, match=words):
        table_of(tmp_path, text)


def test_columns_that_are_missing_or_there_twice_are_errors(tmp_path: Path) -> None:
    """The columns that would do are named."""
    table = table_of(tmp_path, "ID number,Name\n7,Ann\n")
    with pytest.raises(UsageError, match="no column 'Percentage', nor 'Attended' and 'Sessions'"):
        attendance_reader(table)
    with pytest.raises(UsageError, match="no column 'project', nor 'Percentage'"):
        project_reader(table)
    with pytest.raises(UsageError, match="no column 'x'; there are: ID number; Name"):
        table.column("x")
    with pytest.raises(UsageError, match="2 columns are called 'percentage'"):
        attendance_reader(table_of(tmp_path, "ID number,Percentage,percentage\n7,1,2\n"))


@pytest.mark.parametrize(
    ("cells", "is_fraction"),
    [
        (("0.857", "1", "0"), True),
        (("0.66666666666666667", "-"), True),
        (("0,5",), True),
        (("0.857", "66.7"), False),
        (("0", "1"), False),
        (("1",), False),
        (("85.7%", "0.5%"), False),
    ],
)
def test_a_column_of_fractions_is_refused(tmp_path: Path, cells: tuple[str, ...], is_fraction: bool) -> None:
    """0.857 for 85.7 per cent: everybody would lose nearly all of it."""
    table = table_of(tmp_path, "ID number;Percentage\n" + "".join(f"{key};{cell}\n" for key, cell in enumerate(cells)))
    if not is_fraction:
        attendance_reader(table)
        return
    with pytest.raises(UsageError, match="every number is from 0 to 1; allowed: per cent"):
        attendance_reader(table)


def test_one_bad_cell_costs_one_person_the_entry(tmp_path: Path) -> None:
    """Everybody else has theirs; an empty cell is no attendance."""
    table = table_of(tmp_path, "ID number,Percentage\n1,50\n2,present\n3,143\n4,-\n5,50,60\n6\n,70\n,\n")

    assert {
        "1": D(50),
        "2": "a.txt:3: 'present' is not a percentage; allowed: 85.7, 85.7% or 12 / 14",
        "3": "a.txt:4: '143' is not between 0 and 100 per cent",
        "4": "no mark in a.txt",
        "5": "a.txt:6: 3 cells, the header has 2",
        "6": "no mark in a.txt",
        "9": "not in a.txt",
    } == attendance(table, *"1234569")
    assert ("a.txt:8: no ID number: left out (70)",) == table.left_out


def test_who_is_there_twice_has_none_and_a_stranger_is_named() -> None:
    """Which row counts would be a guess."""
    found = joined(plain("7", "8", "7", "99"), ["7", "8"])

    assert {"7": "t.csv: lines 2 and 4: which one counts?"} == dict(found.without)
    assert ("t.csv:5: 99: not an ID number of the class: left out",) == found.left_out
    assert {"8"} == set(found.rows)


@pytest.mark.parametrize(
    ("written", "people", "whose"),
    [
        (["123456"], ["00123456"], {"00123456": 2}),
        (["00123456"], ["123456"], {"123456": 2}),
        (["123456.0"], ["123456"], {"123456": 2}),
        (["2.5300112E+07"], ["25300112"], {"25300112": 2}),
        (["2.53E+07"], ["25300000"], {}),
        (["1e5"], ["100000"], {}),
        (["1e5"], ["1e5"], {"1e5": 2}),
        (["100000"], ["1e5"], {"1e5": 2}),
        (["123456"], ["00123456", "123456"], {}),
        (["123456", "00123456"], ["00123456", "123456"], {"123456": 2, "00123456": 3}),
        (["00123456", "123456"], ["00123456"], {"00123456": 2}),
        (["UCD-4711/é"], ["UCD-4711/é"], {"UCD-4711/é": 2}),
        (["1.5"], ["15"], {}),
        (["1234567890123456"], ["01234567890123456"], {}),
    ],
)
def test_id_numbers_that_a_spreadsheet_changed(written: list[str], people: list[str], whose: dict[str, int]) -> None:
    """The same number is the same person where nobody else can be meant; a rounded one is nobody's."""
    assert whose == {key: row.line for key, row in joined(plain(*written), people).rows.items()}


def test_what_is_not_certain_is_said() -> None:
    """For each of those that may be meant, and for a number that was rounded."""
    found = joined(plain("123456", "2.53E+07"), ["00123456", "123456", "25300000"])

    why = "t.csv: line 2: can be 00123456 and 123456, which are the same number"
    assert {"00123456": why, "123456": why, "25300000": "not in t.csv"} == dict(found.without)
    assert {"00123456", "123456"} == set(found.unclear)
    assert "2.53E+07: this ID number was rounded by a spreadsheet" in found.left_out[0]


KEYS = st.sampled_from(["1", "01", "001", "2", "02", "1e1", "10", "x", "2.0"])


@given(st.lists(KEYS, max_size=6), st.sets(KEYS, max_size=6))
def test_a_row_is_never_two_peoples_and_nobodys_row_is_lost(written: list[str], people: set[str]) -> None:
    """Each person has a row of their own or a reason; each row is somebody's, or behind a reason, or named."""
    found = joined(plain(*written), sorted(people))
    lines = [row.line for row in found.rows.values()]

    assert len(lines) == len(set(lines))
    assert people == set(found.rows) | set(found.without)
    assert set(found.rows).isdisjoint(found.without)
    for key, row in found.rows.items():
        assert key == row.key or Decimal(key) == Decimal(row.key)
    said = " ".join([*found.without.values(), *found.left_out])
    for line in set(range(2, len(written) + 2)) - set(lines):
        assert re.search(rf"[: ]{line}(:| and)", said)


GRADES = "ID number,Quiz: Week 1 (Real),Quiz: Week 1 (Percentage),VPL: Lab 3 (Real)\n7,8.00,80.00 %,{}\n"


@pytest.mark.parametrize(
    ("item", "cell", "maximum", "expected"),
    [
        ("Quiz: Week 1", "", None, D(80)),
        ("VPL: Lab 3", "15", D(20), D(75)),
        ("VPL: Lab 3", '"7,5"', D(20), D("37.5")),
        ("VPL: Lab 3", "-", D(20), None),
    ],
)
def test_an_item_of_moodles_gradebook(
    tmp_path: Path, item: str, cell: str, maximum: Decimal | None, expected: Decimal | None
) -> None:
    """Its percentage, or else its points of the maximum."""
    table = table_of(tmp_path, GRADES.format(cell))

    assert expected == item_reader(table, item, maximum)(table.rows[0])


@pytest.mark.parametrize(
    ("item", "cell", "maximum", "words"),
    [
        ("VPL: Lab 3", "21", D(20), "more than the maximum, 20"),
        ("VPL: Lab 3", "Good", D(20), "'Good' is not a number"),
        ("VPL: Lab 3", "1", None, "'Percentage' ticked under 'Grade display types', or 'maximum'"),
        ("Quiz: Week 2", "1", D(20), r"no column 'Quiz: Week 2 \(Percentage\)'.*: Quiz: Week 1; VPL: Lab 3"),
    ],
)
def test_an_item_that_cannot_be_read_is_refused(
    tmp_path: Path, item: str, cell: str, maximum: Decimal | None, words: str
) -> None:
    """With what to do."""
    table = table_of(tmp_path, GRADES.format(cell))
    with pytest.raises(UsageError, match=words):
        item_reader(table, item, maximum)(table.rows[0])


@pytest.mark.parametrize("text", ["abc", "101", "-1", "12 / 0", "85.7 %%", "143", "04-Jun"])
def test_what_is_no_percentage_is_an_error(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(UsageError):
        percent_in(text)
