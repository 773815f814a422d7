"""A grade as Gradescope reads it: ``results.json``; and what it says of a submission: ``submission_metadata.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.channels.outside import ChannelGrade, shown_lines
from autograder.commandline import counted
from autograder.course import Course, StageFolder
from autograder.model import Lateness, Visibility
from autograder.scoring import late_days

UNSAFE = "Graded without a sandbox: these points may not be used as marks."
HELD = "The submission could not be graded by itself. A member of staff looks at it; no points were made."


@dataclass(frozen=True)
class Sending:
    """What Gradescope says of a submission.

    Attributes:
        lateness: against the latest due date that it names for this student; unknown where it names none.
        earlier: how many submissions there were before.
    """

    lateness: Lateness = field(default_factory=Lateness)
    earlier: int = 0


def read_sending(path: Path) -> Sending:
    """Read ``submission_metadata.json``; what is missing or of another form is unknown, and nobody's fault."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return Sending()
    if not isinstance(found, dict):
        return Sending()
    earlier = found.get("previous_submissions")
    submitted = _moment(found.get("created_at"))
    assignment = found.get("assignment")
    users = found.get("users")
    owners = [one.get("assignment") for one in users if isinstance(one, dict)] if isinstance(users, list) else []
    own = [due for one in owners if isinstance(one, dict) and (due := _moment(one.get("due_date")))]
    due = max(own, default=_moment(assignment.get("due_date")) if isinstance(assignment, dict) else None)
    late = 0
    if submitted is not None and due is not None:
        late = max(0, round(submitted.timestamp() - due.timestamp()))
    source = "due date" if due is not None else ""
    return Sending(Lateness(submitted, due, late, source), len(earlier) if isinstance(earlier, list) else 0)


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def later_seed(seed: str, earlier: int) -> str:
    """The seed of a submission: everybody's first has the same; later ones have others, as in ``autograder grade``."""
    return hashlib.sha256(f"{seed}|{earlier + 1}".encode()).hexdigest() if earlier else seed


def results(
    course: Course, stage: StageFolder, grade: ChannelGrade, sending: Sending, seconds: float
) -> dict[str, Any]:
    """All that Gradescope shows: each test with points, words and visibility; lateness; execution time.

    A held grade has no points at all and says why, so that it is not taken for 0.
    """
    lines = [] if grade.official else [UNSAFE]
    lines += [finding.message for finding in grade.findings]
    if sending.earlier:
        lines.append(
            f"This is submission {sending.earlier + 1}; it was tested with other hidden inputs than the last one."
        )
    if grade.held or not grade.scores:
        return {
            "output": "\n".join([HELD, *lines]),
            "execution_time": round(seconds, 2),
            "tests": [{"name": "Not graded", "output": HELD, "status": "failed", "visibility": "visible"}],
            "extra_data": {"held": list(grade.held)},
        }
    tests = [
        {
            "name": name,
            "score": grade.points(name),
            "max_score": score.out_of,
            "output": "\n".join(shown_lines(grade, name)),
            "visibility": "visible" if score.visibility is Visibility.PUBLIC else "after_published",
        }
        for name, score in grade.scores.items()
    ]
    found: dict[str, Any] = {"tests": tests, "execution_time": round(seconds, 2), "visibility": "visible"}
    total = sum(grade.points(name) for name in grade.scores)
    late = course.configuration.late
    days = late_days(sending.lateness, late, course.configuration.module.zone)
    if days:
        percent = min(days * late.percent_a_day, late.cap_percent)
        found["score"] = round(total * (100 - float(percent)) / 100, 2)
        lines.append(f"{counted(days, 'day')} late: {float(percent):g} % of the points of the tests are deducted.")
    if stage.policy.rubric:
        criteria = ", ".join(f"{name} ({float(points):g})" for name, points in stage.policy.rubric.items())
        lines.append(f"Marked by hand and not among these points: {criteria}.")
    found["output"] = "\n".join(lines)
    return found


def points_of(found: Mapping[str, Any]) -> dict[str, float]:
    """Points by test, of a results file."""
    return {str(test["name"]): float(test["score"]) for test in found.get("tests", ()) if "score" in test}
