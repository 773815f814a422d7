"""``autograder moodle final`` with the stages' marks from gradebooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.cli.final import final
from autograder.errors import UsageError
from autograder.final.from_gradebooks import class_marks
from autograder.gradebook import Gradebook, Mark, Record, RecordKey, keep_people, open_gradebook
from autograder.gradebook.environment import Environment
from autograder.intake import Person
from autograder.model import Grade
from tests.builders.course import POLICY
from tests.builders.spreadsheets import xlsx

STAGES = ("s01_tiny", "s02_small", "s03_large")
ANN, BEN = "25200100", "25200101"


@dataclass(frozen=True)
class Given:
    """What a gradebook gets for one participant of one stage."""

    participant_id: str
    id_number: str
    points: float | None = None
    held: tuple[str, ...] = ()
    name: str = "Ann Byrne"
    team: str = ""
    official: bool = True
    out_of: float = 50.0


def book_at(path: Path) -> Gradebook:
    """The gradebook in a file, made if need be."""
    path.parent.mkdir(exist_ok=True)
    return open_gradebook(f"sqlite:///{path}")


def fill(book: Gradebook, stage: str, *given: Given) -> None:
    """Keep people and marks of a stage."""
    keep_people(book, stage, [Person(one.participant_id, one.id_number, one.name, one.team) for one in given])
    environment = Environment({"python": "3.11"})
    for one in given:
        if one.points is None:
            continue
        key = RecordKey(stage, one.participant_id, "a" * 64, "0", "b" * 64, environment.sha256, "1")
        record = book.add_record(Record(key, "c" * 64, (), one.official, ()), b"archive", environment)
        grade = Grade(one.participant_id, one.points, one.out_of, (), one.held)
        book.add_mark(Mark(stage, grade, record.number, "d" * 64))


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with three stages, in the working folder; the lowest one is dropped, attendance has no weight."""
    head, _, tiny = POLICY.partition("  s01_tiny:\n")
    text = head + "".join(f"  {stage}:\n{tiny}" for stage in STAGES)
    text = text.replace("homework_percent: 100", "homework_percent: 100, drop_lowest: 1")
    (tmp_path / "grading.yml").write_text(text, "utf-8")
    (tmp_path / "project.csv").write_text(f"ID number,Percentage\n{ANN},70\n{BEN},60\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def book(course: Path) -> Gradebook:
    """The default gradebook with Ann's marks in all stages, under another participant number each time."""
    book = book_at(course / "marks" / "gradebook.db")
    for number, (stage, points) in enumerate(zip(STAGES, (40.0, 30.0, 45.0), strict=True)):
        fill(book, stage, Given(str(41210 + number), ANN, points))
    return book


def run(*arguments: object) -> Result:
    """Run the command in the working folder."""
    return CliRunner().invoke(final, [str(one) for one in arguments])


def test_marks_are_joined_by_id_number(book: Gradebook, course: Path) -> None:
    """80, 60 and 90 per cent, the lowest dropped: homework 85; 0.2·85 + 0.8·70 = 73."""
    result = run("--project", "project.csv", "--out", "final.csv")

    grade = "73.00 A (engagement 85.00: attendance –, homework 85.00 without s02_small; project 70.00)"
    assert f"{ANN} Ann Byrne: {grade}" in result.output
    assert f"project.csv:3: {BEN}: not an ID number of the class: left out" in result.output
    assert "1 of 1 grade complete" in result.output
    assert 1 == result.exit_code
    assert f'"{ANN}","85.00","70.00","73.00","A"' == (course / "final.csv").read_text("utf-8-sig").splitlines()[1]


def test_all_marks_there_end_with_0(book: Gradebook, course: Path) -> None:
    """Nothing is listed then."""
    (course / "project.csv").write_text(f"ID number,project\n{ANN},70\n", "utf-8")
    result = run("--project", "project.csv")

    assert (0, 1) == (result.exit_code, len(result.output.splitlines())), result.output


@pytest.mark.parametrize(
    ("ben", "words"),
    [
        (Given("7", BEN), "(no mark: nothing was submitted)"),
        (
            Given("7", BEN, 50.0, ("rubric: clarity has not been marked",)),
            "(held: rubric: clarity has not been marked)",
        ),
        (Given("7", BEN, 50.0, tuple("abcde")), "(held: a; b; c and 2 more)"),
        (Given("7", BEN, 50.0, official=False), "(not official: it was made without a sandbox (--unsafe))"),
        (Given("7", BEN, 0.0, out_of=0.0), "(no test of it counts)"),
        (None, "(no mark: not among the participants of the stage)"),
    ],
)
def test_a_mark_that_does_not_count_is_named(book: Gradebook, course: Path, ben: Given | None, words: str) -> None:
    """By person and stage, with the reason; the grade is open and not in the file; 0 only where that was asked for."""
    for number, stage in enumerate(STAGES[1:]):
        fill(book, stage, Given(str(51210 + number), BEN, 40.0, name="Ben\x1b[31m Kelly"))
    fill(book, STAGES[0], *([ben] if ben else []))
    line = f"s01_tiny {words}"
    result = run("--project", "project.csv", "--out", "final.csv")

    assert 1 == result.exit_code
    assert "1 of 2 grades complete" in result.output
    assert "\x1b" not in result.output
    assert line in next(text for text in result.output.splitlines() if text.startswith(f"  {BEN}"))
    assert "open: s01_tiny" in result.output
    assert BEN not in (course / "final.csv").read_text("utf-8-sig")
    allowed = run("--project", "project.csv", "--allow-missing")
    assert 0 == allowed.exit_code
    assert f"{line.removesuffix(')')}; counted as 0)" in allowed.output
    assert f"{BEN} " in allowed.output.splitlines()[1]
    assert "homework 80.00 without s01_tiny" in allowed.output.splitlines()[1]


def test_a_stage_that_nobody_has_a_mark_in_is_said_so(course: Path) -> None:
    """The stage was not graded, or another gradebook has it."""
    with_one = book_at(course / "marks" / "gradebook.db")
    fill(with_one, STAGES[0], Given("1", ANN, 40.0))
    fill(with_one, STAGES[1], Given("2", ANN))
    result = run()

    assert 1 == result.exit_code
    assert "s02_small, s03_large (no mark of anybody in the gradebook: grade the stage, " in result.output
    assert "open: s02_small, s03_large, project" in result.output
    fill(with_one, STAGES[0], Given("8", BEN))
    of_two = run().output
    assert 1 == of_two.count("s03_large")
    assert "  everybody: s02_small, s03_large (no mark of anybody" in of_two
    assert f"{BEN} Ann Byrne: open: s01_tiny, project, 2 marks that nobody has" in of_two
    assert f"  {BEN} Ann Byrne: s01_tiny (no mark: nothing was submitted)" in of_two


def test_somebody_without_an_id_number_is_named(book: Gradebook) -> None:
    """The mark cannot be joined to a person, so it is nobody's."""
    fill(book, STAGES[0], Given("88", "", 25.0, name="Cara Daly"), Given("89", " ", name="Dan"))
    result = run()

    assert 1 == result.exit_code
    assert "s01_tiny: participant 88 Cara Daly: no ID number; the mark, 50.00 per cent, is left out" in result.output
    assert "s01_tiny: participant 89 Dan: no ID number; no mark: nothing was submitted" in result.output
    assert "participant 88 Cara Daly" in run("--allow-missing").output


def test_a_team_members_mark_is_the_teams_or_an_own_one(course: Path) -> None:
    """The team itself is nobody; a member with a mark of their own has that."""
    stage = STAGES[0]
    book = book_at(course / "marks" / "gradebook.db")
    fill(
        book, stage,
        Given("group-5", "", 40.0, name="Team A"), Given("1", ANN, None, team="group-5"),
        Given("2", BEN, 10.0, team="group-5"),
    )  # fmt: skip
    found = class_marks([book], [stage])

    assert {ANN: {stage: Decimal(80)}, BEN: {stage: Decimal(20)}} == {
        key: one.homework for key, one in found.people.items()
    }
    assert () == found.left_out


def test_stages_may_be_in_different_gradebooks(course: Path) -> None:
    """Each given by its URL; a mark in one of them counts though another knows the person, too."""
    paths = [course / "a" / "gradebook.db", course / "b" / "gradebook.db"]
    first, second = map(book_at, paths)
    fill(first, STAGES[0], Given("1", ANN, 40.0))
    fill(first, STAGES[1], Given("2", ANN))
    fill(second, STAGES[1], Given("2", ANN, 30.0))
    fill(second, STAGES[2], Given("3", ANN, 45.0))
    urls = [part for path in paths for part in ("--gradebook", f"sqlite:///{path}")]
    (course / "project.csv").write_text(f"ID number,project\n{ANN},70\n", "utf-8")
    result = run(*urls, "--project", "project.csv")

    assert 0 == result.exit_code, result.output
    assert "73.00 A" in result.output
    fill(first, STAGES[2], Given("3", ANN, 50.0))
    different = run(*urls)
    assert 1 == different.exit_code
    assert "more than one mark for this ID number: 100.00 (participant 3) and 90.00 (participant 3)" in different.output


def test_without_a_gradebook_or_people_the_fault_is_in_the_command(course: Path) -> None:
    """What is not there, and what is allowed; no empty gradebook is left behind."""
    assert "there is no gradebook" in str(run().exception)
    assert not (course / "marks").exists()
    fill(book_at(course / "marks" / "gradebook.db"), STAGES[0], Given("1", "", 40.0))
    result = run()
    assert isinstance(result.exception, UsageError)
    assert "nobody with an ID number is in the gradebook (s01_tiny: participant 1 Ann Byrne" in str(result.exception)


@pytest.mark.parametrize("extra", [("--gradebook", "sqlite:///x.db"), ("--project", "project.csv")])
def test_a_table_of_marks_and_a_gradebook_exclude_each_other(course: Path, extra: tuple[str, str]) -> None:
    """Which of two marks counts would be a guess."""
    (course / "marks.csv").write_text("ID number\n", "utf-8")

    assert "leave out --gradebook and --project, or --marks" in str(run("--marks", "marks.csv", *extra).exception)


def test_an_empty_cell_of_a_table_is_a_missing_mark(course: Path) -> None:
    """As one in a gradebook; a 0 that was typed is a mark."""
    header = f"ID number,{','.join(STAGES)},project\n"
    (course / "marks.csv").write_text(f"{header}{ANN},80,,90,70\n{BEN},0,80,-,60\n", "utf-8")
    result = run("--marks", "marks.csv")

    assert 1 == result.exit_code
    assert f"{ANN}: s02_small (no mark in marks.csv)" in result.output
    assert f"{BEN}: s03_large (no mark in marks.csv)" in result.output
    assert 0 == run("--marks", "marks.csv", "--allow-missing").exit_code


def test_the_projects_marks_may_be_those_of_a_stage(course: Path) -> None:
    """A stage called project is no homework; while its mark is held, the grade is open, whatever is allowed."""
    path = course / "grading.yml"
    path.write_text(path.read_text("utf-8").replace("  s03_large:", "  project:"), "utf-8")
    book = book_at(course / "marks" / "gradebook.db")
    for stage in (*STAGES[:2], "project"):
        fill(book, stage, Given("1", ANN, 40.0, ("look",) if stage == "project" else ()))
    assert "open: project" in run("--allow-missing").output
    assert f"{ANN} Ann Byrne: project (held: look)" in run("--allow-missing").output
    (course / "own.csv").write_text(f"ID number,project\n{ANN},50\n", "utf-8")
    assert 0 == run("--project", "own.csv").exit_code
    fill(book, "project", Given("1", ANN, 35.0))

    assert "72.00 A" in run().output  # 0.2 · 80 + 0.8 · 70


def test_the_projects_stage_may_have_any_name(course: Path) -> None:
    """components.project.stage says whose mark it is; that stage is no homework."""
    text = (course / "grading.yml").read_text("utf-8").replace("project: {weight", "project: {stage: s03_large, weight")
    (course / "grading.yml").write_text(text, "utf-8")
    book = book_at(course / "marks" / "gradebook.db")
    for stage, points in (("s01_tiny", 40.0), ("s02_small", 30.0), ("s03_large", 45.0)):
        fill(book, stage, Given("41210", ANN, points))

    assert "88.00 A" in run().output  # 0.2 · 80 + 0.8 · 90


def test_suppositions_for_one_student_are_combined(book: Gradebook) -> None:
    """And of nobody else a line is printed."""
    for number, stage in enumerate(STAGES):
        fill(book, stage, Given(str(51210 + number), BEN, name="Ben Kelly"))
    supposed = ("--what-if", f"{ANN}:project=80", "--what-if", f"{ANN}:s02_small=100")
    result = run("--project", "project.csv", *supposed)

    assert 0 == result.exit_code, result.output
    # s01 is dropped: homework 95; 0.2·95 + 0.8·80 = 83
    assert f"what if project = 80, s02_small = 100: {ANN} Ann Byrne: 83.00 A" in result.output
    assert 2 == len(result.output.splitlines())
    needed = run(*supposed, "--what-if", f"{ANN}:")
    assert f"what if project = 80, s02_small = 100: {ANN}: project mark needed: A 63.75" in needed.output
    other = run("--what-if", f"{BEN}:s01_tiny=50", "--what-if", f"{BEN}:")
    assert 1 == other.exit_code
    assert "(counted as 0: s02_small, s03_large)" in other.output
    assert ANN not in other.output


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (f"{ANN}:project=80", "is given twice"),
        (f"{ANN}:s02_small=", "the percentage is missing"),
        (f"{ANN}:exam=3", "no mark 'exam'"),
    ],
)
def test_suppositions_that_exclude_each_other_are_refused(book: Gradebook, more: str, words: str) -> None:
    """Which of two values is meant, nobody knows."""
    assert words in str(run("--what-if", f"{ANN}:project=70", "--what-if", more).exception)


