"""Decisions change marks, survive regrades, and are on every page and file; other people's parts stay as they are."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli.main import cli
from autograder.course import Course, read_course
from autograder.errors import UsageError
from autograder.gradebook import open_gradebook, read_people
from autograder.moodle.files.moodle_writer import Person, SentFile, build_download, build_worksheet
from autograder.moodle.files.system import MoodleFiles
from autograder.pipeline import GradingReport, GradingRequest, grade_download, rubric_records, verify_marks
from autograder.tester.pool import PoolOptions
from tests.builders.course import POLICY, STAGE, tiny, write_course
from tests.pipeline.test_grading import SAVED, person, zipped

PEOPLE = [
    person(101, "Séan Ó Briain", tiny()),
    person(102, "John Murphy", tiny(double="return np.square(x)")),
    person(103, "Ann Late", tiny(), when="6:00 PM"),
    person(104, "Dora Draft", tiny(), status="Draft (not submitted) -  - "),
    Person(105, "Nobody Nothing", "27105", "n@b.example"),
]


@dataclass
class Class:
    """A class that was graded, and its commands."""

    root: Path
    course: Course
    options: PoolOptions

    def grade(self, people: list[Person] | None = None, *, worksheet: bool = True, **changes: object) -> GradingReport:
        """Grade these people, all by default."""
        people = PEOPLE if people is None else people
        (self.root / "download.zip").write_bytes(build_download(people))
        (self.root / "worksheet.csv").write_bytes(build_worksheet(PEOPLE, maximum="10.00"))
        sheet = self.root / "worksheet.csv" if worksheet else None
        source = MoodleFiles(self.root / "download.zip", sheet, "Europe/Dublin")
        url = f"sqlite:///{self.root}/marks/gradebook.db"
        request = replace(GradingRequest(source, self.root / "marks", url, options=self.options), **changes)  # type: ignore[arg-type]
        return grade_download(self.course, self.course.stage(STAGE), request)

    def run(self, *arguments: str, code: int = 0, reason: str = "a good reason") -> str:
        """A command; its output."""
        command = ["--course", str(self.root / "course"), *arguments, "--out", str(self.root / "marks")]
        command += ["--reason", reason, "--by", "zz-ta"] if reason else []
        done = CliRunner().invoke(cli, command, standalone_mode=False)
        if code:
            assert isinstance(done.exception, UsageError), done.output
            assert code == done.exception.exit_code
            return str(done.exception)
        assert done.exception is None, done.output
        return " ".join(done.output.split())

    def points(self) -> dict[str, float]:
        """Everybody's mark."""
        book = open_gradebook(f"sqlite:///{self.root}/marks/gradebook.db")
        found = {key: mark.grade.points for key, mark in book.marks(STAGE).items()}
        book.close()
        return found

    def file(self, name: str) -> Path:
        """One of the stage's files."""
        return self.root / "marks" / STAGE / name

    def sheet(self) -> dict[str, str]:
        """The grades that go to Moodle."""
        rows = csv.reader(io.StringIO(self.file("worksheet.csv").read_text("utf-8-sig")))
        return {row[0].removeprefix("Participant "): row[1] for row in rows if row[0] != "Identifier"}

    def rows(self) -> str:
        """Everybody's row on the class page."""
        return self.file("class.html").read_text("utf-8").partition("<h2>Everybody</h2>")[2]

    def comment(self, key: str) -> str:
        """What goes to Moodle beside a grade."""
        rows = csv.reader(io.StringIO(self.file("worksheet.csv").read_text("utf-8-sig")))
        return next(row[-1] for row in rows if row[0] == f"Participant {key}")

    def page(self, key: str) -> str:
        """What a student reads."""
        return self.file(f"students/{key}.html").read_text("utf-8")

    def differences(self) -> tuple[str, ...]:
        """What verify reports."""
        book = open_gradebook(f"sqlite:///{self.root}/marks/gradebook.db")
        found = verify_marks(self.course, self.course.stage(STAGE), book, self.options)
        book.close()
        return (*found.differences, *found.tampered)


