"""Each finding about Moodle's importers, as a small case of the project's own.

The class is invented. Each case is forecast, and imported by the importer's model, and both must agree.
"""

import io
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.moodle.files.datetext import moodle_date, zone_of
from autograder.moodle.files.markup import flatten
from autograder.moodle.files.moodle_writer import Person, build_worksheet
from autograder.moodle.files.worksheet import Worksheet, parse_worksheet
from autograder.moodle.importer.forecast import Effect, SheetForecast, UploadSettings, forecast_worksheet
from autograder.moodle.importer.forecast_files import forecast_feedback
from autograder.moodle.importer.phpvalues import php_number, php_time
from tests.moodle_server.importer import Assignment, Import, Student, import_feedback, import_worksheet

HEADER = "Identifier,Grade,Last modified (grade),Feedback comments\n"
GRADED = int(datetime(2026, 2, 20, 9, 30, 15, tzinfo=UTC).timestamp())
DATE = '"Friday, 20 February 2026, 9:30 AM"'
SET, SKIPPED, NOTHING, SAME, ERASED = Effect.SET, Effect.SKIPPED, Effect.NOTHING, Effect.SAME, Effect.ERASED


def class_of_five() -> Assignment:
    """1 has mark and comment, 2 and 3 have none, 4 is locked, 5 has a record without a grade, 6 is suspended."""
    return Assignment(
        students=[
            Student(1, "u1", "One", 71.5, GRADED, "<p>Good <em>work</em></p>"),
            Student(2, "u2", "Two"),
            Student(3, "u3", "Three"),
            Student(4, "u4", "Four", 50.0, GRADED, None, disabled=True),
            Student(5, "u5", "Five", -1.0, 1000, None),
            Student(6, "u6", "Six", active=False),
        ]
    )


def worksheet_of(state: Assignment) -> Worksheet:
    """The worksheet that could be downloaded."""
    people = [
        Person(
            one.number,
            one.name,
            status="Submitted for grading -  - ",
            grade=f"{one.grade:.2f}" if one.grade is not None and one.grade >= 0 else "",
            graded=_date(one) if one.grade is not None and one.grade >= 0 else "-",
            can_change=not one.disabled,
            comment=flatten(one.comment or ""),
        )
        for one in state.valid().values()
    ]
    return parse_worksheet(build_worksheet(people))


def _date(one: Student) -> str:
    return moodle_date(datetime.fromtimestamp(one.graded_at, UTC), zone_of("Europe/Dublin"))


def run(data: bytes, **options) -> tuple[SheetForecast, Import]:
    """Forecast and import one upload."""
    state = class_of_five()
    known = worksheet_of(state)
    ignore = options.pop("overwrite_newer", False)
    settings_ = UploadSettings(reader_zone="Europe/Dublin", records={"5"}, overwrite_newer=ignore, **options)
    said = forecast_worksheet(data, known, settings_)
    done = import_worksheet(state, data, now=GRADED + 10**6, ignore_modified=ignore, **options)
    return said, done


