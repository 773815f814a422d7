"""Bars and points for the class page: numbers with the people behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.report.classrow import ClassRow
from autograder.report.render import number

BINS = 10
HOUR_SECONDS = 3600.0
# hours before the due date, the longest time first; what is negative is late
UNTIL_DUE = (
    ("more than 7 days before", 168.0),
    ("3 to 7 days before", 72.0),
    ("1 to 3 days before", 24.0),
    ("12 to 24 hours before", 12.0),
    ("3 to 12 hours before", 3.0),
    ("1 to 3 hours before", 1.0),
    ("in the last hour", 0.0),
    ("up to 1 day after", -24.0),
    ("1 to 2 days after", -48.0),
    ("more than 2 days after", float("-inf")),
)
SCATTER_WIDTH, SCATTER_HEIGHT, SCATTER_MARGIN = 360, 240, 14


@dataclass(frozen=True)
class Bar:
    """One bar: people on time and late."""

    label: str
    on_time: tuple[ClassRow, ...]
    late: tuple[ClassRow, ...]


def marks_bars(rows: Sequence[ClassRow], out_of: float) -> list[Bar]:
    """Marks by tenths of the possible points, the best first."""
    places = [min(max(int(BINS * row.points / out_of), 0), BINS - 1) if out_of else 0 for row in rows]
    bars = []
    for place in reversed(range(BINS)):
        label = f"{number(out_of * place / BINS)} to {number(out_of * (place + 1) / BINS)}"
        bars.append(_bar(label, [row for row, its in zip(rows, places, strict=True) if its == place]))
    return bars


def time_bars(rows: Sequence[ClassRow]) -> list[Bar]:
    """Submissions by the time before each person's due date; those without both dates are left out."""
    dated = [(row, hours) for row in rows if (hours := _hours_until_due(row)) is not None]
    bars = []
    above = float("inf")
    for label, least in UNTIL_DUE:
        bars.append(_bar(label, [row for row, hours in dated if least <= hours < above]))
        above = least
    return bars if dated else []


def _hours_until_due(row: ClassRow) -> float | None:
    submitted, due = row.lateness.submitted_at, row.lateness.due_at
    return None if submitted is None or due is None else (due - submitted).total_seconds() / HOUR_SECONDS


def _bar(label: str, rows: Sequence[ClassRow]) -> Bar:
    return Bar(
        label,
        tuple(row for row in rows if not row.late_days),
        tuple(row for row in rows if row.late_days),
    )


@dataclass(frozen=True)
class Dot:
    """A person in the picture of marks by hand against marks by tests."""

    x: float
    y: float
    row: ClassRow


def dots(rows: Sequence[ClassRow], tests_out_of: float, hand_out_of: float) -> list[Dot]:
    """Where everybody is whose work is marked by hand: tests to the right, by hand upwards."""
    if not tests_out_of or not hand_out_of:
        return []
    width, height = SCATTER_WIDTH - 2 * SCATTER_MARGIN, SCATTER_HEIGHT - 2 * SCATTER_MARGIN
    return [
        Dot(
            SCATTER_MARGIN + width * min(max(row.test_points / tests_out_of, 0.0), 1.0),
            SCATTER_MARGIN + height * (1 - min(max(row.hand_points / hand_out_of, 0.0), 1.0)),
            row,
        )
        for row in rows
        if row.hand_points is not None and row.is_there and any(row.outcomes)  # where nothing ran, nothing was judged
    ]
