"""From outcomes to a mark: points, rubric, lateness, and what holds a mark back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from autograder.course.models import LatePolicy, StagePolicy
from autograder.model import Grade, Lateness, Outcome, Score, TestResult, Visibility

CENT = Decimal("0.01")
SECONDS_A_DAY = 86_400


def points(value: Fraction) -> Decimal:
    """A number of points, rounded half up to a hundredth."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(CENT, ROUND_HALF_UP)


def score_tests(policy: StagePolicy, results: Iterable[TestResult]) -> tuple[list[Score], list[str]]:
    """Points of every test of the stage, and why the mark must be held.

    A test's cases share its points equally. A test without any result, or with a fault of the
    grader's, holds the mark: it is never taken for a failed one.
    """
    by_name: dict[str, list[TestResult]] = {}
    for result in results:
        by_name.setdefault(result.name, []).append(result)
    scores, held = [], []
    for visibility, tests in ((Visibility.PUBLIC, policy.tests.public), (Visibility.HIDDEN, policy.tests.hidden)):
        for name, out_of in tests.items():
            cases = by_name.get(name, [])
            if not cases:
                held.append(f"{name}: there is no result")
                continue
            if any(case.outcome is Outcome.GRADER_FAULT for case in cases):
                held.append(f"{name}: {Outcome.GRADER_FAULT}")
            passed = sum(case.outcome is Outcome.PASSED for case in cases)
            earned = points(Fraction(out_of) * Fraction(passed, len(cases)))
            scores.append(Score(name, visibility, float(earned), float(out_of)))
    return scores, held


def _no_points(policy: StagePolicy) -> Iterator[Score]:
    for visibility, tests in ((Visibility.PUBLIC, policy.tests.public), (Visibility.HIDDEN, policy.tests.hidden)):
        for name, out_of in tests.items():
            yield Score(name, visibility, 0.0, float(out_of))


def late_days(lateness: Lateness, late: LatePolicy, zone: tzinfo = UTC) -> int:
    """Days begun after the due date and the grace, by the module's clock.

    A day ends at the hour and minute of the due date, also where clocks change in between and it has 23 or
    25 hours. The grace is that many minutes whatever the clock does.

    Args:
        lateness: with dates in any zones; without dates, a day has 24 hours.
        late: the rule.
        zone: the module's.
    """
    over = lateness.late_seconds - 60 * late.grace_minutes
    if over <= 0:
        return 0
    if lateness.submitted_at is not None and lateness.due_at is not None:
        end = lateness.due_at.astimezone(UTC) + timedelta(minutes=late.grace_minutes)
        over += _offset_seconds(lateness.submitted_at, zone) - _offset_seconds(end, zone)
    return max(math.ceil(over / SECONDS_A_DAY), 1)


def _offset_seconds(moment: datetime, zone: tzinfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def grade_submission(
    participant_id: str,
    policy: StagePolicy,
    late: LatePolicy,
    results: Iterable[TestResult],
    lateness: Lateness,
    rubric: Mapping[str, Decimal | None],
    *,
    zone: tzinfo = UTC,
    held: Iterable[str] = (),
    nothing_to_run: bool = False,
) -> Grade:
    """The mark: tests and rubric, less what lateness costs, never below nought.

    Args:
        participant_id: whose.
        policy: the stage's points.
        late: the rule for lateness.
        results: of every test case.
        lateness: from the worksheet.
        rubric: points by criterion, None where nobody has marked.
        zone: the module's, by whose clock days are counted.
        held: further reasons to hold the mark.
        nothing_to_run: no file that could be tested came, so every test earns nought, and so does
            the rubric.
    """
    if nothing_to_run:
        scores = [*_no_points(policy)]
        reasons, rubric = [*held], dict.fromkeys(policy.rubric, Decimal(0))
    else:
        scores, missing = score_tests(policy, results)
        reasons = [*held, *missing]
    unmarked = [name for name in policy.rubric if rubric.get(name) is None]
    reasons += [f"rubric: {name} has not been marked" for name in unmarked]
    raw = sum((Decimal(str(score.points)) for score in scores), Decimal(0))
    raw += sum((rubric[name] or Decimal(0) for name in policy.rubric if rubric.get(name) is not None), Decimal(0))
    days = late_days(lateness, late, zone)
    if days and lateness.uncertain:
        reasons.append(f"lateness: {lateness.uncertain}")
    cost = _late_cost(raw, policy.out_of, days, late)
    return Grade(
        participant_id=participant_id,
        points=float(raw - cost),
        out_of=float(policy.out_of),
        scores=tuple(scores),
        held=tuple(reasons),
        late_points=float(cost),
        late_days=days,
        rubric={name: None if rubric.get(name) is None else float(rubric[name] or 0) for name in policy.rubric},
    )


def _late_cost(raw: Decimal, out_of: Decimal, days: int, late: LatePolicy) -> Decimal:
    if days > late.last_day:
        return raw
    percent = min(days * late.percent_a_day, late.cap_percent)
    return min(raw, points(Fraction(out_of) * Fraction(percent) / 100))


def moodle_grade(grade: Grade, maximum: Decimal) -> Decimal:
    """The mark on Moodle's scale, never over its maximum."""
    scaled = points(Fraction(str(grade.points)) / Fraction(str(grade.out_of)) * Fraction(maximum))
    return min(max(scaled, Decimal(0)), maximum)
