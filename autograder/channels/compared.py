"""nbgrader's points beside the kit's marks: what differs is held; manual marks come back as decisions."""

from __future__ import annotations

from pathlib import Path

from autograder.channels.nbgradergrades import NOT_GRADED, differences, in_short, manual_decisions, read_grades
from autograder.commandline import counted
from autograder.course import Course, StageFolder
from autograder.decisions import effective
from autograder.errors import UsageError
from autograder.gradebook import Gradebook, open_gradebook
from autograder.graded import Decision, DecisionKind
from autograder.moodle.files.sent import SENT_FILE
from autograder.moodle.files.system import MoodleFiles
from autograder.pipeline.deciding import decide_all

BY = "nbgrader export"


def compare_and_publish(course: Course, stage: StageFolder, database: Path, out: Path) -> list[str]:
    """Hold the marks that differ from nbgrader's points and write the kit's files for Moodle; returns what was done.

    Args:
        course: the checkout.
        stage: the assignment.
        database: nbgrader's gradebook.
        out: where ``autograder grade`` put its files.

    Raises:
        UsageError: the kit has no marks of this stage.
    """
    grades = read_grades(database, stage.name)
    with _Book(out) as book:
        marks, decisions = book.marks(stage.name), book.decisions(stage.name)
        if not marks:
            raise UsageError(
                f"{stage.name}: {out} has no marks: run autograder grade {stage.name} with the same download first; "
                "its marks are those of record"
            )
        lines, holds, same = [], [], 0
        held = {
            one.participant_id for one in effective(decisions) if (one.kind, one.decided_by) == (DecisionKind.HOLD, BY)
        }
        for student, cells in sorted(grades.cells.items()):
            mark = marks.get(student)
            found = differences(stage.policy, cells, mark.grade if mark is not None else None)
            if not found:
                same += 1
                if student in held:
                    remedy = f"autograder release {stage.name} {student}"
                    lines.append(f"{student}: equal now, but held by an earlier export: {remedy}")
                continue
            lines.append(f"{student}: {in_short(found)}")
            if mark is None or found == [NOT_GRADED]:
                continue  # there is nothing to hold, or nothing to compare
            reason = f"nbgrader's points differ: {in_short(found)}"
            known = any(
                (one.kind, one.participant_id, one.reason) == (DecisionKind.HOLD, student, reason) for one in decisions
            )
            if not known:  # a person has released it since, or it is held already
                holds.append(Decision(stage.name, student, DecisionKind.HOLD, {}, reason, BY))
        lines += [f"{student}: in the kit, not in nbgrader" for student in sorted(marks.keys() - grades.cells.keys())]
        effect = decide_all(course, stage, book, _moodle(course, stage, out), out, holds)
    lines.append(f"{counted(same, 'submission')} with equal points in every test, {len(holds)} held now")
    return [*lines, *(f"written: {path}" for path in effect.files)]


def import_manual(
    course: Course, stage: StageFolder, database: Path, out: Path, by: str, *, overwrite: bool
) -> list[str]:
    """Bring manual points and comments back as decisions; returns changes and conflicts in words."""
    grades = read_grades(database, stage.name)
    if not grades.cells:
        raise UsageError(f"{database}: it has no submission of {stage.name}")
    with _Book(out) as book:
        new, conflicts = manual_decisions(
            stage.name, stage.policy, grades, book.decisions(stage.name), by, overwrite=overwrite
        )
        effect = decide_all(course, stage, book, _moodle(course, stage, out), out, new)
    points = sum(one.kind is DecisionKind.RUBRIC for one in new)
    lines = [f"conflict: {line}" for line in conflicts] + [f"changed: {line}" for line in effect.changes]
    counts = ((points, "rubric mark"), (len(new) - points, "remark"), (len(conflicts), "conflict"))
    lines.append(", ".join(counted(number, what) for number, what in counts))
    return [*lines, *effect.notes, *(f"written again: {path}" for path in effect.files)]


def _moodle(course: Course, stage: StageFolder, out: Path) -> MoodleFiles:
    configuration = course.configuration
    zone, maximum = configuration.module.time_zone, configuration.moodle.grade_maximum
    return MoodleFiles(None, None, zone, {}, maximum, out / stage.name / SENT_FILE)


class _Book:
    """The kit's gradebook in an output folder, open for a while."""

    def __init__(self, out: Path) -> None:
        self._path = out / "gradebook.db"

    def __enter__(self) -> Gradebook:
        if self._path.is_symlink() or not self._path.is_file():
            raise UsageError(f"{self._path}: there is no gradebook of the kit: run autograder grade first")
        self._book = open_gradebook(f"sqlite:///{self._path.resolve()}")
        return self._book

    def __exit__(self, *_: object) -> None:
        self._book.close()
