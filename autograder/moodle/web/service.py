"""The functions of Moodle that the kit calls: what each is for, and what is missing without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STEP = "docs/moodle-admin.md, step"
SITE_INFO = "core_webservice_get_site_info"
NEEDED: Mapping[str, str] = {
    SITE_INFO: "who the account is, and what the service has",
    "core_course_get_courses_by_field": "finds the course",
    "mod_assign_get_assignments": "finds the assignment and its settings",
    "mod_assign_list_participants": "lists who takes part",
    "mod_assign_get_user_mappings": "gives the numbers of the participants",
    "mod_assign_get_submissions": "lists what was submitted; a pull needs it",
    "mod_assign_get_submission_status": "shows comments and files; a push and its undo need it",
    "mod_assign_get_user_flags": "gives extensions; a pull needs it",
    "mod_assign_get_grades": "shows the grades that are there",
    "mod_assign_save_grade": "saves a mark; a push and its undo need it",
    "core_files_get_unused_draft_itemid": "makes room for files; an undo needs it",
    "gradereport_user_get_grade_items": "shows which grades are locked or overridden",
}
HELPFUL: Mapping[str, str] = {
    "mod_assign_get_participant": "gives each person's own due date; without it who may be late is held",
    "core_grading_get_definitions": "shows a rubric before anything is sent; without it the first mark does",
    "core_grading_get_gradingform_instances": "shows what a rubric or guide is filled with; a push to one needs it",
    "mod_assign_save_grades": "saves many marks in one request; without it there are more requests",
    "tool_mobile_call_external_functions": "reads many people in one request; without it there are more requests",
}
ALL_FUNCTIONS = frozenset({*NEEDED, *HELPFUL})


def missing_functions(info: Mapping[str, Any]) -> frozenset[str]:
    """Return which of the kit's functions a service lacks, by the answer of ``core_webservice_get_site_info``."""
    return ALL_FUNCTIONS - {str(one["name"]) for one in info.get("functions", [])}
