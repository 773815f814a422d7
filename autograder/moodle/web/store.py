"""The marks of one assignment in Moodle, read, saved and read back.

Moodle answers a save with ``null`` whatever it did with it: only what is read back counts. A mark that is not
released is read back by its grade record alone, since Moodle shows neither its comment nor its files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from autograder.moodle.web.client import Argument, MoodleClient, MoodleUnreachableError
from autograder.moodle.web.marks import RELEASED, GradeRecord, RemoteMark, read_grades, read_mark
from autograder.moodle.web.remote import RemoteAssignment
from autograder.moodle.web.restrictions import advanced_grading, read_fixed, require_simple_grading
from autograder.moodle.web.state import Found, Left, State, sha256_of

_SAVES = 4  # tries of one save, each only after Moodle was seen not to hold it


@dataclass
class MarkStore:
    """An assignment's marks.

    Attributes:
        records: user id to grade record, as read last.
        own_user_id: of the account whose token is used; 0 where it does not matter.
        fixed: user id to why the gradebook keeps its grade.
    """

    client: MoodleClient
    assignment: RemoteAssignment
    records: dict[int, GradeRecord]
    own_user_id: int = 0
    fixed: Mapping[int, str] = field(default_factory=dict)

    def find(self, user_id: int, left: Left | None = None) -> Found:
        """Return what Moodle holds for one person.

        Args:
            user_id: whose.
            left: what the log says of it.
        """
        mark = read_mark(self.client, self.assignment, user_id)
        found = self._shown(mark, self.records.get(user_id))
        if found is not None:
            return found
        self.refresh()
        record = self.records.get(user_id)
        state = left.state_of(record, self.own_user_id) if left and record else None
        known = state or State(record.grade if record else None, "", {})
        version = record.version if record else None
        return Found(replace(known, workflow=mark.workflow), {}, version, is_shown=False, is_known=state is not None)

    def save(self, user_id: int, found: Found, wanted: State, files: Mapping[str, bytes] | None) -> Found:
        """Save a state and return what Moodle then holds.

        A save whose answer was lost is only repeated when reading back shows that it did not happen.

        Args:
            user_id: whose.
            found: what was there.
            wanted: the state to reach. Its workflow state is always sent: an empty one resets Moodle's.
            files: replace all feedback files; None leaves them alone.
        """
        arguments = self._arguments(user_id, wanted, files)
        for last in [False] * (_SAVES - 1) + [True]:
            lost: MoodleUnreachableError | None = None
            try:
                self.client.call("mod_assign_save_grade", repeat=False, **arguments)
            except MoodleUnreachableError as error:
                lost = error
            held = self._read_back(user_id, found, wanted, answered=lost is None)
            if lost is None or held.state.agrees(wanted):
                return held
            if last:
                raise lost
        raise AssertionError("unreachable")

    def refresh(self) -> None:
        """Read the grade records that were changed since the last time."""
        newest = max((record.modified_at for record in self.records.values()), default=0)
        self.records.update(read_grades(self.client, self.assignment, since=newest))

    def _arguments(self, user_id: int, wanted: State, files: Mapping[str, bytes] | None) -> dict[str, Argument]:
        editor: dict[str, Argument] = {"assignfeedbackcomments_editor": {"text": wanted.comment, "format": 1}}
        plugins: dict[str, Argument] = dict(editor) if self.assignment.comments else {}
        if files is not None:
            plugins["files_filemanager"] = self.client.upload(files)
        return {
            "assignmentid": self.assignment.assignment_id,
            "userid": user_id,
            "grade": "-1" if wanted.grade is None else f"{wanted.grade:f}",
            "attemptnumber": -1,  # any other number may create an attempt and hide the submission
            "addattempt": 0,
            "workflowstate": wanted.workflow or "",
            "applytoall": 0,
            "plugindata": plugins,
        }

    def _read_back(self, user_id: int, found: Found, wanted: State, *, answered: bool) -> Found:
        mark = read_mark(self.client, self.assignment, user_id)
        if not mark.is_shown:
            self.refresh()
        record = self.records.get(user_id)
        held = self._shown(mark, record)
        if held is not None:
            return held
        version = record.version if record else None
        state = found.state
        if answered or version != found.version:
            state = replace(wanted, grade=record.grade if record else wanted.grade)
        return Found(replace(state, workflow=mark.workflow), {}, version, is_shown=False)

    def _shown(self, mark: RemoteMark, record: GradeRecord | None) -> Found | None:
        """Return all that Moodle holds, None where it does not show it."""
        if mark.is_advanced:
            raise advanced_grading(self.assignment)
        if mark.is_shown:
            contents = {file.path: self.client.download(file.url, file.size) for file in mark.files}
            hashes = {path: sha256_of(data) for path, data in contents.items()}
            grade, version = (mark.record.grade, mark.record.version) if mark.record else (None, None)
            return Found(State(grade, mark.comment, hashes, mark.workflow), contents, version)
        if record is None or (mark.attempt is not None and record.attempt != mark.attempt):
            if mark.is_graded:
                return None
            return Found(State(None, "", {}, mark.workflow))  # a record of an earlier attempt is another mark
        if self.assignment.has_workflow and mark.workflow != RELEASED:
            return None
        return Found(State(record.grade, "", {}, mark.workflow), {}, record.version)  # neither comment nor files


def open_store(client: MoodleClient, assignment: RemoteAssignment) -> MarkStore:
    """Read the grade records of an assignment, and which grades cannot be changed.

    Raises:
        UsageError: it has a rubric or a marking guide.
    """
    require_simple_grading(client, assignment)
    own = int(client.call("core_webservice_get_site_info")["userid"]) if assignment.has_workflow else 0
    return MarkStore(client, assignment, read_grades(client, assignment), own, read_fixed(client, assignment))