def test_no_project_mark_is_needed_where_it_has_no_weight(book: Gradebook, course: Path) -> None:
    """The command says so."""
    path = course / "grading.yml"
    text = path.read_text("utf-8").replace("weight_percent: 20,", "weight_percent: 100,")
    path.write_text(text.replace("project: {weight_percent: 80}", "project: {weight_percent: 0}"), "utf-8")

    assert "the project has no weight" in str(run("--what-if", f"{ANN}:").exception)


def test_the_export_is_compared_on_moodles_scale(book: Gradebook, course: Path) -> None:
    """80 per cent are 8 of 10."""
    (course / "export.csv").write_text(f"ID number,Tiny\n{ANN},8.00\n", "utf-8")
    items = ("--check", "export.csv", "--item", "s01_tiny=Tiny", "--allow-missing")

    assert 0 == run(*items).exit_code
    (course / "export.csv").write_text(f"ID number,Tiny\n{ANN},80.00\n", "utf-8")
    assert f"{ANN}: Tiny: sent 8, Moodle 80.00" in run(*items).output


@settings(deadline=None, max_examples=10)
@given(
    st.dictionaries(
        st.sampled_from([ANN, BEN, ""]),
        st.dictionaries(st.sampled_from(STAGES), st.one_of(st.none(), st.integers(0, 50)), min_size=1),
        min_size=1,
    )
)
def test_each_mark_is_somebodys_or_named(tmp_path_factory: pytest.TempPathFactory, marks: Mapping[str, dict]) -> None:
    """Whatever is in the gradebook: counted as it is, or in the list; never something else."""
    book = book_at(tmp_path_factory.mktemp("gradebook") / "gradebook.db")
    for number, (key, stages) in enumerate(marks.items()):
        for stage, points in stages.items():
            fill(book, stage, Given(str(number), key, points))
    if set(marks) == {""}:
        with pytest.raises(UsageError, match="nobody with an ID number"):
            class_marks([book], STAGES)
        return
    found = class_marks([book], STAGES)

    assert sorted(set(marks) - {""}) == list(found.people)
    assert len(marks.get("", {})) == len(found.left_out)
    for key, one in found.people.items():
        known = {stage: Decimal(points) * 2 for stage, points in marks[key].items() if points is not None}
        assert known == dict(one.homework)
        assert set(STAGES) - set(known) == set(one.unknown)


