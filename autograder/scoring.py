"""From outcomes to a mark: points, rubric, lateness, and what holds a mark back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from autograder.course.models import LatePolicy, StagePolicy
from autograder.decisions import NOTHING, Decided, DroppedTest, counted_policy, effective_lateness
from autograder.graded import LOOKING, Hold
from autograder.model import Grade, Lateness, Outcome, Score, TestResult, Visibility

CENT = Decimal("0.01")
SECONDS_A_DAY = 86_400
OUR_FAULT = "A test could not be run because of a fault on our side. You need not do anything."


def points(value: Fraction) -> Decimal:
    """A number of points, rounded half up to a hundredth."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(CENT, ROUND_HALF_UP)


def score_tests(
    policy: StagePolicy, results: Iterable[TestResult], dropped: Mapping[str, DroppedTest] | None = None
) -> tuple[list[Score], list[Hold]]:
    """Points of every test of the stage, and why the mark must be held.

    A test's cases share its points equally. A test without any result, or with a fault of the
    grader's in any of its cases, holds the mark: it is never taken for a failed one. A test that everybody gets
    has all its points, however it ended.
    """
    given = {name for name, how in (dropped or {}).items() if how is DroppedTest.EVERYONE_GETS}
    by_name: dict[str, list[TestResult]] = {}
    for result in results:
        by_name.setdefault(result.name, []).append(result)
    scores, held = [], list[Hold]()
    for visibility, tests in ((Visibility.PUBLIC, policy.tests.public), (Visibility.HIDDEN, policy.tests.hidden)):
        for name, out_of in tests.items():
            cases = by_name.get(name, [])
            if name in given:
                scores.append(Score(name, visibility, float(out_of), float(out_of)))
                continue
            if not cases:
                held.append(Hold(f"{name}: there is no result", OUR_FAULT))
                continue
            if any(case.outcome is Outcome.GRADER_FAULT for case in cases):
                held.append(Hold(f"{name}: {Outcome.GRADER_FAULT}", OUR_FAULT))
            passed = sum(case.outcome is Outcome.PASSED for case in cases)
            earned = points(Fraction(out_of) * Fraction(passed, len(cases)))
            scores.append(Score(name, visibility, float(earned), float(out_of)))
    return scores, held


def _no_points(policy: StagePolicy) -> Iterator[Score]:
    """Also of a test that everybody gets: everybody is who sent something that could be tested."""
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
    decided: Decided = NOTHING,
    *,
    zone: tzinfo = UTC,
    held: Iterable[Hold] = (),
    nothing_to_run: bool = False,
) -> Grade:
    """The mark: tests and rubric, less what lateness costs, never below 0; or what a person set in its place.

    Args:
        participant_id: whose.
        policy: the stage's points.
        late: the rule for lateness.
        results: of every test case.
        lateness: from the worksheet.
        decided: what people decided: rubric marks, an override and so on. A mark that a person set is held by
            that person's word only; a release settles the reasons that it names, but no rubric that is not marked.
        zone: the module's, by whose clock days are counted.
        held: further reasons to hold the mark.
        nothing_to_run: no file that could be tested was received, so every test earns 0, one that everybody gets,
            too, and so does the rubric.
    """
    policy, lateness = counted_policy(policy, decided), effective_lateness(lateness, decided)
    rubric: dict[str, Decimal | None] = {name: decided.rubric.get(name) for name in policy.rubric}
    if nothing_to_run:
        scores, missing = [*_no_points(policy)], list[Hold]()
        rubric = {name: points or Decimal(0) for name, points in rubric.items()}
    else:
        scores, missing = score_tests(policy, results, decided.dropped)
    raw = sum((Decimal(str(score.points)) for score in scores), Decimal(0))
    raw += sum((value for value in rubric.values() if value is not None), Decimal(0))
    days = late_days(lateness, late, zone)
    cost = _late_cost(raw, policy.out_of, days, late)
    mark = raw - cost
    reasons = [*held, *missing]
    if lateness.uncertain and (days or lateness.submitted_at is None):
        reasons.append(Hold(f"lateness: {lateness.uncertain}", "We are checking when your work was due."))
    reasons = [reason for reason in reasons if reason.staff not in decided.released]
    for name, value in rubric.items():
        if value is None:
            words = name.replace("_", " ")
            reasons.append(Hold(f"rubric: {name} has not been marked", f"A TA has not marked “{words}” yet."))
    if decided.override is not None:
        mark, reasons = min(decided.override, policy.out_of), []
    if decided.held:
        reasons.append(Hold(f"held by a person: {decided.held}", LOOKING))
    return Grade(
        participant_id=participant_id,
        points=float(mark),
        out_of=float(policy.out_of),
        scores=tuple(scores),
        held=tuple(reason.staff for reason in reasons),
        shown_reasons=tuple(dict.fromkeys(reason.student for reason in reasons)),
        late_points=float(cost),
        late_days=days,
        rubric={name: None if value is None else float(value) for name, value in rubric.items()},
        computed=float(raw - cost) if decided.override is not None else None,
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
