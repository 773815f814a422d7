"""Words for outcomes, marks and lateness, shared by every report."""

from __future__ import annotations

from decimal import Decimal

from autograder.commandline import counted
from autograder.graded import LOOKING, Graded, StageSummary
from autograder.model import Grade, Lateness, Outcome
from autograder.report.render import moment
from autograder.scoring import moodle_grade

GLYPH = {Outcome.PASSED: "✓", Outcome.NOT_REACHED: "–", Outcome.GRADER_FAULT: "!"}
LETTER = {
    Outcome.PASSED: "·",
    Outcome.FAILED: "F",
    Outcome.ERROR: "E",
    Outcome.TIMED_OUT: "T",
    Outcome.OUT_OF_MEMORY: "M",
    Outcome.CRASHED: "C",
    Outcome.FORBIDDEN: "X",
    Outcome.NOT_REACHED: "–",
    Outcome.GRADER_FAULT: "!",
}


def glyph(outcome: Outcome) -> str:
    """The sign before an outcome's word, so that colour is never alone."""
    return GLYPH.get(outcome, "✗")


def worst(outcomes: tuple[Outcome, ...]) -> Outcome:
    """The one outcome of several cases of a test: a fault of the grader, else the first that is no pass."""
    if Outcome.GRADER_FAULT in outcomes:
        return Outcome.GRADER_FAULT
    return next((outcome for outcome in outcomes if outcome is not Outcome.PASSED), Outcome.PASSED)


def in_words(name: str) -> str:
    """``written_answers`` as "Written answers"."""
    return name.replace("_", " ").strip().capitalize()


def is_official(graded: Graded) -> bool:
    """Whether the mark may be sent; every page of a practice run states that it may not."""
    return graded.audit is None or graded.audit.official


def has_submission(graded: Graded) -> bool:
    """Whether anything was submitted."""
    return bool(graded.submission.files or graded.submission.findings or graded.results)


def shown_reasons(grade: Grade) -> tuple[str, ...]:
    """Why a mark is held, in words for the student; a mark of an older kit has none."""
    return grade.shown_reasons or ((LOOKING,) if grade.held else ())


def on_moodles_scale(grade: Grade, summary: StageSummary) -> float | None:
    """The grade as Moodle shows it, where that is another number than the stage's points."""
    if summary.grade_maximum == grade.out_of or not grade.out_of:
        return None
    return float(moodle_grade(grade, Decimal(str(summary.grade_maximum))))


def lateness_words(lateness: Lateness, late_days: int, time_zone: str) -> str:
    """How late, and against which date; the date is in the module's zone."""
    if not late_days:
        return ""
    days = f"{counted(late_days, 'day')} late"
    if lateness.due_at is None:
        return days
    source = f", {lateness.source}" if lateness.source not in ("", "due date") else ""
    return f"{days} (due {moment(lateness.due_at, time_zone)}{source}; a started day counts as a day)"