@pytest.fixture
def make(tmp_path: Path, pool_options: PoolOptions) -> Callable[..., Class]:
    """Grade the class, with this policy."""

    def graded(policy: str = POLICY) -> Class:
        one = Class(tmp_path, write_course(tmp_path / "course", policy=policy), pool_options)
        one.grade()
        return one

    return graded


@pytest.mark.slow
def test_an_override_is_everywhere_and_stays(make: Callable[..., Class]) -> None:
    """In the gradebook at once, on page, comment, class page, worksheet and verify; a regrade changes nothing of it."""
    one = make()
    assert {"101": 100, "102": 30, "103": 90, "104": 100} == one.points()
    others = {key: one.page(key) for key in ("101", "103", "104")}
    output = one.run("override", STAGE, "102", "55,5")

    assert "102: 30 → 55.5 (set by staff)" in output
    assert others == {key: one.page(key) for key in others}
    for _ in range(2):
        assert {"101": 100, "102": 55.5, "103": 90, "104": 100} == one.points()
        assert {"101": "10.00", "102": "5.55", "103": "9.00"} == one.sheet()
        for text in (one.page("102"), one.comment("102"), one.file("class.html").read_text("utf-8")):
            assert "Mark set by staff: 55.5" in text
            assert "a good reason" in text
        assert "zz-ta" in one.file("class.html").read_text("utf-8")
        assert "zz-ta" not in one.page("102") + one.comment("102")
        report = one.grade(again=True)
        assert any("Mark set by staff: 55.5" in note for note in report.notes)
    assert () == one.differences()
    one.run("override", STAGE, "102", "--undo")

    assert 30 == one.points()["102"]
    assert "Mark set by staff" not in one.page("102")


def test_a_mark_set_by_staff_is_named_when_the_stage_has_other_points(make: Callable[..., Class]) -> None:
    """The points stay, but are another part of the whole in Moodle: a run and a decision both say so."""
    one = make()
    one.run("override", STAGE, "102", "50")
    write_course(one.root / "course", policy=POLICY.replace("test_triple: 30", "test_triple: 50"))
    one.course = read_course(one.root / "course")
    assert any(line.startswith("102: 50 of 100 → 50 of 120 (set by staff") for line in one.grade().changes)
    assert "4.17" == one.sheet()["102"]
    output = one.run("drop-test", STAGE, "test_triple", "--not-counted")

    assert "102: 50 of 120 → 50 of 70 (set by staff" in output


def test_lateness_is_extended_and_waived(make: Callable[..., Class]) -> None:
    """For one, and for everybody; an extension that is too short changes nothing."""
    one = make()
    one.run("extend", STAGE, "Ann Late", "2027-01-29 17:30")
    assert 90 == one.points()["103"]
    one.run("extend", STAGE, "27103", "2027-01-29 18:00")
    assert 100 == one.points()["103"]
    assert "Due date extended to 29 January 2027, 18:00 GMT" in one.page("103")
    one.run("extend", STAGE, "103", "--undo")
    one.run("waive", STAGE, "103")
    assert 100 == one.points()["103"]
    one.run("waive", STAGE, "103", "--undo")
    assert 90 == one.points()["103"]
    one.run("extend", STAGE, "--everybody", "2027-01-30 09:00")
    one.grade()

    assert {"101": 100, "102": 30, "103": 100, "104": 100} == one.points()


@pytest.mark.slow
def test_a_mark_is_held_and_released(make: Callable[..., Class]) -> None:
    """A draft is settled by one command; what is held by a person is not sent."""
    one = make()
    one.run("hold", STAGE, "101", reason="interview")
    assert {"102", "103"} == one.sheet().keys()
    assert "A member of staff is looking at your mark." in one.page("101")
    assert "interview" in one.page("101")
    one.run("release", STAGE, "101")
    one.run("release", STAGE, "Dora")
    one.grade()

    assert {"101", "102", "103", "104"} == one.sheet().keys()
    assert "it is not held" in one.run("release", STAGE, "101", code=2)
    assert "has no mark yet" in one.run("release", STAGE, "105", code=2)
    assert () == one.differences()


