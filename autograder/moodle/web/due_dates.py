"""Each person's own due date: with overrides of people and groups, without extensions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from autograder.moodle.web.client import MoodleClient, MoodleError, MoodleRefusalError
from autograder.moodle.web.remote import RemoteAssignment


def read_due_dates(client: MoodleClient, assignment: RemoteAssignment, user_ids: Iterable[int]) -> dict[int, int]:
    """Return user id to due date in seconds since 1970, 0 for none; one request for each person.

    Whom Moodle does not answer for is left out, and everybody where the service lacks the function.
    """
    found: dict[int, int] = {}
    place = assignment.assignment_id
    for user_id in user_ids:
        try:
            answer = client.call("mod_assign_get_participant", assignid=place, userid=user_id, embeduser=0)
            found[user_id] = int(answer["duedate"])
        except MoodleRefusalError:
            break
        except (MoodleError, KeyError):
            continue
    return found


def usual_due_date(due: Mapping[int, int], assignment: RemoteAssignment) -> int:
    """Return the date that most people have: the assignment's own is the caller's, who may have an override."""
    return Counter(due.values()).most_common(1)[0][0] if due else assignment.due_at
