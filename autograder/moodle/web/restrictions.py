"""What keeps Moodle from taking a grade although it says nothing: locked and overridden grades."""

from __future__ import annotations

from autograder.moodle.web.client import MoodleClient
from autograder.moodle.web.remote import RemoteAssignment


def read_fixed(client: MoodleClient, assignment: RemoteAssignment) -> dict[int, str]:
    """Return user id to why the gradebook keeps its grade; ``save_grade`` would replace comment and files all the same.

    One call returns the whole course.
    """
    answer = client.call("gradereport_user_get_grade_items", courseid=assignment.course_id)
    fixed: dict[int, str] = {}
    for entry in answer["usergrades"]:
        for item in entry["gradeitems"]:
            if item.get("cmid") != assignment.course_module_id or item.get("itemnumber"):
                continue
            if item.get("gradeislocked") or item.get("locked"):
                fixed[int(entry["userid"])] = "the grade is locked in Moodle's gradebook"
            elif item.get("gradeisoverridden"):
                fixed[int(entry["userid"])] = "the grade is overridden in Moodle's gradebook"
    return fixed