def test_a_release_settles_no_rubric(make: Callable[..., Class]) -> None:
    """A person must mark it."""
    one = make(POLICY + "    rubric: {clarity: 5}\n")

    assert "only the rubric holds it" in one.run("release", STAGE, "101", code=2)
    one.run("release", STAGE, "104")
    assert {} == one.sheet()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "points", "grade"),
    [("--everyone-gets", [100, 70, 90, 100], "7.00"), ("--not-counted", [60, 30, 54, 60], "5.00")],
)
def test_a_test_is_dropped(make: Callable[..., Class], how: str, points: list[float], grade: str) -> None:
    """Everybody gets its points, or the stage has fewer: the mark in Moodle follows."""
    one = make()
    one.run("drop-test", STAGE, "test_double", how)
    one.grade()

    assert points == [*one.points().values()]
    assert grade == one.sheet()["102"]
    assert "Test test_double" in one.page("102")
    assert () == one.differences()
    one.run("drop-test", STAGE, "test_double", "--undo")
    assert [100, 30, 90, 100] == [*one.points().values()]


@pytest.mark.slow
def test_remarks_reach_the_student_and_the_sheet(make: Callable[..., Class]) -> None:
    """On the whole, and on a criterion; the rubric's sheet has them after the next run."""
    one = make(POLICY + "    rubric: {clarity: 5}\n")
    one.run("remark", STAGE, "101", "=Well <done>")
    one.run("remark", STAGE, "101", "Name the axis.", "--criterion", "clarity")
    one.grade()

    assert "=Well &lt;done&gt;" in one.page("101")
    assert "Name the axis." in one.page("101")
    assert "101,Séan Ó Briain,,'=Well <done>,Name the axis." in one.file("rubric.csv").read_text("utf-8-sig")
    one.grade()
    assert "=Well &lt;done&gt;" in one.page("101")
    assert "no criterion 'style'" in one.run("remark", STAGE, "101", "x", "--criterion", "style", code=2)


@pytest.mark.slow
def test_another_attempt_can_count(make: Callable[..., Class]) -> None:
    """The earlier one, with its own time; later runs keep to it until the choice is taken back."""
    one = make()
    later = [*PEOPLE[:2], person(103, "Ann Late", tiny(triple="return x"), when="6:00 PM"), *PEOPLE[3:]]
    one.grade(later)
    assert 60 == one.points()["103"]
    one.run("override", STAGE, "103", "--attempt", "1")
    assert 90 == one.points()["103"]
    one.grade(later)
    assert 90 == one.points()["103"]
    assert () == one.differences()
    assert "there are: 1 (" in one.run("override", STAGE, "103", "--attempt", "7", code=2)
    one.run("override", STAGE, "103", "--attempt", "newest")
    one.grade(later)
    assert 60 == one.points()["103"]


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
def test_one_participant_is_graded_alone(make: Callable[..., Class], kept: bool) -> None:
    """From the gradebook, or from a download that holds nobody else: the others' rows, pages and marks survive."""
    one = make()
    before = one.rows(), one.file("worksheet.csv").read_bytes()
    pages = {path.name: path.stat().st_mtime_ns for path in one.file("students").iterdir()}
    changed = person(102, "John Murphy", tiny())
    report = one.grade(only=("102",), is_kept=True) if kept else one.grade([changed], only=("John Murphy",))

    expected = {"101": 100, "102": 30 if kept else 100, "103": 90, "104": 100}
    assert expected == one.points()
    assert {"101": "10.00", "102": "3.00" if kept else "10.00", "103": "9.00"} == one.sheet()
    now = {path.name: path.stat().st_mtime_ns for path in one.file("students").iterdir()}
    assert {"102.html"} == {name for name in pages if pages[name] != now[name]}
    assert 5 == len(report.rows)
    assert kept == (before == (one.rows(), one.file("worksheet.csv").read_bytes()))
    assert 5 == one.rows().count("<tr>") - 1
    with zipfile.ZipFile(one.file("feedback.zip")) as archive:
        assert ["101", "102", "103"] == sorted(name.split("_")[1] for name in archive.namelist())


