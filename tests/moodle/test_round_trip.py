"""By files, the whole way: download, marks, forecast, upload into the importer's model, and verification."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.comparison import compare
from autograder.moodle.files.datetext import moodle_date, zone_of
from autograder.moodle.files.download import read_download
from autograder.moodle.files.markup import flatten
from autograder.moodle.files.moodle_writer import Person, SentFile, build_download, build_worksheet
from autograder.moodle.files.outgoing import comment_cell, write_worksheet
from autograder.moodle.files.worksheet import parse_worksheet
from autograder.moodle.importer.forecast import Effect, UploadSettings, forecast_worksheet
from autograder.moodle.importer.forecast_files import forecast_feedback
from tests.builders.feedback import feedback_zip
from tests.moodle_server.importer import Assignment, Student, import_feedback, import_worksheet

SAVED = datetime(2026, 2, 12, 10, 3, tzinfo=UTC)
NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
TEXT = st.text(alphabet=st.one_of(st.sampled_from('\\"\n,;<>&= '), st.characters(codec="utf-8")), max_size=40)


def rows_of(state: Assignment) -> list[Person]:
    """The class as the page shows it."""
    rows = []
    for one in state.students:
        graded = one.grade is not None and one.grade >= 0
        rows.append(
            Person(
                one.number,
                one.name,
                status="Submitted for grading -  - ",
                grade=f"{one.grade:.2f}" if graded else "",
                submitted=moodle_date(SAVED, zone_of("UTC")),
                graded=moodle_date(datetime.fromtimestamp(one.graded_at, UTC), zone_of("UTC")) if graded else "-",
                comment=flatten(one.comment or ""),
                files=(SentFile("optim.py", b"1", SAVED),),
            )
        )
    return rows


@pytest.mark.slow
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXT, TEXT, st.decimals(0, 100, places=2)), min_size=1, max_size=30))
def test_every_mark_comes_back_as_it_was_sent(tmp_path: Path, people: list[tuple[str, str, object]]):
    """Names and comments of any kind: the forecast says all will be applied, all is, and nothing differs."""
    students = [Student(41200 + place, f"u{place}", f"P {name}") for place, (name, _, _) in enumerate(people)]
    state = Assignment(students=students, zone="UTC")
    (tmp_path / "d.zip").write_bytes(build_download(rows_of(state)))
    (tmp_path / "w.csv").write_bytes(build_worksheet(rows_of(state)))
    read_class = read_download(tmp_path / "d.zip", tmp_path / "w.csv", time_zone="UTC")
    assert read_class.worksheet is not None
    sent = zip(read_class.submissions, people, strict=True)
    marks = {one.participant_id: OutgoingGrade(grade, f"<p>{text}</p>") for one, (_, text, grade) in sent}
    out = write_worksheet(read_class.worksheet, marks)
    said = forecast_worksheet(out.data, read_class.worksheet, UploadSettings())
    import_worksheet(state, out.data, now=int(NOW.timestamp()))
    after = parse_worksheet(build_worksheet(rows_of(state)))

    assert set(marks) == set(out.written)
    assert {Effect.SET} == {row.grade.effect for row in said.rows}
    assert [comment_cell(marks[str(one.number)].comment_html) for one in students] == [one.comment for one in students]
    assert () == compare(parse_worksheet(out.data), after)
    # a second run on what Moodle now holds sends nothing
    assert (
        ()
        == write_worksheet(
            after, {key: mark for key, mark in marks.items() if flatten(mark.comment_html).strip()}
        ).written
    )

    feedback = feedback_zip(
        {key: {"feedback.html": key.encode()} for key in marks},
        {one.participant_id: one.name for one in read_class.submissions},
    )
    assert {Effect.SET} == {file.effect for file in forecast_feedback(feedback, marks.keys())}
    assert len(marks) == import_feedback(state, feedback).users
    assert [str(one.number).encode() for one in students] == [one.files["/feedback.html"] for one in students]
