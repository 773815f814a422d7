"""How late a submission is, from two dates."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from autograder.model import Lateness


def lateness_between(
    submitted_at: datetime | None,
    due_at: datetime | None,
    zone: ZoneInfo,
    *,
    source: str = "due date",
    late: bool | None = None,
    uncertain: str = "",
) -> Lateness:
    """Return the lateness of a submission, with both dates in the module's zone.

    Args:
        submitted_at: when it was submitted, with a zone; None if unknown.
        due_at: when it was due, with a zone; None if unknown or if it is never late.
        zone: the module's.
        source: which date ``due_at`` is.
        late: whether the learning system itself calls it late, None if unknown. Its dates may lack seconds: a
            submission in the very minute of the due date is late by one second if the system calls it late.
        uncertain: why the due date may be another, '' if it cannot.
    """
    submitted_at = submitted_at.astimezone(zone) if submitted_at else None
    due_at = due_at.astimezone(zone) if due_at else None
    if submitted_at is None or due_at is None:
        return Lateness(submitted_at, due_at, 0, source if due_at else "", uncertain)
    # Two dates of one zone are subtracted by the clock on the wall, which jumps twice a year: go by the instants.
    seconds = int(submitted_at.timestamp() - due_at.timestamp())
    if seconds == 0 and late:
        seconds = 1
    return Lateness(submitted_at, due_at, max(seconds, 0), source, uncertain)
