"""What keeps Moodle from taking a grade although it says nothing: locked and overridden grades, rubrics and guides."""

from __future__ import annotations

from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.moodle.web.client import MoodleClient, MoodleRefusalError
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


def require_simple_grading(client: MoodleClient, assignment: RemoteAssignment) -> None:
    """Check that the assignment is graded by a number: without criteria a save would delete a rubric's grade.

    A service without the function (the mobile one) is not asked; then the first mark that is read shows it.

    Raises:
        UsageError: it has a rubric or a marking guide.
    """
    try:
        answer = client.call(
            "core_grading_get_definitions", cmids=[assignment.course_module_id], areaname="submissions"
        )
    except MoodleRefusalError:
        return
    methods = {str(area["activemethod"]) for area in answer["areas"] if area.get("activemethod")}
    if methods:
        raise advanced_grading(assignment, methods.pop())


def advanced_grading(assignment: RemoteAssignment, method: str = "rubric or guide") -> UsageError:
    """Return the refusal of an assignment that is not graded by a number."""
    return UsageError(
        f"{short_line(assignment.name)} is graded in Moodle by a {short_line(method)}: a number without its criteria "
        "would delete the grade. Set 'Grading method' to 'Simple direct grading' in its settings, or fill in "
        "Moodle's form by hand"
    )
