"""How outcomes, marks and lateness are said; shared by every report."""

from __future__ import annotations

from decimal import Decimal

from autograder.model import Grade, Graded, Lateness, Outcome, StageSummary
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
    """The outcome that stands for several cases of one test: a fault of ours, else the first that is no pass."""
    if Outcome.GRADER_FAULT in outcomes:
        return Outcome.GRADER_FAULT
    return next((outcome for outcome in outcomes if outcome is not Outcome.PASSED), Outcome.PASSED)


def in_words(name: str) -> str:
    """``written_answers`` as "Written answers"."""
    return name.replace("_", " ").strip().capitalize()


def is_official(graded: Graded) -> bool:
    """Whether the mark may be sent: practice runs say so on every page."""
    return graded.audit is None or graded.audit.official


def has_submission(graded: Graded) -> bool:
    """Whether anything came."""
    return bool(graded.submission.files or graded.submission.findings or graded.results)


def on_moodles_scale(grade: Grade, summary: StageSummary) -> float | None:
    """The grade as Moodle shows it, where that is another number than the stage's points."""
    if summary.grade_maximum == grade.out_of or not grade.out_of:
        return None
    return float(moodle_grade(grade, Decimal(str(summary.grade_maximum))))


def lateness_words(lateness: Lateness, late_days: int) -> str:
    """How late, and against which date."""
    if not late_days:
        return ""
    days = "1 day begun" if late_days == 1 else f"{late_days} days begun"
    if lateness.due_at is None:
        return f"late, {days}"
    source = f" ({lateness.source})" if lateness.source not in ("", "due date") else ""
    return f"{days} after {moment(lateness.due_at)}{source}"
