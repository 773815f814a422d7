"""What goes to Moodle is only what changed, in a form that no parser can misread."""

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.csvtext import write_csv
from autograder.moodle.files.markup import flatten
from autograder.moodle.files.moodle_writer import Person, build_worksheet
from autograder.moodle.files.outgoing import comment_cell, format_grade, write_worksheet
from autograder.moodle.files.worksheet import WorksheetError, parse_worksheet
from autograder.moodle.importer.phpcsv import moodle_rows

DATE = "Thursday, 20 February 2025, 9:30 AM"


def sheet(*people: Person):
    """A worksheet of these people, out of 100."""
    return parse_worksheet(build_worksheet(people))


THREE = sheet(
    Person(41210, "A", grade="71.50", graded=DATE, comment="Good   "),
    Person(41226, "B"),
    Person(41214, "C", can_change=False),
)


def rows(worksheet, marks: dict[str, OutgoingGrade], **options):
    """The rows that Moodle's importer sees."""
    return moodle_rows(write_worksheet(worksheet, marks, **options).data)


def test_only_changed_rows_and_four_columns():
    """Identifier, grade, its date and comments, in the worksheet's own words and order of rows."""
    marks = {"41226": OutgoingGrade(88.5, "<p>Well done</p>"), "41210": OutgoingGrade(71.5, "<p>Good</p>")}
    out = write_worksheet(THREE, marks)

    expected = [
        ["Identifier", "Grade", "Last modified (grade)", "Feedback comments"],
        ["Participant 41226", "88.50", "-", "<p>Well done</p>"],
    ]
    assert expected == moodle_rows(out.data)
    assert (("41226",), ("41210",), ()) == (out.written, out.unchanged, out.left_out)


def test_without_comments_there_is_no_column_that_could_erase():
    """An empty cell erases a stored comment, so grades alone go in three columns."""
    assert [["Identifier", "Grade", "Last modified (grade)"], ["Participant 41210", "80.00", DATE]] == rows(
        THREE, {"41210": OutgoingGrade(80)}
    )


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        (OutgoingGrade(101, "<p>x</p>"), "over the maximum"),
        (OutgoingGrade(100.000001, "<p>x</p>"), "over the maximum"),
        (OutgoingGrade(-1, "<p>x</p>"), "below 0"),
        (OutgoingGrade(float("nan"), "<p>x</p>"), "not a finite number"),
        (OutgoingGrade("abc", "<p>x</p>"), "not a number"),
    ],
)
def test_a_grade_that_moodle_would_take_wrongly_is_left_out_and_named(mark: OutgoingGrade, why: str):
    """No grade is bent to fit; the TA reads which and why."""
    out = write_worksheet(THREE, {"41226": mark})

    assert () == out.written
    assert why in out.left_out[0].why


def test_locked_unknown_and_erasing_rows_are_left_out_and_named():
    """Locked grades would get the comment alone; a missing comment would erase one."""
    marks = {
        "41214": OutgoingGrade(5, "<p>x</p>"),
        "99": OutgoingGrade(5, "<p>x</p>"),
        "41210": OutgoingGrade(80),
        "41226": OutgoingGrade(1, "<p>y</p>"),
    }
    out = write_worksheet(THREE, marks)
    why = {left.participant_id: left.why for left in out.left_out}

    assert ("41226",) == out.written
    assert "locked or overridden" in why["41214"]
    assert "no row" in why["99"]
    assert "erase" in why["41210"]


def test_rows_that_need_the_box_are_named():
    """A comment without a grade has a record, but no date that the row could name."""
    marks = {"1": OutgoingGrade(1, "<p>y</p>"), "2": OutgoingGrade(2, "<p>z</p>")}
    out = write_worksheet(sheet(Person(1, "A", comment="x"), Person(2, "B")), marks)

    assert ("1",) == out.stale


def test_scale_words_are_exact():
    """Moodle skips a word in another case; here it is named instead."""
    text = (
        "Identifier,Grade,Scale,Last modified (grade)\nParticipant 1,,Fail    Pass,-\nParticipant 2,,Fail    Pass,-\n"
    )
    out = write_worksheet(parse_worksheet(text.encode()), {"1": OutgoingGrade("Pass"), "2": OutgoingGrade("pass")})

    assert ("1",) == out.written
    assert "Fail, Pass" in out.left_out[0].why


def test_other_languages_keep_their_header_and_get_dates_that_moodle_reads():
    """Its strtotime reads English and ISO only; a German date would count as never."""
    text = (
        "ID,Bewertung,Bestwertung,Zuletzt geändert (Bewertung),Feedback als Kommentar\n"
        'Teilnehmer/in7,"71,50","100,00","Donnerstag, 20. Februar 2025, 09:30",\n'
    )
    out = rows(parse_worksheet(text.encode()), {"7": OutgoingGrade(80, "<p>x</p>")}, time_zone="Europe/Dublin")

    assert ["ID", "Bewertung", "Zuletzt geändert (Bewertung)", "Feedback als Kommentar"] == out[0]
    assert ["Teilnehmer/in7", "80.00", "2025-02-20 09:30", "<p>x</p>"] == out[1]