ITEMS = """drop_lowest: 0, moodle_items: {"Quiz: Week 1": {weight: 1}, "VPL: a=b": {weight: 2, maximum: 20}}"""


@pytest.fixture
def with_items(course: Path) -> Path:
    """The course with two items of Moodle's gradebook as homework."""
    path = course / "grading.yml"
    path.write_text(path.read_text("utf-8").replace("drop_lowest: 1", ITEMS), "utf-8")
    return course


def test_items_of_moodles_gradebook_are_homework(book: Gradebook, with_items: Path) -> None:
    """80, 60 and 90 of the stages, 50 once and 75 twice: homework 430 / 6; its part of the grade as for a stage."""
    rows = [
        ["ID number", "Quiz: Week 1 (Percentage)", "VPL: a=b (Real)"],
        [float(ANN), "50.00 %", 15.0],
        [float(BEN), "-", "-"],
    ]
    (with_items / "grades.xlsx").write_bytes(xlsx(rows))
    (with_items / "project.csv").write_text(f"ID number,project\n{ANN},70\n", "utf-8")
    files = ("--project", "project.csv", "--grades", "grades.xlsx")
    result = run(*files, "--what-if", f"{ANN}:VPL: a=b=100")

    assert 0 == result.exit_code, result.output
    assert "70.33 A (engagement 71.67: attendance –, homework 71.67; project 70.00)" in result.output
    assert f"what if VPL: a=b = 100: {ANN} Ann Byrne: 72.00 A" in result.output
    assert f"grades.xlsx:3: {BEN}: not an ID number of the class" in run(*files).output


