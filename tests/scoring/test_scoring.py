"""From outcomes to a mark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.models import LatePolicy, StagePolicy
from autograder.decisions import Decided, DroppedTest
from autograder.intake.lateness import lateness_between
from autograder.model import Lateness, Outcome, TestResult, Visibility
from autograder.scoring import grade_submission, late_days, moodle_grade

POLICY = StagePolicy.model_validate(
    {
        "title": "t",
        "week": 1,
        "due": "2027-02-05 17:00 Europe/Dublin",
        "files": ["scratch/a.py"],
        "tests": {"public": {"test_one": 10}, "hidden": {"test_two": 80}},
        "rubric": {"clarity": 10},
    }
)
LATE = LatePolicy(grace_minutes=15, percent_a_day=10, cap_percent=50, last_day=7)
FULL = Decided(rubric={"clarity": Decimal(10)})
DAY = 86_400


def results(one: Outcome, *two: Outcome) -> list[TestResult]:
    """Results of test_one and of the cases of test_two."""
    found = [TestResult("test_one", "", Visibility.PUBLIC, "", one)]
    return found + [TestResult("test_two", str(i), Visibility.HIDDEN, "", outcome) for i, outcome in enumerate(two)]


def points(outcomes: Iterable[TestResult], late_seconds: int = 0) -> float:
    """The mark of an otherwise perfect submission."""
    lateness = Lateness(late_seconds=late_seconds)
    return grade_submission("1", POLICY, LATE, outcomes, lateness, FULL).points


def test_cases_share_a_tests_points() -> None:
    """One of three cases passed: a third of the points, rounded half up."""
    assert 10 + 26.67 + 10 == pytest.approx(
        points(results(Outcome.PASSED, Outcome.PASSED, Outcome.FAILED, Outcome.ERROR))
    )


@pytest.mark.parametrize(
    "outcome", [outcome for outcome in Outcome if outcome not in (Outcome.PASSED, Outcome.GRADER_FAULT)]
)
def test_every_other_outcome_earns_nothing(outcome: Outcome) -> None:
    """Only a passed test has points, and the student's faults do not hold the mark."""
    grade = grade_submission("1", POLICY, LATE, results(Outcome.PASSED, outcome), Lateness(), FULL)

    assert (20, ()) == (grade.points, grade.held)


def test_a_fault_of_the_graders_holds_the_mark() -> None:
    """It is neither 0 nor full marks: no mark is sent."""
    grade = grade_submission("1", POLICY, LATE, results(Outcome.PASSED, Outcome.GRADER_FAULT), Lateness(), FULL)

    assert ("test_two: grader fault",) == grade.held


@pytest.mark.parametrize("place", range(3))
def test_one_faulty_case_among_several_holds_the_mark(place: int) -> None:
    """Wherever it is among a test's cases, and however the others ended."""
    cases = [Outcome.PASSED, Outcome.FAILED]
    cases.insert(place, Outcome.GRADER_FAULT)
    grade = grade_submission("1", POLICY, LATE, results(Outcome.PASSED, *cases), Lateness(), FULL)

    assert ("test_two: grader fault",) == grade.held


def test_lateness_costs_a_share_of_the_stages_points_not_of_those_earned() -> None:
    """A day takes 10 of 100 points from 20 as from 100, and never more than there is."""
    weak = results(Outcome.PASSED, Outcome.FAILED)

    assert [20, 10, 0, 0] == [points(weak, days * DAY) for days in (0, 1, 2, 3)]


def test_a_missing_result_holds_the_mark() -> None:
    """A test that nobody ran is not a failed one."""
    grade = grade_submission("1", POLICY, LATE, results(Outcome.PASSED), Lateness(), FULL)

    assert ("test_two: there is no result",) == grade.held


def test_an_unmarked_rubric_holds_the_mark() -> None:
    """What a person must judge cannot be left out silently."""
    grade = grade_submission("1", POLICY, LATE, results(Outcome.PASSED, Outcome.PASSED), Lateness())

    assert ("rubric: clarity has not been marked",) == grade.held


def test_who_sent_nothing_to_run_is_not_everybody() -> None:
    """A test that everybody gets has its points with any work that was tested, and none without."""
    decided = replace(FULL, dropped={"test_one": DroppedTest.EVERYONE_GETS})
    tested = grade_submission("1", POLICY, LATE, results(Outcome.FAILED, Outcome.FAILED), Lateness(), decided)
    nothing = grade_submission("1", POLICY, LATE, (), Lateness(), decided, nothing_to_run=True)

    assert [10.0, 0.0] == [score.points for score in tested.scores]
    assert [0.0, 0.0] == [score.points for score in nothing.scores]


def test_nothing_to_run_earns_zero_without_a_rubric_mark() -> None:
    """Where no file came, there is nothing for a person to judge."""
    grade = grade_submission("1", POLICY, LATE, (), Lateness(), nothing_to_run=True)

    assert (0, (), 100) == (grade.points, grade.held, grade.out_of)


