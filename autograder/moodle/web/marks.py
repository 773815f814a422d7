"""Grades, flags and feedback that Moodle holds, as far as it shows them.

``mod_assign_get_grades`` lists every grade record, ``mod_assign_get_submission_status`` the feedback. With marking
workflow Moodle shows no feedback, to teachers either, until the mark is released: a record without feedback is
not "nothing there".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from autograder.moodle.web.client import Json, MoodleClient, MoodleError, MoodleUnreachableError
from autograder.moodle.web.many import Fault, ManyCalls
from autograder.moodle.web.plugins import RemoteFile, plugin_files, plugin_text
from autograder.moodle.web.remote import RemoteAssignment
from autograder.moodle.web.transport import Argument

Version: TypeAlias = "tuple[int, int]"  # when grade or comment were changed last, and by whom
RELEASED = "released"
NOT_MARKED = "notmarked"  # what Moodle says for the empty state


@dataclass(frozen=True)
class GradeRecord:
    """A row of Moodle's grades; ``grade`` is None where the row has no number.

    Attributes:
        modified_at, grader: move when grade or comment are changed; not when files are added by a feedback zip.
        number: of the row, which a filled rubric or guide refers to.
    """

    grade: Decimal | None
    modified_at: int
    grader: int
    attempt: int = 0
    number: int = 0

    @property
    def version(self) -> Version:
        """What differs between two states of the record."""
        return self.modified_at, self.grader


@dataclass(frozen=True)
class KnownMark:
    """What a pull saw of a grade record; ``version`` is None where there was none."""

    grade: Decimal | None
    version: Version | None = None


@dataclass(frozen=True)
class RemoteFlags:
    """An extension's date (0: none) and a workflow state."""

    extension_at: int = 0
    workflow: str = ""


@dataclass(frozen=True)
class RemoteMark:
    """What Moodle shows of somebody's mark.

    Attributes:
        is_shown: whether grade, comment and files are shown; if not, they are empty here.
        workflow: the state, "" for not marked or no workflow.
        is_graded: whether there is a grade, shown or not: Moodle lists no record of somebody whose team sent nothing.
        is_advanced: whether it is graded by a rubric or guide: for those Moodle has no offline worksheet.
        attempt: the latest one's number, None where nothing was submitted.
        record: of the grade; None where Moodle shows none.
    """

    is_shown: bool
    workflow: str
    is_graded: bool = False
    is_advanced: bool = False
    attempt: int | None = None
    record: GradeRecord | None = None
    comment: str = ""
    files: tuple[RemoteFile, ...] = ()


def read_grades(client: MoodleClient, assignment: RemoteAssignment, *, since: int = 0) -> dict[int, GradeRecord]:
    """Return user id to grade record, those without a number included.

    Args:
        client: the site.
        assignment: which.
        since: only records changed then or later, in seconds since 1970.
    """
    answer = client.call("mod_assign_get_grades", assignmentids=[assignment.assignment_id], since=since)
    return {int(one["userid"]): _record(one) for entry in answer["assignments"] for one in entry["grades"]}


def read_flags(client: MoodleClient, assignment: RemoteAssignment) -> dict[int, RemoteFlags]:
    """Return user id to extension and workflow state, of those who have a record."""
    answer = client.call("mod_assign_get_user_flags", assignmentids=[assignment.assignment_id])
    return {
        int(one["userid"]): RemoteFlags(int(one["extensionduedate"] or 0), str(one["workflowstate"] or ""))
        for entry in answer["assignments"]
        for one in entry["userflags"]
    }


def read_marks(calls: ManyCalls, assignment: RemoteAssignment, user_ids: Sequence[int]) -> list[RemoteMark | Fault]:
    """Return what Moodle shows of the mark of each participant's latest attempt, or what went wrong."""
    places: list[dict[str, Argument]] = [{"assignid": assignment.assignment_id, "userid": user} for user in user_ids]
    answers = calls.read("mod_assign_get_submission_status", places, stored=True)
    return [
        answer if isinstance(answer, MoodleError | MoodleUnreachableError) else _mark(answer, assignment)
        for answer in answers
    ]


def _mark(answer: Json, assignment: RemoteAssignment) -> RemoteMark:
    last = answer.get("lastattempt") or {}
    state = str(last.get("gradingstatus") or "") if assignment.has_workflow else ""
    workflow = "" if state == NOT_MARKED else state
    sent = last.get("submission") or last.get("teamsubmission") or {}
    attempt = int(sent["attemptnumber"]) if "attemptnumber" in sent else None
    feedback = answer.get("feedback")
    if not feedback or "plugins" not in feedback:
        return RemoteMark(is_shown=False, workflow=workflow, attempt=attempt, is_graded=bool(last.get("graded")))
    plugins = feedback["plugins"]
    record = _record(feedback["grade"]) if feedback.get("grade") else None
    return RemoteMark(
        is_shown=True,
        is_graded=bool(last.get("graded")),
        is_advanced=assignment.offline and all(plugin["type"] != "offline" for plugin in plugins),
        workflow=workflow,
        attempt=attempt,
        record=record,
        comment=plugin_text(plugins, "comments"),
        files=plugin_files(plugins, "feedback_files"),
    )


def _record(one: dict[str, Any]) -> GradeRecord:
    place = (int(one["timemodified"]), int(one["grader"]), int(one["attemptnumber"]), int(one.get("id", 0)))
    return GradeRecord(_decimal(one["grade"]), *place)


def _decimal(text: object) -> Decimal | None:
    if text is None:
        return None
    try:
        value = Decimal(str(text))
    except InvalidOperation as error:
        raise MoodleError(f"a grade is not a number: {str(text)[:40]!r}") from error
    return value if value >= 0 else None  # -1 means none
