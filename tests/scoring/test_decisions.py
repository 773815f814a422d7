"""Which decisions are in effect, and for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.decisions import DroppedTest, decided_for, effective, effective_lateness, is_taken_back
from autograder.graded import Decision, DecisionKind
from autograder.model import Lateness

KIND = DecisionKind
DUE = datetime(2027, 1, 29, 17, 0, tzinfo=UTC)


def made(*decisions: tuple[str, DecisionKind, dict[str, object]]) -> list[Decision]:
    """Decisions in this order."""
    return [Decision("s04", who, kind, value, f"r{n}", "ann", n) for n, (who, kind, value) in enumerate(decisions, 1)]


def test_the_last_one_of_a_kind_holds() -> None:
    """Of rubric marks and remarks, of a kind and its criterion."""
    found = decided_for(
        made(
            ("1", KIND.RUBRIC, {"criterion": "a", "points": "1"}),
            ("1", KIND.RUBRIC, {"criterion": "b", "points": "2"}),
            ("1", KIND.RUBRIC, {"criterion": "a", "points": "0"}),
            ("1", KIND.OVERRIDE, {"points": "5"}),
            ("1", KIND.OVERRIDE, {"points": "0"}),
            ("2", KIND.OVERRIDE, {"points": "7"}),
        ),
        "1",
    )

    assert ({"a": Decimal(0), "b": Decimal(2)}, Decimal(0)) == (found.rubric, found.override)
    assert [2, 3, 5] == [one.number for one in found.in_effect]


def test_an_empty_value_takes_back() -> None:
    """Each kind, whatever it was before; the decisions themselves stay."""
    first = [
        (KIND.RUBRIC, {"criterion": "a", "points": "1"}, {"criterion": "a", "points": None}),
        (KIND.REMARK, {"criterion": "", "text": "x"}, {"criterion": "", "text": ""}),
        (KIND.OVERRIDE, {"points": "5"}, {"points": None}),
        (KIND.ATTEMPT, {"submission_sha256": "a"}, {"submission_sha256": ""}),
        (KIND.EXTEND, {"due_at": DUE.isoformat()}, {"due_at": None}),
        (KIND.WAIVE, {"waived": True}, {"waived": False}),
        (KIND.DROP_TEST, {"test": "t", "how": "not counted"}, {"test": "t", "how": None}),
    ]
    decisions = made(*(("1", kind, value) for kind, value, _ in first), *(("1", kind, back) for kind, _, back in first))

    assert decided_for([]) == decided_for(decisions, "1")
    assert () == effective(decisions)
    assert [False] * 7 + [True] * 7 == [is_taken_back(one) for one in decisions]
    assert 7 == len(decided_for(decisions[:7], "1").in_effect) == len(effective(decisions[:7]))


def test_a_person_goes_before_the_team_and_the_team_before_the_class() -> None:
    """In whatever order they were decided; where the nearest was taken back, the next one counts."""
    decisions = made(
        ("7", KIND.OVERRIDE, {"points": "7"}),
        ("group-3", KIND.OVERRIDE, {"points": "3"}),
        ("", KIND.WAIVE, {"waived": True}),
    )

    assert [Decimal(7), Decimal(3), None] == [
        decided_for(decisions, *keys).override for keys in (("group-3", "7"), ("group-3", "8"), ("9",))
    ]
    assert decided_for(decisions, "9").waived
    back = [*decisions, *made(("7", KIND.OVERRIDE, {"points": None}))]
    assert Decimal(3) == decided_for(back, "group-3", "7").override


def test_a_hold_and_a_release_end_each_other() -> None:
    """The last of them counts."""
    hold, release = ("1", KIND.HOLD, {}), ("1", KIND.RELEASE, {"reasons": ["a draft"]})

    assert ("r1", frozenset()) == (decided_for(made(hold), "1").held, decided_for(made(hold), "1").released)
    found = decided_for(made(hold, release), "1")
    assert ("", frozenset({"a draft"})) == (found.held, found.released)
    found = decided_for(made(release, hold), "1")
    assert ("r2", frozenset()) == (found.held, found.released)


def test_a_test_is_dropped_for_everybody() -> None:
    """One after the other."""
    decisions = made(
        ("", KIND.DROP_TEST, {"test": "a", "how": "everyone gets it"}),
        ("", KIND.DROP_TEST, {"test": "b", "how": "not counted"}),
    )

    assert {"a": DroppedTest.EVERYONE_GETS, "b": DroppedTest.NOT_COUNTED} == decided_for(decisions, "1").dropped


@pytest.mark.parametrize(
    ("hours", "late_seconds", "source"),
    [(-1, 3600, "due date"), (0, 3600, "due date"), (1, 0, "extension"), (2, 0, "extension")],
)
def test_the_later_date_counts(hours: int, late_seconds: int, source: str) -> None:
    """An extension that ends before Moodle's own date takes nothing away."""
    lateness = Lateness(DUE + timedelta(hours=1), DUE, 3600, "due date", "Moodle may have another")
    decisions = made(("1", KIND.EXTEND, {"due_at": (DUE + timedelta(hours=hours)).isoformat()}))
    found = effective_lateness(lateness, decided_for(decisions, "1"))

    assert (late_seconds, source) == (found.late_seconds, found.source)
    assert (source == "extension") == (found.uncertain == "")


@given(st.integers(0, 16 * 86_400), st.integers(1, 20 * 86_400))
def test_lateness_goes_by_instants(start: int, seconds: int) -> None:
    """Also where clocks change between the extension and the submission."""
    zone = ZoneInfo("Europe/Dublin")
    due_at = datetime.fromtimestamp(datetime(2027, 3, 20, tzinfo=UTC).timestamp() + start, zone)
    submitted_at = datetime.fromtimestamp(due_at.timestamp() + seconds, zone)
    decided = decided_for(made(("1", KIND.EXTEND, {"due_at": due_at.isoformat()})), "1")

    assert seconds == effective_lateness(Lateness(submitted_at, None, 0), decided).late_seconds


def test_a_waiver_costs_nothing() -> None:
    """Nor does what cannot be known about the lateness hold the mark."""
    decided = decided_for(made(("1", KIND.WAIVE, {"waived": True})), "1")

    assert Lateness(DUE, DUE, 0, "due date") == effective_lateness(Lateness(DUE, DUE, 99, "due date", "?"), decided)


def test_an_extension_says_nothing_where_the_submission_has_no_date() -> None:
    """The mark stays held until lateness is waived or the reason released."""
    decided = decided_for(made(("1", KIND.EXTEND, {"due_at": DUE.isoformat()})), "1")
    unknown = Lateness(None, None, 0, "", "no date")

    assert "no date" == effective_lateness(unknown, decided).uncertain
    assert "" == effective_lateness(unknown, replace(decided, waived=True)).uncertain