def test_an_item_without_a_grade_leaves_the_final_grade_open(book: Gradebook, with_items: Path) -> None:
    """Nobody tried the quiz, or the export was forgotten; it is 0 only where that was asked for."""
    (with_items / "project.csv").write_text(f"ID number,project\n{ANN},70\n", "utf-8")
    forgotten = run("--project", "project.csv")

    assert 1 == forgotten.exit_code
    assert "Quiz: Week 1, VPL: a=b (no --grades was given)" in forgotten.output
    (with_items / "grades.csv").write_text(f"ID number,Quiz: Week 1 (Real),VPL: a=b (Real)\n{ANN},-,-\n", "utf-8")
    assert "'Quiz: Week 1' has points only" in str(run("--grades", "grades.csv").exception)
    text = (with_items / "grades.csv").read_text("utf-8").replace("1 (Real)", "1 (Percentage)")
    (with_items / "grades.csv").write_text(text, "utf-8")
    open_ = run("--project", "project.csv", "--grades", "grades.csv")
    assert "open: Quiz: Week 1, VPL: a=b" in open_.output
    allowed = run("--project", "project.csv", "--grades", "grades.csv", "--allow-missing")
    assert 0 == allowed.exit_code
    assert "(no mark in grades.csv; counted as 0)" in allowed.output
    assert "homework 38.33;" in allowed.output  # 230 / 6