CASES = {
    "plain": ("Participant 2,66.5,-,x", SET, SET),
    "any twelve characters": ("XXXXXXXXXXXX2,66,-,x", SET, SET),
    "spaces around the number": ("Participant  2 ,66,-,x", SET, SET),
    "another assignment's id": ("Participant 99,66,-,x", SKIPPED, SKIPPED),
    "suspended": ("Participant 6,66,-,x", SKIPPED, SKIPPED),
    "empty grade": ("Participant 2,,-,x", NOTHING, SET),
    "a dash is zero": ("Participant 2,-,-,x", SET, SET),
    "a word is zero": ("Participant 2,abc,-,x", SET, SET),
    "a formula is zero": ("Participant 2,=50,-,x", SET, SET),
    "a comma cuts": ('Participant 2,"85,5",-,x', SET, SET),
    "a percentage": ("Participant 2,85%,-,x", SET, SET),
    "a space joins": ("Participant 2,8 5,-,x", SET, SET),
    "powers of ten": ("Participant 2,1e1,-,x", SET, SET),
    "negative": ("Participant 2,-5,-,x", SKIPPED, SET),
    "over the maximum": ("Participant 2,100.000001,-,x", SKIPPED, SET),
    "the same grade": (f"Participant 1,71.50,{DATE},<p>New</p>", SAME, SET),
    "an unchanged row flattens the comment": (f"Participant 1,71.50,{DATE},Good work   ", SAME, SET),
    "an empty cell erases": (f"Participant 1,80,{DATE},", SET, ERASED),
    "stale": ('Participant 1,80,"Friday, 20 February 2026, 9:28 AM",x', SKIPPED, SKIPPED),
    "in time by Moodle's minute": (f"Participant 1,80,{DATE},x", SET, SET),
    "an ISO date": ("Participant 1,80,2026-02-20 09:30,x", SET, SET),
    "a spreadsheet's date": ("Participant 1,80,20/02/2026 09:30,x", SKIPPED, SKIPPED),
    "no date": ("Participant 1,80,-,x", SKIPPED, SKIPPED),
    "locked": (f"Participant 4,80,{DATE},x", SKIPPED, SET),
    "a record without a grade makes a row without a date stale": ("Participant 5,80,-,x", SKIPPED, SKIPPED),
}


@pytest.mark.parametrize(("row", "grade", "comment"), CASES.values(), ids=CASES.keys())
def test_a_row(row: str, grade: Effect, comment: Effect):
    """What becomes of its grade and of its comment, and why, as the importer's model does it."""
    said, done = run((HEADER + row + "\n").encode())
    (found,) = said.rows

    assert (grade, comment) == (found.grade.effect, found.comment.effect)
    assert all(cell.why for cell in (found.grade, found.comment) if cell.effect in (SKIPPED, ERASED))
    assert (grade is SET) == any(kind == "grade" for kind, _, _ in done.changes)
    assert (comment in (SET, ERASED)) == any(kind == "comment" for kind, _, _ in done.changes)