def test_who_is_not_there_is_not_graded_alone(make: Callable[..., Class]) -> None:
    """The files stay as they are."""
    one = make()
    with pytest.raises(UsageError, match="the download has no submission of 102"):
        one.grade(PEOPLE[:1], only=("102",), worksheet=False)
    with pytest.raises(UsageError, match="no participant 'Eve'"):
        one.grade(only=("Eve",))
    with pytest.raises(UsageError, match="the gradebook has no submission of 777"):
        one.grade(only=("777",), is_kept=True)


STRANGERS = [person(number, "Eve", tiny()) for number in (901, 902)]
NOTES = [replace(one, files=(SentFile("notes.zip", zipped(**{"notes.txt": "none"}), SAVED),)) for one in PEOPLE[:3]]


@pytest.mark.parametrize(
    ("people", "words"),
    [([], "no submission"), (STRANGERS, "was in the last run"), (NOTES, "has any of scratch/tiny.py")],
    ids=["empty", "strangers", "other files"],
)
def test_a_foreign_download_replaces_nothing(make: Callable[..., Class], people: list[Person], words: str) -> None:
    """Exit code 2; pages, files and marks of the last run are as they were."""
    one = make()
    files = {path: path.read_bytes() for path in one.file("").rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match=words) as caught:
        one.grade(people, worksheet=False)

    assert 2 == caught.value.exit_code
    assert files == {path: path.read_bytes() for path in one.file("").rglob("*") if path.is_file()}
    assert {"101": 100, "102": 30, "103": 90, "104": 100} == one.points()