def test_items_in_a_table_of_marks_are_columns_or_in_the_export(with_items: Path) -> None:
    """With --grades the table need not have them."""
    (with_items / "marks.csv").write_text(f"ID number,{','.join(STAGES)},project\n{ANN},80,60,90,70\n", "utf-8")
    (with_items / "grades.csv").write_text(
        f"ID number,Quiz: Week 1 (Percentage),VPL: a=b (Real)\n{ANN},50 %,15\n", "utf-8"
    )

    assert "no column for Quiz: Week 1, VPL: a=b" in str(run("--marks", "marks.csv").exception)
    assert "70.33 A" in run("--marks", "marks.csv", "--grades", "grades.csv").output


def test_an_export_without_items_in_the_policy_is_refused(book: Gradebook, course: Path) -> None:
    """Nothing of it would count."""
    (course / "grades.csv").write_text(f"ID number,Quiz (Real)\n{ANN},5\n", "utf-8")

    assert "grading.yml has no components.engagement.moodle_items" in str(run("--grades", "grades.csv").exception)


def test_attendance_without_weight_is_not_read(book: Gradebook, course: Path) -> None:
    """And the command says so."""
    (course / "a.csv").write_text("ID number,Percentage\n", "utf-8")

    assert "a.csv: not read: attendance has no weight in grading.yml" in run("--attendance", "a.csv").output
