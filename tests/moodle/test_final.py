"""Final grades: worked examples, properties, and a check against a recorded gradebook export."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from autograder.final.export_check import check_export
from autograder.final.final_grade import export, final_grade, homework_percent, letter_of, project_needed, what_if
from autograder.final.final_policy import FinalPolicy, StudentMarks
from autograder.final.joining import joined
from autograder.final.tables import read_table
from autograder.moodle.importer.phpcsv import moodle_rows
from tests.moodle.recordings import needs_recordings, recordings_folder

D = Decimal
POLICY = FinalPolicy(
    engagement=D(20),
    attendance_share=D(25),
    homework_share=D(75),
    drop_lowest=1,
    project=D(80),
    stages={"s1": D(1), "s2": D(1), "s3": D(2)},
    letters=(("A", D(70)), ("B", D(60)), ("C", D("50")), ("F", D(0))),
)
ANN = StudentMarks("1", "Ann", D(80), {"s1": D(50), "s2": D(90), "s3": D(60)}, D(70))


def test_a_grade_worked_by_hand():
    """s1 is dropped; homework (90 + 2·60)/3 = 70; engagement 0.25·80 + 0.75·70 = 72.5; 0.2·72.5 + 0.8·70 = 70.5."""
    grade = final_grade(ANN, POLICY)

    assert (("s1",), D(70), D("72.5"), D("70.50"), "A") == (
        grade.dropped,
        grade.homework,
        grade.engagement,
        grade.total,
        grade.letter,
    )


def test_nothing_submitted_is_zero_and_dropped_first():
    """A missing stage counts as 0; a missing project leaves the grade open."""
    grade = final_grade(StudentMarks("1", "", D(100), {"s1": D(100), "s3": None}, None), POLICY)

    assert (("s3",), D(50), None, "", ("project",)) == (
        grade.dropped,
        grade.homework,
        grade.total,
        grade.letter,
        grade.missing,
    )


def test_of_equal_stages_the_heavier_is_dropped():
    """It makes no difference to the percentage, and the rule is always the same."""
    assert ("s3",) == final_grade(StudentMarks("1", homework={}), POLICY).dropped


@pytest.mark.parametrize(("total", "letter"), [("70", "A"), ("69.99", "B"), ("0", "F"), ("100", "A")])
def test_letters_begin_at_their_boundary(total: str, letter: str):
    """The boundary itself earns the letter."""
    assert letter == letter_of(D(total), POLICY)


def test_the_letter_fits_the_printed_total():
    """69.995 is printed as 70.00 and is an A."""
    grade = final_grade(StudentMarks("1", "", D(70), dict.fromkeys(POLICY.stages, D(70)), D("69.99375")), POLICY)

    assert (D("70.00"), "A") == (grade.total, grade.letter)


def test_a_better_mark_in_a_heavy_stage_does_not_cost_points():
    """Dropped is what helps most: with 1 × 10, 10 × 9 and 1 × 100 that is the heavy 9, with 11 in its place, too."""
    policy = replace(POLICY, stages={"light": D(1), "heavy": D(10), "good": D(1)})
    before = homework_percent({"light": D(10), "heavy": D(9), "good": D(100)}, policy)
    after = homework_percent({"light": D(10), "heavy": D(11), "good": D(100)}, policy)

    assert ((D(55), ("heavy",)), (D(55), ("heavy",))) == (before, after)


def test_what_if_changes_one_mark():
    """Other marks stay; unknown names are refused."""
    assert D("78.50") == what_if(ANN, POLICY, {"project": D(80)}).total
    assert D("75.00") == what_if(ANN, POLICY, {"attendance": D(100), "s3": D("75"), "project": D("72.5")}).total
    with pytest.raises(KeyError):
        what_if(ANN, POLICY, {"s9": D(1)})


PERCENT = st.decimals(0, 100, places=2)


@given(PERCENT, PERCENT, PERCENT, PERCENT, PERCENT, PERCENT)
def test_more_is_never_worse(attendance: D, s1: D, s2: D, s3: D, project: D, more: D):
    """Raising any mark never lowers the total, and the total stays within 0 and 100."""
    marks = StudentMarks("1", "", attendance, {"s1": s1, "s2": s2, "s3": s3}, project)
    total = final_grade(marks, POLICY).total or D(0)
    for name, old in (("attendance", attendance), ("s1", s1), ("s2", s2), ("s3", s3), ("project", project)):
        raised = what_if(marks, POLICY, {name: max(old, more)}).total or D(0)

        assert total <= raised <= 100


@given(PERCENT, PERCENT, PERCENT)
def test_the_project_mark_needed_is_the_lowest(attendance: D, s1: D, s2: D):
    """It earns the letter, and a hundredth less does not."""
    marks = StudentMarks("1", "", attendance, {"s1": s1, "s2": s2, "s3": D(50)})
    order = [letter for letter, _ in POLICY.letters]
    for letter, percent in project_needed(marks, POLICY).items():
        if percent is None:
            assert order.index(what_if(marks, POLICY, {"project": D(100)}).letter) > order.index(letter)
            continue
        assert order.index(what_if(marks, POLICY, {"project": percent}).letter) <= order.index(letter)
        if percent > 0:
            less = what_if(marks, POLICY, {"project": percent - D("0.01")}).letter
            assert order.index(less) >= order.index(letter)


def test_an_export_has_complete_grades_by_id_number():
    """Open grades are left out; the file is one that Moodle reads."""
    rows = moodle_rows(export([final_grade(ANN, POLICY), final_grade(StudentMarks("2"), POLICY)]))

    expected = [["ID number", "Engagement", "Project", "Final grade", "Letter"], ["1", "72.50", "70.00", "70.50", "A"]]
    assert expected == rows


@needs_recordings
def test_a_recorded_gradebook_export_is_checked():
    """Two decimals, scales and empty cells of a running Moodle's export."""
    table = read_table(recordings_folder() / "gradebook" / "export.csv")
    name = "Assignment 1: Autograd"
    right = {"25200100": D("71.5"), "25200104": D("55.25"), "25200106": D(40), "25200101": None}

    rows = joined(table, [*right, "999"]).rows

    assert () == check_export(table, rows, {name: right})
    (wrong,) = check_export(table, rows, {name: {"25200100": D(72)}})
    assert ("25200100", D(72), "71.50") == (wrong.id_number, wrong.sent, wrong.found)
    (absent,) = check_export(table, rows, {name: {"999": D(1)}})
    assert "no row" == absent.found


def test_the_command_prints_grades_and_needs(tmp_path: Path):
    """From a table of marks and the course's own grading.yml."""
    from autograder.cli.final import final
    from autograder.course import read_course
    from autograder.final.final_policy import policy_of

    course = Path(__file__).resolve().parents[2]
    stages = list(policy_of(read_course(course).configuration).stages)
    (tmp_path / "m.csv").write_text(
        f"ID number,Full name,{','.join(stages)},project\n7,Ann Byrne,{','.join('80' for _ in stages)},70\n"
    )
    (tmp_path / "a.csv").write_text("ID number,Percentage\n7,100\n")
    arguments = ["--course", str(course), "--marks", str(tmp_path / "m.csv"), "--attendance", str(tmp_path / "a.csv")]
    arguments += ["--what-if", "7:", "--what-if", "7:project=80", "--out", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(final, arguments)

    assert 0 == result.exit_code, result.output
    assert "7 Ann Byrne: 73.00 A- (engagement 85.00" in result.output
    assert "project mark needed: A+" in result.output
    assert "1 of 1 grade complete" in result.output
