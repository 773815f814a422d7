"""The staff's page on a stage: marks, what failed, whom to look at."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from autograder.graded import Graded, StageSummary
from autograder.model import Outcome
from autograder.report.plots import failures_plot, marks_plot
from autograder.report.redaction import redacted_file_findings
from autograder.report.render import moment, render
from autograder.report.wording import LETTER, has_submission, is_official, worst

SLOWEST = 8


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One participant: all that the class page shows, and small enough to keep in memory for a whole class.

    Attributes:
        outcomes: of each test, in the order of the stage's points; None where there is none.
        made: kit version and time of the grading; None where nothing was graded.
        official: whether the mark may be sent.
    """

    participant_id: str
    name: str
    points: float
    share_percent: float
    held: tuple[str, ...]
    late_days: int
    late_points: float
    outcomes: tuple[Outcome | None, ...]
    cpu_seconds: float
    slowest_test: str
    trouble: tuple[str, ...]
    is_there: bool
    submitted: str
    made: tuple[str, datetime] | None
    official: bool

    @property
    def strip(self) -> str:
        """One sign a test."""
        return "".join(LETTER[outcome] if outcome else " " for outcome in self.outcomes)


@dataclass(frozen=True)
class TestRow:
    """One test over the whole class."""

    name: str
    points: float
    passed: int
    not_reached: int
    counts: tuple[tuple[str, int], ...]

    @property
    def failed(self) -> int:
        """How many did not pass it, of those whose tests reached it."""
        return sum(count for _, count in self.counts) - self.not_reached


def class_page(people: Sequence[ClassRow], summary: StageSummary, *, notes: Sequence[str] = ()) -> str:
    """One self-contained HTML file for staff: no scripts, plots inside.

    Args:
        people: every participant, in any order.
        summary: the stage.
        notes: what else happened in the run, a sentence each.
    """
    rows = sorted(people, key=lambda row: (row.name.casefold(), row.participant_id))
    tests = test_rows(rows, summary)
    marked = [row.points for row in rows if row.is_there and not row.held]
    failures = {test.name: (test.failed, test.not_reached) for test in tests if test.failed or test.not_reached}
    return render(
        "class.html.j2",
        summary=summary,
        notes=notes,
        rows=rows,
        tests=tests,
        marked=marked,
        quartiles=quartiles(marked),
        marks_svg=marks_plot(marked, summary.out_of) if marked else "",
        failures_svg=failures_plot(failures) if failures else "",
        slowest=sorted((row for row in rows if row.cpu_seconds > 0), key=lambda row: -row.cpu_seconds)[:SLOWEST],
        held=[row for row in rows if row.held],
        late=sorted((row for row in rows if row.late_days), key=lambda row: -row.late_days),
        trouble=[row for row in rows if row.trouble],
        missing=[row for row in rows if not row.is_there],
        legend=[(letter, str(outcome)) for outcome, letter in LETTER.items()],
        official=all(row.official for row in rows),
        made=_made(rows, summary.time_zone),
    )


def class_row(graded: Graded, summary: StageSummary) -> ClassRow:
    """What the class table shows of one participant."""
    grade, submission = graded.grade, graded.submission
    outcomes = _outcomes(graded)
    slowest = max(graded.results, key=lambda result: result.usage.cpu_seconds, default=None)
    when = submission.lateness.submitted_at
    return ClassRow(
        participant_id=submission.participant_id,
        name=submission.name,
        points=grade.points,
        share_percent=min(max(100 * grade.points / grade.out_of, 0.0), 100.0) if grade.out_of else 0.0,
        held=grade.held,
        late_days=grade.late_days,
        late_points=grade.late_points,
        outcomes=tuple(outcomes.get(name) for name in summary.points),
        cpu_seconds=sum(result.usage.cpu_seconds for result in graded.results),
        slowest_test=slowest.name if slowest else "",
        trouble=tuple(finding.message for finding in redacted_file_findings(graded)),
        is_there=has_submission(graded),
        submitted=moment(when, summary.time_zone) if when else "",
        made=(graded.audit.kit_version, graded.audit.graded_at) if graded.audit else None,
        official=is_official(graded),
    )


def test_rows(rows: Sequence[ClassRow], summary: StageSummary) -> list[TestRow]:
    """Outcomes of each test over the class, in the stage's order."""
    tests = []
    for place, (name, points) in enumerate(summary.points.items()):
        found = Counter(row.outcomes[place] for row in rows)
        counts = tuple(
            (str(outcome), found[outcome]) for outcome in Outcome if outcome is not Outcome.PASSED and found[outcome]
        )
        tests.append(TestRow(name, points, found[Outcome.PASSED], found[Outcome.NOT_REACHED], counts))
    return tests


def _outcomes(graded: Graded) -> dict[str, Outcome]:
    cases: dict[str, tuple[Outcome, ...]] = {}
    for result in graded.results:
        cases[result.name] = (*cases.get(result.name, ()), result.outcome)
    return {name: worst(outcomes) for name, outcomes in cases.items()}


def quartiles(points: Sequence[float]) -> tuple[float, float, float] | None:
    """Lower quartile, median and upper quartile; None of fewer than two."""
    if len(points) < 2:
        return None
    low, middle, high = statistics.quantiles(points, n=4, method="inclusive")
    return low, middle, high


def _made(rows: Sequence[ClassRow], time_zone: str) -> str:
    made = [row.made for row in rows if row.made is not None]
    if not made:
        return ""
    versions = ", ".join(sorted({version for version, _ in made}))
    return f"kit {versions}, graded {moment(max(graded_at for _, graded_at in made), time_zone)}"
