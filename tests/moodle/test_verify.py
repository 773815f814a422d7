"""After the upload every difference is named."""

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.comparison import compare
from autograder.moodle.files.moodle_writer import Person, build_worksheet
from autograder.moodle.files.outgoing import write_worksheet
from autograder.moodle.files.worksheet import parse_worksheet

BEFORE = parse_worksheet(build_worksheet([Person(number, f"P{number}") for number in (1, 2, 3, 4)]))
SENT = parse_worksheet(
    write_worksheet(
        BEFORE, {str(number): OutgoingGrade(60 + number, "<p>a\\b &lt; c</p>") for number in (1, 2, 3, 4)}
    ).data
)


def after(*people: Person):
    """The worksheet that was downloaded afterwards."""
    return compare(SENT, parse_worksheet(build_worksheet(people)))


def person(number: int, grade: str, comment: str = "a\\b < c   ", **more) -> Person:
    """A row as Moodle shows it after the upload."""
    return Person(number, f"P{number}", grade=grade, comment=comment, **more)


def test_what_arrived_is_no_difference():
    """Comments come back without their HTML, and grades with two decimals."""
    assert () == after(*(person(number, f"{60 + number}.00") for number in (1, 2, 3, 4)))


def test_each_difference_is_named_with_its_usual_cause():
    """A skipped grade, a locked one, another comment and a missing row."""
    found = after(person(1, ""), person(2, "50.00", can_change=False), person(3, "63.00", "other"))

    expected = [("1", "grade"), ("2", "grade"), ("3", "comment"), ("4", "row")]
    assert expected == [(one.participant_id, one.what) for one in found]
    assert "skipped" in found[0].why
    assert "locked" in found[1].why
    assert "another group" in found[3].why
