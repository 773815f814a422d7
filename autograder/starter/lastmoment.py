"""The last moment at which anybody may still hand in a stage's work for more than 0 points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from autograder.course.models import LatePolicy
from autograder.decisions import decided_for
from autograder.gradebook import Gradebook
from autograder.graded import Decision


@dataclass(frozen=True)
class Extensions:
    """What is known of later due dates.

    Attributes:
        latest: the latest by stage.
        waived: by stage, for whom lateness costs nothing: they may hand in whenever they like.
    """

    latest: Mapping[str, datetime]
    waived: Mapping[str, tuple[str, ...]]


def last_moment(due: datetime, late: LatePolicy, zone: tzinfo) -> datetime:
    """When the last day after due date and grace ends, by the module's clock as :func:`scoring.late_days` counts.

    Where that clock shows an hour twice, the second one is meant.
    """
    end = (due.astimezone(UTC) + timedelta(minutes=late.grace_minutes)).astimezone(zone)
    wall = end.replace(tzinfo=None) + timedelta(days=late.last_day)
    return max(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)).astimezone(zone)


def recorded_extensions(book: Gradebook, stages: Iterable[str]) -> Extensions:
    """Later due dates of a gradebook: those that were decided here, and Moodle's that ``grade`` has read."""
    latest: dict[str, datetime] = {}
    waived: dict[str, tuple[str, ...]] = {}
    for stage in stages:
        dates, names = _decided(book.decisions(stage))
        for mark in book.marks(stage).values():
            if mark.basis is not None and mark.basis.lateness.due_at is not None:
                dates.append(mark.basis.lateness.due_at)
        if dates:
            latest[stage] = max(dates, key=datetime.timestamp)
        if names:
            waived[stage] = tuple(names)
    return Extensions(latest, waived)


def _decided(decisions: Iterable[Decision]) -> tuple[list[datetime], list[str]]:
    """Extensions in effect, and the keys of those whose lateness is waived."""
    decisions = tuple(decisions)
    dates, names = [], []
    for key in sorted({decision.participant_id for decision in decisions}):
        decided = decided_for(decisions, key)
        if decided.due_at is not None:
            dates.append(decided.due_at)
        if decided.waived:
            names.append(key or "everybody")
    return dates, names
