"""The marks of one assignment in Moodle, read, saved and read back, many people at a time.

Moodle answers a save with ``null`` whatever it did with it: only what is read back counts. A mark that is not
released is read back by its grade record alone, since Moodle shows neither its comment nor its files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from autograder.moodle.web.client import MoodleClient, MoodleError, MoodleUnreachableError
from autograder.moodle.web.criteria import Fillings, GradingForm, advanced_grading, read_fillings, read_form
from autograder.moodle.web.feedback_files import FeedbackFiles
from autograder.moodle.web.log import PushLog
from autograder.moodle.web.many import Fault, ManyCalls, side_by_side
from autograder.moodle.web.marks import RELEASED, GradeRecord, RemoteMark, read_grades, read_marks
from autograder.moodle.web.remote import RemoteAssignment
from autograder.moodle.web.restrictions import read_fixed
from autograder.moodle.web.saving import Saver
from autograder.moodle.web.state import Found, Left, Save, State

PEOPLE_AT_ONCE = 20  # read, saved and read back together
_SAVES = 4  # tries of one save, each only after Moodle was seen not to hold it


@dataclass
class MarkStore:
    """An assignment's marks.

    Attributes:
        records: user id to grade record, as read last.
        own_user_id: of the account whose token is used; 0 where it does not matter.
    """

    client: MoodleClient
    assignment: RemoteAssignment
    records: dict[int, GradeRecord]
    files: FeedbackFiles
    own_user_id: int = 0

    def __post_init__(self) -> None:
        self._calls = ManyCalls(self.client)
        self._saver = Saver(self.client, self.assignment)
        self._fillings: dict[int, Fillings] = {}  # by the grade record's number
        self._fillings_read_at = 0  # the newest one's time, by the site's clock

    @cached_property
    def fixed(self) -> Mapping[int, str]:
        """User id to why the gradebook keeps its grade; read when it is asked for first."""
        return read_fixed(self.client, self.assignment)

    @cached_property
    def form(self) -> GradingForm | None:
        """The rubric or guide, None where marks are numbers; read when it is asked for first.

        Raises:
            UsageError: it is graded in a way that cannot be filled; see :func:`read_form`.
        """
        return read_form(self.client, self.assignment)

    def find(self, people: Sequence[tuple[int, Left | None]]) -> list[Found | Fault]:
        """Return what Moodle holds for each of some people, or what went wrong.

        Args:
            people: user id, and what the log says of the person's mark.
        """
        marks = read_marks(self._calls, self.assignment, [user for user, _ in people])
        records = self.records
        if any(
            isinstance(mark, RemoteMark) and not mark.is_shown and (mark.is_graded or user in records)
            for (user, _), mark in zip(people, marks, strict=True)
        ):
            self.refresh()
        self._read_fillings()

        def one(place: int) -> Found | Fault:
            (user, left), mark = people[place], marks[place]
            if not isinstance(mark, RemoteMark):
                return mark
            try:
                return self._shown(mark, user, left) or self._hidden(mark, self.records.get(user), left)
            except (MoodleError, MoodleUnreachableError) as error:
                return error

        return side_by_side(one, range(len(people)))

    def save(self, saves: Sequence[Save]) -> list[Found | Fault]:
        """Save states and return what Moodle then holds for each, or what went wrong.

        A save whose answer was lost is only repeated when reading back shows that it did not happen.
        """
        drafts = side_by_side(self.files.upload, [one.files for one in saves])
        results: dict[int, Found | Fault] = {}
        waiting = []
        for one, draft in zip(saves, drafts, strict=True):
            if isinstance(draft, int | None):
                waiting.append((one, draft))
            else:
                results[one.user_id] = draft
        for _ in range(_SAVES):
            faults = self._saver.send(waiting, self.form)
            held = self._read_back([one for one, _ in waiting], faults)
            results |= {one.user_id: found for (one, _), found in zip(waiting, held, strict=True)}
            again = []
            for (one, draft), found in zip(waiting, held, strict=True):
                fault = faults.get(one.user_id)
                if fault is None or not isinstance(found, Found) or found.state.agrees(one.wanted):
                    continue
                results[one.user_id] = fault
                if isinstance(fault, MoodleUnreachableError):
                    again.append((one, draft))
            if not again:
                break
            waiting = again
        return [results[one.user_id] for one in saves]

    def would_delete(self, wanted: State) -> str:
        """Return why a state is never sent: to a rubric or guide, a grade without criteria deletes the one there."""
        if self.form is None or wanted.grade is None or wanted.criteria:
            return ""
        return f"Moodle's {self.form.method} is not filled in: sending without criteria would delete the grade there"

    def refresh(self) -> None:
        """Read the grade records that were changed since the last time."""
        newest = max((record.modified_at for record in self.records.values()), default=0)
        self.records.update(read_grades(self.client, self.assignment, since=newest))

    def _read_fillings(self) -> None:
        """Read what rubrics or guides are filled with, of those that were changed since the last time."""
        if self.form is not None:
            changed, self._fillings_read_at = read_fillings(self.client, self.form, since=self._fillings_read_at)
            self._fillings |= changed

    def _criteria(self, record: GradeRecord | None) -> Fillings:
        return self._fillings.get(record.number, {}) if record and record.grade is not None else {}

    def _read_back(self, saves: Sequence[Save], faults: Mapping[int, Fault]) -> list[Found | Fault]:
        marks = read_marks(self._calls, self.assignment, [one.user_id for one in saves])
        if any(isinstance(mark, RemoteMark) and not mark.is_shown for mark in marks):
            self.refresh()
        self._read_fillings()

        def one(place: int) -> Found | Fault:
            save, mark = saves[place], marks[place]
            if not isinstance(mark, RemoteMark):
                return mark
            try:
                return self._shown(mark, save.user_id, None, save) or self._hidden_after(mark, save, faults)
            except (MoodleError, MoodleUnreachableError) as error:
                return error

        return side_by_side(one, range(len(saves)))

    def _hidden(self, mark: RemoteMark, record: GradeRecord | None, left: Left | None) -> Found:
        state = left.state_of(record, self.own_user_id) if left and record else None
        known = state or State(record.grade if record else None, "", {}, criteria=self._criteria(record))
        version = record.version if record else None
        return Found(replace(known, workflow=mark.workflow), {}, version, is_shown=False, is_known=state is not None)

    def _hidden_after(self, mark: RemoteMark, save: Save, faults: Mapping[int, Fault]) -> Found:
        record, state = self.records.get(save.user_id), save.found.state
        version = record.version if record else None
        if save.user_id not in faults or version != save.found.version:
            grade = record.grade if record else save.wanted.grade
            state = replace(save.wanted, grade=grade, criteria=self._criteria(record))
        return Found(replace(state, workflow=mark.workflow), {}, version, is_shown=False)

    def _shown(self, mark: RemoteMark, user_id: int, left: Left | None, save: Save | None = None) -> Found | None:
        """Return all that Moodle holds, None where it does not show it."""
        if mark.is_advanced and self.form is None:
            raise advanced_grading(self.assignment)
        if mark.is_shown:
            if save is None:
                contents, hashes = self.files.read(mark.files, left)
            else:
                contents, hashes = self.files.read_back(mark.files, save)
            grade, version = (mark.record.grade, mark.record.version) if mark.record else (None, None)
            state = State(grade, mark.comment, hashes, mark.workflow, self._criteria(mark.record))
            return Found(state, contents, version, stamps={file.path: file.stamp for file in mark.files})
        record = self.records.get(user_id)
        if record is None or (mark.attempt is not None and record.attempt != mark.attempt):
            if mark.is_graded:
                return None
            return Found(State(None, "", {}, mark.workflow))  # a record of an earlier attempt is another mark
        if self.assignment.has_workflow and mark.workflow != RELEASED:
            return None
        criteria = self._criteria(record)
        return Found(
            State(record.grade, "", {}, mark.workflow, criteria), {}, record.version
        )  # neither comment nor files


def open_store(client: MoodleClient, assignment: RemoteAssignment, log: PushLog) -> MarkStore:
    """Read the grade records of an assignment; what else is needed is read later."""
    own = int(client.call("core_webservice_get_site_info")["userid"]) if assignment.has_workflow else 0
    return MarkStore(client, assignment, read_grades(client, assignment), FeedbackFiles(client, log), own)
