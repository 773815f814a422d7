"""Each person's own due date: with overrides of people and groups, without extensions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from autograder.moodle.web.client import MoodleClient, MoodleRefusalError
from autograder.moodle.web.many import ManyCalls
from autograder.moodle.web.remote import RemoteAssignment
from autograder.moodle.web.transport import Argument


def read_due_dates(client: MoodleClient, assignment: RemoteAssignment, user_ids: Iterable[int]) -> dict[int, int]:
    """Return user id to due date in seconds since 1970, 0 for none. No function lists them for all people.

    Whom Moodle does not answer for is left out, and everybody where the service lacks the function.
    """
    users = list(user_ids)
    place: dict[str, Argument] = {"assignid": assignment.assignment_id, "embeduser": 0}
    try:
        answers = ManyCalls(client).read(
            "mod_assign_get_participant", [{**place, "userid": user} for user in users], stored=False
        )
    except MoodleRefusalError:
        return {}
    pairs = zip(users, answers, strict=True)
    return {user: int(answer["duedate"]) for user, answer in pairs if isinstance(answer, dict) and "duedate" in answer}


def usual_due_date(due: Mapping[int, int], assignment: RemoteAssignment) -> int:
    """Return the date that most people have: the assignment's own is the caller's, who may have an override."""
    return Counter(due.values()).most_common(1)[0][0] if due else assignment.due_at
