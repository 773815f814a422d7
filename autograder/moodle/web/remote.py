"""An assignment in Moodle, its participants and submissions, read through the web services into values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from autograder.commandline import counted
from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.moodle.web.client import MoodleClient
from autograder.moodle.web.plugins import RemoteFile, plugin_files, plugin_text


@dataclass(frozen=True)
class RemoteAssignment:
    """An assignment as the web service describes it.

    Attributes:
        assignment_id: what the functions take; ``course_module_id`` is what addresses hold.
        maximum: None for a scale.
        due_at: seconds since 1970, 0 for none; without anybody's override.
        comments, files, offline: whether these feedback types are on.
    """

    assignment_id: int
    course_module_id: int
    name: str
    maximum: Decimal | None
    due_at: int
    is_team_work: bool
    is_blind: bool
    has_workflow: bool
    comments: bool
    files: bool
    offline: bool = False
    course_id: int = 0


@dataclass(frozen=True)
class RemotePerson:
    """A participant; ``key`` is the participant id, which the worksheet and the download have, too."""

    user_id: int
    key: str
    name: str
    id_number: str = ""
    email: str = ""
    status: str = ""
    group_id: int = 0
    group: str = ""


@dataclass(frozen=True)
class RemoteSubmission:
    """A latest attempt. Of a team's, ``user_id`` is 0."""

    user_id: int
    group_id: int
    status: str
    saved_at: int
    files: tuple[RemoteFile, ...]
    online_text: str = ""


def find_assignment(client: MoodleClient, course: str, assignment: str) -> RemoteAssignment:
    """Return the assignment of that name, number or course module number, in the course of that short name.

    Raises:
        UsageError: there is none, or more than one.
    """
    found = client.call("core_course_get_courses_by_field", field="shortname", value=course)["courses"]
    if not found and course.isdigit():
        found = client.call("core_course_get_courses_by_field", field="id", value=course)["courses"]
    if len(found) != 1:
        raise UsageError(f"no course is called {course!r}, or this account does not see it")
    answer = client.call("mod_assign_get_assignments", courseids=[int(found[0]["id"])])
    all_of_them = [{**one, "course": entry["id"]} for entry in answer["courses"] for one in entry["assignments"]]
    fitting = [one for one in all_of_them if assignment in (one["name"], str(one["id"]), str(one["cmid"]))]
    if len(fitting) != 1:
        names = "; ".join(f"{one['cmid']}: {one['name']}" for one in all_of_them)
        raise UsageError(f"{len(fitting)} assignments are called {assignment!r}; there are: {names}")
    return _assignment(fitting[0])


def require_remote_maximum(assignment: RemoteAssignment, maximum: Decimal | None) -> None:
    """Check that Moodle's assignment has the maximum grade of ``grading.yml``; None allows any.

    Raises:
        UsageError: another maximum, or a scale.
    """
    if maximum is None or assignment.maximum == maximum:
        return
    found = "is graded by a scale" if assignment.maximum is None else f"has the maximum grade {assignment.maximum:f}"
    raise UsageError(
        f"{short_line(assignment.name)}: the assignment in Moodle {found}, grading.yml has moodle.grade_maximum: "
        f"{maximum:f}; allowed: the same number in both"
    )


def _assignment(one: Mapping[str, Any]) -> RemoteAssignment:
    enabled = {
        (entry["subtype"], entry["plugin"])
        for entry in one["configs"]
        if entry["name"] == "enabled" and str(entry["value"]) == "1"
    }
    grade = int(one["grade"])
    return RemoteAssignment(
        assignment_id=int(one["id"]),
        course_module_id=int(one["cmid"]),
        name=str(one["name"]),
        maximum=Decimal(grade) if grade >= 0 else None,
        due_at=int(one["duedate"]),
        is_team_work=bool(one["teamsubmission"]),
        is_blind=bool(one["blindmarking"]) and not one["revealidentities"],
        has_workflow=bool(one["markingworkflow"]),
        comments=("assignfeedback", "comments") in enabled,
        files=("assignfeedback", "file") in enabled,
        offline=("assignfeedback", "offline") in enabled,
        course_id=int(one["course"]),
    )


def read_people(client: MoodleClient, assignment: RemoteAssignment) -> tuple[RemotePerson, ...]:
    """Return the active participants.

    Raises:
        UsageError: the account may not see participant ids.
    """
    listed = client.call_stored(
        "mod_assign_list_participants", {"assignid": assignment.assignment_id, "groupid": 0, "filter": ""}
    )
    keys = {int(one["id"]): str(one["recordid"]) for one in listed if int(one.get("recordid", -1)) > 0}
    if len(keys) < len(listed):
        keys |= read_keys(client, assignment)
    missing = [one for one in listed if int(one["id"]) not in keys]
    if missing:
        raise UsageError(
            f"Moodle did not return participant ids for {counted(len(missing), 'person', 'people')}: "
            "open the grading page once as a teacher, and give this account the right mod/assign:revealidentities"
        )
    return tuple(
        RemotePerson(
            user_id=int(one["id"]),
            key=keys[int(one["id"])],
            name=str(one["fullname"]),
            id_number=str(one.get("idnumber", "")),
            email=str(one.get("email", "")),
            status=str(one.get("submissionstatus", "")),
            group_id=int(one.get("groupid") or 0),
            group=str(one.get("groupname") or ""),
        )
        for one in listed
    )


def read_keys(client: MoodleClient, assignment: RemoteAssignment) -> dict[int, str]:
    """Return user id to participant id; nothing without the right mod/assign:revealidentities."""
    answer = client.call("mod_assign_get_user_mappings", assignmentids=[assignment.assignment_id])
    return {int(one["userid"]): str(one["id"]) for entry in answer["assignments"] for one in entry["mappings"]}


def read_submissions(client: MoodleClient, assignment: RemoteAssignment) -> tuple[RemoteSubmission, ...]:
    """Return the latest attempts, drafts and suspended people included."""
    answer = client.call("mod_assign_get_submissions", assignmentids=[assignment.assignment_id])
    _no_warnings(answer, "submissions")
    return tuple(
        RemoteSubmission(
            user_id=int(one["userid"]),
            group_id=int(one.get("groupid") or 0),
            status=str(one["status"]),
            saved_at=int(one["timemodified"]),
            files=plugin_files(one.get("plugins", []), "submission_files"),
            online_text=plugin_text(one.get("plugins", []), "onlinetext"),
        )
        for entry in answer["assignments"]
        for one in entry["submissions"]
    )


def _no_warnings(answer: Mapping[str, Any], what: str) -> None:
    # without rights the list is empty, and only a warning shows it
    if answer.get("warnings") and not answer.get("assignments"):
        raise UsageError(f"Moodle does not return the {what}: {answer['warnings'][0].get('message', '')}")