def test_an_extension_may_come_before_the_submission(tmp_path: Path, pool_options: PoolOptions) -> None:
    """It counts from the first run on."""
    one = Class(tmp_path, write_course(tmp_path / "course"), pool_options)
    output = one.run("extend", STAGE, "103", "2027-02-01 12:00")
    one.grade()

    assert "counts from the next grade on" in output
    assert 100 == one.points()["103"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("override", STAGE, "102", "101"), "out of range; 0 to 100"),
        (("override", STAGE, "102", "NaN"), "out of range"),
        (("override", STAGE, "102", "ten"), "'ten' is not a number"),
        (("override", STAGE, "102"), "give one of POINTS"),
        (("override", STAGE, "102", "5", "--undo"), "give one of POINTS"),
        (("override", STAGE, "Eve", "5"), "no participant 'Eve'"),
        (("override", STAGE, "o", "5"), "more than one participant"),
        (("extend", STAGE, "102", "soon"), "is not a date"),
        (("extend", STAGE, "102", "2027-02-20"), "has no time of day"),
        (("extend", STAGE, "102", "2027-01-29 17:00"), "is not later than the due date"),
        (("extend", STAGE, "102"), "give PARTICIPANT and DATE"),
        (("waive", STAGE), "give one of PARTICIPANT"),
        (("drop-test", STAGE, "test_dubble", "--not-counted"), "did you mean test_double?"),
        (("drop-test", STAGE, "test_double"), "give one of"),
        (("remark", STAGE, "102", " "), "give one of WORDS"),
        (("hold", "s99", "102"), "grading.yml has s01_tiny"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """With exit code 2, what is allowed, and no record."""
    one = Class(tmp_path, write_course(tmp_path / "course"), PoolOptions(workers=1))
    book = open_gradebook(f"sqlite:///{_made(tmp_path)}/gradebook.db")
    from autograder.gradebook import keep_people
    from autograder.intake import Person as Participant

    keep_people(book, STAGE, [Participant(f"{one.number}", f"27{one.number}", one.name) for one in PEOPLE])
    assert 5 == len(read_people(book, STAGE))

    assert words in one.run(*arguments, code=2)
    assert () == book.decisions(STAGE)
    book.close()


def test_what_is_not_there_cannot_be_taken_back_or_decided_on(make: Callable[..., Class]) -> None:
    """Nothing is recorded on a decision that does not exist, a number that nobody has, a class that was not graded."""
    one = make()
    one.run("waive", STAGE, "--everybody")
    for arguments in (("override", STAGE, "102", "--undo"), ("waive", STAGE, "103", "--undo")):
        assert "nothing to take back" in one.run(*arguments, code=2)
    assert "no participant 999" in one.run("override", STAGE, "999", "5", code=2)
    assert "counts from the next grade on" in one.run("extend", STAGE, "999", "2027-02-20 17:00")
    shutil.rmtree(one.root / "marks")
    assert "there is no gradebook" in one.run("hold", STAGE, "102", code=2)
    assert not (one.root / "marks").exists()
    one.run("extend", STAGE, "102", "2027-02-20 17:00")
    assert "no class of s01_tiny is in this gradebook" in one.run("hold", STAGE, "102", code=2)


def _made(root: Path) -> Path:
    (root / "marks").mkdir()
    return root / "marks"


def rubric_class(make: Callable[..., Class]) -> Class:
    """A class with a criterion, graded once."""
    return make(POLICY + "    rubric: {clarity: 5}\n")


@pytest.mark.slow
def test_what_is_typed_during_a_run_is_not_lost(make: Callable[..., Class], monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is left as the TA saved it; the run's own sheet is beside it, and the next run counts what was typed."""
    one = rubric_class(make)
    path = one.file("rubric.csv")
    typed = path.read_text("utf-8-sig").replace("102,John Murphy,,,", "102,John Murphy,3,,")
    real = rubric_records.record_sheet

    def meanwhile(*arguments: object) -> object:
        recorded = real(*arguments)  # type: ignore[arg-type]  # passed on as they came
        path.write_text(typed, "utf-8")
        return recorded

    path.write_text(path.read_text("utf-8-sig").replace("101,Séan Ó Briain,,,\n", ""), "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr("autograder.pipeline.grading.record_sheet", meanwhile)
        report = one.grade()

    assert typed == path.read_text("utf-8")
    assert any("rubric.csv was changed during this run" in note for note in report.notes)
    assert "101,Séan Ó Briain" in one.file("rubric.new.csv").read_text("utf-8-sig")
    one.grade()
    assert 33 == one.points()["102"]


def test_what_is_typed_during_a_run_that_adds_nothing_to_the_sheet_is_reported(
    make: Callable[..., Class], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sheet has all rows already: no second file is written, and a note names the command to run again."""
    one = rubric_class(make)
    path = one.file("rubric.csv")
    typed = path.read_text("utf-8-sig").replace("102,John Murphy,,,", "102,John Murphy,3,,")
    real = rubric_records.record_sheet

    def meanwhile(*arguments: object) -> object:
        recorded = real(*arguments)  # type: ignore[arg-type]  # passed on as they came
        path.write_text(typed, "utf-8")
        return recorded

    monkeypatch.setattr("autograder.pipeline.grading.record_sheet", meanwhile)
    report = one.grade()

    assert typed == path.read_text("utf-8")
    assert not one.file("rubric.new.csv").exists()
    assert "rubric.csv was changed during this run. Run the command again to count what was typed" in report.notes


@pytest.mark.slow
def test_one_participant_alone_takes_only_their_row_of_the_sheet(make: Callable[..., Class]) -> None:
    """What was typed for others stays in the file, and counts when they are marked: verify finds no difference."""
    one = rubric_class(make)
    one.file("rubric.csv").write_text("participant,clarity,remark\n101,4,well done\n102,3,try again\n")
    one.grade(only=("102",), is_kept=True)
    assert (100, 33) == (one.points()["101"], one.points()["102"])
    assert () == one.differences()
    one.grade()

    assert (104, 33) == (one.points()["101"], one.points()["102"])
    assert "well done" in one.page("101")


@pytest.mark.slow
def test_a_tas_own_rows_and_columns_are_kept_and_reported(make: Callable[..., Class]) -> None:
    """As Excel saves a CSV file in Western Europe; points and remarks of the class count."""
    one = rubric_class(make)
    text = "Participant;Name;Clarity;My notes;Remark\r\n101;Séan Ó Briain;4,5;ask;Schön\r\n999;Eve;3;;x\r\n"
    one.file("rubric.csv").write_bytes(text.encode("cp1252"))
    report = one.grade()

    assert 104.5 == one.points()["101"]
    assert "Schön" in one.page("101")
    assert "rubric.csv: the column 'My notes' is kept and not read" in report.notes
    assert any("rubric.csv:3: no participant 999" in note for note in report.notes)
    after = one.file("rubric.csv").read_text("utf-8-sig")
    assert "101;Séan Ó Briain;4,5;ask;Schön;" in after
    assert "999;Eve;3;;x;" in after
    assert "103;Ann Late;;;;" in after
    book = open_gradebook(f"sqlite:///{one.root}/marks/gradebook.db")
    assert ["101", "101"] == [decision.participant_id for decision in book.decisions(STAGE)]
    book.close()
    one.file("rubric.csv").write_text("participant,clarity\n101,\n102,2\n")
    one.grade()
    assert (104.5, 32) == (one.points()["101"], one.points()["102"])
    one.file("rubric.csv").write_text("participant,clarity\n101,-\n")
    one.grade()
    assert 100 == one.points()["101"]


def test_a_later_remark_replaces_the_sheets(make: Callable[..., Class]) -> None:
    """What the sheet still holds does not come back by itself; what is typed anew counts."""
    one = rubric_class(make)
    one.file("rubric.csv").write_text("participant,remark\n101,first\n")
    one.grade()
    output = one.run("remark", STAGE, "101", "another word")
    assert re.search(r"this ends decision \d+: 101: Remark: first \(", output)
    report = one.grade()

    assert "another word" in one.page("101")
    assert "another word" in one.file("rubric.csv").read_text("utf-8-sig")
    assert any("rubric.csv:2: remark: a later decision has replaced this cell" in note for note in report.notes)
    one.run("remark", STAGE, "101", "--undo")
    one.grade()
    assert "another word" not in one.file("rubric.csv").read_text("utf-8-sig") + one.page("101")
    one.file("rubric.csv").write_text("participant,remark\n101,third\n")
    one.grade()
    assert "third" in one.page("101")


EARLY = "Friday, 29 January 2027, 4:00 PM"
TEAMS = [Person(513, "Team A", files=(SentFile("a.zip", zipped(**{"scratch/tiny.py": tiny()}), SAVED),))]
MEMBERS = [
    Person(number, name, f"27{number}", "t@b.example", "Submitted for grading -  - ", group="Team A", submitted=EARLY)
    for number, name in ((201, "Mia Member"), (202, "Max Member"))
]


@pytest.mark.slow
def test_one_member_of_a_team_can_have_another_mark(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Only that row of the worksheet is another one; later runs and verify know it; a hold is that member's alone."""
    one = Class(tmp_path, write_course(tmp_path / "course"), pool_options)

    def grade() -> GradingReport:
        (tmp_path / "d.zip").write_bytes(build_download(TEAMS))
        (tmp_path / "w.csv").write_bytes(build_worksheet(MEMBERS, maximum="10.00", groups=True))
        source = MoodleFiles(tmp_path / "d.zip", tmp_path / "w.csv", "Europe/Dublin")
        url = f"sqlite:///{tmp_path}/marks/gradebook.db"
        request = GradingRequest(source, tmp_path / "marks", url, options=pool_options)
        return grade_download(one.course, one.course.stage(STAGE), request)

    grade()
    assert {"201": "10.00", "202": "10.00"} == one.sheet()
    output = one.run("override", STAGE, "Max", "40")

    for _ in range(2):
        assert {"201": "10.00", "202": "4.00"} == one.sheet()
        assert {"group-513": 100, "202": 40} == one.points()
        assert "Mark set by staff: 40" in one.page("202")
        assert "Mark set by staff" not in one.page("group-513")
        assert () == one.differences()
        grade()
    assert "202: the mark differs from the team's" in output
    one.run("hold", STAGE, "202")
    assert {"201": "10.00"} == one.sheet()
    one.run("waive", STAGE, "group-513")
    assert {"201": "10.00"} == one.sheet()


def test_a_reason_must_be_given(tmp_path: Path) -> None:
    """Not even an empty one."""
    one = Class(tmp_path, write_course(tmp_path / "course"), PoolOptions(workers=1))

    assert "--reason is empty" in one.run("hold", STAGE, "1", reason=" ", code=2)