REFUSED = {
    "no prefix": HEADER + "2,66,-,x\nParticipant 3,67,-,y\n",
    "empty identifier": HEADER + ",66,-,x\n",
    "no number": HEADER + "Participant x,66,-,x\n",
    "one cell too many": HEADER + "Participant 2,66,-,x,extra\n",
    "a lone carriage return": HEADER + "Participant 2,66,-,cr\rhere\n",
    "semicolons": "Identifier;Grade;Last modified (grade)\nParticipant 2;66;-\n",
    "no date column": "Identifier,Grade,Feedback comments\nParticipant 2,66,x\n",
    "a space behind a header": "Identifier,Grade ,Last modified (grade)\nParticipant 2,66,-\n",
    "empty": "",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_an_upload_that_is_refused_as_a_whole(text: str):
    """Nothing is applied, and the forecast says why."""
    said, done = run(text.encode())

    assert said.refused
    assert done.error


def test_a_file_must_be_called_csv():
    """The form takes no other file."""
    data = (HEADER + "Participant 2,66,-,x\n").encode()

    assert "csv" in run(data, file_name="w.txt")[0].refused


def test_comments_in_the_first_column_are_ignored():
    """Moodle takes column 0 for none."""
    said, done = run(b"Feedback comments,Grade,Last modified (grade),Identifier\nx,66,-,Participant 2\n")

    assert NOTHING == said.rows[0].comment.effect
    assert [("grade", "Two", "66.00")] == list(done.changes)


def test_of_two_columns_of_a_name_the_last_counts():
    """The later index replaces the earlier."""
    head = HEADER.strip() + ",Feedback comments\n"

    assert "two" == run((head + "Participant 2,66,-,one,two\n").encode())[0].rows[0].comment.value


def test_of_two_rows_of_a_participant_the_first_counts():
    """After it the second is older than Moodle's mark."""
    said, done = run((HEADER + "Participant 2,66,-,one\nParticipant 2,67,-,two\n").encode())

    assert [SET, SKIPPED] == [row.grade.effect for row in said.rows]
    assert (1, 1) == (done.grades, done.comments)


def test_ticking_the_box_overwrites_newer_marks():
    """Stale rows are applied then."""
    data = (HEADER + "Participant 1,80,-,x\nParticipant 5,81,-,y\n").encode()

    assert [SET, SET] == [row.grade.effect for row in run(data, overwrite_newer=True)[0].rows]


def test_a_comment_that_ends_in_a_backslash_swallows_the_next_row():
    """PHP takes it for an escape: the next student's row becomes this student's comment."""
    said, done = run((HEADER + 'Participant 2,66,-,"a, b\\"\nParticipant 3,70,-,secret\n').encode())

    assert ["2"] == [row.participant_id for row in said.rows]
    assert "Participant 3,70,-,secret" in said.rows[0].comment.value
    assert "secret" in done.changes[1][2]


def test_a_teacher_west_of_the_server_has_stale_rows():
    """Moodle reads the date in the server's zone: 4:30 in New York is 9:30 in Dublin."""
    state = class_of_five()
    text = build_worksheet([Person(1, "One", grade="71.50", graded="Friday, 20 February 2026, 4:30 AM")])
    data = (HEADER + 'Participant 1,80,"Friday, 20 February 2026, 4:30 AM",x\n').encode()
    west = UploadSettings(reader_zone="America/New_York", server_zone="Europe/Dublin")

    assert SKIPPED == forecast_worksheet(data, parse_worksheet(text), west).rows[0].grade.effect
    assert import_worksheet(state, data, now=GRADED).error


TEXT = HEADER + "Participant 2,66,-,na\u00efve Euro \u20ac plain\nParticipant 3,67,-,next\n"
ENCODED = {
    "UTF-8": (TEXT.encode(), "naïve Euro € plain", ""),
    "with a byte order mark": (TEXT.encode("utf-8-sig"), "naïve Euro € plain", ""),
    "UTF-16, as a spreadsheet saves it": (
        TEXT.encode("utf-16"),
        "nave Euro   plain",
        "UTF-16",
    ),
    "UTF-16 in plain English": (TEXT.replace("ï", "i").replace("€", "E").encode("utf-16"), "naive Euro E plain", ""),
    "Windows-1252": (TEXT.encode("cp1252"), "nave Euro  plain", "not UTF-8"),
    "a NUL in the comment": (TEXT.replace("plain", "pl\0ain").encode(), "naïve Euro € plain", "NUL"),
    "a NUL in the grade": (TEXT.replace("66", "6\x006").encode(), "naïve Euro € plain", "NUL"),
    "a NUL in the identifier": (TEXT.replace("Participant 2", "Parti\0cipant 2").encode(), "naïve Euro € plain", "NUL"),
}


@pytest.mark.parametrize(("data", "comment", "lost"), ENCODED.values(), ids=ENCODED.keys())
def test_an_upload_in_another_encoding(data: bytes, comment: str, lost: str):
    """Moodle deletes NULs and what is no UTF-8 before it reads: the forecast has the text that will be there."""
    said, done = run(data)

    assert [SET, SET] == [row.grade.effect for row in said.rows]
    assert ("66.00", comment) == (said.rows[0].grade.value, said.rows[0].comment.value)
    assert [("grade", "Two", "66.00"), ("comment", "Two", comment)] == list(done.changes[:2])
    assert lost in said.lost
    assert bool(lost) == bool(said.lost)


def test_an_encoding_that_was_chosen_and_is_wrong_loses_the_whole_file():
    """Only of UTF-8 Moodle takes what it can read; the right one loses nothing."""
    said, done = run(TEXT.encode("cp1252"), encoding="WINDOWS-1252")
    assert ("naïve Euro € plain", "") == (said.rows[0].comment.value, said.lost)
    assert 2 == done.grades
    said, done = run(TEXT.encode("cp1252").replace(b"plain", b"\x81"), encoding="WINDOWS-1252")
    assert "cannot be read as WINDOWS-1252" in said.refused
    assert done.error


COMMAS = {
    "85,5": "85.50",
    "85.5": "85.50",
    "1.234,5": "1.23",
    "71,50": "71.50",
    "8 5,25": "85.25",
    "66": "66.00",
    ",5": "0.50",
    "100,000001": None,
}


@pytest.mark.parametrize(("cell", "grade"), COMMAS.items())
def test_a_reader_whose_language_has_a_decimal_comma(cell: str, grade: str | None):
    """The worksheet that was downloaded shows the sign, whatever language grading.yml names."""
    state = class_of_five()
    state.decimal_sign = ","
    known = parse_worksheet(build_worksheet([Person(2, "Two", graded="-")], maximum="100,00"))
    data = (HEADER + f'Participant 2,"{cell}",-,x\n').encode()
    said = forecast_worksheet(data, known, UploadSettings(reader_zone="Europe/Dublin", decimal_sign="."))
    done = import_worksheet(state, data, now=GRADED)

    assert (SET if grade else SKIPPED) is said.rows[0].grade.effect
    assert [grade] * bool(grade) == [value for kind, _, value in done.changes if kind == "grade"]
    assert grade in (None, said.rows[0].grade.value)


def test_the_language_of_the_course_counts_where_no_number_shows_the_sign():
    """A worksheet whose numbers have no decimals."""
    known = parse_worksheet(build_worksheet([Person(2, "Two", graded="-")], maximum="100"))
    data = (HEADER + 'Participant 2,"85,5",-,x\n').encode()
    values = [forecast_worksheet(data, known, UploadSettings(decimal_sign=sign)).rows[0].grade.value for sign in ".,"]

    assert ["85.00", "85.50"] == values


@pytest.mark.parametrize(
    ("cell", "word"), [("2", "2"), ("2.0", "2"), (" 2", "2"), ("02", "2"), ("3", None), ("two", None), ("-", None)]
)
def test_a_scale_of_numbers_is_compared_as_php_compares_numbers(cell: str, word: str | None):
    """Two texts that are numbers are equal where the numbers are."""
    state = class_of_five()
    state.scale = ("0", "1", "2")
    text = build_worksheet([Person(2, "Two", graded="-")]).decode("utf-8-sig")
    known = parse_worksheet(text.replace('"Maximum grade"', "Scale").replace("100.00", '"0  1  2"').encode())
    data = (HEADER + f"Participant 2,{cell},-,x\n").encode()
    said = forecast_worksheet(data, known).rows[0].grade

    assert (SET, word) == (said.effect, said.value) if word else SKIPPED is said.effect
    assert [word] * bool(word) == [
        value for kind, _, value in import_worksheet(state, data, now=GRADED).changes if kind == "grade"
    ]


NUMBERS = {"": None, " 77 ": "77", "٧٥": "0", ".5": "0.5", "1,234.5": "1", "NaN": "0", "+5": "5", "0x1A": "0"}


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_numbers_as_php_reads_them(text: str, number: str | None):
    """A number is what is at the beginning, and zero if nothing is."""
    assert number == (None if php_number(text) is None else f"{php_number(text):f}")


@pytest.mark.parametrize("text", ["nonsense", "-", "", "20/02/2026 09:30", "jeudi 20 février 2026, 09:30"])
def test_texts_that_php_reads_no_time_from(text: str):
    """They count as 1970: older than any mark."""
    assert php_time(text, zone_of("Europe/Dublin")) is None


ZIP_CASES = {
    "x_1_assignfeedback_file/f.html": ("1", "/f.html"),
    "x_1_assignsubmission_file/plots/a.png": ("1", "/plots/a.png"),
    "x_1_assignsubmission_file_/f.html": ("1", "/f.html"),
    "x_1_assignfeedback_file_a_b.html": ("1", "/a_b.html"),
    "out/er/x_1_assignsubmission_onlinetext/f.html": ("1", "/f.html"),
    "../x_1_assignfeedback_comments/../f.html": ("1", "/f.html"),
    "x_1_assignfeedback_file/it's.html": ("1", "/its.html"),
    "A_B_1_assignfeedback_file/f.html": None,
    "x_99_assignfeedback_file/f.html": None,
    "x_6_assignfeedback_file/f.html": None,
    "x_1_assignfeedback_nosuch/f.html": None,
    "x_1/f.html": None,
    "x_1_assignfeedback_file/.f.html": None,
    "x_1_assignfeedback_file/~f.html": None,
    "Default group_assignfeedback_file/f.html": None,
    "f.html": None,
}


@pytest.mark.parametrize(("name", "expected"), ZIP_CASES.items())
def test_a_feedback_file(name: str, expected: tuple[str, str] | None):
    """Whom it reaches and under which path, as the importer's model does it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, b"x")
    state = class_of_five()
    (said,) = forecast_feedback(stream.getvalue(), {str(number) for number in state.valid()})
    done = import_feedback(state, stream.getvalue())

    assert expected == ((said.number, said.path) if said.effect is SET else None)
    assert said.why or expected is not None
    assert [("New", "One", expected[1])] == list(done.changes) if expected else not done.changes


def test_own_files_are_skipped_and_earlier_uploads_wait():
    """Files of the download that were not changed are nobody's feedback; an unconfirmed zip comes with the next."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x_1_assignsubmission_file/a.py", b"mine")
    state = class_of_five()
    state.students[0].sent = {"/a.py": b"mine"}
    state.waiting.append(("x_2_assignfeedback_file/old.html", b"old"))
    (said,) = forecast_feedback(stream.getvalue(), {"1"}, sent={"1": {"a.py": b"mine"}})
    done = import_feedback(state, stream.getvalue())

    assert (SKIPPED, "it is the student's own file, unchanged") == (said.effect, said.why)
    assert [("New", "Two", "/old.html")] == list(done.changes)


CELLS = st.sampled_from(["", "-", "66", "71.5", "100", "101", "-5", "abc", "85%", "1e1", "50"])
DATES = st.sampled_from(["-", "", DATE, "2026-02-20 09:30", "2026-02-19 09:30", "nonsense"])
COMMENTS = st.sampled_from(["", "x", "<p>Good <em>work</em></p>", '"a, b"', '"q ""z"" \\\\ "', "Good work"])
ROWS = st.tuples(st.integers(0, 7), CELLS, DATES, COMMENTS)


@pytest.mark.slow
@settings(max_examples=1000)
@given(st.lists(ROWS, max_size=6, unique_by=lambda row: row[0]), st.booleans())
def test_forecast_and_importer_agree(rows: list[tuple[int, str, str, str]], overwrite: bool):
    """On any mixture of rows the same grades and comments are set."""
    text = HEADER + "".join(f"Participant {number},{grade},{date},{comment}\n" for number, grade, date, comment in rows)
    said, done = run(text.encode(), overwrite_newer=overwrite)
    expected = sorted((kind, name) for kind, name, _ in done.changes)
    found = sorted(
        (kind, row.name)
        for row in said.rows
        for kind, cell in (("grade", row.grade), ("comment", row.comment))
        if cell.effect in (SET, ERASED)
    )
    # only the flattened comment is known, so a comment equal to the stored HTML looks like a change
    doubtful = {("comment", "One")}

    assert set(expected) - doubtful == set(found) - doubtful
