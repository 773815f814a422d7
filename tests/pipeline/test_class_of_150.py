"""A class of 150, graded, judged, decided, regraded and released with the commands that the guides have."""

from __future__ import annotations

import csv
import io
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli.main import cli
from autograder.course import read_course
from autograder.gradebook import open_gradebook
from autograder.moodle.files.datetext import moodle_date, zone_of
from autograder.moodle.files.markup import flatten
from autograder.moodle.files.moodle_writer import build_download, build_worksheet
from autograder.pipeline import rubric_records
from tests.builders.large_class import SomeClass, large_class
from tests.moodle_server.importer import Assignment, Student, import_feedback, import_worksheet

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "ta.md").read_text("utf-8") + (ROOT / "docs" / "moodle.md").read_text("utf-8")
STAGE, SIZE = "s01_perceptron", 150
NOW = datetime(2027, 2, 20, 12, tzinfo=UTC)
DUBLIN = zone_of("Europe/Dublin")
CLARITY, WRITTEN = (0, 1, 2, 3, 4), ("0", "1,5", "3", "4,5", "6")


@dataclass
class Night:
    """Results night: a folder with the course, what Moodle holds, and a TA who types what the guides say."""

    root: Path
    some: SomeClass
    moodle: Assignment

    @property
    def out(self) -> Path:
        return self.root / "marks" / STAGE

    def types(self, beginning: str, **values: str) -> str:
        """A command of the guides that begins so, with other names of files and people; its output."""
        found = re.search(rf"^(?:\| `)?\s*({re.escape(beginning)}[^\n`]*)", GUIDE, re.MULTILINE)
        assert found, f"{beginning}: no such command in the guides"
        text = (
            found[1]
            .replace("s04_optimisers", STAGE)
            .replace("s04", "s01")
            .replace("--reason …", '--reason "a good reason"')
        )
        for old, new in values.items():
            assert old in text, text
            text = text.replace(old, new)
        done = CliRunner().invoke(cli, shlex.split(text)[1:], standalone_mode=False)
        assert done.exception is None, f"{text}\n{done.output}"
        return done.output

    def grades(self) -> str:
        """The guide's first command, on what Moodle holds now."""
        rows = []
        for person, held in zip(self.some.people, self.moodle.students, strict=True):
            is_graded = held.grade is not None and held.grade >= 0
            when = moodle_date(datetime.fromtimestamp(held.graded_at, UTC), DUBLIN) if held.graded_at else "-"
            grade = f"{held.grade:.2f}" if is_graded else ""
            rows.append(replace(person, grade=grade, graded=when, comment=flatten(held.comment or "")))
        (self.root / "Grades.csv").write_bytes(build_worksheet(rows))
        return self.types("autograder grade s04_optimisers submissions.zip --worksheet Grades.csv")

    def uploads(self) -> None:
        """Both files, in the guide's order; then the guide's look whether all arrived."""
        import_worksheet(self.moodle, (self.out / "worksheet.csv").read_bytes(), now=int(NOW.timestamp()))
        import_feedback(self.moodle, (self.out / "feedback.zip").read_bytes())

    def held(self, key: str) -> Student:
        """One student in Moodle."""
        return next(one for one in self.moodle.students if str(one.number) == key)

    def points(self) -> dict[str, float]:
        """The gradebook's marks."""
        book = open_gradebook(f"sqlite:///{self.root}/marks/gradebook.db", create=False)
        found = {key: mark.grade.points for key, mark in book.marks(STAGE).items()}
        book.close()
        return found

    def fills_in(self, keys: list[str]) -> dict[str, tuple[str, str, str]]:
        """The rubric's sheet as Excel saves it in Western Europe, with a column of the TA's own; what was typed."""
        path = self.out / "rubric.csv"
        data = path.read_bytes()
        is_new = data.startswith(b"\xef\xbb\xbf")
        text = data.decode("utf-8-sig" if is_new else "cp1252")
        header, *rows = csv.reader(io.StringIO(text), delimiter="," if is_new else ";")
        if "my notes" not in header:
            header, rows = [*header, "my notes"], [[*row, ""] for row in rows]
        typed = {}
        for row in rows:
            if row[0] in keys:
                cells = (str(CLARITY[int(row[0]) % 5]), WRITTEN[int(row[0]) % 5], f"Seen – {row[0]}")
                for column, cell in zip(("clarity", "written", "remark"), cells, strict=True):
                    row[header.index(column)] = cell
                row[header.index("my notes")] = f"mine {row[0]}"
                typed[row[0]] = cells
        stream = io.StringIO()
        csv.writer(stream, delimiter=";", lineterminator="\r\n").writerows([header, *rows])
        path.write_bytes(stream.getvalue().encode("cp1252", "replace"))
        return typed


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    """The course with this stage alone, and the class in Moodle."""
    for folder in (f"assignments/{STAGE}", f"solutions/{STAGE}", "solutions/scratch"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    head, _, stages = (ROOT / "grading.yml").read_text("utf-8").partition("\nstages:\n")
    own = re.search(rf"^  {STAGE}:\n(?:    .*\n|\n)+", stages, re.MULTILINE)
    assert own
    policy = f"{head}\nstages:\n{own[0]}".replace("    stage: individual_project\n", "")
    (tmp_path / "grading.yml").write_text(policy, "utf-8")
    monkeypatch.chdir(tmp_path)
    some = large_class(read_course(tmp_path).stage(STAGE), SIZE)
    (tmp_path / "submissions.zip").write_bytes(build_download([one for one in some.people if one.files]))
    students = [Student(one.number or 0, one.id_number, one.name) for one in some.people]
    return Night(tmp_path, some, Assignment(students=students))


@pytest.mark.slow
def test_a_class_of_150_is_released_with_all_that_was_typed(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing typed is lost, what is held is decided, and in the end Moodle has the gradebook's marks."""
    keys, kinds = [str(one.number) for one in night.some.people], night.some.kinds

    # 2. grade: right code has all points of the tests
    assert "0 marked" in night.grades()
    right = [key for key in night.some.those("right") if not _is_late(night, key)]
    assert len(right) > SIZE // 5
    assert {90.0} == {night.points()[key] for key in right}

    # 4. the rubric: half is typed before the next run, half while it works
    typed = night.fills_in(keys[: SIZE // 2])
    real = rubric_records.record_sheet
    later: dict[str, tuple[str, str, str]] = {}

    def meanwhile(*arguments: object) -> object:
        recorded = real(*arguments)  # type: ignore[arg-type]  # passed on as they came
        later.update(night.fills_in(keys[SIZE // 2 :]))
        return recorded

    with monkeypatch.context() as patch:
        patch.setattr("autograder.pipeline.grading.record_sheet", meanwhile)
        assert "rubric.csv was changed during this run" in night.grades()
    assert "0 graded" in night.grades()
    assert_typed(night, typed | later)

    # what is held is settled, and other decisions are made
    drafts, (scipy,), (syntax,) = (night.some.those(kind) for kind in ("draft", "unused matplotlib", "syntax error"))
    night.types("autograder release s04 41226", **{"41226": drafts[0]})
    night.types("autograder override s04 41226 70", **{"41226": scipy})
    night.types("autograder override s04 41226 70", **{"41226": syntax, "70": "40,5"})
    late = [key for key in right_but_late(night) if night.points()[key] < 90]
    night.types("autograder extend s04 41226", **{"41226": late[0], "2027-02-20": "2027-03-01"})
    night.types("autograder waive s04 41226", **{"41226": late[1]})
    night.types("autograder hold s04 41226", **{"41226": right[0]})
    assert f"Seen – {right[1]}" in night.types("autograder remark s04 41226", **{"41226": right[1]})
    night.types("autograder override s04 41226 --attempt 1", **{"41226": right[2]})
    night.types("autograder drop-test s04 test_x --everyone-gets", test_x="test_margin_and_bound")
    decided = {scipy: 70.0, syntax: 40.5}
    assert decided == {key: night.points()[key] for key in decided}

    # 5. and 6.: uploads, and what a colleague changes in Moodle afterwards
    night.uploads()
    verify: Callable[[], str] = lambda: night.types(  # noqa: E731  # said once
        "autograder moodle verify worksheet.csv Grades-after.csv",
        **{"worksheet.csv": str(night.out / "worksheet.csv"), "Grades-after.csv": "Grades.csv"},
    )
    night.held(right[3]).grade, night.held(right[3]).graded_at = 12.5, int(NOW.timestamp()) + 60
    night.held(right[4]).comment = "<p>appeal: see mail</p>"

    # a regrade, with other points
    policy = night.root / "grading.yml"
    policy.write_text(policy.read_text("utf-8").replace("least_squares: 2\n", "least_squares: 4\n"), "utf-8")
    output = night.grades()
    for words in (
        f"{right[3]}: a person set this in Moodle: 12.50",
        f"{right[4]}: a person set this in Moodle",
        f"{scipy}: 70 of 100 → 70 of 102 (set by staff",
        "Mark set by staff: 40.5",
    ):
        assert words in output
    assert decided == {key: night.points()[key] for key in decided}
    typed |= later
    typed[right[1]] = (*typed[right[1]][:2], "…")  # the remark that replaced it
    assert_typed(night, typed)
    night.uploads()
    assert "appeal" in flatten(night.held(right[4]).comment or "")
    night.grades()
    assert "0 differences" in verify()

    # 7. released: Moodle has the gradebook's marks of all who are not held, and each one's page
    points = night.points()
    sent = {str(one.number): one.grade for one in night.moodle.students if one.grade is not None}
    by_hand = {right[3], right[4]}
    assert sent.pop(right[3]) == 12.5
    kept = {"none", "draft", "endless import", "notebook", "PDF", "damaged zip"}
    waiting = {key for key in keys if kinds[key] in kept and key != drafts[0]} | {right[0]}
    assert set(keys) - waiting == set(sent) | by_hand
    assert all(
        Decimal(str(round(points[key] / 102 * 100, 2))) == Decimal(f"{sent[key]:.2f}")
        for key in sent
        if key not in by_hand
    )
    assert all(key.encode() in night.held(key).files["/feedback.html"] for key in sent)
    some = (scipy, late[0], late[1], right[1], right[2], keys[5])
    assert "0 differences, 0 changed rows" in night.types(
        "autograder verify s04_optimisers 41226", **{"41226": " ".join(some)}
    )


def right_but_late(night: Night) -> list[str]:
    """Participants whose code is right and whose mark is less for lateness."""
    return [key for key in night.some.those("right") if _is_late(night, key)]


def _is_late(night: Night, key: str) -> bool:
    person = next(one for one in night.some.people if str(one.number) == key)
    return person.status.endswith("late - ")


def assert_typed(night: Night, typed: dict[str, tuple[str, str, str]]) -> None:
    """Points and remarks are in the gradebook and on pages; the TA's own column is in the file."""
    book = open_gradebook(f"sqlite:///{night.root}/marks/gradebook.db", create=False)
    marks = book.marks(STAGE)
    book.close()
    notes = {row["participant"]: row["my notes"] for row in sheet(night.out / "rubric.csv")}
    for key, (clarity, written, remark) in typed.items():
        assert {"clarity": float(clarity), "written": float(written.replace(",", "."))} == marks[key].grade.rubric
        assert remark in (night.out / "students" / f"{key}.html").read_text("utf-8")
        assert f"mine {key}" == notes[key]


def sheet(path: Path) -> list[dict[str, str]]:
    """The rubric's sheet, whoever saved it last."""
    data = path.read_bytes()
    text = data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "cp1252")
    return [*csv.DictReader(io.StringIO(text), delimiter=";")]