@pytest.mark.parametrize(
    ("seconds", "days"),
    [(0, 0), (900, 0), (901, 1), (900 + DAY, 1), (901 + DAY, 2), (900 + 7 * DAY, 7), (901 + 7 * DAY, 8)],
)
def test_days_begin_after_the_grace(seconds: int, days: int) -> None:
    """Fifteen minutes cost nothing; one second more is a day."""
    assert days == late_days(Lateness(late_seconds=seconds), LATE)


@pytest.mark.parametrize(("days", "expected"), [(0, 100), (1, 90), (5, 50), (7, 50), (8, 0)])
def test_lateness_costs_a_share_up_to_the_cap_until_the_last_day(days: int, expected: float) -> None:
    """Ten per cent a day, at most fifty, 0 after the seventh day."""
    late_seconds = 900 + days * DAY if days else 0

    assert expected == points(results(Outcome.PASSED, Outcome.PASSED), late_seconds)


@given(
    outcomes=st.lists(st.sampled_from([Outcome.PASSED, Outcome.FAILED]), min_size=1, max_size=30),
    late_seconds=st.integers(0, 20 * DAY),
    maximum=st.integers(1, 1000),
)
def test_marks_stay_within_bounds(outcomes: list[Outcome], late_seconds: int, maximum: int) -> None:
    """No mark is below 0 or above the maximum, whatever the rounding."""
    lateness = Lateness(late_seconds=late_seconds)
    grade = grade_submission("1", POLICY, LATE, results(*outcomes, Outcome.PASSED), lateness, FULL)
    sent = moodle_grade(grade, Decimal(maximum))

    assert 0 <= grade.points <= grade.out_of
    assert 0 <= sent <= maximum


def test_moodle_grade_is_exact() -> None:
    """A float that cannot be written exactly is not rounded twice."""
    grade = grade_submission(
        "1", POLICY, LATE, results(Outcome.PASSED, *[Outcome.PASSED] * 2, Outcome.FAILED), Lateness(), FULL
    )

    assert Decimal("7.33") == moodle_grade(grade, Decimal(10))


DUBLIN = ZoneInfo("Europe/Dublin")


@pytest.mark.parametrize(
    ("due", "submitted", "days"),
    [
        # 25 October 2026 has 25 hours: 23 h 50 min by the clock are 24 h 50 min in fact, and one day begun
        ("2026-10-24 17:00", "2026-10-25 16:50", 1),
        ("2026-10-24 17:00", "2026-10-25 17:15", 1),
        ("2026-10-24 17:00", "2026-10-25 17:20", 2),
        # 29 March 2026 has 23 hours: 24 h 20 min by the clock are 23 h 20 min in fact, and two days begun
        ("2026-03-28 17:00", "2026-03-29 17:15", 1),
        ("2026-03-28 17:00", "2026-03-29 17:20", 2),
        ("2026-03-28 17:00", "2026-03-30 17:10", 2),
        # the grace is fifteen minutes of time: the clock jumps from 1:00 to 2:00
        ("2026-03-29 00:50", "2026-03-29 02:04", 0),
        ("2026-03-29 00:50", "2026-03-29 02:06", 1),
        ("2026-02-01 17:00", "2026-02-02 17:15", 1),
    ],
)
@pytest.mark.parametrize("zone", [DUBLIN, ZoneInfo("UTC"), ZoneInfo("Asia/Tokyo")])
def test_days_are_counted_by_the_modules_clock(due: str, submitted: str, days: int, zone: ZoneInfo) -> None:
    """Whatever zone the dates are written in."""
    late = LATE.model_copy(update={"grace_minutes": 15})
    due_at, submitted_at = (datetime.fromisoformat(text).replace(tzinfo=DUBLIN) for text in (due, submitted))
    found = lateness_between(submitted_at, due_at, zone)

    assert days == late_days(found, late, DUBLIN)


def test_in_a_repeated_hour_lateness_is_never_lost() -> None:
    """1:10 in the second round is 70 minutes after 1:00 in the first, though the clock shows ten."""
    due = datetime(2026, 10, 25, 1, 0, tzinfo=DUBLIN)
    found = lateness_between(due.replace(minute=10, fold=1), due, DUBLIN)

    assert (4200, 1) == (found.late_seconds, late_days(found, LATE.model_copy(update={"grace_minutes": 15}), DUBLIN))


@pytest.mark.parametrize(("seconds", "held"), [(0, ()), (90_000, ("lateness: no date",))])
def test_lateness_that_cannot_be_known_holds_only_where_a_mark_depends_on_it(seconds: int, held: tuple[str]) -> None:
    """In time by every date that is known, nothing is uncertain."""
    due = datetime(2027, 2, 5, 17, tzinfo=DUBLIN)
    lateness = Lateness(due + timedelta(seconds=seconds), due, seconds, uncertain="no date")

    assert held == grade_submission("1", POLICY, LATE, results(Outcome.PASSED, Outcome.PASSED), lateness, FULL).held
