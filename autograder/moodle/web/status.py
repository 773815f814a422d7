"""The state of an assignment: what was submitted, what is marked, and what differs from the log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from autograder.moodle.web.client import MoodleClient
from autograder.moodle.web.history import last_left
from autograder.moodle.web.log import PushLog
from autograder.moodle.web.marks import GradeRecord, read_grades
from autograder.moodle.web.remote import RemoteAssignment, read_people
from autograder.moodle.web.state import Left, rounded


@dataclass(frozen=True)
class ClassStatus:
    """Counts, and the people whose grade in Moodle is not the one that was sent last."""

    people: int
    statuses: dict[str, int]
    graded: int
    pushed: int
    changed: tuple[str, ...]
    not_pushed: tuple[str, ...]


def read_status(client: MoodleClient, assignment: RemoteAssignment, log: PushLog) -> ClassStatus:
    """Return the state of a class, from three calls and the log."""
    people = read_people(client, assignment)
    records = read_grades(client, assignment)
    grades = {user: record.grade for user, record in records.items() if record.grade is not None}
    sent = last_left(log, client.site, assignment.assignment_id)
    changed, not_pushed = [], []
    for person in people:
        left = sent.get(person.key)
        if left is None:
            if person.status == "submitted":
                not_pushed.append(person.key)
        elif _is_changed(left, records.get(person.user_id)):
            changed.append(person.key)
    statuses = Counter(person.status or "no submission" for person in people)
    return ClassStatus(len(people), dict(statuses), len(grades), len(sent), tuple(changed), tuple(not_pushed))


def _is_changed(left: Left, record: GradeRecord | None) -> bool:
    """Whether a record is not as the log left it: its grade, or by date and grader comment, files or criteria."""
    grade = record.grade if record else None
    if rounded(grade) not in [rounded(state.grade) for state in left.states]:
        return True
    is_certain = left.version is not None and len(left.states) == 1
    return is_certain and record is not None and left.version != record.version
