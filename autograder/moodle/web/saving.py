"""Saves of marks, many in one request where Moodle takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from autograder.moodle.web.client import MoodleClient, MoodleError, MoodleRefusalError, MoodleUnreachableError
from autograder.moodle.web.criteria import GradingForm
from autograder.moodle.web.many import Fault, side_by_side
from autograder.moodle.web.remote import RemoteAssignment
from autograder.moodle.web.state import Save
from autograder.moodle.web.transport import Argument, bracketed

Waiting: TypeAlias = "tuple[Save, int | None]"  # with the number of the draft area that has its files
_FIELDS = 900  # PHP reads 1,000 fields of a form by default, and drops the rest silently
_BYTES = 1 << 20  # of texts in a request


@dataclass
class Saver:
    """Saves marks of an assignment.

    Attributes:
        many_at_once: whether the service has ``mod_assign_save_grades``; False once it was seen to refuse.
    """

    client: MoodleClient
    assignment: RemoteAssignment
    many_at_once: bool = True

    def send(self, saves: Sequence[Waiting], form: GradingForm | None = None) -> dict[int, Fault]:
        """Save marks, with criteria where there is a form, and return by user id what went wrong.

        Each request is sent once. One that Moodle answered with an error may have been carried out in part: its rows
        are sent again one by one.
        """
        faults: dict[int, Fault] = {}
        single: list[Waiting] = []
        for part in _parts([(one, self._row(*one, form)) for one in saves]):
            if not self.many_at_once or len(part) == 1:
                single += [one for one, _ in part]
                continue
            try:
                place = {"assignmentid": self.assignment.assignment_id, "applytoall": 0}
                rows = [row for _, row in part]
                self.client.call("mod_assign_save_grades", repeat=False, **place, grades=rows)
            except MoodleRefusalError:
                self.many_at_once = False
                single += [one for one, _ in part]
            except MoodleError:
                single += [one for one, _ in part]
            except MoodleUnreachableError as error:
                faults |= {save.user_id: error for (save, _), _ in part}
        found = side_by_side(lambda one: self._send_one(one, form), single)
        return faults | {save.user_id: fault for (save, _), fault in zip(single, found, strict=True) if fault}

    def _send_one(self, one: Waiting, form: GradingForm | None) -> Fault | None:
        try:
            place = {"assignmentid": self.assignment.assignment_id, "applytoall": 0}
            self.client.call("mod_assign_save_grade", repeat=False, **place, **self._row(*one, form))
        except (MoodleError, MoodleUnreachableError) as error:
            return error
        return None

    def _row(self, save: Save, draft: int | None, form: GradingForm | None) -> dict[str, Argument]:
        wanted = save.wanted
        editor: dict[str, Argument] = {"assignfeedbackcomments_editor": {"text": wanted.comment, "format": 1}}
        plugins: dict[str, Argument] = dict(editor) if self.assignment.comments else {}
        if draft is not None:
            plugins["files_filemanager"] = draft
        criteria: dict[str, Argument] = {}
        if form and wanted.criteria:
            criteria["advancedgradingdata"] = form.argument(wanted.criteria)
        return {
            "userid": save.user_id,
            "grade": "-1" if wanted.grade is None else f"{wanted.grade:f}",
            "attemptnumber": -1,  # any other number may create an attempt and hide the submission
            "addattempt": 0,
            "workflowstate": wanted.workflow or "",
            "plugindata": plugins,
            **criteria,
        }


def _parts(rows: Sequence[tuple[Waiting, dict[str, Argument]]]) -> list[list[tuple[Waiting, dict[str, Argument]]]]:
    """Divide rows into requests that a site with PHP's usual limits reads whole."""
    parts: list[list[tuple[Waiting, dict[str, Argument]]]] = []
    fields = size = 0
    for one in rows:
        flat = bracketed(one[1])
        own = sum(len(text.encode("utf-8", "replace")) for text in flat.values())
        if not parts or fields + len(flat) > _FIELDS or size + own > _BYTES:
            parts.append([])
            fields = size = 0
        parts[-1].append(one)
        fields, size = fields + len(flat), size + own
    return parts