def test_comments_first_in_the_download_are_not_first_in_the_upload():
    """Moodle ignores a comment column at index 0."""
    text = "Feedback comments,Identifier,Grade,Maximum grade,Last modified (grade)\n,Participant 7,,10,-\n"

    assert "Feedback comments" == rows(parse_worksheet(text.encode()), {"7": OutgoingGrade(1, "<p>x</p>")})[0][3]


@pytest.mark.parametrize("cell", ["Part\\icipant 7", '"Participant\n7"'])
def test_a_worksheet_with_a_trap_of_its_own_is_not_sent_back(cell: str):
    """Identifiers are copied, so they must be plain."""
    text = f"Identifier,Grade,Maximum grade,Last modified (grade)\n{cell},,10,-\n"

    assert (
        "cannot be sent back"
        in write_worksheet(parse_worksheet(text.encode()), {"7": OutgoingGrade(1)}).left_out[0].why
    )


def test_a_header_with_a_trap_is_an_error():
    """A header word with a backslash could swallow the first row."""
    words = parse_worksheet(b"Identifier,Grade,Last modified (grade)\n").words
    trap = type(words)(**{**words.__dict__, "columns": {**words.columns, "Grade\\": "grade"}})

    with pytest.raises(WorksheetError, match="cannot be sent back"):
        write_worksheet(parse_worksheet(b"Identifier,Grade\\,Last modified (grade)\n", words=trap), {})


@settings(max_examples=300)
@given(st.decimals(0, 10, allow_nan=False), st.integers(0, 5))
def test_a_grade_has_a_point_and_stays_within_the_maximum(grade: Decimal, decimals: int):
    """Rounding never goes over the maximum, and a number is written as digits and a point."""
    text = format_grade(grade, Decimal("9.995"), decimals) if grade <= Decimal("9.995") else "0"

    assert set(text) <= set("0123456789.")
    assert Decimal(text) <= Decimal("9.995")


HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from('\\"\n\r,;\t\x00=<>&\u2028\x85\ufeff Participant41214-'), st.characters()),
    max_size=60,
)


@pytest.mark.slow
@settings(max_examples=2000)
@given(st.lists(HOSTILE, min_size=3, max_size=3))
def test_no_comment_reaches_another_students_row(comments: list[str]):
    """Through both passes of PHP's reader each row keeps its identifier, its grade and its own comment."""
    people = [Person(number, "x") for number in (1, 2, 3)]
    marks = {
        str(number): OutgoingGrade(number, f"<p>{text}</p>") for number, text in zip((1, 2, 3), comments, strict=True)
    }
    seen = rows(sheet(*people), marks)

    expected = [[f"Participant {n}", f"{n}.00", "-", comment_cell(marks[str(n)].comment_html)] for n in (1, 2, 3)]
    assert expected == seen[1:]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.lists(HOSTILE, min_size=4, max_size=4), min_size=1, max_size=4))
def test_the_writer_refuses_what_php_would_misread(table: list[list[str]]):
    """A cell with a backslash, a carriage return, NUL or half a pair is refused; PHP's reader returns all others."""
    table = [["head", "b", "c", "d"], *table]
    cells = "".join(cell for row in table for cell in row)
    if re.search(r"[\\\r\x00\ud800-\udfff]", cells):
        with pytest.raises(ValueError, match="backslash, carriage return, NUL or half surrogate"):
            write_csv(table)
        return

    assert table == moodle_rows(write_csv(table))


@pytest.mark.parametrize("cell", ["\\", "a\\", '\\"', "a\rb", "\x00"])
def test_the_writer_never_lets_through_what_php_misreads(cell: str):
    """Each forbidden character alone, where hypothesis may not look."""
    with pytest.raises(ValueError, match="backslash, carriage return, NUL or half surrogate"):
        write_csv([["head", "b"], [cell, "1"]])


def test_rows_of_different_lengths_are_refused():
    """Moodle would shift their cells."""
    with pytest.raises(ValueError, match="a row has 1 cells, the first has 2"):
        write_csv([["head", "b"], ["1"]])


def test_flattening_is_moodles():
    """The recorded comments of the downloads, from their stored HTML."""
    stored = '<p>Good: <em>loss</em> "falls",\nbut see line 3; naïve β₂</p>'

    assert 'Good: loss "falls",   but see line 3; naïve β₂   ' == flatten(stored)
    assert "Existing comment   " == flatten("<p>Existing comment</p>")
